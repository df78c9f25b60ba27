//! What the drift metrics share: which test holds for a column, and the score of a column.

use plimsoll_model::{ColumnKind, DataDefinition, Detail};
use plimsoll_stats::{
    Bins, CategoryCounts, Chance, InputKind, Sample, TestKind, TestOptions, TextSamples, TwoSamples, align_values,
    default_test, default_text_test, find_test,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::column::Column;
use crate::{
    EvaluateError, Profile, Profiles, SpecError, StatisticSpec,
    statistics::{Categories, RowSample},
};

/// How numeric values are binned by `psi` and `kl_div`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Binning {
    /// Deciles of the reference.
    #[default]
    ReferenceDeciles,
    /// Equal bins over both slices, by Sturges's rule: Evidently's binning.
    SturgesUnion,
}

/// A column with the test that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    pub column: Column,
    pub test: Option<&'static TestKind>,
    pub threshold: Option<f64>,
    pub bins: Binning,
    /// Seed of the randomised tests.
    pub seed: u64,
}

/// Score of a column and what it was held against.
#[derive(Debug, Clone)]
pub(super) struct Drift {
    pub test: &'static TestKind,
    pub score: f64,
    /// The threshold as it was asked for.
    pub level: f64,
    /// What the score is held against.
    pub threshold: f64,
    pub drifted: bool,
    pub exact: bool,
    pub notes: Vec<String>,
}

/// Score of a column, whatever the threshold.
#[derive(Debug, Clone)]
struct Scored {
    test: &'static TestKind,
    score: f64,
    chance: Option<Chance>,
    /// Largest error of a rank, as a share.
    error: f64,
    notes: Vec<String>,
}

/// Different values up to which the default test takes numbers for categories.
const FEW: usize = 5;

/// Says whether a sample has few different values, without counting all of many.
fn is_few(sample: Sample<'_>) -> bool {
    sample.runs().take(FEW + 1).count() <= FEW
}

/// Texts of a side that are compared.
const TEXTS: u32 = 1_000;

/// Says whether drift of a column can be tested: numbers, categories, truth values and texts.
pub(super) fn is_comparable(kind: ColumnKind) -> bool {
    matches!(kind, ColumnKind::Numeric | ColumnKind::Text) || kind.is_categorical()
}

impl Compared {
    /// Settles a column, its test and its threshold.
    ///
    /// # Errors
    /// [`SpecError`] if there is no such column or test, the test does not take the column's kind, or the threshold is no
    /// number ≥ 0.
    pub fn new(
        metric: &str,
        definition: &DataDefinition,
        name: &str,
        test: Option<&str>,
        threshold: Option<f64>,
        bins: Binning,
    ) -> Result<Self, SpecError> {
        let params = |problem: String| SpecError::Params {
            metric: metric.to_owned(),
            problem,
        };
        let column = Column::of_kind(
            metric,
            definition,
            name,
            "a numeric, categorical, boolean or text column",
            is_comparable,
        )?;
        let test = test
            .map(|id| find_test(id).map_err(|e| params(e.to_string())))
            .transpose()?;
        if let Some(test) = test {
            let is_text = column.kind == ColumnKind::Text;
            let fits = match test.input {
                InputKind::Numeric => column.is_ordered(),
                InputKind::Categorical | InputKind::Both => !is_text,
                InputKind::Text => is_text,
            };
            let takes = match test.input {
                InputKind::Numeric => "numbers",
                InputKind::Categorical => "categories",
                InputKind::Both => "numbers or categories",
                InputKind::Text => "texts",
            };
            if !fits {
                let kind = column.kind.as_str();
                return Err(params(format!(
                    "test `{}` compares {takes}, column `{name}` is {kind}",
                    test.id
                )));
            }
        }
        if let Some(t) = threshold
            && !(t.is_finite() && t >= 0.0)
        {
            return Err(params(format!("`threshold` is {t}, expected a number of at least 0")));
        }
        Ok(Self {
            column,
            test,
            threshold,
            bins,
            seed: 0,
        })
    }

    /// The same with another seed of the randomised tests.
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The request for the column's values.
    pub fn requires(&self) -> StatisticSpec {
        if self.column.kind == ColumnKind::Text {
            return StatisticSpec::row_sample([self.column.name.clone()], TEXTS);
        }
        self.column.values()
    }

    /// The sampled texts, how many rows are not missing, and how many rows they were drawn from.
    fn texts(&self, profile: &Profile) -> Result<(Vec<String>, u64, u64), EvaluateError> {
        let sample: &RowSample = profile.get(&self.requires())?;
        let texts: Vec<String> = sample.labels(&self.column.name).into_iter().flatten().collect();
        let drawn = (sample.len() as f64).max(1.0);
        let present = sample.rows_seen() as f64 * texts.len() as f64 / drawn;
        Ok((texts, present.round() as u64, sample.rows_seen()))
    }

    /// Runs the test.
    ///
    /// # Errors
    /// [`EvaluateError`] if there is no reference, a side is empty or the test refuses the input.
    pub fn run(&self, metric: &str, profiles: &Profiles<'_>) -> Result<Drift, EvaluateError> {
        let reference = profiles.reference(metric)?;
        let asked = (
            &self.column,
            self.test.map(|t| t.id),
            self.bins,
            self.seed,
            reference.derived().state(),
        );
        // The drift of the data set asks for the same scores as the drift of its columns.
        let scored = profiles
            .current
            .derived()
            .get(format!("drift {asked:?}"), || self.score(reference, profiles.current));
        let Scored {
            test,
            score,
            chance,
            error,
            notes,
        } = scored.as_ref().clone()?;
        let level = self.threshold.unwrap_or(test.threshold);
        let threshold = chance.map_or(level, |chance| chance.quantile(level));
        Ok(Drift {
            test,
            score,
            level,
            threshold,
            drifted: test.is_drifted(score, threshold),
            exact: error == 0.0,
            notes,
        })
    }

    fn score(&self, reference: &Profile, current: &Profile) -> Result<Scored, EvaluateError> {
        let math = |e: plimsoll_stats::StatsError| match e {
            plimsoll_stats::StatsError::Empty { side } => {
                EvaluateError::NotEnough(format!("`{}` has no value in the {side} rows", self.column.name))
            }
            other => EvaluateError::Math(format!("`{}`: {other}", self.column.name)),
        };
        let bins = match self.bins {
            Binning::ReferenceDeciles => Bins::ReferenceDeciles,
            Binning::SturgesUnion => Bins::SturgesUnion,
        };
        let options = TestOptions { bins, seed: self.seed };
        let (test, mut outcome, error);
        if self.column.is_ordered() {
            let (r, c) = (self.column.distribution(reference)?, self.column.distribution(current)?);
            let (left, right) = (r.sample(), c.sample());
            test = self.test.unwrap_or_else(|| {
                let few = is_few(left) && is_few(right);
                let distinct = if few {
                    align_values(left, right).0.len()
                } else {
                    FEW + 1
                };
                default_test(true, left.n(), distinct)
            });
            outcome = (test.run)(
                &TwoSamples::Numeric {
                    reference: left,
                    current: right,
                },
                &options,
            )
            .map_err(math)?;
            error = r.rank_error().max(c.rank_error());
        } else if self.column.kind == ColumnKind::Text {
            let ((left, n, rows), (right, _, current_rows)) = (self.texts(reference)?, self.texts(current)?);
            test = self.test.unwrap_or_else(|| default_text_test(n));
            let texts = TextSamples {
                reference: &left,
                current: &right,
            };
            outcome = (test.run)(&TwoSamples::Text(texts), &options).map_err(math)?;
            outcome.notes.push(format!(
                "compares {} texts of {rows} reference rows and {} of {current_rows} current rows",
                left.len(),
                right.len()
            ));
            error = 0.0;
        } else {
            let (r, c) = (self.column.categories(reference)?, self.column.categories(current)?);
            let (left, right) = aligned(r, c);
            test = self.test.unwrap_or_else(|| default_test(false, r.total(), left.len()));
            let counts = CategoryCounts {
                reference: &left,
                current: &right,
            };
            outcome = (test.run)(&TwoSamples::Categorical(counts), &options).map_err(math)?;
            error = if r.is_exact() && c.is_exact() { 0.0 } else { 1.0 };
        }
        let mut notes = outcome.notes;
        if error > 0.0 {
            notes.push(format!("from sketches: ranks are within {:.2} %", 100.0 * error));
        }
        Ok(Scored {
            test,
            score: outcome.score,
            chance: outcome.chance,
            error,
            notes,
        })
    }

    /// What a page draws of the comparison.
    pub fn picture(&self, profiles: &Profiles<'_>) -> Option<Detail> {
        self.column.picture(profiles.current, profiles.reference)
    }
}

/// Counts of both sides over the union of their labels, ascending by label.
pub(crate) fn aligned(reference: &Categories, current: &Categories) -> (Vec<u64>, Vec<u64>) {
    let (r, c) = (reference.counts(), current.counts());
    let (mut left, mut right) = (Vec::with_capacity(r.len()), Vec::with_capacity(r.len()));
    let (mut i, mut j) = (0, 0);
    while i < r.len() || j < c.len() {
        let order = match (r.get(i), c.get(j)) {
            (Some(a), Some(b)) => a.0.cmp(&b.0),
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        left.push(if order.is_le() { r[i].1 } else { 0 });
        right.push(if order.is_ge() { c[j].1 } else { 0 });
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
    if reference.other() + current.other() > 0 {
        left.push(reference.other());
        right.push(current.other());
    }
    (left, right)
}
