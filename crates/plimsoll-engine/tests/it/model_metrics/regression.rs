//! Errors of a regression.

use super::*;

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
