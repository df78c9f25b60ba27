//! How well a classifier tells reference texts from current ones.

use std::collections::BTreeMap;

use super::{Chance, Outcome, TestOptions, TextSamples, TwoSamples, not_empty};
use crate::StatsError;

/// Texts of a side with fewer of which nothing is learned.
const FEWEST: usize = 4;
/// Share of the texts in which a word tells nothing if it stands in more of them.
const COMMON: f64 = 0.5;
/// Steps of the descent.
const STEPS: usize = 150;
/// Scores nearer than this are ties: sums in another order differ by rounding.
const TIE: f64 = 1e-9;

/// What stands on the catalogue page of both tests.
macro_rules! page {
    ($held:literal) => {
        concat!(
            "The area under the ROC curve of a classifier that tells reference from current texts: 0.5 if it cannot, 1 if it \
             always can. Half of the texts of either side, by a seeded hash of the text, teach a logistic regression (ridge \
             penalty 1, both sides of equal weight) on their words, weighted by (1 + ln tf) · (1 + ln((1 + n) / (1 + df))) and of \
             unit length; words of one letter and words in more than half of the texts are left out. The other half is scored. ",
            $held,
            " Needs four texts on either side. Source: Rabanser, Günnemann and Lipton, NeurIPS 32 (2019), section 3.3 (domain \
             classifier). DIFFERENCE: Evidently leaves English stop words out and trains by stochastic descent with an L1 \
             penalty, so that scores agree roughly."
        )
    };
}
pub(super) use page;

/// The words of a text with their weights, by number of the word.
type Words = Vec<(usize, f64)>;

/// A text of either side.
struct Text<'t> {
    words: BTreeMap<String, f64>,
    whole: &'t str,
    hash: u64,
    /// Of the current side.
    current: bool,
}

/// Area under the curve, and how it spreads if the sides do not differ.
pub(super) fn area(test: &'static str, data: &TwoSamples<'_>, options: &TestOptions) -> Result<Outcome, StatsError> {
    let TwoSamples::Text(TextSamples { reference, current }) = data else {
        return Err(StatsError::Kind {
            test,
            expected: "text",
            found: data.name(),
        });
    };
    not_empty(reference.len() as u64, current.len() as u64)?;
    if reference.len().min(current.len()) < FEWEST {
        return Err(StatsError::Undefined(
            "a classifier of texts needs at least four texts on either side",
        ));
    }
    let (mut taught, mut tested) = (Vec::new(), Vec::new());
    for (texts, side) in [(reference, false), (current, true)] {
        let mut texts: Vec<Text<'_>> = texts.iter().map(|text| Text::of(text, side, options.seed)).collect();
        texts.sort_by(|a, b| (a.hash, a.whole).cmp(&(b.hash, b.whole)));
        for (at, text) in texts.into_iter().enumerate() {
            let part = if at.is_multiple_of(2) { &mut taught } else { &mut tested };
            part.push(text);
        }
    }
    // Without a trace of which side came first.
    taught.sort_by(|a, b| (a.hash, a.whole).cmp(&(b.hash, b.whole)));
    let vocabulary = Vocabulary::of(&taught);
    let lessons: Vec<(Words, f64)> = taught
        .iter()
        .map(|text| (vocabulary.weights(text), if text.current { 1.0 } else { -1.0 }))
        .collect();
    let slope = learned(&lessons, vocabulary.words.len());
    let mut scores: Vec<(f64, bool)> = tested
        .iter()
        .map(|text| (product(&vocabulary.weights(text), &slope), text.current))
        .collect();
    scores.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (m, n) = (
        scores.iter().filter(|(_, current)| *current).count() as f64,
        scores.iter().filter(|(_, current)| !*current).count() as f64,
    );
    let ties = scores.chunk_by(|a, b| b.0 - a.0 <= TIE);
    let (mut below, mut won) = (0.0, 0.0);
    for tie in ties {
        let of_current = tie.iter().filter(|(_, current)| *current).count() as f64;
        let of_reference = tie.len() as f64 - of_current;
        won += of_current * (below + 0.5 * of_reference);
        below += of_reference;
    }
    Ok(Outcome {
        chance: Some(Chance {
            mean: 0.5,
            std: ((m + n + 1.0) / (12.0 * m * n)).sqrt(),
        }),
        ..Outcome::from(won / (m * n))
    })
}

impl<'t> Text<'t> {
    fn of(text: &'t str, current: bool, seed: u64) -> Self {
        let mut words = BTreeMap::new();
        let lower = text.to_lowercase();
        let pieces = lower.split(|c: char| !c.is_alphanumeric() && c != '_');
        for word in pieces.filter(|w| w.chars().nth(1).is_some()) {
            *words.entry(word.to_owned()).or_default() += 1.0;
        }
        // FNV-1a, then spread.
        let start = 0xcbf2_9ce4_8422_2325 ^ super::mixed(seed);
        let bytes = text.bytes();
        let hash = bytes.fold(start, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Self {
            words,
            whole: text,
            hash: super::mixed(hash),
            current,
        }
    }
}

/// Words that may tell the sides apart: their number, and how much they weigh for being rare.
struct Vocabulary {
    words: BTreeMap<String, (usize, f64)>,
}

impl Vocabulary {
    fn of(texts: &[Text<'_>]) -> Self {
        let mut frequency: BTreeMap<&str, u32> = BTreeMap::new();
        for word in texts.iter().flat_map(|t| t.words.keys()) {
            *frequency.entry(word).or_default() += 1;
        }
        let n = texts.len() as f64;
        let telling = frequency.into_iter().filter(|(_, df)| f64::from(*df) <= COMMON * n);
        let rare = |df: u32| 1.0 + ((1.0 + n) / (1.0 + f64::from(df))).ln();
        let numbered = telling
            .enumerate()
            .map(|(at, (word, df))| (word.to_owned(), (at, rare(df))));
        Self {
            words: numbered.collect(),
        }
    }

    /// The weights of a text's words, of unit length together.
    fn weights(&self, text: &Text<'_>) -> Words {
        let known = text
            .words
            .iter()
            .filter_map(|(word, tf)| Some((self.words.get(word)?, tf)));
        let mut weights: Words = known.map(|((at, rare), tf)| (*at, (1.0 + tf.ln()) * rare)).collect();
        let length = weights.iter().map(|(_, w)| w * w).sum::<f64>().sqrt();
        for (_, weight) in &mut weights {
            *weight /= length;
        }
        weights
    }
}

fn product(words: &[(usize, f64)], slope: &[f64]) -> f64 {
    words.iter().map(|(at, weight)| weight * slope[*at]).sum()
}

/// The slope of the logistic regression, by Nesterov's descent; both sides weigh the same.
fn learned(lessons: &[(Words, f64)], words: usize) -> Vec<f64> {
    let n = lessons.len() as f64;
    let current = lessons.iter().filter(|(_, side)| *side > 0.0).count() as f64;
    let weight = |side: f64| if side > 0.0 { 0.5 / current } else { 0.5 / (n - current) };
    let ridge = 1.0 / n;
    // The curvature of the mean loss is at most a quarter of a text's squared length, 1, and of the intercept's, 1.
    let step = 1.0 / (0.5 + ridge);
    let (mut slope, mut ahead) = (vec![0.0; words], vec![0.0; words]);
    let (mut intercept, mut intercept_ahead, mut pace) = (0.0, 0.0, 1.0_f64);
    let mut gradient = vec![0.0; words];
    for _ in 0..STEPS {
        gradient.iter_mut().zip(&ahead).for_each(|(g, a)| *g = ridge * a);
        let mut of_intercept = 0.0;
        for (text, side) in lessons {
            let margin = side * (product(text, &ahead) + intercept_ahead);
            let pull = -side * weight(*side) / (1.0 + margin.exp());
            of_intercept += pull;
            for (at, weight) in text {
                gradient[*at] += pull * weight;
            }
        }
        let next = f64::midpoint(1.0, (1.0 + 4.0 * pace * pace).sqrt());
        let momentum = (pace - 1.0) / next;
        pace = next;
        for ((s, a), g) in slope.iter_mut().zip(&mut ahead).zip(&gradient) {
            let moved = *a - step * g;
            *a = moved + momentum * (moved - *s);
            *s = moved;
        }
        let moved = intercept_ahead - step * of_intercept;
        intercept_ahead = moved + momentum * (moved - intercept);
        intercept = moved;
    }
    slope
}
