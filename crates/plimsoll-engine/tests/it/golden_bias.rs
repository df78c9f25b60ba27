//! Golden values beside a model's quality: groups and bias of errors and constant predictions of `regression.json`, the rows
//! with the highest scores of `classification.json`.

use std::sync::Arc;

use plimsoll_engine::{Evaluation, Profile, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Params, Role, Task};
use serde_json::{Value, json};

use crate::{
    frames::column,
    golden_drift::{listed, profile},
    golden_models::book,
    golden_share, support,
};

/// A metric on one side of an entry, or on both.
fn evaluate(id: &str, params: &Value, definition: &DataDefinition, entry: &Value, sides: [&str; 2]) -> Evaluation {
    let params: Params = serde_json::from_value(params.clone()).expect("parameters");
    let metric = (find_metric(id).expect("a metric").parse)(&params, definition).expect("parameters that fit");
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let dataset = &entry["dataset"];
    let read = |side: &str| -> Option<Profile> {
        let selection = dataset.get(side).filter(|s| !s.is_null())?;
        Some(profile(
            &support::select(dataset["file"].as_str().expect("a file"), selection),
            &plan,
        ))
    };
    let current = read(sides[0]).expect("rows");
    let reference = read(sides[1]);
    metric
        .run(&Profiles {
            current: &current,
            reference: reference.as_ref(),
            reference_windows: 1.0,
            definition,
        })
        .unwrap_or_else(|error| panic!("{} {id}: {error}", entry["id"]))
}

fn value(found: &Evaluation, field: &str, label: (&str, &str)) -> Option<f64> {
    let is_asked = |p: &&plimsoll_model::Point| p.field == field && p.labels.get(label.0).is_some_and(|l| l == label.1);
    found.points.iter().find(is_asked)?.value
}

#[derive(Default)]
struct Ledger {
    compared: usize,
    failures: Vec<String>,
}

impl Ledger {
    fn compare(&mut self, what: &str, ours: Option<f64>, golden: Option<f64>, absolute: f64) {
        self.compared += 1;
        let near = match (ours, golden) {
            (Some(ours), Some(golden)) => (ours - golden).abs() <= absolute + 1e-9 * golden.abs(),
            (ours, golden) => ours.is_none() && golden.is_none(),
        };
        if !near {
            self.failures.push(format!("{what}: golden {golden:?}, ours {ours:?}"));
        }
    }

    fn close(self, name: &str, least: usize) {
        println!("{name}: {} compared, {} differ", self.compared, self.failures.len());
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
        assert!(self.compared >= least, "only {} compared", self.compared);
    }
}

/// Target, prediction and features of a regression.
fn regression(entry: &Value) -> DataDefinition {
    let mut definition = listed(entry);
    for (key, role) in [("target", Role::Target), ("prediction", Role::Prediction)] {
        let name = entry[key].as_str().expect("a name");
        definition.columns.retain(|c| c.name != name);
        definition.columns.push(column(name, ColumnKind::Numeric, role));
    }
    definition.task = Some(Task::Regression);
    definition
}

#[test]
fn groups_bias_and_constants_of_errors_are_evidentlys() {
    golden_share::run("groups_bias_and_constants_of_errors_are_evidentlys");
}

pub fn check_groups_bias_and_constants_of_errors_are_evidentlys() {
    let Some(entries) = book("regression.json") else { return };
    let mut ledger = Ledger::default();
    for entry in entries.iter().filter(|e| e["metric"] == "RegressionQualityMetric") {
        golden_share::agrees("regression.json", entry);
        let definition = regression(entry);
        let values = entry["values"].as_object().expect("values");
        for side in ["current", "reference"] {
            if entry["dataset"].get(side).is_none_or(Value::is_null) {
                continue;
            }
            let groups = evaluate(
                "regression.error_groups",
                &json!({}),
                &definition,
                entry,
                [side, "none"],
            );
            for group in ["underestimation", "majority", "overestimation"] {
                for field in ["mean", "std"] {
                    let key = format!("{side}.underperformance.{group}.{field}_error");
                    let what = format!("{} {key}", entry["id"]);
                    ledger.compare(
                        &what,
                        value(&groups, field, ("group", group)),
                        values[&key].as_f64(),
                        1e-12,
                    );
                }
            }
            // Every row, so that nothing is sampled.
            let params = json!({"rows": 20_000});
            let bias = evaluate("regression.error_bias", &params, &definition, entry, [side, "none"]);
            let prefix = if side == "current" { "current" } else { "ref" };
            for (key, golden) in values.iter().filter(|(k, _)| k.starts_with("error_bias.")) {
                let Some((name, part)) = key["error_bias.".len()..].rsplit_once('.') else {
                    panic!("{key}");
                };
                let Some(part) = part.strip_prefix(&format!("{prefix}_")) else {
                    continue;
                };
                let is_number = values[&format!("error_bias.{name}.feature_type")] == "num";
                let (field, scale) = match part {
                    "range" => ("value", if is_number { 100.0 } else { 1.0 }),
                    // The most common categories have no number.
                    _ if !is_number => continue,
                    other => (other, 1.0),
                };
                let of = |field: &str| value(&bias, field, ("column", name));
                // What Evidently calls the majority's mean is that of all rows.
                let rows = |group: &str| value(&groups, "count", ("group", group)).expect("a count");
                let ours = if field == "majority" {
                    let parts = [
                        ("under", "underestimation"),
                        ("majority", "majority"),
                        ("over", "overestimation"),
                    ];
                    let sum: f64 = parts.iter().map(|(f, g)| rows(g) * of(f).expect("a mean")).sum();
                    Some(sum / parts.iter().map(|(_, g)| rows(g)).sum::<f64>())
                } else {
                    of(field).map(|v| scale * v)
                };
                ledger.compare(&format!("{} {key}", entry["id"]), ours, golden.as_f64(), 1e-9);
            }
        }
    }
    for entry in entries.iter().filter(|e| e["metric"] == "RegressionDummyMetric") {
        golden_share::agrees("regression.json", entry);
        let definition = regression(entry);
        let dummy = evaluate(
            "regression.dummy",
            &json!({}),
            &definition,
            entry,
            ["current", "reference"],
        );
        for (key, field) in [
            ("mean_abs_error", "mae"),
            ("rmse", "rmse"),
            ("mean_abs_perc_error", "mape"),
            ("abs_error_max", "max_error"),
        ] {
            for (suffix, fitted) in [("default", "current"), ("by_ref", "reference")] {
                let golden = &entry["values"][format!("{key}_{suffix}")];
                let what = format!("{} {key}_{suffix}", entry["id"]);
                ledger.compare(&what, value(&dummy, field, ("fitted", fitted)), golden.as_f64(), 1e-9);
            }
        }
    }
    ledger.close("regression.json, groups, bias and constants", 250);
}

/// The textbook breaks ties by the order of the file, ours counts tied rows in proportion: the hits differ by less than the
/// tied rows. Without ties they are equal.
#[test]
fn the_highest_scores_are_judged_as_in_the_textbook() {
    golden_share::run("the_highest_scores_are_judged_as_in_the_textbook");
}

pub fn check_the_highest_scores_are_judged_as_in_the_textbook() {
    let Some(entries) = book("classification.json") else {
        return;
    };
    let (mut ledger, mut untied) = (Ledger::default(), 0);
    let is_asked = |e: &&Value| e["metric"] == "ClassificationQualityMetric" && !e["args"]["k"].is_null();
    for entry in entries.iter().filter(is_asked) {
        golden_share::agrees("classification.json", entry);
        let positive = entry["pos_label"]
            .as_str()
            .map_or_else(|| entry["pos_label"].to_string(), str::to_owned);
        let name = |key: &str| entry[key].as_str().expect("a name");
        let definition = DataDefinition {
            columns: vec![
                column(name("target"), ColumnKind::Categorical, Role::Target),
                column(name("prediction"), ColumnKind::Numeric, Role::Score(None)),
            ],
            task: Some(Task::Binary {
                positive: positive.clone(),
                threshold: 0.5,
            }),
            ..DataDefinition::default()
        };
        let params = json!({"k": entry["args"]["k"]});
        let found = evaluate("classification.top_k", &params, &definition, entry, ["current", "none"]);
        let ours = |field: &str| value(&found, field, ("class", &positive));
        let k = entry["args"]["k"].as_f64().expect("a number");
        let tied: f64 = found
            .notes
            .iter()
            .find(|n| n.contains("share the score"))
            .map_or(0.0, |n| n.split(' ').next().and_then(|n| n.parse().ok()).expect("rows"));
        untied += usize::from(tied == 0.0);
        let positives = ours("precision").expect("a number") * k / ours("recall").expect("a number");
        let rows = entry["n_current"].as_f64().expect("rows");
        for (field, unit) in [
            ("precision", k),
            ("recall", positives),
            ("f1", f64::midpoint(k, positives)),
            ("accuracy", rows / 2.0),
            ("tnr", rows - positives),
            ("fpr", rows - positives),
            ("fnr", positives),
        ] {
            let golden = entry["textbook"][format!("current.{field}")].as_f64();
            let what = format!("{} {field} at {k}", entry["id"]);
            ledger.compare(&what, ours(field), golden, tied / unit + 1e-12);
        }
    }
    println!("{untied} entries without ties at the cut");
    ledger.close("classification.json, highest scores", 20);
}
