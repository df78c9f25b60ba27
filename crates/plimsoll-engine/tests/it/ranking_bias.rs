//! Biases of recommendations, worked out by hand.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use plimsoll_engine::{Profile, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Detail, Role, Task};
use serde_json::json;

use crate::frames::{Frame, column};

/// User, group of the user, score, kind of the item, price of the item, target.
type Row = (&'static str, &'static str, f64, &'static str, f64, f64);

const PAST: [Row; 4] = [
    ("a", "g", 1.0, "x", 1.0, 1.0),
    ("a", "g", 1.0, "y", 2.0, 0.0),
    ("b", "h", 1.0, "x", 1.0, 1.0),
    ("b", "h", 1.0, "z", 3.0, 1.0),
];
const CURRENT: [Row; 6] = [
    ("a", "g", 3.0, "x", 1.0, 0.0),
    ("a", "g", 2.0, "y", 2.0, 0.0),
    ("b", "h", 2.0, "y", 2.0, 0.0),
    ("b", "h", 1.0, "x", 1.0, 0.0),
    ("c", "g", 2.0, "y", 2.0, 0.0),
    ("c", "g", 3.0, "x", 1.0, 0.0),
];

fn frame(rows: &[Row]) -> Frame {
    let text =
        |of: fn(&Row) -> &'static str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(of))) };
    let number =
        |of: fn(&Row) -> f64| -> ArrayRef { Arc::new(rows.iter().map(|r| Some(of(r))).collect::<Float64Array>()) };
    Frame::of(vec![
        ("user", text(|r| r.0)),
        ("group", text(|r| r.1)),
        ("score", number(|r| r.2)),
        ("kind", text(|r| r.3)),
        ("price", number(|r| r.4)),
        ("target", number(|r| r.5)),
    ])
}

fn run(id: &str, params: &serde_json::Value) -> (f64, Detail) {
    let definition = DataDefinition {
        columns: vec![
            column("user", ColumnKind::Categorical, Role::User),
            column("group", ColumnKind::Categorical, Role::Feature),
            column("score", ColumnKind::Numeric, Role::Score(None)),
            column("kind", ColumnKind::Categorical, Role::Feature),
            column("price", ColumnKind::Numeric, Role::Feature),
            column("target", ColumnKind::Numeric, Role::Target),
        ],
        task: Some(Task::Ranking { k: 1 }),
        ..DataDefinition::default()
    };
    let params = serde_json::from_value(params.clone()).unwrap();
    let metric = (find_metric(id).unwrap().parse)(&params, &definition).unwrap();
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let profile = |rows: &[Row]| -> Profile {
        let mut profile = frame(rows).read(&plan, 2);
        profile.finish();
        profile
    };
    let evaluation = metric
        .run(&Profiles {
            current: &profile(&CURRENT),
            reference: Some(&profile(&PAST)),
            reference_windows: 1.0,
            definition: &definition,
        })
        .unwrap();
    (evaluation.points[0].value.unwrap(), evaluation.detail.unwrap())
}

/// √(½ Σ r ln(r / m) + ½ Σ c ln(c / m)), m the mean of both.
fn distance(r: &[f64], c: &[f64]) -> f64 {
    let part = |p: f64, m: f64| if p > 0.0 { p * (p / m).ln() } else { 0.0 };
    let both = r.iter().zip(c).map(|(r, c)| (r, c, (r + c) / 2.0));
    (both.map(|(r, c, m)| part(*r, m) + part(*c, m)).sum::<f64>() / 2.0).sqrt()
}

#[test]
fn items_at_the_top_are_held_against_those_that_users_took() {
    // Taken: x, x, z. First of each list: x, y, x.
    let expected = distance(&[2.0 / 3.0, 0.0, 1.0 / 3.0], &[2.0 / 3.0, 1.0 / 3.0, 0.0]);
    let (kind, picture) = run("ranking.item_bias", &json!({"column": "kind"}));
    assert!((kind - expected).abs() < 1e-12, "{kind} {expected}");
    let Detail::CategoryPair { categories } = picture else {
        panic!("{picture:?}")
    };
    assert_eq!(categories[0].category.as_deref(), Some("x"));
    let (price, picture) = run("ranking.item_bias", &json!({"column": "price"}));
    assert!((price - expected).abs() < 1e-12, "{price} {expected}");
    assert!(matches!(picture, Detail::DistributionPair { .. }));
    // Of two items a list, x and y are as many.
    let expected = distance(&[2.0 / 3.0, 0.0, 1.0 / 3.0], &[0.5, 0.5, 0.0]);
    let (kind, _) = run("ranking.item_bias", &json!({"column": "kind", "k": 2}));
    assert!((kind - expected).abs() < 1e-12, "{kind} {expected}");
}

#[test]
fn each_user_counts_once() {
    let (group, _) = run("ranking.user_bias", &json!({"column": "group"}));
    let expected = distance(&[0.5, 0.5], &[2.0 / 3.0, 1.0 / 3.0]);
    assert!((group - expected).abs() < 1e-12, "{group} {expected}");
}
