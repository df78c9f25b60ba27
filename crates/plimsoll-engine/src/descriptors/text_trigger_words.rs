//! `text.trigger_words`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::{Descriptor, phrases};

/// Says whether a text holds one of some words.
///
/// # Definition
/// True if one of `words` stands in the text as a word of its own, upper and lower case being one; a phrase of several words must
/// stand there word by word. Words are told as `text.words` tells them.
///
/// # Output
/// A boolean column.
///
/// # Missing values
/// A missing text gives a missing value. DIFFERENCE: Evidently gives 0.
///
/// # Source
/// Evidently `TriggerWordsPresent`. DIFFERENCE: Evidently also compares the base forms of words (by WordNet, which it downloads);
/// here each form is to be listed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriggerWords {
    /// Name of the column of texts.
    column: String,
    /// Words and phrases.
    words: Vec<String>,
    #[serde(skip)]
    settled: Vec<Vec<String>>,
}

impl Descriptor for TriggerWords {
    const ID: &'static str = "text.trigger_words";
    type Value = bool;

    fn settle(self) -> Result<Self, String> {
        let words = phrases::settled("words", &self.words, false)?;
        let split = |phrase: &String| phrase.unicode_words().map(str::to_owned).collect::<Vec<_>>();
        let settled: Vec<_> = words.iter().map(split).collect();
        match settled.iter().position(Vec::is_empty) {
            Some(at) => Err(format!("`words` holds `{}`, which is no word", self.words[at])),
            None => Ok(Self { settled, ..self }),
        }
    }

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<bool> {
        let text = text.to_lowercase();
        let words: Vec<&str> = text.unicode_words().collect();
        let stands = |phrase: &Vec<String>| words.windows(phrase.len()).any(|part| part == phrase.as_slice());
        Some(self.settled.iter().any(stands))
    }
}
