//! Every format reads the same rows.

use std::{fs, sync::Arc};

use arrow::array::{Float64Array, Int64Array};
use jiff::tz::TimeZone;

use crate::samples::{
    HOUR, batch, counts, delimited, folder, gzip, json_lines, one_pass, open, plan, profiles, rows, windows,
    write_arrow, write_parquet,
};

#[tokio::test]
async fn every_format_gives_the_same_profiles() {
    let folder = folder();
    let data = rows(300);
    let path = |name: &str| folder.path().join(name);
    let (csv, json) = (delimited(&data, ','), json_lines(&data));
    fs::write(path("a.csv"), &csv).unwrap();
    fs::write(path("a.csv.gz"), gzip(csv.as_bytes())).unwrap();
    fs::write(path("a.tsv"), delimited(&data, '\t')).unwrap();
    for name in ["a.json", "a.jsonl", "a.ndjson"] {
        fs::write(path(name), &json).unwrap();
    }
    fs::write(path("b.jsonl.gz"), gzip(json.as_bytes())).unwrap();
    write_parquet(&path("a.parquet"), &data, 64);
    for name in ["a.arrow", "a.feather", "a.ipc"] {
        write_arrow(&path(name), &data);
    }
    let plan = plan(&["count", "size"], &["name"]);
    let expected: Vec<Vec<u8>> = (0..5).map(|i| one_pass(&plan, &data.slice(i * 60, 60))).collect();
    let mut files: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 11);
    for file in files {
        let source = open(&file).await;
        let found = profiles(
            &plimsoll_query::Windows::new(&source, "at", &TimeZone::UTC, windows(HOUR, 5)),
            &plan,
        )
        .await;
        let bytes: Vec<_> = found.iter().map(|p| p.profile.to_bytes()).collect();
        assert!(bytes == expected, "{}", file.display());
        assert_eq!(
            source.time_range("at", &TimeZone::UTC).await.unwrap().rows,
            300,
            "{}",
            file.display()
        );
        let whole = source.profile_all(&plan).await.unwrap();
        assert!(whole.to_bytes() == one_pass(&plan, &data), "{}", file.display());
    }
}

#[tokio::test]
async fn several_files_are_one_table() {
    let folder = folder();
    let data = rows(240);
    for (at, name) in [
        "date=1/a b.parquet",
        "date=1/100%.parquet",
        "date=2/ü#1.parquet",
        "date=2/.hidden/x.parquet",
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_parquet(&path, &data.slice(at * 60, 60), 1_000);
    }
    fs::write(folder.path().join("README.md"), "not data").unwrap();
    let all = open(folder.path()).await;
    assert_eq!(
        counts(&all, "at", &TimeZone::UTC, windows(HOUR, 4)).await,
        [(0, 60), (1, 60), (2, 60)]
    );
    assert_eq!(all.paths().count(), 3);
    let some = open(&folder.path().join("date=*/*1*.parquet")).await;
    assert_eq!(
        counts(&some, "at", &TimeZone::UTC, windows(HOUR, 4)).await,
        [(1, 60), (2, 60)]
    );
}

#[tokio::test]
async fn types_that_differ_between_text_files_are_joined() {
    let folder = folder();
    fs::write(folder.path().join("a.csv"), "x,y,z\n1,2,\n2,3,\n").unwrap();
    fs::write(folder.path().join("b.csv"), "x,y,z\n1.5,many,7\n").unwrap();
    let source = open(folder.path()).await;
    let plan = plan(&["x", "z"], &["y"]);
    let expected = batch(vec![
        ("x", Arc::new(Float64Array::from(vec![1.0, 2.0, 1.5]))),
        ("y", Arc::new(arrow::array::StringArray::from(vec!["2", "3", "many"]))),
        ("z", Arc::new(Int64Array::from(vec![None, None, Some(7)]))),
    ]);
    assert!(source.profile_all(&plan).await.unwrap().to_bytes() == one_pass(&plan, &expected));
}

#[tokio::test]
async fn csv_cells_may_hold_separators_quotes_and_line_ends() {
    let folder = folder();
    let path = folder.path().join("a.csv");
    fs::write(
        &path,
        "\u{feff}id,text\n1,\"a, b\"\n2,\"say \"\"hi\"\"\"\n3,\"two\nlines\"\n",
    )
    .unwrap();
    let source = open(&path).await;
    assert_eq!(source.columns().collect::<Vec<_>>(), ["id", "text"]);
    let plan = plan(&["id"], &["text"]);
    let texts = ["a, b", "say \"hi\"", "two\nlines"];
    let expected = batch(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
        ("text", Arc::new(arrow::array::StringArray::from(texts.to_vec()))),
    ]);
    assert!(source.profile_all(&plan).await.unwrap().to_bytes() == one_pass(&plan, &expected));
}

#[tokio::test]
async fn a_header_without_rows_has_columns_and_no_time() {
    let folder = folder();
    let path = folder.path().join("a.csv");
    fs::write(&path, "at,x\n").unwrap();
    let source = open(&path).await;
    assert_eq!(source.columns().collect::<Vec<_>>(), ["at", "x"]);
    assert_eq!(source.time_range("at", &TimeZone::UTC).await.unwrap().range, None);
    assert_eq!(counts(&source, "at", &TimeZone::UTC, windows(HOUR, 2)).await, []);
    assert_eq!(source.profile_all(&plan(&["x"], &[])).await.unwrap().rows(), 0);
    assert_eq!(source.inspect().await.unwrap().rows, 0);
}

#[tokio::test]
async fn long_csv_files_keep_line_ends_in_cells() {
    let folder = folder();
    let path = folder.path().join("a.csv");
    let line = format!("\"one\n{}\nthree\"", "x".repeat(3_000));
    let mut text = "id,text\n".to_owned();
    for id in 0..5_000 {
        text.push_str(&format!("{id},{line}\n"));
    }
    fs::write(&path, text).unwrap();
    let whole = open(&path).await.profile_all(&plan(&["id"], &["text"])).await.unwrap();
    assert_eq!(whole.rows(), 5_000);
}

#[tokio::test]
async fn json_arrays_are_read() {
    let folder = folder();
    let text = "[{\"x\": 1},\n {\"x\": 2.5, \"y\": \"a\"}]\n";
    fs::write(folder.path().join("a.json"), text).unwrap();
    fs::write(folder.path().join("a.json.gz"), gzip(text.as_bytes())).unwrap();
    let expected = batch(vec![
        ("x", Arc::new(Float64Array::from(vec![1.0, 2.5]))),
        ("y", Arc::new(arrow::array::StringArray::from(vec![None, Some("a")]))),
    ]);
    let plan = plan(&["x"], &["y"]);
    for name in ["a.json", "a.json.gz"] {
        let source = open(&folder.path().join(name)).await;
        assert!(
            source.profile_all(&plan).await.unwrap().to_bytes() == one_pass(&plan, &expected),
            "{name}"
        );
    }
}
