//! `text.contains`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Descriptor,
    phrases::{Mode, folded, settled, yes},
};

/// Says whether a text contains pieces of text.
///
/// # Definition
/// True if one of `items` stands anywhere in the text, even within a word; with `mode: all` if each does.
///
/// # Output
/// A boolean column.
///
/// # Missing values
/// A missing text gives a missing value. DIFFERENCE: Evidently gives false.
///
/// # Source
/// Evidently `Contains`; what it calls `DoesNotContain` is the false of this.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Contains {
    /// Name of the column of texts.
    column: String,
    /// Pieces of text.
    items: Vec<String>,
    /// How many of them must be there.
    #[serde(default)]
    mode: Mode,
    /// Tells upper from lower case.
    #[serde(default = "yes")]
    case_sensitive: bool,
    #[serde(skip)]
    settled: Vec<String>,
}

impl Descriptor for Contains {
    const ID: &'static str = "text.contains";
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
        let mut items = self.settled.iter();
        Some(match self.mode {
            Mode::Any => items.any(|item| text.contains(item)),
            Mode::All => items.all(|item| text.contains(item)),
        })
    }
}
