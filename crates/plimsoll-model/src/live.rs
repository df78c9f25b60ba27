//! What arrives at a project, and the runs of its monitors: the answers behind the data page.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ColumnSpec, Task};

/// What is known of a project's data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectData {
    /// Columns, kinds and roles.
    pub columns: Vec<ColumnSpec>,
    /// IANA name of the project's time zone.
    pub timezone: String,
    /// What the model does.
    pub task: Option<Task>,
    /// Where the rows come from: a file, a directory, a pattern or `collector`; `None` if no project file says it.
    pub source: Option<String>,
    /// The collector's work on this project; `None` if rows do not come from a collector here.
    pub live: Option<LiveData>,
    /// Arrivals by hour, oldest first; hours without arrivals are left out.
    pub arrivals: Vec<Arrivals>,
    /// Reasons for which rows were refused, most frequent first.
    pub rejects: Vec<Rejects>,
    /// Columns that are not as described, latest first.
    pub schema_changes: Vec<SchemaChange>,
    /// How the labels come in; `None` if labels come with the rows.
    pub labels: Option<LabelFlow>,
}

/// What the collector is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LiveState {
    /// Takes rows.
    Running,
    /// Replays its log after a start; takes rows when it is done.
    Recovering,
    /// Cannot take rows; `last_error` says why.
    Failed,
    /// Was stopped.
    Stopped,
}

/// The collector's work on one project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LiveData {
    /// What it is doing.
    pub state: LiveState,
    /// The last thing that went wrong.
    pub last_error: Option<String>,
    /// Rows that are durable in the log, but not yet in the prediction store.
    pub buffered_rows: u64,
    /// Memory of these rows.
    pub buffered_bytes: u64,
    /// Size of the log on disk.
    pub log_bytes: u64,
    /// Age of the oldest arrived row that no window has taken in yet, in seconds; `None` if there is none.
    pub lag_seconds: Option<f64>,
    /// Latest event time.
    #[schemars(with = "Option<String>")]
    pub last_event_time: Option<Timestamp>,
    /// Latest arrival.
    #[schemars(with = "Option<String>")]
    pub last_arrival: Option<Timestamp>,
    /// Windows that still take rows.
    pub open_windows: u64,
    /// Windows that wait to be computed again.
    pub restating: u64,
    /// Messages of a broker that could not be read and went to the dead letters, since the collector started.
    pub dead_letters: u64,
    /// Counts since the project's first row.
    pub totals: LiveTotals,
}

/// Counts since the project's first row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LiveTotals {
    /// Rows taken in.
    pub accepted: u64,
    /// Rows refused, each with a reason.
    pub rejected: u64,
    /// Rows whose prediction id was known; the first row of an id holds.
    pub duplicates: u64,
    /// Rows that came after their window had closed.
    pub late: u64,
    /// Labels taken in.
    pub labels: u64,
    /// Labels whose prediction has not come yet.
    pub labels_waiting: u64,
    /// Labels given up, because their prediction did not come in time.
    pub labels_expired: u64,
}

/// What arrived within an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Arrivals {
    /// First moment of the hour.
    #[schemars(with = "String")]
    pub hour: Timestamp,
    /// Rows taken in.
    pub rows: u64,
    /// Labels taken in.
    pub labels: u64,
    /// Rows refused.
    pub rejected: u64,
}

/// A reason for which rows were refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rejects {
    /// Stable code of the reason.
    pub reason: String,
    /// Column at fault, if one is.
    pub column: Option<String>,
    /// Rows.
    pub count: u64,
    /// The latest case in words.
    pub example: String,
    /// Arrival of the latest case.
    #[schemars(with = "String")]
    pub last_at: Timestamp,
}

/// How a column differs from its description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaChangeKind {
    /// It is not described; its values are kept beside the others.
    New,
    /// Its values are of another kind; they are kept beside the others and are missing in the column.
    Type,
}

/// A column that is not as described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SchemaChange {
    /// Column.
    pub column: String,
    /// How it differs.
    pub change: SchemaChangeKind,
    /// Described kind; empty for a column that is not described.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// Rows.
    pub rows: u64,
    /// First arrival.
    #[schemars(with = "String")]
    pub first_at: Timestamp,
    /// Latest arrival.
    #[schemars(with = "String")]
    pub last_at: Timestamp,
}

/// How labels come in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LabelFlow {
    /// Share of the stored predictions that have a label, 0–1; `None` without predictions.
    pub coverage: Option<f64>,
    /// Median time from prediction to label in the newest window whose labels are complete, else in the one with most of them, in
    /// seconds; `None` without labels.
    pub delay_seconds_p50: Option<f64>,
    /// 95th percentile of that time, in seconds; `None` without labels.
    pub delay_seconds_p95: Option<f64>,
    /// Labels whose prediction has not come yet.
    pub waiting: u64,
}

/// Some of the latest rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataSample {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows, latest first; one value a column.
    pub rows: Vec<Vec<Value>>,
}

/// The scheduled job of a project and its history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Jobs {
    /// When it runs; `None` if nothing is scheduled here.
    pub schedule: Option<Schedule>,
    /// Says whether it is running.
    pub running: bool,
    /// The latest runs, newest first.
    pub history: Vec<JobRun>,
}

/// When a job runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Schedule {
    /// Time between two runs: `5m`, `1h`, `1d`.
    pub every: String,
    /// The next run; `None` while one is running or none is planned.
    #[schemars(with = "Option<String>")]
    pub next_run: Option<Timestamp>,
}

/// One run of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobRun {
    /// Identifies the run within its project.
    pub id: String,
    /// Its begin.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// How long it took; `None` while it is running.
    pub seconds: Option<f64>,
    /// Snapshots written.
    pub written: u64,
    /// Windows that were done already.
    pub skipped: u64,
    /// Windows that could not be computed.
    pub failed: u64,
    /// What went wrong, if the run could not go on.
    pub error: Option<String>,
}

/// A run that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobAccepted {
    /// Identifies the run within its project.
    pub id: String,
}
