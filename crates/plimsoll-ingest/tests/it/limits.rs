//! Content types, packed bodies, limits, and bodies that are made to hurt.

use std::{io::Write, sync::Arc};

use arrow::{
    array::{ArrayRef, DictionaryArray, Int32Array, NullArray, RecordBatch, StringArray},
    datatypes::{DataType, Int32Type},
};
use flate2::{Compression, write::GzEncoder};
use plimsoll_ingest::{Format, IngestError, Limits, RejectCode, decode, decompress};

use crate::{
    laws::{FORMATS, write},
    support::{expected, extra, read, texts},
};

fn limited(body: impl AsRef<[u8]>, format: Format, limits: &Limits) -> Result<plimsoll_ingest::Decoded, IngestError> {
    decode(body.as_ref(), format, &expected(), limits)
}

#[test]
fn content_types_name_formats() {
    for format in FORMATS {
        assert_eq!(Format::of_content_type(format.content_type()).unwrap(), format);
    }
    assert_eq!(
        Format::of_content_type("Application/JSON; charset=utf-8").unwrap(),
        Format::Json
    );
    assert_eq!(Format::of_content_type(" application/jsonl ").unwrap(), Format::NdJson);
    let error = Format::of_content_type("application/xml").unwrap_err();
    assert_eq!(
        error.to_string(),
        "content type `application/xml` is not read; expected one of `application/json`, `application/x-ndjson`, \
         `application/jsonl`, `text/csv`, `application/vnd.apache.arrow.stream`, `application/vnd.apache.arrow.file`, \
         `application/vnd.apache.parquet`"
    );
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn packed_bodies_are_unpacked_up_to_a_limit() {
    let body = vec![b'x'; 1_000_000];
    let packed = [
        ("gzip", gzip(&body)),
        ("zstd", zstd::encode_all(body.as_slice(), 3).unwrap()),
    ];
    for (encoding, packed) in &packed {
        assert!(packed.len() < 2_000, "{encoding}");
        assert_eq!(&*decompress(packed, Some(encoding), body.len()).unwrap(), body);
        let error = decompress(packed, Some(encoding), body.len() - 1).unwrap_err();
        assert_eq!(error.code(), "too_large", "{encoding}");
        let cut = decompress(&packed[..packed.len() / 2], Some(encoding), body.len()).unwrap_err();
        assert_eq!(cut.code(), "damaged", "{encoding}");
        assert_eq!(
            decompress(&body, Some(encoding), body.len()).unwrap_err().code(),
            "damaged"
        );
    }
    let twice = [gzip(b"[1"), gzip(b"]")].concat();
    assert_eq!(&*decompress(&twice, Some("gzip"), 10).unwrap(), b"[1]");
    assert_eq!(&*decompress(b"[]", Some("identity"), 10).unwrap(), b"[]");
    let error = decompress(b"", Some("br"), 10).unwrap_err();
    assert_eq!(
        error.to_string(),
        "content encoding `br` is not read; expected `gzip`, `zstd` or none"
    );
}

#[test]
fn a_body_of_another_format_is_an_error() {
    for format in FORMATS {
        let error = read(b"\x00\x01\x02<xml>", format);
        match format {
            // One line that is no JSON is a rejected row.
            Format::NdJson => assert_eq!(error.unwrap().rejected, 1),
            // Any text is a header.
            Format::Csv => assert_eq!(error.unwrap().batch.num_rows(), 0),
            _ => assert_eq!(error.unwrap_err().code(), "malformed", "{format}"),
        }
        if format != Format::NdJson {
            assert_eq!(read("", format).unwrap_err().code(), "malformed", "{format}");
        }
    }
}

#[test]
fn rows_columns_and_bytes_are_limited() {
    let row = r#"{"id": 1, "at": 0}"#;
    let body = format!("[{row},{row},{row}]");
    let limits = Limits {
        rows: 2,
        ..Limits::default()
    };
    assert_eq!(
        limited(&body, Format::Json, &limits).unwrap_err(),
        IngestError::TooManyRows { limit: 2 }
    );
    assert_eq!(
        limited(format!("{row}\n{row}\n{row}"), Format::NdJson, &limits).unwrap_err(),
        IngestError::TooManyRows { limit: 2 }
    );
    let limits = Limits {
        body_bytes: 20,
        ..Limits::default()
    };
    assert_eq!(limited(&body, Format::Json, &limits).unwrap_err().code(), "too_large");

    let many: Vec<String> = (0..10_000).map(|i| format!(r#""c{i}": {i}"#)).collect();
    let wide = format!(r#"[{{"id": 1, "at": 0, {}}}]"#, many.join(","));
    let error = limited(&wide, Format::Json, &Limits::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the body has more than 4096 columns; are values used as names?"
    );
    let limits = Limits {
        columns: 20_000,
        ..Limits::default()
    };
    let decoded = limited(&wide, Format::Json, &limits).unwrap();
    assert_eq!((decoded.batch.num_columns(), decoded.odd.len()), (9, 10_000));

    let names: Vec<String> = (0..10_000).map(|i| format!("c{i}")).collect();
    let values: Vec<(String, ArrayRef)> = names
        .iter()
        .map(|n| (n.clone(), Arc::new(Int32Array::from(vec![1])) as ArrayRef))
        .collect();
    let wide = RecordBatch::try_from_iter(values).unwrap();
    for format in FORMATS {
        let error = limited(write(&wide, format), format, &Limits::default()).unwrap_err();
        assert_eq!(error, IngestError::TooManyColumns { limit: 4_096 }, "{format}");
    }
}

#[test]
fn a_row_that_is_too_large_is_rejected_alone() {
    let limits = Limits {
        row_bytes: 100,
        listed_rejects: 1,
        ..Limits::default()
    };
    let ids = StringArray::from(vec!["a", "b", "c", "d"]);
    let at = StringArray::from(vec!["2011-02-01"; 4]);
    let long = "x".repeat(101);
    let job = StringArray::from(vec!["cook", &long, &long, "clerk"]);
    let table = RecordBatch::try_from_iter([
        ("id", Arc::new(ids) as ArrayRef),
        ("at", Arc::new(at)),
        ("job", Arc::new(job)),
    ])
    .unwrap();
    for format in FORMATS {
        let decoded = limited(write(&table, format), format, &limits).unwrap();
        assert_eq!(texts(&decoded.batch, "id"), [Some("a"), Some("d")], "{format}");
        assert_eq!((decoded.rejected, decoded.rejects.len()), (2, 1), "{format}");
        assert_eq!(
            (decoded.rejects[0].row, decoded.rejects[0].code),
            (1, RejectCode::TooLarge)
        );
        assert_eq!(decoded.rejects[0].reason, "its text is longer than 100 bytes");
    }
}

#[test]
fn names_cannot_make_a_small_body_large() {
    let header: Vec<String> = (0..100).map(|i| format!("{}{i}", "n".repeat(1_000))).collect();
    let line = vec!["1"; 100].join(",");
    let body = format!(
        "id,at,{}\n{}",
        header.join(","),
        format!("1,2011-02-01,{line}\n").repeat(1_000)
    );
    let limits = Limits {
        body_bytes: 1_000_000,
        ..Limits::default()
    };
    assert_eq!(
        limited(&body, Format::Csv, &limits).unwrap_err().to_string(),
        "the text of columns that the data definition does not know is larger than 1000000 bytes; send fewer rows a \
         request"
    );
}

#[test]
fn shared_values_are_measured_before_they_are_copied() {
    let long = "x".repeat(10_000);
    let limits = Limits {
        body_bytes: 1_000_000,
        row_bytes: 1_000_000,
        ..Limits::default()
    };
    for (name, values) in [("job", 1), ("new", 1)] {
        let keys = Int32Array::from(vec![0; 10_000]);
        let dictionary =
            DictionaryArray::<Int32Type>::new(keys, Arc::new(StringArray::from(vec![long.as_str(); values])));
        let table = RecordBatch::try_from_iter([(name, Arc::new(dictionary) as ArrayRef)]).unwrap();
        for format in [Format::ArrowStream, Format::ArrowFile, Format::Parquet] {
            let body = write(&table, format);
            assert!(body.len() < 100_000);
            assert_eq!(
                limited(body, format, &limits).unwrap_err().code(),
                "too_large",
                "{format}"
            );
        }
    }
}

#[test]
fn rows_that_take_no_bytes_are_counted() {
    let nulls =
        RecordBatch::try_from_iter_with_nullable([("x", Arc::new(NullArray::new(2_000_000)) as ArrayRef, true)]);
    for format in [Format::ArrowStream, Format::ArrowFile, Format::Parquet] {
        let error = limited(write(nulls.as_ref().unwrap(), format), format, &Limits::default()).unwrap_err();
        assert_eq!(error, IngestError::TooManyRows { limit: 1_000_000 }, "{format}");
    }
}

#[test]
fn deep_values_and_huge_numbers_are_refused() {
    for depth in [65, 1_000_000] {
        let body = format!(
            r#"[{{"id": 1, "at": 0, "x": {}{}}}]"#,
            "[".repeat(depth),
            "]".repeat(depth)
        );
        let error = read(&body, Format::Json).unwrap_err();
        assert_eq!(error.code(), "malformed", "{error}");
    }
    let body = format!("[{}", "[".repeat(1_000_000));
    assert_eq!(read(&body, Format::Json).unwrap_err().code(), "malformed");
    let body = r#"{"id": 1, "at": 0, "age": 1e999}"#;
    assert!(
        read(body, Format::Json)
            .unwrap_err()
            .to_string()
            .contains("number out of range")
    );
    assert_eq!(read(body, Format::NdJson).unwrap().rejected, 1);
    let digits = "9".repeat(400);
    let body = format!("id,at,age,x\n1,2011-02-01,1e999,{digits}\n");
    let decoded = read(&body, Format::Csv).unwrap();
    assert_eq!(extra(&decoded.batch), [Some(format!(r#"{{"x":"{digits}"}}"#).as_str())]);
}

#[test]
fn lines_of_csv_are_read_as_spreadsheets_write_them() {
    let body =
        b"\xef\xbb\xbfid,at,job,age,member\r\n1.0,2011-02-01,\"a \"\"b\"\",\r\nc\",1.5,True\r\n2,1296554400.5,,,\r\n\
        3,2011-02-01\r\n4,2011-02-01,\xff,,\r\n007,2011-02-01,1.0,NaN,0\r\n";
    let decoded = read(body, Format::Csv).unwrap();
    assert_eq!(texts(&decoded.batch, "id"), [Some("1"), Some("2"), Some("007")]);
    assert_eq!(texts(&decoded.batch, "job"), [Some("a \"b\",\r\nc"), None, Some("1")]);
    let reasons: Vec<_> = decoded.rejects.iter().map(|r| (r.row, r.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [
            (2, "line 5 has 2 cells; expected 5 as in the header"),
            (
                3,
                "line 6: the cell of `job` is no UTF-8: invalid utf-8 sequence of 1 bytes from index 0"
            ),
        ]
    );
}

#[test]
fn numbers_become_the_labels_that_the_engine_reads() {
    let numbers: ArrayRef = Arc::new(arrow::array::Float64Array::from(vec![
        Some(1.0),
        Some(-0.0),
        Some(0.1),
        Some(1e21),
        Some(1e-7),
        Some(f64::NAN),
        Some(f64::INFINITY),
        None,
        Some(9_007_199_254_740_993.0),
    ]));
    let whole = arrow::compute::cast(&numbers, &DataType::Int64).unwrap();
    let day: ArrayRef = Arc::new(arrow::array::Date32Array::from(vec![15_006; 9]));
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["a"; 9]));
    for array in [numbers, whole, day] {
        let names = ["job".to_owned()];
        let arrays = [array.clone()];
        let batch = plimsoll_engine::Batch::new(&names, &arrays);
        let labels = batch.labels("job").unwrap();
        let engine: Vec<Option<&str>> = (0..9).map(|row| labels.get(row)).collect();
        let table = RecordBatch::try_from_iter_with_nullable([
            ("id", ids.clone(), true),
            ("at", ids.clone(), true),
            ("job", array, true),
        ])
        .unwrap();
        let limits = Limits {
            stamp_missing: Some(0),
            ..Limits::default()
        };
        let table = table.project(&[0, 2]).unwrap();
        let decoded = limited(write(&table, Format::ArrowStream), Format::ArrowStream, &limits).unwrap();
        assert_eq!(texts(&decoded.batch, "job"), engine);
    }
}
