//! What can go wrong with a log.

use std::{io, ops::Range, path::PathBuf};

use thiserror::Error;

use super::{
    Position,
    record::{MAX_PAYLOAD, VERSION},
};
use crate::version::unlike;

/// What helps where an older program wrote the log.
const EMPTY_FIRST: &str = "an older plimsoll wrote it: start that one once more and stop it, so that it moves the rows of its log into \
                           the prediction store";

/// Why the log could not be read or written.
#[derive(Debug, Error)]
pub enum LogError {
    /// The file system refused. What was acknowledged before is kept; nothing of the attempt is.
    #[error("cannot {doing} `{}`: {source}{}", .path.display(), crate::error::advice(.source))]
    Io {
        /// What was attempted, such as `write`.
        doing: &'static str,
        /// File or folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Another process, or another part of this one, has the log open.
    #[error("the log `{}` is in use{}; one collector at a time may write a project: stop that one, or give this one another workspace", .dir.display(), holder_text(.holder))]
    Held {
        /// Folder of the log.
        dir: PathBuf,
        /// What the lock file tells of the holder; may be empty.
        holder: String,
    },
    /// Records that had been made durable cannot be read back.
    #[error(
        "`{}` is damaged at byte {offset}: records {} to {} are lost; those behind them can be read. Check the disk, and restore the file from a copy if there is one",
        .path.display(), .lost.start, .lost.end.saturating_sub(1)
    )]
    Damaged {
        /// Segment file.
        path: PathBuf,
        /// Where the whole records end.
        offset: u64,
        /// Positions that cannot be read.
        lost: Range<u64>,
    },
    /// A segment has a form that this program does not know.
    #[error("log segment `{}` cannot be read: {}", .path.display(), unlike(*.version, VERSION, EMPTY_FIRST))]
    Version {
        /// Segment file.
        path: PathBuf,
        /// Version found.
        version: u32,
    },
    /// A record is longer than a segment can hold.
    #[error(
        "a record of {bytes} bytes is too long for the log; expected at most {MAX_PAYLOAD}: send fewer rows at once"
    )]
    TooLong {
        /// Length of the record.
        bytes: usize,
    },
    /// Records that are asked for have been released.
    #[error("record {from} of the log `{}` has been released; the first one kept is {first}", .dir.display())]
    Released {
        /// Folder of the log.
        dir: PathBuf,
        /// First record asked for.
        from: Position,
        /// First record kept.
        first: Position,
    },
}

impl LogError {
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }

    /// Says whether the disk or the quota is full, so that the same attempt may succeed later.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Io { source, .. }
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
    }
}

fn holder_text(holder: &str) -> String {
    if holder.is_empty() {
        String::new()
    } else {
        format!(" by {holder}")
    }
}
