//! Golden test suites: the presets of Evidently 0.4, value and status of every test, and the generated tests of 0.7.
//!
//! Every generated test is compared, or named below with the reason why not.

pub mod generated;

use std::{collections::BTreeMap, sync::Arc};

use plimsoll_engine::{EvaluationPlan, ProfileOptions, expand_tests};
use plimsoll_model::{ColumnKind, DataDefinition, Role, Status, Task, TestItem, TestResult, TestSpec};
use serde_json::{Value, json};

use crate::{frames::column, golden_drift, golden_models::book, golden_share, support};

/// Evidently's preset and ours.
const PRESETS: &[(&str, &str)] = &[
    ("DataDriftTestPreset", "data_drift"),
    ("DataQualityTestPreset", "data_quality"),
    ("DataStabilityTestPreset", "data_stability"),
    ("NoTargetPerformanceTestPreset", "no_target"),
];

/// Evidently's test, our metric and field, and how its number follows from ours.
const TESTS: &[(&str, &str, &str, Number)] = &[
    (
        "Drift per Column",
        "drift.column",
        "score",
        Number::Rounded("score", 0.000_51),
    ),
    (
        "Mean Value Stability",
        "column.mean",
        "value",
        Number::Rounded("current_mean", 0.005_01),
    ),
    ("Number of Columns", "dataset.columns", "count", Number::Same),
    (
        "Number of Constant Columns",
        "dataset.constant_columns",
        "count",
        Number::Same,
    ),
    (
        "Number of Duplicate Columns",
        "dataset.duplicated_columns",
        "count",
        Number::Same,
    ),
    (
        "Number of Duplicate Rows",
        "dataset.duplicated_rows",
        "share",
        Number::TimesRows,
    ),
    ("Number of Rows", "dataset.rows", "count", Number::Same),
    ("Share of Drifted Columns", "drift.dataset", "share", Number::Drifted),
    (
        "Share of Out-of-List Values",
        "column.new_categories",
        "share",
        Number::Same,
    ),
    ("Share of Out-of-Range Values", "column.in_range", "share", Number::Rest),
    (
        "Share of the Most Common Value",
        "column.most_common",
        "share",
        Number::Rounded("value", 0.000_051),
    ),
    (
        "The Share of Missing Values in a Column",
        "column.missing",
        "share",
        Number::Same,
    ),
];

/// How Evidently's number follows from ours.
#[derive(Clone, Copy)]
enum Number {
    /// `value` is ours.
    Same,
    /// `value` is one minus ours.
    Rest,
    /// `value` is ours times the current rows.
    TimesRows,
    /// The parameter is ours, rounded.
    Rounded(&'static str, f64),
    /// The share of the listed columns that are detected.
    Drifted,
}

/// One generated test of one entry.
struct Case<'e> {
    entry: &'e Value,
    test: &'e Value,
    /// Evidently's name of the test.
    name: &'e str,
    /// The column that it is about, or nothing.
    column: String,
    ours: Option<&'e TestResult>,
}

/// What of a test is not compared.
#[derive(PartialEq)]
enum Part {
    /// Neither value nor status.
    All,
    /// The value; the status is compared.
    Value,
    /// The status; the value is compared.
    Status,
}

/// Tests that are exempt: what is left out, when, and why. The first that holds counts.
type Exemption = (Part, fn(&Case<'_>) -> bool, &'static str);
const EXEMPTIONS: &[Exemption] = &[
    (
        Part::All,
        |c| c.name == "Column Types",
        "types are settled by the data definition; a column of another type is an error of its metrics",
    ),
    (
        Part::All,
        |c| c.test["status"] == "ERROR",
        "an infinite value makes the whole drift table fail there; ours leaves it out",
    ),
    (
        Part::All,
        |c| is_proba(c) && matches!(c.column.as_str(), "yes" | "no"),
        "Evidently was given P(yes) and P(no) as two columns; the data has one, which is left out here",
    ),
    (
        Part::All,
        |c| is_proba(c) && c.name.starts_with("Number of Duplicate"),
        "the two score columns there make rows differ that are equal here, and columns the other way round",
    ),
    (
        Part::All,
        |c| stattest(c) == "chi-square p_value",
        "goodness of fit there, homogeneity here: scores are held against the textbook in `golden_drift`",
    ),
    (
        Part::All,
        |c| c.column == "num_infs" && c.name.starts_with("The Share of Missing"),
        "infinities are missing there; here they are `column.infinite`",
    ),
    (
        Part::All,
        |c| matches!(c.column.as_str(), "num_infs" | "num_nulls") && c.name == "Share of the Most Common Value",
        "Evidently lets null and infinity be the most common value",
    ),
    (
        Part::All,
        |c| c.column == "num_infs" && matches!(c.name, "Mean Value Stability" | "Share of Out-of-Range Values"),
        "Evidently keeps infinities in the mean and the range",
    ),
    (
        Part::All,
        |c| c.column == "cat_nulls" && c.name == "Share of Out-of-List Values",
        "null is out of the list there; here it is missing, which `column.missing` tells",
    ),
    (
        Part::All,
        |c| c.column == "tiny_scale" && c.name == "Mean Value Stability",
        "Evidently rounds the mean and its range to two decimals, so that a small scale is 0 ± 0",
    ),
    (
        Part::Status,
        |c| c.name == "Mean Value Stability" && is_constant(c),
        "the range there is open, so that a constant that stays the same fails; ours is closed",
    ),
    (
        Part::Value,
        |c| is_proba(c) && c.name == "Number of Columns",
        "Evidently was given P(yes) and P(no) as two columns; the status is compared",
    ),
];

fn is_proba(case: &Case<'_>) -> bool {
    case.entry["mode"] == "proba"
}

/// A column with one value, the same in both slices.
fn is_constant(case: &Case<'_>) -> bool {
    let parameters = &case.test["parameters"];
    parameters["reference_std"] == 0.0 && parameters["current_mean"] == parameters["reference_mean"]
}

fn stattest<'c>(case: &'c Case<'_>) -> &'c str {
    case.test["parameters"]["stattest"].as_str().unwrap_or_default()
}

/// The column of a test: a parameter, or the name between asterisks.
fn subject(test: &Value) -> String {
    let named = test["parameters"]["column_name"].as_str();
    let description = test["description"].as_str().unwrap_or_default();
    named
        .or_else(|| description.split("**").nth(1))
        .unwrap_or_default()
        .to_owned()
}

/// Columns, roles and task of an entry. The score of a binary task is left out: Evidently had two of them.
fn definition(entry: &Value) -> DataDefinition {
    let mut definition = golden_drift::listed(entry);
    let (kind, task) = match entry["mode"].as_str() {
        Some("regression") => (ColumnKind::Numeric, Some(Task::Regression)),
        Some("labels" | "proba") => {
            let positive = entry["pos_label"].as_str().expect("a label").to_owned();
            let threshold = 0.5;
            (ColumnKind::Categorical, Some(Task::Binary { positive, threshold }))
        }
        Some(_) => (ColumnKind::Categorical, Some(Task::Multiclass)),
        None => (ColumnKind::Categorical, None),
    };
    if let Some(target) = entry["target"].as_str() {
        definition.columns.push(column(target, kind, Role::Target));
    }
    if let Some(prediction) = entry["prediction"].as_str()
        && entry["mode"] != "proba"
    {
        definition.columns.push(column(prediction, kind, Role::Prediction));
    }
    definition.task = task;
    definition
}

/// Tests of a plan on an entry's slices, and the current rows.
fn run(entry: &Value, definition: &DataDefinition, tests: &[TestSpec]) -> (Vec<TestResult>, f64) {
    let plan = EvaluationPlan::new(&[], tests, definition, ProfileOptions::default()).expect("tests that fit");
    let dataset = &entry["dataset"];
    let file = dataset["file"].as_str().expect("a file");
    let rows = |side: &str| {
        let rows = support::select(file, &dataset[side]);
        assert_eq!(
            rows.num_rows() as u64,
            entry[format!("n_{side}")],
            "{} {side}",
            entry["id"]
        );
        rows
    };
    let (reference, current) = (rows("reference"), rows("current"));
    let before = golden_drift::profile(&reference, plan.profile());
    let now = golden_drift::profile(&current, plan.profile());
    let results = plan.evaluate(&now, Some(&plan.reference(&before))).tests;
    (results, current.num_rows() as f64)
}

/// What became of the golden tests.
#[derive(Default)]
struct Ledger {
    values: usize,
    statuses: usize,
    exempt: BTreeMap<&'static str, usize>,
    failures: Vec<String>,
}

impl Ledger {
    fn close(self, name: &str, values: usize, statuses: usize) {
        let differ = self.failures.len();
        println!(
            "{name}: {} values and {} statuses compared, {differ} differ",
            self.values, self.statuses
        );
        for (reason, n) in &self.exempt {
            println!("  {n} exempt: {reason}");
        }
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
        assert!(self.values >= values && self.statuses >= statuses, "too few compared");
    }

    fn value(&mut self, what: &str, ours: Option<f64>, golden: Option<f64>, absolute: f64) {
        self.values += 1;
        let near = ours
            .zip(golden)
            .is_some_and(|(a, b)| (a - b).abs() <= absolute + 1e-9 * b.abs());
        if !near {
            self.failures.push(format!("{what}: golden {golden:?}, ours {ours:?}"));
        }
    }

    fn status(&mut self, what: &str, ours: &TestResult, golden: &Value) {
        self.statuses += 1;
        let passes = golden == "SUCCESS";
        if ours.status != if passes { Status::Pass } else { Status::Fail } {
            self.failures
                .push(format!("{what}: golden {golden}, ours {}", ours.message));
        }
    }
}

/// The share of the columns that Evidently lists as drifted, with our verdict where the tests differ by definition.
fn drifted_share(case: &Case<'_>, results: &[TestResult]) -> Option<f64> {
    let parameters = case.test["parameters"].as_object()?;
    let detected: Vec<bool> = parameters
        .iter()
        .filter_map(|(key, value)| {
            Some((
                key.strip_prefix("features.")?.strip_suffix(".detected")?,
                value.as_bool()?,
            ))
        })
        .map(|(name, detected)| {
            let own = results
                .iter()
                .find(|r| r.metric == "drift.column" && r.labels.get("column").is_some_and(|c| c == name));
            let differs = case.test["parameters"][format!("features.{name}.stattest")] == "chi-square p_value";
            own.filter(|_| differs)
                .map_or(detected, |own| own.status == Status::Fail)
        })
        .collect();
    Some(detected.iter().filter(|d| **d).count() as f64 / detected.len() as f64)
}

fn check(ledger: &mut Ledger, case: &Case<'_>, results: &[TestResult], rows: f64) {
    let what = format!(
        "{} {} {} `{}`",
        case.entry["id"], case.entry["preset"], case.name, case.column
    );
    let exemption = EXEMPTIONS.iter().find(|(_, holds, _)| holds(case));
    if let Some((_, _, reason)) = exemption {
        *ledger.exempt.entry(reason).or_default() += 1;
    }
    let leaves_out = |wanted: Part| exemption.is_some_and(|(part, ..)| *part == wanted);
    if leaves_out(Part::All) {
        return;
    }
    let Some((.., number)) = TESTS.iter().find(|(name, ..)| *name == case.name) else {
        ledger.failures.push(format!("{what}: neither compared nor exempt"));
        return;
    };
    let Some(ours) = case.ours else {
        ledger.failures.push(format!("{what}: our preset has no such test"));
        return;
    };
    let mut verdict = case.test["status"].clone();
    if !leaves_out(Part::Value) {
        let value = case.test["parameters"]["value"].as_f64();
        match number {
            Number::Same => ledger.value(&what, ours.observed, value, 1e-12),
            Number::Rest => ledger.value(&what, ours.observed.map(|v| 1.0 - v), value, 1e-12),
            Number::TimesRows => ledger.value(&what, ours.observed.map(|v| v * rows), value, 1e-9),
            Number::Rounded(key, step) => {
                ledger.value(&what, ours.observed, case.test["parameters"][key].as_f64(), *step);
            }
            Number::Drifted => {
                let share = drifted_share(case, results);
                ledger.value(&what, ours.observed, share, 1e-12);
                verdict = json!(if share.is_some_and(|s| s < 0.3) {
                    "SUCCESS"
                } else {
                    "FAIL"
                });
            }
        }
    }
    if !leaves_out(Part::Status) {
        ledger.status(&what, ours, &verdict);
    }
}

#[test]
fn suites_agree_with_evidently() {
    golden_share::run("suites_agree_with_evidently");
}

pub fn check_suites_agree_with_evidently() {
    let Some(entries) = book("test_suites.json") else {
        return;
    };
    let mut ledger = Ledger::default();
    for entry in &entries {
        let Some((_, preset)) = PRESETS.iter().find(|(name, _)| entry["preset"] == *name) else {
            continue; // presets of models and of ranking
        };
        golden_share::agrees("test_suites.json", entry);
        let definition = definition(entry);
        let tests = expand_tests(&[TestItem::Name((*preset).to_owned())], &definition).expect("a preset");
        let (results, rows) = run(entry, &definition, &tests);
        // Verdicts by column for the share of drifted columns, where the preset itself has none.
        let all = expand_tests(&[TestItem::Name("data_drift".to_owned())], &definition).expect("a preset");
        let drift = if *preset == "no_target" {
            run(entry, &definition, &all).0
        } else {
            results.clone()
        };
        for test in entry["tests"].as_array().expect("tests") {
            let (name, column) = (test["name"].as_str().expect("a name"), subject(test));
            let own = TESTS
                .iter()
                .find(|(known, ..)| *known == name)
                .and_then(|(_, metric, field, _)| {
                    results.iter().find(|r| {
                        r.metric == *metric
                            && r.field == *field
                            && (column.is_empty() || r.labels.get("column") == Some(&column))
                    })
                });
            let case = Case {
                entry,
                test,
                name,
                column,
                ours: own,
            };
            check(&mut ledger, &case, &drift, rows);
        }
    }
    for (_, _, reason) in EXEMPTIONS {
        assert!(
            ledger.exempt.contains_key(reason),
            "no test is exempt any more: {reason}"
        );
    }
    ledger.close("test_suites.json", 500, 500);
}

/// The plan keeps its metrics when it is shared: windows are evaluated side by side.
#[test]
fn a_plan_can_be_shared() {
    fn shared<T: Send + Sync>(_: &T) {}
    let plan = EvaluationPlan::new(&[], &[], &DataDefinition::default(), ProfileOptions::default()).expect("a plan");
    shared(&Arc::new(plan));
}
