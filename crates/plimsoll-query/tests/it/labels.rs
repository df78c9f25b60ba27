//! Labels that lie in another file.

use std::{fs, sync::Arc};

use arrow::array::{Int64Array, StringArray};
use jiff::tz::TimeZone;
use plimsoll_query::Windows;

use crate::samples::{HOUR, batch, folder, one_pass, open, plan, profiles, rows, windows, write_parquet};

#[tokio::test]
async fn labels_join_by_id_and_the_later_row_holds() {
    let folder = folder();
    let data = rows(180);
    let ids: Vec<i64> = (0..180).collect();
    let with_id = |ids: Vec<i64>| {
        batch(vec![
            ("at", data.column(0).clone()),
            ("ID", Arc::new(Int64Array::from(ids)) as _),
            ("size", data.column(1).clone()),
        ])
    };
    write_parquet(&folder.path().join("a.parquet"), &with_id(ids.clone()), 64);
    // Labels of even ids, first all wrong, then right; one id that no row has.
    let mut text = "ID,repaid\n".to_owned();
    for id in (0..180).step_by(2) {
        text.push_str(&format!("{id},wrong\n"));
    }
    for id in (0..180).step_by(2).rev() {
        text.push_str(&format!("{id},{}\n", if id % 3 == 0 { "yes" } else { "no" }));
    }
    text.push_str("999,yes\n");
    fs::write(folder.path().join("labels.csv"), text).unwrap();
    let (source, labels) = (
        open(&folder.path().join("a.parquet")).await,
        open(&folder.path().join("labels.csv")).await,
    );
    let plan = plan(&["size"], &["repaid"]);
    let repaid = |id: &i64| (id % 2 == 0).then_some(if id % 3 == 0 { "yes" } else { "no" });
    let expected = batch(vec![
        ("repaid", Arc::new(ids.iter().map(repaid).collect::<StringArray>()) as _),
        ("size", data.column(1).clone()),
    ]);
    let joined = Windows::new(&source, "at", &TimeZone::UTC, windows(HOUR, 3)).with_labels(&labels, "ID");
    let found = profiles(&joined, &plan).await;
    assert_eq!(found.len(), 3);
    for p in &found {
        assert!(
            p.profile.to_bytes() == one_pass(&plan, &expected.slice(p.window * 60, 60)),
            "window {}",
            p.window
        );
    }
}

#[tokio::test]
async fn labels_replace_an_empty_target_and_need_the_id() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::write(
        path("a.csv"),
        "at,id,y\n2024-03-01 00:00:00,1,\n2024-03-01 00:01:00,2,\n",
    )
    .unwrap();
    fs::write(path("y.csv"), "id,y\n2,5\n").unwrap();
    fs::write(path("none.csv"), "key,y\n2,5\n").unwrap();
    let (source, labels, wrong) = (
        open(&path("a.csv")).await,
        open(&path("y.csv")).await,
        open(&path("none.csv")).await,
    );
    let plan = plan(&["y"], &[]);
    let joined = Windows::new(&source, "at", &TimeZone::UTC, windows(HOUR, 1)).with_labels(&labels, "id");
    let expected = batch(vec![("y", Arc::new(Int64Array::from(vec![None, Some(5)])) as _)]);
    assert!(profiles(&joined, &plan).await[0].profile.to_bytes() == one_pass(&plan, &expected));
    let joined = Windows::new(&source, "at", &TimeZone::UTC, windows(HOUR, 1)).with_labels(&wrong, "id");
    let failed = joined
        .profile(&plan, |_| (), |_| Ok::<(), plimsoll_query::QueryError>(()))
        .await;
    assert!(failed.unwrap_err().to_string().contains("no column `id`"));
}

#[tokio::test]
async fn ids_join_as_text_and_as_numbers() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let data = batch(vec![
        ("at", rows(4).column(0).clone()),
        ("id", Arc::new(StringArray::from(vec!["1", "2", "x3", "4"])) as _),
    ]);
    write_parquet(&path("a.parquet"), &data, 10);
    fs::write(path("y.csv"), "id,y\n1,10\n2,20\n4,40\n").unwrap();
    let (source, labels) = (open(&path("a.parquet")).await, open(&path("y.csv")).await);
    let plan = plan(&["y"], &[]);
    let joined = Windows::new(&source, "at", &TimeZone::UTC, windows(HOUR, 1)).with_labels(&labels, "id");
    let expected = batch(vec![(
        "y",
        Arc::new(Int64Array::from(vec![Some(10), Some(20), None, Some(40)])) as _,
    )]);
    assert!(profiles(&joined, &plan).await[0].profile.to_bytes() == one_pass(&plan, &expected));
}
