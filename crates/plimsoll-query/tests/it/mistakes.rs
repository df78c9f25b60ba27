//! What each mistake about files says, and the digest of a source.

use std::{fs, sync::Arc};

use plimsoll_engine::{
    Preparer, ProfileOptions, ProfilePlan, StatisticSpec, define,
    statistics::{Moments, Types},
};
use plimsoll_model::{ColumnKind, Preparation, config::DataConfig};

use crate::samples::{delimited, folder, open, refused, rows, write_arrow, write_parquet};

fn says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{message}` lacks `{part}`");
    }
    assert!(!message.contains('\n'), "`{message}` has more than one line");
}

#[tokio::test]
async fn a_missing_file_is_named_with_near_names() {
    let folder = folder();
    write_parquet(&folder.path().join("bike_demand.parquet"), &rows(3), 10);
    says(
        &refused(&folder.path().join("bike_demnad.parquet")).await,
        &[
            "no file or directory",
            "bike_demnad.parquet",
            "did you mean `bike_demand.parquet`?",
        ],
    );
    says(
        &refused(&folder.path().join("nowhere/a.csv")).await,
        &["no file or directory", "nowhere/a.csv"],
    );
    says(
        &refused(&folder.path().join("*.csv")).await,
        &["*.csv", "holds no data file"],
    );
}

#[tokio::test]
async fn empty_unknown_and_mixed_files_are_named() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("empty.csv"), "").unwrap();
    says(&refused(&path("empty.csv")).await, &["empty.csv", "is empty"]);
    fs::write(path("blank.csv"), "\n\n").unwrap();
    says(&refused(&path("blank.csv")).await, &["blank.csv"]);
    fs::write(path("a.xlsx"), "x").unwrap();
    says(
        &refused(&path("a.xlsx")).await,
        &["a.xlsx", "no known format", ".parquet"],
    );
    fs::create_dir(path("none")).unwrap();
    says(&refused(&path("none")).await, &["none", "holds no data file"]);
    fs::create_dir(path("both")).unwrap();
    fs::write(path("both/a.csv"), "x\n1\n").unwrap();
    write_arrow(&path("both/b.arrow"), &rows(3));
    says(&refused(&path("both")).await, &["mixes", "a.csv", "b.arrow"]);
}

#[tokio::test]
async fn damaged_files_are_named() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    for name in ["a.parquet", "a.arrow", "a.csv.gz"] {
        fs::write(path(name), "this is no such file, though it has some length").unwrap();
        says(&refused(&path(name)).await, &[name, "cannot be read"]);
    }
    write_parquet(&path("cut.parquet"), &rows(500), 1_000);
    let whole = fs::read(path("cut.parquet")).unwrap();
    fs::write(path("cut.parquet"), &whole[..whole.len() / 2]).unwrap();
    says(&refused(&path("cut.parquet")).await, &["cut.parquet", "cannot be read"]);
    fs::write(path("a.jsonl"), "{\"x\": 1}\nnot json\n").unwrap();
    says(&refused(&path("a.jsonl")).await, &["a.jsonl", "cannot be read"]);
}

#[tokio::test]
async fn columns_of_csv_files_stand_in_one_order_and_once() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("a.csv"), "x,y\n1,100\n").unwrap();
    fs::write(path("b.csv"), "y,x\n200,2\n").unwrap();
    says(
        &refused(folder.path()).await,
        &["b.csv", "its columns are `y`, `x`", "`x`, `y`"],
    );
    fs::write(path("c.csv"), "x,y,x\n1,2,3\n").unwrap();
    says(&refused(&path("c.csv")).await, &["c.csv", "column `x` stands twice"]);
}

#[tokio::test]
async fn a_late_odd_cell_makes_a_column_of_text() {
    let folder = folder();
    let path = folder.path().join("a.csv");
    let numbers: Vec<String> = (0..100_010).map(|i| format!("{i},1,")).collect();
    fs::write(&path, format!("x,y,z\n{}\nmany,2.5,7\n", numbers.join("\n"))).unwrap();
    let source = open(&path).await;
    let types: Vec<String> = source
        .schema()
        .fields()
        .iter()
        .map(|f| f.data_type().to_string())
        .collect();
    assert_eq!(types, ["Utf8", "Float64", "Int64"]);
    let count = |column: &str| StatisticSpec::Count {
        column: column.to_owned(),
    };
    let plan = Arc::new(ProfilePlan::new(["x", "y", "z"].map(count), ProfileOptions::default()));
    assert_eq!(source.profile_all(&plan).await.unwrap().rows(), 100_011);
}

#[tokio::test]
async fn an_unknown_column_is_named_with_near_names() {
    let folder = folder();
    let path = folder.path().join("a.csv");
    fs::write(&path, delimited(&rows(3), ',')).unwrap();
    let error = open(&path).await.require("cuont").unwrap_err().to_string();
    says(&error, &["no column `cuont`", "did you mean `count`?"]);
}

#[tokio::test]
async fn the_fingerprint_changes_with_the_files() {
    let folder = folder();
    let path = folder.path().join("a.csv");
    fs::write(&path, delimited(&rows(3), ',')).unwrap();
    let first = open(folder.path()).await.fingerprint();
    assert_eq!(open(folder.path()).await.fingerprint(), first);
    fs::write(&path, delimited(&rows(4), ',')).unwrap();
    let second = open(folder.path()).await.fingerprint();
    assert_ne!(second, first);
    fs::write(folder.path().join("b.csv"), delimited(&rows(4), ',')).unwrap();
    assert_ne!(open(folder.path()).await.fingerprint(), second);
}

/// 150,000 rows of a number, of which that of row 120,000 is a text.
fn late_text(row: impl Fn(u32, &str) -> String) -> String {
    (1..=150_000)
        .map(|n| {
            let x = (n % 10).to_string();
            row(n, if n == 120_000 { "many" } else { &x })
        })
        .collect()
}

#[tokio::test]
async fn one_late_text_costs_one_value_and_is_told_with_its_line() {
    let folder = folder();
    let quoted = |x: &str| if x == "many" { format!("\"{x}\"") } else { x.to_owned() };
    let csv = format!("n,x\n{}", late_text(|n, x| format!("{n},{x}\n")));
    let json = late_text(|n, x| format!("{{\"n\":{n},\"x\":{}}}\n", quoted(x)));
    for (name, text, line) in [("a.csv", csv, 120_001), ("a.jsonl", json, 120_000)] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let source = open(&path).await;
        assert_eq!(source.notes().len(), 1, "{:?}", source.notes());
        says(&source.notes()[0], &["column `x`", &format!("line {line} "), name]);
        let kinds = source.kinds(&Preparation::default()).await.unwrap();
        assert!(kinds.iter().all(|c| c.kind == ColumnKind::Numeric), "{kinds:?}");

        let config: DataConfig = serde_json::from_str("{}").unwrap();
        let definition = define(&config, &kinds).unwrap();
        let preparer = Preparer::new(&definition.preparation).unwrap();
        let specs = ["n", "x"].map(|column| StatisticSpec::Moments {
            column: column.to_owned(),
        });
        let types = StatisticSpec::Types { column: "x".to_owned() };
        let plan = ProfilePlan::new(
            specs.clone().into_iter().chain([types.clone()]),
            ProfileOptions::default(),
        );
        let profile = source.profile_all(&Arc::new(plan.prepared(&preparer))).await.unwrap();
        let counts = specs.map(|spec| profile.get::<Moments>(&spec).unwrap().n());
        assert_eq!((profile.rows(), counts), (150_000, [150_000, 149_999]));
        let types: &Types = profile.get(&types).unwrap();
        assert_eq!((types.strange(ColumnKind::Numeric), types.example()), (1, Some("many")));
    }
}

#[tokio::test]
async fn json_of_mixed_types_keeps_its_other_values() {
    let folder = folder();
    let rows = [
        r#"{"x":1,"tags":["a"],"flag":true}"#,
        r#"{"x":"two","tags":"b","flag":1}"#,
        r#"{"x":{"y":3},"tags":["c","d"],"flag":false}"#,
        r#"{"x":4.5,"tags":null}"#,
    ];
    let (lines, list) = (rows.join("\n\n"), format!("[{}]", rows.join(", ")));
    for (name, text, odd) in [("a.ndjson", lines, "line 3 of"), ("a.json", list, "row 2 of")] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        let source = open(&path).await;
        assert!(source.notes()[0].contains(odd), "{:?}", source.notes());
        let found = source.inspect().await.unwrap();
        let nulls: Vec<_> = found.columns.iter().map(|c| (c.name.as_str(), c.nulls)).collect();
        assert_eq!(
            (found.rows, nulls),
            (4, vec![("x", 0), ("tags", 1), ("flag", 1)]),
            "{name}"
        );
    }
    // The same over two files, of which each is of one type.
    let files = [
        ("b1.ndjson", "{\"x\":1}\n"),
        ("b2.ndjson", "{\"x\":\"two\"}\n"),
        ("c1.json", "[{\"x\":1}]"),
        ("c2.json", "[{\"x\":\"two\"}]"),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    for glob in ["b*.ndjson", "c*.json"] {
        let both = open(&folder.path().join(glob)).await;
        assert_eq!(both.inspect().await.unwrap().columns[0].distinct, 2, "{glob}");
    }
}

#[tokio::test]
async fn cells_that_stand_for_missing_do_not_hide_a_numeric_column() {
    let folder = folder();
    let path = folder.path().join("a.csv");
    let cell = |n: i32| if n % 3 == 0 { "?".to_owned() } else { n.to_string() };
    let rows: Vec<String> = (0..60)
        .map(|n| format!("{},{}", cell(n), if n % 2 == 0 { "a" } else { "b" }))
        .collect();
    fs::write(&path, format!("x,c\n{}\n", rows.join("\n"))).unwrap();
    let source = open(&path).await;
    let kinds = async |missing: &[&str]| {
        let preparation = Preparation {
            missing: missing.iter().map(|m| (*m).to_owned()).collect(),
            ..Preparation::default()
        };
        let found = source.kinds(&preparation).await.unwrap();
        found.iter().map(|c| c.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&["?"]).await, [ColumnKind::Numeric, ColumnKind::Categorical]);
    assert_ne!(kinds(&[]).await[0], ColumnKind::Numeric);
    // Where nobody said so, it is proposed.
    let found = source.inspect().await.unwrap();
    assert_eq!(found.columns[0].kind, ColumnKind::Numeric);
    assert_eq!(found.markers, [("x".to_owned(), "?".to_owned())].into());
}
