//! Pieces of text that descriptors look for.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many of several pieces must be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// One is enough.
    #[default]
    Any,
    /// Each.
    All,
}

/// Upper and lower case are two: what is asked for where nothing is said.
pub(super) fn yes() -> bool {
    true
}

/// A text as it is compared.
pub(super) fn folded(text: &str, case_sensitive: bool) -> Cow<'_, str> {
    if case_sensitive {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// Pieces as they are compared.
///
/// # Errors
/// What is wrong if there is none, or one is empty.
pub(super) fn settled(key: &str, pieces: &[String], case_sensitive: bool) -> Result<Vec<String>, String> {
    if pieces.is_empty() {
        return Err(format!("`{key}` is empty, expected a text or more"));
    }
    if pieces.iter().any(String::is_empty) {
        return Err(format!("`{key}` holds an empty text, which every text contains"));
    }
    Ok(pieces.iter().map(|p| folded(p, case_sensitive).into_owned()).collect())
}
