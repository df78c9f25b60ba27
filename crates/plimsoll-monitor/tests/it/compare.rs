//! What is stored and shown, held against what must be.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use arrow::array::AsArray;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use plimsoll_model::{Snapshot, config::ProjectConfig};
use plimsoll_monitor::{Collector, JobOptions, Phase, run};
use plimsoll_store::Workspace;

/// Waits until all rows are in the prediction store and no window is left to be computed; something must get on.
pub async fn settled(collector: &Collector) {
    let mut moved = (Instant::now(), 0);
    loop {
        let status = collector.status();
        let done = status.restated + status.activity.totals.accepted;
        if done != moved.1 {
            moved = (Instant::now(), done);
        }
        if status.restating == 0 && status.buffered_rows == 0 && status.phase == Phase::Running {
            return;
        }
        assert!(moved.0.elapsed() < Duration::from_mins(2), "{status:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Ids of all stored rows of a table, with how often each is there.
pub fn stored(folder: &Path, table: &str) -> BTreeMap<String, usize> {
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

/// Holds every window against one computed from scratch.
pub async fn compare_windows(folder: &Path, yaml: &str, stored_rows: u64) {
    let config = ProjectConfig::parse(yaml).unwrap();
    let project = &config.project;
    let workspace = Workspace::open(folder).unwrap();
    let mut live = Vec::new();
    let mut total = 0;
    workspace.sync().unwrap();
    let page = workspace
        .metrics()
        .snapshots(project, &plimsoll_model::SnapshotFilter::default(), None, 10_000)
        .unwrap();
    for meta in page.items {
        let snapshot = workspace.read_snapshot(project, &meta.id).unwrap();
        total += snapshot.run.rows;
        live.push(snapshot);
    }
    assert_eq!(total, stored_rows, "rows of all windows");
    let options = JobOptions {
        force: true,
        ..JobOptions::default()
    };
    run(&config, yaml, folder, &workspace, &options, &mut |_| ())
        .await
        .unwrap();
    for before in &live {
        let after = workspace.read_snapshot(project, &before.id).unwrap();
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
