//! Snapshots made by hand.

use std::path::PathBuf;

use jiff::{Span, Timestamp};
use plimsoll_model::{
    Bound, DataDefinition, Granularity, Measurement, Params, Point, RunInfo, Severity, Snapshot, SnapshotKind,
    SnapshotStatus, Status, Task, TestResult, Threshold, Window,
};
use plimsoll_store::{StoreError, Workspace};
use tempfile::TempDir;

/// A workspace in a folder that vanishes with it.
pub fn workspace() -> (TempDir, Workspace) {
    let dir = TempDir::new().unwrap();
    let workspace = Workspace::create(dir.path()).unwrap();
    (dir, workspace)
}

pub fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The `n`th window from 1 February 2011.
pub fn window(n: i64, granularity: Granularity) -> Window {
    let hours = if granularity == Granularity::Hour { 1 } else { 24 };
    let start = time("2011-02-01T00:00:00Z") + Span::new().hours(n * hours);
    Window {
        start,
        end: start + Span::new().hours(hours),
        granularity,
        timezone: "Europe/Berlin".to_owned(),
    }
}

/// A snapshot of the `n`th day, without results.
pub fn snapshot(project: &str, monitor: &str, kind: SnapshotKind, n: i64) -> Snapshot {
    of_window(project, monitor, kind, window(n, Granularity::Day))
}

pub fn of_window(project: &str, monitor: &str, kind: SnapshotKind, window: Window) -> Snapshot {
    Snapshot {
        version: plimsoll_model::FORMAT_VERSION,
        id: Snapshot::make_id(window.start, kind, monitor),
        project: project.to_owned(),
        monitor: monitor.to_owned(),
        kind,
        window: Some(window),
        revision: 1,
        status: SnapshotStatus::Final,
        maturity: None,
        reference: None,
        run: RunInfo {
            started_at: time("2024-05-06T07:08:09.123456789Z"),
            seconds: 0.25,
            rows: 100,
            engine_version: "0.1.0".to_owned(),
            source: "test".to_owned(),
            fingerprint: "f1".to_owned(),
        },
        tags: vec!["by hand".to_owned()],
        metadata: std::collections::BTreeMap::new(),
        definition: DataDefinition {
            task: Some(Task::Regression),
            ..DataDefinition::default()
        },
        notes: Vec::new(),
        measurements: Vec::new(),
        tests: Vec::new(),
    }
}

pub fn params(pairs: &[(&str, serde_json::Value)]) -> Params {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect()
}

pub fn measurement(id: &str, params: Params, points: Vec<Point>) -> Measurement {
    Measurement {
        id: id.to_owned(),
        params,
        exact: true,
        notes: Vec::new(),
        points,
        detail: None,
        error: None,
    }
}

/// A drift measurement of one column, as the engine reports it.
pub fn drift(column: &str, test: &str, score: f64, threshold: f64) -> Measurement {
    let point = |field: &str, value: f64| Point::new(field, value).with("column", column);
    measurement(
        "drift.column",
        params(&[
            ("column", column.into()),
            ("test", test.into()),
            ("threshold", threshold.into()),
        ]),
        vec![point("score", score), point("threshold", threshold)],
    )
}

/// A test of the mean absolute error.
pub fn mae_test(observed: f64, limit: f64, status: Status, severity: Severity) -> TestResult {
    TestResult {
        metric: "regression.mae".to_owned(),
        params: Params::new(),
        field: "value".to_owned(),
        labels: plimsoll_model::Labels::new(),
        bound: below(limit),
        observed: Some(observed),
        status,
        severity,
        message: format!("expected less than {limit}, found {observed}"),
    }
}

pub fn below(limit: f64) -> Bound {
    Bound {
        lt: Some(Threshold::Number(limit)),
        ..Bound::default()
    }
}

pub fn mae(value: f64) -> Measurement {
    measurement("regression.mae", Params::new(), vec![Point::new("value", value)])
}

/// A report and a test suite of the `n`th day whose error is `value` against a limit of 40.
pub fn write_day(workspace: &Workspace, project: &str, n: i64, value: f64) -> Result<(), StoreError> {
    let mut report = snapshot(project, "daily-report", SnapshotKind::Report, n);
    report.measurements = vec![mae(value)];
    workspace.write_snapshot(&report, Some(b"profile"))?;
    let mut suite = snapshot(project, "daily-tests", SnapshotKind::TestSuite, n);
    let status = if value < 40.0 { Status::Pass } else { Status::Fail };
    suite.tests = vec![mae_test(value, 40.0, status, Severity::Critical)];
    workspace.write_snapshot(&suite, None)
}

/// Where the snapshot of a window lies.
pub fn file_of(workspace: &Workspace, snapshot: &Snapshot) -> PathBuf {
    let start = snapshot.window.as_ref().unwrap().start;
    let dir = workspace.project_dir(&snapshot.project).unwrap().join("snapshots");
    dir.join(start.strftime("%Y/%m/%d").to_string())
        .join(format!("{}.json", snapshot.id))
}
