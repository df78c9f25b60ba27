//! Tidying: small parts are joined, old ones dropped. Readers never see a row twice or not at all, for the manifest
//! changes in one step, and what it no longer names is deleted when no reader can be on it.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashSet},
    sync::Arc,
};

use arrow::{
    array::{Array, RecordBatch},
    compute::interleave_record_batch,
    datatypes::SchemaRef,
};
use futures::{StreamExt, stream::BoxStream};
use jiff::{SignedDuration, Timestamp};

use super::{Inner, Manifest, Part, RowsError, Table, part::PartWriter, schema};

/// Parts of the newest date that are joined, at least: the last of them are still growing in number.
const MANY: usize = 8;

/// Parts that are joined at once, at most.
const MOST: usize = 64;

/// Bytes and rows that a joined part has, at most.
const JOINED_BYTES: u64 = 256 << 20;
const JOINED_ROWS: u64 = 4_000_000;

/// Rows that are put together at a time.
const CHUNK: usize = 16 * 1024;

/// What is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// Parts whose newest row is older are dropped. The age of labels counts from their arrival.
    pub max_age: Option<SignedDuration>,
    /// The oldest parts are dropped while all take more. Unit: bytes.
    pub max_bytes: Option<u64>,
}

impl Inner {
    /// Joins the parts of each date that are worth it; answers how many parts were joined.
    pub(super) async fn compact(&self, now: Timestamp) -> Result<usize, RowsError> {
        let _tidying = self.tidying.lock().await;
        let mut joined = 0;
        for table in Table::ALL {
            let manifest = self.manifest();
            let dates: Vec<&str> = {
                let mut dates: Vec<&str> = manifest.parts(table).iter().map(Part::date).collect();
                dates.sort_unstable();
                dates.dedup();
                dates
            };
            for date in &dates {
                let newest = dates.last() == Some(date);
                loop {
                    let manifest = self.manifest();
                    let parts = manifest.parts(table).iter().filter(|p| p.date() == *date);
                    let chosen = choose(parts.collect(), if newest { MANY } else { 2 });
                    let chosen = self.alike(table, chosen).await?;
                    if chosen.len() < 2 || !self.join(table, date, &chosen, now).await? {
                        break;
                    }
                    joined += chosen.len();
                }
            }
        }
        if joined == 0 {
            self.delete_retired(now).await?;
        }
        Ok(joined)
    }

    /// Those of the parts whose columns have the names of today, by which they are sorted.
    async fn alike<'a>(&self, table: Table, parts: Vec<&'a Part>) -> Result<Vec<&'a Part>, RowsError> {
        let key = self.columns.key(table);
        let mut alike = Vec::with_capacity(parts.len());
        for part in parts {
            if self.meta(part, false).await?.key == key {
                alike.push(part);
            }
        }
        Ok(alike)
    }

    /// Replaces parts by one. `false` if one of them was dropped meanwhile.
    async fn join(&self, table: Table, date: &str, parts: &[&Part], now: Timestamp) -> Result<bool, RowsError> {
        let schema = self.manifest().schema(table)?;
        let key = self.columns.key(table);
        let path = self.part_path(table, date);
        let written = async {
            let mut writer = PartWriter::new(&self.place, table, path.clone(), Arc::clone(&schema), &key);
            let mut merge = Merge::try_new(self, table, &schema, &key.order, parts).await?;
            while let Some(rows) = merge.next().await? {
                writer.write(&rows).await?;
            }
            let part = writer.finish(now).await?;
            self.place.make_durable(vec![path.clone()]).await.map(|()| part)
        };
        let begun = [path.clone()];
        let part = match written.await {
            Ok(part) => part,
            Err(e) => {
                self.discard(&begun).await;
                return Err(e);
            }
        };
        let _writing = self.writing.lock().await;
        let mut next = Manifest::clone(&self.manifest());
        let gone: HashSet<&str> = parts.iter().map(|p| p.path.as_str()).collect();
        let before = next.parts(table).len();
        next.parts_mut(table).retain(|p| !gone.contains(p.path.as_str()));
        if before - next.parts(table).len() < gone.len() {
            self.discard(&begun).await;
            return Ok(false);
        }
        next.parts_mut(table).push(part);
        next.retire(gone.into_iter().map(str::to_owned), now);
        self.publish(next, &begun, now).await.map(|_| true)
    }

    /// Drops what the policy does not keep; answers how many parts.
    pub(super) async fn retain(&self, policy: Policy, now: Timestamp) -> Result<usize, RowsError> {
        let _writing = self.writing.lock().await;
        let mut next = Manifest::clone(&self.manifest());
        let oldest = match policy.max_age {
            Some(age) => now.saturating_sub(age).map_or(i64::MIN, Timestamp::as_microsecond),
            None => i64::MIN,
        };
        let mut bytes = next.bytes();
        let most = policy.max_bytes.unwrap_or(u64::MAX);
        let mut parts: Vec<&Part> = next.all_parts().collect();
        parts.sort_by_key(|p| (p.last, &p.path));
        let mut dropped = HashSet::new();
        for part in parts {
            if part.last < oldest || bytes > most {
                bytes -= part.bytes;
                dropped.insert(part.path.clone());
            }
        }
        if dropped.is_empty() {
            return Ok(0);
        }
        for table in Table::ALL {
            next.parts_mut(table).retain(|p| !dropped.contains(&p.path));
        }
        let count = dropped.len();
        next.retire(dropped, now);
        self.publish(next, &[], now).await.map(|_| count)
    }
}

/// The parts of a date to be joined: the smallest ones, as long as each is at most four times as large as those before
/// it together. So a part is written anew only when that makes it a quarter larger, and a row a handful of times.
fn choose(mut parts: Vec<&Part>, least: usize) -> Vec<&Part> {
    parts.sort_by_key(|p| (p.bytes, &p.path));
    let (mut bytes, mut rows) = (0, 0);
    let fit = parts.iter().take(MOST).take_while(|part| {
        let worth = bytes == 0 || part.bytes <= 4 * bytes;
        bytes += part.bytes;
        rows += part.rows;
        worth && bytes <= JOINED_BYTES && rows <= JOINED_ROWS
    });
    let fit = fit.count();
    parts.truncate(if fit < least { 0 } else { fit });
    parts
}

/// Where the row of a part stands in the order: null first.
type Place = Option<i64>;

/// One part that is being read.
struct Source<'a> {
    stream: BoxStream<'a, Result<RecordBatch, RowsError>>,
    order: Vec<Place>,
    /// Place of the current batch among those that are held.
    batch: usize,
    row: usize,
}

/// Rows of several sorted parts in one order. A batch of each part is in memory.
struct Merge<'a> {
    table: Table,
    schema: SchemaRef,
    order: String,
    sources: Vec<Source<'a>>,
    /// The next row of each source.
    heads: BinaryHeap<Reverse<(Place, usize)>>,
    /// Batches that rows of the next chunk are in.
    batches: Vec<RecordBatch>,
}

impl<'a> Merge<'a> {
    async fn try_new(
        inner: &'a Inner,
        table: Table,
        schema: &SchemaRef,
        order: &str,
        parts: &[&Part],
    ) -> Result<Self, RowsError> {
        let mut merge = Self {
            table,
            schema: Arc::clone(schema),
            order: order.to_owned(),
            sources: Vec::new(),
            heads: BinaryHeap::new(),
            batches: Vec::new(),
        };
        for part in parts {
            let meta = inner.meta(part, false).await?;
            let stream = meta.stream(&inner.place, part, (0..meta.row_groups()).collect(), None)?;
            merge.sources.push(Source {
                stream,
                order: Vec::new(),
                batch: 0,
                row: 0,
            });
            merge.advance(merge.sources.len() - 1).await?;
        }
        Ok(merge)
    }

    /// Makes the next row of a source known, and reads its next batch if need be.
    async fn advance(&mut self, at: usize) -> Result<(), RowsError> {
        let source = &mut self.sources[at];
        while source.row >= source.order.len() {
            let Some(batch) = source.stream.next().await.transpose()? else {
                return Ok(());
            };
            let batch = schema::align(&batch, &self.schema)?.into_owned();
            let order = schema::moments(&batch, self.table, &self.order)?;
            source.order = (0..order.len())
                .map(|n| order.is_valid(n).then(|| order.value(n)))
                .collect();
            source.row = 0;
            source.batch = self.batches.len();
            self.batches.push(batch);
        }
        self.heads.push(Reverse((source.order[source.row], at)));
        Ok(())
    }

    /// The next rows in order.
    async fn next(&mut self) -> Result<Option<RecordBatch>, RowsError> {
        let mut rows = Vec::with_capacity(CHUNK);
        while rows.len() < CHUNK
            && let Some(Reverse((_, at))) = self.heads.pop()
        {
            let source = &mut self.sources[at];
            rows.push((source.batch, source.row));
            source.row += 1;
            self.advance(at).await?;
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let held: Vec<&RecordBatch> = self.batches.iter().collect();
        let merged = interleave_record_batch(&held, &rows).map_err(RowsError::rows("join rows"))?;
        // Only the batches that are being read are kept.
        let mut kept = Vec::new();
        for source in &mut self.sources {
            if source.row < source.order.len() {
                kept.push(self.batches[source.batch].clone());
                source.batch = kept.len() - 1;
            }
        }
        self.batches = kept;
        Ok(Some(merged))
    }
}
