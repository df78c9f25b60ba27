//! Rows without an answer: every preset is evaluated on them without a panic, what has no value says so, and columns
//! that are whole are not affected by those that are not.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMillisecondArray};
use plimsoll_engine::{Batch, Evaluated, EvaluationPlan, PRESETS, Profile, ProfileOptions, ProfilePlan};
use plimsoll_model::{ColumnKind, ColumnSpec, DataDefinition, Measurement, MetricSpec, Role, Status, Task};
use serde_json::{Value, json};

type Columns = Vec<(&'static str, ArrayRef)>;

fn numbers(values: impl IntoIterator<Item = Option<f64>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<Float64Array>())
}

fn texts(values: impl IntoIterator<Item = Option<&'static str>>) -> ArrayRef {
    Arc::new(values.into_iter().collect::<StringArray>())
}

fn integer(value: usize) -> i64 {
    i64::try_from(value).expect("a small number")
}

/// Rows in which every column has several values; equal seeds give equal rows.
fn whole(rows: usize, seed: usize) -> Columns {
    let at = move |row: usize, sides: usize| (row * 7919 + seed * 104_729 + row * row) % sides;
    let label = move |row: usize| Some(["yes", "no"][at(row, 2)]);
    vec![
        ("x", numbers((0..rows).map(|r| Some(at(r, 101) as f64 / 8.0)))),
        (
            "i",
            Arc::new((0..rows).map(|r| Some(integer(at(r, 13)))).collect::<Int64Array>()),
        ),
        ("c", texts((0..rows).map(|r| Some(["a", "b", "c"][at(r, 3)])))),
        ("t", texts((0..rows).map(|r| Some(["one two", "three", ""][at(r, 3)])))),
        (
            "d",
            Arc::new(
                (0..rows)
                    .map(|r| Some(integer(r) * 60_000))
                    .collect::<TimestampMillisecondArray>(),
            ),
        ),
        ("whole", numbers((0..rows).map(|r| Some(at(r, 37) as f64)))),
        ("y", numbers((0..rows).map(|r| Some(1.0 + at(r, 29) as f64)))),
        ("p", numbers((0..rows).map(|r| Some(2.0 + at(r, 31) as f64)))),
        ("l", texts((0..rows).map(label))),
        ("q", texts((0..rows).map(move |r| label(r + r % 3)))),
        ("s", numbers((0..rows).map(|r| Some(at(r, 64) as f64 / 64.0)))),
        ("so", numbers((0..rows).map(|r| Some(1.0 - at(r, 64) as f64 / 64.0)))),
    ]
}

/// The columns with one of them replaced.
fn with(mut columns: Columns, name: &'static str, array: ArrayRef) -> Columns {
    if let Some(column) = columns.iter_mut().find(|(n, _)| *n == name) {
        column.1 = array;
    }
    columns
}

/// The columns without one of them.
fn without(columns: &Columns, name: &str) -> Columns {
    columns.iter().filter(|(n, _)| *n != name).cloned().collect()
}

/// One definition a task, with the features of all.
fn definitions() -> Vec<DataDefinition> {
    use ColumnKind::{Categorical, Datetime, Numeric, Text};
    let column = |name: &str, kind, role| ColumnSpec {
        name: name.to_owned(),
        kind,
        role,
    };
    let score = |class: Option<&str>| Role::Score(class.map(str::to_owned));
    let binary = || Task::Binary {
        positive: "yes".to_owned(),
        threshold: 0.5,
    };
    let models = [
        (
            Task::Regression,
            vec![
                column("y", Numeric, Role::Target),
                column("p", Numeric, Role::Prediction),
            ],
        ),
        (
            binary(),
            vec![
                column("l", Categorical, Role::Target),
                column("q", Categorical, Role::Prediction),
            ],
        ),
        (
            binary(),
            vec![
                column("l", Categorical, Role::Target),
                column("s", Numeric, score(None)),
            ],
        ),
        (
            Task::Multiclass,
            vec![
                column("l", Categorical, Role::Target),
                column("s", Numeric, score(Some("yes"))),
                column("so", Numeric, score(Some("no"))),
            ],
        ),
        (
            Task::Ranking { k: 3 },
            vec![
                column("l", Categorical, Role::User),
                column("q", Categorical, Role::Item),
                column("s", Numeric, score(None)),
                column("y", Numeric, Role::Target),
            ],
        ),
    ];
    models
        .into_iter()
        .map(|(task, own)| {
            let mut columns = vec![
                column("x", Numeric, Role::Feature),
                column("i", Numeric, Role::Feature),
                column("c", Categorical, Role::Feature),
                column("t", Text, Role::Feature),
                column("d", Datetime, Role::Feature),
                column("whole", Numeric, Role::Feature),
            ];
            columns.extend(own);
            DataDefinition {
                columns,
                task: Some(task),
                ..DataDefinition::default()
            }
        })
        .collect()
}

fn with_params(id: &str, params: &Value) -> MetricSpec {
    MetricSpec {
        params: serde_json::from_value(params.clone()).expect("parameters"),
        ..MetricSpec::new(id)
    }
}

/// Every preset that fits the task, and what is in none, as one plan.
fn plan(definition: &DataDefinition) -> EvaluationPlan {
    let family = match definition.task {
        Some(Task::Regression) => "regression",
        Some(Task::Ranking { .. }) => "ranking",
        _ => "classification",
    };
    let is_binary = matches!(definition.task, Some(Task::Binary { .. }));
    let is_scored = is_binary && !definition.scores().is_empty();
    let fits = |name: &str| {
        let of_model = ["regression", "classification", "ranking", "dummy"]
            .iter()
            .find(|model| name.starts_with(**model));
        let fits = of_model.is_none_or(|model| *model == family || (*model == "dummy" && family != "ranking"));
        fits && (name != "classification_top_k" || is_scored)
    };
    let (mut report, mut tests) = (vec![MetricSpec::new("explain")], Vec::new());
    if family == "regression" {
        report.extend(["regression.error_bias", "regression.error_groups"].map(MetricSpec::new));
        report.push(with_params(
            "regression.estimated",
            &json!({"columns": ["x", "c"], "rows": 50}),
        ));
    }
    if is_binary {
        let ids = [
            "fairness.demographic_parity",
            "fairness.equal_opportunity",
            "fairness.equalized_odds",
        ];
        report.extend(ids.map(|id| {
            let mut spec = MetricSpec::new(id);
            spec.params.insert("column".to_owned(), "c".into());
            spec
        }));
    }
    // Few rows, of which nothing is learned, for it is many times that they are evaluated.
    let few = json!({"rows": 12});
    report.extend(["drift.pca", "drift.domain_classifier"].map(|id| with_params(id, &few)));
    for test in ["mean_distance", "drifted_share", "mmd"] {
        let params = json!({"columns": ["x", "i"], "distance": "cosine", "test": test});
        report.push(with_params("drift.embedding", &params));
    }
    for preset in PRESETS.iter().filter(|p| fits(p.name)) {
        report.extend(preset.report.map(|expand| expand(definition)).unwrap_or_default());
        report.extend(preset.compared.map(|expand| expand(definition)).unwrap_or_default());
        tests.extend(preset.tests.map(|expand| expand(definition)).unwrap_or_default());
    }
    EvaluationPlan::new(&report, &tests, definition, ProfileOptions::default()).expect("presets that fit the data")
}

fn profile(plan: &Arc<ProfilePlan>, columns: &Columns) -> Profile {
    let names: Vec<String> = columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let arrays: Vec<ArrayRef> = columns.iter().map(|(_, array)| Arc::clone(array)).collect();
    let mut profile = Profile::empty(plan);
    profile.update(&Batch::new(&names, &arrays));
    profile.finish();
    profile
}

/// Evaluates every preset for every task, and checks what holds for any rows.
fn evaluate(current: &Columns, reference: Option<&Columns>) -> Vec<Evaluated> {
    definitions()
        .iter()
        .map(|definition| {
            let plan = plan(definition);
            let now = profile(plan.profile(), current);
            let before = reference.map(|r| profile(plan.profile(), r));
            let before = before.as_ref().map(|b| plan.reference(b));
            let evaluated = plan.evaluate(&now, before.as_ref());
            for measurement in &evaluated.measurements {
                check(measurement);
            }
            assert!(!evaluated.measurements.is_empty() && !evaluated.tests.is_empty());
            for test in &evaluated.tests {
                assert!(test.observed.is_none_or(f64::is_finite), "{test:?}");
                assert!(!test.message.is_empty() && !test.message.contains("NaN"), "{test:?}");
                assert_eq!(
                    test.observed.is_none(),
                    matches!(test.status, Status::Skipped | Status::Error),
                    "{test:?}"
                );
            }
            // A compacted profile that was stored evaluates, too.
            let mut stored = now;
            stored.compact();
            let stored = Profile::from_stored(&stored.to_stored()).expect("own bytes");
            let again = plan.evaluate(&stored, before.as_ref());
            assert_eq!(again.measurements.len(), evaluated.measurements.len());
            evaluated
        })
        .collect()
}

/// A measurement has numbers or says why not, and its JSON has no number that is none.
fn check(measurement: &Measurement) {
    let json = serde_json::to_value(measurement).expect("JSON");
    let what = || serde_json::to_string(&json).expect("JSON");
    assert_eq!(measurement.error.is_some(), measurement.points.is_empty(), "{}", what());
    for point in &measurement.points {
        assert!(point.value.is_none_or(f64::is_finite), "{}", what());
        assert!(point.value.is_some() || !measurement.notes.is_empty(), "{}", what());
    }
    if let Some(error) = &measurement.error {
        assert!(!error.code.is_empty() && error.message.len() > 10, "{}", what());
    }
    if let Some(detail) = json.get("detail").filter(|d| !d.is_null()) {
        let text = detail.to_string();
        assert!(!text.contains("NaN") && !text.contains("inf"), "{}", what());
        // A matrix says with null that two columns have no correlation.
        assert!(detail["kind"] == "matrix" || no_null_in_numbers(detail), "{}", what());
    }
}

/// JSON writes NaN as null: a list of numbers holds none.
fn no_null_in_numbers(value: &Value) -> bool {
    match value {
        Value::Array(list) => {
            let mixed = list.iter().any(Value::is_number) && list.iter().any(Value::is_null);
            !mixed && list.iter().all(no_null_in_numbers)
        }
        Value::Object(map) => map.values().all(no_null_in_numbers),
        _ => true,
    }
}

/// What was measured about a column alone.
fn about<'m>(evaluated: &'m Evaluated, column: &'m str) -> impl Iterator<Item = &'m Measurement> {
    evaluated
        .measurements
        .iter()
        .filter(move |m| m.params.get("column").is_some_and(|c| c == column))
}

/// What is said about the column `whole` is what is said when nothing is wrong with the others.
fn whole_is_whole(broken: &[Evaluated], current: &Columns, reference: Option<&Columns>) {
    let sound = evaluate(current, reference);
    for (broken, sound) in broken.iter().zip(&sound) {
        let (a, b): (Vec<_>, Vec<_>) = (about(broken, "whole").collect(), about(sound, "whole").collect());
        assert!(!a.is_empty());
        assert_eq!(a, b);
    }
}

#[test]
fn no_rows() {
    let (none, some) = (whole(0, 1), whole(60, 2));
    for (current, reference) in [
        (&none, None),
        (&none, Some(&some)),
        (&some, Some(&none)),
        (&none, Some(&none)),
    ] {
        evaluate(current, reference);
    }
    // A profile that never saw a batch is one of no rows, too.
    for definition in definitions() {
        let plan = plan(&definition);
        let mut empty = Profile::empty(plan.profile());
        empty.finish();
        plan.evaluate(&empty, None).measurements.iter().for_each(check);
    }
}

#[test]
fn one_row_and_two_rows() {
    for rows in [1, 2] {
        let (few, many) = (whole(rows, 1), whole(60, 2));
        for (current, reference) in [
            (&few, None),
            (&few, Some(&many)),
            (&many, Some(&few)),
            (&few, Some(&few)),
        ] {
            evaluate(current, reference);
        }
    }
}

/// Arrays that hold no information, each in place of every column that can hold it.
fn replacements(rows: usize) -> Vec<(&'static str, &'static str, ArrayRef)> {
    let mut all = Vec::new();
    for name in ["x", "y", "p", "s"] {
        let extremes = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, -f64::MAX];
        all.push(("constant", name, numbers(vec![Some(0.5); rows])));
        all.push(("null", name, numbers(vec![None; rows])));
        all.push(("infinite", name, numbers(vec![Some(f64::INFINITY); rows])));
        all.push(("NaN", name, numbers(vec![Some(f64::NAN); rows])));
        all.push(("largest", name, numbers(vec![Some(f64::MAX); rows])));
        all.push(("smallest", name, numbers(vec![Some(f64::MIN_POSITIVE / 4.0); rows])));
        all.push(("zero", name, numbers(vec![Some(0.0); rows])));
        all.push(("extreme", name, numbers((0..rows).map(|r| Some(extremes[r % 5])))));
    }
    for name in ["c", "t", "l", "q"] {
        all.push(("constant", name, texts(vec![Some("no"); rows])));
        all.push(("null", name, texts(vec![None; rows])));
        all.push(("empty", name, texts(vec![Some(""); rows])));
        all.push(("strange", name, texts(vec![Some("never seen"); rows])));
    }
    all.push(("null", "i", Arc::new(Int64Array::from(vec![None; rows]))));
    all.push((
        "extreme",
        "i",
        Arc::new(
            (0..rows)
                .map(|r| Some([i64::MIN, i64::MAX][r % 2]))
                .collect::<Int64Array>(),
        ),
    ));
    all.push(("null", "d", Arc::new(TimestampMillisecondArray::from(vec![None; rows]))));
    all
}

#[test]
fn columns_without_information_are_alone_with_it() {
    let (current, reference) = (whole(40, 1), whole(60, 2));
    let sound = evaluate(&current, Some(&reference));
    for (what, name, array) in replacements(40) {
        let broken = with(current.clone(), name, array);
        let evaluated = evaluate(&broken, Some(&reference));
        for (evaluated, sound) in evaluated.iter().zip(&sound) {
            let (a, b): (Vec<_>, Vec<_>) = (about(evaluated, "whole").collect(), about(sound, "whole").collect());
            assert!(!a.is_empty() && a == b, "{what} `{name}` changed `whole`");
        }
    }
    for (_, name, array) in replacements(60) {
        evaluate(&current, Some(&with(reference.clone(), name, array)));
    }
}

#[test]
fn both_slices_without_information() {
    for (at, (_, name, array)) in replacements(40).into_iter().enumerate() {
        let broken = with(whole(40, at), name, array);
        evaluate(&broken, Some(&broken));
        evaluate(&broken, None);
    }
}

#[test]
fn disjoint_categories() {
    let (current, reference) = (whole(40, 1), whole(60, 2));
    let mut moved = current.clone();
    for name in ["c", "l", "q"] {
        moved = with(
            moved,
            name,
            texts((0..40).map(|r| Some(["red", "green", "blue"][r % 3]))),
        );
    }
    let evaluated = evaluate(&moved, Some(&reference));
    whole_is_whole(&evaluated, &current, Some(&reference));
    for evaluated in &evaluated {
        let drift = about(evaluated, "c")
            .find(|m| m.id == "drift.column")
            .expect("drift of `c`");
        let drifted = drift.points.iter().find(|p| p.field == "drifted").and_then(|p| p.value);
        assert_eq!(drifted, Some(1.0), "{drift:?}");
    }
}

#[test]
fn columns_of_another_type() {
    let (current, reference) = (whole(40, 1), whole(60, 2));
    let words = texts((0..60).map(|r| Some(["one", "two", "3.5"][r % 3])));
    let few = texts((0..40).map(|r| Some(["one", "two", "3.5"][r % 3])));
    for name in ["x", "i", "d", "y", "p", "s"] {
        let reference = with(reference.clone(), name, Arc::clone(&words));
        whole_is_whole(&evaluate(&current, Some(&reference)), &current, Some(&reference));
        let broken = evaluate(&with(current.clone(), name, Arc::clone(&few)), Some(&reference));
        assert_eq!(broken.len(), definitions().len());
    }
    for name in ["c", "t", "l", "q"] {
        let reference = with(
            reference.clone(),
            name,
            numbers((0..60).map(|r| Some(f64::from(r) / 4.0))),
        );
        whole_is_whole(&evaluate(&current, Some(&reference)), &current, Some(&reference));
    }
}

#[test]
fn columns_that_are_missing() {
    let (current, reference) = (whole(40, 1), whole(60, 2));
    let sound = evaluate(&current, Some(&reference));
    let names: Vec<&str> = current
        .iter()
        .map(|(name, _)| *name)
        .filter(|n| *n != "whole")
        .collect();
    for name in names {
        let broken = evaluate(&without(&current, name), Some(&reference));
        for (broken, sound) in broken.iter().zip(&sound) {
            let (a, b): (Vec<_>, Vec<_>) = (about(broken, "whole").collect(), about(sound, "whole").collect());
            assert!(a == b, "the missing `{name}` changed `whole`");
            // What is about the column alone fails, and names it.
            for measurement in about(broken, name) {
                let error = measurement.error.as_ref().unwrap_or_else(|| panic!("{measurement:?}"));
                assert!(error.message.contains(&format!("`{name}`")), "{}", error.message);
            }
        }
        evaluate(&current, Some(&without(&reference, name)));
    }
    // No column at all.
    let nothing: Columns = vec![("stranger", numbers([Some(1.0), None]))];
    evaluate(&nothing, Some(&reference));
    evaluate(&current, Some(&nothing));
    evaluate(&nothing, None);
}

/// A file that ends early or has a flipped bit is an error, never a panic.
#[test]
fn stored_profiles_that_are_damaged() {
    for definition in definitions() {
        let plan = plan(&definition);
        let mut whole = profile(plan.profile(), &whole(30, 1));
        whole.compact();
        let stored = whole.to_stored();
        assert_eq!(Profile::from_stored(&stored).expect("own bytes").rows(), 30);
        for end in (0..stored.len()).step_by(7) {
            assert!(Profile::from_stored(&stored[..end]).is_err(), "{end} bytes");
        }
        for at in (0..stored.len()).step_by(5) {
            let mut flipped = stored.clone();
            flipped[at] ^= 1 << (at % 8);
            // A bit that the packing leaves without a meaning changes nothing.
            if let Ok(read) = Profile::from_stored(&flipped) {
                assert!(read.to_bytes() == whole.to_bytes(), "byte {at}");
            }
        }
        for bytes in [&b""[..], b"PLPS", b"PLPF", b"PLPS\x28\xb5\x2f\xfd"] {
            assert!(Profile::from_stored(bytes).is_err());
        }
    }
}
