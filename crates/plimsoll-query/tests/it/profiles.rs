//! The Profile as an aggregate gives what one pass over the rows gives.

use std::{path::Path, sync::Arc};

use arrow::{array::RecordBatch, compute::take_record_batch};
use jiff::tz::TimeZone;
use plimsoll_engine::{Batch, Preparer, Profile, ProfileOptions, ProfilePlan, StatisticSpec, column_names};
use plimsoll_model::Preparation;
use plimsoll_query::{QueryError, Source, Windows};

use crate::support::{HOUR, START, hours, parquet};

const DAY: i64 = 24 * HOUR;

fn plan() -> Arc<ProfilePlan> {
    let column = |c: &str| c.to_owned();
    let odd = "odd \"name\".with 🚢";
    let plan = ProfilePlan::new(
        [
            StatisticSpec::Count {
                column: column("value"),
            },
            StatisticSpec::Distribution {
                column: column("value"),
            },
            StatisticSpec::Distinct { column: column(odd) },
            StatisticSpec::Distribution { column: column(odd) },
            StatisticSpec::Categories { column: column("kind") },
            StatisticSpec::RowSample {
                columns: vec![column("kind"), column("value")],
                size: 7,
                seed: 1,
            },
            StatisticSpec::Rows {
                columns: vec![column("kind"), column("value")],
            },
            StatisticSpec::Categories { column: column("is_a") },
            StatisticSpec::Moments {
                column: column("length"),
            },
        ],
        ProfileOptions::default(),
    );
    let preparation: Preparation = serde_json::from_str(
        r#"{"missing": ["3", "b"], "descriptors": {
            "is_a": {"text.begins": {"column": "kind", "items": ["a"]}},
            "length": {"text.length": {"column": "kind"}}
        }}"#,
    )
    .unwrap();
    let plan = plan.prepared(&Preparer::new(&preparation).unwrap());
    Arc::new(plan.with_segments(&[vec![column("is_a")]]))
}

fn one_pass(plan: &Arc<ProfilePlan>, rows: &RecordBatch) -> Vec<u8> {
    let mut profile = Profile::empty(plan);
    profile.update(&Batch::new(&column_names(rows), rows.columns()));
    profile.finish();
    profile.to_bytes()
}

async fn read(path: &Path, windows: Vec<(i64, i64)>, zone: &TimeZone) -> Vec<(usize, Vec<u8>)> {
    let source = Source::open(path.to_str().unwrap(), Path::new("")).await.unwrap();
    let mut found = Vec::new();
    Windows::new(&source, "ts", zone, windows)
        .profile(
            &plan(),
            |_| (),
            |profiles| {
                found.extend(profiles.into_iter().map(|p| (p.window, p.profile.to_bytes())));
                Ok::<(), QueryError>(())
            },
        )
        .await
        .unwrap();
    found
}

#[tokio::test]
async fn windows_hold_what_one_pass_over_their_rows_gives() {
    let dir = tempfile::tempdir().unwrap();
    let rows = hours(10 * 24);
    let days: Vec<(i64, i64)> = (0..12).map(|d| (START + d * DAY, START + (d + 1) * DAY)).collect();
    let expected: Vec<(usize, Vec<u8>)> = (0..10)
        .map(|d| (d, one_pass(&plan(), &rows.slice(d * 24, 24))))
        .collect();
    for (name, batch, group) in [
        ("sorted.parquet", rows.clone(), 1_000),
        ("groups.parquet", rows.clone(), 17),
        ("shuffled.parquet", shuffled(&rows), 50),
    ] {
        let path = dir.path().join(name);
        parquet(&path, &batch, group);
        assert_eq!(read(&path, days.clone(), &TimeZone::UTC).await, expected, "{name}");
    }
}

fn shuffled(rows: &RecordBatch) -> RecordBatch {
    let n = rows.num_rows() as u32;
    // 97 is prime to the number of rows, so every row comes once.
    let order: arrow::array::UInt32Array = (0..n).map(|i| (i * 97 + 13) % n).collect();
    take_record_batch(rows, &order).unwrap()
}

#[tokio::test]
async fn local_times_fall_into_local_days_across_the_clock_change() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let rows = hours(120 * 24);
    parquet(&path, &rows, 100);
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let day: plimsoll_model::Granularity = "1d".parse().unwrap();
    let noon: jiff::Timestamp = "2024-03-31T12:00:00Z".parse().unwrap();
    let window = day.window_at(noon, &berlin).unwrap();
    let cut = vec![(window.start.as_microsecond(), window.end.as_microsecond())];
    // The times are local: the day has rows for each of its 24 written hours, also for the one that the clock skips.
    let first = 90 * 24;
    assert_eq!(
        read(&path, cut, &berlin).await,
        [(0, one_pass(&plan(), &rows.slice(first, 24)))]
    );
}

#[tokio::test]
async fn labels_join_by_id_and_the_later_one_holds() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write(
        "rows.csv",
        "id,ts,p\n1,2024-01-01,0.1\n2,2024-01-01,0.2\n3,2024-01-02,0.3\n",
    );
    write("labels.csv", "id,y\n1,no\n2,no\n2,yes\n");
    let (rows, labels) = (
        Source::open("rows.csv", dir.path()).await.unwrap(),
        Source::open("labels.csv", dir.path()).await.unwrap(),
    );
    let spec = StatisticSpec::Categories { column: "y".to_owned() };
    let plan = Arc::new(ProfilePlan::new([spec.clone()], ProfileOptions::default()));
    let mut found = Vec::new();
    Windows::new(
        &rows,
        "ts",
        &TimeZone::UTC,
        vec![(START, START + DAY), (START + DAY, START + 2 * DAY)],
    )
    .with_labels(&labels, "id")
    .profile(
        &plan,
        |_| (),
        |profiles| {
            for p in profiles {
                let counts = p.profile.get::<plimsoll_engine::statistics::Categories>(&spec).unwrap();
                found.push((p.window, counts.counts().to_vec(), counts.nulls()));
            }
            Ok::<(), QueryError>(())
        },
    )
    .await
    .unwrap();
    assert_eq!(
        found,
        [
            (0, vec![("no".to_owned(), 1), ("yes".to_owned(), 1)], 0),
            (1, vec![], 1)
        ]
    );
}
