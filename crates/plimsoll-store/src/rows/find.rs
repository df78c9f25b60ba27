//! Looking up ids: parts by their time, then Bloom filters, then the ids themselves.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::{Arc, PoisonError},
};

use arrow::{
    array::{Array, AsArray, RecordBatch},
    datatypes::TimestampMicrosecondType,
};
use bytes::Bytes;
use futures::{FutureExt, TryStreamExt, future::BoxFuture};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use parquet::{
    arrow::{
        ParquetRecordBatchStreamBuilder, ProjectionMask, arrow_reader::ArrowReaderOptions,
        async_reader::AsyncFileReader,
    },
    bloom_filter::Sbbf,
    errors::ParquetError,
    file::metadata::{ParquetMetaData, ParquetMetaDataReader},
};

use super::{Part, RowStore, RowsError, Table};

/// Bloom filters of that many row groups are kept in memory; each takes about 1.3 bytes a row.
const KEPT_BLOOMS: usize = 512;

/// Bloom filters by part, one a row group; `None` for a group without.
pub(super) type Blooms = hashlink::LruCache<String, Arc<Vec<Option<Sbbf>>>>;

/// The newest ids of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecentIds {
    /// Ids with their event time in microseconds, newest parts first.
    pub ids: Vec<(String, i64)>,
    /// Ids of rows up to this time are not all among them; `None` if all are.
    pub older_until: Option<i64>,
}

/// Reads ranges of a part.
struct PartReader {
    store: Arc<dyn ObjectStore>,
    path: Path,
    size: u64,
}

impl AsyncFileReader for PartReader {
    fn get_bytes(&mut self, range: Range<u64>) -> BoxFuture<'_, Result<Bytes, ParquetError>> {
        async move {
            let read = self.store.get_range(&self.path, range).await;
            read.map_err(|e| ParquetError::External(Box::new(e)))
        }
        .boxed()
    }

    fn get_metadata<'a>(
        &'a mut self,
        _: Option<&'a ArrowReaderOptions>,
    ) -> BoxFuture<'a, Result<Arc<ParquetMetaData>, ParquetError>> {
        async move {
            let size = self.size;
            let metadata = ParquetMetaDataReader::new().load_and_finish(self, size).await?;
            Ok(Arc::new(metadata))
        }
        .boxed()
    }
}

type Builder = ParquetRecordBatchStreamBuilder<PartReader>;

impl RowStore {
    async fn builder(&self, part: &Part) -> Result<Builder, RowsError> {
        let reader = PartReader {
            store: Arc::clone(self.place.store()),
            path: self.place.object_path(&part.path),
            size: part.bytes,
        };
        Builder::new(reader).await.map_err(|source| RowsError::Part {
            doing: "read",
            location: self.place.locate(&part.path),
            source,
        })
    }

    /// Reads ids and times of some row groups of a part, all if `groups` is `None`.
    async fn ids_of(
        &self,
        part: &Part,
        builder: Builder,
        groups: Option<Vec<usize>>,
    ) -> Result<Vec<RecordBatch>, RowsError> {
        let failed = |source| RowsError::Part {
            doing: "read",
            location: self.place.locate(&part.path),
            source,
        };
        let names = [self.columns.id.as_deref().unwrap_or_default(), &self.columns.event_time];
        let mask = ProjectionMask::columns(builder.parquet_schema(), names);
        let builder = builder.with_projection(mask);
        let builder = match groups {
            Some(groups) => builder.with_row_groups(groups),
            None => builder,
        };
        builder.build().map_err(failed)?.try_collect().await.map_err(failed)
    }

    async fn blooms(&self, part: &Part, builder: &mut Builder, id: &str) -> Result<Arc<Vec<Option<Sbbf>>>, RowsError> {
        let kept = || self.blooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept().get(&part.path) {
            return Ok(Arc::clone(known));
        }
        let schema = builder.parquet_schema();
        let at = (0..schema.num_columns()).find(|at| schema.column(*at).path().parts() == [id]);
        let mut filters = Vec::new();
        for group in 0..builder.metadata().num_row_groups() {
            let filter = match at {
                None => None,
                Some(at) => builder
                    .get_row_group_column_bloom_filter(group, at)
                    .await
                    .map_err(|source| RowsError::Part {
                        doing: "read",
                        location: self.place.locate(&part.path),
                        source,
                    })?,
            };
            filters.push(filter);
        }
        let filters = Arc::new(filters);
        kept().insert(part.path.clone(), Arc::clone(&filters));
        Ok(filters)
    }

    /// Event times, in microseconds, of those of the ids that are stored, of rows in `[from, to)` if that is given.
    ///
    /// # Errors
    /// [`RowsError`] if a part cannot be read.
    pub async fn find_ids(&self, ids: &[&str], between: Option<(i64, i64)>) -> Result<HashMap<String, i64>, RowsError> {
        let mut found = HashMap::new();
        let Some(id) = self.columns.id.clone() else {
            return Ok(found);
        };
        let mut wanted: HashSet<&str> = ids.iter().copied().collect();
        let manifest = self.manifest();
        // The newest parts are the likeliest.
        for part in manifest
            .parts(Table::Predictions)
            .iter()
            .rev()
            .filter(|p| p.overlaps(between))
        {
            if wanted.is_empty() {
                break;
            }
            let mut builder = self.builder(part).await?;
            let blooms = self.blooms(part, &mut builder, &id).await?;
            let may_hold = |filter: &Option<Sbbf>| match filter {
                None => true,
                Some(filter) => wanted.iter().any(|name| filter.check(*name)),
            };
            let groups: Vec<usize> = (0..blooms.len()).filter(|at| may_hold(&blooms[*at])).collect();
            if groups.is_empty() {
                continue;
            }
            for batch in self.ids_of(part, builder, Some(groups)).await? {
                each(&batch, &id, &self.columns.event_time, |name, at| {
                    let within = between.is_none_or(|(from, to)| (from..to).contains(&at));
                    if within && wanted.remove(name) {
                        found.insert(name.to_owned(), at);
                    }
                });
            }
        }
        Ok(found)
    }

    /// The ids of the newest parts, at most about so many.
    ///
    /// # Errors
    /// [`RowsError`] if a part cannot be read.
    pub async fn recent_ids(&self, limit: usize) -> Result<RecentIds, RowsError> {
        let mut recent = RecentIds::default();
        let Some(id) = self.columns.id.clone() else {
            return Ok(recent);
        };
        let manifest = self.manifest();
        let mut parts: Vec<&Part> = manifest.parts(Table::Predictions).iter().collect();
        parts.sort_by_key(|p| std::cmp::Reverse(p.last));
        for part in parts {
            if recent.ids.len() + part.rows as usize > limit {
                recent.older_until = recent.older_until.max(Some(part.last));
                continue;
            }
            let builder = self.builder(part).await?;
            for batch in self.ids_of(part, builder, None).await? {
                each(&batch, &id, &self.columns.event_time, |name, at| {
                    recent.ids.push((name.to_owned(), at));
                });
            }
        }
        Ok(recent)
    }

    /// The newest rows of a table, at most so many.
    ///
    /// # Errors
    /// [`RowsError`] if a part cannot be read.
    pub async fn sample(&self, table: Table, limit: usize) -> Result<Option<RecordBatch>, RowsError> {
        let manifest = self.manifest();
        let Some(part) = manifest.parts(table).iter().max_by_key(|p| p.last) else {
            return Ok(None);
        };
        let rows = super::parts::read(&self.place, &part.path).await?;
        let Some(last) = rows.last() else {
            return Ok(None);
        };
        let skip = last.num_rows().saturating_sub(limit);
        Ok(Some(last.slice(skip, last.num_rows() - skip)))
    }
}

/// Calls a function with each id and its event time.
fn each(batch: &RecordBatch, id: &str, time: &str, mut call: impl FnMut(&str, i64)) {
    let ids = batch.column_by_name(id).and_then(|c| c.as_string_opt::<i32>());
    let times = batch
        .column_by_name(time)
        .and_then(|c| c.as_primitive_opt::<TimestampMicrosecondType>());
    if let (Some(ids), Some(times)) = (ids, times) {
        for row in 0..batch.num_rows() {
            if ids.is_valid(row) && times.is_valid(row) {
                call(ids.value(row), times.value(row));
            }
        }
    }
}

/// An empty cache of Bloom filters.
pub(super) fn no_blooms() -> Blooms {
    hashlink::LruCache::new(KEPT_BLOOMS)
}
