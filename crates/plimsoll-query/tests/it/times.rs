//! Event time in every type, and rows that have none.

use std::{fs, sync::Arc};

use arrow::array::{
    ArrayRef, Date32Array, Date64Array, Int64Array, StringArray, TimestampMicrosecondArray, TimestampMillisecondArray,
    TimestampNanosecondArray, TimestampSecondArray,
};
use jiff::{Timestamp, tz::TimeZone};
use plimsoll_model::Granularity;

use crate::samples::{DAY, HOUR, MARCH, MINUTE, batch, counts, delimited, folder, open, rows, windows, write_parquet};

fn micros() -> Vec<i64> {
    (0..180).map(|i| MARCH + i * MINUTE).collect()
}

#[tokio::test]
async fn every_type_of_time_falls_into_the_same_windows() {
    let folder = folder();
    let at = micros;
    let text = |t: i64| Timestamp::from_microsecond(t).unwrap();
    let scaled = |by: i64| at().into_iter().map(move |t| t / by);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("us", Arc::new(TimestampMicrosecondArray::from(at()))),
        (
            "us_zone",
            Arc::new(TimestampMicrosecondArray::from(at()).with_timezone("Asia/Tokyo")),
        ),
        (
            "ms",
            Arc::new(TimestampMillisecondArray::from_iter_values(scaled(1_000))),
        ),
        ("s", Arc::new(TimestampSecondArray::from_iter_values(scaled(1_000_000)))),
        (
            "ns",
            Arc::new(TimestampNanosecondArray::from_iter_values(
                at().into_iter().map(|t| t * 1_000),
            )),
        ),
        ("epoch_s", Arc::new(Int64Array::from_iter_values(scaled(1_000_000)))),
        ("epoch_ms", Arc::new(Int64Array::from_iter_values(scaled(1_000)))),
        ("epoch_us", Arc::new(Int64Array::from(at()))),
        (
            "epoch_ns",
            Arc::new(Int64Array::from_iter_values(at().into_iter().map(|t| t * 1_000))),
        ),
        (
            "rfc3339",
            Arc::new(StringArray::from_iter_values(
                at().into_iter().map(|t| text(t).to_string()),
            )),
        ),
        (
            "spaced",
            Arc::new(StringArray::from_iter_values(
                at().into_iter()
                    .map(|t| text(t).strftime("%Y-%m-%d %H:%M:%S").to_string()),
            )),
        ),
    ];
    let data = batch(columns);
    let (parquet, csv) = (folder.path().join("a.parquet"), folder.path().join("a.csv"));
    write_parquet(&parquet, &data, 50);
    fs::write(&csv, delimited(&data, ',')).unwrap();
    for file in [parquet, csv] {
        let source = open(&file).await;
        for name in source.columns() {
            let found = counts(&source, name, &TimeZone::UTC, windows(HOUR, 4)).await;
            assert_eq!(found, [(0, 60), (1, 60), (2, 60)], "{name} of {}", file.display());
            let times = source.time_range(name, &TimeZone::UTC).await.unwrap();
            assert_eq!(
                times.range,
                Some((MARCH, MARCH + 179 * MINUTE)),
                "{name} of {}",
                file.display()
            );
        }
    }
}

#[tokio::test]
async fn dates_are_days_of_the_projects_time_zone() {
    let folder = folder();
    let path = folder.path().join("a.parquet");
    let day = (MARCH / DAY) as i32;
    let data = batch(vec![
        ("d32", Arc::new(Date32Array::from(vec![day, day + 1, day + 1]))),
        (
            "d64",
            Arc::new(Date64Array::from(
                [i64::from(day), i64::from(day) + 1, i64::from(day) + 1]
                    .iter()
                    .map(|d| d * 86_400_000)
                    .collect::<Vec<_>>(),
            )),
        ),
        (
            "text",
            Arc::new(StringArray::from(vec!["2024-03-01", "2024-03-02", "2024-03-02"])),
        ),
    ]);
    write_parquet(&path, &data, 2);
    let source = open(&path).await;
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    for name in ["d32", "d64", "text"] {
        assert_eq!(
            counts(&source, name, &TimeZone::UTC, windows(DAY, 2)).await,
            [(0, 1), (1, 2)],
            "{name}"
        );
        let local: Vec<_> = windows(DAY, 2).into_iter().map(|(a, b)| (a - HOUR, b - HOUR)).collect();
        assert_eq!(counts(&source, name, &berlin, local).await, [(0, 1), (1, 2)], "{name}");
    }
}

#[tokio::test]
async fn times_without_zone_follow_the_clock_change() {
    let folder = folder();
    let path = folder.path().join("a.parquet");
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    // A row each half hour of the local clock, from 30 March to 2 April 2024; 2:00 and 2:30 of the 31st never were.
    let local: Vec<i64> = (0..48 * 4).map(|i| MARCH + 29 * DAY + i * HOUR / 2).collect();
    let moments: Vec<i64> = local
        .iter()
        .map(|t| {
            let civil = TimeZone::UTC.to_datetime(Timestamp::from_microsecond(*t).unwrap());
            berlin.to_timestamp(civil).unwrap().as_microsecond()
        })
        .collect();
    let data = batch(vec![
        ("local", Arc::new(TimestampMicrosecondArray::from(local))),
        (
            "moment",
            Arc::new(TimestampMicrosecondArray::from(moments).with_timezone("UTC")),
        ),
    ]);
    write_parquet(&path, &data, 20);
    let source = open(&path).await;
    let (from, to) = (
        "2024-03-30T00:00:00Z".parse().unwrap(),
        "2024-04-02T12:00:00Z".parse().unwrap(),
    );
    let days: Vec<(i64, i64)> = Granularity::Day
        .windows(from, to, &berlin)
        .unwrap()
        .iter()
        .map(|w| (w.start.as_microsecond(), w.end.as_microsecond()))
        .collect();
    assert_eq!(days[1].1 - days[1].0, 23 * HOUR);
    let expected = [(0, 48), (1, 48), (2, 48), (3, 48)];
    assert_eq!(counts(&source, "local", &berlin, days.clone()).await, expected);
    assert_eq!(counts(&source, "moment", &berlin, days).await, expected);
    let (local, moment) = (
        source.time_range("local", &berlin).await.unwrap(),
        source.time_range("moment", &berlin).await.unwrap(),
    );
    assert_eq!(local.range, moment.range);
}

#[tokio::test]
async fn rows_without_a_time_are_left_out_and_counted() {
    let folder = folder();
    let path = folder.path().join("a.csv");
    fs::write(
        &path,
        "at,x\n2024-03-01 00:10:00,1\nsoon,2\n,3\nlater,4\n31.3.2024,5\nnever,6\n2024-03-01T01:10:00Z,7\n",
    )
    .unwrap();
    let source = open(&path).await;
    let times = source.time_range("at", &TimeZone::UTC).await.unwrap();
    assert_eq!((times.rows, times.nulls, times.unreadable), (7, 1, 4));
    assert_eq!(times.examples, ["soon", "later", "31.3.2024"]);
    assert_eq!(times.range, Some((MARCH + 10 * MINUTE, MARCH + 70 * MINUTE)));
    assert_eq!(
        counts(&source, "at", &TimeZone::UTC, windows(HOUR, 2)).await,
        [(0, 1), (1, 1)]
    );
}

#[tokio::test]
async fn a_column_without_any_time_is_an_error() {
    let folder = folder();
    let path = folder.path().join("a.csv");
    fs::write(&path, "at,yes,x\nsoon,true,1\nlater,false,2\n").unwrap();
    let source = open(&path).await;
    let error = source.time_range("at", &TimeZone::UTC).await.unwrap_err().to_string();
    assert!(error.contains("`at`") && error.contains("`soon`, `later`"), "{error}");
    let error = source.time_range("yes", &TimeZone::UTC).await.unwrap_err().to_string();
    assert!(error.contains("`yes`") && error.contains("Boolean"), "{error}");
    let error = source.time_range("att", &TimeZone::UTC).await.unwrap_err().to_string();
    assert!(error.contains("did you mean `at`?"), "{error}");
}

#[tokio::test]
async fn windows_may_leave_gaps_and_rows_outside() {
    let folder = folder();
    let path = folder.path().join("a.parquet");
    write_parquet(&path, &rows(300), 40);
    let source = open(&path).await;
    let gaps = vec![
        (MARCH + 10 * MINUTE, MARCH + 20 * MINUTE),
        (MARCH + HOUR, MARCH + HOUR + 1),
        (MARCH + DAY, MARCH + 2 * DAY),
    ];
    assert_eq!(counts(&source, "at", &TimeZone::UTC, gaps).await, [(0, 10), (1, 1)]);
    assert_eq!(counts(&source, "at", &TimeZone::UTC, vec![]).await, []);
}
