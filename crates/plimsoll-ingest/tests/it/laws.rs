//! One table gives the same rows in every format, and no bytes break a decoder.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BooleanArray, DictionaryArray, Float32Array, Float64Array, Int64Array, LargeStringArray, RecordBatch,
        StringArray, StringViewArray, TimestampMillisecondArray,
    },
    csv,
    datatypes::{DataType, Int32Type},
    ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter},
    json,
};
use parquet::arrow::ArrowWriter;
use plimsoll_ingest::{Format, Limits, concat, decode, decode_batch, encode_batch, infer};
use proptest::prelude::*;

use crate::support::{MOMENT, expected, read};

/// Every format.
pub const FORMATS: [Format; 6] = [
    Format::Json,
    Format::NdJson,
    Format::Csv,
    Format::ArrowStream,
    Format::ArrowFile,
    Format::Parquet,
];

/// The table in that format.
pub fn write(table: &RecordBatch, format: Format) -> Vec<u8> {
    let mut body = Vec::new();
    match format {
        Format::Json => {
            let mut writer = json::ArrayWriter::new(&mut body);
            writer.write(table).unwrap();
            writer.finish().unwrap();
        }
        Format::NdJson => json::LineDelimitedWriter::new(&mut body).write(table).unwrap(),
        Format::Csv => csv::Writer::new(&mut body).write(table).unwrap(),
        Format::ArrowStream => {
            let mut writer = StreamWriter::try_new(&mut body, &table.schema()).unwrap();
            writer.write(table).unwrap();
            writer.finish().unwrap();
        }
        Format::ArrowFile => {
            let mut writer = FileWriter::try_new(&mut body, &table.schema()).unwrap();
            writer.write(table).unwrap();
            writer.finish().unwrap();
        }
        Format::Parquet => {
            let mut writer = ArrowWriter::try_new(&mut body, table.schema(), None).unwrap();
            writer.write(table).unwrap();
            writer.close().unwrap();
        }
    }
    body
}

/// A row of a table: id, moment, age, job, truth value, an unknown number, an unknown text.
type Row = (
    Option<u16>,
    i32,
    Option<f64>,
    Option<String>,
    Option<bool>,
    Option<i64>,
    Option<String>,
);

/// Text that is not empty (an empty cell of CSV is missing) and no number (CSV has no types).
fn text() -> impl Strategy<Value = String> {
    "[a-zäß\"',;{}\\\\\n\r😀]{1,6}".prop_map(|text| format!("t{text}"))
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let age = prop_oneof![
        any::<f64>().prop_filter("JSON has finite numbers only", |v| v.is_finite()),
        (-1_000_i32..1_000).prop_map(f64::from),
    ];
    let row = (
        prop::option::weighted(0.9, any::<u16>()),
        any::<i32>(),
        prop::option::of(age),
        prop::option::of(text()),
        prop::option::of(any::<bool>()),
        prop::option::of(any::<i64>()),
        prop::option::of(text()),
    );
    prop::collection::vec(row, 0..30)
}

/// Values of JSON, and some that are nearly so.
fn json_cell() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        2 => any::<f64>().prop_map(|v| v.to_string()),
        1 => any::<i64>().prop_map(|v| v.to_string()),
        1 => "[-+.0-9eE]{1,5}",
        2 => "\"([a-zä \t]|\\\\[nu\"x]|\\\\u00e4){0,4}\"",
        1 => "true|false|null|tru|NaN|\\[\\]|\\{\\}|\\[1\\]",
    ]
}

/// The rows as arrays; `form` chooses among the types in which a producer may hold the same values.
fn table(rows: &[Row], form: u8) -> RecordBatch {
    let ids: Int64Array = rows.iter().map(|r| r.0.map(i64::from)).collect();
    let at: TimestampMillisecondArray = rows.iter().map(|r| Some(MOMENT / 1_000 + i64::from(r.1))).collect();
    let age: Float64Array = rows.iter().map(|r| r.2).collect();
    let job = || rows.iter().map(|r| r.3.as_deref());
    let job: ArrayRef = match form % 4 {
        0 => Arc::new(job().collect::<StringArray>()),
        1 => Arc::new(job().collect::<LargeStringArray>()),
        2 => Arc::new(job().collect::<StringViewArray>()),
        _ => Arc::new(job().collect::<DictionaryArray<Int32Type>>()),
    };
    let member: BooleanArray = rows.iter().map(|r| r.4).collect();
    let number: Int64Array = rows.iter().map(|r| r.5).collect();
    let text: StringArray = rows.iter().map(|r| r.6.as_deref()).collect();
    RecordBatch::try_from_iter_with_nullable([
        ("number", Arc::new(number) as ArrayRef, true),
        ("id", Arc::new(ids), true),
        ("at", Arc::new(at.with_timezone("+00:00")), true),
        ("age", Arc::new(age), true),
        ("job", job, true),
        ("member", Arc::new(member), true),
        ("text", Arc::new(text), true),
    ])
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_format_gives_the_same_rows(rows in rows(), form in any::<u8>()) {
        let table = table(&rows, form);
        let plain = table_of_plain_types(&table);
        let stream = read(write(&table, Format::ArrowStream), Format::ArrowStream).unwrap();
        prop_assert_eq!(stream.batch.num_rows() as u64 + stream.rejected, rows.len() as u64);
        prop_assert_eq!(stream.rejected, rows.iter().filter(|r| r.0.is_none()).count() as u64);
        for format in FORMATS {
            // Arrow's writers of text formats do not know every type.
            let body = write(if matches!(format, Format::Csv) { &plain } else { &table }, format);
            let decoded = read(body, format);
            if rows.is_empty() && decoded.is_err() {
                continue;
            }
            let mut decoded = decoded.unwrap();
            prop_assert_eq!(&decoded.batch, &stream.batch, "{}", format);
            prop_assert_eq!(&decoded.rejects, &stream.rejects, "{}", format);
            // The order is that in which they come: of the rows in one case, of the columns in the other.
            let mut expected = stream.odd.clone();
            expected.sort_by(|a, b| a.column.cmp(&b.column));
            decoded.odd.sort_by(|a, b| a.column.cmp(&b.column));
            prop_assert_eq!(decoded.odd, expected, "{}", format);
        }
        prop_assert_eq!(&decode_batch(&encode_batch(&stream.batch).unwrap()).unwrap(), &stream.batch);
        let half = stream.batch.num_rows() / 2;
        let parts = [stream.batch.slice(0, half), stream.batch.slice(half, stream.batch.num_rows() - half)];
        prop_assert_eq!(&concat(&parts).unwrap(), &stream.batch);
    }

    #[test]
    fn plain_rows_are_read_as_any_json_is(
        cells in prop::collection::vec(("age|job|member|since|new|at", json_cell()), 0..8),
        white in "[ \n\r\t]{0,2}",
    ) {
        let fields: Vec<String> = cells.iter().map(|(name, cell)| format!("{white}\"{name}\"{white}:{white}{cell}{white}")).collect();
        let row = format!("{white}{{{white}\"id\":1,\"at\":0{}{}}}{white}", if fields.is_empty() { "" } else { "," }, fields.join(","));
        // A wrapper and columns are never plain.
        let list = format!("[{row},{row}]");
        let any = read(format!("{{\"rows\": {list}}}"), Format::Json).map_err(|e| e.code());
        prop_assert_eq!(read(&list, Format::Json).map_err(|e| e.code()), any, "{}", list);
    }

    #[test]
    fn random_bytes_break_nothing(body in prop::collection::vec(any::<u8>(), 0..300)) {
        for format in FORMATS {
            let _ = read(&body, format);
            let _ = infer(&body, format, &Limits::default());
        }
        let _ = decode_batch(&body);
    }

    #[test]
    fn damaged_bodies_break_nothing(
        rows in rows(),
        form in any::<u8>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let table = table(&rows, form);
        for format in FORMATS {
            let plain = table_of_plain_types(&table);
            let mut body = write(if matches!(format, Format::Csv) { &plain } else { &table }, format);
            if body.is_empty() {
                continue;
            }
            for (at, byte) in &damage {
                let at = at.index(body.len());
                body[at] = *byte;
            }
            if let Some(cut) = cut {
                body.truncate(cut.index(body.len()));
            }
            if let Ok(decoded) = read(&body, format) {
                for row in crate::support::extra(&decoded.batch).into_iter().flatten() {
                    prop_assert!(serde_json::from_str::<serde_json::Value>(row).is_ok(), "{}", row);
                }
            }
            let _ = decode_batch(&body);
        }
    }
}

fn table_of_plain_types(table: &RecordBatch) -> RecordBatch {
    let job = arrow::compute::cast(table.column_by_name("job").unwrap(), &DataType::Utf8).unwrap();
    let fields = table
        .schema()
        .fields()
        .iter()
        .zip(table.columns())
        .map(|(f, a)| {
            let array = if f.name() == "job" { job.clone() } else { a.clone() };
            (f.name().clone(), array, true)
        })
        .collect::<Vec<_>>();
    RecordBatch::try_from_iter_with_nullable(fields).unwrap()
}

#[test]
fn packed_columns_are_read() {
    let table = table(
        &[(Some(1), 0, Some(1.5), Some("x".repeat(20_000)), None, None, None)],
        0,
    );
    let mut plain = None;
    for compression in [
        None,
        Some(arrow::ipc::CompressionType::ZSTD),
        Some(arrow::ipc::CompressionType::LZ4_FRAME),
    ] {
        let mut body = Vec::new();
        let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
        let mut writer = StreamWriter::try_new_with_options(&mut body, &table.schema(), options).unwrap();
        writer.write(&table).unwrap();
        writer.finish().unwrap();
        let decoded = read(&body, Format::ArrowStream).unwrap();
        assert_eq!(decoded.batch.num_rows(), 1);
        assert_eq!(&decoded, plain.get_or_insert_with(|| decoded.clone()));
        if compression.is_some() {
            // The body is smaller than its text of 20,000 bytes, which is measured before it is unpacked.
            let limits = Limits {
                body_bytes: 10_000,
                ..Limits::default()
            };
            let packed = decode(&body, Format::ArrowStream, &expected(), &limits);
            assert_eq!(packed.unwrap_err().code(), "too_large");
        }
    }
}

#[test]
fn float32_keeps_its_value() {
    let batch = RecordBatch::try_from_iter([
        ("id", Arc::new(StringArray::from(vec!["a"])) as ArrayRef),
        ("at", Arc::new(Int64Array::from(vec![1_296_554_400]))),
        ("age", Arc::new(Float32Array::from(vec![0.5]))),
    ])
    .unwrap();
    for format in FORMATS {
        let decoded = read(write(&batch, format), format).unwrap();
        assert_eq!(crate::support::numbers(&decoded.batch, "age"), [Some(0.5)], "{format}");
    }
}
