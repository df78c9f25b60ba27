//! What can go wrong with a prediction store.

use std::{error::Error as _, io};

use arrow::error::ArrowError;
use parquet::errors::ParquetError;
use thiserror::Error;

use super::Table;
use crate::log::Position;

/// Why the prediction store could not be read or written.
#[derive(Debug, Error)]
pub enum RowsError {
    /// The disk or the object store refused.
    #[error("cannot {doing} `{location}`: {source}{}", advice(.source))]
    Object {
        /// What was attempted, such as `read`.
        doing: &'static str,
        /// File or address.
        location: String,
        /// The store's answer.
        source: object_store::Error,
    },
    /// The text is no place for a prediction store.
    #[error("`{url}` cannot hold rows: {reason}; expected a directory or `s3://bucket/prefix`")]
    Place {
        /// The text.
        url: String,
        /// What is wrong.
        reason: String,
    },
    /// A part cannot be read or written as Parquet.
    #[error("cannot {doing} the part `{location}`: {source}")]
    Part {
        /// What was attempted.
        doing: &'static str,
        /// File or address.
        location: String,
        /// Why.
        source: ParquetError,
    },
    /// Rows cannot be put together.
    #[error("cannot {doing}: {source}")]
    Rows {
        /// What was attempted.
        doing: &'static str,
        /// Why.
        source: ArrowError,
    },
    /// A column is absent or of an unfit type.
    #[error("column `{column}` of the {table} is {found}, expected {expected}")]
    Column {
        /// Table.
        table: Table,
        /// Column.
        column: String,
        /// What is needed.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// Another process wrote a manifest.
    #[error(
        "somebody else writes the prediction store `{location}`: manifest {number} is not from this process; stop the other one, then start this one again"
    )]
    Contended {
        /// Directory or address.
        location: String,
        /// Manifest that was taken.
        number: u64,
    },
    /// A manifest is damaged or of another version.
    #[error("the manifest `{location}` cannot be read: {reason}")]
    Manifest {
        /// File or address.
        location: String,
        /// What was expected and what was found.
        reason: String,
    },
    /// A commit would take back what an earlier one said of the log.
    #[error("rows below record {held} of the log are in the store, so a commit cannot say {given}")]
    Behind {
        /// Position of the current manifest.
        held: Position,
        /// Position of the commit.
        given: Position,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}")]
    Random(io::Error),
    /// The work was ended because the program ends.
    #[error("the work on the prediction store was ended: {0}")]
    Ended(tokio::task::JoinError),
}

impl RowsError {
    pub(super) fn rows(doing: &'static str) -> impl FnOnce(ArrowError) -> Self {
        move |source| Self::Rows { doing, source }
    }

    /// Says whether the disk or the quota is full, so that the same attempt may succeed later.
    #[must_use]
    pub fn is_full(&self) -> bool {
        let full = |e: &io::Error| matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        let mut cause = self.source();
        while let Some(error) = cause {
            if error.downcast_ref::<io::Error>().is_some_and(full) {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

/// What the user can do about the error of a store.
fn advice(error: &object_store::Error) -> &'static str {
    if let object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } = error {
        return "; give this user or these credentials the right to read, write, list and delete there";
    }
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return crate::error::advice(error);
        }
        cause = error.source();
    }
    ""
}
