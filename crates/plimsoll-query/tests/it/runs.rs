//! The aggregate gives what one pass over the same rows gives.

use std::{fs, sync::Arc};

use arrow::{
    array::{ArrayRef, Float64Array, RecordBatch, StringArray, UInt32Array},
    compute::take_record_batch,
};
use jiff::tz::TimeZone;
use plimsoll_engine::{Batch, Profile, ProfileOptions, ProfilePlan, StatisticSpec, column_names, statistics::Moments};
use plimsoll_model::Role;
use plimsoll_query::{Progress, QueryError, Windows};

use crate::samples::{HOUR, batch, delimited, folder, one_pass, open, plan, profiles, rows, windows, write_parquet};

/// The rows in a scattered order.
fn shuffled(rows: &RecordBatch) -> RecordBatch {
    let n = rows.num_rows() as u32;
    let order: UInt32Array = (0..n).map(|i| (i * 7_919) % n).collect();
    take_record_batch(rows, &order).unwrap()
}

#[tokio::test]
async fn the_order_of_rows_and_files_changes_nothing() {
    let folder = folder();
    let data = rows(20_000);
    let plan = plan(&["count", "size"], &["name"]);
    let hours = 20_000_i64 / 60 + 1;
    let expected: Vec<Vec<u8>> = (0..20_000)
        .step_by(60)
        .map(|at| one_pass(&plan, &data.slice(at, 60.min(20_000 - at))))
        .collect();
    write_parquet(&folder.path().join("sorted.parquet"), &data, 1_000);
    write_parquet(&folder.path().join("shuffled.parquet"), &shuffled(&data), 1_000);
    fs::create_dir(folder.path().join("parts")).unwrap();
    for at in 0..7_usize {
        let part = shuffled(&data).slice(at * 2_857, 2_857.min(20_000 - at * 2_857));
        fs::write(folder.path().join(format!("parts/{at}.csv")), delimited(&part, ',')).unwrap();
    }
    fs::write(
        folder.path().join("parts/7.csv"),
        delimited(&shuffled(&data).slice(19_999, 1), ','),
    )
    .unwrap();
    for name in ["sorted.parquet", "shuffled.parquet", "parts"] {
        let source = open(&folder.path().join(name)).await;
        let found = profiles(
            &Windows::new(&source, "at", &TimeZone::UTC, windows(HOUR, hours)),
            &plan,
        )
        .await;
        assert_eq!(
            found.iter().map(|p| p.window).collect::<Vec<_>>(),
            (0..expected.len()).collect::<Vec<_>>()
        );
        let different = found
            .iter()
            .filter(|p| p.profile.to_bytes() != expected[p.window])
            .count();
        assert_eq!(different, 0, "{name}");
    }
}

#[tokio::test]
async fn columns_may_have_any_name() {
    let folder = folder();
    let names = [
        "a b",
        "a.b",
        "t.\"a\"",
        "quo\"te",
        "apo'strophe",
        "Case",
        "case",
        "ünï 🙂",
        "select",
        "count(*)",
        "x\ny",
        "",
        "back`tick",
        "window",
        "$1",
        "*",
    ];
    let column = |at: usize| Arc::new(Float64Array::from_iter_values((0..90).map(|i| (i * at) as f64))) as ArrayRef;
    let mut columns: Vec<(&str, ArrayRef)> = names.iter().enumerate().map(|(at, n)| (*n, column(at))).collect();
    columns.push(("Zeit \"t\".x", rows(90).column(0).clone()));
    let data = batch(columns);
    let path = folder.path().join("a.parquet");
    write_parquet(&path, &data, 40);
    let plan = plan(&names, &[]);
    let source = open(&path).await;
    let found = profiles(
        &Windows::new(&source, "Zeit \"t\".x", &TimeZone::UTC, windows(HOUR, 2)),
        &plan,
    )
    .await;
    assert!(found[0].profile.to_bytes() == one_pass(&plan, &data.slice(0, 60)));
    assert!(found[1].profile.to_bytes() == one_pass(&plan, &data.slice(60, 30)));
    assert_eq!(source.inspect().await.unwrap().columns.len(), names.len() + 1);
}

#[tokio::test]
async fn a_statistic_on_an_absent_column_fails_alone() {
    let folder = folder();
    let path = folder.path().join("a.parquet");
    write_parquet(&path, &rows(60), 40);
    let source = open(&path).await;
    let plan = plan(&["size", "sise"], &[]);
    let found = profiles(&Windows::new(&source, "at", &TimeZone::UTC, windows(HOUR, 1)), &plan).await;
    let profile = &found[0].profile;
    let spec = |column: &str| StatisticSpec::Count {
        column: column.to_owned(),
    };
    assert!(profile.get::<plimsoll_engine::statistics::Count>(&spec("size")).is_ok());
    let error = profile
        .get::<plimsoll_engine::statistics::Count>(&spec("sise"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("`sise`") && error.contains("`size`"), "{error}");
}

#[tokio::test]
async fn long_sources_are_read_in_several_runs() {
    let folder = folder();
    let data = rows(60_000);
    let (sorted, scattered) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
    write_parquet(&sorted, &data, 5_000);
    write_parquet(&scattered, &shuffled(&data), 5_000);
    // Columns that the data lacks make the rows wide enough for several runs.
    let wide = (0..600).map(|i| StatisticSpec::Count {
        column: format!("absent {i}"),
    });
    let specs = wide.chain([StatisticSpec::Distribution {
        column: "size".to_owned(),
    }]);
    let plan = Arc::new(ProfilePlan::new(specs, ProfileOptions::default()));
    for path in [sorted, scattered] {
        let source = open(&path).await;
        let (mut runs, mut found, mut last) = (0, Vec::new(), Progress { rows: 0, windows: 0 });
        let windows = Windows::new(&source, "at", &TimeZone::UTC, windows(500 * HOUR, 2));
        let progress = |p: Progress| {
            assert!(p.rows >= last.rows && p.windows >= last.windows);
            last = p;
        };
        let done = |profiles: Vec<plimsoll_query::WindowProfile>| {
            runs += 1;
            found.extend(profiles.into_iter().map(|p| (p.window, p.profile.rows())));
            Ok::<(), QueryError>(())
        };
        windows.profile(&plan, progress, done).await.unwrap();
        assert_eq!(found, [(0, 30_000), (1, 30_000)]);
        assert_eq!((last.rows, last.windows), (60_000, 2));
        assert_eq!(runs, 2);
    }
}

#[tokio::test]
async fn rows_out_of_the_order_of_time_are_not_read_for_every_run() {
    let folder = folder();
    let data = rows(120_000);
    write_parquet(&folder.path().join("sorted.parquet"), &data, 5_000);
    write_parquet(&folder.path().join("scattered.parquet"), &shuffled(&data), 5_000);
    let wide = (0..600).map(|i| StatisticSpec::Count {
        column: format!("absent {i}"),
    });
    let plan = Arc::new(ProfilePlan::new(wide, ProfileOptions::default()));
    for (name, least, most) in [("sorted.parquet", 6, 20), ("scattered.parquet", 1, 4)] {
        let source = open(&folder.path().join(name)).await;
        let (mut runs, mut found) = (0, 0);
        let windows = Windows::new(&source, "at", &TimeZone::UTC, windows(100 * HOUR, 20));
        let done = |profiles: Vec<plimsoll_query::WindowProfile>| {
            runs += 1;
            found += profiles.iter().map(|p| p.profile.rows()).sum::<u64>();
            Ok::<(), QueryError>(())
        };
        windows.profile(&plan, |_| (), done).await.unwrap();
        assert!((least..=most).contains(&runs), "{name}: {runs} runs");
        assert_eq!(found, 120_000);
    }
}

#[tokio::test]
async fn kinds_follow_types_and_values() {
    let folder = folder();
    let path = folder.path().join("a.csv");
    let mut text = "row_id,when,price,grade,review,flag,y,y_pred\n".to_owned();
    for i in 0..400 {
        text.push_str(&format!(
            "{i},2024-03-01 00:{:02}:00,{}.5,g{},review {i},{},1,0\n",
            i % 60,
            i % 9,
            i % 4,
            i % 2 == 0
        ));
    }
    fs::write(&path, text).unwrap();
    let inspection = open(&path).await.inspect().await.unwrap();
    let kinds: Vec<_> = inspection
        .columns
        .iter()
        .map(|c| (c.name.as_str(), c.kind.as_str()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("row_id", "numeric"),
            ("when", "datetime"),
            ("price", "numeric"),
            ("grade", "categorical"),
            ("review", "text"),
            ("flag", "boolean"),
            ("y", "numeric"),
            ("y_pred", "numeric"),
        ]
    );
    let role = |name: &str| inspection.columns.iter().find(|c| c.name == name).unwrap().role.clone();
    assert_eq!(
        (role("row_id"), role("y"), role("y_pred")),
        (Some(Role::Id), Some(Role::Target), Some(Role::Prediction))
    );
    assert_eq!(inspection.columns[3].distinct, 4);
    assert_eq!(inspection.columns[4].example.as_deref(), Some("review 0"));
}

#[tokio::test]
async fn kinds_do_not_depend_on_which_file_is_read_first() {
    let folder = folder();
    // The first file alone looks like text, all of them together like categories.
    for at in 0..6 {
        let names =
            StringArray::from_iter_values((0..9_000).map(|i| if at == 0 { format!("n{i}") } else { "n1".to_owned() }));
        write_parquet(
            &folder.path().join(format!("{at}.parquet")),
            &batch(vec![("name", Arc::new(names))]),
            1_000,
        );
    }
    let source = open(folder.path()).await;
    let first = source.inspect().await.unwrap();
    for _ in 0..10 {
        assert_eq!(source.inspect().await.unwrap(), first);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reading_twice_gives_equal_bytes() {
    let folder = folder();
    let n = 60_000;
    let data = rows(n);
    let x: Float64Array = (0..n).map(|i| Some(((i * 7_919) % 10_007) as f64 / 3.0)).collect();
    let data = batch(vec![
        ("at", data.column(0).clone()),
        ("x", Arc::new(x)),
        ("name", data.column(3).clone()),
    ]);
    for at in 0..6 {
        write_parquet(
            &folder.path().join(format!("{at}.parquet")),
            &data.slice(at * 10_000, 10_000),
            5_000,
        );
    }
    let source = open(folder.path()).await;
    let plan = plan(&["x"], &["name"]);
    let mut first: Option<Vec<Vec<u8>>> = None;
    for _ in 0..3 {
        let windows = Windows::new(&source, "at", &TimeZone::UTC, windows(24 * HOUR, 45));
        let mut found: Vec<_> = profiles(&windows, &plan)
            .await
            .iter()
            .map(|p| p.profile.to_bytes())
            .collect();
        found.push(source.profile_all(&plan).await.unwrap().to_bytes());
        assert!(first.get_or_insert_with(|| found.clone()) == &found);
    }
}

#[tokio::test]
async fn moments_agree_with_one_pass() {
    let folder = folder();
    let data = rows(20_000);
    write_parquet(&folder.path().join("a.parquet"), &shuffled(&data), 1_000);
    let source = open(folder.path()).await;
    let spec = StatisticSpec::Moments {
        column: "size".to_owned(),
    };
    let plan = Arc::new(ProfilePlan::new([spec.clone()], ProfileOptions::default()));
    let mut one = Profile::empty(&plan);
    one.update(&Batch::new(&column_names(&data), data.columns()));
    one.finish();
    let whole = source.profile_all(&plan).await.unwrap();
    let (whole, one) = (whole.get::<Moments>(&spec).unwrap(), one.get::<Moments>(&spec).unwrap());
    assert_eq!((whole.n(), whole.min(), whole.max()), (one.n(), one.min(), one.max()));
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
    assert!(near(whole.sum(), one.sum()) && near(whole.variance(1).unwrap(), one.variance(1).unwrap()));
}
