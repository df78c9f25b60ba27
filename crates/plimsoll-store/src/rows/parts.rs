//! Parts: Parquet files of rows of one date.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array, new_null_array},
    compute::{SortColumn, cast, concat_batches, lexsort_to_indices, take_record_batch},
    datatypes::{DataType, Schema, SchemaRef, TimestampMicrosecondType},
};
use jiff::{Timestamp, tz::TimeZone};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
    schema::types::ColumnPath,
};

use super::{Columns, Part, Place, RowsError, Table, token};

/// Most rows of a row group.
const GROUP: usize = 131_072;
const DAY: i64 = 86_400_000_000;

/// The columns of a table with those of further rows, which are taken as they come.
pub(super) fn union(known: &Schema, batches: &[RecordBatch]) -> SchemaRef {
    let mut fields: Vec<_> = known.fields().iter().cloned().collect();
    for field in batches
        .iter()
        .flat_map(|b| b.schema().fields().iter().cloned().collect::<Vec<_>>())
    {
        match fields.iter().find(|f| f.name() == field.name()) {
            None => fields.push(Arc::new(field.as_ref().clone().with_nullable(true))),
            Some(known) if known.data_type() == field.data_type() => {}
            // A column whose kind was described anew: what it held stays readable as text.
            Some(_) => {
                for known in &mut fields {
                    if known.name() == field.name() {
                        *known = Arc::new(known.as_ref().clone().with_data_type(DataType::Utf8));
                    }
                }
            }
        }
    }
    Arc::new(Schema::new(fields))
}

/// Rows with the columns of a schema; columns that they lack are null.
fn fitted(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, RowsError> {
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|f| match batch.column_by_name(f.name()) {
            None => Ok(new_null_array(f.data_type(), batch.num_rows())),
            Some(column) if column.data_type() == f.data_type() => Ok(Arc::clone(column)),
            Some(column) => cast(column, f.data_type()),
        })
        .collect::<Result<_, _>>()
        .map_err(RowsError::rows("put rows together"))?;
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(RowsError::rows("put rows together"))
}

fn date(day: i64) -> String {
    let start = Timestamp::from_microsecond(day * DAY).unwrap_or(Timestamp::UNIX_EPOCH);
    TimeZone::UTC.to_datetime(start).date().to_string()
}

/// Writes rows as one part a date and makes them durable.
pub(super) async fn write(
    place: &Place,
    columns: &Columns,
    table: Table,
    schema: &SchemaRef,
    batches: Vec<RecordBatch>,
) -> Result<Vec<Part>, RowsError> {
    let (time, order) = match table {
        Table::Predictions => (&columns.event_time, &columns.event_time),
        Table::Labels => (&columns.arrival, &columns.label_order),
    };
    let rows = {
        let fitted: Vec<RecordBatch> = batches.iter().map(|b| fitted(b, schema)).collect::<Result<_, _>>()?;
        drop(batches);
        concat_batches(schema, &fitted).map_err(RowsError::rows("put rows together"))?
    };
    let column = |name: &str| {
        let array = rows.column_by_name(name);
        let typed = array.and_then(|a| a.as_primitive_opt::<TimestampMicrosecondType>());
        typed.ok_or_else(|| RowsError::Column {
            table,
            column: name.to_owned(),
            expected: "Timestamp(µs)",
            found: array.map_or_else(|| "absent".to_owned(), |a| a.data_type().to_string()),
        })
    };
    let times = column(time)?;
    let day = |row: usize| times.value(row).div_euclid(DAY);
    let mut days: Vec<i64> = (0..rows.num_rows()).map(day).collect();
    days.sort_unstable();
    days.dedup();
    let sorted = lexsort_to_indices(
        &[SortColumn {
            values: Arc::new(column(order)?.clone()) as ArrayRef,
            options: None,
        }],
        None,
    )
    .map_err(RowsError::rows("sort rows"))?;
    let mut written = Vec::with_capacity(days.len());
    for own in days {
        let indices: UInt32Array = sorted
            .values()
            .iter()
            .copied()
            .filter(|row| day(*row as usize) == own)
            .collect();
        let rows = take_record_batch(&rows, &indices).map_err(RowsError::rows("sort rows"))?;
        let path = format!(
            "{table}/date={}/part-{}.parquet",
            date(own),
            token().map_err(RowsError::Random)?
        );
        let bytes = encode(&rows, columns.id.as_deref(), || place.locate(&path))?;
        let moments = indices.values().iter().map(|row| times.value(*row as usize));
        let part = Part {
            rows: rows.num_rows() as u64,
            bytes: bytes.len() as u64,
            first: moments.clone().min().unwrap_or_default(),
            last: moments.max().unwrap_or_default(),
            created_at: Timestamp::now(),
            path,
        };
        if !place.create(&part.path, bytes).await? {
            return Err(RowsError::Contended {
                location: place.locate(&part.path),
                number: 0,
            });
        }
        written.push(part);
    }
    Ok(written)
}

fn encode(rows: &RecordBatch, id: Option<&str>, location: impl Fn() -> String) -> Result<Vec<u8>, RowsError> {
    let failed = |source| RowsError::Part {
        doing: "write",
        location: location(),
        source,
    };
    let level = ZstdLevel::try_new(1).map_err(&failed)?;
    let format = KeyValue::new("plimsoll.format".to_owned(), "1".to_owned());
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_max_row_group_row_count(Some(GROUP))
        .set_key_value_metadata(Some(vec![format]));
    if let Some(id) = id {
        let path = ColumnPath::new(vec![id.to_owned()]);
        properties = properties
            .set_column_bloom_filter_enabled(path.clone(), true)
            .set_column_bloom_filter_max_ndv(path, rows.num_rows().clamp(1, GROUP) as u64);
    }
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), Some(properties.build())).map_err(&failed)?;
    writer.write(rows).map_err(&failed)?;
    writer.close().map_err(&failed)?;
    Ok(bytes)
}

/// All rows of a part.
pub(super) async fn read(place: &Place, path: &str) -> Result<Vec<RecordBatch>, RowsError> {
    let gone = || RowsError::Manifest {
        location: place.locate(path),
        reason: "the part that it names is not there".to_owned(),
    };
    let bytes = place.read(path).await?.ok_or_else(gone)?;
    let failed = |source| RowsError::Part {
        doing: "read",
        location: place.locate(path),
        source,
    };
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes))
        .and_then(ParquetRecordBatchReaderBuilder::build)
        .map_err(failed)?;
    reader.collect::<Result<_, _>>().map_err(RowsError::rows("read a part"))
}
