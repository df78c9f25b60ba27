//! The workspace: snapshots, profiles, the metric store and the write-ahead log.
//!
//! Snapshot files are the truth; the metric store is their index and can be rebuilt at any time
//! ([`Workspace::reindex`]). To this crate a profile is opaque bytes, so that editing a metric never touches storage.
//!
//! ```text
//! workspace/
//!   projects/<project>/project.yaml
//!   projects/<project>/base           folder where relative paths of the project file begin
//!   projects/<project>/runs.json      runs of the scheduled job
//!   projects/<project>/snapshots/YYYY/MM/DD/<id>.json
//!   projects/<project>/profiles/YYYY/MM/DD/<id>.plpf
//!   tokens.json                     digests of the API's tokens
//!   metrics.db
//! ```

pub mod cursor;
pub mod log;
pub mod rows;

mod error;
mod files;
mod metrics;
mod scan;
mod tokens;
mod types;
mod version;
mod workspace;

pub use error::StoreError;
pub use metrics::{MAX_WINDOWS, MetricStore};
pub use tokens::Tokens;
pub use types::{
    Change, Health, MonitorSummary, Page, Period, ProjectFacts, ProjectSummary, ScanReport, SkippedFile,
    SnapshotChange, SnapshotContext, SnapshotMeta, StripCell,
};
pub use workspace::{Unindexed, Workspace};
