//! Why a body cannot be read at all.

use thiserror::Error;

use crate::Format;

/// Why no row of a body could be read; what concerns single rows is a [`crate::Reject`] instead.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IngestError {
    /// The content type names no format that is read.
    #[error("content type `{found}` is not read; expected one of {}", Format::known())]
    ContentType {
        /// Content type as sent.
        found: String,
    },
    /// The content encoding names no compression that is read.
    #[error("content encoding `{found}` is not read; expected `gzip`, `zstd` or none")]
    Encoding {
        /// Content encoding as sent.
        found: String,
    },
    /// The packed bytes are damaged.
    #[error("the body is no `{encoding}`: {problem}")]
    Damaged {
        /// Content encoding as sent.
        encoding: String,
        /// What the decoder says.
        problem: String,
    },
    /// The body, unpacked or as text of columns that the definition does not know, is larger than allowed.
    #[error("{what} is larger than {limit} bytes; send fewer rows a request")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Largest size allowed. Unit: bytes.
        limit: usize,
    },
    /// More rows than a request may hold.
    #[error("the body has more than {limit} rows; send fewer rows a request")]
    TooManyRows {
        /// Most rows allowed.
        limit: usize,
    },
    /// More columns than a request may hold.
    #[error("the body has more than {limit} columns; are values used as names?")]
    TooManyColumns {
        /// Most columns allowed.
        limit: usize,
    },
    /// The body is not what its content type says.
    #[error("the body is no {format}: {problem}")]
    Malformed {
        /// Format that was expected.
        format: Format,
        /// What is wrong, and where.
        problem: String,
    },
    /// Columns of one body have different numbers of values.
    #[error("the columns are of unequal length: `{first}` has {first_length} values, `{second}` has {second_length}")]
    UnequalColumns {
        /// A column.
        first: String,
        /// Its number of values.
        first_length: usize,
        /// A column of another length.
        second: String,
        /// Its number of values.
        second_length: usize,
    },
    /// Labels cannot be joined or have nowhere to go.
    #[error("labels need a column with the role `{role}`, and the data definition has none; set `data.{role}`")]
    NoRole {
        /// Name of the role.
        role: &'static str,
    },
    /// Stored rows that cannot be read back, or that do not fit together.
    #[error("the stored rows cannot be read: {problem}")]
    Stored {
        /// What is wrong.
        problem: String,
    },
}

impl IngestError {
    /// Stable name of the failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ContentType { .. } => "content_type",
            Self::Encoding { .. } => "content_encoding",
            Self::Damaged { .. } => "damaged",
            Self::TooLarge { .. } => "too_large",
            Self::TooManyRows { .. } => "too_many_rows",
            Self::TooManyColumns { .. } => "too_many_columns",
            Self::Malformed { .. } => "malformed",
            Self::UnequalColumns { .. } => "unequal_columns",
            Self::NoRole { .. } => "no_role",
            Self::Stored { .. } => "stored",
        }
    }

    pub(crate) fn malformed(format: Format, problem: &impl ToString) -> Self {
        Self::Malformed {
            format,
            problem: problem.to_string(),
        }
    }
}
