//! `text.begins`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Descriptor,
    phrases::{folded, settled, yes},
};

/// Says whether a text begins with a piece of text.
///
/// # Definition
/// True if the text begins with one of `items`.
///
/// # Output
/// A boolean column.
///
/// # Missing values
/// A missing text gives a missing value. DIFFERENCE: Evidently gives false.
///
/// # Source
/// Evidently `BeginsWith`, which takes one piece.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Begins {
    /// Name of the column of texts.
    column: String,
    /// Pieces of text of which one is enough.
    items: Vec<String>,
    /// Tells upper from lower case.
    #[serde(default = "yes")]
    case_sensitive: bool,
    #[serde(skip)]
    settled: Vec<String>,
}

impl Descriptor for Begins {
    const ID: &'static str = "text.begins";
    type Value = bool;

    fn settle(self) -> Result<Self, String> {
        let settled = settled("items", &self.items, self.case_sensitive)?;
        Ok(Self { settled, ..self })
    }

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<bool> {
        let text = folded(text, self.case_sensitive);
        Some(self.settled.iter().any(|item| text.starts_with(item)))
    }
}
