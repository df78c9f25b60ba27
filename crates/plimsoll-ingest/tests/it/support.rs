//! What the tests expect and how they read it.

use arrow::{
    array::{AsArray, RecordBatch},
    datatypes::{Float64Type, TimestampMicrosecondType},
};
use jiff::tz::TimeZone;
use plimsoll_ingest::{Decoded, EXTRA, Expected, ExpectedColumn, Format, IngestError, Limits, decode};
use plimsoll_model::ColumnKind;

/// 2011-02-01T10:00:00Z.
pub const MOMENT: i64 = 1_296_554_400_000_000;

/// Event time `at`, id `id`, and a column of each kind.
pub fn expected() -> Expected {
    let column = |name: &str, kind| ExpectedColumn {
        name: name.to_owned(),
        kind,
        required: name == "at" || name == "id",
    };
    let columns = vec![
        column("id", ColumnKind::Text),
        column("at", ColumnKind::Datetime),
        column("age", ColumnKind::Numeric),
        column("job", ColumnKind::Categorical),
        column("member", ColumnKind::Boolean),
        column("since", ColumnKind::Datetime),
        column("tags", ColumnKind::List),
        column("vector", ColumnKind::Embedding),
    ];
    Expected::new(columns, Some("at"), Some("id"), TimeZone::UTC)
}

pub fn read(body: impl AsRef<[u8]>, format: Format) -> Result<Decoded, IngestError> {
    decode(body.as_ref(), format, &expected(), &Limits::default())
}

pub fn texts<'b>(batch: &'b RecordBatch, column: &str) -> Vec<Option<&'b str>> {
    batch
        .column_by_name(column)
        .unwrap()
        .as_string::<i32>()
        .iter()
        .collect()
}

pub fn numbers(batch: &RecordBatch, column: &str) -> Vec<Option<f64>> {
    let array = batch.column_by_name(column).unwrap();
    array.as_primitive::<Float64Type>().iter().collect()
}

pub fn booleans(batch: &RecordBatch, column: &str) -> Vec<Option<bool>> {
    batch.column_by_name(column).unwrap().as_boolean().iter().collect()
}

pub fn moments(batch: &RecordBatch, column: &str) -> Vec<Option<i64>> {
    let array = batch.column_by_name(column).unwrap();
    array.as_primitive::<TimestampMicrosecondType>().iter().collect()
}

pub fn vectors(batch: &RecordBatch, column: &str) -> Vec<Option<Vec<Option<f64>>>> {
    let lists = batch.column_by_name(column).unwrap().as_list::<i32>();
    let vector = |list: arrow::array::ArrayRef| list.as_primitive::<Float64Type>().iter().collect();
    lists.iter().map(|list| list.map(vector)).collect()
}

pub fn extra(batch: &RecordBatch) -> Vec<Option<&str>> {
    texts(batch, EXTRA)
}
