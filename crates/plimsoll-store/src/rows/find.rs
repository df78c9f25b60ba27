//! Looking up ids and the newest rows: parts by their time, then Bloom filters, then the rows themselves.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError},
};

use arrow::{
    array::{AsArray, RecordBatch, StringArray, TimestampMicrosecondArray},
    compute::{SortOptions, cast, concat_batches, sort_to_indices, take_record_batch},
    datatypes::DataType,
};
use futures::{StreamExt, TryStreamExt, future, stream, stream::BoxStream};
use hashlink::LruCache;
use parquet::bloom_filter::Sbbf;

use super::{Inner, Part, RowsError, Table, part::PartMeta, schema};

/// Parts whose footers are read at once.
const AHEAD: usize = 8;

/// Ids of rows with their event times in microseconds.
type IdTimes = (StringArray, Vec<i64>);

/// The newest ids of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecentIds {
    /// Ids with their event time in microseconds, newest parts first.
    pub ids: Vec<(String, i64)>,
    /// Ids of rows up to this time are not all among them; `None` if all are.
    pub older_until: Option<i64>,
}

/// Footers and Bloom filters of the parts that were used last, within a bound on their memory.
#[derive(Debug)]
pub(super) struct Footers {
    parts: LruCache<String, Arc<PartMeta>>,
    memory: usize,
    most: usize,
}

impl Footers {
    pub(super) fn new(most: usize) -> Self {
        Self {
            parts: LruCache::new_unbounded(),
            memory: 0,
            most,
        }
    }

    fn insert(&mut self, path: &str, meta: Arc<PartMeta>) {
        self.memory += meta.memory();
        if let Some(former) = self.parts.insert(path.to_owned(), meta) {
            self.memory -= former.memory();
        }
        while self.memory > self.most
            && let Some((_, oldest)) = self.parts.remove_lru()
        {
            self.memory -= oldest.memory();
        }
    }
}

impl Inner {
    /// The footer of a part, with its Bloom filters if `filters` asks for them.
    pub(super) async fn meta(&self, part: &Part, filters: bool) -> Result<Arc<PartMeta>, RowsError> {
        let footers = || self.footers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(meta) = footers().parts.get(&part.path)
            && (!filters || meta.has_filters())
        {
            return Ok(Arc::clone(meta));
        }
        let meta = Arc::new(PartMeta::read(&self.place, part, filters).await?);
        footers().insert(&part.path, Arc::clone(&meta));
        Ok(meta)
    }

    /// Ids and times of some row groups of a part, in their order; nothing if the part has no ids.
    fn ids_of(
        &self,
        part: &Part,
        meta: &PartMeta,
        groups: Vec<usize>,
    ) -> Result<BoxStream<'_, Result<IdTimes, RowsError>>, RowsError> {
        let Some(id) = meta.key.id.clone() else {
            return Ok(stream::empty().boxed());
        };
        let time = meta.key.time.clone();
        let rows = meta.stream(&self.place, part, groups, Some(&[&id, &time]))?;
        let read = move |batch: RecordBatch| {
            let Some(ids) = batch.column_by_name(&id) else {
                return Ok(None);
            };
            let ids = cast(ids, &DataType::Utf8).map_err(RowsError::rows("read ids"))?;
            let times = schema::times(&batch, Table::Predictions, &time)?;
            Ok(Some((ids.as_string::<i32>().clone(), times.values().to_vec())))
        };
        Ok(rows.try_filter_map(move |batch| future::ready(read(batch))).boxed())
    }

    pub(super) async fn find_ids(
        &self,
        ids: Vec<String>,
        between: Option<(i64, i64)>,
    ) -> Result<HashMap<String, i64>, RowsError> {
        let mut wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
        let mut found = HashMap::new();
        let manifest = self.manifest();
        // The newest are the likeliest.
        let parts = manifest
            .parts(Table::Predictions)
            .iter()
            .rev()
            .filter(|p| p.overlaps(between));
        let metas = stream::iter(parts).map(async |part| self.meta(part, true).await.map(|meta| (part, meta)));
        let mut metas = std::pin::pin!(metas.buffered(AHEAD));
        while !wanted.is_empty()
            && let Some((part, meta)) = metas.next().await.transpose()?
        {
            let may_hold = |filter: &Option<Sbbf>| match filter {
                // Ids that are no text have filters over other bytes.
                Some(filter) if meta.ids_are_text() => wanted.iter().any(|id| filter.check(*id)),
                _ => true,
            };
            let groups: Vec<usize> = (0..meta.row_groups())
                .filter(|group| may_hold(meta.filters.get(*group).unwrap_or(&None)))
                .collect();
            if groups.is_empty() {
                continue;
            }
            // Batch by batch: where much is looked up, the filters let most of the store through.
            let mut batches = self.ids_of(part, &meta, groups)?;
            while !wanted.is_empty()
                && let Some((ids, times)) = batches.next().await.transpose()?
            {
                for (id, time) in ids.iter().zip(times) {
                    let Some(id) = id else { continue };
                    let within = between.is_none_or(|(from, to)| (from..to).contains(&time));
                    if within && wanted.remove(id) {
                        found.insert(id.to_owned(), time);
                    }
                }
            }
        }
        Ok(found)
    }

    pub(super) async fn recent_ids(&self, limit: usize) -> Result<RecentIds, RowsError> {
        let mut recent = RecentIds::default();
        let manifest = self.manifest();
        let mut parts: Vec<&Part> = manifest.parts(Table::Predictions).iter().collect();
        parts.sort_by_key(|p| Reverse((p.last, &p.path)));
        for part in parts {
            let full = recent.ids.len() >= limit;
            if full {
                recent.older_until = recent.older_until.max(Some(part.last));
                continue;
            }
            let meta = self.meta(part, false).await?;
            for group in (0..meta.row_groups()).rev() {
                // Rows are sorted by time, so that what is left of the part is not younger than what was read of it.
                if recent.ids.len() >= limit {
                    let oldest = recent.ids.last().map(|(_, time)| *time);
                    recent.older_until = recent.older_until.max(oldest);
                    break;
                }
                let batches: Vec<IdTimes> = self.ids_of(part, &meta, vec![group])?.try_collect().await?;
                for (ids, times) in batches.into_iter().rev() {
                    let known = ids.iter().zip(times).rev();
                    recent
                        .ids
                        .extend(known.filter_map(|(id, time)| Some((id?.to_owned(), time))));
                }
            }
        }
        if recent.ids.len() > limit {
            let oldest = recent.ids[limit..].iter().map(|(_, time)| *time).max();
            recent.older_until = recent.older_until.max(oldest);
            recent.ids.truncate(limit);
        }
        Ok(recent)
    }

    pub(super) async fn sample(&self, table: Table, limit: usize) -> Result<Option<RecordBatch>, RowsError> {
        let manifest = self.manifest();
        let key = self.columns.key(table);
        let columns = manifest.schema(table)?;
        let mut parts: Vec<&Part> = manifest.parts(table).iter().collect();
        parts.sort_by_key(|p| Reverse((p.last, &p.path)));
        let mut newest: Option<RecordBatch> = None;
        for part in parts {
            // Older parts cannot hold a newer row.
            if let Some(newest) = newest.as_ref().filter(|n| n.num_rows() >= limit) {
                let times = schema::times(newest, table, &key.time)?;
                if times.values().last().is_some_and(|oldest| *oldest >= part.last) {
                    break;
                }
            }
            let meta = self.meta(part, false).await?;
            // Labels are not sorted by their arrival.
            let groups = if key.time == key.order {
                meta.newest(limit)
            } else {
                (0..meta.row_groups()).collect()
            };
            let mut stream = meta.stream(&self.place, part, groups, None)?;
            while let Some(batch) = stream.next().await.transpose()? {
                let batch = schema::align(&batch, &columns)?;
                let rows = newest.iter().chain([batch.as_ref()]);
                let rows = concat_batches(&columns, rows).map_err(RowsError::rows("join rows"))?;
                newest = Some(newest_of(&rows, schema::times(&rows, table, &key.time)?, limit)?);
            }
        }
        Ok(newest)
    }
}

/// The newest rows of a batch, newest first.
fn newest_of(rows: &RecordBatch, times: &TimestampMicrosecondArray, limit: usize) -> Result<RecordBatch, RowsError> {
    let order = sort_to_indices(times, Some(SortOptions::new(true, false)), Some(limit));
    order
        .and_then(|order| take_record_batch(rows, &order))
        .map_err(RowsError::rows("sort rows"))
}
