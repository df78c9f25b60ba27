//! Golden values of drift: every column, test and pair of slices of `drift_tests.json`, and the data sets of
//! `drift_datasets.json`, through `drift.column` and `drift.dataset` on profiles.
//!
//! Where Evidently and the textbook part, ours is held against the textbook; every exemption is named below.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{AsArray, RecordBatch},
    compute::cast,
    datatypes::{DataType, Float64Type},
};
use plimsoll_engine::{Batch, EvaluateError, Evaluation, Profile, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Params, Role};
use plimsoll_stats::{Sample, decile_edges, find_test};
use serde_json::{Value, json};

use crate::{frames::column, golden_models::book, golden_share, support};

/// A reason not to compare a score with the golden one, and which entries it holds for.
struct Exemption {
    name: &'static str,
    reason: &'static str,
    holds: fn(&Value) -> bool,
}

/// Entries whose textbook value ours does not follow; Evidently's value is compared instead.
const EVIDENTLY_INSTEAD: &[Exemption] = &[Exemption {
    name: "empty bins of psi and kl_div",
    reason: "the textbook's divergence is infinite or skips a bin that is empty; ours fills empty bins as Evidently does",
    holds: |e| matches!(e["resolved"].as_str(), Some("psi" | "kl_div")) && agrees(e) == Some(false),
}];

/// Entries without a golden number; ours is compared with 1.
const ONE: &[Exemption] = &[Exemption {
    name: "one category on both sides",
    reason: "the textbook has no p-value and Evidently NaN or 0; ours is 1, since nothing has changed",
    holds: |e| e["textbook"]["categories"] == 1 && matches!(e["resolved"].as_str(), Some("chisquare" | "g_test")),
}];

/// Wald's test of the shares 472 / 1,500 and 525 / 1,500: erfc(√(z² / 2)), z² = (p − q)² / (p (1 − p) / n + q (1 − q) / m).
const WALD: f64 = 0.039_814_014_488_694_74;

/// Entries for which neither Evidently nor the textbook has a value, and what ours says instead: a part of the error, or
/// the score.
const NO_VALUE: &[(Exemption, Result<f64, &str>)] = &[
    (
        Exemption {
            name: "anderson on equal values",
            reason: "the statistic is 0 / 0; ours is the largest p-value of the table, since nothing has changed",
            holds: |e| e["resolved"] == "anderson" && error(e).contains("more than one distinct observation"),
        },
        Ok(0.25),
    ),
    (
        Exemption {
            name: "es without a spread",
            reason: "the interquartile range is the unit of the test and 0; ours says so",
            holds: |e| e["resolved"] == "es" && error(e).contains("IQR"),
        },
        Err("interquartile range above 0"),
    ),
    (
        Exemption {
            name: "es on two values",
            reason: "the covariance has rank 1, SciPy counts rounding as a second; ours is Wald's test of two shares",
            holds: |e| e["id"] == "drift_tests-0675",
        },
        Ok(WALD),
    ),
    (
        Exemption {
            name: "t_test on equal values",
            reason: "the statistic is 0 / 0; ours is 1, since nothing has changed",
            holds: |e| e["resolved"] == "t_test" && e["textbook"]["value"] == "NaN",
        },
        Ok(1.0),
    ),
    (
        Exemption {
            name: "fisher_exact on more than two categories",
            reason: "the table is no 2 x 2 table; ours says so (where both sides have two of three, Evidently has a number)",
            holds: |e| {
                let no_table = e["textbook"]["error"].as_str().is_some_and(|t| t.contains("(2, 2)"));
                e["resolved"] == "fisher_exact" && no_table
            },
        },
        Err("at most 2 categories"),
    ),
];

/// Entries of which the verdict is compared, not the score.
const VERDICT_ALONE: &[Exemption] = &[Exemption {
    name: "empirical_mmd on more than 500 values",
    reason: "ours compares 500 values a side, so that its p-value varies with the sample",
    holds: |e| e["resolved"] == "empirical_mmd" && (over_500(&e["n_reference"]) || over_500(&e["n_current"])),
}];

fn over_500(rows: &Value) -> bool {
    rows.as_u64() > Some(500)
}

/// What Evidently failed with.
fn error(entry: &Value) -> &str {
    entry["error"].as_str().unwrap_or_default()
}

fn agrees(entry: &Value) -> Option<bool> {
    entry["agrees"].as_bool()
}

/// The column, the slices and a test of an entry.
fn key(entry: &Value, test: &str) -> String {
    format!(
        "{} {} {} {}",
        entry["dataset"], entry["column"], entry["column_type"], entry[test]
    )
}

fn number(value: &Value) -> Option<f64> {
    match value.as_str() {
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        _ => value.as_f64(),
    }
}

/// Rows of both slices, read once for all the entries about them.
#[derive(Default)]
struct Slices {
    rows: BTreeMap<String, RecordBatch>,
}

impl Slices {
    fn get(&mut self, dataset: &Value, side: &str) -> RecordBatch {
        let file = dataset["file"].as_str().expect("a file");
        let key = format!("{file} {}", dataset[side]);
        let read = || support::select(file, &dataset[side]);
        self.rows.entry(key).or_insert_with(read).clone()
    }
}

pub fn profile(rows: &RecordBatch, plan: &Arc<ProfilePlan>) -> Profile {
    let names: Vec<String> = rows.schema().fields().iter().map(|f| f.name().clone()).collect();
    let mut profile = Profile::empty(plan);
    // Batches of another size than the files' row groups, so that parts are joined.
    for start in (0..rows.num_rows().max(1)).step_by(5_000) {
        let part = rows.slice(start, 5_000.min(rows.num_rows() - start));
        profile.update(&Batch::new(&names, part.columns()));
    }
    profile.finish();
    profile
}

/// A metric on two slices.
fn evaluate(
    id: &str,
    params: &Params,
    definition: &DataDefinition,
    slices: &mut Slices,
    dataset: &Value,
) -> Result<Evaluation, EvaluateError> {
    let metric = (find_metric(id).expect("a metric").parse)(params, definition).expect("parameters that fit");
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let reference = profile(&slices.get(dataset, "reference"), &plan);
    let current = profile(&slices.get(dataset, "current"), &plan);
    metric.run(&Profiles {
        current: &current,
        reference: Some(&reference),
        reference_windows: 1.0,
        definition,
    })
}

fn value(evaluation: &Evaluation, field: &str) -> Option<f64> {
    evaluation.points.iter().find(|p| p.field == field)?.value
}

fn near(ours: f64, golden: f64, relative: f64) -> bool {
    ours == golden || (ours - golden).abs() <= relative * golden.abs().max(ours.abs()) + 1e-300
}

/// What became of the golden values.
#[derive(Default)]
struct Ledger {
    compared: usize,
    textbook: usize,
    exempt: BTreeMap<&'static str, usize>,
    failures: Vec<String>,
}

impl Ledger {
    fn close(&self, name: &str, least: usize, more: &str) {
        println!(
            "{name}: {} compared, {} of them with the textbook against Evidently, {} differ{more}",
            self.compared,
            self.textbook,
            self.failures.len()
        );
        for exemption in EVIDENTLY_INSTEAD
            .iter()
            .chain(ONE)
            .chain(NO_VALUE.iter().map(|(e, _)| e))
        {
            if let Some(entries) = self.exempt.get(exemption.name) {
                println!("  {}: {entries} entries; {}", exemption.name, exemption.reason);
            }
        }
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
        assert!(self.compared >= least, "only {} compared", self.compared);
    }

    fn exempt(&mut self, list: &'static [Exemption], entry: &Value) -> bool {
        let found = list.iter().find(|e| (e.holds)(entry));
        if let Some(exemption) = found {
            *self.exempt.entry(exemption.name).or_default() += 1;
        }
        found.is_some()
    }
}

#[test]
fn drift_scores_agree_with_evidently_and_the_textbook() {
    golden_share::run("drift_scores_agree_with_evidently_and_the_textbook");
}

pub fn check_drift_scores_agree_with_evidently_and_the_textbook() {
    let Some(entries) = book("drift_tests.json") else {
        return;
    };
    let (mut ledger, mut slices) = (Ledger::default(), Slices::default());
    let by_test: BTreeMap<String, &Value> = entries.iter().map(|e| (key(e, "stattest"), e)).collect();
    for entry in &entries {
        let id = entry["id"].as_str().expect("id");
        let asked = entry["stattest"].as_str().expect("a test");
        let kind = match entry["column_type"].as_str() {
            Some("num") => ColumnKind::Numeric,
            Some("cat") => ColumnKind::Categorical,
            _ => ColumnKind::Text,
        };
        let name = entry["column"].as_str().expect("a column");
        let definition = DataDefinition {
            columns: vec![column(name, kind, Role::Feature)],
            ..DataDefinition::default()
        };
        let mut params = Params::from([
            ("column".to_owned(), name.into()),
            ("bins".to_owned(), "sturges_union".into()),
        ]);
        if asked != "default" {
            params.insert("test".to_owned(), asked.into());
        }
        let found = evaluate("drift.column", &params, &definition, &mut slices, &entry["dataset"]);
        if let Some((exemption, expected)) = NO_VALUE.iter().find(|(exemption, _)| (exemption.holds)(entry)) {
            *ledger.exempt.entry(exemption.name).or_default() += 1;
            golden_share::exempt("drift_tests.json", entry, exemption.reason);
            let as_expected = match (&found, expected) {
                (Ok(found), Ok(score)) => value(found, "score").is_some_and(|ours| near(ours, *score, 1e-9)),
                (Err(error), Err(part)) => error.to_string().contains(part),
                _ => false,
            };
            if !as_expected {
                ledger
                    .failures
                    .push(format!("{id} {asked} `{name}`: {found:?}, expected {expected:?}"));
            }
            continue;
        }
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                ledger.failures.push(format!("{id} {asked} `{name}`: {error}"));
                continue;
            }
        };
        let resolved = &entry["resolved"].as_str().expect("the test that ran").to_lowercase();
        if found.resolved["test"] != **resolved {
            let ours = &found.resolved["test"];
            ledger
                .failures
                .push(format!("{id} {asked} `{name}`: ran {ours}, golden {resolved}"));
            continue;
        }
        // A default is compared as the test that it stands for; that entry carries the textbook's value.
        let alike = by_test.get(&key(entry, "resolved")).copied().unwrap_or(entry);
        let no_number = ledger.exempt(ONE, alike);
        let textbook = number(&alike["textbook"]["value"]).filter(|_| !ledger.exempt(EVIDENTLY_INSTEAD, alike));
        ledger.textbook += usize::from(textbook.is_some() && agrees(alike) != Some(true));
        let golden = match (textbook, no_number) {
            (Some(value), _) => value,
            (None, true) => 1.0,
            (None, false) => number(&entry["score"]).expect("a score"),
        };
        // The p-values of randomised tests vary with the deals; SciPy breaks off the series of `cramer_von_mises`.
        let absolute = match resolved.as_str() {
            "cramer_von_mises" => 4e-7,
            // Another split of the texts, another classifier.
            _ if kind == ColumnKind::Text => 0.09,
            _ => entry["tolerance_abs"].as_f64().unwrap_or(1e-300),
        };
        let relative = entry["tolerance_rel"].as_f64().unwrap_or(0.0);
        ledger.compared += 1;
        let score = value(&found, "score").unwrap_or(f64::NAN);
        let is_sampled = ledger.exempt(VERDICT_ALONE, entry);
        match (is_sampled, no_number) {
            (true, _) => golden_share::exempt("drift_tests.json", entry, VERDICT_ALONE[0].reason),
            (false, true) => golden_share::exempt("drift_tests.json", entry, ONE[0].reason),
            (false, false) => golden_share::agrees("drift_tests.json", entry),
        }
        let is_near = is_sampled || near(score, golden, relative) || (score - golden).abs() <= absolute;
        let threshold = entry["threshold"].as_f64().expect("a threshold");
        let drifted = find_test(resolved).expect("a test").is_drifted(golden, threshold);
        let is_randomised = !entry["tolerance_abs"].is_null() && !is_sampled && kind != ColumnKind::Text;
        let verdict = value(&found, "drifted") == Some(f64::from(drifted)) || is_randomised;
        // Where Evidently agrees with the textbook, so must its verdict.
        let detected = entry["drift_detected"].as_bool().unwrap_or(drifted);
        let consistent = agrees(alike) == Some(false) || no_number || is_randomised || detected == drifted;
        let held = found.resolved["threshold"].as_f64() == Some(threshold);
        if !is_near || !held || !verdict || !consistent {
            ledger.failures.push(format!(
                "{id} {asked} ({resolved}) `{name}` {}: golden {golden} at {threshold}, ours {score}",
                entry["dataset"]
            ));
        }
    }
    ledger.close("drift_tests.json", 1_700, "");
}

/// Kinds of the columns that an entry lists.
pub fn listed(entry: &Value) -> DataDefinition {
    let names = |key: &str| -> Vec<String> {
        let list = entry[key].as_array().into_iter().flatten();
        list.map(|n| n.as_str().expect("a name").to_owned()).collect()
    };
    let of = |names: Vec<String>, kind| names.into_iter().map(move |n| column(&n, kind, Role::Feature));
    DataDefinition {
        columns: of(names("numerical"), ColumnKind::Numeric)
            .chain(of(names("categorical"), ColumnKind::Categorical))
            .collect(),
        ..DataDefinition::default()
    }
}

/// Evidently's display names of the tests.
pub const TITLES: &[(&str, &str)] = &[
    ("Jensen-Shannon distance", "jensenshannon"),
    ("K-S p_value", "ks"),
    ("PSI", "psi"),
    ("Wasserstein distance (normed)", "wasserstein"),
    ("Z-test p_value", "z"),
    ("chi-square p_value", "chisquare"),
];

pub fn test_of(title: &Value) -> &'static str {
    let found = TITLES.iter().find(|(name, _)| title == name);
    found.unwrap_or_else(|| panic!("unknown test {title}")).1
}

/// Parameters of `drift.dataset` and, by column, of `drift.column` that ask for what the golden entry asked Evidently.
fn requests(entry: &Value, definition: &DataDefinition) -> (Params, BTreeMap<String, Params>) {
    let args = &entry["args"];
    let (mut tests, mut columns) = (serde_json::Map::new(), BTreeMap::new());
    for spec in &definition.columns {
        let by_kind = if spec.kind == ColumnKind::Numeric {
            "num_stattest"
        } else {
            "cat_stattest"
        };
        let own = &args["per_column_stattest"][&spec.name];
        let test = [own, &args[by_kind], &args["stattest"]]
            .into_iter()
            .find(|t| !t.is_null());
        let mut params = Params::from([
            ("column".to_owned(), json!(spec.name)),
            ("bins".to_owned(), json!("sturges_union")),
        ]);
        if let Some(test) = test {
            tests.insert(spec.name.clone(), test.clone());
            params.insert("test".to_owned(), test.clone());
        }
        let own = &args["per_column_stattest_threshold"][&spec.name];
        let threshold = [own, &args["stattest_threshold"]].into_iter().find(|t| !t.is_null());
        if let Some(threshold) = threshold {
            params.insert("threshold".to_owned(), threshold.clone());
        }
        columns.insert(spec.name.clone(), params);
    }
    let mut dataset = Params::from([
        ("tests".to_owned(), tests.into()),
        ("bins".to_owned(), json!("sturges_union")),
    ]);
    for (theirs, ours) in [("stattest_threshold", "threshold"), ("drift_share", "share")] {
        if !args[theirs].is_null() {
            dataset.insert(ours.to_owned(), args[theirs].clone());
        }
    }
    (dataset, columns)
}

#[test]
fn data_sets_drift_as_in_evidently_but_for_the_chi_square_test() {
    golden_share::run("data_sets_drift_as_in_evidently_but_for_the_chi_square_test");
}

pub fn check_data_sets_drift_as_in_evidently_but_for_the_chi_square_test() {
    let Some(entries) = book("drift_datasets.json") else {
        return;
    };
    let (mut ledger, mut slices) = (Ledger::default(), Slices::default());
    let mut chi_square = 0;
    for entry in &entries {
        golden_share::agrees("drift_datasets.json", entry);
        let id = entry["id"].as_str().expect("id");
        let definition = listed(entry);
        let (dataset, by_column) = requests(entry, &definition);
        // Verdicts that the chi-square test of homogeneity changes, as the textbook has it.
        let (mut drifted, mut moved) = (0, 0);
        for (name, params) in &by_column {
            let golden = &entry["columns"][name];
            let found = evaluate("drift.column", params, &definition, &mut slices, &entry["dataset"]).expect("a score");
            let test = test_of(&golden["stattest"]);
            let ours = (
                value(&found, "score").unwrap_or(f64::NAN),
                value(&found, "drifted") == Some(1.0),
            );
            drifted += usize::from(ours.1);
            assert_eq!(found.resolved["test"], *test, "{id} `{name}`");
            assert_eq!(
                value(&found, "threshold"),
                golden["threshold"].as_f64(),
                "{id} `{name}`"
            );
            if test == "chisquare" {
                chi_square += 1;
                moved += usize::from(golden["drift_detected"] != ours.1);
                // Leaving out the reference's own noise makes Evidently's p-value the smaller one.
                let least = golden["score"].as_f64().unwrap_or(1.0);
                assert!(ours.0 >= least, "{id} `{name}`: {}", ours.0);
                continue;
            }
            ledger.compared += 1;
            let score = golden["score"].as_f64().expect("a score");
            let tolerance = if test == "ks" { 1e-6 } else { 1e-9 };
            // Evidently computes the p-value as 2 (1 − Φ), which rounds to steps of 2e-16.
            let rounded = test == "z" && (ours.0 - score).abs() < 1e-15;
            if !(near(ours.0, score, tolerance) || rounded) || golden["drift_detected"] != ours.1 {
                ledger
                    .failures
                    .push(format!("{id} {test} `{name}`: golden {score}, ours {}", ours.0));
            }
        }
        if !entry["args"]["per_column_stattest_threshold"].is_null() {
            // One threshold for all columns is all that `drift.dataset` takes; the columns were compared above.
            *ledger.exempt.entry("thresholds by column").or_default() += 1;
            continue;
        }
        let found = evaluate("drift.dataset", &dataset, &definition, &mut slices, &entry["dataset"]).expect("a share");
        let golden = &entry["result"];
        let number = |key: &str| golden[key].as_f64().expect("a number");
        let all = number("number_of_columns");
        assert_eq!(value(&found, "columns"), Some(all), "{id}");
        assert_eq!(value(&found, "drifted_columns"), Some(drifted as f64), "{id}");
        assert_eq!(value(&found, "share"), Some(drifted as f64 / all), "{id}");
        let verdict = drifted as f64 / all >= number("drift_share");
        assert_eq!(value(&found, "drifted"), Some(f64::from(verdict)), "{id}");
        if moved == 0 {
            ledger.compared += 4;
            assert_eq!(golden["number_of_drifted_columns"], drifted, "{id}");
            assert_eq!(golden["dataset_drift"], verdict, "{id}");
        }
    }
    let more = format!(
        "; {chi_square} chi-square scores held against `ours >= golden` (Evidently tests goodness of fit); entries with \
         thresholds by column, not offered for a data set: {:?}",
        ledger.exempt
    );
    ledger.close("drift_datasets.json", 150, &more);
}

/// Boolean columns are categories of two, whatever the type in the file.
#[test]
fn the_default_test_follows_kind_rows_and_different_values() {
    let Some(entries) = book("drift_tests.json") else {
        return;
    };
    let mut seen: BTreeMap<(String, bool, String), usize> = BTreeMap::new();
    for entry in entries
        .iter()
        .filter(|e| e["stattest"] == "default" && e["column_type"] != "text")
    {
        let large = entry["n_reference"].as_u64().expect("rows") > 1_000;
        let text = |key: &str| entry[key].as_str().expect("a text").to_owned();
        *seen.entry((text("column_type"), large, text("resolved"))).or_default() += 1;
    }
    println!("default tests: {seen:?}");
    // Each row and column of the table of defaults occurs, so that the comparison above has seen it.
    for (kind, large, test) in [
        ("num", false, "ks"),
        ("num", false, "chisquare"),
        ("num", false, "z"),
        ("num", true, "wasserstein"),
        ("num", true, "jensenshannon"),
        ("cat", false, "chisquare"),
        ("cat", false, "z"),
        ("cat", true, "jensenshannon"),
    ] {
        assert!(
            seen.contains_key(&(kind.to_owned(), large, test.to_owned())),
            "{kind} {large} {test}"
        );
    }
}

/// With the bins that hold by default, `psi` is the scorecard's: deciles of the reference.
#[test]
fn psi_over_deciles_of_the_reference_is_the_textbooks() {
    let Some(entries) = book("drift_tests.json") else {
        return;
    };
    let (mut slices, mut equal, mut filled, mut ties) = (Slices::default(), 0, 0, 0);
    for entry in &entries {
        let (id, textbook) = (&entry["id"], &entry["textbook"]);
        if entry["stattest"] != "psi" || textbook["bins_quantile"].is_null() {
            continue;
        }
        let name = entry["column"].as_str().expect("a column");
        let definition = DataDefinition {
            columns: vec![column(name, ColumnKind::Numeric, Role::Feature)],
            ..DataDefinition::default()
        };
        let params = Params::from([("column".to_owned(), name.into()), ("test".to_owned(), "psi".into())]);
        let found = evaluate("drift.column", &params, &definition, &mut slices, &entry["dataset"]).expect("a score");
        let score = value(&found, "score").expect("a score");
        let golden = number(&textbook["value"]).expect("a number");
        if golden.is_infinite() {
            // A bin without rows, which ours fills.
            assert!(score > 0.1, "{id} `{name}`: {score}");
            filled += 1;
        } else if near(score, golden, 1e-9) {
            equal += 1;
        } else {
            let [r, c] = ["reference", "current"].map(|side| finite(&slices.get(&entry["dataset"], side), name));
            let edges = decile_edges(Sample::from_sorted(&r));
            let tied = r.iter().chain(&c).any(|v| edges.contains(v));
            assert!(tied, "{id} `{name}`: golden {golden}, ours {score}");
            ties += 1;
        }
    }
    println!(
        "psi over deciles: {equal} compared, {filled} with an empty bin that is filled, {ties} with a value on an edge, \
         which is in the bin below here and in the bin above there"
    );
    assert!(equal >= 20, "only {equal} compared");
}

/// The finite values of a column, ascending.
fn finite(rows: &RecordBatch, name: &str) -> Vec<f64> {
    let array = rows.column_by_name(name).expect("a column of the data");
    let numbers = cast(array, &DataType::Float64).expect("numbers");
    let mut values: Vec<f64> = numbers.as_primitive::<Float64Type>().iter().flatten().collect();
    values.retain(|v| v.is_finite());
    values.sort_by(f64::total_cmp);
    values
}
