//! Classifications by labels and by scores.

use super::*;

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
    near(point(&found, "tnr", Some("yes")), 0.75);
    near(point(&found, "fpr", Some("yes")), 0.25);
    near(point(&found, "fnr", Some("yes")), 0.5);
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
