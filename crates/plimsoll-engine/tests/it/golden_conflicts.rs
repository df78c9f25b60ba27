//! Golden values of contradicting rows: `ConflictTargetMetric`, `ConflictPredictionMetric` and
//! `DataQualityStabilityMetric` of `data_quality.json`, all of which are 0, and a table by hand.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use plimsoll_engine::{Batch, Profile, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Params, Role};

use crate::{
    frames::column,
    golden_drift::{listed, profile},
    golden_models::book,
    golden_share, support,
};

fn count(definition: &DataDefinition, id: &str, read: impl Fn(&Arc<ProfilePlan>) -> Profile) -> [Option<f64>; 2] {
    let metric = (find_metric(id).expect("a metric").parse)(&Params::new(), definition).expect("roles");
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let current = read(&plan);
    let profiles = Profiles {
        current: &current,
        reference: None,
        reference_windows: 1.0,
        definition,
    };
    let found = metric.run(&profiles).expect("a count");
    ["count", "share"].map(|field| found.points.iter().find(|p| p.field == field)?.value)
}

#[test]
fn no_golden_row_contradicts_another() {
    golden_share::run("no_golden_row_contradicts_another");
}

pub fn check_no_golden_row_contradicts_another() {
    let Some(entries) = book("data_quality.json") else {
        return;
    };
    let mut compared = 0;
    for entry in &entries {
        let values = entry["values"].as_object().expect("values");
        for (key, golden) in values
            .iter()
            .filter(|(k, v)| k.contains("number_not_stable") && !v.is_null())
        {
            let role = if key.contains("target") { "target" } else { "prediction" };
            let side = if key.contains("ref") { "reference" } else { "current" };
            let name = entry[role].as_str().expect("a name");
            let mut definition = listed(entry);
            definition.columns.retain(|c| c.name != name);
            let (kind, own) = match role {
                "target" => (ColumnKind::Categorical, Role::Target),
                _ => (ColumnKind::Numeric, Role::Prediction),
            };
            definition.columns.push(column(name, kind, own));
            let dataset = &entry["dataset"];
            let rows = support::select(dataset["file"].as_str().expect("a file"), &dataset[side]);
            let id = format!("dataset.{role}_conflicts");
            let ours = count(&definition, &id, |plan| profile(&rows, plan));
            assert_eq!(ours[0], golden.as_f64(), "{} {key}", entry["id"]);
            golden_share::agrees("data_quality.json", entry);
            compared += 1;
        }
    }
    println!("data_quality.json: {compared} counts of contradicting rows compared");
    assert!(compared >= 8, "only {compared} compared");
}

/// Rows 0–2 have the same features and two targets, one of which is alone; rows 3 and 4 contradict each other, missing cells
/// being equal; the last row is like no other.
#[test]
fn contradicting_rows_are_counted_as_pandas_counts_them() {
    let definition = DataDefinition {
        columns: vec![
            column("x", ColumnKind::Numeric, Role::Feature),
            column("c", ColumnKind::Categorical, Role::Feature),
            column("y", ColumnKind::Categorical, Role::Target),
        ],
        ..DataDefinition::default()
    };
    let x: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 1.0, 1.0, f64::NAN, f64::NAN, 2.0]));
    let c: ArrayRef = Arc::new(StringArray::from(vec![
        Some("a"),
        Some("a"),
        Some("a"),
        None,
        None,
        Some("a"),
    ]));
    let y: ArrayRef = Arc::new(StringArray::from(vec!["u", "u", "v", "u", "v", "w"]));
    let names = ["x", "c", "y"].map(str::to_owned);
    let found = count(&definition, "dataset.target_conflicts", |plan| {
        let mut profile = Profile::empty(plan);
        profile.update(&Batch::new(&names, &[x.clone(), c.clone(), y.clone()]));
        profile.finish();
        profile
    });
    assert_eq!(found, [Some(3.0), Some(0.5)]);
}
