//! The prediction store: the same tests on a disk, in memory and on S3, and foreign readers of its files.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
};

use arrow::{
    array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::{Float64Type, TimestampMicrosecondType},
};
use futures::{StreamExt, future::LocalBoxFuture};
use jiff::{SignedDuration, Timestamp};
use object_store::{
    ObjectStore, ObjectStoreExt,
    aws::{AmazonS3Builder, S3ConditionalPut},
    memory::InMemory,
    path::Path,
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use plimsoll_store::{
    log::Position,
    rows::{Columns, Commit, Part, Place, Policy, RowOptions, RowStore, RowsError, Sweep, Table},
};
use serde_json::json;
use tempfile::TempDir;

use crate::s3_server::Server;

pub(crate) const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// Midnight of 2026-11-23 in microseconds.
pub(crate) const MONDAY: i64 = 1_795_392_000_000_000;

/// Id, time and value of a row.
type Row = (String, i64, f64);

pub(crate) fn row(n: i64, time: i64) -> Row {
    (format!("id-{n}"), time, n as f64 / 2.0)
}

pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let ids = StringArray::from_iter_values(rows.iter().map(|r| &r.0));
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|r| r.1)).with_timezone("UTC");
    let values = Float64Array::from_iter_values(rows.iter().map(|r| r.2));
    RecordBatch::try_from_iter([
        ("id", Arc::new(ids) as ArrayRef),
        ("time", Arc::new(times) as ArrayRef),
        ("value", Arc::new(values) as ArrayRef),
    ])
    .unwrap()
}

pub(crate) fn columns() -> Columns {
    Columns {
        id: Some("id".to_owned()),
        event_time: "time".to_owned(),
        arrival: "time".to_owned(),
        label_order: "time".to_owned(),
    }
}

pub(crate) fn commit(predictions: Vec<RecordBatch>, position: u64) -> Commit {
    Commit {
        predictions,
        labels: Vec::new(),
        log_position: Position(position),
        state: json!({"position": position}),
    }
}

async fn open(place: &Place) -> RowStore {
    RowStore::open_for_writing(place.clone(), columns()).await.unwrap()
}

/// Rows of one part each, an hour apart, from a day on.
pub(crate) async fn write(store: &RowStore, parts: i64, day: i64) {
    for n in 0..parts {
        let position = store.manifest().log_position.0 + 1;
        let rows = [row(100 * day + n, MONDAY + day * DAY + n * HOUR)];
        store.commit(commit(vec![batch(&rows)], position)).await.unwrap();
    }
}

/// All rows of a table in the order of the parts.
pub(crate) async fn read(store: &RowStore, table: Table) -> Vec<Row> {
    let mut found = Vec::new();
    for part in store.parts(table, None) {
        let object = store.place().object_path(&part.path);
        let bytes = store.place().store().get(&object).await.unwrap().bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, part.bytes);
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes)
            .unwrap()
            .build()
            .unwrap();
        let mut times = Vec::new();
        for batch in reader {
            found.extend(rows_of(&batch.unwrap()));
            times = found.iter().map(|r| r.1).collect();
        }
        let own = &times[times.len() - part.rows as usize..];
        assert!(own.is_sorted());
        assert_eq!((own.first(), own.last()), (Some(&part.first), Some(&part.last)));
    }
    found
}

fn rows_of(batch: &RecordBatch) -> Vec<Row> {
    let ids = batch.column_by_name("id").unwrap().as_string::<i32>().clone();
    let times = batch.column_by_name("time").unwrap();
    let times = times.as_primitive::<TimestampMicrosecondType>().clone();
    let values = batch.column_by_name("value").unwrap();
    let values = values.as_primitive::<Float64Type>().clone();
    (0..batch.num_rows())
        .map(|n| (ids.value(n).to_owned(), times.value(n), values.value(n)))
        .collect()
}

async fn objects(store: &RowStore, folder: &str) -> Vec<String> {
    let below = store.place().object_path(folder);
    let listed = store.place().store().list(Some(&below));
    let mut paths: Vec<String> = listed.map(|m| m.unwrap().location.to_string()).collect().await;
    paths.sort();
    paths
}

pub(crate) fn later(seconds: i64) -> Timestamp {
    Timestamp::now() + SignedDuration::from_secs(seconds)
}

async fn rows_come_back_by_date_in_order_of_time(place: Place) {
    let store = open(&place).await;
    let rows = [
        row(1, MONDAY + HOUR),
        row(2, MONDAY - 1),
        row(3, MONDAY),
        row(4, MONDAY + DAY),
    ];
    let manifest = store
        .commit(commit(vec![batch(&rows[..2]), batch(&rows[2..])], 7))
        .await
        .unwrap();
    assert_eq!((manifest.number, manifest.log_position), (1, Position(7)));
    let dates: Vec<&str> = manifest.predictions.iter().map(Part::date).collect();
    assert_eq!(dates, ["2026-11-22", "2026-11-23", "2026-11-24"]);
    let order = [1, 2, 0, 3].map(|n: usize| rows[n].clone());
    assert_eq!(read(&store, Table::Predictions).await, order);
    let again = RowStore::open(place.clone(), columns()).await.unwrap();
    assert_eq!(again.manifest().state, json!({"position": 7}));
    assert_eq!(read(&again, Table::Predictions).await, order);
    assert_eq!(store.paths(Table::Predictions, Some((MONDAY, MONDAY + HOUR))).len(), 1);
    assert_eq!(
        store.paths(Table::Predictions, Some((MONDAY, MONDAY + DAY + 1))).len(),
        2
    );
    // A reader that was open before finds what came since.
    write(&store, 1, 3).await;
    assert_eq!(again.refresh().await.unwrap().number, 2);
    let behind = store.commit(commit(Vec::new(), 3)).await.unwrap_err();
    assert!(matches!(behind, RowsError::Behind { .. }), "{behind}");
}

async fn columns_may_come_and_change(place: Place) {
    let store = open(&place).await;
    write(&store, 1, 0).await;
    let with = |name: &str, column: ArrayRef| {
        let rows = batch(&[row(9, MONDAY + 2 * HOUR)]);
        let mut named: Vec<(String, ArrayRef)> = rows
            .schema()
            .fields()
            .iter()
            .zip(rows.columns())
            .map(|(f, c)| (f.name().clone(), Arc::clone(c)))
            .filter(|(own, _)| own != name)
            .collect();
        named.push((name.to_owned(), column));
        RecordBatch::try_from_iter(named).unwrap()
    };
    let text = || Arc::new(StringArray::from(vec!["red"])) as ArrayRef;
    store.commit(commit(vec![with("color", text())], 5)).await.unwrap();
    store.commit(commit(vec![with("value", text())], 6)).await.unwrap();
    let schema = store.schema(Table::Predictions).unwrap();
    let types: Vec<String> = schema
        .fields()
        .iter()
        .map(|f| format!("{} {}", f.name(), f.data_type()))
        .collect();
    assert_eq!(
        types,
        ["id Utf8", "time Timestamp(µs, \"UTC\")", "value Utf8", "color Utf8"]
    );
    let sample = store.sample(Table::Predictions, 10).await.unwrap().unwrap();
    assert_eq!((sample.schema(), sample.num_rows()), (schema, 3));
    let unfit = store.commit(commit(vec![with("time", text())], 7)).await.unwrap_err();
    assert!(
        unfit
            .to_string()
            .contains("column `time` of the predictions is of type Utf8"),
        "{unfit}"
    );
}

async fn of_two_writers_one_wins(place: Place) {
    let (one, two) = (open(&place).await, open(&place).await);
    write(&one, 1, 0).await;
    let error = two.commit(commit(vec![batch(&[row(2, MONDAY)])], 1)).await.unwrap_err();
    assert!(
        error.to_string().contains("somebody else writes the prediction store"),
        "{error}"
    );
    // Also if it is so far behind that its number is free again.
    write(&one, 8, 1).await;
    let error = two.commit(commit(Vec::new(), 2)).await.unwrap_err();
    assert!(matches!(error, RowsError::Contended { number: 9, .. }), "{error}");
    assert_eq!(RowStore::open(place, columns()).await.unwrap().manifest().number, 9);
}

async fn racing_writers_have_one_winner(place: Place) {
    let stores = futures::future::join_all((0..6).map(|_| open(&place))).await;
    let commits = stores.iter().zip(0..).map(|(store, n)| {
        let rows = batch(&[row(n, MONDAY)]);
        store.commit(commit(vec![rows], 1))
    });
    let results = futures::future::join_all(commits).await;
    let winners: Vec<i64> = (0..6)
        .zip(&results)
        .filter(|(_, r)| r.is_ok())
        .map(|(n, _)| n)
        .collect();
    assert_eq!(winners.len(), 1, "{results:?}");
    let store = RowStore::open(place, columns()).await.unwrap();
    assert_eq!(read(&store, Table::Predictions).await, [row(winners[0], MONDAY)]);
}

async fn what_a_crash_leaves_is_swept(place: Place) {
    let store = open(&place).await;
    write(&store, 2, 0).await;
    // A crash between the parts and the manifest: the part is there, and no manifest names it.
    let part = store.parts(Table::Predictions, None)[0].path.clone();
    let left = part.replace("part-", "part-left-");
    let objects_of = place.store();
    objects_of
        .copy(&place.object_path(&part), &place.object_path(&left))
        .await
        .unwrap();
    let store = RowStore::open(place.clone(), columns()).await.unwrap();
    assert_eq!(read(&store, Table::Predictions).await.len(), 2);
    let young = Sweep::OlderThan(later(-3600));
    assert_eq!(
        store.sweep(young).await.unwrap(),
        0,
        "another process may be about to name it"
    );
    assert_eq!(store.sweep(Sweep::All).await.unwrap(), 1);
    assert_eq!(objects(&store, "predictions").await.len(), 2);
    assert_eq!(read(&store, Table::Predictions).await.len(), 2);
}

async fn small_parts_are_joined_and_deleted_later(place: Place) {
    let store = open(&place).await;
    write(&store, 20, 0).await;
    write(&store, 3, 1).await;
    let before = read(&store, Table::Predictions).await;
    let now = later(0);
    let old = RowStore::open(place.clone(), columns()).await.unwrap();
    assert!(store.compact(now).await.unwrap() >= 20);
    let dates: Vec<String> = store
        .parts(Table::Predictions, None)
        .iter()
        .map(|p| p.date().to_owned())
        .collect();
    // Few parts of the newest date are left alone.
    assert_eq!(dates, ["2026-11-23", "2026-11-24", "2026-11-24", "2026-11-24"]);
    assert_eq!(read(&store, Table::Predictions).await, before);
    assert_eq!(store.manifest().state, json!({"position": 23}));
    // A reader that has the manifest of before still finds its parts, until some time has passed.
    assert_eq!(read(&old, Table::Predictions).await, before);
    write(&store, 1, 2).await;
    store.compact(later(60)).await.unwrap();
    assert_eq!(read(&old, Table::Predictions).await, before);
    store.compact(later(3600)).await.unwrap();
    store.compact(later(3601)).await.unwrap();
    let manifest = store.manifest();
    assert!(manifest.retired.len() <= 3, "{:?}", manifest.retired);
    assert_eq!(
        objects(&store, "predictions").await.len(),
        manifest.predictions.len() + manifest.retired.len()
    );
    assert!(objects(&store, "manifest").await.len() <= 5);
}

async fn interleaved_parts_are_merged_in_order(place: Place) {
    let store = open(&place).await;
    let mut all = Vec::new();
    for part in 0..10 {
        let rows: Vec<Row> = (0..500)
            .map(|n| row(10 * n + part, MONDAY + (10 * n + part) * 1000))
            .collect();
        store.commit(commit(vec![batch(&rows)], part as u64)).await.unwrap();
        all.extend(rows);
    }
    all.sort_by_key(|r| r.1);
    assert_eq!(store.compact(later(0)).await.unwrap(), 10);
    assert_eq!(store.parts(Table::Predictions, None).len(), 1);
    assert_eq!(read(&store, Table::Predictions).await, all);
}

async fn old_and_large_parts_go(place: Place) {
    let store = open(&place).await;
    for day in 0..4 {
        write(&store, 1, day).await;
    }
    let now = Timestamp::from_microsecond(MONDAY + 4 * DAY).unwrap();
    let none = Policy::default();
    assert_eq!(store.retain(none, now).await.unwrap(), 0);
    let age = Policy {
        max_age: Some(SignedDuration::from_hours(3 * 24)),
        max_bytes: None,
    };
    assert_eq!(store.retain(age, now).await.unwrap(), 1);
    let bytes = store.manifest().bytes();
    let size = Policy {
        max_age: None,
        max_bytes: Some(bytes - 1),
    };
    assert_eq!(store.retain(size, now).await.unwrap(), 1);
    let left: Vec<i64> = read(&store, Table::Predictions).await.iter().map(|r| r.1).collect();
    assert_eq!(left, [MONDAY + 2 * DAY, MONDAY + 3 * DAY]);
}

async fn ids_are_found(place: Place) {
    let store = open(&place).await;
    for part in 0..5 {
        let rows: Vec<Row> = (0..200)
            .map(|n| row(1000 * part + n, MONDAY + part * HOUR + n))
            .collect();
        store.commit(commit(vec![batch(&rows)], part as u64)).await.unwrap();
    }
    let wanted = ["id-3", "id-4199", "id-2007", "id-999", "nothing", ""];
    for _ in 0..2 {
        let mut found: Vec<(String, i64)> = store.find_ids(&wanted, None).await.unwrap().into_iter().collect();
        found.sort();
        let expected = [("id-2007", 2 * HOUR + 7), ("id-3", 3), ("id-4199", 4 * HOUR + 199)];
        assert_eq!(found, expected.map(|(id, at)| (id.to_owned(), MONDAY + at)));
    }
    let between = Some((MONDAY + 2 * HOUR, MONDAY + 3 * HOUR));
    let found = store.find_ids(&wanted, between).await.unwrap();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), ["id-2007"]);
    let recent = store.recent_ids(250).await.unwrap();
    assert_eq!(recent.ids.len(), 250);
    assert_eq!(recent.ids[0], ("id-4199".to_owned(), MONDAY + 4 * HOUR + 199));
    assert_eq!(recent.older_until, Some(MONDAY + 3 * HOUR + 149));
    assert_eq!(store.recent_ids(1000).await.unwrap().older_until, None);
    let sample = store.sample(Table::Predictions, 3).await.unwrap().unwrap();
    let newest: Vec<String> = rows_of(&sample).into_iter().map(|r| r.0).collect();
    assert_eq!(newest, ["id-4199", "id-4198", "id-4197"]);
    assert!(store.sample(Table::Labels, 3).await.unwrap().is_none());
}

async fn a_small_cache_only_costs_time(place: Place) {
    let options = RowOptions {
        cache_bytes: 0,
        ..RowOptions::default()
    };
    let store = RowStore::open_with(place, columns(), options).await.unwrap();
    write(&store, 4, 0).await;
    for _ in 0..3 {
        assert_eq!(store.find_ids(&["id-0", "id-3", "id-4"], None).await.unwrap().len(), 2);
    }
}

async fn labels_lie_by_arrival_and_are_sorted_by_their_prediction(place: Place) {
    let names = Columns {
        arrival: "arrived".to_owned(),
        label_order: "predicted".to_owned(),
        ..columns()
    };
    let store = RowStore::open_for_writing(place, names).await.unwrap();
    for position in 0..2 {
        let predicted = TimestampMicrosecondArray::from(vec![Some(MONDAY - HOUR), None, Some(MONDAY - 2 * HOUR)]);
        let arrived = [MONDAY, MONDAY + 1 - position, MONDAY + 2].to_vec();
        let labels = RecordBatch::try_from_iter([
            ("id", Arc::new(StringArray::from(vec!["a", "b", "c"])) as ArrayRef),
            (
                "arrived",
                Arc::new(TimestampMicrosecondArray::from(arrived).with_timezone("UTC")) as ArrayRef,
            ),
            ("predicted", Arc::new(predicted.with_timezone("UTC")) as ArrayRef),
        ])
        .unwrap();
        let commit = Commit {
            labels: vec![labels],
            ..commit(vec![batch(&[row(position, MONDAY + DAY)])], position as u64)
        };
        store.commit(commit).await.unwrap();
    }
    write(&store, 1, 1).await;
    let newer = commit(Vec::new(), 9);
    store.commit(newer).await.unwrap();
    let part = store.parts(Table::Labels, None)[0].clone();
    assert_eq!((part.date(), part.first, part.last), ("2026-11-23", MONDAY, MONDAY + 2));
    let object = store.place().object_path(&part.path);
    let bytes = store.place().store().get(&object).await.unwrap().bytes().await.unwrap();
    let rows = ParquetRecordBatchReaderBuilder::try_new(bytes)
        .unwrap()
        .build()
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let ids: Vec<_> = rows.column(0).as_string::<i32>().iter().flatten().collect();
    assert_eq!(ids, ["b", "c", "a"]);
    assert!(rows.column_by_name("predicted").unwrap().is_null(0));
    let newest = store.sample(Table::Labels, 2).await.unwrap().unwrap();
    let ids: Vec<_> = newest.column(0).as_string::<i32>().iter().flatten().collect();
    assert_eq!(ids, ["c", "c"]);
}

/// A test of any kind of place.
type Case = (&'static str, fn(Place) -> LocalBoxFuture<'static, ()>);

/// Every test, by name.
const CASES: [Case; 11] = [
    ("rows come back by date", |p| {
        Box::pin(rows_come_back_by_date_in_order_of_time(p))
    }),
    ("columns may come and change", |p| {
        Box::pin(columns_may_come_and_change(p))
    }),
    ("of two writers one wins", |p| Box::pin(of_two_writers_one_wins(p))),
    ("racing writers have one winner", |p| {
        Box::pin(racing_writers_have_one_winner(p))
    }),
    ("what a crash leaves is swept", |p| {
        Box::pin(what_a_crash_leaves_is_swept(p))
    }),
    ("small parts are joined", |p| {
        Box::pin(small_parts_are_joined_and_deleted_later(p))
    }),
    ("interleaved parts are merged", |p| {
        Box::pin(interleaved_parts_are_merged_in_order(p))
    }),
    ("old and large parts go", |p| Box::pin(old_and_large_parts_go(p))),
    ("ids are found", |p| Box::pin(ids_are_found(p))),
    ("a small cache only costs time", |p| {
        Box::pin(a_small_cache_only_costs_time(p))
    }),
    ("labels lie by arrival", |p| {
        Box::pin(labels_lie_by_arrival_and_are_sorted_by_their_prediction(p))
    }),
];

pub(crate) fn run(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    runtime.unwrap().block_on(work);
}

/// Runs every test on a place of its own.
fn all(mut place: impl FnMut(usize) -> Place) {
    for (n, (name, case)) in CASES.iter().enumerate() {
        println!("{name}");
        run(case(place(n)));
    }
}

#[test]
fn on_a_disk() {
    let dir = TempDir::new().unwrap();
    all(|n| Place::local(&dir.path().join(format!("case-{n}"))).unwrap());
}

#[test]
fn in_memory() {
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    all(|n| Place::remote(Arc::clone(&store), Path::from(format!("w/case-{n}")), "memory://"));
}

#[test]
fn on_s3() {
    let Some(server) = Server::start() else { return };
    let store = bucket(&server);
    all(|n| Place::remote(Arc::clone(&store), Path::from(format!("w/case-{n}")), "s3://bucket"));
}

fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../scripts")
        .join(name)
}

/// The bucket of a server.
fn bucket(server: &Server) -> Arc<dyn ObjectStore> {
    let store = AmazonS3Builder::new()
        .with_endpoint(&server.address)
        .with_allow_http(true)
        .with_bucket_name("bucket")
        .with_region("us-east-1")
        .with_access_key_id("test")
        .with_secret_access_key("test")
        .with_conditional_put(S3ConditionalPut::ETagMatch);
    Arc::new(store.build().unwrap())
}

/// The Python that has DuckDB and Polars; `None` if there is no Python on this machine.
fn python() -> Option<String> {
    let output = Command::new(script("test-python"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    if output.status.code() == Some(3) {
        println!("skipped: there is no Python on this machine");
        return None;
    }
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// Lets a foreign program print id, time in microseconds, value and date of each row, and compares.
fn foreign_reader_sees_the_rows(program: &str) {
    let Some(python) = python() else { return };
    let dir = TempDir::new().unwrap();
    let rows: Vec<Row> = (0..300).map(|n| row(n, MONDAY + n * HOUR / 4)).collect();
    run(async {
        let store = open(&Place::local(dir.path()).unwrap()).await;
        for (n, some) in rows.chunks(20).enumerate() {
            store.commit(commit(vec![batch(some)], n as u64)).await.unwrap();
        }
        store.compact(later(0)).await.unwrap();
        store.commit(commit(Vec::new(), 99)).await.unwrap();
        store.commit(commit(Vec::new(), 99)).await.unwrap();
        store.compact(later(7200)).await.unwrap();
        store.sweep(Sweep::All).await.unwrap();
        assert!(store.manifest().retired.is_empty());
    });
    let glob = dir.path().join("predictions/**/*.parquet").display().to_string();
    let output = Command::new(python).args(["-c", program, &glob]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let expected: Vec<String> = rows
        .iter()
        .map(|(id, time, value)| {
            let date = Timestamp::from_microsecond(*time).unwrap().strftime("%Y-%m-%d");
            format!("{id} {time} {value:.1} {date}")
        })
        .collect();
    assert_eq!(text.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn duckdb_reads_the_tree() {
    foreign_reader_sees_the_rows(
        "import duckdb, sys
for id, time, value, date in duckdb.sql(f\"select id, epoch_us(time), value, date from read_parquet('{sys.argv[1]}', hive_partitioning = true) order by time\").fetchall():
    print(id, time, value, date)",
    );
}

#[test]
fn polars_reads_the_tree() {
    foreign_reader_sees_the_rows(
        "import polars as pl, sys
rows = pl.scan_parquet(sys.argv[1], hive_partitioning=True).sort('time').collect()
for id, time, value, date in zip(rows['id'], rows['time'].dt.epoch('us'), rows['value'], rows['date']):
    print(id, time, value, date)",
    );
}

#[test]
fn a_full_or_foreign_disk_names_the_file() {
    let dir = TempDir::new().unwrap();
    run(async {
        let store = open(&Place::local(dir.path()).unwrap()).await;
        write(&store, 1, 0).await;
        fs::create_dir_all(dir.path().join("predictions")).unwrap();
        fs::write(dir.path().join("predictions/date=2026-11-24"), "a file").unwrap();
        let error = store
            .commit(commit(vec![batch(&[row(1, MONDAY + DAY), row(2, MONDAY)])], 5))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("date=2026-11-24"), "{error}");
        // Nothing of it is left, and the next commit goes on.
        assert_eq!(objects(&store, "predictions/date=2026-11-23").await.len(), 1);
        fs::remove_file(dir.path().join("predictions/date=2026-11-24")).unwrap();
        write(&store, 1, 1).await;
        assert_eq!(read(&store, Table::Predictions).await.len(), 2);
    });
}

#[test]
fn a_damaged_manifest_is_named() {
    let dir = TempDir::new().unwrap();
    run(async {
        let place = Place::local(dir.path()).unwrap();
        write(&open(&place).await, 2, 0).await;
        let newest = dir.path().join("manifest/00000000000000000002.json");
        for text in ["", "{\"version\": 9}", "{"] {
            fs::write(&newest, text).unwrap();
            let error = RowStore::open(place.clone(), columns()).await.unwrap_err().to_string();
            assert!(error.contains("00000000000000000002.json"), "{error}");
            let advice =
                "it has format version 9, expected 1; a newer plimsoll wrote it: use that version or a later one";
            assert_eq!(error.contains(advice), text.contains('9'), "{error}");
        }
        assert!(
            Place::s3("http://x")
                .unwrap_err()
                .to_string()
                .contains("expected a directory or `s3://")
        );
    });
}
