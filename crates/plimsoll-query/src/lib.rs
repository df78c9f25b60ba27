//! Reading data with DataFusion: sources, event time, windows, the Profile as an aggregate function.
//!
//! One plan reads the rows once for all windows: scan → window index → group by window, aggregated by the Profile.

mod aggregate;
mod error;
mod files;
mod fold;
mod groups;
mod inspect;
mod labels;
mod layout;
mod mixed;
mod profile;
mod rows;
mod schema;
mod source;
mod sql;
mod time;
mod waves;
mod window;

pub use aggregate::profile_aggregate;
pub use error::QueryError;
pub use inspect::Inspection;
pub use labels::{Implicit, LABEL_ORDER, LABEL_TIME, LateLabels, PREDICTED_AT};
pub use profile::{Progress, WindowProfile, Windows};
pub use source::{Part, Source};
pub use sql::enable_sql;
pub use time::{EventTimes, TimeRange, event_times};
