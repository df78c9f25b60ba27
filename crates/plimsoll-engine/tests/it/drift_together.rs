//! Drift that no column shows by itself, and drift of many columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array};
use plimsoll_engine::{EvaluateError, Evaluation, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Params, Role};
use serde_json::{Value, json};

use crate::frames::{Dice, Frame, column};

fn frame(columns: &[(&str, Vec<f64>)]) -> Frame {
    let array = |values: &Vec<f64>| -> ArrayRef { Arc::new(Float64Array::from(values.clone())) };
    Frame::of(columns.iter().map(|(name, values)| (*name, array(values))).collect())
}

fn run(id: &str, params: &Value, reference: &Frame, current: &Frame) -> Result<Evaluation, EvaluateError> {
    let columns = reference.names.iter();
    let definition = DataDefinition {
        columns: columns
            .map(|name| column(name, ColumnKind::Numeric, Role::Feature))
            .collect(),
        ..DataDefinition::default()
    };
    let params: Params = serde_json::from_value(params.clone()).expect("parameters");
    let metric = (find_metric(id).expect("a metric").parse)(&params, &definition).expect("parameters that fit");
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let (before, now) = (reference.profile(&plan), current.profile(&plan));
    metric.run(&Profiles {
        current: &now,
        reference: Some(&before),
        reference_windows: 1.0,
        definition: &definition,
    })
}

fn value(found: &Evaluation, field: &str) -> f64 {
    let point = found.points.iter().find(|p| p.field == field);
    point
        .and_then(|p| p.value)
        .unwrap_or_else(|| panic!("no `{field}`: {found:?}"))
}

fn drawn(rows: usize, seed: u64) -> Vec<f64> {
    let mut dice = Dice(seed);
    (0..rows).map(|_| dice.below(1_000_000) as f64 / 1e6).collect()
}

/// Two columns that are equal but for a little, or that have nothing to do with each other.
fn pair(rows: usize, seed: u64, is_bound: bool) -> Frame {
    let (x, noise) = (drawn(rows, seed), drawn(rows, seed + 1));
    let bound = x.iter().zip(&noise).map(|(x, e)| x + 0.1 * e).collect();
    frame(&[("x", x), ("y", if is_bound { bound } else { noise })])
}

#[test]
fn columns_that_part_are_found_though_each_looks_as_before() {
    let (reference, same, parted) = (pair(600, 1, true), pair(500, 5, true), pair(500, 9, false));
    for (id, params) in [
        ("drift.pca", json!({})),
        ("drift.domain_classifier", json!({})),
        (
            "drift.embedding",
            json!({"columns": ["x", "y"], "test": "domain_classifier", "threshold": 0.65}),
        ),
        ("drift.embedding", json!({"columns": ["x", "y"], "test": "mmd"})),
    ] {
        let found = |current| run(id, &params, &reference, current).expect("a value");
        assert_eq!(
            value(&found(&same), "drifted"),
            0.0,
            "{id} {params}: {:?}",
            found(&same)
        );
        assert_eq!(
            value(&found(&parted), "drifted"),
            1.0,
            "{id} {params}: {:?}",
            found(&parted)
        );
    }
    let alone = run("drift.column", &json!({"column": "x"}), &reference, &parted).expect("a value");
    assert_eq!(value(&alone, "drifted"), 0.0);
}

#[test]
fn mean_distances_of_embeddings_by_hand() {
    let reference = frame(&[("a", vec![0.0, 2.0]), ("b", vec![1.0, 1.0])]);
    let current = frame(&[("a", vec![4.0, 4.0]), ("b", vec![5.0, 5.0])]);
    for (distance, expected) in [
        ("euclidean", 5.0),
        ("cityblock", 7.0),
        ("chebyshev", 4.0),
        ("cosine", 1.0 - 9.0 / (2.0_f64 * 41.0).sqrt()),
    ] {
        let params = json!({"columns": ["a", "b"], "distance": distance});
        let found = run("drift.embedding", &params, &reference, &current).expect("a value");
        assert!(
            (value(&found, "score") - expected).abs() < 1e-12,
            "{distance}: {found:?}"
        );
    }
    let share = json!({"columns": ["a", "b"], "test": "drifted_share"});
    let half = frame(&[("a", vec![0.0, 2.0]), ("b", vec![5.0, 5.0])]);
    let found = run("drift.embedding", &share, &reference, &half).expect("a value");
    assert_eq!((value(&found, "score"), value(&found, "drifted")), (0.5, 1.0));
    let zero = frame(&[("a", vec![0.0]), ("b", vec![0.0])]);
    let params = json!({"columns": ["a", "b"], "distance": "cosine"});
    let undefined = run("drift.embedding", &params, &reference, &zero).expect_err("no direction");
    assert_eq!(undefined.code(), "undefined");
}

#[test]
fn rows_that_are_drawn_together_are_told() {
    let of = |rows: usize| frame(&[("x", (0..rows).map(|r| (r % 3) as f64).collect())]);
    let found = run("drift.pca", &json!({"rows": 50}), &of(200), &of(100)).expect("a value");
    assert!(
        !found.exact && found.notes.iter().any(|n| n.contains("`id`")),
        "{:?}",
        found.notes
    );
}

#[test]
fn false_discoveries_are_held_back() {
    // One column has moved; of 29 others some fall below 0.2 by chance.
    let names: Vec<String> = (0..30).map(|c| format!("c{c:02}")).collect();
    let slice = |seed: u64, shift: f64| {
        let columns: Vec<(&str, Vec<f64>)> = names
            .iter()
            .enumerate()
            .map(|(c, name)| {
                let values = drawn(300, seed + c as u64 * 7_919);
                let moved = if c == 0 { shift } else { 0.0 };
                (name.as_str(), values.into_iter().map(|v| v + moved).collect())
            })
            .collect();
        frame(&columns)
    };
    let (reference, current) = (slice(3, 0.0), slice(77, 0.3));
    let drifted = |params: &Value| {
        let found = run("drift.dataset", params, &reference, &current).expect("a value");
        (value(&found, "drifted_columns"), found.notes)
    };
    let (plain, _) = drifted(&json!({"test": "ks", "threshold": 0.2}));
    let corrected = json!({"test": "ks", "threshold": 0.2, "correction": "benjamini_hochberg"});
    let (held, notes) = drifted(&corrected);
    assert!(plain > 2.0 && held == 1.0, "{plain} {held}");
    assert!(notes[1].starts_with("the p-values of 30 of 30 columns"), "{notes:?}");
    let distance = json!({"test": "wasserstein", "threshold": 0.2, "correction": "benjamini_hochberg"});
    assert!(
        drifted(&distance)
            .1
            .iter()
            .any(|n| n.starts_with("the p-values of 0 of 30 columns"))
    );
}
