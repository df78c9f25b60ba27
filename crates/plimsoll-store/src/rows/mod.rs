//! The prediction store: Parquet files by date, named by manifests that are only ever created.
//!
//! ```text
//! predictions/date=2026-11-23/part-….parquet    rows sorted by event time
//! labels/date=2026-11-24/part-….parquet         by date of arrival
//! manifest/00000000000000000042.json            the newest counts
//! ```
//!
//! A commit writes its parts, then the manifest that names them; a crash in between leaves parts that no manifest names,
//! which [`RowStore::open_for_writing`] removes. Readers of the folders alone see each row once, but for the moments
//! between a manifest and the deletion of what it replaced.

mod error;
mod find;
mod manifest;
mod parts;
mod place;

use std::sync::{Arc, Mutex, PoisonError, RwLock};

use arrow::array::RecordBatch;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

pub use error::RowsError;
pub use find::RecentIds;
pub use manifest::{Manifest, Part, Retired, StoredColumn, Table};
pub use place::Place;

use crate::log::Position;

/// Parts smaller than this are joined. Unit: bytes.
const SMALL: u64 = 32 << 20;
/// So many small parts of a date are joined.
const MANY: usize = 8;
/// A part that was replaced stays for readers that know the manifest before. Unit: seconds.
const GRACE: i64 = 120;

/// Columns that the store itself reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Prediction id in both tables, if there is one.
    pub id: Option<String>,
    /// Event time of predictions.
    pub event_time: String,
    /// Arrival of labels.
    pub arrival: String,
    /// By which labels of a date are sorted.
    pub label_order: String,
}

/// Rows and state that are written as one.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Rows of predictions.
    pub predictions: Vec<RecordBatch>,
    /// Rows of labels.
    pub labels: Vec<RecordBatch>,
    /// Records of the log below this position are in the store with this commit.
    pub log_position: Position,
    /// What the collector keeps beside the rows.
    pub state: Value,
}

/// What is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// Parts whose newest row is older are dropped.
    pub max_age: Option<SignedDuration>,
    /// The oldest parts are dropped while all take more. Unit: bytes.
    pub max_bytes: Option<u64>,
}

/// The prediction store of a project.
#[derive(Debug)]
pub struct RowStore {
    place: Place,
    columns: Columns,
    manifest: RwLock<Arc<Manifest>>,
    /// Tells the manifests of this process from those of others.
    writer: String,
    /// Commits and tidying take turns.
    turn: tokio::sync::Mutex<()>,
    blooms: Mutex<find::Blooms>,
}

/// A random name.
pub(crate) fn token() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:016x}", u64::from_le_bytes(bytes)))
}

impl RowStore {
    /// Opens a store for reading; another process may write it.
    ///
    /// # Errors
    /// [`RowsError`] if the place cannot be read or the newest manifest is damaged.
    pub async fn open(place: Place, columns: Columns) -> Result<Self, RowsError> {
        let manifest = manifest::newest(&place).await?;
        Ok(Self {
            place,
            columns,
            manifest: RwLock::new(Arc::new(manifest)),
            writer: token().map_err(RowsError::Random)?,
            turn: tokio::sync::Mutex::new(()),
            blooms: Mutex::new(find::no_blooms()),
        })
    }

    /// Opens a store for writing and removes what an interrupted commit left. The caller makes sure that no other process
    /// writes it; if one does, the next commit fails.
    ///
    /// # Errors
    /// As [`RowStore::open`].
    pub async fn open_for_writing(place: Place, columns: Columns) -> Result<Self, RowsError> {
        let store = Self::open(place, columns).await?;
        let manifest = store.manifest();
        let known = |path: &str| {
            manifest.all_parts().any(|p| p.path == path) || manifest.retired.iter().any(|r| r.path == path)
        };
        for table in Table::ALL {
            store.place.remove_unfinished(table.as_str()).await?;
            for (path, _) in store.place.list(table.as_str()).await? {
                if !known(&path) {
                    tracing::info!(
                        "removed `{}`, which an interrupted commit left",
                        store.place.locate(&path)
                    );
                    store.place.remove(&path).await?;
                }
            }
        }
        Ok(store)
    }

    /// Where the store lies.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What the store holds, as this process knows it.
    #[must_use]
    pub fn manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.manifest.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Writes rows and state as one: after a crash either all of it is there or none.
    ///
    /// # Errors
    /// [`RowsError::Contended`] if another process wrote a manifest, [`RowsError::Behind`] if an earlier commit was further
    /// in the log, otherwise what the disk or object store says; nothing is then changed.
    pub async fn commit(&self, commit: Commit) -> Result<Arc<Manifest>, RowsError> {
        let _turn = self.turn.lock().await;
        let before = self.manifest();
        if commit.log_position < before.log_position {
            return Err(RowsError::Behind {
                held: before.log_position,
                given: commit.log_position,
            });
        }
        let mut next = Manifest::clone(&before);
        for (table, batches) in [(Table::Predictions, commit.predictions), (Table::Labels, commit.labels)] {
            if batches.iter().all(|b| b.num_rows() == 0) {
                continue;
            }
            let schema = parts::union(next.schema(table)?.as_ref(), &batches);
            next.set_schema(table, &schema);
            for part in parts::write(&self.place, &self.columns, table, &schema, batches).await? {
                next.parts_mut(table).push(part);
            }
        }
        next.log_position = commit.log_position;
        next.state = commit.state;
        self.publish(next).await
    }

    /// Joins small parts of a date into one, and deletes parts that were replaced a while ago.
    ///
    /// # Errors
    /// As [`RowStore::commit`].
    pub async fn compact(&self, now: Timestamp) -> Result<usize, RowsError> {
        let _turn = self.turn.lock().await;
        let mut next = Manifest::clone(&self.manifest());
        let overdue: Vec<String> = next
            .retired
            .iter()
            .filter(|r| now.duration_since(r.at).as_secs() >= GRACE)
            .map(|r| r.path.clone())
            .collect();
        for path in &overdue {
            self.place.remove(path).await?;
        }
        next.retired.retain(|r| !overdue.contains(&r.path));
        let mut joined = 0;
        for table in Table::ALL {
            let mut dates: Vec<String> = next.parts(table).iter().map(|p| p.date().to_owned()).collect();
            dates.sort();
            dates.dedup();
            for date in dates {
                let small: Vec<Part> = next
                    .parts(table)
                    .iter()
                    .filter(|p| p.date() == date && p.bytes < SMALL)
                    .cloned()
                    .collect();
                if small.len() < MANY {
                    continue;
                }
                let mut batches = Vec::new();
                for part in &small {
                    batches.extend(parts::read(&self.place, &part.path).await?);
                }
                let schema = next.schema(table)?;
                let written = parts::write(&self.place, &self.columns, table, &schema, batches).await?;
                joined += small.len();
                next.parts_mut(table).retain(|p| !small.contains(p));
                next.parts_mut(table).extend(written);
                next.retire(small.into_iter().map(|p| p.path), now);
            }
        }
        if joined > 0 || !overdue.is_empty() {
            self.publish(next).await?;
        }
        Ok(joined)
    }

    /// Drops parts that are older, or take more room, than is kept; tells how many.
    ///
    /// # Errors
    /// As [`RowStore::commit`].
    pub async fn retain(&self, policy: Policy, now: Timestamp) -> Result<usize, RowsError> {
        let _turn = self.turn.lock().await;
        let mut next = Manifest::clone(&self.manifest());
        let mut dropped: Vec<String> = Vec::new();
        if let Some(age) = policy.max_age {
            let oldest = now.as_microsecond().saturating_sub(age.as_micros() as i64);
            dropped.extend(next.all_parts().filter(|p| p.last < oldest).map(|p| p.path.clone()));
        }
        if let Some(most) = policy.max_bytes {
            let mut bytes: u64 = next
                .all_parts()
                .filter(|p| !dropped.contains(&p.path))
                .map(|p| p.bytes)
                .sum();
            let mut parts: Vec<&Part> = next.all_parts().filter(|p| !dropped.contains(&p.path)).collect();
            parts.sort_by_key(|p| p.last);
            for part in parts {
                if bytes <= most {
                    break;
                }
                bytes -= part.bytes;
                dropped.push(part.path.clone());
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
        self.publish(next).await?;
        Ok(count)
    }

    /// Makes a manifest the newest one.
    async fn publish(&self, mut next: Manifest) -> Result<Arc<Manifest>, RowsError> {
        next.number += 1;
        next.writer.clone_from(&self.writer);
        next.written_at = Timestamp::now();
        next.sort();
        let bytes = serde_json::to_vec(&next).map_err(|e| RowsError::Manifest {
            location: self.place.locate(&manifest::path(next.number)),
            reason: e.to_string(),
        })?;
        if !self.place.create(&manifest::path(next.number), bytes).await? {
            return Err(RowsError::Contended {
                location: self.place.locate(""),
                number: next.number,
            });
        }
        if let Some(old) = next.number.checked_sub(manifest::KEPT) {
            // A manifest that stays behind is of no harm.
            if let Err(e) = self.place.remove(&manifest::path(old)).await {
                tracing::warn!("an old manifest stays: {e}");
            }
        }
        let next = Arc::new(next);
        *self.manifest.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&next);
        Ok(next)
    }
}
