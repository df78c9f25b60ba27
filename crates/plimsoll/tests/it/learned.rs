//! Bounds that are learned from the reference's own windows, on the car loan data.

use std::fs;

use crate::support::{Said, data, plimsoll, snapshots, value};

fn run(dir: &std::path::Path, yaml: &str) -> Said {
    fs::write(dir.join("project.yaml"), yaml).unwrap();
    let said = plimsoll(dir, &["run", "project.yaml"]);
    assert_eq!(said.code, 0, "{}", said.err);
    said
}

fn project(source: &str, labels: &str, reference: &str, tests: &str) -> String {
    format!(
        "
project: loans
data: {{source: {source:?}, {labels}timestamp: timestamp, id: id, task: binary, target: repaid, prediction: y_pred, score: y_pred_proba, positive: '1'}}
{reference}
monitors:
  - {{name: weekly, every: 1w, report: [classification.accuracy, dataset.rows], tests: [{tests}]}}
"
    )
}

fn analysis(reference: &str, tests: &str) -> String {
    let labels = format!("labels: {{source: {:?}}}, ", data("car_loan_analysis_target.parquet"));
    project(&data("car_loan_analysis.parquet"), &labels, reference, tests)
}

#[test]
fn bounds_come_from_the_weeks_of_the_reference() {
    let dir = tempfile::tempdir().unwrap();
    // What the metric is in the weeks of the reference, as the job itself computes it.
    run(
        dir.path(),
        &project(&data("car_loan_reference.parquet"), "", "", "classification.accuracy"),
    );
    let weeks = snapshots(dir.path(), "report");
    let rows: Vec<f64> = weeks
        .iter()
        .map(|s| value(s, "dataset.rows", "count").unwrap())
        .collect();
    let mut values: Vec<f64> = weeks
        .iter()
        .map(|s| value(s, "classification.accuracy", "value").unwrap())
        .collect();
    // Only the last week is not whole.
    assert!(rows.last() < rows.first() && rows[1] > 1_000.0, "{rows:?}");
    values.pop();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let std = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    assert!(std > 0.0 && n > 20.0);

    let dir = tempfile::tempdir().unwrap();
    let reference = format!("reference: {{source: {:?}}}", data("car_loan_reference.parquet"));
    let tests = "{classification.accuracy: {learned: {std: 3}}}, {classification.accuracy: {gte: {learned: {std: 2}}}}, \
                 {classification: {learned: {quantiles: [0, 1]}, severity: warning}}";
    run(dir.path(), &analysis(&reference, tests));
    let suites = snapshots(dir.path(), "test_suite");
    let end =
        |suite: usize, test: usize, side: &str| suites[suite]["tests"][test]["bound"][side]["approx"]["value"].as_f64();
    for (at, suite) in suites.iter().enumerate() {
        assert!((end(at, 0, "gte").unwrap() - (mean - 3.0 * std)).abs() < 1e-9);
        assert!((end(at, 0, "lte").unwrap() - (mean + 3.0 * std).min(1.0)).abs() < 1e-9);
        assert!((end(at, 1, "gte").unwrap() - (mean - 2.0 * std)).abs() < 1e-9);
        assert_eq!(end(at, 1, "lte"), None);
        let observed = suite["tests"][0]["observed"].as_f64().unwrap();
        let status = if (observed - mean).abs() <= 3.0 * std {
            "pass"
        } else {
            "fail"
        };
        assert_eq!(suite["tests"][0]["status"], status, "{}", suite["tests"][0]["message"]);
    }
    // The model loses quality in the second half.
    assert_eq!(suites[2]["tests"][0]["status"], "pass");
    assert_eq!(suites[suites.len() - 2]["tests"][0]["status"], "fail");
    let least = values.iter().copied().fold(1.0, f64::min);
    let of_preset = suites[0]["tests"].as_array().unwrap()[2..].iter();
    let own = of_preset
        .clone()
        .find(|t| t["metric"] == "classification.accuracy")
        .unwrap();
    assert!((own["bound"]["gte"]["approx"]["value"].as_f64().unwrap() - least).abs() < 1e-9);
    assert!(of_preset.clone().count() >= 4 && of_preset.clone().all(|t| t["severity"] == "warning"));
}

#[test]
fn a_reference_without_windows_is_told_and_nothing_passes() {
    let learned = "{classification.accuracy: {learned: {std: 3}}}";
    let (none, previous) = ("", "reference: {window: previous}");
    let short = "reference: {from: 2019-01-01, to: 2019-01-29}";
    for (reference, expected) in [
        (none, "there is no such value; give a bound or a reference"),
        (
            previous,
            "1 of 1 whole windows of the reference have a value, expected at least 6",
        ),
        (
            short,
            "expected at least 6; choose a longer reference or shorter windows",
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        run(dir.path(), &analysis(reference, learned));
        let suites = snapshots(dir.path(), "test_suite");
        let test = &suites[suites.len() - 2]["tests"][0];
        assert_eq!(test["status"], "skipped", "{reference}");
        let message = test["message"].as_str().unwrap();
        assert!(message.contains(expected), "{reference}: {message}");
    }

    // A reference without times.
    let dir = tempfile::tempdir().unwrap();
    let csv = format!("id,y_pred,y_pred_proba,repaid\n{}", "1,1,0.9,1\n".repeat(50));
    fs::write(dir.path().join("reference.csv"), csv).unwrap();
    run(dir.path(), &analysis("reference: {source: reference.csv}", learned));
    let test = &snapshots(dir.path(), "test_suite")[0]["tests"][0];
    let message = test["message"].as_str().unwrap();
    assert_eq!(test["status"], "skipped");
    assert!(message.contains("has no column `timestamp`"), "{message}");
}

#[test]
fn trailing_windows_teach_too() {
    let dir = tempfile::tempdir().unwrap();
    let tests = "{classification.accuracy: {learned: {quantiles: [0, 1]}}}";
    run(dir.path(), &analysis("reference: {window: trailing 70d}", tests));
    let reports = snapshots(dir.path(), "report");
    let values: Vec<f64> = reports[2..12]
        .iter()
        .map(|s| value(s, "classification.accuracy", "value").unwrap())
        .collect();
    let test = &snapshots(dir.path(), "test_suite")[12]["tests"][0];
    let end = |side: &str| test["bound"][side]["approx"]["value"].as_f64().unwrap();
    assert!(
        (end("gte") - values.iter().copied().fold(1.0, f64::min)).abs() < 1e-9,
        "{test}"
    );
    assert!(
        (end("lte") - values.iter().copied().fold(0.0, f64::max)).abs() < 1e-9,
        "{test}"
    );
}
