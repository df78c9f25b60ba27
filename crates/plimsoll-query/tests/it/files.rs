//! Formats, names and what is wrong with files.

use std::{fs, io::Write, path::Path};

use jiff::tz::TimeZone;
use plimsoll_model::{ColumnKind, Role};
use plimsoll_query::{QueryError, Source};

use crate::support::{HOUR, START, arrow, hours, parquet};

const CSV: &str = "ts,value,kind\n2024-01-01 00:00:00,1.5,a\n2024-01-01 01:00:00,,b\n2024-01-01 02:00:00,2.5,a\n";
const JSON: &str = "{\"ts\":\"2024-01-01T00:00:00Z\",\"value\":1.5,\"kind\":\"a\"}\n{\"ts\":\"2024-01-01T01:00:00Z\",\"value\":null,\"kind\":\"b\"}\n{\"ts\":\"2024-01-01T02:00:00Z\",\"value\":2.5,\"kind\":\"a\"}\n";

fn gzip(path: &Path, text: &str) {
    let mut encoder = flate2::write::GzEncoder::new(fs::File::create(path).unwrap(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap();
}

#[tokio::test]
async fn every_format_tells_the_same_times_and_kinds() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("a.csv"), CSV).unwrap();
    fs::write(at("a.tsv"), CSV.replace(',', "\t")).unwrap();
    gzip(&at("a.csv.gz"), CSV);
    fs::write(at("a.jsonl"), JSON).unwrap();
    gzip(&at("a.ndjson.gz"), JSON);
    parquet(&at("a.parquet"), &hours(3), 2);
    arrow(&at("a.arrow"), &hours(3));
    for name in [
        "a.csv",
        "a.tsv",
        "a.csv.gz",
        "a.jsonl",
        "a.ndjson.gz",
        "a.parquet",
        "a.arrow",
    ] {
        let source = Source::open(name, dir.path())
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        let times = source
            .time_range("ts", &TimeZone::UTC)
            .await
            .unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(
            (times.range, times.rows, times.nulls),
            (Some((START, START + 2 * HOUR)), 3, 0),
            "{name}"
        );
        let found = source.inspect().await.unwrap();
        let column = |name: &str| found.columns.iter().find(|c| c.name == name).unwrap();
        assert_eq!(column("value").kind, ColumnKind::Numeric, "{name}");
        assert_eq!(column("kind").kind, ColumnKind::Categorical, "{name}");
        assert_eq!(column("ts").role, Some(Role::Timestamp), "{name}");
    }
}

#[tokio::test]
async fn directories_and_globs_are_one_table_of_one_format() {
    let dir = tempfile::tempdir().unwrap();
    let days = dir.path().join("days");
    fs::create_dir_all(days.join("sub")).unwrap();
    fs::write(days.join("1.csv"), CSV).unwrap();
    fs::write(days.join("sub/2.csv"), CSV.replace("2024-01-01", "2024-01-02")).unwrap();
    fs::write(days.join("README.md"), "not data").unwrap();
    let rows = async |spec: &str| {
        let source = Source::open(spec, dir.path()).await.unwrap();
        source.time_range("ts", &TimeZone::UTC).await.unwrap().rows
    };
    assert_eq!(rows("days").await, 6);
    assert_eq!(rows("days/*.csv").await, 3);
    assert_eq!(rows("days/**/*.csv").await, 6);
    fs::write(days.join("3.jsonl"), JSON).unwrap();
    assert!(matches!(
        Source::open("days", dir.path()).await,
        Err(QueryError::Mixed { .. })
    ));
    assert!(matches!(
        Source::open("days/*.parquet", dir.path()).await,
        Err(QueryError::NoFiles(_))
    ));
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::write(at("rides.csv"), CSV).unwrap();
    fs::write(at("empty.csv"), "").unwrap();
    fs::write(at("fake.parquet"), "this is no parquet file at all").unwrap();
    fs::write(at("rides.xlsx"), "x").unwrap();
    let error = async |spec: &str| Source::open(spec, dir.path()).await.unwrap_err().to_string();
    assert!(
        error("ridse.csv").await.contains("did you mean `rides.csv`"),
        "{}",
        error("ridse.csv").await
    );
    assert!(error("empty.csv").await.contains("empty.csv` is empty"));
    assert!(error("fake.parquet").await.contains("fake.parquet` cannot be read"));
    assert!(error("rides.xlsx").await.contains("has no known format"));
    let source = Source::open("rides.csv", dir.path()).await.unwrap();
    let error = source.time_range("kidn", &TimeZone::UTC).await.unwrap_err().to_string();
    assert!(error.contains("did you mean `kind`"), "{error}");
    let error = source.time_range("kind", &TimeZone::UTC).await.unwrap_err().to_string();
    assert!(error.contains("found `a`, `b`"), "{error}");
}

#[tokio::test]
async fn unreadable_times_are_counted_with_examples() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(
        dir.path().join("a.csv"),
        CSV.replace("2024-01-01 01:00:00", "yesterday"),
    )
    .unwrap();
    let source = Source::open("a.csv", dir.path()).await.unwrap();
    let times = source.time_range("ts", &TimeZone::UTC).await.unwrap();
    assert_eq!(
        (times.rows, times.unreadable, times.examples.as_slice()),
        (3, 1, ["yesterday".to_owned()].as_slice())
    );
}
