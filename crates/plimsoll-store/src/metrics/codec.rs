//! How the model's types stand in the database.

use jiff::Timestamp;
use plimsoll_model::{Severity, SnapshotKind, SnapshotStatus, Status};
use rusqlite::types::Type;
use serde::{Serialize, de::DeserializeOwned};

/// Time as it is stored, in microseconds since the Unix epoch.
pub(super) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

pub(super) fn timestamp(column: usize, micros: i64) -> rusqlite::Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|e| unreadable(column, Type::Integer, e))
}

/// A column that holds something this program does not write.
pub(super) fn unreadable(
    column: usize,
    kind: Type,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, kind, error.into())
}

pub(super) fn to_json<T: Serialize>(value: &T) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|e| rusqlite::Error::ToSqlConversionFailure(Box::new(e)))
}

pub(super) fn from_json<T: DeserializeOwned>(column: usize, text: &str) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|e| unreadable(column, Type::Text, e))
}

pub(super) fn kind(column: usize, text: &str) -> rusqlite::Result<SnapshotKind> {
    match text {
        "report" => Ok(SnapshotKind::Report),
        "test_suite" => Ok(SnapshotKind::TestSuite),
        other => Err(unreadable(column, Type::Text, format!("unknown kind `{other}`"))),
    }
}

pub(super) fn snapshot_status_text(status: SnapshotStatus) -> &'static str {
    match status {
        SnapshotStatus::Estimated => "estimated",
        SnapshotStatus::Provisional => "provisional",
        SnapshotStatus::Final => "final",
    }
}

pub(super) fn snapshot_status(column: usize, text: &str) -> rusqlite::Result<SnapshotStatus> {
    match text {
        "estimated" => Ok(SnapshotStatus::Estimated),
        "provisional" => Ok(SnapshotStatus::Provisional),
        "final" => Ok(SnapshotStatus::Final),
        other => Err(unreadable(column, Type::Text, format!("unknown status `{other}`"))),
    }
}

pub(super) fn status(column: usize, text: &str) -> rusqlite::Result<Status> {
    match text {
        "skipped" => Ok(Status::Skipped),
        "pass" => Ok(Status::Pass),
        "warn" => Ok(Status::Warn),
        "fail" => Ok(Status::Fail),
        "error" => Ok(Status::Error),
        other => Err(unreadable(column, Type::Text, format!("unknown outcome `{other}`"))),
    }
}

pub(super) fn severity_text(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
    }
}

pub(super) fn severity(column: usize, text: &str) -> rusqlite::Result<Severity> {
    match text {
        "critical" => Ok(Severity::Critical),
        "warning" => Ok(Severity::Warning),
        other => Err(unreadable(column, Type::Text, format!("unknown severity `{other}`"))),
    }
}
