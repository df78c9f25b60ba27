//! A commit: rows become parts, and the parts a manifest.

use std::sync::Arc;

use arrow::{
    array::{Array, RecordBatch, UInt32Array},
    compute::{concat_batches, take_record_batch},
    datatypes::{Schema, SchemaRef},
};
use jiff::{Timestamp, civil};
use serde_json::Value;

use super::{
    Inner, Manifest, RowsError, Table,
    part::{Key, PartWriter},
    schema,
};
use crate::log::Position;

const MICROS_PER_DAY: i64 = 86_400_000_000;

/// Rows and state that are written as one.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Rows of predictions, in any order; the batches need not have the same columns. The event time has the type
    /// `Timestamp(µs, "UTC")` and is never null.
    pub predictions: Vec<RecordBatch>,
    /// Rows of labels, likewise with their arrival.
    pub labels: Vec<RecordBatch>,
    /// Records of the log below this position are in the store with this commit.
    pub log_position: Position,
    /// What the collector keeps beside the rows.
    pub state: Value,
}

impl Inner {
    pub(super) async fn commit(&self, commit: Commit, now: Timestamp) -> Result<Arc<Manifest>, RowsError> {
        let _writing = self.writing.lock().await;
        let current = self.manifest();
        if commit.log_position < current.log_position {
            return Err(RowsError::Behind {
                held: current.log_position,
                given: commit.log_position,
            });
        }
        let mut next = Manifest::clone(&current);
        next.log_position = commit.log_position;
        next.state = commit.state;
        let mut begun = Vec::new();
        let written = async {
            for (table, batches) in [(Table::Predictions, commit.predictions), (Table::Labels, commit.labels)] {
                self.write_parts(table, batches, &mut next, &mut begun, now).await?;
            }
            self.place.make_durable(begun.clone()).await
        };
        if let Err(e) = written.await {
            self.discard(&begun).await;
            return Err(e);
        }
        self.publish(next, &begun, now).await
    }

    /// Writes the rows as one part a date and names the parts in the manifest. Notes the path of each that is begun.
    async fn write_parts(
        &self,
        table: Table,
        batches: Vec<RecordBatch>,
        next: &mut Manifest,
        begun: &mut Vec<String>,
        now: Timestamp,
    ) -> Result<(), RowsError> {
        let key = self.columns.key(table);
        let Some(rows) = joined(table, &batches, &key)? else {
            return Ok(());
        };
        drop(batches);
        let known = next.schema(table)?;
        next.set_schema(table, &schema::union(&known, rows.schema_ref())?);
        for (date, rows) in by_date(table, &rows, &key)? {
            let path = self.part_path(table, &date.to_string());
            begun.push(path.clone());
            let mut writer = PartWriter::new(&self.place, table, path, rows.schema(), &key);
            writer.write(&rows).await?;
            next.parts_mut(table).push(writer.finish(now).await?);
        }
        Ok(())
    }
}

/// All the rows in one batch. `None` without rows.
fn joined(table: Table, batches: &[RecordBatch], key: &Key) -> Result<Option<RecordBatch>, RowsError> {
    let batches: Vec<&RecordBatch> = batches.iter().filter(|b| b.num_rows() > 0).collect();
    if batches.is_empty() {
        return Ok(None);
    }
    let mut columns = Schema::empty();
    for batch in &batches {
        // Checked before anything is cast.
        schema::times(batch, table, &key.time)?;
        schema::moments(batch, table, &key.order)?;
        columns = schema::union(&columns, batch.schema_ref())?;
    }
    let columns: SchemaRef = Arc::new(columns);
    let aligned: Result<Vec<_>, _> = batches.iter().map(|b| schema::align(b, &columns)).collect();
    concat_batches(&columns, aligned?.iter().map(AsRef::as_ref))
        .map(Some)
        .map_err(RowsError::rows("join rows"))
}

/// Sorts rows and cuts them at midnight UTC. Rows of the same place in the order stay as they came.
fn by_date(table: Table, rows: &RecordBatch, key: &Key) -> Result<Vec<(civil::Date, RecordBatch)>, RowsError> {
    let times = schema::times(rows, table, &key.time)?.values();
    let order = schema::moments(rows, table, &key.order)?;
    let day = |row: usize| times[row].div_euclid(MICROS_PER_DAY);
    let place = |row: u32| {
        let row = row as usize;
        (day(row), order.is_valid(row).then(|| order.value(row)))
    };
    let mut sorted: Vec<u32> = (0..u32::try_from(times.len()).unwrap_or(u32::MAX)).collect();
    let rows = if sorted.is_sorted_by_key(|row| place(*row)) {
        rows.clone()
    } else {
        sorted.sort_by_key(|row| place(*row));
        let sorted = UInt32Array::from(sorted);
        take_record_batch(rows, &sorted).map_err(RowsError::rows("sort rows"))?
    };
    let times = schema::times(&rows, table, &key.time)?.values();
    let mut days = Vec::new();
    let mut start = 0;
    while let Some(first) = times.get(start) {
        let day = first.div_euclid(MICROS_PER_DAY);
        let length = times[start..].partition_point(|t| t.div_euclid(MICROS_PER_DAY) == day);
        days.push((date(table, &key.time, day)?, rows.slice(start, length)));
        start += length;
    }
    Ok(days)
}

/// The date so many days after 1970-01-01.
fn date(table: Table, column: &str, day: i64) -> Result<civil::Date, RowsError> {
    let span = jiff::Span::new().try_days(day);
    span.and_then(|days| civil::date(1970, 1, 1).checked_add(days))
        .map_err(|_| RowsError::Column {
            table,
            column: column.to_owned(),
            expected: "times of the years -9999 to 9999",
            found: format!("{day} days after 1970"),
        })
}
