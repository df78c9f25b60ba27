//! Answers of the metric store.

use jiff::Timestamp;
use plimsoll_model::{
    DataDefinition, Granularity, Maturity, ReferenceInfo, SnapshotKind, SnapshotStatus, Status, Task, TestSummary,
    Window,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A snapshot without its results: what a list shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotMeta {
    /// Id within the project.
    pub id: String,
    /// Monitor that asked for it.
    pub monitor: String,
    /// Report or test suite.
    pub kind: SnapshotKind,
    /// The period, in event time; `None` for an ad hoc report.
    pub window: Option<Window>,
    /// Counts recomputations of the window, from 1.
    pub revision: u32,
    /// Whether more labels are expected.
    pub status: SnapshotStatus,
    /// How far the labels have come in; `None` if labels come with the rows.
    pub maturity: Option<Maturity>,
    /// Rows of the window.
    pub rows: u64,
    /// The worst test; `None` without tests.
    pub outcome: Option<Status>,
    /// How many tests ended how.
    pub summary: TestSummary,
    /// What the window was compared with.
    pub reference: Option<ReferenceInfo>,
    /// Free words to filter by.
    pub tags: Vec<String>,
    /// When the computation of the run began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// Time spent evaluating this window, in seconds.
    pub seconds: f64,
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub struct Page<T> {
    /// Entries in the list's order.
    pub items: Vec<T>,
    /// Give this as `cursor` to read on; `None` at the end.
    pub next_cursor: Option<String>,
}

/// The snapshots round one snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotContext {
    /// The one before, of the same monitor and kind.
    pub previous: Option<SnapshotMeta>,
    /// The one after, of the same monitor and kind.
    pub next: Option<SnapshotMeta>,
    /// Other snapshots of the same window: of the other kind or of another monitor.
    pub siblings: Vec<SnapshotMeta>,
}

/// How a window fared: the worst of its tests, or why there is none; ordered from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// There are only reports.
    None,
    /// The window has no rows, and no test minds.
    Empty,
    /// No test applied.
    Skipped,
    /// Every bound holds.
    Pass,
    /// The worst is a missed bound of severity `warning`.
    Warn,
    /// A bound of severity `critical` is missed.
    Fail,
    /// A test could not be computed.
    Error,
}

impl From<Status> for Health {
    fn from(status: Status) -> Self {
        match status {
            Status::Skipped => Self::Skipped,
            Status::Pass => Self::Pass,
            Status::Warn => Self::Warn,
            Status::Fail => Self::Fail,
            Status::Error => Self::Error,
        }
    }
}

/// One window of a health strip.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StripCell {
    /// Start of the window.
    #[schemars(with = "String")]
    pub start: Timestamp,
    /// End of the window.
    #[schemars(with = "String")]
    pub end: Timestamp,
    /// The worst test of all the snapshots of the window.
    pub status: Health,
    /// Tests that ended `fail` or `error`.
    pub failed: u32,
    /// All tests.
    pub total: u32,
    /// Rows of the window.
    pub rows: u64,
    /// Snapshot that holds the worst test.
    pub snapshot: String,
}

/// A period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// First moment inside.
    #[schemars(with = "String")]
    pub start: Timestamp,
    /// First moment after.
    #[schemars(with = "String")]
    pub end: Timestamp,
}

/// One project at a glance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectSummary {
    /// Project.
    pub id: String,
    /// Heading: the title of the project file, else the id.
    pub title: String,
    /// What the model does; `None` without a model.
    pub task: Option<Task>,
    /// IANA name of the time zone whose calendar cuts the windows; `UTC` without windows.
    pub timezone: String,
    /// Status of the newest window that has tests.
    pub health: Health,
    /// The newest windows, at most 60, oldest first.
    pub strip: Vec<StripCell>,
    /// The newest window.
    pub last_window: Option<Period>,
    /// End of the newest window that has rows.
    #[schemars(with = "Option<String>")]
    pub last_data_time: Option<Timestamp>,
    /// Rows of the newest window.
    pub rows: Option<u64>,
    /// Share of drifted columns in the newest window that measured it, 0–1.
    pub drifted_share: Option<f64>,
    /// Snapshots of the project.
    pub snapshots: u64,
}

/// What one monitor has left in the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MonitorSummary {
    /// Name.
    pub name: String,
    /// Length of its windows; `None` if it has no windows.
    pub every: Option<Granularity>,
    /// Kinds of snapshots that it has written.
    pub kinds: Vec<SnapshotKind>,
    /// Windows that have a snapshot.
    pub windows: u64,
    /// Start of its first window.
    #[schemars(with = "Option<String>")]
    pub first: Option<Timestamp>,
    /// End of its last window.
    #[schemars(with = "Option<String>")]
    pub last: Option<Timestamp>,
}

/// What the snapshots of a project tell about it.
#[derive(Debug, Clone, PartialEq)]
pub struct ProjectFacts {
    /// Columns, kinds, roles and task of the newest snapshot.
    pub definition: DataDefinition,
    /// Monitors by name.
    pub monitors: Vec<MonitorSummary>,
    /// Start of the first window.
    pub first: Option<Timestamp>,
    /// End of the last window.
    pub last: Option<Timestamp>,
}

/// What happened to a snapshot file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is new.
    Added,
    /// Its content changed.
    Changed,
    /// It is gone.
    Removed,
}

/// A snapshot that was added, changed or removed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotChange {
    /// Project.
    pub project: String,
    /// Snapshot.
    pub id: String,
    /// What happened.
    pub change: Change,
}

/// A file that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedFile {
    /// The file.
    pub path: std::path::PathBuf,
    /// What was expected and what was found.
    pub reason: String,
}

/// What a comparison of the files with the metric store found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanReport {
    /// What differs from the last comparison by this handle, by project and id; at the first one, what differs from
    /// the metric store.
    pub changes: Vec<SnapshotChange>,
    /// Files that are no readable snapshots, by path.
    pub skipped: Vec<SkippedFile>,
    /// Snapshots in the workspace.
    pub snapshots: usize,
}
