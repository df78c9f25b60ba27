//! Bodies of requests and messages.

use arrow::{
    array::{Array, AsArray, RecordBatch},
    ipc::writer::{FileWriter, StreamWriter},
};
use parquet::arrow::ArrowWriter;
use plimsoll_ingest::{
    Expected, ExpectedColumn, Format, Limits, decode, decode_batch, decompress, encode_batch, infer,
};
use plimsoll_model::ColumnKind;
use serde_json::{Map, Value};

use crate::Target;

const LINES: &str = r#"{"id":"a1","at":"2026-03-01T12:00:00Z","age":31.5,"job":"nurse","member":true,"tags":["x","y"],"vector":[0.5,-1e3]}
{"id":"a2","at":1772366400,"age":null,"job":"ünïcode \u00e9\ud83d\ude00","member":"false","tags":[],"vector":null,"more":{"k":[1,2,{"d":null}]}}
{"id":7,"at":"2026-03-01 12:00:00.123456+01:00","age":"NaN","job":3}
"#;

const COLUMNS: &str =
    r#"{"id":["a1","a2"],"at":["2026-03-01T12:00:00Z","2026-03-02"],"age":[31,-0.0],"job":["x",null]}"#;

const CSV_TEXT: &str =
    "id,at,age,job,member\na1,2026-03-01T12:00:00Z,31.5,nurse,true\n\"a,\"\"2\",2026-03-02,,\"two\nlines\",no\n";

pub(crate) const JSON: Target = Target {
    name: "decode_json",
    run: |body| decode_any(body, Format::Json),
    seeds: || {
        let rows = format!("[{}]", LINES.trim_end().replace('\n', ","));
        vec![rows.into_bytes(), COLUMNS.into(), b"{\"id\":1}".to_vec()]
    },
};

pub(crate) const NDJSON: Target = Target {
    name: "decode_ndjson",
    run: |body| decode_any(body, Format::NdJson),
    seeds: || vec![LINES.into(), b"{}\r\n\n[]\nnull".to_vec()],
};

pub(crate) const CSV: Target = Target {
    name: "decode_csv",
    run: |body| decode_any(body, Format::Csv),
    seeds: || vec![CSV_TEXT.into(), b"id\n".to_vec()],
};

pub(crate) const ARROW_STREAM: Target = Target {
    name: "decode_arrow_stream",
    run: |body| decode_any(body, Format::ArrowStream),
    seeds: || {
        written(|rows, body| {
            let mut writer = StreamWriter::try_new(body, &rows.schema())?;
            writer.write(rows)?;
            writer.finish()
        })
    },
};

pub(crate) const ARROW_FILE: Target = Target {
    name: "decode_arrow_file",
    run: |body| decode_any(body, Format::ArrowFile),
    seeds: || {
        written(|rows, body| {
            let mut writer = FileWriter::try_new(body, &rows.schema())?;
            writer.write(rows)?;
            writer.finish()
        })
    },
};

pub(crate) const PARQUET: Target = Target {
    name: "decode_parquet",
    run: |body| decode_any(body, Format::Parquet),
    seeds: || {
        written(|rows, body| {
            let mut writer = ArrowWriter::try_new(body, rows.schema(), None)?;
            writer.write(rows)?;
            writer.close().map(drop)?;
            Ok(())
        })
    },
};

pub(crate) const BATCH: Target = Target {
    name: "decode_batch",
    run: |bytes| {
        if let Ok(rows) = decode_batch(bytes) {
            let again = encode_batch(&rows).expect("rows can be written");
            let same = decode_batch(&again).expect("what was written can be read");
            assert_eq!((same.schema(), same.num_rows()), (rows.schema(), rows.num_rows()));
        }
    },
    seeds: || {
        rows()
            .iter()
            .map(|rows| encode_batch(rows).expect("rows can be written"))
            .collect()
    },
};

/// The first byte says how the others are packed.
pub(crate) const DECOMPRESS: Target = Target {
    name: "decompress",
    run: |bytes| {
        const LIMIT: usize = 1 << 16;
        let Some((kind, body)) = bytes.split_first() else {
            return;
        };
        let encoding = [None, Some("gzip"), Some("zstd")][usize::from(*kind) % 3];
        if let Ok(unpacked) = decompress(body, encoding, LIMIT) {
            assert!(encoding.is_none() || unpacked.len() <= LIMIT);
        }
    },
    seeds: || {
        // An empty and a short body of gzip as RFC 1952 has them, and one of zstd.
        let gzip = b"\x01\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00";
        let stored =
            b"\x01\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x01\x02\x00\xfd\xff{}\x43\xbf\xa6\xa3\x02\x00\x00\x00";
        let zstd = zstd::encode_all(LINES.as_bytes(), 1).expect("bytes can be packed");
        vec![
            gzip.to_vec(),
            stored.to_vec(),
            [vec![2], zstd].concat(),
            b"\x00{}".to_vec(),
        ]
    },
};

/// What rows are expected to be: one column of each kind.
fn expected() -> Expected {
    let kinds = [
        ("id", ColumnKind::Text),
        ("at", ColumnKind::Datetime),
        ("age", ColumnKind::Numeric),
        ("job", ColumnKind::Categorical),
        ("member", ColumnKind::Boolean),
        ("tags", ColumnKind::List),
        ("vector", ColumnKind::Embedding),
    ];
    let column = |(name, kind): (&str, ColumnKind)| ExpectedColumn {
        name: name.to_owned(),
        kind,
        required: matches!(name, "id" | "at"),
    };
    let columns = kinds.into_iter().map(column).collect();
    Expected::new(columns, Some("at"), Some("id"), jiff::tz::TimeZone::UTC)
}

fn limits() -> Limits {
    Limits {
        body_bytes: 1 << 20,
        rows: 10_000,
        ..Limits::default()
    }
}

/// Reads a body and checks what comes out.
fn decode_any(body: &[u8], format: Format) {
    let (expected, limits) = (expected(), limits());
    if let Ok(decoded) = decode(body, format, &expected, &limits) {
        let rows = decoded.batch;
        assert_eq!(rows.schema(), *expected.schema());
        assert_eq!(rows.column(0).null_count() + rows.column(1).null_count(), 0);
        assert!(decoded.rejects.len() as u64 <= decoded.rejected);
        // The last column keeps what had no place.
        for extra in rows.columns()[rows.num_columns() - 1]
            .as_string::<i32>()
            .iter()
            .flatten()
        {
            serde_json::from_str::<Map<String, Value>>(extra).expect("a JSON object");
        }
        let bytes = encode_batch(&rows).expect("rows can be written");
        assert_eq!(decode_batch(&bytes).expect("rows can be read"), rows);
    }
    // Only that it ends.
    drop(infer(body, format, &limits));
}

/// Some rows, and none.
fn rows() -> [RecordBatch; 2] {
    let rows = decode(LINES.as_bytes(), Format::NdJson, &expected(), &limits())
        .expect("the lines can be read")
        .batch;
    [rows.slice(0, 0), rows]
}

fn written(write: impl Fn(&RecordBatch, &mut Vec<u8>) -> Result<(), arrow::error::ArrowError>) -> Vec<Vec<u8>> {
    let body = |rows: &RecordBatch| {
        let mut body = Vec::new();
        write(rows, &mut body).expect("rows can be written");
        body
    };
    rows().iter().map(body).collect()
}
