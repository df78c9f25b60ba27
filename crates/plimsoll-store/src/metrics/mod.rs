//! The metric store: an index of the snapshot files on `SQLite`.
//!
//! Everything in it can be rebuilt from the files. Several processes may have it open at once (write-ahead log).

mod bounds;
mod codec;
mod health;
mod projects;
mod series;
mod snapshots;
mod thin;
mod write;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use plimsoll_model::FORMAT_VERSION;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::{StoreError, files};

pub(crate) use write::IndexedFile;

/// Version of the tables; a store of another version, or of another snapshot format, is rebuilt from the files.
const SCHEMA_VERSION: u32 = 2;
const USER_VERSION: u32 = SCHEMA_VERSION * 1_000 + FORMAT_VERSION;

/// How long a statement waits for another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Idle read connections that are kept.
const IDLE_READERS: usize = 4;

/// Newest windows that a history or a strip returns.
pub const MAX_WINDOWS: usize = 1_000;

/// The index of the snapshots, their points and their tests.
///
/// If the database file cannot be opened for writing, the index is kept in memory: the files are the truth.
#[derive(Debug)]
pub struct MetricStore {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// `None` if the index is in memory, which only one connection sees.
    readers: Option<Mutex<Vec<Connection>>>,
}

impl MetricStore {
    /// Opens the database file, or makes it; a damaged one is set aside and made anew.
    ///
    /// # Errors
    /// [`StoreError::Index`] if not even an index in memory can be made.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let opened = match open_writer(path) {
            Err(e) if is_damaged(&e) => {
                match files::set_aside(path) {
                    Ok(aside) => tracing::warn!(
                        "`{}` is damaged; set aside as `{}` and rebuilt from the snapshot files",
                        path.display(),
                        aside.display()
                    ),
                    Err(e) => tracing::warn!("`{}` is damaged: {e}", path.display()),
                }
                open_writer(path)
            }
            opened => opened,
        };
        match opened {
            Ok(writer) => Ok(Self {
                path: path.to_owned(),
                writer: Mutex::new(writer),
                readers: Some(Mutex::default()),
            }),
            Err(e) => {
                tracing::warn!(
                    "cannot open the metric store `{}` for writing: {e}; the index is kept in memory",
                    path.display()
                );
                Self::in_memory(path)
            }
        }
    }

    fn in_memory(path: &Path) -> Result<Self, StoreError> {
        let open = || {
            let mut connection = Connection::open_in_memory()?;
            connection.pragma_update(None, "foreign_keys", false)?;
            create_tables(&mut connection)?;
            Ok(connection)
        };
        let writer = open().map_err(|source| StoreError::Index {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: None,
        })
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Empties the index.
    pub(crate) fn clear(&self) -> Result<(), StoreError> {
        self.write(|tx| {
            drop_tables(tx)?;
            tx.execute_batch(include_str!("schema.sql"))
        })
    }

    fn error(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Index {
            path: self.path.clone(),
            source,
        }
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs one writing transaction; it is undone if `work` fails.
    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let mut connection = self.writer();
        let run = |connection: &mut Connection| {
            let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        run(&mut connection).map_err(|e| self.error(e))
    }

    /// Runs queries that see one state of the store.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let Some(readers) = &self.readers else {
            return work(&self.writer()).map_err(|e| self.error(e));
        };
        let idle = || readers.lock().unwrap_or_else(PoisonError::into_inner);
        let pooled = idle().pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => open_reader(&self.path).map_err(|e| self.error(e))?,
        };
        let run = || {
            let tx = connection.unchecked_transaction()?;
            let done = work(&tx)?;
            tx.commit()?;
            Ok(done)
        };
        let done = run().map_err(|e| self.error(e))?;
        // After an error the connection is dropped rather than trusted.
        let mut idle = idle();
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
        Ok(done)
    }
}

fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    // The references document the tables; looking each up would double the cost of a point.
    connection.pragma_update(None, "foreign_keys", false)?;
    connection.set_prepared_statement_cache_capacity(64);
    create_tables(&mut connection)?;
    Ok(connection)
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "mmap_size", 268_435_456)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

fn create_tables(connection: &mut Connection) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version != USER_VERSION {
        if version != 0 {
            tracing::info!("metric store has version {version}, expected {USER_VERSION}; rebuilding it from the files");
        }
        drop_tables(&tx)?;
        tx.execute_batch(include_str!("schema.sql"))?;
        tx.pragma_update(None, "user_version", USER_VERSION)?;
    }
    tx.commit()
}

fn drop_tables(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let tables: Vec<String> = tx
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    for table in tables {
        tx.execute_batch(&format!("DROP TABLE \"{}\"", table.replace('"', "\"\"")))?;
    }
    Ok(())
}

fn is_damaged(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt)
    )
}
