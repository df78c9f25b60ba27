//! The examples of the catalogue run, and between them they use every metric.

use std::{collections::BTreeSet, fs, path::Path};

use crate::support::{plimsoll, snapshots};

#[test]
fn every_metric_has_an_example_that_runs() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/catalogue");
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    for file in files {
        let dir = tempfile::tempdir().unwrap();
        let name = file.display().to_string();
        let said = plimsoll(dir.path(), &["run", &name]);
        assert_eq!(said.code, 0, "{name}: {}", said.err);
        let reports = snapshots(dir.path(), "report");
        assert!(!reports.is_empty(), "{name}");
        for (at, report) in reports.iter().enumerate() {
            for measurement in report["measurements"].as_array().unwrap() {
                let error = &measurement["error"];
                // The first of windows that are held against the one before has none before it.
                let is_first = at == 0 && error["code"] == "no_reference";
                assert!(error.is_null() || is_first, "{name}: {measurement}");
                used.insert(measurement["id"].as_str().unwrap().to_owned());
            }
        }
        for suite in snapshots(dir.path(), "test_suite") {
            for test in suite["tests"].as_array().unwrap() {
                assert_ne!(test["status"], "error", "{name}: {test}");
            }
        }
    }
    let ids: BTreeSet<String> = plimsoll_engine::METRICS.iter().map(|m| m.id.to_owned()).collect();
    let without: Vec<&String> = ids.difference(&used).collect();
    assert!(without.is_empty(), "no example uses {without:?}");
}

/// The blocks of `docs/tests.md`, each as the tests of a monitor of the bike demand.
#[test]
fn the_tests_of_the_documentation_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/tests.md")).unwrap();
    let blocks: Vec<&str> = text
        .split("```yaml\n")
        .skip(1)
        .map(|b| b.split("```").next().unwrap())
        .collect();
    assert_eq!(blocks.len(), 3);
    let project = fs::read_to_string(root.join("examples/bike-demand.yaml")).unwrap();
    let (head, _) = project.split_once("monitors:").unwrap();
    let head = head.replace("../data", &root.join("data").display().to_string());
    let mut yaml = head.replace("segments: [weathersit]", "segments: [season]") + "monitors:\n";
    for (at, block) in blocks.into_iter().enumerate() {
        yaml += &format!("  - name: m{at}\n    every: 1d\n    tests:\n");
        for line in block.lines() {
            yaml += &format!("      {line}\n");
        }
    }
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("project.yaml"), yaml).unwrap();
    let days = ["--from", "2011-06-01", "--to", "2011-06-03"];
    let said = plimsoll(dir.path(), &[&["run", "project.yaml"], &days[..]].concat());
    assert_eq!(said.code, 0, "{}", said.err);
    let suites = snapshots(dir.path(), "test_suite");
    assert_eq!(suites.len(), 2 * 3);
    for test in suites.iter().flat_map(|suite| suite["tests"].as_array().unwrap()) {
        let done = ["pass", "warn", "fail"].iter().any(|status| test["status"] == *status);
        assert!(done, "{test}");
    }
}

#[test]
fn a_preset_tells_what_it_stands_for_on_given_data() {
    let dir = tempfile::tempdir().unwrap();
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/catalogue/ranking.yaml");
    let said = plimsoll(
        dir.path(),
        &["metrics", "ranking", "--config", config.to_str().unwrap()],
    );
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.out.contains("report:\n  - ranking.precision\n"), "{}", said.out);
    assert!(said.out.contains("  - ranking.novelty\n"), "{}", said.out);
    let said = plimsoll(
        dir.path(),
        &["metrics", "data_drift", "--config", config.to_str().unwrap()],
    );
    assert!(
        said.out.contains(r#"  - drift.column: {"column":"price"}"#),
        "{}",
        said.out
    );
    // What needs a reference is told where the project has one.
    let loans = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/car-loan.yaml");
    let said = plimsoll(
        dir.path(),
        &["metrics", "classification", "--config", loans.to_str().unwrap()],
    );
    assert!(said.out.contains("  - classification.estimated\n"), "{}", said.out);
    let said = plimsoll(dir.path(), &["metrics", "psi", "--config", config.to_str().unwrap()]);
    assert_eq!(said.code, 2);
}
