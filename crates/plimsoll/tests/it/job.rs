//! `plimsoll run`.

use std::fs;

use crate::support::{PROJECT, plimsoll, rides, row, snapshots, value};

fn written(out: &str) -> (u64, u64) {
    let summary: serde_json::Value = serde_json::from_str(out).unwrap();
    (
        summary["written"].as_u64().unwrap(),
        summary["skipped"].as_u64().unwrap(),
    )
}

#[test]
fn every_window_becomes_a_report_and_a_test_suite_once() {
    let dir = tempfile::tempdir().unwrap();
    rides(dir.path(), |i| Some(row(i)));
    let first = plimsoll(dir.path(), &["run", "project.yaml", "--json"]);
    assert_eq!((first.code, written(&first.out)), (0, (14, 0)), "{}", first.err);
    let reports = snapshots(dir.path(), "report");
    assert_eq!(reports.len(), 7);
    assert_eq!(value(&reports[0], "regression.mae", "value"), Some(1.0));
    assert_eq!(value(&reports[0], "dataset.rows", "count"), Some(24.0));
    assert_eq!(reports[0]["window"]["start"], "2024-01-08T00:00:00Z");
    let again = plimsoll(dir.path(), &["run", "project.yaml", "--json"]);
    assert_eq!(written(&again.out), (0, 14));
    let forced = plimsoll(
        dir.path(),
        &["run", "project.yaml", "--json", "--force", "--from", "2024-01-13"],
    );
    assert_eq!(written(&forced.out), (4, 0));
    assert_eq!(snapshots(dir.path(), "report")[5]["revision"], 2);
    let reindexed = plimsoll(dir.path(), &["reindex"]);
    assert_eq!(reindexed.code, 0, "{}", reindexed.err);
}

#[test]
fn windows_of_another_length_are_computed_though_they_begin_alike() {
    let dir = tempfile::tempdir().unwrap();
    rides(dir.path(), |i| Some(row(i)));
    let first = plimsoll(dir.path(), &["run", "project.yaml", "--json"]);
    assert_eq!(written(&first.out), (14, 0), "{}", first.err);
    let project = fs::read_to_string(dir.path().join("project.yaml")).unwrap();
    fs::write(
        dir.path().join("project.yaml"),
        project.replace("every: 1d", "every: 12h"),
    )
    .unwrap();
    let halves = plimsoll(dir.path(), &["run", "project.yaml", "--json"]);
    assert_eq!(written(&halves.out), (28, 0), "{}", halves.err);
    let report = &snapshots(dir.path(), "report")[0];
    assert_eq!(value(report, "dataset.rows", "count"), Some(12.0));
}

#[test]
fn a_window_without_rows_is_recorded_as_empty() {
    let dir = tempfile::tempdir().unwrap();
    rides(dir.path(), |i| (i / 24 != 9).then(|| row(i)));
    assert_eq!(plimsoll(dir.path(), &["run", "project.yaml"]).code, 0);
    let suite = &snapshots(dir.path(), "test_suite")[2];
    assert_eq!(
        (suite["run"]["rows"].as_u64(), suite["notes"][0].as_str()),
        (Some(0), Some("no rows in this window"))
    );
    let status = |t: &serde_json::Value| t["status"].as_str().unwrap().to_owned();
    let tests = suite["tests"].as_array().unwrap();
    assert!(
        tests
            .iter()
            .filter(|t| t["metric"] == "regression.mae")
            .all(|t| status(t) == "skipped")
    );
    let report = &snapshots(dir.path(), "report")[2];
    assert_eq!(value(report, "dataset.rows", "count"), Some(0.0));
}

#[test]
fn previous_and_trailing_windows_are_references() {
    for (reference, first_drift, description) in [
        ("{window: previous}", 1, "previous window"),
        ("{window: trailing 3d}", 1, "the 3 days before"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let path = rides(dir.path(), |i| Some(row(i)));
        fs::write(path, PROJECT.replace("{from: 2024-01-01, to: 2024-01-08}", reference)).unwrap();
        let said = plimsoll(dir.path(), &["run", "project.yaml"]);
        assert_eq!(said.code, 0, "{}", said.err);
        let reports = snapshots(dir.path(), "report");
        assert_eq!(reports.len(), 14);
        assert!(reports[0]["reference"].is_null());
        assert_eq!(reports[first_drift]["reference"]["description"], description);
        assert!(value(&reports[first_drift], "drift.dataset", "share").is_some());
        let rows = reports[5]["reference"]["rows"].as_u64();
        assert_eq!(rows, Some(if description == "previous window" { 24 } else { 72 }));
    }
}

#[test]
fn a_broken_column_fails_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = rides(dir.path(), |i| Some(row(i)));
    fs::write(
        path,
        PROJECT.replace(
            "prediction: prediction}",
            "prediction: prediction, columns: {kind: numeric}}",
        ),
    )
    .unwrap();
    let said = plimsoll(dir.path(), &["run", "project.yaml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let report = &snapshots(dir.path(), "report")[0];
    let measurements = report["measurements"].as_array().unwrap();
    let of = |column: &str| {
        measurements
            .iter()
            .find(|m| m["id"] == "drift.column" && m["params"]["column"] == column)
            .unwrap()
    };
    // None of its texts is a number.
    assert_eq!(of("kind")["error"]["code"], "not_enough_data");
    assert!(of("temp")["error"].is_null());
    assert_eq!(value(report, "regression.mae", "value"), Some(1.0));
}

#[test]
fn rows_without_a_time_are_left_out_and_told() {
    let dir = tempfile::tempdir().unwrap();
    rides(dir.path(), |i| {
        Some(if i == 200 {
            row(i).replace("2024-01-09 08:00:00", "soon")
        } else {
            row(i)
        })
    });
    let said = plimsoll(dir.path(), &["run", "project.yaml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.err.contains("1 of 336 rows") && said.err.contains("`soon`"),
        "{}",
        said.err
    );
    assert_eq!(
        value(&snapshots(dir.path(), "report")[1], "dataset.rows", "count"),
        Some(23.0)
    );
}

#[test]
fn names_may_hold_anything() {
    let dir = tempfile::tempdir().unwrap();
    let path = rides(dir.path(), |i| Some(row(i)));
    let csv = fs::read_to_string(dir.path().join("rides.csv")).unwrap();
    fs::write(
        dir.path().join("rides.csv"),
        csv.replacen("temp,kind", "\"the \"\"temp\"\", a.b 🚢\",kind", 1),
    )
    .unwrap();
    fs::write(path, PROJECT.replace("project: rides", "project: \"ri/des & 🚢\"")).unwrap();
    let said = plimsoll(dir.path(), &["run", "project.yaml", "--json"]);
    assert_eq!((said.code, written(&said.out)), (0, (14, 0)), "{}", said.err);
}

#[test]
fn mistakes_are_named_with_alternatives() {
    let dir = tempfile::tempdir().unwrap();
    let path = rides(dir.path(), |i| Some(row(i)));
    for (from, to, expected) in [
        ("target: target", "target: tagret", "did you mean `target`"),
        ("timestamp: ts", "timestmap: ts", "did you mean `timestamp`"),
        ("rides.csv", "ride.csv", "did you mean `rides.csv`"),
        ("[data_drift,", "[data_drfit,", "did you mean `data_drift`"),
        ("timestamp: ts", "timestamp: kind", "no row of `kind` is a moment"),
        ("{lt: 2}", "{lt: 2, columm: x}", "columm"),
        ("every: 1d", "every: 0d", "`15m`"),
    ] {
        assert!(PROJECT.contains(from));
        fs::write(&path, PROJECT.replace(from, to)).unwrap();
        let said = plimsoll(dir.path(), &["run", "project.yaml"]);
        assert_eq!(said.code, 2, "{to}: {}", said.err);
        assert!(said.err.contains(expected), "{to}: {}", said.err);
    }
    let said = plimsoll(dir.path(), &["run", "absent.yaml"]);
    assert!(said.code == 2 && said.err.contains("absent.yaml"), "{}", said.err);
}

#[test]
fn snapshots_of_the_demo_stay_small_and_follow_the_schema() {
    let dir = tempfile::tempdir().unwrap();
    let example = format!("{}/../../examples/bike-demand.yaml", env!("CARGO_MANIFEST_DIR"));
    let said = plimsoll(
        dir.path(),
        &["run", &example, "--from", "2011-06-01", "--to", "2011-07-01"],
    );
    assert_eq!(said.code, 0, "{}", said.err);
    for snapshot in snapshots(dir.path(), "report")
        .iter()
        .chain(&snapshots(dir.path(), "test_suite"))
    {
        // Each of the four segments adds its numbers, and no picture.
        let mut whole = snapshot.clone();
        for measurement in whole["measurements"].as_array_mut().unwrap() {
            let points = measurement["points"].as_array_mut().unwrap();
            points.retain(|p| p["labels"]["segment"].is_null());
        }
        assert!(whole.to_string().len() < 60_000, "{}", whole.to_string().len());
        assert!(
            snapshot.to_string().len() < 3 * 60_000,
            "{}",
            snapshot.to_string().len()
        );
        let typed: plimsoll_model::Snapshot = serde_json::from_value(snapshot.clone()).unwrap();
        assert_eq!(serde_json::to_value(&typed).unwrap(), *snapshot);
    }
    // A model of January in June: the error is far beyond the 10.6 of the reference.
    assert!(value(&snapshots(dir.path(), "report")[0], "regression.mae", "value").unwrap() > 60.0);
}
