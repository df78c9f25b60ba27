//! Where in time the row groups of Parquet files lie, by their statistics.

use arrow::datatypes::{DataType, TimeUnit};
use parquet::{
    file::{metadata::RowGroupMetaData, statistics::Statistics},
    schema::types::SchemaDescriptor,
};

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

impl RowGroup {
    /// The place of a row group by a column of a type; `None` if the type or the statistics do not tell.
    pub fn of(group: &RowGroupMetaData, column: &str, kind: &DataType) -> Option<Self> {
        let micros: fn(i64) -> i64 = match kind {
            DataType::Timestamp(TimeUnit::Second, _) => |v| v.saturating_mul(1_000_000),
            DataType::Timestamp(TimeUnit::Millisecond, _) => |v| v.saturating_mul(1_000),
            DataType::Timestamp(TimeUnit::Microsecond, _) => |v| v,
            DataType::Timestamp(TimeUnit::Nanosecond, _) => |v| v.div_euclid(1_000),
            _ => return None,
        };
        let at = position(group.schema_descr(), column)?;
        let Some(Statistics::Int64(stats)) = group.column(at).statistics() else {
            return None;
        };
        Some(Self {
            rows: u64::try_from(group.num_rows()).ok()?,
            nulls: stats.null_count_opt()?,
            first: micros(*stats.min_opt()?),
            last: micros(*stats.max_opt()?),
        })
    }

    /// The same rows where the first and the last may lie further apart.
    pub fn wider(self, by: i64) -> Self {
        Self {
            first: self.first.saturating_sub(by),
            last: self.last.saturating_add(by),
            ..self
        }
    }

    /// Says whether a row may lie within `[start, end)`.
    pub fn touches(&self, (start, end): (i64, i64)) -> bool {
        self.first < end && self.last >= start
    }

    /// Rows within `[start, end)`, taken as spread evenly over the group's time.
    pub fn rows_within(&self, (start, end): (i64, i64)) -> f64 {
        let length = (self.last - self.first).max(1) as f64;
        let overlap = end
            .min(self.last.saturating_add(1))
            .saturating_sub(start.max(self.first));
        self.rows as f64 * (overlap.max(0) as f64 / length).min(1.0)
    }
}
