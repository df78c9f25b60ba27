//! `text.out_of_vocabulary`.

use std::sync::LazyLock;

use hashbrown::HashSet;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

use super::Descriptor;

/// The list begins at two letters.
static ENGLISH: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    random_word::all(random_word::Lang::En)
        .iter()
        .chain(&["a", "i", "o"])
        .copied()
        .collect()
});

/// Share of a text's words that are no English words.
///
/// # Definition
/// Number of words that are not in a list of English words with their inflected forms, nor among `known`, divided by the number
/// of words. A word is looked up in lower case and without `'s`; `well-known` is two words. Numbers are no words.
///
/// # Output
/// A numeric column; a share, 0–1. DIFFERENCE: Evidently gives percent.
///
/// # Missing values
/// A missing text, or one without words, has no share. DIFFERENCE: Evidently gives 0.
///
/// # Accuracy
/// By the list: names, brands and new words are no English words to it unless `known` has them.
///
/// # Source
/// The word list of the Rust crate `random_word`, which is part of the program: unlike the vocabulary of the reference it says the
/// same of a row whatever the reference is, and nothing is downloaded. DIFFERENCE: Evidently's `OOVWordsPercentage` downloads
/// the word list and the base forms of NLTK.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutOfVocabulary {
    /// Name of the column of texts.
    column: String,
    /// Further words that are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    known: Vec<String>,
    #[serde(skip)]
    settled: HashSet<String>,
}

impl Descriptor for OutOfVocabulary {
    const ID: &'static str = "text.out_of_vocabulary";
    type Value = f64;

    fn settle(self) -> Result<Self, String> {
        let settled = self.known.iter().map(|word| word.to_lowercase()).collect();
        Ok(Self { settled, ..self })
    }

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<f64> {
        let text = text.to_lowercase().replace('’', "'");
        let (mut words, mut strange) = (0_u64, 0_u64);
        for word in text.unicode_words() {
            if !word.chars().all(|c| c.is_alphabetic() || c == '\'') {
                continue;
            }
            let stem = word.strip_suffix("'s").unwrap_or(word);
            let is_known = |word: &str| ENGLISH.contains(word) || self.settled.contains(word);
            words += 1;
            strange += u64::from(!is_known(stem) && !is_contraction(word, &is_known));
        }
        (words > 0).then(|| strange as f64 / words as f64)
    }
}

/// Says whether a word is a known one with another drawn onto it, such as `don't` or `we'll`.
fn is_contraction(word: &str, is_known: &impl Fn(&str) -> bool) -> bool {
    let ends = ["n't", "'ll", "'re", "'ve", "'d", "'m"];
    let mut stems = ends.iter().filter_map(|end| word.strip_suffix(end));
    // Of `can't`, `won't` and `shan't` the first part is no word, or another one.
    ["can't", "won't", "shan't"].contains(&word) || stems.any(is_known)
}
