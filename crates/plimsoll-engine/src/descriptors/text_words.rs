//! `text.words`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::Descriptor;

/// Words of a text.
///
/// # Definition
/// Number of words between the word boundaries of Unicode that hold a letter or a digit: `don't` and `3.50` are one each.
///
/// # Output
/// A numeric column.
///
/// # Missing values
/// A missing text has no number of words; an empty one has 0. DIFFERENCE: Evidently gives 0 for missing texts, too.
///
/// # Source
/// Unicode Standard Annex 29, section 4. DIFFERENCE: Evidently's `WordCount` first removes all but `a` to `z`, so that words of
/// other scripts and numbers do not count.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Name of the column of texts.
    column: String,
}

impl Descriptor for Words {
    const ID: &'static str = "text.words";
    type Value = f64;

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<f64> {
        Some(text.unicode_words().count() as f64)
    }
}
