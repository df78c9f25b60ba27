//! Where in time the row groups of Parquet files lie, by their statistics.

use std::{fs::File, path::Path};

use arrow::datatypes::{DataType, TimeUnit};
use parquet::{
    file::{
        metadata::ParquetMetaData, reader::FileReader, serialized_reader::SerializedFileReader, statistics::Statistics,
    },
    schema::types::SchemaDescriptor,
};

use crate::{QueryError, error::first_line};

/// A row group: rows, and the first and last value of the timestamp column in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowGroup {
    pub rows: u64,
    pub nulls: u64,
    pub first: i64,
    pub last: i64,
}

fn position(schema: &SchemaDescriptor, column: &str) -> Option<usize> {
    (0..schema.num_columns()).find(|at| schema.column(*at).path().parts() == [column])
}

/// The row groups of a file; `None` if the column's type or the statistics do not tell where they lie.
///
/// # Errors
/// [`QueryError::Unreadable`] if the file is no Parquet.
pub(crate) fn row_groups(path: &Path, column: &str, kind: &DataType) -> Result<Option<Vec<RowGroup>>, QueryError> {
    let unreadable = |problem: String| QueryError::Unreadable {
        path: path.to_owned(),
        problem,
    };
    let file = File::open(path).map_err(|e| unreadable(e.to_string()))?;
    let reader = SerializedFileReader::new(file).map_err(|e| unreadable(first_line(&e)))?;
    let micros: fn(i64) -> i64 = match kind {
        DataType::Timestamp(TimeUnit::Second, _) => |v| v.saturating_mul(1_000_000),
        DataType::Timestamp(TimeUnit::Millisecond, _) => |v| v.saturating_mul(1_000),
        DataType::Timestamp(TimeUnit::Microsecond, _) => |v| v,
        DataType::Timestamp(TimeUnit::Nanosecond, _) => |v| v.div_euclid(1_000),
        _ => return Ok(None),
    };
    let metadata: &ParquetMetaData = reader.metadata();
    let Some(at) = position(metadata.file_metadata().schema_descr(), column) else {
        return Ok(None);
    };
    let groups = metadata.row_groups().iter().map(|group| {
        let Some(Statistics::Int64(stats)) = group.column(at).statistics() else {
            return None;
        };
        Some(RowGroup {
            rows: u64::try_from(group.num_rows()).ok()?,
            nulls: stats.null_count_opt()?,
            first: micros(*stats.min_opt()?),
            last: micros(*stats.max_opt()?),
        })
    });
    Ok(groups.collect())
}
