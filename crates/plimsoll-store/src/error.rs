//! What can go wrong with a workspace.

use std::{io, path::PathBuf};

use plimsoll_model::near_text;
use thiserror::Error;

/// Why the workspace could not be read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file system refused.
    #[error("cannot {doing} `{}`: {source}{}", .path.display(), advice(.source))]
    Io {
        /// What was attempted, such as `write`.
        doing: &'static str,
        /// File or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The directory holds no workspace.
    #[error("`{}` is not a workspace: it has no folder `projects`; `plimsoll run` and `plimsoll demo` make one", .path.display())]
    NotAWorkspace {
        /// Directory that was opened.
        path: PathBuf,
    },
    /// The text cannot name a project.
    #[error("`{name}` cannot be a project id: {reason}")]
    ProjectId {
        /// The text.
        name: String,
        /// What is wrong and what is expected.
        reason: &'static str,
    },
    /// The text cannot be a snapshot's id.
    #[error(
        "`{id}` cannot be a snapshot id: expected 1 to 200 characters, none of them `/`, `\\` or a control character, not beginning with `.`"
    )]
    SnapshotId {
        /// The text.
        id: String,
    },
    /// No project has this id.
    #[error("no project `{project}`{}", near_text(.near))]
    UnknownProject {
        /// Id that was asked for.
        project: String,
        /// Similar ids, best first.
        near: Vec<String>,
    },
    /// The project has no snapshot with this id.
    #[error("project `{project}` has no snapshot `{id}`")]
    UnknownSnapshot {
        /// Project.
        project: String,
        /// Id that was asked for.
        id: String,
    },
    /// A file is not a snapshot that this program can read.
    #[error("`{}` is not a readable snapshot: {reason}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// The file of the tokens cannot be read, so that no token is known.
    #[error("`{}` cannot be read: {reason}; repair it, or remove it and make new tokens with `plimsoll token create`", .path.display())]
    Tokens {
        /// The file.
        path: PathBuf,
        /// What was expected and what was found.
        reason: String,
    },
    /// The text cannot be a token's name.
    #[error("`{name}` cannot be a token's name: expected 1 to 100 letters, digits, `-`, `_` or `.`")]
    TokenName {
        /// The text.
        name: String,
    },
    /// A token has this name.
    #[error(
        "there is a token `{name}` already; choose another name, or revoke it first with `plimsoll token revoke {name}`"
    )]
    TokenTaken {
        /// The name.
        name: String,
    },
    /// No token has this name.
    #[error("no token `{name}`{}", near_text(.near))]
    UnknownToken {
        /// Name that was asked for.
        name: String,
        /// Similar names, best first.
        near: Vec<String>,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers for a secret: {0}")]
    Random(getrandom::Error),
    /// The metric store failed.
    #[error("metric store `{}`: {source}; `plimsoll reindex` rebuilds it from the snapshot files", .path.display())]
    Index {
        /// The database file.
        path: PathBuf,
        /// The database's answer.
        source: rusqlite::Error,
    },
    /// The text is not a cursor that this program gave out.
    #[error("`{cursor}` is not a page cursor; expected the `next_cursor` of an earlier answer")]
    Cursor {
        /// The text.
        cursor: String,
    },
    /// A value could not be turned into JSON.
    #[error("cannot write {what} as JSON: {source}")]
    Json {
        /// What was written.
        what: String,
        /// Why.
        source: serde_json::Error,
    },
}

impl StoreError {
    /// Wraps an error of the file system.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}

/// What the user can do about an error of the file system.
pub(crate) fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; free some space or move the workspace to a larger disk, then repeat: what was written before is kept"
        }
        io::ErrorKind::PermissionDenied => {
            "; give this user the right to read and write there, or choose another workspace"
        }
        io::ErrorKind::ReadOnlyFilesystem => "; the file system is read-only: choose another workspace to write to",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "; a file stands where a folder is expected: move it away"
        }
        _ => "",
    }
}
