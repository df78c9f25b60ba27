//! Test history, health strips and projects at a glance.

use plimsoll_model::{Granularity, Point, Severity, SnapshotKind, Status, Task};
use plimsoll_store::Health;

use crate::support::{mae_test, measurement, of_window, params, snapshot, time, window, workspace, write_day};

#[test]
fn tests_are_listed_worst_first() {
    let (_dir, workspace) = workspace();
    for n in 0..3 {
        let mut suite = snapshot("bikes", "daily-tests", SnapshotKind::TestSuite, n);
        let named = |metric: &str, status, severity| {
            let mut test = mae_test(1.0, 10.0 + f64::from(i32::try_from(n).unwrap()), status, severity);
            metric.clone_into(&mut test.metric);
            test
        };
        let lately = |status| if n == 2 { status } else { Status::Pass };
        suite.tests = vec![
            named("a.passes", Status::Pass, Severity::Critical),
            named("b.warns", lately(Status::Warn), Severity::Warning),
            named("c.fails", lately(Status::Fail), Severity::Critical),
            named("d.always", Status::Fail, Severity::Critical),
            // The same point against two bounds makes two rows.
            named("a.passes", Status::Pass, Severity::Critical),
            named("a.passes", Status::Pass, Severity::Warning),
        ];
        workspace.write_snapshot(&suite, None).unwrap();
    }
    let history = workspace.metrics().test_history("bikes", None, None, None).unwrap();
    let metrics: Vec<&str> = history.rows.iter().map(|r| r.metric.as_str()).collect();
    assert_eq!(
        metrics,
        ["d.always", "c.fails", "b.warns", "a.passes", "a.passes", "a.passes"]
    );
    assert!(history.rows.iter().all(|r| r.cells.len() == 3));
    let worst = &history.rows[0];
    assert_eq!(worst.bound, crate::support::below(12.0));
    assert_eq!(worst.cells[0].start, time("2011-02-01T00:00:00Z"));
    assert_eq!(
        (worst.cells[2].status, worst.cells[2].observed),
        (Status::Fail, Some(1.0))
    );

    let metrics = workspace.metrics();
    let from = Some(time("2011-02-03T00:00:00Z"));
    assert!(
        metrics
            .test_history("bikes", None, from, None)
            .unwrap()
            .rows
            .iter()
            .all(|r| r.cells.len() == 1)
    );
    assert!(
        metrics
            .test_history("bikes", Some("other"), None, None)
            .unwrap()
            .rows
            .is_empty()
    );
}

#[test]
fn a_window_is_as_healthy_as_its_worst_test() {
    let (_dir, workspace) = workspace();
    write_day(&workspace, "bikes", 0, 1.0).unwrap();
    write_day(&workspace, "bikes", 1, 99.0).unwrap();
    workspace
        .write_snapshot(&snapshot("bikes", "daily-report", SnapshotKind::Report, 2), None)
        .unwrap();
    let mut empty = snapshot("bikes", "daily-report", SnapshotKind::Report, 3);
    empty.run.rows = 0;
    workspace.write_snapshot(&empty, None).unwrap();
    // A test that minds the lack of rows is not hidden by it.
    let mut minded = snapshot("bikes", "daily-tests", SnapshotKind::TestSuite, 4);
    minded.run.rows = 0;
    minded.tests = vec![mae_test(0.0, 1.0, Status::Fail, Severity::Critical)];
    workspace.write_snapshot(&minded, None).unwrap();

    let cells = workspace.metrics().health("bikes", None, None, None).unwrap();
    let states: Vec<Health> = cells.iter().map(|c| c.status).collect();
    assert_eq!(
        states,
        [Health::Pass, Health::Fail, Health::None, Health::Empty, Health::Fail]
    );
    assert_eq!((cells[1].failed, cells[1].total, cells[1].rows), (1, 1, 100));
    assert_eq!(cells[1].snapshot, "20110202T000000Z-test_suite-daily-tests");
    let reports = workspace
        .metrics()
        .health("bikes", Some("daily-report"), None, None)
        .unwrap();
    assert!(reports.iter().all(|c| matches!(c.status, Health::None | Health::Empty)));
    let from = Some(time("2011-02-04T00:00:00Z"));
    assert_eq!(workspace.metrics().health("bikes", None, from, None).unwrap().len(), 2);
}

#[test]
fn the_strip_shows_the_shortest_windows_that_have_tests() {
    let (_dir, workspace) = workspace();
    for n in 0..70 {
        write_day(&workspace, "bikes", n, if n == 69 { 99.0 } else { 1.0 }).unwrap();
    }
    let hourly = of_window(
        "bikes",
        "hourly",
        SnapshotKind::Report,
        window(70 * 24, Granularity::Hour),
    );
    workspace.write_snapshot(&hourly, None).unwrap();
    let mut drift = snapshot("bikes", "daily-report", SnapshotKind::Report, 69);
    let share = Point::new("share", 0.25);
    drift.measurements = vec![measurement(
        "drift.dataset",
        params(&[("share", 0.5.into())]),
        vec![share],
    )];
    workspace.write_snapshot(&drift, None).unwrap();
    workspace.write_project_config("idle", "project: idle\n").unwrap();

    let projects = workspace.projects().unwrap();
    let summaries = workspace.metrics().project_summaries(&projects).unwrap();
    let [bikes, idle] = summaries.as_slice() else {
        panic!("{summaries:?}")
    };
    assert_eq!(
        (bikes.strip.len(), bikes.health, bikes.snapshots),
        (60, Health::Fail, 141)
    );
    assert_eq!(bikes.strip[59].start, time("2011-04-11T00:00:00Z"));
    assert_eq!(bikes.last_window.unwrap().end, time("2011-04-12T00:00:00Z"));
    assert_eq!(
        (bikes.task.as_ref(), bikes.rows, bikes.drifted_share),
        (Some(&Task::Regression), Some(100), Some(0.25))
    );
    assert_eq!(bikes.last_data_time, Some(time("2011-04-12T01:00:00Z")));
    assert_eq!(
        (idle.health, idle.snapshots, idle.last_window, idle.rows),
        (Health::None, 0, None, None)
    );

    let facts = workspace.metrics().project_facts("bikes").unwrap();
    assert_eq!(
        (bikes.timezone.as_str(), idle.timezone.as_str()),
        ("Europe/Berlin", "UTC")
    );
    assert_eq!(facts.definition.task, Some(Task::Regression));
    let names: Vec<(&str, u64)> = facts.monitors.iter().map(|m| (m.name.as_str(), m.windows)).collect();
    assert_eq!(names, [("daily-report", 70), ("daily-tests", 70), ("hourly", 1)]);
    assert_eq!(facts.monitors[2].every, Some(Granularity::Hour));
    assert_eq!(facts.first, Some(time("2011-02-01T00:00:00Z")));
}
