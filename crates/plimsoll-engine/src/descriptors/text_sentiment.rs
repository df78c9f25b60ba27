//! `text.sentiment`.

use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vader_sentimental::SentimentIntensityAnalyzer;

use super::Descriptor;

static ANALYZER: LazyLock<SentimentIntensityAnalyzer<'static>> = LazyLock::new(SentimentIntensityAnalyzer::new);

/// Sentiment of an English text.
///
/// # Definition
/// The compound score of VADER: the valence of the words, changed by negation, degree words, capitals and punctuation, and
/// brought between −1 and 1 by x / √(x² + 15).
///
/// # Output
/// A numeric column, −1 (very negative) to 1 (very positive); texts of which no word is in the lexicon have 0.
///
/// # Missing values
/// A missing text has no sentiment; an empty one has 0. DIFFERENCE: Evidently gives 0 for missing texts, too.
///
/// # Accuracy
/// Rounded to four decimals. Made for English of social media.
///
/// # Source
/// Hutto and Gilbert, Proceedings of ICWSM 8 (2014), by the Rust crate `vader-sentimental`, which holds the lexicon; Evidently
/// `Sentiment`, which downloads it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sentiment {
    /// Name of the column of texts.
    column: String,
}

impl Descriptor for Sentiment {
    const ID: &'static str = "text.sentiment";
    type Value = f64;

    fn column(&self) -> &str {
        &self.column
    }

    fn describe(&self, text: &str) -> Option<f64> {
        let score = ANALYZER.polarity_scores(text).compound;
        // The crate adds in no fixed order, so that last digits differ from run to run.
        score.is_finite().then(|| (score * 1e4).round() / 1e4 + 0.0)
    }
}
