//! Why data cannot be read.

use std::path::PathBuf;

use plimsoll_model::near_text;
use thiserror::Error;

/// Why a source cannot be opened or read.
#[derive(Debug, Error)]
pub enum QueryError {
    /// No such file or directory.
    #[error("no file or directory `{}`{}", .path.display(), near_text(.near))]
    Missing {
        /// Path that was asked for.
        path: PathBuf,
        /// Similar names in the same directory.
        near: Vec<String>,
    },
    /// A directory or glob without data files.
    #[error("`{0}` holds no data file; expected .csv, .tsv, .jsonl, .parquet or .arrow files")]
    NoFiles(String),
    /// The ending of a name tells no known format.
    #[error("`{}` has no known format; expected .csv, .csv.gz, .tsv, .json, .jsonl, .ndjson, .parquet, .arrow, .feather or .ipc", .0.display())]
    Format(PathBuf),
    /// Files of several formats.
    #[error("`{spec}` mixes `{}` and `{}`; expected files of one format", .first.display(), .second.display())]
    Mixed {
        /// Source as written.
        spec: String,
        /// A file.
        first: PathBuf,
        /// A file of another format.
        second: PathBuf,
    },
    /// A file without a byte or without columns.
    #[error("`{}` is empty; expected at least a header or a schema", .0.display())]
    Empty(PathBuf),
    /// A file that is damaged or of another format than its name says.
    #[error("`{}` cannot be read: {problem}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        problem: String,
    },
    /// The source lacks a column.
    #[error("`{source_name}` has no column `{column}`{}", near_text(.near))]
    Column {
        /// Source as written.
        source_name: String,
        /// Column that was asked for.
        column: String,
        /// Similar names.
        near: Vec<String>,
    },
    /// The event time cannot be read.
    #[error(
        "no row of `{column}` is a moment: {problem}; expected dates, timestamps, epoch numbers or text such as `2011-02-01 10:00:00`"
    )]
    Time {
        /// Timestamp column.
        column: String,
        /// First values, or the column's type.
        problem: String,
    },
    /// Profiles do not fit together.
    #[error(transparent)]
    Profile(#[from] plimsoll_engine::ProfileError),
    /// A reader ended before its rows did.
    #[error("a reader stopped: {0}")]
    Stopped(String),
    /// The engine failed while reading.
    #[error("reading `{source_name}` failed: {problem}")]
    Engine {
        /// Source as written.
        source_name: String,
        /// What the engine says.
        problem: String,
    },
}

/// What an engine says and what caused it, each by its first line: the rest is a plan or a stack.
pub(crate) fn first_line(error: &impl ToString) -> String {
    let text = error.to_string();
    let causes = text
        .split("\ncaused by\n")
        .map(|cause| cause.lines().next().unwrap_or_default());
    causes.collect::<Vec<_>>().join(": ")
}
