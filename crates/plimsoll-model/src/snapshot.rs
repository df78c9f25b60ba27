//! Snapshots: a report or a test suite for one window.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Bound, DataDefinition, Labels, Measurement, Params, Severity, Window};

/// Version of the snapshot's JSON form that this program writes.
pub const FORMAT_VERSION: u32 = 1;

/// What a snapshot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotKind {
    /// Metrics.
    Report,
    /// Tests on metrics.
    TestSuite,
}

impl SnapshotKind {
    /// The kind's name as written in JSON and in file names.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::TestSuite => "test_suite",
        }
    }
}

/// How far the labels of a window have come in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotStatus {
    /// No labels: quality is estimated or absent.
    Estimated,
    /// Some labels; more may come.
    Provisional,
    /// Nothing more is expected.
    #[default]
    Final,
}

/// Outcome of a test, ordered from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Not applicable: no rows, no reference, or an optional column is absent.
    Skipped,
    /// The bound holds.
    Pass,
    /// The bound is missed and the test's severity is `warning`.
    Warn,
    /// The bound is missed.
    Fail,
    /// The metric could not be computed.
    Error,
}

impl Status {
    /// The status's name as written in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}

/// Result of one test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestResult {
    /// Id of the metric.
    pub metric: String,
    /// Parameters of the metric with every default resolved.
    #[serde(default)]
    pub params: Params,
    /// Field of the tested point.
    pub field: String,
    /// Labels of the tested point.
    #[serde(default)]
    pub labels: Labels,
    /// What was expected, with every threshold resolved to a number.
    pub bound: Bound,
    /// What was found; `None` if it could not be computed.
    pub observed: Option<f64>,
    /// Outcome.
    pub status: Status,
    /// How much a miss matters.
    pub severity: Severity,
    /// One sentence: what was expected and what was found.
    pub message: String,
}

/// How many tests ended how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestSummary {
    /// All tests.
    pub total: u32,
    /// Bounds that hold.
    pub pass: u32,
    /// Missed bounds of severity `warning`.
    pub warn: u32,
    /// Missed bounds of severity `critical`.
    pub fail: u32,
    /// Tests that could not be computed.
    pub error: u32,
    /// Tests that did not apply.
    pub skipped: u32,
}

impl TestSummary {
    /// Counts results by status.
    #[must_use]
    pub fn of(tests: &[TestResult]) -> Self {
        let mut s = Self::default();
        for t in tests {
            s.total += 1;
            *match t.status {
                Status::Pass => &mut s.pass,
                Status::Warn => &mut s.warn,
                Status::Fail => &mut s.fail,
                Status::Error => &mut s.error,
                Status::Skipped => &mut s.skipped,
            } += 1;
        }
        s
    }

    /// The worst status, or `None` without tests.
    #[must_use]
    pub fn worst(&self) -> Option<Status> {
        [
            (self.error, Status::Error),
            (self.fail, Status::Fail),
            (self.warn, Status::Warn),
            (self.pass, Status::Pass),
            (self.skipped, Status::Skipped),
        ]
        .into_iter()
        .find(|(n, _)| *n > 0)
        .map(|(_, s)| s)
    }
}

/// Which data the window was compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReferenceInfo {
    /// In words: `2011-01-19 to 2011-02-01`, `ref.parquet`, `previous window`.
    pub description: String,
    /// Rows of the reference.
    pub rows: u64,
}

/// How the snapshot was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    /// When the computation of the run began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// Time spent evaluating this window, in seconds.
    pub seconds: f64,
    /// Rows of the window.
    pub rows: u64,
    /// Version of the program.
    pub engine_version: String,
    /// Where the rows came from.
    pub source: String,
    /// Digest of configuration and data; equal digests need no recomputation.
    pub fingerprint: String,
}

/// Whether the rows that have labels look like all rows: a drift test of the prediction between the two.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Representative {
    /// Column that was compared: the score, else the prediction.
    pub column: String,
    /// Id of the two-sample test.
    pub test: String,
    /// Score of the test.
    pub score: f64,
    /// Threshold of the test.
    pub threshold: f64,
    /// Says that labelled rows differ from all rows: quality holds for the labelled ones alone.
    pub drifted: bool,
}

/// How many rows of a window have labels, and how long these took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Maturity {
    /// Rows of the window.
    pub rows: u64,
    /// Rows with a label.
    pub labelled: u64,
    /// `labelled / rows`; 0 without rows.
    pub coverage: f64,
    /// Median time from prediction to label, in seconds; `None` without labels.
    pub delay_seconds_p50: Option<f64>,
    /// 95th percentile of the time from prediction to label, in seconds.
    pub delay_seconds_p95: Option<f64>,
    /// Comparison of labelled rows with all rows; `None` where it does not apply.
    #[serde(default)]
    pub representative: Option<Representative>,
}

/// One revision of a snapshot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// Counts recomputations of the window, from 1.
    pub revision: u32,
    /// Whether more labels were expected.
    pub status: SnapshotStatus,
    /// When it was computed; it held until the next revision.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Share of the rows that had a label, 0–1; `None` if labels come with the rows.
    pub coverage: Option<f64>,
}

/// The revisions of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revisions {
    /// By revision, oldest first.
    pub items: Vec<Revision>,
}

/// A report or a test suite for one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Snapshot {
    /// Version of this JSON form ([`FORMAT_VERSION`]).
    pub version: u32,
    /// Identifies the snapshot within its project: `20110201T000000Z-report-daily`; also its file's stem.
    pub id: String,
    /// Project.
    pub project: String,
    /// Monitor that asked for it.
    pub monitor: String,
    /// Report or test suite.
    pub kind: SnapshotKind,
    /// The period, in event time. `None` for an ad hoc report on files.
    pub window: Option<Window>,
    /// Counts recomputations of the window, from 1.
    pub revision: u32,
    /// Whether more labels are expected.
    pub status: SnapshotStatus,
    /// Coverage and delay of the labels, where labels come late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maturity: Option<Maturity>,
    /// What the window was compared with.
    pub reference: Option<ReferenceInfo>,
    /// How it was made.
    pub run: RunInfo,
    /// Free words to filter by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Free key–value data.
    #[serde(default)]
    pub metadata: BTreeMap<String, Value>,
    /// Columns, kinds, roles and task at the time.
    pub definition: DataDefinition,
    /// What concerns the window as a whole: no rows, rows left out.
    #[serde(default)]
    pub notes: Vec<String>,
    /// Results of the metrics, in the order of the report.
    pub measurements: Vec<Measurement>,
    /// Results of the tests; empty for a report.
    #[serde(default)]
    pub tests: Vec<TestResult>,
}

/// Note of a snapshot whose window still takes rows; it is replaced, not kept as a revision.
pub const OPEN_WINDOW: &str = "the window still takes rows";

impl Snapshot {
    /// Says whether the window still took rows when the snapshot was made.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.notes.iter().any(|note| note == OPEN_WINDOW)
    }

    /// The revision that this snapshot is.
    #[must_use]
    pub fn as_revision(&self) -> Revision {
        Revision {
            revision: self.revision,
            status: self.status,
            at: self.run.started_at,
            coverage: self.maturity.as_ref().map(|m| m.coverage),
        }
    }

    /// Makes the id from window start, kind and monitor: `20110201T000000Z-report-daily`.
    ///
    /// Characters of the monitor's name other than ASCII letters, digits, `-` and `_` become `_`.
    #[must_use]
    pub fn make_id(start: Timestamp, kind: SnapshotKind, monitor: &str) -> String {
        let name: String = monitor
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        format!("{}-{}-{name}", start.strftime("%Y%m%dT%H%M%SZ"), kind.as_str())
    }

    /// How many tests ended how.
    #[must_use]
    pub fn summary(&self) -> TestSummary {
        TestSummary::of(&self.tests)
    }
}
