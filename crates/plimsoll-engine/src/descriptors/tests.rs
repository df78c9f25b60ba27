//! Values of descriptors that can be checked by hand, and what is said about mistakes.

use arrow::array::{Array, AsArray, StringArray};
use serde_json::{Value, json};

use super::*;

/// The value of a text as JSON; null where there is none.
fn value(id: &str, params: Value, text: &str) -> Value {
    let texts: ArrayRef = Arc::new(StringArray::from(vec![Some(text), None]));
    let names = ["t".to_owned()];
    let mut params: Params = serde_json::from_value(params).unwrap();
    params.insert("column".to_owned(), "t".into());
    let spec = DescriptorSpec {
        id: id.to_owned(),
        params,
    };
    let derived = descriptor(&spec)
        .unwrap()
        .derive(&Batch::new(&names, &[texts]))
        .unwrap();
    assert!(derived.is_null(1), "{id} of a missing text");
    if derived.is_null(0) {
        return Value::Null;
    }
    match derived.as_boolean_opt() {
        Some(truths) => truths.value(0).into(),
        None => derived.as_primitive::<arrow::datatypes::Float64Type>().value(0).into(),
    }
}

#[test]
fn ids_are_unique_sorted_and_documented() {
    assert!(DESCRIPTORS.windows(2).all(|w| w[0].id < w[1].id));
    for descriptor in DESCRIPTORS {
        let schema = (descriptor.schema)();
        let page = schema.get("description").and_then(|d| d.as_str()).unwrap_or_default();
        for section in ["# Definition", "# Output", "# Missing values", "# Source"] {
            assert!(page.contains(section), "{} lacks `{section}`", descriptor.id);
        }
    }
}

#[test]
fn texts_are_described() {
    let none = || json!({});
    for (id, params, text, expected) in [
        ("text.length", none(), "", json!(0.0)),
        ("text.length", none(), "naïve 🦀", json!(7.0)),
        ("text.words", none(), "", json!(0.0)),
        ("text.words", none(), "I don't owe $3.50 – Straße 東!", json!(6.0)),
        ("text.sentences", none(), "", json!(0.0)),
        ("text.sentences", none(), "One. Is it two? It is 3.5!", json!(3.0)),
        ("text.non_letters", none(), "", json!(null)),
        ("text.non_letters", none(), "ab 12é!", json!(3.0 / 7.0)),
        ("text.out_of_vocabulary", none(), "12 :)", json!(null)),
        (
            "text.out_of_vocabulary",
            none(),
            "The dog's zzqx isn't well-known",
            json!(1.0 / 6.0),
        ),
        (
            "text.out_of_vocabulary",
            json!({"known": ["Zzqx"]}),
            "a zzqx",
            json!(0.0),
        ),
        ("text.sentiment", none(), "", json!(0.0)),
        (
            "text.sentiment",
            none(),
            "VADER is smart, handsome, and funny.",
            json!(0.8316),
        ),
        ("text.sentiment", none(), "The table has four legs", json!(0.0)),
        (
            "text.regex",
            json!({"pattern": "https?://"}),
            "see http://a.b",
            json!(true),
        ),
        (
            "text.regex",
            json!({"pattern": "^see$"}),
            "see http://a.b",
            json!(false),
        ),
        ("text.contains", json!({"items": ["fund"]}), "a refund", json!(true)),
        ("text.contains", json!({"items": ["Fund"]}), "a refund", json!(false)),
        (
            "text.contains",
            json!({"items": ["Fund"], "case_sensitive": false}),
            "a refund",
            json!(true),
        ),
        (
            "text.contains",
            json!({"items": ["a", "z"], "mode": "all"}),
            "a refund",
            json!(false),
        ),
        ("text.begins", json!({"items": ["b", "a "]}), "a refund", json!(true)),
        ("text.begins", json!({"items": ["refund"]}), "a refund", json!(false)),
        (
            "text.ends",
            json!({"items": ["FUND"], "case_sensitive": false}),
            "a refund",
            json!(true),
        ),
        ("text.ends", json!({"items": ["a"]}), "a refund", json!(false)),
        (
            "text.trigger_words",
            json!({"words": ["Refund"]}),
            "no refunds",
            json!(false),
        ),
        (
            "text.trigger_words",
            json!({"words": ["want a refund"]}),
            "I WANT a refund!",
            json!(true),
        ),
        (
            "text.trigger_words",
            json!({"words": ["x", "refund"]}),
            "a refund",
            json!(true),
        ),
        ("text.is_json", none(), "{\"a\": [1, null]}", json!(true)),
        ("text.is_json", none(), "{'a': 1}", json!(false)),
        ("text.is_json", none(), "", json!(false)),
        (
            "text.is_sql",
            none(),
            "select a, count(*) from b group by a",
            json!(true),
        ),
        ("text.is_sql", none(), "please select a good one from", json!(false)),
        ("text.is_sql", none(), "", json!(false)),
    ] {
        assert_eq!(value(id, params, text), expected, "{id} of `{text}`");
    }
}

#[test]
fn deep_nesting_neither_overflows_nor_counts() {
    assert_eq!(value("text.is_json", json!({}), &"[".repeat(100_000)), json!(false));
    let nested = format!("select {}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(value("text.is_sql", json!({}), &nested), json!(false));
}

#[test]
fn mistakes_are_named() {
    let known = [
        InferredColumn::new("review", ColumnKind::Text),
        InferredColumn::new("age", ColumnKind::Numeric),
    ];
    let said = |descriptors: &str| {
        let data: DataConfig = serde_json::from_str(&format!("{{\"descriptors\": {descriptors}}}")).unwrap();
        define(&data, &known).unwrap_err().to_string()
    };
    for (descriptors, expected) in [
        (
            r#"{"n": {"text.lenght": {"column": "review"}}}"#,
            "`data.descriptors.n`: no descriptor `text.lenght`",
        ),
        (r#"{"n": {"text.lenght": {"column": "review"}}}"#, "`text.length`"),
        (
            r#"{"n": {"text.length": {"column": "reviw"}}}"#,
            "did you mean `review`?",
        ),
        (r#"{"n": {"text.length": {}}}"#, "missing field `column`"),
        (
            r#"{"n": {"text.length": {"column": "age"}}}"#,
            "column `age` is numeric, expected text",
        ),
        (
            r#"{"age": {"text.length": {"column": "review"}}}"#,
            "is the name of a column of the data",
        ),
        (
            r#"{"n": {"text.regex": {"column": "review", "pattern": "("}}}"#,
            "is no regular expression",
        ),
        (
            r#"{"n": {"text.begins": {"column": "review", "items": []}}}"#,
            "`items` is empty",
        ),
        (
            r#"{"n": {"text.trigger_words": {"column": "review", "words": ["!"]}}}"#,
            "`!`, which is no word",
        ),
    ] {
        let said = said(descriptors);
        assert!(said.contains(expected), "{said}");
    }
    // A text is text if the file says so.
    let written = r#"{"columns": {"age": "text"}, "descriptors": {"n": {"text.length": {"column": "age"}}}}"#;
    assert!(define(&serde_json::from_str(written).unwrap(), &known).is_ok());
}
