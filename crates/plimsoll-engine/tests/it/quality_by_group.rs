//! Fairness by group, and what accounts for a change: tables by hand.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use plimsoll_engine::{EvaluateError, Evaluation, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Detail, Params, Role, Task};

use crate::frames::{Frame, column};

fn run(
    id: &str,
    params: &str,
    definition: &DataDefinition,
    current: &Frame,
    reference: Option<&Frame>,
) -> Result<Evaluation, EvaluateError> {
    let params: Params = serde_json::from_str(params).expect("parameters");
    let metric = (find_metric(id).expect("a metric").parse)(&params, definition).expect("roles");
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let reference = reference.map(|frame| frame.profile(&plan));
    metric.run(&Profiles {
        current: &current.profile(&plan),
        reference: reference.as_ref(),
        reference_windows: 1.0,
        definition,
    })
}

/// The point of a field and of labels by name and value.
fn value(found: &Evaluation, field: &str, labels: &[(&str, &str)]) -> f64 {
    let carries = |p: &&plimsoll_model::Point| {
        p.field == field && labels.iter().all(|(k, v)| p.labels.get(*k).is_some_and(|own| own == v))
    };
    let point = found.points.iter().find(carries);
    point
        .and_then(|p| p.value)
        .unwrap_or_else(|| panic!("no `{field}` of {labels:?}"))
}

fn labels(values: impl IntoIterator<Item = &'static str>) -> ArrayRef {
    Arc::new(values.into_iter().map(Some).collect::<StringArray>())
}

fn binary() -> DataDefinition {
    DataDefinition {
        columns: vec![
            column("group", ColumnKind::Categorical, Role::Feature),
            column("y", ColumnKind::Categorical, Role::Target),
            column("p", ColumnKind::Categorical, Role::Prediction),
        ],
        task: Some(Task::Binary {
            positive: "yes".to_owned(),
            threshold: 0.5,
        }),
        ..DataDefinition::default()
    }
}

/// By group: TP, FP, FN, TN.
fn decided(groups: &[(&'static str, [usize; 4])]) -> Frame {
    let cells = [("yes", "yes"), ("no", "yes"), ("yes", "no"), ("no", "no")];
    let rows = || {
        groups.iter().flat_map(move |(group, counts)| {
            let cells = cells.into_iter().zip(*counts);
            cells.flat_map(move |((y, p), n)| std::iter::repeat_n((*group, y, p), n))
        })
    };
    Frame::of(vec![
        ("group", labels(rows().map(|r| r.0))),
        ("y", labels(rows().map(|r| r.1))),
        ("p", labels(rows().map(|r| r.2))),
    ])
}

#[test]
fn groups_are_held_against_each_other() {
    // Selected: 50 of 100 and 20 of 100. TPR: 40/50 and 10/40. FPR: 10/50 and 10/60. The third group is too small.
    let frame = decided(&[("a", [40, 10, 10, 40]), ("b", [10, 10, 30, 50]), ("c", [1, 0, 0, 0])]);
    let of = |id: &str| run(id, r#"{"column": "group"}"#, &binary(), &frame, None).expect("two groups");
    let near = |ours: f64, wanted: f64| assert!((ours - wanted).abs() < 1e-12, "{ours} against {wanted}");
    let parity = of("fairness.demographic_parity");
    near(value(&parity, "difference", &[]), 0.3);
    near(value(&parity, "ratio", &[]), 0.4);
    near(value(&parity, "rate", &[("group", "b")]), 0.2);
    assert!(parity.notes[0].contains("left out: c"), "{:?}", parity.notes);
    let opportunity = of("fairness.equal_opportunity");
    near(value(&opportunity, "difference", &[]), 0.55);
    near(value(&opportunity, "ratio", &[]), 0.25 / 0.8);
    let odds = of("fairness.equalized_odds");
    near(value(&odds, "difference", &[]), 0.55);
    near(value(&odds, "fpr", &[("group", "b")]), 10.0 / 60.0);
}

#[test]
fn one_group_cannot_be_compared() {
    let frame = decided(&[("a", [40, 10, 10, 40])]);
    let found = run(
        "fairness.demographic_parity",
        r#"{"column": "group"}"#,
        &binary(),
        &frame,
        None,
    );
    assert!(matches!(found, Err(EvaluateError::NotEnough(_))), "{found:?}");
}

/// `side` is what changes: the error of `b` rises from 1 to 5, that of `a` stays at 1, and shares change as given.
fn errors(shares: [usize; 2], error_of_b: f64) -> Frame {
    let rows = || std::iter::repeat_n("a", shares[0]).chain(std::iter::repeat_n("b", shares[1]));
    let error = |group: &str| if group == "b" { error_of_b } else { 1.0 };
    let target: Vec<f64> = (0..shares.iter().sum()).map(|row| (row * 37 % 101) as f64).collect();
    let prediction: Vec<f64> = target.iter().zip(rows()).map(|(y, group)| y + error(group)).collect();
    let same: Vec<f64> = (0..target.len()).map(|row| (row % 10) as f64).collect();
    Frame::of(vec![
        ("group", labels(rows())),
        ("x", Arc::new(Float64Array::from(same))),
        ("y", Arc::new(Float64Array::from(target))),
        ("p", Arc::new(Float64Array::from(prediction))),
    ])
}

#[test]
fn a_change_is_traced_to_the_column_and_category_it_comes_from() {
    let definition = DataDefinition {
        columns: vec![
            column("group", ColumnKind::Categorical, Role::Feature),
            column("x", ColumnKind::Numeric, Role::Feature),
            column("y", ColumnKind::Numeric, Role::Target),
            column("p", ColumnKind::Numeric, Role::Prediction),
        ],
        task: Some(Task::Regression),
        ..DataDefinition::default()
    };
    let near = |ours: f64, wanted: f64| assert!((ours - wanted).abs() < 1e-9, "{ours} against {wanted}");
    // The rows of `b` fare worse: 0.2 of the rows by 4.
    let (before, after) = (errors([800, 200], 1.0), errors([800, 200], 5.0));
    let found = run("explain", "{}", &definition, &after, Some(&before)).expect("a change");
    near(value(&found, "change", &[]), 0.8);
    near(value(&found, "mix", &[("column", "group")]), 0.0);
    near(value(&found, "within", &[("column", "group")]), 0.8);
    near(value(&found, "contribution", &[("column", "group"), ("bin", "b")]), 0.8);
    let most = |column: &str| value(&found, "concentration", &[("column", column)]);
    assert!(most("group") > 3.0 * most("x"), "{} {}", most("group"), most("x"));
    assert!(
        found.notes[0].contains("most of it in `group` b: +0.8"),
        "{:?}",
        found.notes
    );
    // More rows of `b` come: the change follows from the mix alone.
    let (before, after) = (errors([800, 200], 5.0), errors([500, 500], 5.0));
    let found = run("explain", r#"{"of": "mae"}"#, &definition, &after, Some(&before)).expect("a change");
    near(value(&found, "change", &[]), 1.2);
    near(value(&found, "mix", &[("column", "group")]), 1.2);
    near(value(&found, "within", &[("column", "group")]), 0.0);
    let (mix, within) = (
        value(&found, "mix", &[("column", "x")]),
        value(&found, "within", &[("column", "x")]),
    );
    near(mix + within, 1.2);
}

/// The bins of a feature: name, rows and numbers.
fn bins(found: &Evaluation, column: &str) -> Vec<(String, u64, Vec<Option<f64>>)> {
    let Some(Detail::ByFeature { features, .. }) = &found.detail else {
        panic!("{:?}", found.detail)
    };
    let feature = features.iter().find(|f| f.column == column).expect("the feature");
    let bins = feature.bins.iter();
    bins.map(|b| (b.name.clone(), b.rows, b.values.clone())).collect()
}

#[test]
fn a_classifier_is_judged_by_the_values_of_a_feature() {
    let frame = decided(&[("a", [40, 10, 10, 40]), ("b", [10, 10, 30, 50]), ("c", [1, 0, 0, 0])]);
    let found = run("classification.quality_by_feature", "{}", &binary(), &frame, None).expect("bins");
    // Accuracy, precision, recall and F1 by the tables; the third group is too small to be compared.
    let expected = [
        ("a", 100, [0.8, 0.8, 0.8, 0.8]),
        ("b", 100, [0.6, 0.5, 0.25, 1.0 / 3.0]),
        ("c", 1, [1.0; 4]),
    ];
    for ((name, rows, numbers), (expected_name, expected_rows, values)) in bins(&found, "group").iter().zip(expected) {
        assert_eq!((name.as_str(), *rows), (expected_name, expected_rows));
        for (number, value) in numbers.iter().zip(values) {
            assert!((number.expect("a number") - value).abs() < 1e-5, "{name} {numbers:?}");
        }
    }
    let spread = value(&found, "spread", &[("column", "group")]);
    assert!((spread - 0.2).abs() < 1e-9, "{spread}");
    assert!((value(&found, "least", &[("column", "group")]) - 0.6).abs() < 1e-9);
}

#[test]
fn scores_of_several_classes_are_judged_by_the_values_of_a_feature() {
    let score = |class: &str| {
        column(
            &format!("p_{class}"),
            ColumnKind::Numeric,
            Role::Score(Some(class.to_owned())),
        )
    };
    let definition = DataDefinition {
        columns: vec![
            column("group", ColumnKind::Categorical, Role::Feature),
            column("y", ColumnKind::Categorical, Role::Target),
            score("a"),
            score("b"),
            score("c"),
        ],
        task: Some(Task::Multiclass),
        ..DataDefinition::default()
    };
    // The largest scores: a, a, b, b; the last row is of `a`, and no row is of `c`.
    let numbers = |values: [f64; 4]| -> ArrayRef { Arc::new(Float64Array::from(values.to_vec())) };
    let frame = Frame::of(vec![
        ("group", labels(["g"; 4])),
        ("y", labels(["a", "a", "b", "a"])),
        ("p_a", numbers([0.8, 0.5, 0.1, 0.3])),
        ("p_b", numbers([0.1, 0.4, 0.7, 0.6])),
        ("p_c", numbers([0.1, 0.1, 0.2, 0.1])),
    ]);
    let found = run("classification.quality_by_feature", "{}", &definition, &frame, None).expect("bins");
    let bins = bins(&found, "group");
    let (_, rows, values) = &bins[0];
    assert_eq!((bins.len(), *rows), (1, 4));
    // Precision 1 and 1/2, recall 2/3 and 1, F1 4/5 and 2/3; both areas are 1.
    let expected = [0.75, 0.75, 5.0 / 6.0, 11.0 / 15.0, 1.0];
    assert_eq!(values.len(), expected.len());
    for (value, expected) in values.iter().zip(expected) {
        assert!((value.expect("a number") - expected).abs() < 1e-5, "{values:?}");
    }
}

#[test]
fn a_regression_is_judged_by_tenths_of_the_reference() {
    let definition = DataDefinition {
        columns: vec![
            column("x", ColumnKind::Numeric, Role::Feature),
            column("y", ColumnKind::Numeric, Role::Target),
            column("p", ColumnKind::Numeric, Role::Prediction),
        ],
        task: Some(Task::Regression),
        ..DataDefinition::default()
    };
    // Up to 50 the prediction is right, from there on 2 too low.
    let rows = |from: u32| {
        let numbers = move |of: fn(f64) -> f64| -> ArrayRef {
            Arc::new((from..100).map(|i| Some(of(f64::from(i)))).collect::<Float64Array>())
        };
        Frame::of(vec![
            ("x", numbers(|x| x)),
            ("y", numbers(|x| x)),
            ("p", numbers(|x| if x < 50.0 { x } else { x - 2.0 })),
        ])
    };
    let found = run(
        "regression.quality_by_feature",
        "{}",
        &definition,
        &rows(40),
        Some(&rows(0)),
    )
    .expect("bins");
    let bins = bins(&found, "x");
    let names: Vec<(&str, u64)> = bins.iter().map(|(name, rows, _)| (name.as_str(), *rows)).collect();
    let tenths = [
        "40 to 50",
        "50 to 60",
        "60 to 70",
        "70 to 80",
        "80 to 90",
        "90 and above",
    ];
    assert_eq!(names, tenths.map(|name| (name, 10)));
    assert_eq!(
        (&bins[0].2, &bins[1].2),
        (&vec![Some(0.0), Some(0.0)], &vec![Some(2.0), Some(-2.0)])
    );
    assert!(found.points.is_empty(), "ten rows are too few to be compared");
}
