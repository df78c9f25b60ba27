//! What happens when: the batch job that turns windows into snapshots, its schedule, the collectors of
//! rows that are sent, and ad hoc reports on files.

mod adhoc;
mod backfill;
mod collector;
mod collectors;
mod error;
mod input;
mod job;
mod lessons;
mod maturity;
mod plan;
mod reference;
pub mod scheduler;
mod snapshot;
mod source;

pub use adhoc::{AdHoc, evaluate_files};
pub use backfill::{BackfillRequest, backfill};
pub use collector::{
    Activity, Clock, CollectError, Collector, CollectorOptions, Hour, Phase, Receipt, Request, Status, SystemClock,
    Table, Totals,
};
pub use collectors::Collectors;
pub use error::MonitorError;
pub use input::definition;
pub use job::{JobEvent, JobOptions, JobSummary, run};
