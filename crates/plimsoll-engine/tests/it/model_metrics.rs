//! Regression and classification metrics on rows that one can check by hand, and on rows that have no answer.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use plimsoll_engine::{
    Batch, DynMetric, EvaluateError, Evaluation, METRICS, Profile, ProfileOptions, ProfilePlan, Profiles, SpecError,
};
use plimsoll_model::{Bound, ColumnKind, ColumnSpec, DataDefinition, Detail, Labels, Params, Role, Task, Threshold};

type Columns = Vec<(&'static str, ArrayRef)>;

fn numbers(values: &[f64]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn optional(values: &[Option<f64>]) -> ArrayRef {
    Arc::new(Float64Array::from(values.to_vec()))
}

fn texts(values: &[&str]) -> ArrayRef {
    let values = values.iter().map(|v| (!v.is_empty()).then_some(*v));
    Arc::new(values.collect::<StringArray>())
}

fn definition(task: Task, roles: &[(&str, ColumnKind, Role)]) -> DataDefinition {
    let columns = roles
        .iter()
        .map(|(name, kind, role)| ColumnSpec {
            name: (*name).to_owned(),
            kind: *kind,
            role: role.clone(),
        })
        .collect();
    DataDefinition {
        columns,
        task: Some(task),
        ..DataDefinition::default()
    }
}

fn regression() -> DataDefinition {
    use ColumnKind::Numeric;
    definition(
        Task::Regression,
        &[("y", Numeric, Role::Target), ("p", Numeric, Role::Prediction)],
    )
}

fn binary(roles: &[(&str, ColumnKind, Role)]) -> DataDefinition {
    definition(
        Task::Binary {
            positive: "yes".to_owned(),
            threshold: 0.5,
        },
        roles,
    )
}

fn labels() -> DataDefinition {
    binary(&[
        ("y", ColumnKind::Categorical, Role::Target),
        ("p", ColumnKind::Categorical, Role::Prediction),
    ])
}

fn scores() -> DataDefinition {
    binary(&[
        ("y", ColumnKind::Categorical, Role::Target),
        ("s", ColumnKind::Numeric, Role::Score(None)),
    ])
}

fn classes() -> DataDefinition {
    let score = |class: &str| Role::Score(Some(class.to_owned()));
    definition(
        Task::Multiclass,
        &[
            ("y", ColumnKind::Categorical, Role::Target),
            ("pa", ColumnKind::Numeric, score("a")),
            ("pb", ColumnKind::Numeric, score("b")),
            ("pc", ColumnKind::Numeric, score("c")),
        ],
    )
}

fn parse(id: &str, params: &Params, definition: &DataDefinition) -> Result<Arc<dyn DynMetric>, SpecError> {
    (METRICS
        .iter()
        .find(|k| k.id == id)
        .expect("a metric of the registry")
        .parse)(params, definition)
}

fn profile(plan: &Arc<ProfilePlan>, rows: &Columns) -> Profile {
    let names: Vec<String> = rows.iter().map(|(name, _)| (*name).to_owned()).collect();
    let arrays: Vec<ArrayRef> = rows.iter().map(|(_, array)| Arc::clone(array)).collect();
    let mut profile = Profile::empty(plan);
    profile.update(&Batch::new(&names, &arrays));
    profile.finish();
    profile
}

struct Run {
    metric: Arc<dyn DynMetric>,
    current: Profile,
    reference: Option<Profile>,
    definition: DataDefinition,
}

impl Run {
    fn new(id: &str, params: &Params, definition: DataDefinition, rows: &Columns, reference: Option<&Columns>) -> Self {
        let metric = parse(id, params, &definition).expect("a metric of this task");
        let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
        let current = profile(&plan, rows);
        let reference = reference.map(|r| profile(&plan, r));
        Self {
            metric,
            current,
            reference,
            definition,
        }
    }

    fn profiles(&self) -> Profiles<'_> {
        Profiles {
            current: &self.current,
            reference: self.reference.as_ref(),
            reference_windows: 1.0,
            definition: &self.definition,
        }
    }

    fn result(&self) -> Result<Evaluation, EvaluateError> {
        self.metric.run(&self.profiles())
    }
}

fn run(id: &str, definition: DataDefinition, rows: &Columns) -> Result<Evaluation, EvaluateError> {
    Run::new(id, &Params::new(), definition, rows, None).result()
}

fn point(evaluation: &Evaluation, field: &str, class: Option<&str>) -> Option<f64> {
    let found = evaluation
        .points
        .iter()
        .find(|p| p.field == field && p.labels.get("class").map(String::as_str) == class)
        .unwrap_or_else(|| panic!("no point `{field}` of {class:?} in {:?}", evaluation.points));
    found.value
}

#[track_caller]
fn near(found: Option<f64>, expected: f64) {
    assert!(
        found.is_some_and(|f| (f - expected).abs() < 1e-12),
        "found {found:?}, expected {expected}"
    );
}

fn code(result: Result<Evaluation, EvaluateError>) -> &'static str {
    result.expect_err("no value").code()
}

/// Ids of the model metrics that a definition supports.
fn supported(definition: &DataDefinition) -> Vec<&'static str> {
    METRICS
        .iter()
        .map(|k| k.id)
        .filter(|id| id.starts_with("regression.") || id.starts_with("classification."))
        .filter(|id| parse(id, &Params::new(), definition).is_ok())
        .collect()
}

#[test]
fn regression_by_hand() {
    let rows: Columns = vec![("y", numbers(&[1.0, 2.0, 3.0])), ("p", numbers(&[2.0, 2.0, 5.0]))];
    let value = |id: &str, field: &str| point(&run(id, regression(), &rows).expect("a value"), field, None);
    near(value("regression.mae", "value"), 1.0);
    near(value("regression.mae", "std"), 1.0);
    near(value("regression.me", "value"), 1.0);
    near(value("regression.rmse", "value"), (5.0_f64 / 3.0).sqrt());
    near(value("regression.mape", "value"), 100.0 * (1.0 + 2.0 / 3.0) / 3.0);
    near(value("regression.r2", "value"), 1.0 - 5.0 / 2.0);
    near(value("regression.max_error", "value"), 2.0);
}

#[test]
fn regression_leaves_out_rows_without_a_finite_pair_and_says_so() {
    let rows: Columns = vec![
        (
            "y",
            optional(&[Some(1.0), None, Some(f64::NAN), Some(4.0), Some(f64::INFINITY)]),
        ),
        (
            "p",
            optional(&[Some(3.0), Some(1.0), Some(1.0), Some(f64::NEG_INFINITY), Some(1.0)]),
        ),
    ];
    let found = run("regression.mae", regression(), &rows).expect("one row is left");
    near(point(&found, "value", None), 2.0);
    assert_eq!(found.points.len(), 1, "one row has no standard deviation");
    assert_eq!(
        found.notes,
        ["4 of 5 rows left out: `y` or `p` is missing or not finite"]
    );
}

#[test]
fn percentage_error_takes_the_targets_size_and_leaves_out_zeros() {
    let rows: Columns = vec![("y", numbers(&[-10.0, 0.0, 20.0])), ("p", numbers(&[-9.0, 5.0, 24.0]))];
    let found = run("regression.mape", regression(), &rows).expect("two rows are left");
    near(point(&found, "value", None), 15.0);
    assert_eq!(found.notes, ["1 rows left out: `y` is zero"]);
    let zeros: Columns = vec![("y", numbers(&[0.0, 0.0])), ("p", numbers(&[1.0, 2.0]))];
    assert_eq!(code(run("regression.mape", regression(), &zeros)), "not_enough_data");
}

#[test]
fn r2_of_a_constant_target_is_undefined() {
    let rows: Columns = vec![("y", numbers(&[0.1, 0.1, 0.1])), ("p", numbers(&[1.0, 2.0, 3.0]))];
    assert_eq!(code(run("regression.r2", regression(), &rows)), "undefined");
    let one: Columns = vec![("y", numbers(&[3.0])), ("p", numbers(&[3.0]))];
    assert_eq!(code(run("regression.r2", regression(), &one)), "undefined");
}

#[test]
fn error_detail_holds_shares_and_rows() {
    let y: Vec<f64> = (0..1000).map(f64::from).collect();
    let p: Vec<f64> = y.iter().map(|v| v + (v * 0.7).sin()).collect();
    let rows: Columns = vec![("y", numbers(&y)), ("p", numbers(&p))];
    let reference: Columns = vec![("y", numbers(&y[..100])), ("p", numbers(&y[1..101]))];
    let found = Run::new("regression.me", &Params::new(), regression(), &rows, Some(&reference)).result();
    let Some(Detail::Errors {
        edges,
        current,
        reference,
        predicted_actual,
    }) = found.expect("a value").detail
    else {
        panic!("no detail");
    };
    assert_eq!(edges.len(), current.len() + 1);
    assert!(current.len() <= 30 && edges.is_sorted());
    assert!((current.iter().sum::<f64>() - 1.0).abs() < 1e-4);
    let reference = reference.expect("reference shares");
    assert!((reference.iter().sum::<f64>() - 1.0).abs() < 1e-4);
    assert!(
        *reference.last().expect("a bin") > 0.999,
        "every reference error is 1, the largest"
    );
    assert_eq!(predicted_actual.len(), 200);
    assert!(predicted_actual.iter().all(|b| (b.x - b.y).abs() <= 1.001));
}

#[test]
fn regression_bounds_without_a_reference_are_those_of_a_constant() {
    let rows: Columns = vec![("y", numbers(&[1.0, 2.0, 6.0])), ("p", numbers(&[1.0, 2.0, 6.0]))];
    let bound = |id: &str, reference: Option<f64>| {
        let run = Run::new(id, &Params::new(), regression(), &rows, None);
        run.metric
            .bound("value", &Labels::new(), reference, &run.profiles())
            .expect("a bound")
    };
    let below = |v: f64| Bound {
        lt: Some(Threshold::Number(v)),
        ..Bound::default()
    };
    assert_eq!(bound("regression.mae", None), below(5.0 / 3.0));
    assert_eq!(bound("regression.max_error", None).lte, Some(Threshold::Number(4.0)));
    assert_eq!(bound("regression.r2", None).gt, Some(Threshold::Number(0.0)));
    let Some(Threshold::Number(rmse)) = bound("regression.rmse", None).lt else {
        panic!("a number")
    };
    near(Some(rmse), (14.0_f64 / 3.0).sqrt());
    // Weights 1, 1/2, 1/6: the median of the weights is the smallest target, 1.
    let Some(Threshold::Number(mape)) = bound("regression.mape", None).lt else {
        panic!("a number")
    };
    near(Some(mape), 100.0 * (0.0 + 0.5 + 5.0 / 6.0) / 3.0);
    let Some(Threshold::Approx { approx }) = bound("regression.mae", Some(2.0)).lte else {
        panic!("approx")
    };
    assert_eq!((approx.value, approx.relative), (2.0, 0.1));
}

fn four_labels() -> Columns {
    vec![
        ("y", texts(&["yes", "yes", "no", "no", "no"])),
        ("p", texts(&["yes", "no", "no", "no", "yes"])),
    ]
}

#[test]
fn binary_labels_by_hand() {
    let value =
        |id: &str, class: Option<&str>| point(&run(id, labels(), &four_labels()).expect("a value"), "value", class);
    near(value("classification.accuracy", None), 0.6);
    near(value("classification.precision", None), 0.5);
    near(value("classification.recall", None), 0.5);
    near(value("classification.f1", None), 0.5);
    near(value("classification.tpr", None), 0.5);
    near(value("classification.tnr", None), 2.0 / 3.0);
    near(value("classification.fpr", None), 1.0 / 3.0);
    near(value("classification.fnr", None), 0.5);
    near(value("classification.recall", Some("no")), 2.0 / 3.0);
    near(value("classification.recall", Some("yes")), 0.5);
}

#[test]
fn confusion_holds_counts_shares_and_the_matrix() {
    let found = run("classification.confusion", labels(), &four_labels()).expect("a value");
    let cell = |field: &str, class: &str, predicted: &str| {
        let found = found
            .points
            .iter()
            .find(|p| p.field == field && p.labels["class"] == class && p.labels["predicted"] == predicted);
        found.expect("a cell").value
    };
    near(cell("value", "no", "no"), 2.0);
    near(cell("share", "no", "yes"), 0.2);
    let Some(Detail::Confusion {
        current,
        reference: None,
    }) = found.detail
    else {
        panic!("no matrix")
    };
    assert_eq!(current.labels, ["no", "yes"]);
    assert_eq!(current.counts, [[2, 1], [1, 1]]);
}

#[test]
fn scores_become_labels_at_the_threshold() {
    let rows: Columns = vec![
        ("y", texts(&["yes", "yes", "no", "no"])),
        ("s", numbers(&[0.9, 0.5, 0.49, 0.6])),
    ];
    let found = run("classification.accuracy", scores(), &rows).expect("a value");
    near(point(&found, "value", None), 0.75);
    let strict = Params::from([("threshold".to_owned(), 0.55.into())]);
    let found = Run::new("classification.accuracy", &strict, scores(), &rows, None);
    assert_eq!(found.metric.params()["threshold"], 0.55);
    near(point(&found.result().expect("a value"), "value", None), 0.5);
    let found = run("classification.precision", scores(), &rows).expect("a value");
    near(point(&found, "value", Some("no")), 1.0);
}

#[test]
fn a_prediction_column_goes_before_scores_unless_a_threshold_is_given() {
    let both = binary(&[
        ("y", ColumnKind::Categorical, Role::Target),
        ("p", ColumnKind::Categorical, Role::Prediction),
        ("s", ColumnKind::Numeric, Role::Score(None)),
    ]);
    let rows: Columns = vec![
        ("y", texts(&["yes", "no"])),
        ("p", texts(&["no", "yes"])),
        ("s", numbers(&[0.9, 0.1])),
    ];
    near(
        point(
            &run("classification.accuracy", both.clone(), &rows).expect("a value"),
            "value",
            None,
        ),
        0.0,
    );
    let threshold = Params::from([("threshold".to_owned(), 0.5.into())]);
    let by_score = Run::new("classification.accuracy", &threshold, both, &rows, None).result();
    near(point(&by_score.expect("a value"), "value", None), 1.0);
}

#[test]
fn binary_scores_by_hand() {
    let rows: Columns = vec![
        ("y", texts(&["yes", "yes", "no", "no"])),
        ("s", numbers(&[0.8, 0.4, 0.4, 0.2])),
    ];
    // Pairs (0.8, 0.4), (0.8, 0.2), (0.4, 0.2) are in order and (0.4, 0.4) is a tie: 3.5 of 4.
    let found = run("classification.roc_auc", scores(), &rows).expect("a value");
    near(point(&found, "value", None), 0.875);
    let loss = -(0.8_f64.ln() + 0.4_f64.ln() + 0.6_f64.ln() + 0.8_f64.ln()) / 4.0;
    near(
        point(
            &run("classification.log_loss", scores(), &rows).expect("a value"),
            "value",
            None,
        ),
        loss,
    );
    let brier = (0.04 + 0.36 + 0.16 + 0.04) / 4.0;
    near(
        point(
            &run("classification.brier", scores(), &rows).expect("a value"),
            "value",
            None,
        ),
        brier,
    );
    let Some(Detail::Curves { classes }) = found.detail else {
        panic!("no curves")
    };
    let [curves] = classes.as_slice() else {
        panic!("one class")
    };
    assert_eq!(curves.class, "yes");
    let steps: Vec<_> = curves.current.iter().map(|p| (p.threshold, p.tpr, p.fpr)).collect();
    assert_eq!(steps, [(0.8, 0.5, 0.0), (0.4, 1.0, 0.5), (0.2, 1.0, 1.0)]);
}

#[test]
fn the_highest_scores_by_hand() {
    let rows: Columns = vec![
        ("y", texts(&["yes", "yes", "no", "no", "yes"])),
        ("s", numbers(&[0.8, 0.4, 0.4, 0.2, 0.1])),
    ];
    let two = Params::from([("k".to_owned(), 2.into())]);
    let found = Run::new("classification.top_k", &two, scores(), &rows, None)
        .result()
        .expect("values");
    // 0.8 is positive; of the two rows at 0.4, one of which is positive, one is taken.
    near(point(&found, "precision", Some("yes")), 0.75);
    near(point(&found, "recall", Some("yes")), 0.5);
    near(point(&found, "f1", Some("yes")), 0.6);
    near(point(&found, "lift", Some("yes")), 0.75 / 0.6);
    near(point(&found, "accuracy", Some("yes")), 3.0 / 5.0);
    assert_eq!(
        found.notes,
        ["2 rows share the score of place 2; they count in proportion"]
    );
    let all = Params::from([("k".to_owned(), 99.into())]);
    let found = Run::new("classification.top_k", &all, scores(), &rows, None)
        .result()
        .expect("values");
    near(point(&found, "lift", Some("yes")), 1.0);
    near(point(&found, "rows", Some("yes")), 5.0);
    assert!(found.notes.is_empty());
}

#[test]
fn calibration_by_hand() {
    let rows: Columns = vec![
        ("y", texts(&["yes", "yes", "no", "no"])),
        ("s", numbers(&[1.0, 0.82, 0.88, 0.25])),
    ];
    // Bins from 0.2 (0.25 against 0), 0.8 (0.85 against 1/2) and 0.9 (1 against 1).
    let found = run("classification.calibration", scores(), &rows).expect("values");
    near(point(&found, "value", None), (0.25 + 2.0 * 0.35) / 4.0);
    near(point(&found, "largest", None), 0.35);
    near(point(&found, "bias", Some("yes")), (0.25 + 0.7) / 4.0);
    let margins: Columns = vec![("y", texts(&["yes", "no"])), ("s", numbers(&[3.0, -1.0]))];
    let refused = run("classification.calibration", scores(), &margins);
    assert!(
        refused
            .expect_err("no probabilities")
            .to_string()
            .contains("no probabilities")
    );
}

#[test]
fn random_labels_by_hand() {
    let found = run("classification.dummy", labels(), &four_labels()).expect("values");
    let of = |field: &str| found.points.iter().find(|p| p.field == field).and_then(|p| p.value);
    // 2 of 5 rows are positive, and 2 of 5 labels are to be drawn so: 0.8 rows are both.
    for (field, expected) in [
        ("accuracy", 0.52),
        ("precision", 0.4),
        ("recall", 0.4),
        ("f1", 0.4),
        ("majority", 0.6),
    ] {
        near(of(field), expected);
    }
}

#[test]
fn error_groups_by_hand() {
    let errors: Vec<f64> = (-10..=10).map(f64::from).collect();
    let rows: Columns = vec![("y", numbers(&[0.0; 21])), ("p", numbers(&errors))];
    let found = run("regression.error_groups", regression(), &rows).expect("values");
    let of = |field: &str, group: &str| {
        let point = found
            .points
            .iter()
            .find(|p| p.field == field && p.labels["group"] == group);
        point.and_then(|p| p.value)
    };
    // The 5 % quantile of 21 values is the second one.
    near(of("mean", "underestimation"), -9.5);
    near(of("std", "overestimation"), 0.5_f64.sqrt());
    assert_eq!(of("count", "majority"), Some(17.0));
}

#[test]
fn correlations_and_their_changes_by_hand() {
    let numeric = |name| (name, ColumnKind::Numeric, Role::Feature);
    let data = definition(Task::Regression, &[numeric("a"), numeric("b"), numeric("c")]);
    let now: Columns = vec![
        ("a", numbers(&[1.0, 2.0, 3.0, f64::NAN])),
        ("b", numbers(&[2.0, 4.0, 6.0, 0.0])),
        ("c", numbers(&[7.0; 4])),
    ];
    let before: Columns = vec![
        ("a", numbers(&[1.0, 2.0, 3.0])),
        ("b", numbers(&[3.0, 2.0, 1.0])),
        ("c", numbers(&[1.0, 2.0, 3.0])),
    ];
    let found = Run::new("correlation", &Params::new(), data, &now, Some(&before))
        .result()
        .expect("values");
    let of = |field: &str, other: &str| {
        let is_asked = |p: &&plimsoll_model::Point| {
            p.field == field && p.labels.get("column").is_some_and(|c| c == "a") && p.labels["other"] == other
        };
        found.points.iter().find(is_asked).map(|p| p.value)
    };
    near(of("value", "b").flatten(), 1.0);
    near(of("change", "b").flatten(), 2.0);
    // A constant has no correlation, and what it has not cannot change.
    assert_eq!((of("value", "c"), of("change", "c")), (Some(None), None));
    let whole = |field: &str| found.points.iter().find(|p| p.field == field && p.labels.is_empty());
    near(whole("largest").and_then(|p| p.value), 1.0);
    assert_eq!(whole("changed").and_then(|p| p.value), Some(1.0));
}

fn three_classes() -> Columns {
    vec![
        ("y", texts(&["a", "b", "c", "a"])),
        ("pa", numbers(&[0.5, 0.2, 0.1, 0.3])),
        ("pb", numbers(&[0.3, 0.6, 0.2, 0.4])),
        ("pc", numbers(&[0.2, 0.2, 0.7, 0.3])),
    ]
}

#[test]
fn classes_come_from_the_largest_score() {
    let value =
        |id: &str, class: Option<&str>| point(&run(id, classes(), &three_classes()).expect("a value"), "value", class);
    near(value("classification.accuracy", None), 0.75);
    near(value("classification.recall", None), (0.5 + 1.0 + 1.0) / 3.0);
    near(value("classification.precision", Some("b")), 0.5);
    near(value("classification.roc_auc", None), 1.0);
    near(
        value("classification.log_loss", None),
        -(0.5_f64.ln() + 0.6_f64.ln() + 0.7_f64.ln() + 0.3_f64.ln()) / 4.0,
    );
    let average = |name: &str| {
        let params = Params::from([("average".to_owned(), name.into())]);
        let found = Run::new("classification.recall", &params, classes(), &three_classes(), None).result();
        point(&found.expect("a value"), "value", None)
    };
    near(average("micro"), 0.75);
    near(average("weighted"), (2.0 * 0.5 + 1.0 + 1.0) / 4.0);
}

#[test]
fn one_class_only_is_an_error_where_the_answer_needs_two() {
    let rows: Columns = vec![("y", texts(&["no", "no", "no"])), ("s", numbers(&[0.1, 0.2, 0.7]))];
    for id in supported(&scores()) {
        let result = Run::new(id, &Params::new(), scores(), &rows, Some(&rows)).result();
        let expected = match id {
            "classification.roc_auc" | "classification.recall" | "classification.tpr" | "classification.fnr" => {
                Some("undefined")
            }
            _ => None,
        };
        assert_eq!(
            result.as_ref().err().map(EvaluateError::code),
            expected,
            "{id}: {result:?}"
        );
    }
    let lent: Columns = vec![("y", texts(&["yes", "never"])), ("s", numbers(&[0.1, 0.2]))];
    let all_yes: Columns = vec![("y", texts(&["yes", "yes"])), ("s", numbers(&[0.9, 0.2]))];
    let named = Run::new(
        "classification.precision",
        &Params::new(),
        scores(),
        &all_yes,
        Some(&lent),
    )
    .result();
    near(point(&named.expect("a value"), "value", Some("never")), 0.0);
    let found = run("classification.precision", scores(), &all_yes).expect("a value");
    near(point(&found, "value", Some("not yes")), 0.0);
}

#[test]
fn no_usable_row_is_not_enough_data_for_every_model_metric() {
    let nothing: [f64; 0] = [];
    let none = [None, None];
    let cases: Vec<(DataDefinition, Columns)> = vec![
        (regression(), vec![("y", numbers(&nothing)), ("p", numbers(&nothing))]),
        (regression(), vec![("y", optional(&none)), ("p", numbers(&[1.0, 2.0]))]),
        (
            regression(),
            vec![("y", numbers(&[1.0, f64::NAN])), ("p", optional(&[None, Some(2.0)]))],
        ),
        (labels(), vec![("y", texts(&[])), ("p", texts(&[]))]),
        (labels(), vec![("y", texts(&["", "yes"])), ("p", texts(&["yes", ""]))]),
        (scores(), vec![("y", texts(&[])), ("s", numbers(&nothing))]),
        (
            scores(),
            vec![("y", texts(&["yes", "no"])), ("s", optional(&[None, Some(f64::NAN)]))],
        ),
        (
            classes(),
            vec![
                ("y", texts(&["", ""])),
                ("pa", numbers(&[0.5; 2])),
                ("pb", numbers(&[0.3; 2])),
                ("pc", numbers(&[0.2; 2])),
            ],
        ),
    ];
    for (definition, rows) in cases {
        let ids = supported(&definition);
        assert!(ids.len() >= 6, "{ids:?}");
        for id in ids {
            let result = Run::new(id, &Params::new(), definition.clone(), &rows, Some(&rows)).result();
            assert_eq!(
                result.as_ref().err().map(EvaluateError::code),
                Some("not_enough_data"),
                "{id}: {result:?}"
            );
        }
    }
}

#[test]
fn labels_that_no_score_knows_and_labels_beyond_two_give_numbers_and_notes() {
    let odd: Columns = vec![("y", texts(&["yes", "no", "maybe"])), ("s", numbers(&[0.9, 0.2, 0.8]))];
    let found = run("classification.accuracy", scores(), &odd).expect("a value");
    near(point(&found, "value", None), 2.0 / 3.0);
    assert_eq!(found.notes, ["2 labels count as not `yes`: `maybe`, `no`"]);
    let mut rows = three_classes();
    rows[0].1 = texts(&["a", "b", "d", "a"]);
    for id in supported(&classes()) {
        let found = Run::new(id, &Params::new(), classes(), &rows, Some(&rows)).result();
        assert!(
            found.as_ref().is_ok_and(|f| f.points[0].value.is_some()),
            "{id}: {found:?}"
        );
    }
}

#[test]
fn requests_that_do_not_fit_the_task_say_what_is_needed() {
    let message = |id: &str, params: &Params, definition: &DataDefinition| {
        parse(id, params, definition).expect_err("does not fit").to_string()
    };
    let none = Params::new();
    assert_eq!(
        message("regression.mae", &none, &labels()),
        "`regression.mae` needs `task: regression`, found `task: binary`; say so under `data`"
    );
    assert_eq!(
        message("classification.f1", &none, &regression()),
        "`classification.f1` needs `task: binary` or `task: multiclass`, found `task: regression`; say so under `data`"
    );
    assert!(message("classification.roc_auc", &none, &labels()).contains("a `score` column"));
    let threshold = Params::from([("threshold".to_owned(), 0.5.into())]);
    assert!(message("classification.accuracy", &threshold, &classes()).contains("binary tasks only"));
    assert!(message("classification.accuracy", &threshold, &labels()).contains("a `score` column"));
    let average = Params::from([("average".to_owned(), "binary".into())]);
    assert!(message("classification.recall", &average, &classes()).contains("expected `macro`"));
    let unknown = Params::from([("averge".to_owned(), "macro".into())]);
    assert!(message("classification.recall", &unknown, &classes()).contains("unknown field `averge`"));
}

/// Of the rows with score 0.2 one of five is of the class, with 0.8 four of five: the scores are probabilities as they are.
fn scored_reference() -> Columns {
    let labels = ["yes", "no", "no", "no", "no", "no", "yes", "yes", "yes", "yes"];
    let scores = [[0.2; 5], [0.8; 5]].concat();
    vec![("y", texts(&labels)), ("s", numbers(&scores))]
}

#[test]
fn estimated_quality_by_hand() {
    let window: Columns = vec![
        ("y", texts(&["", "", "", ""])),
        ("s", optional(&[Some(0.2), Some(0.8), Some(0.8), None])),
    ];
    let id = "classification.estimated";
    let found = Run::new(id, &Params::new(), scores(), &window, Some(&scored_reference())).result();
    let found = found.expect("a value");
    let value = |field: &str| point(&found, field, None);
    for (field, expected) in [
        ("true_positives", 1.6),
        ("false_positives", 0.4),
        ("false_negatives", 0.2),
        ("true_negatives", 0.8),
        ("accuracy", 0.8),
        ("precision", 0.8),
        ("recall", 1.6 / 1.8),
        ("f1", 3.2 / 3.8),
        // Pairs in order: 0.2 · 0.4 within the low score, 1.6 · (0.8 + 0.2) of the high one; of 1.8 · 1.2.
        ("roc_auc", 1.68 / 2.16),
        // ± 3 √(0.8 · 0.2 / 3) is beyond 1 above.
        ("accuracy_lower", 0.8 - 3.0 * (0.16_f64 / 3.0).sqrt()),
        ("accuracy_upper", 1.0),
        ("true_positives_upper", 3.0),
    ] {
        near(value(field), expected);
    }
    assert_eq!(found.notes, ["1 rows left out: `s` is missing or not finite"]);
    assert_eq!(
        code(Run::new(id, &Params::new(), scores(), &window, None).result()),
        "no_reference"
    );
    // The window cannot teach, for its labels have not come.
    assert_eq!(
        code(Run::new(id, &Params::new(), scores(), &window, Some(&window)).result()),
        "not_enough_data"
    );
    let strict = Params::from([("threshold".to_owned(), 0.9.into())]);
    let none = Run::new(id, &strict, scores(), &window, Some(&scored_reference())).result();
    let none = none.expect("a value");
    assert_eq!(
        (point(&none, "precision", None), point(&none, "recall", None)),
        (None, Some(0.0))
    );
    assert!(none.notes.iter().any(|n| n.starts_with("null is")), "{:?}", none.notes);
    let multiclass = parse(id, &strict, &classes()).expect_err("more than two classes");
    assert!(
        multiclass.to_string().contains("applies to binary tasks only"),
        "{multiclass}"
    );
}

#[test]
fn estimated_quality_calibrates_scores_that_are_off_and_says_so() {
    // Twice as many rows come true as the scores say.
    let reference = |rows: usize| -> Columns {
        let score = |i: usize| (i % 50) as f64 / 100.0;
        let label = |i: usize| {
            if (i / 50 * 37) % 100 < 2 * (i % 50) {
                "yes"
            } else {
                "no"
            }
        };
        let labels: Vec<&str> = (0..rows).map(label).collect();
        let scores: Vec<f64> = (0..rows).map(score).collect();
        vec![("y", texts(&labels)), ("s", numbers(&scores))]
    };
    let reference = reference(5_000);
    let window: Columns = vec![("y", texts(&["", ""])), ("s", numbers(&[0.25, 0.4]))];
    let params = Params::from([("threshold".to_owned(), 0.3.into())]);
    let found = Run::new("classification.estimated", &params, scores(), &window, Some(&reference)).result();
    let found = found.expect("a value");
    assert!(found.notes[0].contains("calibrated on 5000 rows"), "{:?}", found.notes);
    let precision = point(&found, "precision", None).expect("a value");
    assert!((precision - 0.8).abs() < 0.03, "{precision}");
}

#[test]
fn estimated_quality_cuts_scores_where_the_predicted_labels_do() {
    let definition = binary(&[
        ("y", ColumnKind::Categorical, Role::Target),
        ("p", ColumnKind::Categorical, Role::Prediction),
        ("s", ColumnKind::Numeric, Role::Score(None)),
    ]);
    let with = |predicted: &[&str]| -> Evaluation {
        let mut rows = scored_reference();
        rows.push(("p", texts(predicted)));
        let id = "classification.estimated";
        let run = Run::new(id, &Params::new(), definition.clone(), &rows, Some(&rows));
        run.result().expect("a value")
    };
    let rows = |found: &Evaluation| {
        ["true_positives", "false_positives"].map(|field| point(found, field, None).expect("a number"))
    };
    let usual = with(&[["no"; 5], ["yes"; 5]].concat());
    assert!(usual.notes.is_empty(), "{:?}", usual.notes);
    assert_eq!(rows(&usual), [4.0, 1.0]);
    // All are called positive, although the task's threshold is 0.5; then none is.
    assert_eq!(rows(&with(&["yes"; 10])), [5.0, 5.0]);
    assert_eq!(rows(&with(&["no"; 10])), [0.0, 0.0]);
    let notes = with(&[["yes"; 5], ["no"; 5]].concat()).notes;
    assert!(notes[0].starts_with("`p` is not a cut of `s`"), "{notes:?}");
}

#[test]
fn estimated_errors_by_hand() {
    // Predictions of 10 are off by 1, those of 20 by 4.
    let prediction = |i: usize| if i.is_multiple_of(2) { 10.0 } else { 20.0 };
    let target = |i: usize| prediction(i) + if i.is_multiple_of(2) { -1.0 } else { 4.0 };
    let reference: Columns = vec![
        ("y", numbers(&(0..400).map(target).collect::<Vec<f64>>())),
        ("p", numbers(&(0..400).map(prediction).collect::<Vec<f64>>())),
    ];
    let window: Columns = vec![
        ("y", optional(&[None; 5])),
        ("p", optional(&[Some(10.0), Some(20.0), Some(20.0), Some(25.0), None])),
    ];
    let id = "regression.estimated";
    let found = Run::new(id, &Params::new(), regression(), &window, Some(&reference)).result();
    let found = found.expect("a value");
    let value = |field: &str| point(&found, field, None).expect("a number");
    // One of 1 and three of 4; the trees come near to it.
    assert!((value("mae") - 13.0 / 4.0).abs() < 0.01, "{}", value("mae"));
    assert!(
        (value("rmse") - (49.0_f64 / 4.0).sqrt()).abs() < 0.01,
        "{}",
        value("rmse")
    );
    // The errors' standard deviation is 1.5.
    let band = 3.0 * 1.5 * (1.0 / 4.0 + 1.0 / 400.0_f64).sqrt();
    near(Some(value("mae_upper") - value("mae")), band);
    near(Some(value("mae_lower")), value("mae") - band);
    assert!(found.notes[0].starts_with("1 rows left out"), "{:?}", found.notes);
    assert_eq!(
        code(Run::new(id, &Params::new(), regression(), &window, Some(&window)).result()),
        "not_enough_data"
    );
    assert_eq!(
        code(Run::new(id, &Params::new(), regression(), &window, None).result()),
        "no_reference"
    );
}

#[test]
fn intervals_by_hand() {
    let rows: Columns = vec![("y", numbers(&[1.0, 2.0, 3.0])), ("p", numbers(&[2.0, 2.0, 5.0]))];
    let value = |id: &str, field: &str| point(&run(id, regression(), &rows).expect("a value"), field, None);
    let reach = 1.959_963_985 / 3.0_f64.sqrt();
    near(value("regression.mae", "upper"), 1.0 + reach);
    near(value("regression.mae", "lower"), 0.0);
    near(value("regression.me", "lower"), 1.0 - reach);
    // Squares 1, 0, 4: mean 5/3, variance 13/3.
    near(
        value("regression.rmse", "upper"),
        (5.0 / 3.0 + (13.0_f64 / 3.0).sqrt() * reach).sqrt(),
    );
    let rows: Columns = vec![
        ("y", texts(&["yes", "yes", "yes", "no", "no"])),
        ("p", texts(&["yes", "yes", "no", "no", "yes"])),
    ];
    let value =
        |id: &str, field: &str| point(&run(id, labels(), &rows).expect("a value"), field, None).expect("a number");
    for id in
        ["accuracy", "precision", "recall", "f1", "fpr", "fnr", "tnr", "tpr"].map(|m| format!("classification.{m}"))
    {
        let (lower, upper) = (value(&id, "lower"), value(&id, "upper"));
        assert!(
            0.0 < lower && lower < value(&id, "value") && value(&id, "value") < upper && upper < 1.0,
            "{id}"
        );
    }
    // 2 of 3 are right: Wilson's interval of SciPy 1.17.
    assert!((value("classification.precision", "lower") - 0.207_660).abs() < 1e-6);
    assert!((value("classification.precision", "upper") - 0.938_508).abs() < 1e-6);
}
