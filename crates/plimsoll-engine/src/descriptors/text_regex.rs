//! `text.regex`.

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Descriptor;

/// Says whether a regular expression matches somewhere in a text.
///
/// # Definition
/// True if `pattern` matches at any place; `^` and `$` tie it to the ends.
///
/// # Output
/// A boolean column.
///
/// # Missing values
/// A missing text gives a missing value. DIFFERENCE: Evidently gives 0.
///
/// # Source
/// Syntax of the Rust crate `regex`, without look-around. DIFFERENCE: Evidently's `RegExp` matches from the start of the text.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Matches {
    /// Name of the column of texts.
    column: String,
    /// Regular expression, such as `https?://`.
    pattern: String,
    #[serde(skip)]
    compiled: Option<Regex>,
}

impl Descriptor for Matches {
    const ID: &'static str = "text.regex";
    type Value = bool;

    fn settle(self) -> Result<Self, String> {
        let compiled = Regex::new(&self.pattern).map_err(|e| format!("`pattern` is no regular expression: {e}"))?;
        Ok(Self {
            compiled: Some(compiled),
            ..self
        })
    }

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<bool> {
        self.compiled.as_ref().map(|pattern| pattern.is_match(text))
    }
}
