//! All rows of a source in order of their time.

use std::sync::Arc;

use arrow::{
    array::{RecordBatch, UInt32Array},
    compute::{cast, concat_batches, take_record_batch},
    datatypes::{DataType, Field, Schema},
};
use jiff::tz::TimeZone;

use crate::{QueryError, Source, event_times};

impl Source {
    /// All rows, ordered by the moments in a column, and these moments in microseconds since the Unix epoch. Rows without
    /// one come last; without a column the rows stay as they are.
    ///
    /// All rows are in memory.
    ///
    /// # Errors
    /// [`QueryError`] if there is no such column, it holds no moments, or reading fails.
    pub async fn in_time_order(
        &self,
        timestamp: Option<&str>,
        timezone: &TimeZone,
    ) -> Result<(RecordBatch, Vec<Option<i64>>), QueryError> {
        if let Some(timestamp) = timestamp {
            self.require(timestamp)?;
        }
        let batches = self.frame().collect().await.map_err(|e| self.engine(&e))?;
        let rows = concat_batches(self.schema(), &batches).map_err(|e| self.engine(&e))?;
        let rows = plain(&rows).map_err(|e| self.engine(&e))?;
        let Some(column) = timestamp.and_then(|name| rows.column_by_name(name)) else {
            let none = vec![None; rows.num_rows()];
            return Ok((rows, none));
        };
        let times = event_times(column, timezone).ok_or_else(|| QueryError::Time {
            column: timestamp.unwrap_or_default().to_owned(),
            problem: format!("the column is of type {}", column.data_type()),
        })?;
        let count = u32::try_from(rows.num_rows()).map_err(|e| self.engine(&e))?;
        let mut order: Vec<u32> = (0..count).collect();
        let time = |row: u32| times.micros[row as usize];
        order.sort_by_key(|row| (time(*row).is_none(), time(*row)));
        let moments = order.iter().map(|row| time(*row)).collect();
        let rows = take_record_batch(&rows, &UInt32Array::from(order)).map_err(|e| self.engine(&e))?;
        Ok((rows, moments))
    }
}

/// Text without views, so that a slice of the rows does not carry the text of all.
fn plain(rows: &RecordBatch) -> Result<RecordBatch, arrow::error::ArrowError> {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
        let kind = match field.data_type() {
            DataType::Utf8View => DataType::LargeUtf8,
            DataType::BinaryView => DataType::LargeBinary,
            other => other.clone(),
        };
        columns.push(cast(column, &kind)?);
        fields.push(Field::new(field.name(), kind, true));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}
