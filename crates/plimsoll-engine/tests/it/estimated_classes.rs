//! Quality of several classes without labels, on scores whose labels are drawn from them.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use plimsoll_engine::{EvaluateError, Evaluation, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Params, Role, Task};

use crate::frames::{Frame, column};

const CLASSES: [&str; 3] = ["a", "b", "c"];

/// A reproducible number between 0 and 1.
fn noise(seed: u64, row: u64) -> f64 {
    let mut x = (row + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed.wrapping_mul(0xD6E8_FEB8_6659_FD93);
    for _ in 0..3 {
        x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    }
    ((x ^ (x >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Rows whose labels are drawn from the probabilities; the scores are those, or a distortion of them. `sharp`: how sure the model is.
fn frame(seed: u64, rows: u64, sharp: f64, score: fn(f64) -> f64) -> Frame {
    let mut columns: [Vec<f64>; 3] = Default::default();
    let (mut labels, mut predicted) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let raised: [f64; 3] = std::array::from_fn(|class| (sharp * noise(seed + class as u64, row)).exp());
        let whole: f64 = raised.iter().sum();
        let probabilities = raised.map(|p| p / whole);
        let mut left = noise(seed + 7, row);
        let class = probabilities.iter().position(|p| {
            left -= p;
            left < 0.0
        });
        labels.push(CLASSES[class.unwrap_or(2)]);
        let best = (0..3).max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
        predicted.push(CLASSES[best.unwrap()]);
        for (column, probability) in columns.iter_mut().zip(probabilities) {
            column.push(score(probability));
        }
    }
    let text = |of: Vec<&str>| -> ArrayRef { Arc::new(StringArray::from(of)) };
    let [a, b, c] = columns.map(|of| -> ArrayRef { Arc::new(Float64Array::from(of)) });
    Frame::of(vec![
        ("y", text(labels)),
        ("p", text(predicted)),
        ("a", a),
        ("b", b),
        ("c", c),
    ])
}

fn run(id: &str, current: &Frame, reference: &Frame) -> Result<Evaluation, EvaluateError> {
    let score = |class: &str| column(class, ColumnKind::Numeric, Role::Score(Some(class.to_owned())));
    let mut columns = vec![
        column("y", ColumnKind::Categorical, Role::Target),
        column("p", ColumnKind::Categorical, Role::Prediction),
    ];
    columns.extend(CLASSES.map(score));
    let definition = DataDefinition {
        columns,
        task: Some(Task::Multiclass),
        ..DataDefinition::default()
    };
    let metric = (find_metric(id).expect("a metric").parse)(&Params::new(), &definition).expect("roles");
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    metric.run(&Profiles {
        current: &current.profile(&plan),
        reference: Some(&reference.profile(&plan)),
        reference_windows: 1.0,
        definition: &definition,
    })
}

fn value(found: &Evaluation, field: &str) -> f64 {
    let of_all = |p: &&plimsoll_model::Point| p.field == field && p.labels.is_empty();
    let point = found.points.iter().find(of_all).and_then(|p| p.value);
    point.unwrap_or_else(|| panic!("no `{field}`"))
}

/// The window's model is less sure than the reference's, so that every quality sinks; labels are not looked at.
#[test]
fn what_is_expected_of_several_classes_comes_true() {
    let distortions: [fn(f64) -> f64; 2] = [|p| p, |p| p * p];
    for distortion in distortions {
        let reference = frame(1, 8_000, 6.0, distortion);
        let current = frame(100, 8_000, 3.0, distortion);
        let expected = run("classification.estimated", &current, &reference).expect("an estimate");
        for (field, id) in [
            ("accuracy", "classification.accuracy"),
            ("precision", "classification.precision"),
            ("recall", "classification.recall"),
            ("f1", "classification.f1"),
            ("roc_auc", "classification.roc_auc"),
        ] {
            let realised = value(&run(id, &current, &reference).expect("labels"), "value");
            let before = value(&run(id, &reference, &reference).expect("labels"), "value");
            let estimate = value(&expected, field);
            // A standard error of a share of 8,000 rows is at most 0.0056.
            assert!(
                (estimate - realised).abs() < 0.02,
                "{field}: {estimate}, came true {realised}"
            );
            assert!(before - realised > 0.05, "{field}: {before} {realised}");
            assert!(value(&expected, &format!("{field}_lower")) < estimate);
        }
        assert!(!expected.points.iter().any(|p| p.field.contains("positives")));
    }
}

#[test]
fn squared_scores_are_calibrated() {
    let reference = frame(1, 4_000, 6.0, |p| p * p);
    let found = run("classification.estimated", &frame(9, 500, 6.0, |p| p * p), &reference).expect("an estimate");
    let said = found
        .notes
        .iter()
        .any(|n| n.contains("scores of `a`, `b`, `c` are calibrated on 4000 rows"));
    assert!(said, "{:?}", found.notes);
}

#[test]
fn rows_without_all_scores_are_left_out() {
    let reference = frame(1, 4_000, 6.0, |p| p);
    let gap: fn(f64) -> f64 = |p| if p > 0.6 { f64::NAN } else { p };
    let found = run("classification.estimated", &frame(9, 500, 6.0, gap), &reference).expect("an estimate");
    assert!(
        found.notes.iter().any(|n| n.contains("of 500 rows left out")),
        "{:?}",
        found.notes
    );
    let none = run(
        "classification.estimated",
        &frame(9, 500, 6.0, |_| f64::NAN),
        &reference,
    );
    assert!(matches!(none, Err(EvaluateError::NotEnough(_))), "{none:?}");
}

#[test]
fn one_class_alone_has_no_area() {
    let one = frame(1, 300, 6.0, |p| p);
    let alone: ArrayRef = Arc::new(StringArray::from(vec!["a"; 300]));
    let named = one.names.iter().map(String::as_str).zip(one.arrays.clone());
    let reference = Frame::of(
        named
            .map(|(name, array)| (name, if name == "y" { Arc::clone(&alone) } else { array }))
            .collect(),
    );
    let found = run("classification.estimated", &one, &reference).expect("an estimate");
    assert!(
        found
            .points
            .iter()
            .any(|p| p.field == "roc_auc_lower" && p.value.is_none())
    );
    assert!(
        found.notes.iter().any(|n| n.starts_with("null is")),
        "{:?}",
        found.notes
    );
}
