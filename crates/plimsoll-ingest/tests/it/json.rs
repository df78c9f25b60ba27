//! JSON and NDJSON bodies.

use plimsoll_ingest::{Expected, ExpectedColumn, Format, IngestError, Limits, RejectCode, decode};
use plimsoll_model::{ColumnKind, SchemaChangeKind as Change};

use crate::support::{MOMENT, booleans, expected, extra, moments, numbers, read, texts, vectors};

/// A row with an event time, an id and the given fields.
fn row(fields: &str) -> String {
    format!(
        r#"[{{"id": "a", "at": "2011-02-01T10:00:00Z"{}{fields}}}]"#,
        if fields.is_empty() { "" } else { ", " }
    )
}

#[test]
fn every_form_of_a_body_holds_the_same_rows() {
    let one = r#"{"id": 1, "at": 1296554400, "age": 31.5}"#;
    let two = r#"{"id": 2, "at": 1296554400, "age": null}"#;
    let list = read(format!("[{one},{two}]"), Format::Json).unwrap();
    assert_eq!(texts(&list.batch, "id"), [Some("1"), Some("2")]);
    assert_eq!(numbers(&list.batch, "age"), [Some(31.5), None]);
    assert_eq!(moments(&list.batch, "at"), [Some(MOMENT), Some(MOMENT)]);
    assert_eq!((list.rejected, list.odd.len()), (0, 0));
    for (body, format) in [
        (format!(r#"{{"rows": [{one}, {two}]}}"#), Format::Json),
        (
            r#"{"columns": {"id": [1, 2], "at": [1296554400, 1296554400], "age": [31.5, null]}}"#.to_owned(),
            Format::Json,
        ),
        (format!("\u{feff}[{one},{two}]"), Format::Json),
        (format!("{one}\n\n{two}"), Format::NdJson),
        (format!("\u{feff}{one}\r\n{two}\r\n"), Format::NdJson),
    ] {
        assert_eq!(read(&body, format).unwrap(), list, "{body}");
    }
    assert_eq!(read(one, Format::Json).unwrap().batch, list.batch.slice(0, 1));
    assert_eq!(read("[]", Format::Json).unwrap().batch.num_rows(), 0);
    assert_eq!(read(r#"{"rows": []}"#, Format::Json).unwrap().batch.num_rows(), 0);
}

#[test]
fn every_value_that_has_a_reading_gets_it() {
    for (sent, value) in [
        ("1", Some(1.0)),
        ("-0.1", Some(-0.1)),
        ("18446744073709551615", Some(18_446_744_073_709_551_615.0)),
        (
            "123456789012345678901234567890",
            Some(123_456_789_012_345_678_901_234_567_890.0),
        ),
        ("true", Some(1.0)),
        (r#"" 2.5 ""#, Some(2.5)),
        (r#""-Infinity""#, Some(f64::NEG_INFINITY)),
        (r#""NaN""#, None),
        (r#""""#, None),
        ("null", None),
    ] {
        let decoded = read(row(&format!(r#""age": {sent}"#)), Format::Json).unwrap();
        assert_eq!(numbers(&decoded.batch, "age"), [value], "{sent}");
        assert!(decoded.odd.is_empty(), "{sent}");
    }
    for (sent, value) in [
        (r#""cook""#, Some("cook")),
        (r#""\u00e4\n""#, Some("ä\n")),
        (r#""1.0""#, Some("1.0")),
        (r#""""#, Some("")),
        ("1", Some("1")),
        ("1.0", Some("1")),
        ("-0.0", Some("0")),
        ("0.5", Some("0.5")),
        ("18446744073709551615", Some("18446744073709551615")),
        ("false", Some("false")),
        ("null", None),
    ] {
        let decoded = read(row(&format!(r#""job": {sent}"#)), Format::Json).unwrap();
        assert_eq!(texts(&decoded.batch, "job"), [value], "{sent}");
        assert!(decoded.odd.is_empty(), "{sent}");
    }
    for (sent, value) in [
        ("true", Some(true)),
        ("0", Some(false)),
        ("1.0", Some(true)),
        (r#""False""#, Some(false)),
        ("null", None),
    ] {
        let decoded = read(row(&format!(r#""member": {sent}"#)), Format::Json).unwrap();
        assert_eq!(booleans(&decoded.batch, "member"), [value], "{sent}");
        assert!(decoded.odd.is_empty(), "{sent}");
    }
    for (sent, value) in [
        (r#""2011-02-01T12:00:00+02:00""#, Some(MOMENT)),
        (r#""2011-02-01 10:00:00""#, Some(MOMENT)),
        (r#""2011-02-01""#, Some(MOMENT - 36_000_000_000)),
        ("1296554400", Some(MOMENT)),
        ("1296554400.5", Some(MOMENT + 500_000)),
        ("1296554400000", Some(MOMENT)),
        ("1296554400000000", Some(MOMENT)),
        ("1296554400000000000", Some(MOMENT)),
        (r#""1296554400""#, Some(MOMENT)),
        ("null", None),
    ] {
        let decoded = read(row(&format!(r#""since": {sent}"#)), Format::Json).unwrap();
        assert_eq!(moments(&decoded.batch, "since"), [value], "{sent}");
        assert!(decoded.odd.is_empty(), "{sent}");
    }
    let decoded = read(
        row(r#""tags": ["x", {"y": [1.0, null]}], "vector": [1, 0.5, null]"#),
        Format::Json,
    )
    .unwrap();
    assert_eq!(texts(&decoded.batch, "tags"), [Some(r#"["x",{"y":[1.0,null]}]"#)]);
    assert_eq!(
        vectors(&decoded.batch, "vector"),
        [Some(vec![Some(1.0), Some(0.5), None])]
    );
}

#[test]
fn local_times_are_read_in_the_zone() {
    let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let expected = Expected::new(Vec::new(), Some("at"), None, berlin);
    let body = br#"[{"at": "2011-02-01 11:00:00"}, {"at": "2011-02-01T10:00:00Z"}]"#;
    let decoded = decode(body, Format::Json, &expected, &Limits::default()).unwrap();
    assert_eq!(moments(&decoded.batch, "at"), [Some(MOMENT), Some(MOMENT)]);
}

#[test]
fn what_has_no_reading_is_kept_beside_the_row() {
    let body = r#"[
        {"id": 1, "at": 1296554400, "age": "old", "job": ["x"], "member": 2, "since": "soon", "vector": ["x"]},
        {"id": 2, "at": 1296554400, "age": "old", "new": {"a": [1, "ä"]}, "more": null},
        {"id": 3, "at": 1296554400, "age": {}, "new": 1.5}
    ]"#;
    let decoded = read(body, Format::Json).unwrap();
    assert_eq!(decoded.rejected, 0);
    assert_eq!(
        extra(&decoded.batch),
        [
            Some(r#"{"age":"old","job":["x"],"member":2,"since":"soon","vector":["x"]}"#),
            Some(r#"{"age":"old","new":{"a":[1,"ä"]}}"#),
            Some(r#"{"age":{},"new":1.5}"#),
        ]
    );
    assert_eq!(numbers(&decoded.batch, "age"), [None, None, None]);
    let odd: Vec<_> = decoded
        .odd
        .iter()
        .map(|o| {
            (
                o.column.as_str(),
                o.change,
                o.found.as_str(),
                o.rows,
                o.example.as_str(),
            )
        })
        .collect();
    assert_eq!(
        odd,
        [
            ("age", Change::Type, "text", 2, r#""old""#),
            ("job", Change::Type, "list", 1, r#"["x"]"#),
            ("member", Change::Type, "number", 1, "2"),
            ("since", Change::Type, "text", 1, r#""soon""#),
            ("vector", Change::Type, "list", 1, r#"["x"]"#),
            ("new", Change::New, "object", 1, r#"{"a":[1,"ä"]}"#),
            ("age", Change::Type, "object", 1, "{}"),
            ("new", Change::New, "number", 1, "1.5"),
        ]
    );
    assert_eq!(decoded.odd[0].expected, Some(ColumnKind::Numeric));
    assert_eq!(decoded.odd[5].expected, None);
}

#[test]
fn of_two_values_of_one_name_the_last_holds() {
    let decoded = read(
        row(r#""age": "old", "job": "x", "new": 1, "age": 2, "job": "y", "new": 3"#),
        Format::Json,
    )
    .unwrap();
    assert_eq!(numbers(&decoded.batch, "age"), [Some(2.0)]);
    assert_eq!(texts(&decoded.batch, "job"), [Some("y")]);
    assert_eq!(extra(&decoded.batch), [Some(r#"{"new":3}"#)]);
    assert_eq!(decoded.odd.len(), 1);
    let decoded = read(row(r#""age": 1, "age": "old""#), Format::Json).unwrap();
    assert_eq!(extra(&decoded.batch), [Some(r#"{"age":"old"}"#)]);
}

#[test]
fn only_rows_that_cannot_be_placed_are_rejected() {
    let body = r#"[
        {"id": 1, "at": 1296554400, "age": 1},
        7,
        {"id": 2, "age": 2, "job": "taken back", "new": 1},
        {"id": 3, "at": "soon", "age": 3},
        {"at": 1296554400, "age": 4},
        {"id": "", "at": 1296554400},
        {"id": null, "at": 1296554400},
        [1, {"id": 2}], null, "text",
        {"id": 9, "at": 1296554400, "job": "kept"}
    ]"#;
    let decoded = read(body, Format::Json).unwrap();
    assert_eq!(texts(&decoded.batch, "id"), [Some("1"), Some("9")]);
    assert_eq!(numbers(&decoded.batch, "age"), [Some(1.0), None]);
    assert_eq!(texts(&decoded.batch, "job"), [None, Some("kept")]);
    assert_eq!(decoded.rejected, 9);
    assert!(decoded.odd.is_empty(), "a rejected row is not counted as odd");
    let rejects: Vec<_> = decoded
        .rejects
        .iter()
        .map(|r| (r.row, r.code, r.column.as_deref()))
        .collect();
    assert_eq!(
        rejects,
        [
            (1, RejectCode::Malformed, None),
            (2, RejectCode::TimestampMissing, Some("at")),
            (3, RejectCode::TimestampUnreadable, Some("at")),
            (4, RejectCode::IdMissing, Some("id")),
            (5, RejectCode::IdMissing, Some("id")),
            (6, RejectCode::IdMissing, Some("id")),
            (7, RejectCode::Malformed, None),
            (8, RejectCode::Malformed, None),
            (9, RejectCode::Malformed, None),
        ]
    );
    assert_eq!(
        decoded.rejects[2].reason,
        r#"`at` is "soon"; expected a moment such as "2011-02-01T10:00:00Z" or seconds since 1970"#
    );
    assert_eq!(
        serde_json::to_value(&decoded.rejects[1]).unwrap(),
        serde_json::json!({
            "row": 2, "code": "timestamp_missing", "column": "at", "reason": "it has no event time in `at`"
        })
    );
}

#[test]
fn rows_without_a_time_can_be_stamped() {
    let limits = Limits {
        stamp_missing: Some(MOMENT),
        ..Limits::default()
    };
    let body = br#"[{"id": 1}, {"id": 2, "at": "soon"}, {"id": 3, "at": 0}]"#;
    let decoded = decode(body, Format::Json, &expected(), &limits).unwrap();
    assert_eq!(moments(&decoded.batch, "at"), [Some(MOMENT), Some(0)]);
    assert_eq!(decoded.rejects[0].code, RejectCode::TimestampUnreadable);
}

#[test]
fn labels_need_id_and_target() {
    let column = |name: &str, kind, required| ExpectedColumn {
        name: name.to_owned(),
        kind,
        required,
    };
    let columns = vec![
        column("id", ColumnKind::Text, true),
        column("target", ColumnKind::Numeric, true),
        column("known", ColumnKind::Datetime, false),
    ];
    let expected = Expected::new(columns, Some("known"), Some("id"), jiff::tz::TimeZone::UTC);
    let body =
        br#"[{"id": 1, "target": 2}, {"id": 2}, {"id": 3, "target": "x"}, {"id": 4, "target": 1, "known": "soon"}]"#;
    let decoded = decode(body, Format::Json, &expected, &Limits::default()).unwrap();
    assert_eq!(texts(&decoded.batch, "id"), [Some("1"), Some("4")]);
    assert_eq!(extra(&decoded.batch), [None, Some(r#"{"known":"soon"}"#)]);
    let reasons: Vec<_> = decoded.rejects.iter().map(|r| r.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "it has no value in `target`",
            r#"`target` is "x"; expected a value of kind `numeric`"#
        ]
    );
}

#[test]
fn a_bad_line_is_a_rejected_row() {
    let body = b"{\"id\": 1, \"at\": 0}\n{\"id\": NaN}\n{\"id\": 2, \"at\": 0} x\n\xff\n3\n{\"id\": 4, \"at\": 0";
    let decoded = read(body, Format::NdJson).unwrap();
    assert_eq!(texts(&decoded.batch, "id"), [Some("1")]);
    let reasons: Vec<_> = decoded.rejects.iter().map(|r| (r.row, r.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [
            (1, "line 2: expected value at line 1 column 8"),
            (2, "line 3: trailing characters at line 1 column 20"),
            (3, "line 4: invalid utf-8 sequence of 1 bytes from index 0"),
            (4, "line 5 is a number; expected an object such as `{\"id\": 1}`"),
            (5, "line 6: EOF while parsing an object at line 1 column 17"),
        ]
    );
}

#[test]
fn a_body_that_is_no_json_says_where() {
    for (body, problem) in [
        (&b""[..], "it is empty"),
        (b" \n", "it is empty"),
        (b"[{\"id\": NaN}]", "line 1 column 9"),
        (b"[{\"id\": 1},\n{\"id\": }]", "line 2 column 8"),
        (b"[{\"id\": 1}", "EOF"),
        (b"{\"id\": 1}\n{\"id\": 2}", "`application/x-ndjson`"),
        (b"\"text\"", "expected a list of objects"),
        (b"[{\"id\": \"\xff\"}]", "invalid utf-8"),
        (b"{\"rows\": [], \"model\": 1}", "`rows` stands beside other keys"),
        (
            b"{\"id\": 1, \"columns\": {\"id\": [1]}}",
            "`columns` stands beside other keys",
        ),
    ] {
        let error = read(body, Format::Json).unwrap_err();
        assert_eq!(error.code(), "malformed");
        assert!(error.to_string().contains(problem), "{error} lacks {problem}");
    }
}

#[test]
fn columns_of_unequal_length_are_named() {
    let error = read(r#"{"columns": {"id": [1, 2], "at": [0]}}"#, Format::Json).unwrap_err();
    assert_eq!(
        error,
        IngestError::UnequalColumns {
            first: "id".to_owned(),
            first_length: 2,
            second: "at".to_owned(),
            second_length: 1
        }
    );
}

#[test]
fn rows_may_have_columns_named_as_the_wrappers() {
    let column = |name: &str| ExpectedColumn {
        name: name.to_owned(),
        kind: ColumnKind::List,
        required: false,
    };
    let expected = Expected::new(vec![column("rows")], None, None, jiff::tz::TimeZone::UTC);
    let decoded = decode(br#"{"rows": [1]}"#, Format::Json, &expected, &Limits::default()).unwrap();
    assert_eq!(texts(&decoded.batch, "rows"), [Some("[1]")]);
    let decoded = read(r#"{"id": 1, "at": 0, "rows": 3}"#, Format::Json).unwrap();
    assert_eq!(extra(&decoded.batch), [Some(r#"{"rows":3}"#)]);
}
