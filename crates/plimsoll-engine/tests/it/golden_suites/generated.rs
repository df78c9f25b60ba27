//! The tests that Evidently 0.7 generates: value and status against the same bound of ours.

use plimsoll_engine::expand_tests;
use plimsoll_model::{
    Bound, ColumnKind, Labels, MetricSpec, ReferenceTolerance, Role, Severity, TestItem, TestSpec, Threshold,
};
use serde_json::{Value, json};

use super::{Ledger, run};
use crate::{frames::column, golden_drift, golden_models::book, golden_share};

/// A test of a metric with a bound on the reference.
fn against_reference(metric: MetricSpec, field: &str, relative: f64, at_most: bool) -> TestSpec {
    let threshold = Some(Threshold::Reference {
        reference: ReferenceTolerance {
            relative,
            absolute: 0.0,
            sigmas: 0.0,
        },
    });
    let bound = if at_most {
        Bound {
            lte: threshold,
            ..Bound::default()
        }
    } else {
        Bound {
            eq: threshold,
            ..Bound::default()
        }
    };
    TestSpec {
        metric,
        field: Some(field.to_owned()),
        labels: Labels::new(),
        bound,
        severity: Severity::Critical,
    }
}

/// Beginning of a generated test's name in 0.7, our metric and field, and whether it is `at most`.
const TESTS_07: &[(&str, &str, &str, bool)] = &[
    (
        "Almost constant column count",
        "dataset.almost_constant_columns",
        "count",
        true,
    ),
    ("Column count", "dataset.columns", "count", false),
    (
        "Count and share of missing values",
        "dataset.missing_cells",
        "count",
        false,
    ),
    ("Count of constant columns", "dataset.constant_columns", "count", true),
    ("Count of empty columns", "dataset.empty_columns", "count", true),
    ("Count of empty rows", "dataset.empty_rows", "count", false),
    ("Duplicated column count", "dataset.duplicated_columns", "count", true),
    ("Duplicated row count", "dataset.duplicated_rows", "count", false),
    ("Maximum value of", "column.max", "value", false),
    ("Mean value of", "column.mean", "value", false),
    ("Minimal value of", "column.min", "value", false),
    ("Quantile", "column.quantile", "value", false),
    ("Row count", "dataset.rows", "count", false),
    ("Std value of", "column.std", "value", false),
];

/// The test that a generated test of 0.7 stands for. A column's missing values are tested twice: count, then share.
fn spec_07(name: &str, before: Option<&str>) -> Option<TestSpec> {
    let column = name.split('\'').nth(1);
    let spec = |id: &str| match column {
        Some(column) => MetricSpec::new(id).with("column", column),
        None => MetricSpec::new(id),
    };
    if name.contains("missing values: ") {
        let field = if before == Some(name) { "share" } else { "count" };
        return Some(against_reference(spec("column.missing"), field, 0.1, false));
    }
    let (_, id, field, at_most) = TESTS_07.iter().find(|(start, ..)| name.starts_with(start))?;
    let mut metric = spec(id);
    if let Some(quantile) = name.strip_prefix("Quantile ") {
        let share: f64 = quantile.split(' ').next()?.parse().ok()?;
        metric = metric.with("quantiles", json!([share]));
    }
    let relative = if *at_most || *id == "dataset.columns" { 0.0 } else { 0.1 };
    Some(against_reference(metric, field, relative, *at_most))
}

/// A share of zero is written as the count of zero; where the texts differ, the order tells count from share.
fn is_second(tests: &[Value], at: usize) -> bool {
    let column = |at: usize| tests[at]["name"].as_str().and_then(|n| n.split('\'').nth(1));
    at > 0
        && column(at - 1) == column(at)
        && tests[at - 1]["name"]
            .as_str()
            .is_some_and(|n| n.contains("missing values"))
}

#[test]
fn generated_tests_agree_with_evidently_07() {
    golden_share::run("generated_tests_agree_with_evidently_07");
}

pub fn check_generated_tests_agree_with_evidently_07() {
    let Some(entries) = book("evidently07.json") else {
        return;
    };
    let mut ledger = Ledger::default();
    for entry in entries.iter().filter(|e| e["kind"] == "data_summary_tests") {
        golden_share::agrees("evidently07.json", entry);
        let mut definition = golden_drift::listed(entry);
        for (file, date) in [
            ("bank_marketing.parquet", "date"),
            ("bike_sharing.parquet", "timestamp"),
        ] {
            if entry["dataset"]["file"] == file {
                definition
                    .columns
                    .push(column(date, ColumnKind::Datetime, Role::Feature));
            }
        }
        let golden = entry["tests"].as_array().expect("tests");
        let (mut kept, mut specs) = (Vec::new(), Vec::new());
        for (at, test) in golden.iter().enumerate() {
            let name = test["name"].as_str().expect("a name");
            if name.contains("'num_infs'") && !name.contains("missing values") && !name.starts_with("Minimal") {
                *ledger
                    .exempt
                    .entry("0.7 keeps infinities in moments, extremes and quantiles")
                    .or_default() += 1;
                continue;
            }
            match spec_07(name, is_second(golden, at).then_some(name)) {
                Some(spec) => {
                    kept.push(test);
                    specs.push(spec);
                }
                None => ledger.failures.push(format!("{name}: neither compared nor exempt")),
            }
        }
        let (results, _) = run(entry, &definition, &specs);
        assert_eq!(results.len(), kept.len());
        for (ours, golden) in results.iter().zip(kept) {
            let what = format!("{} {}", entry["id"], golden["name"]);
            ledger.status(&what, ours, &golden["status"]);
        }
    }
    ledger.close("evidently07.json, tests of data summaries", 0, 300);
}

#[test]
fn drift_agrees_with_evidently_07() {
    golden_share::run("drift_agrees_with_evidently_07");
}

pub fn check_drift_agrees_with_evidently_07() {
    let Some(entries) = book("evidently07.json") else {
        return;
    };
    let mut ledger = Ledger::default();
    for entry in entries.iter().filter(|e| e["kind"] == "data_drift_tests") {
        golden_share::agrees("evidently07.json", entry);
        let definition = golden_drift::listed(entry);
        let half = Bound {
            lt: Some(Threshold::Number(0.5)),
            ..Bound::default()
        };
        let mut tests = expand_tests(&[TestItem::Name("data_drift".to_owned())], &definition).expect("a preset");
        for test in tests.iter_mut().filter(|t| t.metric.id == "drift.dataset") {
            test.bound = half.clone();
        }
        let (results, _) = run(entry, &definition, &tests);
        let mut chi_square = false;
        for golden in entries
            .iter()
            .filter(|e| e["kind"] == "data_drift" && e["dataset"] == entry["dataset"])
        {
            let Some(name) = golden["args"]["column"].as_str() else {
                continue;
            };
            let ours = results
                .iter()
                .find(|r| r.metric == "drift.column" && r.labels["column"] == name)
                .expect("a test");
            let test = golden_drift::test_of(&golden["args"]["method"]);
            assert_eq!(ours.params["test"], *test, "{name}");
            assert_eq!(ours.params["threshold"], golden["args"]["threshold"], "{name}");
            if test == "chisquare" {
                chi_square = true;
                *ledger
                    .exempt
                    .entry("goodness of fit there, homogeneity here")
                    .or_default() += 1;
                golden_share::exempt("evidently07.json", golden, "goodness of fit there, homogeneity here");
                continue;
            }
            golden_share::agrees("evidently07.json", golden);
            ledger.value(
                &format!("{} {name}", entry["id"]),
                ours.observed,
                golden["value"].as_f64(),
                1e-15,
            );
            let title = format!("Value Drift for column {name}");
            let generated = entry["tests"]
                .as_array()
                .into_iter()
                .flatten()
                .find(|t| t["name"] == *title);
            ledger.status(&title, ours, &generated.expect("a generated test")["status"]);
        }
        let golden = entries
            .iter()
            .find(|e| e["kind"] == "data_drift" && e["dataset"] == entry["dataset"] && e["args"]["drift_share"] == 0.5)
            .expect("a share");
        golden_share::agrees("evidently07.json", golden);
        let ours = results.iter().find(|r| r.metric == "drift.dataset").expect("a test");
        let what = format!(
            "{} share of drifted columns, chi-square among them: {chi_square}",
            entry["id"]
        );
        ledger.value(&what, ours.observed, golden["value"]["share"].as_f64(), 1e-12);
        ledger.status(&what, ours, &entry["tests"][0]["status"]);
    }
    ledger.close("evidently07.json, drift", 50, 50);
}
