//! What happens when: the batch job that turns windows into snapshots, its schedule, and ad hoc reports on files.

mod adhoc;
mod error;
mod job;
mod plan;
mod reference;
pub mod scheduler;
mod snapshot;

pub use adhoc::{AdHoc, evaluate_files};
pub use error::MonitorError;
pub use job::{JobEvent, JobOptions, JobSummary, run};
