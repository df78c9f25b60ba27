//! A stream from the first row to the last revision.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use plimsoll_ingest::Format;
use plimsoll_model::{Learned, Measurement, Snapshot, SnapshotStatus, Threshold, config::ProjectConfig};
use plimsoll_monitor::{Clock, CollectError, Collector, CollectorOptions, JobOptions, Phase, Request, Table, run};
use plimsoll_store::Workspace;
use tempfile::TempDir;

const MINUTE: i64 = 60_000_000;
/// 2026-03-01T00:00:00Z.
const MARCH: i64 = 1_772_323_200_000_000;

pub(crate) const YAML: &str = "
project: loans
data:
  source: collector
  timestamp: at
  id: id
  task: binary
  target: repaid
  prediction: p
  score: score
  positive: 'yes'
  columns: {age: {kind: numeric, missing_values: [27]}, city: categorical, note: text}
  missing_values: [NA]
  descriptors:
    has_link: {text.regex: {column: note, pattern: 'https?://'}}
    note_length: {text.length: {column: note}}
    note_sentiment: {text.sentiment: {column: note}}
  segments: [city, has_link]
reference: {source: reference.csv}
collector: {lateness: 1m, flush_every: 1s, labels: {final_after: 30d}}
monitors:
  - {name: hourly, every: 1h, report: [data_drift, data_quality, classification], tests: [data_stability, {classification.accuracy: {gte: 0.5}}, {classification.accuracy: {learned: {std: 3}}}, {column.mean: {column: age, learned: {quantiles: [0.1, 0.9]}}}]}
  - {name: daily, every: 1d, report: [data_summary]}
";

#[derive(Debug)]
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

pub(crate) struct Bench {
    folder: TempDir,
    pub workspace: Arc<Workspace>,
    clock: Arc<TestClock>,
}

fn value(row: i64) -> (f64, &'static str, f64, &'static str) {
    let city = ["Oslo", "Rome", "Bonn"][(row % 3) as usize];
    let score = ((row * 37) % 100) as f64 / 100.0;
    (
        20.0 + (row * 7 % 50) as f64,
        city,
        score,
        if score >= 0.5 { "yes" } else { "no" },
    )
}

fn note(row: i64) -> Option<&'static str> {
    let all = [
        Some("see http://a.b or call"),
        Some("All is well"),
        None,
        Some("NA"),
        Some("Terrible! I want a refund"),
    ];
    all[(row % 5) as usize]
}

fn label(row: i64) -> &'static str {
    let (_, _, score, _) = value(row);
    if (score >= 0.5) == (row % 5 != 0) { "yes" } else { "no" }
}

fn at(row: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(MARCH + row * MINUTE).unwrap()
}

pub(crate) fn predictions(rows: impl Iterator<Item = i64>) -> String {
    let line = |row: i64| {
        let (age, city, score, p) = value(row);
        format!(
            "{{\"id\":\"r{row}\",\"at\":\"{}\",\"age\":{age},\"city\":\"{city}\",\"note\":{},\"score\":{score},\"p\":\"{p}\"}}\n",
            at(row),
            serde_json::to_string(&note(row)).unwrap()
        )
    };
    rows.map(line).collect()
}

pub(crate) fn labels(rows: impl Iterator<Item = i64>) -> String {
    let line = |row: i64| {
        let known = at(row + 30);
        format!(
            "{{\"id\":\"r{row}\",\"at\":\"{known}\",\"repaid\":\"{}\"}}\n",
            label(row)
        )
    };
    rows.map(line).collect()
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut csv = "id,at,age,city,note,score,p,repaid\n".to_owned();
        for row in 0..400 {
            let (age, city, score, p) = value(row);
            csv.push_str(&format!(
                "x{row},2026-01-{:02} 00:00:00,{age},{city},{},{score},{p},{}\n",
                1 + row % 28,
                note(row).unwrap_or_default(),
                label(row)
            ));
        }
        std::fs::write(folder.path().join("reference.csv"), csv).unwrap();
        let workspace = Arc::new(Workspace::create(folder.path().join("workspace")).unwrap());
        workspace.write_project_config("loans", YAML).unwrap();
        Self {
            folder,
            workspace,
            clock: Arc::new(TestClock(AtomicI64::new(MARCH + 30 * 24 * 60 * MINUTE))),
        }
    }

    pub fn base(&self) -> &Path {
        self.folder.path()
    }

    pub async fn start(&self) -> Collector {
        self.start_with(YAML).await
    }

    pub async fn start_with(&self, yaml: &str) -> Collector {
        let options = CollectorOptions {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            ..CollectorOptions::default()
        };
        let config = ProjectConfig::parse(yaml).unwrap();
        let collector = Collector::start(config, self.base(), Arc::clone(&self.workspace), options)
            .await
            .unwrap();
        self.until("the log is read", || collector.status().phase == Phase::Running)
            .await;
        collector
    }

    /// Lets time pass until something holds; the clock moves on by a second each time.
    pub async fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let start = Instant::now();
        while !holds() {
            assert!(start.elapsed() < Duration::from_mins(1), "never: {what}");
            self.clock.0.fetch_add(1_000_000, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn hour(&self, hour: i64, kind: &str) -> Option<Snapshot> {
        let start = jiff::Timestamp::from_microsecond(MARCH + hour * 60 * MINUTE).unwrap();
        let id = format!("{}-{kind}-hourly", start.strftime("%Y%m%dT%H%M%SZ"));
        self.workspace.read_snapshot("loans", &id).ok()
    }
}

pub(crate) async fn send(
    collector: &Collector,
    table: Table,
    body: &str,
    key: Option<&str>,
) -> Result<u64, CollectError> {
    let request = Request {
        table,
        body: body.as_bytes(),
        format: Format::NdJson,
        key,
        stamp: false,
    };
    collector.submit(request).await.map(|receipt| receipt.accepted)
}

/// Measurements as values, without what tells exactness by bits.
fn numbers(measurements: &[Measurement]) -> Vec<(String, String, Option<f64>)> {
    measurements
        .iter()
        .flat_map(|m| {
            m.points
                .iter()
                .map(move |p| (m.id.clone(), format!("{} {:?}", p.field, p.labels), p.value))
        })
        .collect()
}

fn assert_same(live: &Snapshot, batch: &Snapshot) {
    let (a, b) = (numbers(&live.measurements), numbers(&batch.measurements));
    assert_eq!(a.len(), b.len(), "{}", live.id);
    for ((id, point, x), (other, same, y)) in a.iter().zip(&b) {
        assert_eq!((id, point), (other, same));
        let close = match (x, y) {
            (Some(x), Some(y)) => (x - y).abs() <= 1e-9 * x.abs().max(1.0),
            (x, y) => x == y,
        };
        assert!(close, "{}: {id} {point}: {x:?} live, {y:?} batch", live.id);
    }
    let outcome = |s: &Snapshot| {
        let tests = s.tests.iter();
        tests
            .map(|t| (t.metric.clone(), t.status, t.bound.describe()))
            .collect::<Vec<_>>()
    };
    assert_eq!(outcome(live), outcome(batch), "{}", live.id);
}

/// A number as snapshots keep it.
fn kept(value: f64) -> f64 {
    plimsoll_model::significant(value, 10)
}

/// The reference has 14 or 15 rows in the first hour of each of 28 days; the last is not known to be whole.
fn bounds_are_learned_from_hours(suite: &Snapshot) {
    let age = |day: i64| {
        let rows: Vec<f64> = (0..400).filter(|row| row % 28 == day).map(|row| value(row).0).collect();
        let known: Vec<f64> = rows.into_iter().filter(|age| *age != 27.0).collect();
        known.iter().sum::<f64>() / known.len() as f64
    };
    let means: Vec<f64> = (0..27).map(age).collect();
    let (lower, upper) = Learned::Quantiles([0.1, 0.9]).of(&means).unwrap();
    let mut test = suite
        .tests
        .iter()
        .filter(|t| t.metric == "column.mean" && t.labels["column"] == "age");
    let bound = &test.rfind(|t| t.labels.len() == 1).unwrap().bound;
    let ends = [&bound.gte, &bound.lte].map(|threshold| match threshold {
        Some(Threshold::Approx { approx }) => approx.value,
        other => panic!("{other:?}"),
    });
    assert!(
        (ends[0] - lower).abs() < 1e-9 && (ends[1] - upper).abs() < 1e-9,
        "{ends:?} {lower} {upper}"
    );
}

/// What a text says is a column like any other, of the whole and of segments, and marked cells are missing.
fn texts_are_described(hour: &Snapshot) {
    let of = |id: &str, labels: [(&str, &str); 1]| {
        let labels: plimsoll_model::Labels = labels.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let points = hour.measurements.iter().filter(|m| m.id == id).flat_map(|m| &m.points);
        let point = points
            .filter(|p| p.labels == labels && p.field != "share")
            .map(|p| p.value);
        point.flatten().collect::<Vec<_>>()
    };
    assert_eq!(of("column.missing", [("column", "note")]), [24.0]);
    assert_eq!(of("column.missing", [("column", "has_link")]), [24.0]);
    assert_eq!(
        of("column.mean", [("column", "note_length")]),
        [kept((22.0 + 11.0 + 25.0) / 3.0)]
    );
    let age: Vec<f64> = (60..120).map(|row| value(row).0).filter(|age| *age != 27.0).collect();
    assert_eq!(
        of("column.mean", [("column", "age")]),
        [kept(age.iter().sum::<f64>() / age.len() as f64)]
    );
    let linked = hour.measurements.iter().flat_map(|m| &m.points);
    let linked = linked.filter(|p| {
        p.labels
            .get(plimsoll_model::SEGMENT)
            .is_some_and(|s| s == "has_link=true")
    });
    assert!(linked.count() > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_become_snapshots_and_labels_restate_them() {
    let bench = Bench::new();
    let collector = bench.start().await;
    assert_eq!(
        send(&collector, Table::Predictions, &predictions(0..150), Some("a")).await,
        Ok(150)
    );
    // The same request again changes nothing; the same key with other rows is refused.
    assert_eq!(
        send(&collector, Table::Predictions, &predictions(0..150), Some("a")).await,
        Ok(150)
    );
    let other = send(&collector, Table::Predictions, &predictions(0..10), Some("a")).await;
    assert_eq!(other, Err(CollectError::KeyReused("a".to_owned())));
    // Without a key the ids tell.
    send(&collector, Table::Predictions, &predictions(100..200), None)
        .await
        .unwrap();
    bench
        .until("three hours have a snapshot", || {
            (0..3).all(|h| bench.hour(h, "report").is_some_and(|s| s.run.rows == 60))
        })
        .await;
    bench
        .until("duplicates are counted", || {
            collector.status().activity.totals.duplicates == 50
        })
        .await;
    let before = bench.hour(1, "report").unwrap();
    assert_eq!(
        (before.status, before.maturity.as_ref().unwrap().labelled),
        (SnapshotStatus::Estimated, 0)
    );

    // Labels come, some before their prediction.
    send(&collector, Table::Labels, &labels(0..90), None).await.unwrap();
    send(&collector, Table::Labels, &labels(200..210), None).await.unwrap();
    bench
        .until("the first hour is labelled", || {
            bench
                .hour(0, "report")
                .is_some_and(|s| s.maturity.is_some_and(|m| m.labelled == 60))
        })
        .await;
    let first = bench.hour(0, "report").unwrap();
    let maturity = first.maturity.clone().unwrap();
    assert_eq!((first.status, maturity.coverage), (SnapshotStatus::Final, 1.0));
    assert_eq!(maturity.delay_seconds_p50, Some(1_800.0));
    bench
        .until("the second hour is half labelled", || {
            bench
                .hour(1, "report")
                .is_some_and(|s| s.maturity.is_some_and(|m| m.labelled == 30))
        })
        .await;
    assert_eq!(bench.hour(1, "report").unwrap().status, SnapshotStatus::Provisional);
    assert_eq!(collector.status().labels_waiting, 10);
    // A window is computed again, and the former revision stays readable.
    let second = bench.hour(1, "report").unwrap();
    let kept = bench.workspace.revisions("loans", &second.id).unwrap();
    assert_eq!(kept.last().map(|r| r.revision), Some(second.revision));
    assert_eq!(kept[0].status, SnapshotStatus::Estimated);
    assert!(bench.hour(1, "report").unwrap().revision > before.revision);

    // After a stop and a start the stream goes on where it was, and the labels that waited find their rows.
    collector.stop();
    let collector = bench.start().await;
    assert_eq!(collector.status().labels_waiting, 10);
    assert_eq!(
        send(&collector, Table::Predictions, &predictions(0..150), Some("a")).await,
        Ok(150)
    );
    send(&collector, Table::Predictions, &predictions(180..300), None)
        .await
        .unwrap();
    bench
        .until("the fourth hour has the labels that waited", || {
            bench
                .hour(3, "report")
                .is_some_and(|s| s.run.rows == 60 && s.maturity.is_some_and(|m| m.labelled == 10))
        })
        .await;
    bench
        .until("nothing is left to do", || {
            let status = collector.status();
            status.restating == 0 && status.buffered_rows == 0 && bench.hour(4, "report").is_some()
        })
        .await;
    collector.stop();

    texts_are_described(&bench.hour(1, "report").unwrap());
    bounds_are_learned_from_hours(&bench.hour(1, "test_suite").unwrap());

    // The batch job over the stored rows gives the same numbers.
    let live: Vec<Snapshot> = (0..5)
        .flat_map(|h| ["report", "test_suite"].map(|kind| bench.hour(h, kind).unwrap()))
        .collect();
    assert_eq!(live.iter().map(|s| s.run.rows).sum::<u64>(), 600);
    let config = ProjectConfig::parse(YAML).unwrap();
    let options = JobOptions {
        force: true,
        ..JobOptions::default()
    };
    run(&config, YAML, bench.base(), &bench.workspace, &options, &mut |_| ())
        .await
        .unwrap();
    for before in &live {
        let after = bench.workspace.read_snapshot("loans", &before.id).unwrap();
        assert_same(before, &after);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn late_rows_reopen_their_window_and_bad_rows_are_counted() {
    let bench = Bench::new();
    let collector = bench.start().await;
    send(
        &collector,
        Table::Predictions,
        &predictions((0..50).chain(60..200)),
        None,
    )
    .await
    .unwrap();
    bench
        .until("the first hour is written", || {
            bench.hour(0, "report").is_some_and(|s| s.run.rows == 50)
        })
        .await;
    bench
        .until("it has closed", || collector.status().open_windows <= 3)
        .await;
    send(&collector, Table::Predictions, &predictions(50..60), None)
        .await
        .unwrap();
    bench
        .until("the late rows are in", || {
            bench.hour(0, "report").is_some_and(|s| s.run.rows == 60)
        })
        .await;
    assert_eq!(collector.status().activity.totals.late, 10);
    let body = "{\"id\":\"q1\",\"at\":\"soon\"}\nno json\n{\"at\":\"2026-03-01\"}\n{\"id\":\"q2\",\"at\":\"2026-03-01T09:00:00Z\",\"age\":\"old\",\"extra\":1}\n";
    assert_eq!(send(&collector, Table::Predictions, body, None).await, Ok(1));
    bench
        .until("they are counted", || collector.status().activity.totals.rejected == 3)
        .await;
    let activity = collector.status().activity;
    let mut codes: Vec<_> = activity.rejects.iter().map(|r| r.reason.as_str()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["id_missing", "malformed", "timestamp_unreadable"]);
    let mut odd: Vec<_> = activity.schema_changes.iter().map(|c| c.column.as_str()).collect();
    odd.sort_unstable();
    assert_eq!(odd, ["age", "extra"]);
    collector.stop();
    assert!(matches!(
        send(&collector, Table::Predictions, "{}", None).await,
        Err(CollectError::Stopped(_))
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_collects_for_a_project() {
    let bench = Bench::new();
    let collector = bench.start().await;
    let config = ProjectConfig::parse(YAML).unwrap();
    let again = Collector::start(
        config,
        bench.base(),
        Arc::clone(&bench.workspace),
        CollectorOptions::default(),
    )
    .await;
    let message = again.unwrap_err().to_string();
    assert!(message.contains("wal"), "{message}");
    collector.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_another_type_count_live_as_in_a_file() {
    let bench = Bench::new();
    let monitors =
        "monitors: [{name: hourly, every: 1h, report: [dataset.type_mismatches, {column.missing: {column: age}}]}]\n";
    let yaml = format!("{}{monitors}", YAML.split("monitors:").next().unwrap());
    let collector = bench.start_with(&yaml).await;
    // Text, a list, a text that is a number, and one that stands for missing.
    let strange = [(7, "\"old\""), (8, "[1]"), (9, "\"33\""), (10, "\"NA\"")];
    let mut lines: Vec<String> = predictions(0..180).lines().map(str::to_owned).collect();
    for (row, age) in strange {
        let before = format!("\"age\":{},", value(row).0);
        let line = &mut lines[usize::try_from(row).unwrap()];
        *line = line.replace(&before, &format!("\"age\":{age},"));
    }
    let sent = send(&collector, Table::Predictions, &lines.join("\n"), None)
        .await
        .unwrap();
    assert_eq!(sent, 180);
    bench
        .until("the hour is there", || {
            collector.status().open_windows == 0 && bench.hour(0, "report").is_some()
        })
        .await;
    collector.stop();
    let live = bench.hour(0, "report").unwrap();
    let of = |snapshot: &Snapshot, id: &str, field: &str| {
        let found = snapshot.measurements.iter().find(|m| m.id == id).unwrap();
        found.points.iter().find(|p| p.field == field).unwrap().value
    };
    assert_eq!(of(&live, "dataset.type_mismatches", "count"), Some(1.0));
    assert_eq!(of(&live, "dataset.type_mismatches", "cells"), Some(2.0));
    assert_eq!(of(&live, "column.missing", "count"), Some(5.0));
    let note = &live
        .measurements
        .iter()
        .find(|m| m.id == "dataset.type_mismatches")
        .unwrap()
        .notes[0];
    assert!(
        note.contains("`age`") && note.contains("such as `old`; 2 of 57 values do not fit"),
        "{note}"
    );

    // The stored rows give the same.
    let config = ProjectConfig::parse(&yaml).unwrap();
    let options = JobOptions {
        force: true,
        ..JobOptions::default()
    };
    run(&config, &yaml, bench.base(), &bench.workspace, &options, &mut |_| ())
        .await
        .unwrap();
    let batch = bench.hour(0, "report").unwrap();
    assert_same(&live, &batch);

    // And so does a file of them.
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rows.jsonl"), lines.join("\n")).unwrap();
    let yaml = yaml
        .replace("source: collector", "source: rows.jsonl")
        .replace("reference: {source: reference.csv}\n", "");
    let of_a_collector = |line: &&str| line.starts_with("collector:") || line.contains("target:");
    let yaml = yaml
        .lines()
        .filter(|l| !of_a_collector(l))
        .collect::<Vec<_>>()
        .join("\n");
    let config = ProjectConfig::parse(&yaml).unwrap();
    let workspace = Workspace::create(folder.path().join("workspace")).unwrap();
    run(&config, &yaml, folder.path(), &workspace, &options, &mut |_| ())
        .await
        .unwrap();
    let file = workspace.read_snapshot("loans", &batch.id).unwrap();
    for (id, field) in [("dataset.type_mismatches", "cells"), ("column.missing", "count")] {
        assert_eq!(of(&file, id, field), of(&live, id, field), "{id}");
    }
}
