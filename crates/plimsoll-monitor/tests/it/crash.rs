//! The process is killed at random moments under load: what was acknowledged is stored, once, and every window is as if
//! computed from scratch.
//!
//! The test starts itself again as the process that is killed. `PLIMSOLL_CRASH_ROUNDS=200` is the long form.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use arrow::array::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use plimsoll_ingest::Format;
use plimsoll_model::{Snapshot, config::ProjectConfig};
use plimsoll_monitor::{CollectError, Collector, CollectorOptions, JobOptions, Phase, Request, Table, run};
use plimsoll_store::Workspace;

const FOLDER: &str = "PLIMSOLL_CRASH_FOLDER";
const FROM: &str = "PLIMSOLL_CRASH_FROM";
const ROUNDS: &str = "PLIMSOLL_CRASH_ROUNDS";
/// Rows of a request.
const ROWS: i64 = 25;
/// Requests that wait for their answer together.
const TOGETHER: i64 = 4;

const YAML: &str = "
project: crash
data: {source: collector, timestamp: at, id: id, task: regression, target: y, prediction: x, columns: {size: numeric}}
collector: {lateness: 5m, flush_every: 1s, recent_ids: 5000}
monitors: [{name: hourly, every: 1h, report: [data_quality, regression]}]
";

fn at(row: i64) -> jiff::Timestamp {
    // One row a second from 1 March 2026; every 50th comes four hours late.
    let second = if row % 50 == 49 { row - 14_400 } else { row };
    jiff::Timestamp::from_second(1_772_323_200 + second).unwrap()
}

fn predictions(request: i64) -> String {
    let line = |row: i64| {
        format!(
            "{{\"id\":\"r{row}\",\"at\":\"{}\",\"size\":{},\"x\":{}}}\n",
            at(row),
            row % 17,
            row % 5
        )
    };
    (request * ROWS..(request + 1) * ROWS).map(line).collect()
}

/// Labels with the time at which they became known; by their arrival they would be too late for rows of the past.
fn labels(request: i64) -> String {
    let line = |row: i64| {
        format!(
            "{{\"id\":\"r{row}\",\"at\":\"{}\",\"y\":{}}}\n",
            at(row + 1_800),
            row % 7
        )
    };
    (request * ROWS..(request + 1) * ROWS).step_by(3).map(line).collect()
}

async fn send(collector: &Collector, table: Table, body: &str, key: &str) {
    loop {
        let request = Request {
            table,
            body: body.as_bytes(),
            format: Format::NdJson,
            key: Some(key),
            stamp: false,
        };
        match collector.submit(request).await {
            Ok(_) => return,
            Err(CollectError::Busy | CollectError::Starting) => tokio::time::sleep(Duration::from_millis(5)).await,
            Err(e) => panic!("{e}"),
        }
    }
}

async fn start(folder: &Path) -> Arc<Collector> {
    let workspace = Arc::new(Workspace::create(folder).unwrap());
    let config = ProjectConfig::parse(YAML).unwrap();
    let collector = Collector::start(config, folder, workspace, CollectorOptions::default())
        .await
        .unwrap();
    while collector.status().phase == Phase::Recovering {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        collector.status().phase,
        Phase::Running,
        "{:?}",
        collector.status().last_error
    );
    Arc::new(collector)
}

/// The process that is killed: sends requests and prints the number of each that was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_is_killed() {
    let (Ok(folder), Ok(from)) = (std::env::var(FOLDER), std::env::var(FROM)) else {
        return;
    };
    let collector = start(Path::new(&folder)).await;
    let from: i64 = from.parse().unwrap();
    for first in (from..).step_by(TOGETHER as usize) {
        let tasks: Vec<_> = (first..first + TOGETHER)
            .map(|request| {
                let collector = Arc::clone(&collector);
                tokio::spawn(async move {
                    send(
                        &collector,
                        Table::Predictions,
                        &predictions(request),
                        &format!("p{request}"),
                    )
                    .await;
                    send(&collector, Table::Labels, &labels(request), &format!("l{request}")).await;
                    request
                })
            })
            .collect();
        for task in tasks {
            let request = task.await.unwrap();
            let mut out = std::io::stdout().lock();
            writeln!(out, "\nacknowledged {request}").unwrap();
            out.flush().unwrap();
        }
    }
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // SIGKILL: nothing of the process runs after it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ids of all stored rows of a table, with how often each is there.
fn stored(folder: &Path, table: &str) -> BTreeMap<String, usize> {
    let mut found = Vec::new();
    let mut folders = vec![folder.join("projects/crash").join(table)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "parquet") {
                found.push(path);
            }
        }
    }
    let named = named_parts(folder);
    let mut ids: BTreeMap<String, usize> = BTreeMap::new();
    for path in found {
        // A part that was replaced stays for a while.
        if !named.contains(&path) {
            continue;
        }
        let reader = ParquetRecordBatchReaderBuilder::try_new(std::fs::File::open(path).unwrap()).unwrap();
        for batch in reader.build().unwrap() {
            let batch = batch.unwrap();
            for id in batch.column_by_name("id").unwrap().as_string::<i32>().iter().flatten() {
                *ids.entry(id.to_owned()).or_default() += 1;
            }
        }
    }
    ids
}

/// Files of the parts that the newest manifest names.
fn named_parts(folder: &Path) -> BTreeSet<PathBuf> {
    let project = folder.join("projects/crash");
    let manifests = std::fs::read_dir(project.join("manifest")).unwrap();
    let newest = manifests
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "json"))
        .max();
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(newest.unwrap()).unwrap()).unwrap();
    ["predictions", "labels"]
        .into_iter()
        .flat_map(|table| manifest[table].as_array().unwrap().clone())
        .map(|part| project.join(part["path"].as_str().unwrap()))
        .collect()
}

fn numbers(snapshot: &Snapshot) -> Vec<(String, Option<f64>)> {
    let points = snapshot
        .measurements
        .iter()
        .flat_map(|m| m.points.iter().map(move |p| (m, p)));
    points
        .map(|(m, p)| (format!("{} {} {:?}", m.id, p.field, p.labels), p.value))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_and_nothing_is_counted_twice() {
    let rounds: u64 = std::env::var(ROUNDS).ok().and_then(|r| r.parse().ok()).unwrap_or(10);
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: BTreeSet<i64> = BTreeSet::new();
    let mut sent = 0;
    for round in 0..rounds {
        // Requests that were not acknowledged are sent again, as a client would.
        let from = (0..i64::MAX)
            .find(|request| !acknowledged.contains(request))
            .unwrap_or(0);
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::the_process_that_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .env(FROM, from.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut child = Killed(child);
        let lines = BufReader::new(child.0.stdout.take().unwrap());
        // After some answers, and a pause of a pseudo-random length, so that any step may be cut.
        let (answers, pause) = (3 + round * 7 % 41, round.wrapping_mul(7_919) % 700);
        let (mut seen, mut killing) = (0, None);
        for line in lines.lines().map_while(Result::ok) {
            if let Some(request) = line.strip_prefix("acknowledged ") {
                let request: i64 = request.parse().unwrap();
                acknowledged.insert(request);
                sent = sent.max(request + TOGETHER * 2);
                seen += 1;
            }
            if seen == answers && killing.is_none() {
                let pid = child.0.id();
                killing = Some(std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(pause));
                    Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
                }));
            }
        }
        killing.expect("the process answered too little").join().unwrap();
    }

    // The last start reads the log, computes what is left to compute, and stops.
    let collector = start(folder.path()).await;
    let began = Instant::now();
    loop {
        let status = collector.status();
        if status.restating == 0 && status.buffered_rows == 0 && status.phase == Phase::Running {
            break;
        }
        assert!(began.elapsed() < Duration::from_mins(2), "{status:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    collector.stop();
    let (rows, given) = (stored(folder.path(), "predictions"), stored(folder.path(), "labels"));
    for request in &acknowledged {
        for row in request * ROWS..(request + 1) * ROWS {
            assert_eq!(
                rows.get(&format!("r{row}")),
                Some(&1),
                "row r{row} of acknowledged request {request}"
            );
        }
        for row in (request * ROWS..(request + 1) * ROWS).step_by(3) {
            assert!(given.contains_key(&format!("r{row}")), "label of r{row}");
        }
    }
    assert!(rows.values().all(|n| *n == 1), "a row is stored twice");
    assert!(
        i64::try_from(rows.len()).unwrap() <= sent * ROWS,
        "more rows are stored than were sent"
    );

    compare_windows(folder.path(), rows.len() as u64).await;
}

/// Holds every window against one computed from scratch.
async fn compare_windows(folder: &Path, stored_rows: u64) {
    let workspace = Workspace::open(folder).unwrap();
    let mut live = Vec::new();
    let mut total = 0;
    workspace.sync().unwrap();
    let page = workspace
        .metrics()
        .snapshots("crash", &plimsoll_model::SnapshotFilter::default(), None, 10_000)
        .unwrap();
    for meta in page.items {
        let snapshot = workspace.read_snapshot("crash", &meta.id).unwrap();
        total += snapshot.run.rows;
        live.push(snapshot);
    }
    assert_eq!(total, stored_rows, "rows of all windows");
    let options = JobOptions {
        force: true,
        ..JobOptions::default()
    };
    let config = ProjectConfig::parse(YAML).unwrap();
    run(&config, YAML, folder, &workspace, &options, &mut |_| ())
        .await
        .unwrap();
    for before in &live {
        let after = workspace.read_snapshot("crash", &before.id).unwrap();
        for ((point, x), (same, y)) in numbers(before).iter().zip(&numbers(&after)) {
            assert_eq!(point, same);
            let close = match (x, y) {
                (Some(x), Some(y)) => (x - y).abs() <= 1e-9 * x.abs().max(1.0),
                (x, y) => x == y,
            };
            assert!(close, "{}: {point}: {x:?} live, {y:?} from scratch", before.id);
        }
    }
}
