//! Lists of snapshots and what stands beside one.

use plimsoll_model::{Maturity, SeriesQuery, SnapshotFilter, SnapshotKind, SnapshotStatus, Status};
use plimsoll_store::{SnapshotMeta, StoreError};

use crate::support::{mae, snapshot, time, workspace, write_day};

#[test]
fn pages_follow_each_other_newest_first() {
    let (_dir, workspace) = workspace();
    for n in 0..10 {
        write_day(&workspace, "bikes", n, 1.0).unwrap();
    }
    let (mut cursor, mut all): (Option<String>, Vec<SnapshotMeta>) = (None, Vec::new());
    let mut pages = 0;
    loop {
        let page = workspace
            .metrics()
            .snapshots("bikes", &SnapshotFilter::default(), cursor.as_deref(), 3)
            .unwrap();
        pages += 1;
        all.extend(page.items);
        // What arrives while one reads does not shift the pages.
        write_day(&workspace, "bikes", 10 + pages, 1.0).unwrap();
        match page.next_cursor {
            None => break,
            next => cursor = next,
        }
    }
    assert_eq!((pages, all.len()), (7, 20));
    let key = |m: &SnapshotMeta| (m.window.as_ref().unwrap().start, m.id.clone());
    assert!(all.windows(2).all(|w| key(&w[0]) > key(&w[1])));
    for bad in ["", "x", "00", "ff", "🚢", "abc"] {
        let error = workspace
            .metrics()
            .snapshots("bikes", &SnapshotFilter::default(), Some(bad), 3)
            .unwrap_err();
        assert!(matches!(error, StoreError::Cursor { .. }), "{bad}");
    }
}

#[test]
fn filters_narrow_the_list() {
    let (_dir, workspace) = workspace();
    write_day(&workspace, "bikes", 0, 1.0).unwrap();
    write_day(&workspace, "bikes", 1, 99.0).unwrap();
    let mut tagged = snapshot("bikes", "daily-report", SnapshotKind::Report, 2);
    tagged.tags = vec!["release 2".to_owned()];
    workspace.write_snapshot(&tagged, None).unwrap();
    let ids = |filter: SnapshotFilter| -> Vec<String> {
        let page = workspace.metrics().snapshots("bikes", &filter, None, 100).unwrap();
        page.items.into_iter().map(|m| m.id).collect()
    };
    let all = SnapshotFilter::default;
    assert_eq!(
        ids(SnapshotFilter {
            kind: Some(SnapshotKind::TestSuite),
            ..all()
        })
        .len(),
        2
    );
    assert_eq!(
        ids(SnapshotFilter {
            monitor: Some("daily-report".to_owned()),
            ..all()
        })
        .len(),
        3
    );
    assert_eq!(
        ids(SnapshotFilter {
            outcome: Some(Status::Fail),
            ..all()
        }),
        ["20110202T000000Z-test_suite-daily-tests"]
    );
    assert_eq!(
        ids(SnapshotFilter {
            tag: Some("release 2".to_owned()),
            ..all()
        }),
        [tagged.id.clone()]
    );
    let (from, to) = (Some(time("2011-02-02T00:00:00Z")), Some(time("2011-02-03T00:00:00Z")));
    assert_eq!(ids(SnapshotFilter { from, to, ..all() }).len(), 2);
}

#[test]
fn an_entry_says_what_the_snapshot_says() {
    let (_dir, workspace) = workspace();
    write_day(&workspace, "bikes", 0, 99.0).unwrap();
    let page = workspace
        .metrics()
        .snapshots("bikes", &SnapshotFilter::default(), None, 1)
        .unwrap();
    let snapshot = workspace.read_snapshot("bikes", &page.items[0].id).unwrap();
    let expected = SnapshotMeta {
        id: snapshot.id.clone(),
        monitor: snapshot.monitor.clone(),
        kind: snapshot.kind,
        window: snapshot.window.clone(),
        revision: snapshot.revision,
        status: snapshot.status,
        maturity: None,
        rows: snapshot.run.rows,
        outcome: Some(Status::Fail),
        summary: snapshot.summary(),
        reference: snapshot.reference.clone(),
        tags: snapshot.tags.clone(),
        started_at: snapshot.run.started_at,
        seconds: snapshot.run.seconds,
    };
    assert_eq!(page.items[0], expected);
}

#[test]
fn the_maturity_of_labels_stands_in_lists_and_series() {
    let (_dir, workspace) = workspace();
    let mut early = snapshot("bikes", "daily-report", SnapshotKind::Report, 0);
    early.status = SnapshotStatus::Provisional;
    early.maturity = Some(Maturity {
        rows: 8,
        labelled: 2,
        coverage: 0.25,
        delay_seconds_p50: Some(60.0),
        delay_seconds_p95: None,
        representative: None,
    });
    early.measurements = vec![mae(1.0)];
    workspace.write_snapshot(&early, None).unwrap();
    let page = workspace
        .metrics()
        .snapshots("bikes", &SnapshotFilter::default(), None, 1)
        .unwrap();
    assert_eq!(page.items[0].maturity, early.maturity);
    let query = SeriesQuery {
        metric: "regression.mae".to_owned(),
        ..SeriesQuery::default()
    };
    let series = workspace.metrics().series("bikes", &query).unwrap();
    let point = &series[0].points[0];
    assert_eq!(
        (point.status, point.coverage),
        (SnapshotStatus::Provisional, Some(0.25))
    );
}

#[test]
fn neighbours_and_siblings_are_found() {
    let (_dir, workspace) = workspace();
    for n in 0..3 {
        write_day(&workspace, "bikes", n, 1.0).unwrap();
    }
    let context = workspace
        .metrics()
        .context("bikes", "20110202T000000Z-report-daily-report")
        .unwrap();
    assert_eq!(context.previous.unwrap().id, "20110201T000000Z-report-daily-report");
    assert_eq!(context.next.unwrap().id, "20110203T000000Z-report-daily-report");
    let siblings: Vec<String> = context.siblings.into_iter().map(|m| m.id).collect();
    assert_eq!(siblings, ["20110202T000000Z-test_suite-daily-tests"]);
    let first = workspace
        .metrics()
        .context("bikes", "20110201T000000Z-report-daily-report")
        .unwrap();
    assert!(first.previous.is_none() && first.next.is_some());
    assert!(matches!(
        workspace.metrics().context("bikes", "nothing"),
        Err(StoreError::UnknownSnapshot { .. })
    ));
}
