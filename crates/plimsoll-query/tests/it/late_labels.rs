//! Labels of a prediction store.

use std::{fs::File, sync::Arc};

use arrow::{
    array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    datatypes::SchemaRef,
};
use jiff::tz::TimeZone;
use object_store::local::LocalFileSystem;
use parquet::arrow::ArrowWriter;
use plimsoll_engine::{LABEL_DELAY, labelled};
use plimsoll_query::{Implicit, LABEL_ORDER, LABEL_TIME, LateLabels, PREDICTED_AT, Part, Source, Windows};

use crate::samples::{HOUR, MARCH, MINUTE, batch, folder, one_pass, plan, profiles, windows};

fn moments(micros: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"))
}

fn part(folder: &tempfile::TempDir, name: &str, rows: &RecordBatch, (first, last): (i64, i64)) -> Part {
    let mut writer =
        ArrowWriter::try_new(File::create(folder.path().join(name)).unwrap(), rows.schema(), None).unwrap();
    writer.write(rows).unwrap();
    writer.close().unwrap();
    Part {
        path: name.to_owned(),
        rows: rows.num_rows() as u64,
        first,
        last,
    }
}

fn source(folder: &tempfile::TempDir, parts: &[Part], schema: &SchemaRef) -> Source {
    let store = Arc::new(LocalFileSystem::new_with_prefix(folder.path()).unwrap());
    Source::of_parts("predictions", store, parts, schema).unwrap()
}

/// Four predictions within an hour, in two parts of which the first lacks a column.
fn predictions(folder: &tempfile::TempDir) -> Source {
    let rows = |ids: [&str; 2], minutes: [i64; 2], scores: [f64; 2], extra: bool| {
        let times = minutes.map(|m| Some(MARCH + m * MINUTE)).to_vec();
        let mut columns = vec![
            ("at", moments(times)),
            ("id", Arc::new(StringArray::from(ids.to_vec())) as ArrayRef),
            ("score", Arc::new(Float64Array::from(scores.to_vec())) as _),
            ("y", Arc::new(StringArray::from(vec![None, Some("inline")])) as _),
        ];
        if extra {
            columns.push(("size", Arc::new(Float64Array::from(vec![1.0, 2.0])) as _));
        }
        batch(columns)
    };
    let (old, new) = (
        rows(["a", "b"], [0, 10], [0.1, 0.2], false),
        rows(["c", "d"], [20, 30], [0.3, 0.4], true),
    );
    let schema = new.schema();
    let bounds = |m: i64| (MARCH + m * MINUTE, MARCH + (m + 10) * MINUTE);
    let parts = [
        part(folder, "1.parquet", &old, bounds(0)),
        part(folder, "2.parquet", &new, bounds(20)),
    ];
    source(folder, &parts, &schema)
}

fn labels(folder: &tempfile::TempDir, rows: &[(&str, &str, i64, Option<i64>, i64)]) -> Source {
    let table = batch(vec![
        (
            "id",
            Arc::new(rows.iter().map(|r| Some(r.0)).collect::<StringArray>()) as ArrayRef,
        ),
        (
            "y",
            Arc::new(rows.iter().map(|r| Some(r.1)).collect::<StringArray>()) as _,
        ),
        (LABEL_TIME, moments(rows.iter().map(|r| Some(MARCH + r.2)).collect())),
        (
            PREDICTED_AT,
            moments(rows.iter().map(|r| r.3.map(|m| MARCH + m * MINUTE)).collect()),
        ),
        (
            LABEL_ORDER,
            Arc::new(rows.iter().map(|r| Some(r.4)).collect::<Int64Array>()) as _,
        ),
    ]);
    let part = part(folder, "labels.parquet", &table, (MARCH, MARCH));
    source(folder, &[part], &table.schema())
}

#[tokio::test]
async fn the_latest_label_holds_and_tells_its_delay() {
    let folder = folder();
    let source = predictions(&folder);
    let second = 1_000_000;
    let labels = labels(
        &folder,
        &[
            // Corrected by a later one that arrived earlier; an id that is not there; one that waited.
            ("a", "right", 90 * second, Some(0), 1),
            ("a", "wrong", 60 * second, Some(0), 2),
            ("zzz", "nobody", 60 * second, None, 3),
            ("d", "first", 2_000 * second, None, 4),
            ("d", "second", 2_000 * second, None, 5),
        ],
    );
    let late = LateLabels {
        source: Some(&labels),
        id: "id",
        target: "y",
        implicit: None,
        judged: Some("score"),
    };
    let scores = labelled("score");
    let plan = plan(&[LABEL_DELAY, &scores, "size"], &["y"]);
    let joined = Windows::new(&source, "at", &TimeZone::UTC, windows(HOUR, 1)).with_late_labels(late);
    let found = profiles(&joined, &plan).await;
    let mut expected = vec![
        (
            LABEL_DELAY,
            Arc::new(Float64Array::from(vec![Some(90.0), None, None, Some(200.0)])) as ArrayRef,
        ),
        (
            "y",
            Arc::new(StringArray::from(vec![
                Some("right"),
                Some("inline"),
                None,
                Some("second"),
            ])) as _,
        ),
        (
            "size",
            Arc::new(Float64Array::from(vec![None, None, Some(1.0), Some(2.0)])) as _,
        ),
    ];
    let judged = Arc::new(Float64Array::from(vec![Some(0.1), Some(0.2), None, Some(0.4)])) as ArrayRef;
    expected.push((scores.as_str(), judged));
    assert!(found[0].profile.to_bytes() == one_pass(&plan, &batch(expected)));
}

#[tokio::test]
async fn old_rows_without_label_have_the_implicit_one() {
    let folder = folder();
    let source = predictions(&folder);
    let late = LateLabels {
        source: None,
        id: "id",
        target: "y",
        implicit: Some(Implicit {
            value: "0".to_owned(),
            before: MARCH + 15 * MINUTE,
        }),
        judged: None,
    };
    let plan = plan(&[LABEL_DELAY], &["y"]);
    let joined = Windows::new(&source, "at", &TimeZone::UTC, windows(HOUR, 1)).with_late_labels(late);
    let found = profiles(&joined, &plan).await;
    let expected = batch(vec![
        (
            LABEL_DELAY,
            Arc::new(Float64Array::from(vec![None::<f64>; 4])) as ArrayRef,
        ),
        (
            "y",
            Arc::new(StringArray::from(vec![Some("0"), Some("inline"), None, Some("inline")])) as _,
        ),
    ]);
    assert!(found[0].profile.to_bytes() == one_pass(&plan, &expected));
}

#[tokio::test]
async fn a_store_without_parts_has_no_rows() {
    let folder = folder();
    let table = batch(vec![("at", moments(vec![]))]);
    let source = source(&folder, &[], &table.schema());
    let plan = plan(&[], &[]);
    let joined = Windows::new(&source, "at", &TimeZone::UTC, windows(HOUR, 1));
    assert!(profiles(&joined, &plan).await.is_empty());
}
