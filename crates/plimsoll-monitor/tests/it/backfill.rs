//! The past computed again: only what is not as it is kept is written, and nothing in a dry run.

use std::{fs, path::Path};

use plimsoll_model::{Snapshot, config::ProjectConfig};
use plimsoll_monitor::{BackfillRequest, JobOptions, MonitorError, Table, backfill, run};
use plimsoll_store::Workspace;

use crate::collector::{Bench, YAML, labels, predictions, send};

const FILES: &str = "
project: rides
data: {source: rides.csv, timestamp: at}
monitors:
  - {name: hourly, every: 1h, report: [{column.mean: {column: x}}], tests: [{dataset.rows: {gte: 1}}]}
  - {name: daily, every: 1d, report: [dataset.rows]}
";

/// Two days of a row each ten minutes; `x` is 1 everywhere but in the changed row.
fn rides(dir: &Path, changed: Option<usize>) {
    let mut csv = "at,x\n".to_owned();
    for i in 0..288 {
        let x = if changed == Some(i) { 7 } else { 1 };
        csv.push_str(&format!(
            "2026-03-0{}T{:02}:{:02}:00Z,{x}\n",
            1 + i / 144,
            i / 6 % 24,
            i % 6 * 10
        ));
    }
    fs::write(dir.join("rides.csv"), csv).unwrap();
}

fn request(config: &ProjectConfig, from: &str, to: &str, monitors: &[&str], dry_run: bool) -> BackfillRequest {
    let monitors = monitors.iter().map(|m| (*m).to_owned()).collect();
    BackfillRequest::try_new(config, (from, to), monitors, dry_run).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn windows_of_files_are_written_anew_where_a_result_differs() {
    let dir = tempfile::tempdir().unwrap();
    rides(dir.path(), None);
    let workspace = Workspace::create(dir.path().join("workspace")).unwrap();
    let config = ProjectConfig::parse(FILES).unwrap();
    let options = JobOptions::default();
    run(&config, FILES, dir.path(), &workspace, &options, &mut |_| ())
        .await
        .unwrap();
    let ask = async |request: BackfillRequest| {
        backfill(&config, dir.path(), &workspace, &request, &mut |_| ())
            .await
            .unwrap()
    };
    let id = "20260301T050000Z-report-hourly";
    let whole = || request(&config, "2026-02-01", "2027-01-01", &[], false);
    let same = ask(whole()).await;
    assert_eq!((same.windows, same.unchanged, same.changes.len()), (50, 98, 0));

    // A row of the sixth hour is corrected.
    rides(dir.path(), Some(33));
    let dry = ask(request(&config, "2026-03-01", "2026-03-02", &["hourly"], true)).await;
    assert_eq!((dry.dry_run, dry.windows, dry.unchanged), (true, 24, 47));
    let change = &dry.changes[0];
    assert_eq!(
        (change.snapshot.as_str(), change.rows, change.before, change.revision),
        (id, 6, Some(1), 2)
    );
    assert_eq!(workspace.read_snapshot("rides", id).unwrap().revision, 1);
    assert!(
        ask(request(&config, "2026-03-02", "2026-03-03", &[], true))
            .await
            .changes
            .is_empty()
    );

    let done = ask(whole()).await;
    assert_eq!((done.dry_run, done.changes.len()), (false, 1));
    let snapshot = workspace.read_snapshot("rides", id).unwrap();
    assert_eq!(
        (snapshot.revision, snapshot.measurements[0].points[0].value),
        (2, Some(2.0))
    );
    assert_eq!(workspace.revisions("rides", id).unwrap().len(), 2);
    assert!(ask(whole()).await.changes.is_empty());

    // What is gone is made again.
    let file = workspace.project_dir("rides").unwrap().join("snapshots/2026/03/01");
    fs::remove_file(file.join(format!("{id}.json"))).unwrap();
    let again = ask(request(&config, "2026-03-01T05:30", "2026-03-01T05:31", &[], false)).await;
    assert_eq!(
        (again.windows, again.changes.len(), again.changes[0].before),
        (2, 1, None)
    );
}

#[test]
fn requests_that_do_not_fit_say_why() {
    let config = ProjectConfig::parse(FILES).unwrap();
    let ask = |from: &str, to: &str, monitor: &str| {
        BackfillRequest::try_new(&config, (from, to), vec![monitor.to_owned()], true).unwrap_err()
    };
    let unknown = ask("2026-03-01", "2026-03-02", "hourli");
    assert!(matches!(&unknown, MonitorError::UnknownMonitor { near, .. } if near == &["hourly"]));
    let empty = ask("2026-03-02", "2026-03-02", "hourly");
    assert!(matches!(empty, MonitorError::EmptyRange { .. }));
    assert!(matches!(ask("noon", "2026-03-02", "hourly"), MonitorError::Config(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_writes_its_past_anew_where_a_result_differs() {
    let bench = Bench::new();
    let collector = bench.start().await;
    send(&collector, Table::Predictions, &predictions(0..200), None)
        .await
        .unwrap();
    send(&collector, Table::Labels, &labels(0..150), None).await.unwrap();
    bench
        .until("three hours are labelled", || {
            let labelled = |hour: i64| bench.hour(hour, "report")?.maturity.map(|m| m.labelled);
            (labelled(0), labelled(1), labelled(2)) == (Some(60), Some(60), Some(30))
        })
        .await;
    // The last rows came long ago by the clock, so that every window closes.
    bench
        .until("nothing waits", || {
            let status = collector.status();
            (status.restating, status.open_windows) == (0, 0)
        })
        .await;
    let config = ProjectConfig::parse(YAML).unwrap();
    let whole = |dry_run| request(&config, "2026-02-01", "2026-04-01", &["hourly"], dry_run);
    // What the stream gave is what the stored rows give.
    let same = collector.backfill(&whole(true)).await.unwrap();
    assert_eq!((same.windows, same.unchanged), (4, 8), "{:?}", same.changes);

    // A snapshot that holds something else, and one that is gone.
    let spoil = |snapshot: &Snapshot| Snapshot {
        measurements: Vec::new(),
        ..snapshot.clone()
    };
    let (first, second) = (bench.hour(0, "report").unwrap(), bench.hour(1, "test_suite").unwrap());
    bench.workspace.write_snapshot(&spoil(&first), None).unwrap();
    let folder = bench
        .workspace
        .project_dir("loans")
        .unwrap()
        .join("snapshots/2026/03/01");
    fs::remove_file(folder.join(format!("{}.json", second.id))).unwrap();
    let dry = collector.backfill(&whole(true)).await.unwrap();
    let told: Vec<_> = dry
        .changes
        .iter()
        .map(|c| (c.snapshot.as_str(), c.before, c.rows))
        .collect();
    assert_eq!(
        told,
        [
            (first.id.as_str(), Some(first.revision), 60),
            (second.id.as_str(), None, 60)
        ]
    );
    assert!(bench.hour(0, "report").unwrap().measurements.is_empty() && bench.hour(1, "test_suite").is_none());

    let untouched = bench.hour(2, "report").unwrap();
    let asked = whole(false);
    let work = collector.backfill(&asked);
    let done = std::cell::Cell::new(false);
    let (answer, ()) = tokio::join!(
        async {
            let answer = work.await;
            done.set(true);
            answer
        },
        bench.until("the windows are computed", || done.get())
    );
    let answer = answer.unwrap();
    assert_eq!((answer.dry_run, answer.changes.len()), (false, 2));
    assert_eq!(answer.changes[0].revision, first.revision + 1);
    let mended = bench.hour(0, "report").unwrap();
    assert_eq!(
        (mended.revision, &mended.measurements),
        (first.revision + 1, &first.measurements)
    );
    assert_eq!(bench.hour(1, "test_suite").unwrap().tests, second.tests);
    assert_eq!(bench.hour(2, "report").unwrap(), untouched);
    collector.stop();
    assert!(matches!(
        collector.backfill(&whole(true)).await,
        Err(MonitorError::Collect(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_computes_the_named_monitors_and_no_others() {
    let bench = Bench::new();
    let yaml = format!("{YAML}  - {{name: rows, every: 1h, report: [dataset.rows]}}\n");
    let collector = bench.start_with(&yaml).await;
    send(&collector, Table::Predictions, &predictions(0..200), None)
        .await
        .unwrap();
    bench
        .until("nothing waits", || {
            let status = collector.status();
            let idle = (status.restating, status.open_windows, status.buffered_rows) == (0, 0, 0);
            idle && bench.hour(2, "report").is_some()
        })
        .await;
    let hour = |monitor: &str| format!("20260301T000000Z-report-{monitor}");
    let read = |monitor: &str| bench.workspace.read_snapshot("loans", &hour(monitor)).unwrap();
    let spoilt = ["hourly", "rows"].map(|monitor| {
        let snapshot = read(monitor);
        let spoilt = Snapshot {
            measurements: Vec::new(),
            ..snapshot.clone()
        };
        bench.workspace.write_snapshot(&spoilt, None).unwrap();
        snapshot
    });
    let config = ProjectConfig::parse(&yaml).unwrap();
    let ask = |monitors, dry_run| request(&config, "2026-02-01", "2026-04-01", monitors, dry_run);
    let dry = collector.backfill(&ask(&["rows"], true)).await.unwrap();
    assert_eq!(dry.changes.len(), 1, "{:?}", dry.changes);

    let asked = ask(&["rows"], false);
    let done = std::cell::Cell::new(false);
    let (answer, ()) = tokio::join!(
        async {
            let answer = collector.backfill(&asked).await;
            done.set(true);
            answer
        },
        bench.until("the window is computed", || done.get())
    );
    assert_eq!(answer.unwrap().changes.len(), 1);
    assert_eq!(read("rows").measurements, spoilt[1].measurements);
    assert_eq!(
        (read("hourly").revision, read("hourly").measurements.len()),
        (spoilt[0].revision, 0)
    );
    assert_eq!(collector.status().restating, 0);

    let both = collector.backfill(&ask(&[], true)).await.unwrap();
    let left: Vec<_> = both.changes.iter().map(|c| c.snapshot.as_str()).collect();
    assert_eq!(left, [hour("hourly")]);
    collector.stop();
}
