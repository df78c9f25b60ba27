//! Regression and classification metrics on rows that one can check by hand, and on rows that have no answer.

mod classification;
mod estimated;
mod regression;

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
