//! `text.sentences`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::Descriptor;

/// Sentences of a text.
///
/// # Definition
/// Number of stretches between the sentence boundaries of Unicode that hold a letter or a digit.
///
/// # Output
/// A numeric column.
///
/// # Missing values
/// A missing text has no number of sentences; an empty one has 0. DIFFERENCE: Evidently gives 0 for missing texts and 1 for
/// empty ones.
///
/// # Accuracy
/// A full stop after an abbreviation ends a sentence if a capital follows: no list of abbreviations is used.
///
/// # Source
/// Unicode Standard Annex 29, section 5.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sentences {
    /// Name of the column of texts.
    column: String,
}

impl Descriptor for Sentences {
    const ID: &'static str = "text.sentences";
    type Value = f64;

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<f64> {
        Some(text.unicode_sentences().count() as f64)
    }
}
