//! The only question a panel may ask of the metric store, and its answer.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Bound, Labels, Params, Severity, SnapshotKind, SnapshotStatus, Status};

/// Asks for the points of one metric's field over time. Each distinct set of labels and parameters is one series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SeriesQuery {
    /// Id of the metric.
    pub metric: String,
    /// Field of the points; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Labels that must be equal, `*` stands for any value; others may differ. Segments are among the series only if
    /// `segment` is among these labels.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
    /// Says whether points with further labels are left out: the whole without its classes and segments.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exact_labels: bool,
    /// Parameters that must be equal; others may differ.
    #[serde(default, skip_serializing_if = "Params::is_empty")]
    pub params: Params,
    /// Monitor whose snapshots are read; `None` for every monitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monitor: Option<String>,
    /// Earliest window start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub from: Option<Timestamp>,
    /// Window starts are before this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub to: Option<Timestamp>,
    /// Longest answer a series; beyond it neighbouring windows are thinned: of each stretch of time the extremes are kept, and the
    /// latest two windows. The stretches are the same for all series, and the fields of a metric keep the windows of its `value` or
    /// `score`. Default 1,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_points: Option<u32>,
}

/// One point of a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesPoint {
    /// Start of the window.
    #[schemars(with = "String")]
    pub start: Timestamp,
    /// End of the window.
    #[schemars(with = "String")]
    pub end: Timestamp,
    /// The number; `None` if undefined in this window.
    pub value: Option<f64>,
    /// Snapshot that holds it.
    pub snapshot: String,
    /// Whether more of the window's labels are expected.
    pub status: SnapshotStatus,
    /// Share of the window's rows that have a label, 0–1; absent if labels come with the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f64>,
}

/// A bound that the project's tests hold the series against: the load line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SeriesBound {
    /// The bound of the latest window, thresholds resolved.
    pub bound: Bound,
    /// How much a miss matters.
    pub severity: Severity,
    /// Monitor whose test it is.
    pub monitor: String,
}

/// Points of one metric, field, label set, parameter set and monitor, by time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// Id of the metric.
    pub metric: String,
    /// Field of the points.
    pub field: String,
    /// Labels that all the points carry.
    pub labels: Labels,
    /// Parameters with every default resolved.
    pub params: Params,
    /// Monitor.
    pub monitor: String,
    /// Points by window start.
    pub points: Vec<SeriesPoint>,
    /// Bounds of tests on this series.
    pub bounds: Vec<SeriesBound>,
    /// Says whether windows were left out to respect `max_points`.
    pub thinned: bool,
    /// Windows of the period with a value, those that were left out among them.
    pub windows: u64,
    /// Mean of their values.
    pub mean: Option<f64>,
}

/// Outcome of one test in one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestHistoryCell {
    /// Start of the window.
    #[schemars(with = "String")]
    pub start: Timestamp,
    /// End of the window.
    #[schemars(with = "String")]
    pub end: Timestamp,
    /// Snapshot that holds it.
    pub snapshot: String,
    /// Outcome.
    pub status: Status,
    /// What was found.
    pub observed: Option<f64>,
}

/// One test through the windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestHistoryRow {
    /// Id of the metric.
    pub metric: String,
    /// Field of the tested point.
    pub field: String,
    /// Labels of the tested point.
    pub labels: Labels,
    /// Parameters of the metric.
    pub params: Params,
    /// Monitor.
    pub monitor: String,
    /// How much a miss matters.
    pub severity: Severity,
    /// The bound of the latest window, thresholds resolved.
    pub bound: Bound,
    /// Outcomes by window start.
    pub cells: Vec<TestHistoryCell>,
}

/// All tests of a project through the windows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestHistory {
    /// One row a test, worst first.
    pub rows: Vec<TestHistoryRow>,
}

/// The columns by which snapshots are listed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotFilter {
    /// Report or test suite.
    pub kind: Option<SnapshotKind>,
    /// Monitor.
    pub monitor: Option<String>,
    /// Worst test status.
    pub outcome: Option<Status>,
    /// Earliest window start.
    #[schemars(with = "Option<String>")]
    pub from: Option<Timestamp>,
    /// Window starts are before this.
    #[schemars(with = "Option<String>")]
    pub to: Option<Timestamp>,
    /// Word that must be among the tags.
    pub tag: Option<String>,
}
