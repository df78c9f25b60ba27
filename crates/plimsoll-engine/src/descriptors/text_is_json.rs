//! `text.is_json`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::Descriptor;

/// Says whether a text is JSON.
///
/// # Definition
/// True if the whole text is one JSON value: an object, a list, a text in quotes, a number, `true`, `false` or `null`.
///
/// # Output
/// A boolean column.
///
/// # Missing values
/// A missing text gives a missing value. An empty text is no JSON.
///
/// # Accuracy
/// Values that are nested more than 127 deep are taken for no JSON.
///
/// # Source
/// RFC 8259; Evidently `IsValidJSON`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IsJson {
    /// Name of the column of texts.
    column: String,
}

impl Descriptor for IsJson {
    const ID: &'static str = "text.is_json";
    type Value = bool;

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<bool> {
        Some(serde_json::from_str::<IgnoredAny>(text).is_ok())
    }
}
