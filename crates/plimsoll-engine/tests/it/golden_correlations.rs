//! Golden values of correlations: every pair of columns and method of `correlations.json`, through `correlation`.

use std::sync::Arc;

use plimsoll_engine::{EvaluateError, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Params, Role};
use serde_json::json;

use crate::{frames::column, golden_drift::profile, golden_models::book, golden_share, support};

#[test]
fn correlations_agree_with_evidently_and_scipy() {
    golden_share::run("correlations_agree_with_evidently_and_scipy");
}

pub fn check_correlations_agree_with_evidently_and_scipy() {
    let Some(entries) = book("correlations.json") else {
        return;
    };
    let (mut compared, mut undefined, mut failures) = (0, 0, Vec::new());
    for entry in &entries {
        let dataset = &entry["dataset"];
        let rows = support::select(dataset["file"].as_str().expect("a file"), &dataset["rows_of"]);
        let rows = rows.slice(
            0,
            rows.num_rows()
                .min(dataset["first"].as_u64().expect("a number") as usize),
        );
        let method = entry["method"].as_str().expect("a method");
        let kind = if method == "cramer_v" {
            ColumnKind::Categorical
        } else {
            ColumnKind::Numeric
        };
        let names = [0, 1].map(|at| entry["columns"][at].as_str().expect("a column"));
        let definition = DataDefinition {
            columns: names.map(|name| column(name, kind, Role::Feature)).to_vec(),
            ..DataDefinition::default()
        };
        let params: Params = serde_json::from_value(json!({"method": method})).expect("parameters");
        let metric = (find_metric("correlation").expect("a metric").parse)(&params, &definition).expect("a pair");
        let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
        let current = profile(&rows, &plan);
        let found = metric.run(&Profiles {
            current: &current,
            reference: None,
            reference_windows: 1.0,
            definition: &definition,
        });
        let ours = match &found {
            Ok(found) => found.points.iter().find(|p| p.field == "value").and_then(|p| p.value),
            Err(EvaluateError::NotEnough(_)) => None,
            Err(error) => panic!("{}: {error}", entry["id"]),
        };
        // Evidently leaves a column with one value out; the textbook's value is undefined there, too.
        let golden = entry["textbook"]["value"].as_f64().or_else(|| entry["value"].as_f64());
        let near = match (ours, golden) {
            (Some(ours), Some(golden)) => (ours - golden).abs() <= 1e-9 * golden.abs() + 1e-12,
            (ours, golden) => ours.is_none() && golden.is_none(),
        };
        golden_share::agrees("correlations.json", entry);
        compared += 1;
        undefined += usize::from(golden.is_none());
        if !near {
            let id = &entry["id"];
            failures.push(format!("{id} {method} {names:?}: golden {golden:?}, ours {found:?}"));
        }
    }
    println!(
        "correlations.json: {compared} compared, {undefined} of them undefined on both sides, {} differ",
        failures.len()
    );
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(compared > 300, "only {compared} compared");
}
