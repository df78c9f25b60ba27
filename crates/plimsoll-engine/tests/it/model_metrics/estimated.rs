//! Quality estimated without labels.

use super::*;

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
