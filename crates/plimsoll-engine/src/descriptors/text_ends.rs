//! `text.ends`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Descriptor,
    phrases::{folded, settled, yes},
};

/// Says whether a text ends with a piece of text.
///
/// # Definition
/// True if the text ends with one of `items`.
///
/// # Output
/// A boolean column.
///
/// # Missing values
/// A missing text gives a missing value. DIFFERENCE: Evidently gives false.
///
/// # Source
/// Evidently `EndsWith`, which takes one piece.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ends {
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

impl Descriptor for Ends {
    const ID: &'static str = "text.ends";
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
        Some(self.settled.iter().any(|item| text.ends_with(item)))
    }
}
