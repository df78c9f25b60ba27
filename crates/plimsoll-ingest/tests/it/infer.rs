//! Columns that nobody has described.

use plimsoll_ingest::{Format, Limits, infer};
use plimsoll_model::{ColumnKind, Role};

#[test]
fn kinds_and_roles_show_in_names_and_values() {
    let rows: Vec<String> = (0..120)
        .map(|i| {
            format!(
                r#"{{"timestamp": {}, "loan_id": {i}, "day": "2011-02-{:02}", "job": "job {}", "note": "note {i}",
                 "member": {}, "mixed": {}, "vector": [1, {i}], "words": ["a"], "nested": {{"x": {i}}}, "empty": null}}"#,
                1_296_554_400 + i,
                i % 28 + 1,
                i % 3,
                i % 2 == 0,
                if i % 2 == 0 { "1" } else { r#""x""# },
            )
        })
        .collect();
    let body = format!("[{}]", rows.join(","));
    let columns = infer(body.as_bytes(), Format::Json, &Limits::default()).unwrap();
    let found: Vec<_> = columns
        .iter()
        .map(|c| (c.name.as_str(), c.kind, c.role.clone()))
        .collect();
    assert_eq!(
        found,
        [
            ("timestamp", ColumnKind::Numeric, Some(Role::Timestamp)),
            ("loan_id", ColumnKind::Numeric, Some(Role::Id)),
            ("day", ColumnKind::Datetime, None),
            ("job", ColumnKind::Categorical, None),
            ("note", ColumnKind::Text, None),
            ("member", ColumnKind::Boolean, None),
            ("mixed", ColumnKind::Categorical, None),
            ("vector", ColumnKind::Embedding, None),
            ("words", ColumnKind::List, None),
        ]
    );
    assert_eq!((columns[3].distinct, columns[3].nulls), (3, 0));
    assert_eq!(columns[3].example.as_deref(), Some("job 0"));
}

#[test]
fn cells_of_csv_show_their_types() {
    let body = "ts,target,member,code\n2011-02-01,1.5,true,007\n2011-02-02,,false,x\n";
    let columns = infer(body.as_bytes(), Format::Csv, &Limits::default()).unwrap();
    let found: Vec<_> = columns.iter().map(|c| (c.kind, c.role.clone(), c.nulls)).collect();
    assert_eq!(
        found,
        [
            (ColumnKind::Datetime, Some(Role::Timestamp), 0),
            (ColumnKind::Numeric, Some(Role::Target), 1),
            (ColumnKind::Boolean, None, 0),
            (ColumnKind::Categorical, None, 0),
        ]
    );
}
