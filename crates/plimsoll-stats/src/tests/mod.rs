//! Two-sample tests: has the distribution changed between reference and current?

mod abs_text_content_drift;
mod anderson;
mod chisquare;
mod content;
mod cramer_von_mises;
mod ed;
mod empirical_mmd;
mod es;
mod fisher_exact;
mod g_test;
mod hellinger;
mod jensenshannon;
mod kl_div;
mod ks;
mod mannw;
mod perc_text_content_drift;
mod psi;
mod shares;
mod t_test;
mod tvd;
mod wasserstein;
mod z;

use statrs::distribution::{ContinuousCDF, Normal};

use crate::{Sample, StatsError};

/// Category counts of both sides, aligned: the same categories in the same order, ascending by label.
#[derive(Debug, Clone, Copy)]
pub struct CategoryCounts<'a> {
    /// Rows per category in the reference.
    pub reference: &'a [u64],
    /// Rows per category in the current data.
    pub current: &'a [u64],
}

/// Texts of both sides, in any order.
#[derive(Debug, Clone, Copy)]
pub struct TextSamples<'a> {
    /// Texts of the reference.
    pub reference: &'a [String],
    /// Texts of the current data.
    pub current: &'a [String],
}

/// What a test takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputKind {
    /// Numbers, compared by size.
    Numeric,
    /// Categories, compared by equality; a numeric column is taken value by value.
    Categorical,
    /// Numbers or categories.
    Both,
    /// Texts.
    Text,
}

/// The two sides of a comparison.
#[derive(Debug, Clone, Copy)]
pub enum TwoSamples<'a> {
    /// Sorted numbers.
    Numeric {
        /// Reference side.
        reference: Sample<'a>,
        /// Current side.
        current: Sample<'a>,
    },
    /// Counts by category.
    Categorical(CategoryCounts<'a>),
    /// Texts.
    Text(TextSamples<'a>),
}

impl TwoSamples<'_> {
    /// What the data are.
    fn name(&self) -> &'static str {
        match self {
            Self::Numeric { .. } => "numeric",
            Self::Categorical(_) => "categorical",
            Self::Text(_) => "text",
        }
    }
}

/// How numeric values are binned by `psi` and `kl_div`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Bins {
    /// Deciles of the reference, open at both ends.
    #[default]
    ReferenceDeciles,
    /// Equal-width Sturges bins of the pooled sample; with at most 20 distinct reference values one bin a value.
    SturgesUnion,
}

/// Options of a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct TestOptions {
    /// Binning of numeric values, for the tests that bin.
    pub bins: Bins,
    /// Seed of the randomised tests.
    pub seed: u64,
}

/// What a score is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreKind {
    /// A probability; small means drift.
    PValue,
    /// A distance or divergence; large means drift.
    Distance,
    /// Area under the ROC curve of a classifier that tells the sides apart; 0.5 means that it cannot.
    Area,
}

/// What a test found.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// P-value, distance or area.
    pub score: f64,
    /// What the score would be by chance, where the threshold is a quantile of that.
    pub chance: Option<Chance>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

/// The score of sides that do not differ: normally distributed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub std: f64,
}

impl Chance {
    /// The score that only a share of 1 − `level` exceeds by chance; 0–1.
    #[must_use]
    pub fn quantile(&self, level: f64) -> f64 {
        if level <= 0.0 {
            return 0.0;
        }
        if level >= 1.0 {
            return 1.0;
        }
        let normal = Normal::standard().inverse_cdf(level);
        (self.mean + self.std * normal).clamp(0.0, 1.0)
    }
}

impl From<f64> for Outcome {
    fn from(score: f64) -> Self {
        Self {
            score,
            chance: None,
            notes: Vec::new(),
        }
    }
}

/// When a score means drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Score < threshold.
    Below,
    /// Score ≤ threshold.
    AtOrBelow,
    /// Score > threshold.
    Above,
    /// Score ≥ threshold.
    AtOrAbove,
}

/// One line of the registry.
#[derive(Debug, Clone, Copy)]
pub struct TestKind {
    /// Id.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// What it takes.
    pub input: InputKind,
    /// What the score is.
    pub score: ScoreKind,
    /// Default threshold.
    pub threshold: f64,
    /// When a score means drift.
    pub direction: Direction,
    /// Runs the test.
    pub run: fn(&TwoSamples<'_>, &TestOptions) -> Result<Outcome, StatsError>,
    /// Catalogue text: definition, quirks, source.
    pub doc: &'static str,
}

/// Every two-sample test, sorted by id.
pub static TESTS: &[TestKind] = &[
    abs_text_content_drift::TEST,
    anderson::TEST,
    chisquare::TEST,
    cramer_von_mises::TEST,
    ed::TEST,
    empirical_mmd::TEST,
    es::TEST,
    fisher_exact::TEST,
    g_test::TEST,
    hellinger::TEST,
    jensenshannon::TEST,
    kl_div::TEST,
    ks::TEST,
    mannw::TEST,
    perc_text_content_drift::TEST,
    psi::TEST,
    t_test::TEST,
    tvd::TEST,
    wasserstein::TEST,
    z::TEST,
];

/// The test of that id; upper and lower case are one.
///
/// # Errors
/// [`StatsError::UnknownTest`] with the ids that share a beginning, or all of them.
pub fn find_test(id: &str) -> Result<&'static TestKind, StatsError> {
    TESTS.iter().find(|t| t.id.eq_ignore_ascii_case(id)).ok_or_else(|| {
        let alike: Vec<String> = TESTS
            .iter()
            .filter(|t| t.id.chars().next() == id.chars().next())
            .map(|t| format!("`{}`", t.id))
            .collect();
        let near = if alike.is_empty() {
            TESTS.iter().map(|t| format!("`{}`", t.id)).collect()
        } else {
            alike
        };
        StatsError::UnknownTest {
            id: id.to_owned(),
            near,
        }
    })
}

/// The default test, as Evidently chooses it: by kind, reference size (after nulls) and distinct values of both sides.
///
/// | kind | n ≤ 1000 | n > 1000 |
/// |---|---|---|
/// | numeric, ≤ 2 distinct | `z` | `jensenshannon` |
/// | numeric, 3–5 distinct | `chisquare` | `jensenshannon` |
/// | numeric, more | `ks` | `wasserstein` |
/// | categorical, ≤ 2 distinct | `z` | `jensenshannon` |
/// | categorical, more | `chisquare` | `jensenshannon` |
#[must_use]
pub fn default_test(is_numeric: bool, n_reference: u64, distinct: usize) -> &'static TestKind {
    match (is_numeric && distinct > 5, n_reference <= 1000) {
        (true, true) => &ks::TEST,
        (true, false) => &wasserstein::TEST,
        (false, false) => &jensenshannon::TEST,
        (false, true) if distinct <= 2 => &z::TEST,
        (false, true) => &chisquare::TEST,
    }
}

/// The default test of texts, as Evidently chooses it by the size of the reference.
#[must_use]
pub fn default_text_test(n_reference: u64) -> &'static TestKind {
    if n_reference <= 1000 {
        &perc_text_content_drift::TEST
    } else {
        &abs_text_content_drift::TEST
    }
}

impl TestKind {
    /// Says whether a score means drift.
    #[must_use]
    pub fn is_drifted(&self, score: f64, threshold: f64) -> bool {
        match self.direction {
            Direction::Below => score < threshold,
            Direction::AtOrBelow => score <= threshold,
            Direction::Above => score > threshold,
            Direction::AtOrAbove => score >= threshold,
        }
    }
}

/// Both sides as numbers.
fn numeric<'a>(test: &'static str, data: &TwoSamples<'a>) -> Result<(Sample<'a>, Sample<'a>), StatsError> {
    match data {
        TwoSamples::Numeric { reference, current } => {
            not_empty(reference.n(), current.n())?;
            Ok((*reference, *current))
        }
        TwoSamples::Categorical(_) | TwoSamples::Text(_) => Err(StatsError::Kind {
            test,
            expected: "numeric",
            found: data.name(),
        }),
    }
}

/// Both sides as counts; numbers are counted value by value.
fn categorical(data: &TwoSamples<'_>) -> Result<(Vec<u64>, Vec<u64>), StatsError> {
    let (r, c) = match data {
        TwoSamples::Text(_) => {
            return Err(StatsError::Undefined(
                "the test compares numbers or categories, found texts",
            ));
        }
        TwoSamples::Categorical(counts) => (counts.reference.to_vec(), counts.current.to_vec()),
        TwoSamples::Numeric { reference, current } => {
            let (_, r, c) = crate::align_values(*reference, *current);
            (r, c)
        }
    };
    not_empty(r.iter().sum(), c.iter().sum())?;
    Ok((r, c))
}

fn not_empty(reference: u64, current: u64) -> Result<(), StatsError> {
    match (reference, current) {
        (0, _) => Err(StatsError::Empty { side: "reference" }),
        (_, 0) => Err(StatsError::Empty { side: "current" }),
        _ => Ok(()),
    }
}

/// A score that is a number.
fn finite(score: f64) -> Result<Outcome, StatsError> {
    if score.is_finite() {
        return Ok(score.into());
    }
    Err(StatsError::Undefined(
        "the values are too large or too far apart for this test's arithmetic",
    ))
}

/// The seed of a randomised test on these data, in whatever order they come.
///
/// With one seed for all data the same deals, and so the same error of the estimated level, would come back in every
/// column and window.
fn seed_for(options: &TestOptions, data: impl Iterator<Item = u64>) -> u64 {
    data.fold(options.seed, |sum, x| sum.wrapping_add(mixed(x)))
}

/// A number spread over all bits, so that a sum of such is as good as a hash (`SplitMix64`).
fn mixed(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod laws;

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn ids_are_unique_sorted_and_documented() {
        assert!(TESTS.windows(2).all(|w| w[0].id < w[1].id));
        assert!(TESTS.iter().all(|t| t.doc.len() > 80 && !t.title.is_empty()));
    }

    #[test]
    fn identical_samples_never_drift_and_disjoint_ones_always() {
        let a: Vec<f64> = (0..40).map(|i| f64::from(i / 8)).collect();
        let b: Vec<f64> = (100..140).map(|i| f64::from(i / 8)).collect();
        // Fisher's test takes two categories.
        let of_values = |t: &&TestKind| t.id != "fisher_exact" && t.input != InputKind::Text;
        for test in TESTS.iter().filter(of_values) {
            for bins in [Bins::ReferenceDeciles, Bins::SturgesUnion] {
                let run = |x: &[f64], y: &[f64]| {
                    let data = TwoSamples::Numeric {
                        reference: Sample::from_sorted(x),
                        current: Sample::from_sorted(y),
                    };
                    (test.run)(&data, &TestOptions { bins, seed: 0 }).unwrap().score
                };
                assert!(!test.is_drifted(run(&a, &a), test.threshold), "{}", test.id);
                if test.id != "z" {
                    assert!(test.is_drifted(run(&a, &b), test.threshold), "{}", test.id);
                }
            }
        }
    }

    #[test]
    fn an_empty_side_is_an_error() {
        let some = Sample::from_sorted(&[1.0, 2.0]);
        for test in TESTS {
            let data = if test.input == InputKind::Text {
                TwoSamples::Text(TextSamples {
                    reference: &["one".to_owned()],
                    current: &[],
                })
            } else {
                TwoSamples::Numeric {
                    reference: some,
                    current: Sample::from_sorted(&[]),
                }
            };
            assert_eq!(
                (test.run)(&data, &TestOptions::default()),
                Err(StatsError::Empty { side: "current" })
            );
        }
    }

    #[test]
    fn unknown_ids_name_the_near_ones() {
        assert!(find_test("kss").unwrap_err().to_string().contains("`ks`"));
    }
}
