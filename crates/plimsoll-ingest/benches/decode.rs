//! Rows a second that each format gives, for requests of 1, 100 and 10,000 rows of 30 columns.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Float64Array, RecordBatch, StringArray},
    csv,
    ipc::writer::{FileWriter, StreamWriter},
    json,
};
use divan::{Bencher, counter::ItemsCount};
use jiff::tz::TimeZone;
use parquet::arrow::ArrowWriter;
use plimsoll_ingest::{Expected, ExpectedColumn, Format, Limits, decode, decode_batch, encode_batch};
use plimsoll_model::ColumnKind;

/// Numeric features, beside id, event time and prediction.
const FEATURES: usize = 27;
/// Rows of a request.
const ROWS: [usize; 3] = [1, 100, 10_000];

fn main() {
    divan::main();
}

fn names() -> Vec<String> {
    (0..FEATURES).map(|i| format!("feature_{i}")).collect()
}

fn expected() -> Expected {
    let column = |name: &str, kind| ExpectedColumn {
        name: name.to_owned(),
        kind,
        required: matches!(name, "id" | "timestamp"),
    };
    let mut columns = vec![
        column("id", ColumnKind::Text),
        column("timestamp", ColumnKind::Datetime),
    ];
    columns.extend(names().iter().map(|n| column(n, ColumnKind::Numeric)));
    columns.push(column("prediction", ColumnKind::Numeric));
    Expected::new(columns, Some("timestamp"), Some("id"), TimeZone::UTC)
}

/// A reproducible number between 0 and 1 for a cell.
fn noise(column: usize, row: usize) -> f64 {
    let mut x =
        (row as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (column as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    for _ in 0..2 {
        x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    }
    ((x ^ (x >> 32)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Whole numbers, amounts with two decimals, and scores with all of their digits.
fn number(column: usize, row: usize) -> f64 {
    let x = noise(column, row);
    match column % 3 {
        0 => (x * 1_000.0).floor(),
        1 => (x * 1_000_000.0).floor() / 100.0,
        _ => x,
    }
}

fn table(rows: usize) -> RecordBatch {
    let ids: StringArray = (0..rows).map(|row| Some(format!("request-{row:08}"))).collect();
    let time = |row: usize| {
        format!(
            "2011-02-{:02}T10:{:02}:{:02}.250Z",
            row % 28 + 1,
            row % 60,
            row * 7 % 60
        )
    };
    let times: StringArray = (0..rows).map(|row| Some(time(row))).collect();
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("id".to_owned(), Arc::new(ids)),
        ("timestamp".to_owned(), Arc::new(times)),
    ];
    for (column, name) in names().into_iter().chain(["prediction".to_owned()]).enumerate() {
        let values: Float64Array = (0..rows).map(|row| Some(number(column, row))).collect();
        columns.push((name, Arc::new(values)));
    }
    RecordBatch::try_from_iter(columns).expect("columns of one length")
}

fn body(table: &RecordBatch, format: Format) -> Vec<u8> {
    let mut body = Vec::new();
    let schema = table.schema();
    let written = match format {
        Format::Json => {
            let mut writer = json::ArrayWriter::new(&mut body);
            writer.write(table).and_then(|()| writer.finish())
        }
        Format::NdJson => json::LineDelimitedWriter::new(&mut body).write(table),
        Format::Csv => csv::Writer::new(&mut body).write(table),
        Format::ArrowStream => {
            StreamWriter::try_new(&mut body, &schema).and_then(|mut w| w.write(table).and_then(|()| w.finish()))
        }
        Format::ArrowFile => {
            FileWriter::try_new(&mut body, &schema).and_then(|mut w| w.write(table).and_then(|()| w.finish()))
        }
        Format::Parquet => ArrowWriter::try_new(&mut body, schema, None)
            .and_then(|mut w| w.write(table).and_then(|()| w.close().map(|_| ())))
            .map_err(Into::into),
    };
    written.expect("a table can be written");
    body
}

fn run(bencher: Bencher, rows: usize, format: Format) {
    let (body, expected, limits) = (body(&table(rows), format), expected(), Limits::default());
    let decoded = decode(&body, format, &expected, &limits).expect("a body that was just written");
    assert_eq!((decoded.batch.num_rows(), decoded.odd.len()), (rows, 0));
    bencher
        .counter(ItemsCount::new(rows))
        .bench_local(|| decode(divan::black_box(&body), format, &expected, &limits));
}

#[divan::bench(args = ROWS)]
fn json_rows(bencher: Bencher, rows: usize) {
    run(bencher, rows, Format::Json);
}

/// An escape in each row, so that each takes the way of any JSON.
#[divan::bench(args = ROWS)]
fn json_rows_with_escapes(bencher: Bencher, rows: usize) {
    let body = String::from_utf8(body(&table(rows), Format::Json)).expect("JSON is text");
    let body = body.replace("request-", "request\\u002d");
    let (expected, limits) = (expected(), Limits::default());
    bencher
        .counter(ItemsCount::new(rows))
        .bench_local(|| decode(divan::black_box(body.as_bytes()), Format::Json, &expected, &limits));
}

#[divan::bench(args = ROWS)]
fn ndjson(bencher: Bencher, rows: usize) {
    run(bencher, rows, Format::NdJson);
}

#[divan::bench(args = ROWS)]
fn csv_rows(bencher: Bencher, rows: usize) {
    run(bencher, rows, Format::Csv);
}

#[divan::bench(args = ROWS)]
fn arrow_stream(bencher: Bencher, rows: usize) {
    run(bencher, rows, Format::ArrowStream);
}

#[divan::bench(args = ROWS)]
fn arrow_file(bencher: Bencher, rows: usize) {
    run(bencher, rows, Format::ArrowFile);
}

#[divan::bench(args = ROWS)]
fn parquet_file(bencher: Bencher, rows: usize) {
    run(bencher, rows, Format::Parquet);
}

fn decoded(rows: usize) -> RecordBatch {
    let body = body(&table(rows), Format::ArrowStream);
    let decoded = decode(&body, Format::ArrowStream, &expected(), &Limits::default());
    decoded.expect("a body that was just written").batch
}

#[divan::bench(args = ROWS)]
fn payload_encode(bencher: Bencher, rows: usize) {
    let batch = decoded(rows);
    bencher
        .counter(ItemsCount::new(rows))
        .bench_local(|| encode_batch(divan::black_box(&batch)));
}

#[divan::bench(args = ROWS)]
fn payload_decode(bencher: Bencher, rows: usize) {
    let bytes = encode_batch(&decoded(rows)).expect("a batch can be written");
    bencher
        .counter(ItemsCount::new(rows))
        .bench_local(|| decode_batch(divan::black_box(&bytes)));
}
