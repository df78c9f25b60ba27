//! Series, their bounds and their thinning.

use plimsoll_model::{
    Bound, Granularity, Labels, Params, Point, Series, SeriesQuery, Severity, SnapshotKind, Status, Threshold,
};
use plimsoll_store::Workspace;

use crate::support::{
    below, drift, mae, mae_test, measurement, of_window, params, snapshot, time, window, workspace, write_day,
};

fn query(metric: &str) -> SeriesQuery {
    SeriesQuery {
        metric: metric.to_owned(),
        ..SeriesQuery::default()
    }
}

fn ask(workspace: &Workspace, query: &SeriesQuery) -> Vec<Series> {
    workspace.metrics().series("bikes", query).unwrap()
}

#[test]
fn points_stand_by_window_and_carry_the_bounds_of_other_monitors() {
    let (_dir, workspace) = workspace();
    for n in [2, 0, 1] {
        write_day(&workspace, "bikes", n, f64::from(i32::try_from(n).unwrap())).unwrap();
    }
    let found = ask(&workspace, &query("regression.mae"));
    let [series] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        (series.monitor.as_str(), series.field.as_str(), series.thinned),
        ("daily-report", "value", false)
    );
    let values: Vec<Option<f64>> = series.points.iter().map(|p| p.value).collect();
    assert_eq!(values, [Some(0.0), Some(1.0), Some(2.0)]);
    assert_eq!(series.points[0].start, time("2011-02-01T00:00:00Z"));
    assert_eq!(series.points[0].end, time("2011-02-02T00:00:00Z"));
    assert_eq!(series.points[0].snapshot, "20110201T000000Z-report-daily-report");
    let [bound] = series.bounds.as_slice() else {
        panic!("{:?}", series.bounds)
    };
    assert_eq!(
        (&bound.bound, bound.severity, bound.monitor.as_str()),
        (&below(40.0), Severity::Critical, "daily-tests")
    );

    let period = SeriesQuery {
        from: Some(time("2011-02-02T00:00:00Z")),
        to: Some(time("2011-02-03T00:00:00Z")),
        ..query("regression.mae")
    };
    assert_eq!(ask(&workspace, &period)[0].points.len(), 1);
    assert!(
        ask(
            &workspace,
            &SeriesQuery {
                monitor: Some("other".to_owned()),
                ..query("regression.mae")
            }
        )
        .is_empty()
    );
    assert!(ask(&workspace, &query("no.metric")).is_empty());
    assert!(
        workspace
            .metrics()
            .series("no project", &query("regression.mae"))
            .unwrap()
            .is_empty()
    );
}

#[test]
fn bounds_come_from_the_latest_window_of_the_same_length() {
    let (_dir, workspace) = workspace();
    write_day(&workspace, "bikes", 0, 1.0).unwrap();
    for (n, limit) in [(0, 40.0), (1, 30.0)] {
        let mut suite = snapshot("bikes", "daily-tests", SnapshotKind::TestSuite, n);
        suite.tests = vec![
            mae_test(1.0, limit, Status::Pass, Severity::Critical),
            mae_test(1.0, limit / 2.0, Status::Pass, Severity::Warning),
        ];
        workspace.write_snapshot(&suite, None).unwrap();
    }
    let mut hourly = of_window("bikes", "hourly", SnapshotKind::TestSuite, window(0, Granularity::Hour));
    hourly.tests = vec![mae_test(1.0, 1.0, Status::Fail, Severity::Critical)];
    workspace.write_snapshot(&hourly, None).unwrap();
    let bounds: Vec<Bound> = ask(&workspace, &query("regression.mae"))[0]
        .bounds
        .iter()
        .map(|b| b.bound.clone())
        .collect();
    assert_eq!(bounds, [below(30.0), below(15.0)]);
}

#[test]
fn a_drift_score_is_held_against_its_own_threshold_unless_a_test_holds_it() {
    let (_dir, workspace) = workspace();
    for (n, threshold) in [(0, 0.1), (1, 0.2)] {
        let mut report = snapshot("bikes", "daily", SnapshotKind::Report, n);
        report.measurements = vec![
            drift("temp", "ks", 0.5, 0.05),
            drift("hum", "psi", 0.5, threshold),
            drift("wind", "psi", 0.5, 0.2),
        ];
        workspace.write_snapshot(&report, None).unwrap();
    }
    let mut suite = snapshot("bikes", "tests", SnapshotKind::TestSuite, 1);
    let mut test = mae_test(0.5, 0.3, Status::Fail, Severity::Critical);
    test.metric = "drift.column".to_owned();
    test.field = "score".to_owned();
    test.labels = Labels::from([("column".to_owned(), "wind".to_owned())]);
    test.params = params(&[("column", "wind".into()), ("test", "psi".into())]);
    suite.tests = vec![test];
    workspace.write_snapshot(&suite, None).unwrap();

    let scores = SeriesQuery {
        field: Some("score".to_owned()),
        ..query("drift.column")
    };
    let bound_of = |column: &str, test: &str, threshold: f64| {
        let labels = Labels::from([("column".to_owned(), column.to_owned())]);
        let params = params(&[("test", test.into()), ("threshold", threshold.into())]);
        let found = ask(
            &workspace,
            &SeriesQuery {
                labels,
                params,
                ..scores.clone()
            },
        );
        assert_eq!((found.len(), found[0].bounds.len()), (1, 1), "{column}");
        (found[0].bounds[0].bound.clone(), found[0].bounds[0].monitor.clone())
    };
    let least = Bound {
        gte: Some(Threshold::Number(0.05)),
        ..Bound::default()
    };
    assert_eq!(bound_of("temp", "ks", 0.05), (least, "daily".to_owned()));
    // Another threshold is another series.
    assert_eq!(bound_of("hum", "psi", 0.1), (below(0.1), "daily".to_owned()));
    assert_eq!(bound_of("hum", "psi", 0.2), (below(0.2), "daily".to_owned()));
    assert_eq!(bound_of("wind", "psi", 0.2), (below(0.3), "tests".to_owned()));
    let thresholds = SeriesQuery {
        field: Some("threshold".to_owned()),
        ..query("drift.column")
    };
    assert!(ask(&workspace, &thresholds).iter().all(|s| s.bounds.is_empty()));
    assert_eq!(ask(&workspace, &query("drift.column")).len(), 8);
}

#[test]
fn long_series_are_thinned_and_keep_their_extremes() {
    let (_dir, workspace) = workspace();
    for n in 0..200 {
        let mut report = of_window("bikes", "hourly", SnapshotKind::Report, window(n, Granularity::Hour));
        report.measurements = vec![mae(if n == 77 { 1e6 } else { 1.0 })];
        workspace.write_snapshot(&report, None).unwrap();
    }
    let all = &ask(&workspace, &query("regression.mae"))[0];
    assert_eq!((all.points.len(), all.thinned), (200, false));
    let thin = &ask(
        &workspace,
        &SeriesQuery {
            max_points: Some(20),
            ..query("regression.mae")
        },
    )[0];
    assert!(thin.thinned && thin.points.len() <= 20);
    assert_eq!(
        (thin.points.first(), thin.points.last()),
        (all.points.first(), all.points.last())
    );
    assert!(thin.points.iter().any(|p| p.value == Some(1e6)));
}

#[test]
fn fields_of_a_metric_keep_the_same_windows_and_tell_of_those_left_out() {
    let (_dir, workspace) = workspace();
    for n in 0..100 {
        let mut report = of_window("bikes", "hourly", SnapshotKind::Report, window(n, Granularity::Hour));
        let point = |field: &str, value: f64| Point::new(field, value);
        let value = if n == 40 { 50.0 } else { (n % 2) as f64 };
        let points = vec![point("lower", n as f64), point("value", value)];
        report.measurements = vec![measurement("regression.mae", Params::new(), points)];
        workspace.write_snapshot(&report, None).unwrap();
    }
    let found = ask(
        &workspace,
        &SeriesQuery {
            max_points: Some(11),
            ..query("regression.mae")
        },
    );
    let [lower, value] = &found[..] else {
        panic!("{found:?}")
    };
    let starts = |series: &Series| series.points.iter().map(|p| p.start).collect::<Vec<_>>();
    assert_eq!(starts(lower), starts(value));
    assert!(value.points.iter().any(|p| p.value == Some(50.0)));
    assert!(value.thinned && value.points.len() <= 11);
    // 50 windows of 1, and one of 50 instead of 0.
    assert_eq!((value.windows, value.mean), (100, Some(1.0)));
    assert_eq!((lower.windows, lower.mean), (100, Some(49.5)));
}

#[test]
fn a_report_and_a_suite_of_one_monitor_give_one_point_a_window() {
    let (_dir, workspace) = workspace();
    for kind in [SnapshotKind::TestSuite, SnapshotKind::Report] {
        let mut written = snapshot("bikes", "daily", kind, 0);
        // The undefined value is a point all the same.
        let point = Point {
            field: "value".to_owned(),
            labels: Labels::new(),
            value: None,
        };
        written.measurements = vec![measurement("regression.r2", Params::new(), vec![point])];
        workspace.write_snapshot(&written, None).unwrap();
    }
    let found = ask(&workspace, &query("regression.r2"));
    assert_eq!(
        (found.len(), found[0].points.len(), found[0].points[0].value),
        (1, 1, None)
    );
    assert_eq!(found[0].points[0].snapshot, "20110201T000000Z-report-daily");
}
