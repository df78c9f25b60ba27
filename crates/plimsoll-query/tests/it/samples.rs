//! Small files of every format in a folder of their own.

use std::{fs, io::Write as _, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    ipc::writer::FileWriter,
};
use jiff::tz::TimeZone;
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use plimsoll_engine::{Batch, Profile, ProfileOptions, ProfilePlan, StatisticSpec, column_names};
use plimsoll_query::{QueryError, Source, WindowProfile, Windows};
use tempfile::TempDir;

pub const MINUTE: i64 = 60_000_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;
/// 2024-03-01T00:00:00Z.
pub const MARCH: i64 = 1_709_251_200_000_000;

/// A folder that vanishes with the test.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Rows of every kind, one a minute from 1 March 2024: `at`, `size`, `count`, `name`.
pub fn rows(n: usize) -> RecordBatch {
    let size = |i: usize| (i % 7 != 3).then_some(((i * 37) % 1_000) as f64 / 8.0);
    let name = |i: usize| (i % 11 != 5).then(|| format!("name {}", i % 13));
    batch(vec![
        (
            "at",
            Arc::new(TimestampMicrosecondArray::from_iter_values(
                (0..i64::try_from(n).unwrap()).map(|i| MARCH + i * MINUTE),
            )),
        ),
        ("size", Arc::new((0..n).map(size).collect::<Float64Array>())),
        (
            "count",
            Arc::new((0..i64::try_from(n).unwrap()).map(|i| i % 5).collect::<Int64Array>()),
        ),
        ("name", Arc::new((0..n).map(name).collect::<StringArray>())),
    ])
}

pub fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

/// The rows as text with a separator; nulls are empty.
pub fn delimited(rows: &RecordBatch, separator: char) -> String {
    let format = arrow::util::display::FormatOptions::default();
    let columns: Vec<_> = rows
        .columns()
        .iter()
        .map(|a| arrow::util::display::ArrayFormatter::try_new(a, &format).unwrap())
        .collect();
    let mut text = column_names(rows).join(&separator.to_string());
    for row in 0..rows.num_rows() {
        let cells: Vec<String> = columns.iter().map(|c| c.value(row).to_string()).collect();
        text.push('\n');
        text.push_str(&cells.join(&separator.to_string()));
    }
    text.push('\n');
    text
}

/// The rows as JSON lines; nulls are left out.
pub fn json_lines(rows: &RecordBatch) -> String {
    let format = arrow::util::display::FormatOptions::default();
    let (mut text, schema) = (String::new(), rows.schema());
    for row in 0..rows.num_rows() {
        let cells = schema
            .fields()
            .iter()
            .zip(rows.columns())
            .filter(|(_, a)| a.is_valid(row))
            .map(|(f, a)| {
                let value = arrow::util::display::ArrayFormatter::try_new(a, &format)
                    .unwrap()
                    .value(row)
                    .to_string();
                let bare = a.data_type().is_numeric();
                if bare {
                    format!("{:?}: {value}", f.name())
                } else {
                    format!("{:?}: {value:?}", f.name())
                }
            });
        text.push_str(&format!("{{{}}}\n", cells.collect::<Vec<_>>().join(", ")));
    }
    text
}

pub fn write_parquet(path: &Path, rows: &RecordBatch, group: usize) {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group))
        .build();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), rows.schema(), Some(properties)).unwrap();
    writer.write(rows).unwrap();
    writer.close().unwrap();
}

pub fn write_arrow(path: &Path, rows: &RecordBatch) {
    let mut writer = FileWriter::try_new(fs::File::create(path).unwrap(), &rows.schema()).unwrap();
    writer.write(rows).unwrap();
    writer.finish().unwrap();
}

/// The gzip form of bytes.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Counts, categories and distinct values of every column, and distributions of those that hold numbers: statistics
/// that do not depend on how rows are cut into batches.
pub fn plan(numbers: &[&str], labels: &[&str]) -> Arc<ProfilePlan> {
    let number = |c: &&str| StatisticSpec::Distribution {
        column: (*c).to_owned(),
    };
    let any = |c: &&str| {
        let column = (*c).to_owned();
        [
            StatisticSpec::Count { column: column.clone() },
            StatisticSpec::Categories { column: column.clone() },
            StatisticSpec::Distinct { column },
        ]
    };
    let specs = numbers
        .iter()
        .map(number)
        .chain(numbers.iter().chain(labels).flat_map(any));
    Arc::new(ProfilePlan::new(specs, ProfileOptions::default()))
}

/// The bytes of the Profile of a batch, read in one go.
pub fn one_pass(plan: &Arc<ProfilePlan>, rows: &RecordBatch) -> Vec<u8> {
    let mut profile = Profile::empty(plan);
    profile.update(&Batch::new(&column_names(rows), rows.columns()));
    profile.finish();
    profile.to_bytes()
}

pub async fn open(path: &Path) -> Source {
    Source::open(path.to_str().unwrap(), Path::new("/")).await.unwrap()
}

/// What opening a path says.
pub async fn refused(path: &Path) -> String {
    Source::open(path.to_str().unwrap(), Path::new("/"))
        .await
        .unwrap_err()
        .to_string()
}

/// The Profiles of windows, in the order in which they are handed over.
pub async fn profiles(windows: &Windows<'_>, plan: &Arc<ProfilePlan>) -> Vec<WindowProfile> {
    let mut all = Vec::new();
    windows
        .profile(
            plan,
            |_| (),
            |profiles| {
                all.extend(profiles);
                Ok::<(), QueryError>(())
            },
        )
        .await
        .unwrap();
    all
}

/// Window and rows.
pub async fn counts(source: &Source, timestamp: &str, zone: &TimeZone, windows: Vec<(i64, i64)>) -> Vec<(usize, u64)> {
    let windows = Windows::new(source, timestamp, zone, windows);
    profiles(&windows, &plan(&[], &[]))
        .await
        .iter()
        .map(|p| (p.window, p.profile.rows()))
        .collect()
}

/// Consecutive windows of a length from 1 March 2024.
pub fn windows(length: i64, n: i64) -> Vec<(i64, i64)> {
    (0..n).map(|i| (MARCH + i * length, MARCH + (i + 1) * length)).collect()
}
