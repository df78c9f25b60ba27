//! Cells that stand for missing, and types that are not what they should be.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Float64Array, StringArray};
use plimsoll_engine::{Evaluation, Preparer, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Params, Preparation, Role};
use serde_json::{Value, json};

use crate::{
    frames::{Frame, column},
    golden_drift::profile,
    golden_models::book,
    support,
};

fn evaluate(id: &str, params: &Value, definition: &DataDefinition, now: &Frame, before: Option<&Frame>) -> Evaluation {
    let params: Params = serde_json::from_value(params.clone()).expect("parameters");
    let metric = (find_metric(id).expect("a metric").parse)(&params, definition).expect("a metric that fits");
    let plan = ProfilePlan::new(metric.required(), ProfileOptions::default());
    let plan = Arc::new(plan.prepared(&Preparer::new(&definition.preparation).expect("a preparation")));
    let (current, reference) = (now.profile(&plan), before.map(|b| b.profile(&plan)));
    let found = metric.run(&Profiles {
        current: &current,
        reference: reference.as_ref(),
        reference_windows: 1.0,
        definition,
    });
    found.expect("a value")
}

fn value(evaluation: &Evaluation, field: &str) -> f64 {
    let point = evaluation.points.iter().find(|p| p.field == field);
    point.and_then(|p| p.value).expect("a number")
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|v| (*v).to_owned()).collect()
}

/// Evidently takes infinities and empty texts for missing; so does whoever says so.
#[test]
fn rows_and_columns_that_miss_something_are_evidentlys_where_the_same_cells_are_missing() {
    let Some(entries) = book("data_quality.json") else {
        return;
    };
    let mut compared = 0;
    for entry in entries.iter().filter(|e| e["metric"] == "DatasetMissingValuesMetric") {
        let names = |key: &str| -> Vec<String> { serde_json::from_value(entry[key].clone()).unwrap_or_default() };
        let kinds = [
            ("numerical", ColumnKind::Numeric),
            ("categorical", ColumnKind::Categorical),
        ];
        let columns = kinds.into_iter().flat_map(|(key, kind)| {
            let column = move |name: String| column(&name, kind, Role::Feature);
            names(key).into_iter().map(column)
        });
        let preparation = Preparation {
            missing: texts(&["", "inf", "-inf"]),
            ..Preparation::default()
        };
        let definition = DataDefinition {
            columns: columns.collect(),
            preparation,
            ..DataDefinition::default()
        };
        for side in ["current", "reference"] {
            let file = entry["dataset"]["file"].as_str().expect("a file");
            let rows = support::select(file, &entry["dataset"][side]);
            for (id, key) in [
                ("dataset.missing_cells", "number_of_missing_values"),
                ("dataset.rows_with_missing", "number_of_rows_with_missing_values"),
                ("dataset.columns_with_missing", "number_of_columns_with_missing_values"),
            ] {
                let metric = (find_metric(id).expect("a metric").parse)(&Params::new(), &definition).expect("a metric");
                let plan = ProfilePlan::new(metric.required(), ProfileOptions::default());
                let plan = plan.prepared(&Preparer::new(&definition.preparation).expect("a preparation"));
                let current = profile(&rows, &Arc::new(plan));
                let found = metric.run(&Profiles {
                    current: &current,
                    reference: None,
                    reference_windows: 1.0,
                    definition: &definition,
                });
                let golden = entry["values"][format!("{side}.{key}")].as_f64();
                assert_eq!(
                    Some(value(&found.expect("a value"), "count")),
                    golden,
                    "{} {side} {id}",
                    entry["id"]
                );
                compared += 1;
            }
        }
    }
    assert!(compared >= 18, "only {compared} compared");
}

#[test]
fn marked_cells_are_missing_to_every_metric() {
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![
        Some(1.0),
        Some(-999.0),
        Some(-1.0),
        Some(3.0),
        None,
    ]));
    let names: ArrayRef = Arc::new(StringArray::from(vec![
        Some("NA"),
        Some("a"),
        Some("-1"),
        Some("-999"),
        Some(""),
    ]));
    let digits: ArrayRef = Arc::new(StringArray::from(vec![
        Some("NA"),
        Some("2"),
        Some("4"),
        Some("-999"),
        None,
    ]));
    let frame = Frame::of(vec![("x", numbers), ("c", names), ("d", digits)]);
    let preparation = Preparation {
        missing: texts(&["NA", "-999"]),
        missing_in: [("x".to_owned(), texts(&["-1"]))].into(),
        ..Preparation::default()
    };
    let definition = DataDefinition {
        columns: vec![
            column("x", ColumnKind::Numeric, Role::Feature),
            column("c", ColumnKind::Categorical, Role::Feature),
            column("d", ColumnKind::Numeric, Role::Feature),
        ],
        preparation,
        ..DataDefinition::default()
    };
    let of = |id: &str, name: &str, field: &str| {
        value(
            &evaluate(id, &json!({"column": name}), &definition, &frame, None),
            field,
        )
    };
    assert_eq!(
        (of("column.missing", "x", "count"), of("column.mean", "x", "value")),
        (3.0, 2.0)
    );
    assert_eq!(
        (of("column.missing", "c", "count"), of("column.distinct", "c", "count")),
        (2.0, 3.0)
    );
    // Text among numbers does not break the column if it stands for missing.
    assert_eq!(
        (of("column.missing", "d", "count"), of("column.max", "d", "value")),
        (3.0, 4.0)
    );
    let whole = |id: &str| value(&evaluate(id, &json!({}), &definition, &frame, None), "count");
    assert_eq!(whole("dataset.missing_cells"), 8.0);
    assert_eq!(whole("dataset.rows_with_missing"), 5.0);
    assert_eq!(whole("dataset.columns_with_missing"), 3.0);
    assert_eq!(whole("dataset.type_mismatches"), 0.0);
}

#[test]
fn types_are_held_against_the_definition_and_the_reference() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["1", "many"]));
    let number: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0]));
    let truth: ArrayRef = Arc::new(BooleanArray::from(vec![true, false]));
    let nothing: ArrayRef = Arc::new(Float64Array::from(vec![None::<f64>; 2]));
    let now = Frame::of(vec![("a", text), ("b", Arc::clone(&number)), ("n", nothing)]);
    let before = Frame::of(vec![("a", Arc::clone(&number)), ("b", truth), ("n", number)]);
    let kind = ColumnKind::Numeric;
    let definition = DataDefinition {
        columns: ["a", "b", "n"].map(|name| column(name, kind, Role::Feature)).to_vec(),
        ..DataDefinition::default()
    };
    let found = evaluate("dataset.type_mismatches", &json!({}), &definition, &now, Some(&before));
    assert_eq!((value(&found, "count"), value(&found, "share")), (2.0, 2.0 / 3.0));
    assert_eq!(value(&found, "cells"), 1.0);
    assert_eq!(
        found.notes,
        [
            "`a`: number and text such as `many`; 1 of 2 values do not fit, expected numeric values",
            "`b`: number, truth value in the reference"
        ]
    );
    let same = evaluate(
        "dataset.type_mismatches",
        &json!({}),
        &definition,
        &before,
        Some(&before),
    );
    assert_eq!(value(&same, "count"), 0.0);
}

#[test]
fn categories_that_fell_out_of_use_are_counted() {
    let names = |values: Vec<Option<&str>>| -> ArrayRef { Arc::new(StringArray::from(values)) };
    let before = Frame::of(vec![(
        "c",
        names(vec![Some("a"), Some("b"), Some("b"), Some("d"), None]),
    )]);
    let now = Frame::of(vec![("c", names(vec![Some("a"), Some("x"), None]))]);
    let definition = DataDefinition {
        columns: vec![column("c", ColumnKind::Categorical, Role::Feature)],
        ..DataDefinition::default()
    };
    let params = json!({"column": "c"});
    let found = evaluate("column.unused_categories", &params, &definition, &now, Some(&before));
    assert_eq!((value(&found, "count"), value(&found, "share")), (2.0, 0.6));
    assert_eq!(found.notes, ["unused: `b`, `d`"]);
}
