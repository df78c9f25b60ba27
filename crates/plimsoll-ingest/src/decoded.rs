//! What came out of a body: rows, rejected rows, and what was unexpected.

use arrow::array::RecordBatch;
use plimsoll_model::{ColumnKind, SchemaChangeKind};
use serde::{Deserialize, Serialize};

use crate::Expected;

/// Longest piece of a value that is quoted. Unit: characters.
const QUOTED: usize = 80;

/// Rows of a body and what is to be said about them.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Accepted rows with the columns of [`crate::Expected::schema`].
    pub batch: RecordBatch,
    /// The first rejected rows.
    pub rejects: Vec<Reject>,
    /// All rejected rows.
    pub rejected: u64,
    /// Columns and types that were not expected, of accepted rows; all of it is kept in [`crate::EXTRA`].
    pub odd: Vec<Odd>,
}

/// A row that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// Place of the row in the body, from 0.
    pub row: u64,
    /// Why.
    pub code: RejectCode,
    /// Column that is at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Why, in words.
    pub reason: String,
}

/// Why a row was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RejectCode {
    /// It is no row: a number in place of an object, a line that is no JSON, too few cells.
    Malformed,
    /// It has no event time.
    TimestampMissing,
    /// Its event time is no moment.
    TimestampUnreadable,
    /// It has no id.
    IdMissing,
    /// It has no value, or none of the right kind, in another required column.
    ValueMissing,
    /// It is larger than allowed.
    TooLarge,
}

impl RejectCode {
    /// The code as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::TimestampMissing => "timestamp_missing",
            Self::TimestampUnreadable => "timestamp_unreadable",
            Self::IdMissing => "id_missing",
            Self::ValueMissing => "value_missing",
            Self::TooLarge => "too_large",
        }
    }
}

/// A column or a type that was not expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Odd {
    /// Name of the column.
    pub column: String,
    /// How it differs.
    pub change: SchemaChangeKind,
    /// Kind that was expected; `None` of a new column.
    pub expected: Option<ColumnKind>,
    /// Type that was found: `text`, `number`, `boolean`, `moment`, `list`, `object` or another type's name.
    pub found: String,
    /// Rows concerned.
    pub rows: u64,
    /// The first such value, as JSON, shortened.
    pub example: String,
}

/// The beginning of a text, for messages.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// Why a row without a value in a required column is rejected; `sent` is what it has in its place, as JSON.
pub(crate) fn lack(expected: &Expected, place: usize, sent: Option<&str>) -> (RejectCode, String) {
    let spec = &expected.columns()[place];
    let name = &spec.name;
    let sent = sent.map(shorten);
    match sent {
        Some(sent) if expected.is_timestamp(place) => (
            RejectCode::TimestampUnreadable,
            format!("`{name}` is {sent}; expected a moment such as \"2011-02-01T10:00:00Z\" or seconds since 1970"),
        ),
        None if expected.is_timestamp(place) => (
            RejectCode::TimestampMissing,
            format!("it has no event time in `{name}`"),
        ),
        _ if expected.is_id(place) => (RejectCode::IdMissing, format!("it has no id in `{name}`")),
        Some(sent) => (
            RejectCode::ValueMissing,
            format!("`{name}` is {sent}; expected a value of kind `{}`", spec.kind.as_str()),
        ),
        None => (RejectCode::ValueMissing, format!("it has no value in `{name}`")),
    }
}
