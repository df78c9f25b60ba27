//! The prediction store: the rows of a project as Parquet files, on a disk or on S3.
//!
//! ```text
//! predictions/date=2026-11-23/part-….parquet     by the UTC date of the event, sorted by event time
//! labels/date=2026-11-24/part-….parquet          by the UTC date of arrival
//! manifest/00000000000000000042.json             created, never changed; the newest counts
//! ```
//!
//! A commit writes parts, then the manifest that names them: a crash in between leaves parts that nobody reads, and
//! which [`RowStore::sweep`] removes. A manifest can only be created under a free number, which a disk and S3 can both
//! promise, so that of two writers one wins and the other is told. Any program that reads Hive-partitioned Parquet may
//! read the folders; what it may see besides is a part that is about to be named, or one that was replaced and waits
//! for its deletion.

mod commit;
mod error;
mod find;
mod manifest;
mod part;
mod place;
mod schema;
mod tidy;

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    io,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use jiff::{SignedDuration, Timestamp};
use tokio::{runtime::Handle, task::spawn_blocking};

pub use commit::Commit;
pub use error::RowsError;
pub use find::RecentIds;
pub use manifest::{Manifest, Part, Retired, StoredColumn, Table};
pub use place::Place;
pub use tidy::Policy;

/// Age at which a part on an object store that no manifest names is taken for left over: whoever was to name it would
/// have done so.
const LEFT_OVER: SignedDuration = SignedDuration::from_hours(1);

/// Columns that the store itself reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// Prediction id in both tables, if there is one.
    pub id: Option<String>,
    /// Event time of predictions.
    pub event_time: String,
    /// Arrival of labels.
    pub arrival: String,
    /// Time by which labels of a date are sorted; it may be null.
    pub label_order: String,
}

impl Columns {
    fn key(&self, table: Table) -> part::Key {
        let (time, order) = match table {
            Table::Predictions => (&self.event_time, &self.event_time),
            Table::Labels => (&self.arrival, &self.label_order),
        };
        part::Key {
            time: time.clone(),
            order: order.clone(),
            id: self.id.clone(),
        }
    }
}

/// How a prediction store is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowOptions {
    /// How long a part that was replaced or dropped is kept for readers that are on it. It also outlives the next
    /// manifest.
    pub grace: Duration,
    /// Memory for the Bloom filters and footers of parts, in bytes.
    pub cache_bytes: usize,
}

impl Default for RowOptions {
    fn default() -> Self {
        Self {
            grace: Duration::from_mins(10),
            cache_bytes: 64 << 20,
        }
    }
}

/// Which parts that no manifest names are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweep {
    /// All: the caller knows that nobody else writes here, because it holds the project's log.
    All,
    /// Those that were written before: younger ones may be about to be named by another process.
    OlderThan(Timestamp),
}

/// The prediction store of one project. Clones are the same store.
///
/// Work is done on threads that may block, so that encoding holds up no other task, and a caller that is dropped
/// half-way leaves nothing half-done. Rows are committed while parts are joined.
#[derive(Debug, Clone)]
pub struct RowStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    place: Place,
    columns: Columns,
    options: RowOptions,
    /// Random; tells this open store from any other.
    writer: String,
    current: RwLock<Arc<Manifest>>,
    footers: Mutex<find::Footers>,
    /// Held while a manifest is made.
    writing: tokio::sync::Mutex<()>,
    /// Held while parts are replaced or swept; taken before `writing`.
    tidying: tokio::sync::Mutex<()>,
    parts_made: AtomicU64,
}

impl RowStore {
    /// Opens a store for reading; another process may write it.
    ///
    /// # Errors
    /// [`RowsError::Manifest`] if the newest manifest is damaged, [`RowsError::Object`] if the place cannot be read.
    pub async fn open(place: Place, columns: Columns) -> Result<Self, RowsError> {
        Self::open_with(place, columns, RowOptions::default()).await
    }

    /// Opens a store with other options than usual.
    ///
    /// # Errors
    /// As [`RowStore::open`].
    pub async fn open_with(place: Place, columns: Columns, options: RowOptions) -> Result<Self, RowsError> {
        let manifest = manifest::newest(&place).await?;
        Ok(Self {
            inner: Arc::new(Inner {
                place,
                columns,
                options,
                writer: token().map_err(RowsError::Random)?,
                current: RwLock::new(Arc::new(manifest)),
                footers: Mutex::new(find::Footers::new(options.cache_bytes)),
                writing: tokio::sync::Mutex::default(),
                tidying: tokio::sync::Mutex::default(),
                parts_made: AtomicU64::new(0),
            }),
        })
    }

    /// Opens a store for writing and removes what an interrupted commit left: on a disk all of it, for the caller holds
    /// the project's log; on an object store, which another machine may write, what is older than an hour. If another
    /// process does write it, the next commit fails.
    ///
    /// # Errors
    /// As [`RowStore::open`].
    pub async fn open_for_writing(place: Place, columns: Columns) -> Result<Self, RowsError> {
        let store = Self::open(place, columns).await?;
        let which = match store.place().dir() {
            Some(_) => Sweep::All,
            None => Sweep::OlderThan(Timestamp::now().saturating_sub(LEFT_OVER).unwrap_or(Timestamp::MIN)),
        };
        store.sweep(which).await?;
        Ok(store)
    }

    /// What the store holds, as far as this handle knows: [`RowStore::refresh`] brings in what others wrote.
    #[must_use]
    pub fn manifest(&self) -> Arc<Manifest> {
        self.inner.manifest()
    }

    /// Where the store lies.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.inner.place
    }

    /// Reads the newest manifest.
    ///
    /// # Errors
    /// As [`RowStore::open`].
    pub async fn refresh(&self) -> Result<Arc<Manifest>, RowsError> {
        let _writing = self.inner.writing.lock().await;
        let newest = manifest::newest(&self.inner.place).await?;
        if newest.number > self.manifest().number {
            self.inner.set(newest);
        }
        Ok(self.manifest())
    }

    /// Writes rows and state as one: after a crash either all of it is there or none.
    ///
    /// # Errors
    /// [`RowsError::Column`] if a time column is not fit, [`RowsError::Contended`] if somebody else writes this store,
    /// [`RowsError::Behind`] if an earlier commit was further in the log, and those of the disk or the object store.
    /// After an error nothing of the commit is readable, and it may be repeated.
    pub async fn commit(&self, commit: Commit) -> Result<Arc<Manifest>, RowsError> {
        self.blocking(async move |inner| inner.commit(commit, Timestamp::now()).await)
            .await
    }

    /// All columns that a table has had, each able to be null.
    ///
    /// # Errors
    /// [`RowsError::Rows`] if the manifest names a type that this program does not know.
    pub fn schema(&self, table: Table) -> Result<SchemaRef, RowsError> {
        self.manifest().schema(table)
    }

    /// The parts of a table that may hold rows of `[from, to)` in microseconds, oldest first.
    #[must_use]
    pub fn parts(&self, table: Table, between: Option<(i64, i64)>) -> Vec<Part> {
        let manifest = self.manifest();
        let parts = manifest.parts(table).iter();
        parts.filter(|p| p.overlaps(between)).cloned().collect()
    }

    /// Files or addresses of [`RowStore::parts`], as other programs take them.
    #[must_use]
    pub fn paths(&self, table: Table, between: Option<(i64, i64)>) -> Vec<String> {
        let parts = self.parts(table, between);
        parts.iter().map(|p| self.inner.place.locate(&p.path)).collect()
    }

    /// Event times, in microseconds, of those of the ids that are stored, of rows in `[from, to)` if that is given.
    ///
    /// # Errors
    /// [`RowsError::Part`] if a part cannot be read.
    pub async fn find_ids(&self, ids: &[&str], between: Option<(i64, i64)>) -> Result<HashMap<String, i64>, RowsError> {
        let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
        self.blocking(async move |inner| inner.find_ids(ids, between).await)
            .await
    }

    /// The ids of the newest rows, at most so many.
    ///
    /// # Errors
    /// [`RowsError::Part`] if a part cannot be read.
    pub async fn recent_ids(&self, limit: usize) -> Result<RecentIds, RowsError> {
        self.blocking(async move |inner| inner.recent_ids(limit).await).await
    }

    /// The newest rows of a table by event time, or by arrival of labels, at most so many, newest first; with all
    /// columns of the table. `None` if there are no rows.
    ///
    /// # Errors
    /// [`RowsError::Part`] if a part cannot be read.
    pub async fn sample(&self, table: Table, limit: usize) -> Result<Option<RecordBatch>, RowsError> {
        self.blocking(async move |inner| inner.sample(table, limit).await).await
    }

    /// Joins small parts of a date into larger ones, and deletes parts that were replaced a while ago; tells how many
    /// were joined. Commits go on meanwhile.
    ///
    /// # Errors
    /// As [`RowStore::commit`].
    pub async fn compact(&self, now: Timestamp) -> Result<usize, RowsError> {
        self.blocking(async move |inner| inner.compact(now).await).await
    }

    /// Drops whole parts that are older, or take more room, than is kept; tells how many.
    ///
    /// # Errors
    /// As [`RowStore::commit`].
    pub async fn retain(&self, policy: Policy, now: Timestamp) -> Result<usize, RowsError> {
        self.blocking(async move |inner| inner.retain(policy, now).await).await
    }

    /// Removes parts that no manifest names; tells how many.
    ///
    /// # Errors
    /// [`RowsError::Object`] if the place cannot be listed or a file cannot be removed.
    pub async fn sweep(&self, which: Sweep) -> Result<usize, RowsError> {
        self.blocking(async move |inner| inner.sweep(which).await).await
    }

    /// Runs work that may take long on a thread that may block.
    async fn blocking<T, F>(&self, work: F) -> Result<T, RowsError>
    where
        T: Send + 'static,
        F: AsyncFnOnce(Arc<Inner>) -> Result<T, RowsError> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        let handle = Handle::current();
        spawn_blocking(move || handle.block_on(work(inner)))
            .await
            .map_err(RowsError::Ended)?
    }
}

impl Inner {
    fn manifest(&self) -> Arc<Manifest> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, manifest: Manifest) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(manifest);
    }

    /// A path that no part has had.
    fn part_path(&self, table: Table, date: &str) -> String {
        let (number, writer) = (self.manifest().number + 1, &self.writer);
        let n = self.parts_made.fetch_add(1, Ordering::Relaxed);
        format!("{table}/date={date}/part-{number:010}-{writer}-{n}.parquet")
    }

    /// Makes a changed manifest the newest one. The caller holds `writing`, and the parts that it names are durable.
    /// Those of `begun` are removed again if it certainly does not become so.
    async fn publish(&self, mut next: Manifest, begun: &[String], now: Timestamp) -> Result<Arc<Manifest>, RowsError> {
        let number = self.manifest().number + 1;
        next.number = number;
        next.writer.clone_from(&self.writer);
        next.written_at = now;
        next.sort();
        let due = next.take_due(now, self.options.grace);
        let path = manifest::path(number);
        let contended = |number| RowsError::Contended {
            location: self.place.locate(""),
            number,
        };
        let bytes = serde_json::to_vec(&next).map_err(|e| RowsError::Manifest {
            location: self.place.locate(&path),
            reason: e.to_string(),
        })?;
        let created = self.place.create(&path, bytes.clone()).await;
        if !matches!(created, Ok(true)) {
            // A request may have been done whose answer was lost.
            match self.place.read(&path).await {
                Ok(Some(found)) if found == bytes => {}
                Ok(found) => {
                    // On an object store a write may yet arrive; its parts must then be there.
                    if found.is_some() || self.place.dir().is_some() {
                        self.discard(begun).await;
                    }
                    return Err(created.err().unwrap_or_else(|| contended(number)));
                }
                Err(e) => return Err(created.err().unwrap_or(e)),
            }
        }
        // Somebody else may be so far ahead that the number was free again.
        match manifest::numbers(&self.place).await?.last() {
            Some(newest) if *newest > number => return Err(contended(*newest)),
            _ => self.set(next),
        }
        let old = number.checked_sub(manifest::KEPT).map(manifest::path);
        self.discard(&old.into_iter().chain(due).collect::<Vec<_>>()).await;
        Ok(self.manifest())
    }

    /// Removes parts that no manifest will name. What stays behind is found by the next sweep.
    async fn discard(&self, paths: &[String]) {
        for path in paths {
            if let Err(e) = self.place.remove(path).await {
                tracing::warn!("{e}");
            }
        }
    }

    /// Deletes retired parts that are due, if there are any.
    async fn delete_retired(&self, now: Timestamp) -> Result<(), RowsError> {
        let _writing = self.writing.lock().await;
        let next = Manifest::clone(&self.manifest());
        if next.clone().take_due(now, self.options.grace).is_empty() {
            return Ok(());
        }
        self.publish(next, &[], now).await.map(drop)
    }

    async fn sweep(&self, which: Sweep) -> Result<usize, RowsError> {
        let _tidying = self.tidying.lock().await;
        let _writing = self.writing.lock().await;
        let manifest = self.manifest();
        let retired = manifest.retired.iter().map(|r| r.path.as_str());
        let known: HashSet<&str> = manifest.all_parts().map(|p| p.path.as_str()).chain(retired).collect();
        let mut removed = 0;
        for table in Table::ALL {
            for (path, meta) in self.place.list(table.as_str()).await? {
                let old = match which {
                    Sweep::All => true,
                    Sweep::OlderThan(time) => meta.last_modified.timestamp_micros() < time.as_microsecond(),
                };
                if old && path.ends_with(".parquet") && !known.contains(path.as_str()) {
                    tracing::info!("removed `{}`, which no manifest names", self.place.locate(&path));
                    self.place.remove(&path).await?;
                    removed += 1;
                }
            }
        }
        if which == Sweep::All {
            for folder in Table::ALL.map(Table::as_str).into_iter().chain([manifest::FOLDER]) {
                self.place.remove_unfinished(folder).await?;
            }
        }
        for number in manifest::numbers(&self.place).await? {
            if number + manifest::KEPT <= manifest.number {
                self.place.remove(&manifest::path(number)).await?;
            }
        }
        Ok(removed)
    }
}

/// 16 random hexadecimal digits.
fn token() -> io::Result<String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}
