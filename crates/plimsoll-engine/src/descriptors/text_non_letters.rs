//! `text.non_letters`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Descriptor;

/// Share of a text's characters that are neither letters nor white space.
///
/// # Definition
/// Number of characters that are neither alphabetic (Unicode) nor white space, divided by the number of all characters.
///
/// # Output
/// A numeric column; a share, 0–1. DIFFERENCE: Evidently gives percent.
///
/// # Missing values
/// A missing or an empty text has no share. DIFFERENCE: Evidently gives 0.
///
/// # Source
/// Evidently `NonLetterCharacterPercentage`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NonLetters {
    /// Name of the column of texts.
    column: String,
}

impl Descriptor for NonLetters {
    const ID: &'static str = "text.non_letters";
    type Value = f64;

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<f64> {
        let (mut all, mut other) = (0_u64, 0_u64);
        for character in text.chars() {
            all += 1;
            other += u64::from(!character.is_alphabetic() && !character.is_whitespace());
        }
        (all > 0).then(|| other as f64 / all as f64)
    }
}
