//! `text.is_sql`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlparser::{dialect::GenericDialect, parser::Parser};

use super::Descriptor;

/// Says whether a text is SQL.
///
/// # Definition
/// True if the whole text is one SQL statement or more, by the grammar that the dialects of the usual databases share. Whether
/// tables and columns exist is not asked.
///
/// # Output
/// A boolean column.
///
/// # Missing values
/// A missing text gives a missing value. An empty text is no SQL.
///
/// # Accuracy
/// Statements that are nested more than 50 deep are taken for no SQL.
///
/// # Source
/// The generic dialect of the Rust crate `sqlparser`; Evidently `IsValidSQL`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IsSql {
    /// Name of the column of texts.
    column: String,
}

impl Descriptor for IsSql {
    const ID: &'static str = "text.is_sql";
    type Value = bool;

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<bool> {
        let statements = Parser::parse_sql(&GenericDialect {}, text);
        Some(statements.is_ok_and(|s| !s.is_empty()))
    }
}
