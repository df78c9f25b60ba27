//! Rows and files for the tests.

use std::{fs::File, path::Path, sync::Arc};

use arrow::{
    array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray},
    ipc::writer::FileWriter,
};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};

/// 2024-01-01T00:00:00Z in microseconds.
pub const START: i64 = 1_704_067_200_000_000;
pub const HOUR: i64 = 3_600_000_000;

/// One row an hour: time, a number with gaps, a name with every awkward character, a category.
pub fn hours(rows: i64) -> RecordBatch {
    let time: Vec<i64> = (0..rows).map(|i| START + i * HOUR).collect();
    let value: Float64Array = (0..rows)
        .map(|i| (i % 7 != 3).then_some((i % 24) as f64 + 0.5))
        .collect();
    let odd: Int64Array = (0..rows).map(|i| Some(i % 5)).collect();
    let kind: StringArray = (0..rows).map(|i| Some(["a", "b", "c"][(i % 3) as usize])).collect();
    RecordBatch::try_from_iter([
        ("ts", Arc::new(TimestampMicrosecondArray::from(time)) as ArrayRef),
        ("value", Arc::new(value)),
        ("odd \"name\".with 🚢", Arc::new(odd)),
        ("kind", Arc::new(kind)),
    ])
    .unwrap()
}

pub fn parquet(path: &Path, batch: &RecordBatch, group_rows: usize) {
    let properties = WriterProperties::builder()
        .set_max_row_group_row_count(Some(group_rows))
        .build();
    let mut writer = ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

pub fn arrow(path: &Path, batch: &RecordBatch) {
    let mut writer = FileWriter::try_new(File::create(path).unwrap(), &batch.schema()).unwrap();
    writer.write(batch).unwrap();
    writer.finish().unwrap();
}
