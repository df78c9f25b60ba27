//! Parts: Parquet files of rows of one date, sorted by time.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::{DataType, Float64Type, Int64Type, SchemaRef},
};
use bytes::Bytes;
use futures::{FutureExt, TryFutureExt, TryStreamExt, future::BoxFuture, stream::BoxStream};
use jiff::Timestamp;
use object_store::{ObjectStore, ObjectStoreExt, buffered::BufWriter, path::Path};
use parquet::{
    arrow::{
        AsyncArrowWriter, ParquetRecordBatchStreamBuilder, ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions},
        async_reader::AsyncFileReader,
    },
    basic::{Compression, Type, ZstdLevel},
    bloom_filter::Sbbf,
    errors::ParquetError,
    file::{
        metadata::{KeyValue, ParquetMetaData, ParquetMetaDataReader, SortingColumn},
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::ColumnPath,
};

use super::{Part, Place, RowsError, Table, schema};
use crate::version::unlike;

/// Rows of a row group: what is decoded together, and what one Bloom filter covers.
const ROW_GROUP: usize = 128 * 1024;

/// Values of a column from which it is seen whether they repeat.
const LOOKED_AT: usize = 1_024;

/// Share of foreign ids that a Bloom filter lets through.
const FALSE_POSITIVES: f64 = 0.01;

/// Version of the parts' form.
const VERSION: u32 = 1;

const VERSION_KEY: &str = "plimsoll.version";
const TIME_KEY: &str = "plimsoll.time";
const ORDER_KEY: &str = "plimsoll.order";
const ID_KEY: &str = "plimsoll.id";

/// Bytes that are read with the footer.
const FOOTER_HINT: usize = 64 * 1024;

/// Columns of a table with a meaning to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// Says which date a row belongs to.
    pub time: String,
    /// By which the rows of a part are sorted, null first.
    pub order: String,
    pub id: Option<String>,
}

/// Writes one part.
pub(super) struct PartWriter<'a> {
    place: &'a Place,
    table: Table,
    path: String,
    schema: SchemaRef,
    key: &'a Key,
    /// Begun with the first rows, which show how the columns are best written.
    writer: Option<AsyncArrowWriter<BufWriter>>,
    rows: u64,
    first: i64,
    last: i64,
}

impl<'a> PartWriter<'a> {
    pub(super) fn new(place: &'a Place, table: Table, path: String, schema: SchemaRef, key: &'a Key) -> Self {
        Self {
            place,
            table,
            path,
            schema,
            key,
            writer: None,
            rows: 0,
            first: i64::MAX,
            last: i64::MIN,
        }
    }

    fn begin(&self, rows: &RecordBatch) -> Result<AsyncArrowWriter<BufWriter>, ParquetError> {
        let file = BufWriter::new(Arc::clone(self.place.store()), self.place.object_path(&self.path));
        AsyncArrowWriter::try_new(file, Arc::clone(&self.schema), Some(properties(rows, self.key)?))
    }

    /// Writes rows that are in order and not before those written.
    pub(super) async fn write(&mut self, batch: &RecordBatch) -> Result<(), RowsError> {
        for time in schema::times(batch, self.table, &self.key.time)?.values() {
            self.first = self.first.min(*time);
            self.last = self.last.max(*time);
        }
        self.rows += batch.num_rows() as u64;
        let written = async {
            let mut writer = match self.writer.take() {
                Some(writer) => writer,
                None => self.begin(batch)?,
            };
            writer.write(batch).await?;
            self.writer = Some(writer);
            Ok(())
        };
        written.await.map_err(error(self.place, "write", &self.path))
    }

    /// Ends the file. It is durable after [`Place::make_durable`].
    pub(super) async fn finish(mut self, now: Timestamp) -> Result<Part, RowsError> {
        let finished = async {
            let mut writer = match self.writer.take() {
                Some(writer) => writer,
                None => self.begin(&RecordBatch::new_empty(Arc::clone(&self.schema)))?,
            };
            writer.finish().await?;
            Ok(writer.bytes_written() as u64)
        };
        let bytes = finished.await.map_err(error(self.place, "write", &self.path))?;
        Ok(Part {
            bytes,
            path: self.path,
            rows: self.rows,
            first: self.first,
            last: self.last,
            created_at: now,
        })
    }
}

/// Says whether values of a column come again, so that a dictionary of them is worth its cost: less than half of some, taken
/// from all over the rows, are told apart.
fn repeats(column: &dyn Array) -> bool {
    let places = (0..column.len()).step_by(column.len().div_ceil(LOOKED_AT).max(1));
    let looked_at = places.len();
    let different = match column.data_type() {
        DataType::Float64 => {
            let values = column.as_primitive::<Float64Type>().values();
            places.map(|row| values[row].to_bits()).collect::<HashSet<_>>().len()
        }
        DataType::Int64 => {
            let values = column.as_primitive::<Int64Type>().values();
            places.map(|row| values[row]).collect::<HashSet<_>>().len()
        }
        DataType::Utf8 => {
            let values = column.as_string::<i32>();
            places.map(|row| values.value(row)).collect::<HashSet<_>>().len()
        }
        _ => return true,
    };
    2 * different <= looked_at
}

/// How parts are written whose columns are like those of some rows.
fn properties(rows: &RecordBatch, key: &Key) -> Result<WriterProperties, ParquetError> {
    let schema = rows.schema_ref();
    let entry = |name: &str, value: &str| KeyValue::new(name.to_owned(), value.to_owned());
    let mut entries = vec![
        entry(VERSION_KEY, &VERSION.to_string()),
        entry(TIME_KEY, &key.time),
        entry(ORDER_KEY, &key.order),
    ];
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_max_row_group_row_count(Some(ROW_GROUP))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(concat!("plimsoll ", env!("CARGO_PKG_VERSION")).to_owned());
    // Places in the Parquet schema are those of leaves, so that only flat columns before it leave them as they are.
    let leaf = schema.fields().iter().take_while(|f| !f.data_type().is_nested());
    if let Some(order) = leaf.into_iter().position(|f| *f.name() == key.order) {
        builder = builder.set_sorting_columns(Some(vec![SortingColumn {
            column_idx: i32::try_from(order).unwrap_or_default(),
            descending: false,
            nulls_first: true,
        }]));
    }
    for (field, column) in schema.fields().iter().zip(rows.columns()) {
        if !repeats(column) {
            builder = builder.set_column_dictionary_enabled(ColumnPath::new(vec![field.name().clone()]), false);
        }
    }
    if let Some(id) = &key.id {
        entries.push(entry(ID_KEY, id));
        let column = ColumnPath::new(vec![id.clone()]);
        builder = builder
            .set_column_bloom_filter_fpp(column.clone(), FALSE_POSITIVES)
            .set_column_bloom_filter_max_ndv(column.clone(), ROW_GROUP as u64)
            // Ids do not repeat.
            .set_column_dictionary_enabled(column, false);
    }
    Ok(builder.set_key_value_metadata(Some(entries)).build())
}

fn error(place: &Place, doing: &'static str, path: &str) -> impl FnOnce(ParquetError) -> RowsError {
    let location = place.locate(path);
    move |source| RowsError::Part {
        doing,
        location,
        source,
    }
}

/// Why a part is not read whose version is another one, and what to do.
fn refused(found: Option<&str>, writer: &str) -> String {
    match found.map(|v| (v, v.parse())) {
        Some((_, Ok(version))) => unlike(
            version,
            VERSION,
            &format!(
                "an older one, `{writer}`, wrote it: start that one again, or move the part away and send its rows anew with \
                 `plimsoll send`"
            ),
        ),
        _ => format!(
            "its {VERSION_KEY} is {}, expected `{VERSION}`; `{writer}` wrote it, or wrote it anew: bring the file back from a copy",
            found.map_or_else(|| "absent".to_owned(), |v| format!("`{v}`"))
        ),
    }
}

/// The footer of a part, and the Bloom filters of its ids.
#[derive(Debug)]
pub(super) struct PartMeta {
    metadata: ArrowReaderMetadata,
    pub key: Key,
    /// By row group; `None` if it has none.
    pub filters: Vec<Option<Sbbf>>,
}

impl PartMeta {
    /// Reads the footer, and with `filters` the Bloom filters.
    pub(super) async fn read(place: &Place, part: &Part, filters: bool) -> Result<Self, RowsError> {
        let fail = || error(place, "read", &part.path);
        let mut file = PartFile::new(place, part);
        let metadata = ArrowReaderMetadata::load_async(&mut file, ArrowReaderOptions::default())
            .await
            .map_err(fail())?;
        let entries = metadata.metadata().file_metadata().key_value_metadata();
        let entries: HashMap<&str, &str> = entries
            .into_iter()
            .flatten()
            .filter_map(|e| Some((e.key.as_str(), e.value.as_deref()?)))
            .collect();
        let unfit = |text: String| fail()(ParquetError::General(text));
        let found = entries.get(VERSION_KEY).copied();
        if found.and_then(|v| v.parse().ok()) != Some(VERSION) {
            let writer = metadata.metadata().file_metadata().created_by();
            return Err(unfit(refused(found, writer.unwrap_or("an unknown program"))));
        }
        let needed = |name: &str| {
            let value = entries.get(name).map(|v| (*v).to_owned());
            value.ok_or_else(|| unfit(format!("it has no {name}")))
        };
        let key = Key {
            time: needed(TIME_KEY)?,
            order: needed(ORDER_KEY)?,
            id: entries.get(ID_KEY).map(|id| (*id).to_owned()),
        };
        let mut meta = Self {
            metadata,
            key,
            filters: Vec::new(),
        };
        if let Some(column) = meta.id_column().filter(|_| filters) {
            let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(file, meta.metadata.clone());
            for group in 0..meta.row_groups() {
                let filter = builder.get_row_group_column_bloom_filter(group, column).await;
                meta.filters.push(filter.map_err(fail())?);
            }
        }
        Ok(meta)
    }

    /// Place of the id column among the leaves of the Parquet schema.
    fn id_column(&self) -> Option<usize> {
        let id = self.key.id.as_ref()?;
        let columns = self.metadata.parquet_schema().columns();
        columns.iter().position(|c| c.path().parts() == [id.as_str()])
    }

    /// Says whether the filters are in memory, or there are none.
    pub(super) fn has_filters(&self) -> bool {
        self.id_column().is_none() || !self.filters.is_empty()
    }

    /// Says whether ids are stored as text.
    pub(super) fn ids_are_text(&self) -> bool {
        let column = self.id_column().map(|at| self.metadata.parquet_schema().column(at));
        column.is_some_and(|c| c.physical_type() == Type::BYTE_ARRAY)
    }

    /// The last row groups, which hold at least so many rows together, or all.
    pub(super) fn newest(&self, rows: usize) -> Vec<usize> {
        let mut first = self.row_groups();
        let mut held = 0;
        while first > 0 && held < rows as u64 {
            first -= 1;
            held += self.rows(first);
        }
        (first..self.row_groups()).collect()
    }

    pub(super) fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    /// Rows of a row group.
    fn rows(&self, group: usize) -> u64 {
        u64::try_from(self.metadata.metadata().row_group(group).num_rows()).unwrap_or(0)
    }

    /// Bytes that this takes in memory.
    pub(super) fn memory(&self) -> usize {
        let filters = self.filters.iter().flatten().map(|f| f.num_blocks() * 32);
        self.metadata.metadata().memory_size() + filters.sum::<usize>()
    }

    /// Reads row groups in their order, all columns or those named.
    pub(super) fn stream<'a>(
        &self,
        place: &'a Place,
        part: &Part,
        groups: Vec<usize>,
        columns: Option<&[&str]>,
    ) -> Result<BoxStream<'a, Result<RecordBatch, RowsError>>, RowsError> {
        let file = PartFile::new(place, part);
        let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(file, self.metadata.clone());
        let mask = match columns {
            None => ProjectionMask::all(),
            Some(names) => ProjectionMask::columns(self.metadata.parquet_schema(), names.iter().copied()),
        };
        let stream = builder.with_row_groups(groups).with_projection(mask).build();
        let stream = stream.map_err(error(place, "read", &part.path))?;
        let path = part.path.clone();
        Ok(Box::pin(stream.map_err(move |e| error(place, "read", &path)(e))))
    }
}

/// A part as the Parquet reader asks for it.
#[derive(Debug)]
struct PartFile {
    store: Arc<dyn ObjectStore>,
    path: Path,
    bytes: u64,
}

impl PartFile {
    fn new(place: &Place, part: &Part) -> Self {
        Self {
            store: Arc::clone(place.store()),
            path: place.object_path(&part.path),
            bytes: part.bytes,
        }
    }
}

fn external(e: object_store::Error) -> ParquetError {
    ParquetError::External(Box::new(e))
}

impl AsyncFileReader for PartFile {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        self.store.get_range(&self.path, range).map_err(external).boxed()
    }

    fn get_byte_ranges(&mut self, ranges: Vec<Range<u64>>) -> BoxFuture<'_, Result<Vec<Bytes>, ParquetError>> {
        async move { self.store.get_ranges(&self.path, &ranges).await.map_err(external) }.boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        options: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move {
            let bytes = self.bytes;
            ParquetMetaDataReader::new()
                .with_prefetch_hint(Some(FOOTER_HINT))
                .with_arrow_reader_options(options)
                .load_and_finish(self, bytes)
                .await
                .map(Arc::new)
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::refused;

    #[test]
    fn parts_of_other_versions_say_what_to_do() {
        let newer = refused(Some("2"), "plimsoll 9.1.0");
        assert!(
            newer.contains("version 2, expected 1; a newer plimsoll wrote it"),
            "{newer}"
        );
        let older = refused(Some("0"), "plimsoll 0.0.1");
        assert!(
            older.contains("`plimsoll 0.0.1`, wrote it") && older.contains("`plimsoll send`"),
            "{older}"
        );
        let foreign = refused(None, "DuckDB");
        assert!(
            foreign.starts_with("its plimsoll.version is absent, expected `1`; `DuckDB` wrote it"),
            "{foreign}"
        );
    }
}
