//! `text.length`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Descriptor;

/// Characters of a text.
///
/// # Definition
/// Number of Unicode scalar values, white space among them.
///
/// # Output
/// A numeric column.
///
/// # Missing values
/// A missing text has no length; an empty one has 0. DIFFERENCE: Evidently gives 0 for missing texts, too.
///
/// # Source
/// Evidently `TextLength`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Length {
    /// Name of the column of texts.
    column: String,
}

impl Descriptor for Length {
    const ID: &'static str = "text.length";
    type Value = f64;

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<f64> {
        Some(text.chars().count() as f64)
    }
}
