//! `drift.embedding`.

use plimsoll_model::{Bound, ColumnKind, DataDefinition, Labels, Point};
use plimsoll_stats::{BoostOptions, TestOptions, TwoSamples, VectorDistance, domain_area, find_test, mean_discrepancy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most, equal},
    column::Column,
    sampled::{Sampled, note_learned},
    sampled_rows::finite,
};
use crate::{EvaluateError, Evaluation, Metric, Profile, Profiles, SpecError, StatisticSpec, statistics::RowSample};

/// Wasserstein distance, in standard deviations of the reference, beyond which a component has drifted.
const COMPONENT: f64 = 0.1;

/// How two clouds of embeddings are compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingTest {
    /// Distance between the mean embeddings.
    #[default]
    MeanDistance,
    /// Share of components whose own distribution has drifted.
    DriftedShare,
    /// Squared maximum mean discrepancy.
    Mmd,
    /// Area under the ROC curve of a classifier between both.
    DomainClassifier,
}

/// How far apart two mean embeddings are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingDistance {
    /// √(Σ (a − b)²).
    #[default]
    Euclidean,
    /// 1 − cos of the angle.
    Cosine,
    /// Σ |a − b|.
    Cityblock,
    /// max |a − b|.
    Chebyshev,
}

impl EmbeddingDistance {
    fn settled(self) -> VectorDistance {
        match self {
            Self::Euclidean => VectorDistance::Euclidean,
            Self::Cosine => VectorDistance::Cosine,
            Self::Cityblock => VectorDistance::Cityblock,
            Self::Chebyshev => VectorDistance::Chebyshev,
        }
    }
}

/// Drift of embeddings: how far a cloud of vectors has moved from the reference's.
///
/// # Definition
/// The components of a vector are the columns `columns`. By `test`: `mean_distance`, the `distance` between the mean vectors of
/// both slices; `drifted_share`, the share of components with a Wasserstein distance above 0.1 in units of the reference's standard
/// deviation; `mmd`, the squared maximum mean discrepancy (Gaussian kernel as wide as the median distance, unbiased, so that it
/// may be below 0); `domain_classifier`, as in `drift.domain_classifier`, of 30 trees.
///
/// # Input
/// Two numeric columns or more. A reference.
///
/// # Output
/// `score`, larger is worse; `threshold`, by default 0.2, 0.2, 0.015 and 0.55 for the tests in this order; `drifted`: 1 if the
/// score is above it, else 0.
///
/// # Missing values
/// Numbers that are missing or not finite are left out by component; `mmd` leaves out rows with such a component, to
/// `domain_classifier` what is missing is a value of its own. A component without values on a side, or too few rows, is the
/// error `not_enough_data`.
///
/// # Accuracy
/// `mean_distance` is exact, `drifted_share` while distributions are. `mmd` and `domain_classifier` read a sample of `rows` rows a
/// side, with a note if there are more; of a stored profile 500 rows remain. Reproducible by `seed`.
///
/// # Default bound
/// `score` at most `threshold`; `drifted` is 0.
///
/// # Source
/// Evidently `EmbeddingsDriftMetric` (`distance`, `ratio`, `mmd`, `model`), whose thresholds these are. DIFFERENCE: Evidently compares half of
/// the rows with a linear classifier.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingDrift {
    /// Names of the components.
    columns: Vec<String>,
    /// How the clouds are compared.
    #[serde(default)]
    test: EmbeddingTest,
    /// How far apart mean vectors are; for `mean_distance`.
    #[serde(default)]
    distance: EmbeddingDistance,
    /// Score beyond which the embeddings have drifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    /// Rows of either side that `mmd` and `domain_classifier` compare.
    #[serde(default = "five_hundred")]
    rows: u32,
    /// Seed of the sample and of the classifier's parts.
    #[serde(default)]
    seed: u64,
    #[serde(skip)]
    sampled: Sampled,
}

fn five_hundred() -> u32 {
    500
}

impl EmbeddingDrift {
    fn used_threshold(&self) -> f64 {
        self.threshold.unwrap_or(match self.test {
            EmbeddingTest::MeanDistance | EmbeddingTest::DriftedShare => 0.2,
            EmbeddingTest::Mmd => 0.015,
            EmbeddingTest::DomainClassifier => 0.55,
        })
    }

    /// The mean vector of a slice.
    fn mean(&self, profile: &Profile) -> Result<Vec<f64>, EvaluateError> {
        let mean = |column: &Column| Ok(column.moments(profile)?.mean().unwrap_or(f64::NAN));
        self.sampled.columns.iter().map(mean).collect()
    }

    /// The share of components that have drifted, and says whether it is exact.
    fn drifted_share(&self, reference: &Profile, current: &Profile) -> Result<(f64, bool), EvaluateError> {
        let test = find_test("wasserstein").map_err(|e| EvaluateError::Math(e.to_string()))?;
        let (mut drifted, mut exact) = (0_u32, true);
        for column in &self.sampled.columns {
            let (before, now) = (column.distribution(reference)?, column.distribution(current)?);
            let samples = TwoSamples::Numeric {
                reference: before.sample(),
                current: now.sample(),
            };
            let outcome = (test.run)(&samples, &TestOptions::default())
                .map_err(|e| EvaluateError::NotEnough(format!("`{}`: {e}", column.name)))?;
            exact &= before.is_exact() && now.is_exact();
            drifted += u32::from(outcome.score > COMPONENT);
        }
        Ok((f64::from(drifted) / self.sampled.columns.len() as f64, exact))
    }

    /// The sampled vectors without a gap.
    fn vectors(&self, sample: &RowSample) -> Vec<Vec<f64>> {
        let components: Vec<Vec<Option<f64>>> = self.sampled.columns.iter().map(|c| finite(sample, &c.name)).collect();
        (0..sample.len())
            .filter_map(|row| components.iter().map(|c| c[row]).collect())
            .collect()
    }

    fn too_few(&self, reference: &RowSample, current: &RowSample) -> EvaluateError {
        EvaluateError::NotEnough(format!(
            "there are {} rows in the window and {} in the reference: too few whole vectors of {} components to compare",
            current.len(),
            reference.len(),
            self.sampled.columns.len()
        ))
    }
}

impl Metric for EmbeddingDrift {
    const ID: &'static str = "drift.embedding";
    const FIELDS: &'static [&'static str] = &["score", "threshold", "drifted"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let params = |problem: String| SpecError::Params {
            metric: Self::ID.to_owned(),
            problem,
        };
        if self.columns.len() < 2 {
            let found = self.columns.len();
            return Err(params(format!(
                "`columns` names {found}, expected two components or more"
            )));
        }
        if let Some(threshold) = self.threshold
            && !threshold.is_finite()
        {
            return Err(params(format!("`threshold` is {threshold}, expected a finite number")));
        }
        for name in &self.columns {
            let is_numeric = |kind| kind == ColumnKind::Numeric;
            Column::of_kind(Self::ID, definition, name, "a numeric column", is_numeric)?;
        }
        let sampled = Sampled::of(Self::ID, definition, Some(&self.columns), None, self.rows, self.seed)?;
        Ok(Self { sampled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        let columns = self.sampled.columns.iter();
        match self.test {
            EmbeddingTest::MeanDistance => columns.map(Column::moments_spec).collect(),
            EmbeddingTest::DriftedShare => columns.map(Column::values).collect(),
            EmbeddingTest::Mmd | EmbeddingTest::DomainClassifier => vec![self.sampled.spec()],
        }
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let (reference, current) = (profiles.reference(Self::ID)?, profiles.current);
        let mut evaluation = Evaluation::of(Vec::new());
        let score = match self.test {
            EmbeddingTest::MeanDistance => {
                let (before, now) = (self.mean(reference)?, self.mean(current)?);
                self.distance.settled().between(&before, &now)
            }
            EmbeddingTest::DriftedShare => {
                let (share, exact) = self.drifted_share(reference, current)?;
                evaluation.exact = exact;
                share
            }
            EmbeddingTest::Mmd | EmbeddingTest::DomainClassifier => {
                let before = self.sampled.rows(reference, "reference")?;
                let now = self.sampled.rows(current, "window")?;
                note_learned(&mut evaluation, before, "reference");
                note_learned(&mut evaluation, now, "window");
                let score = if self.test == EmbeddingTest::Mmd {
                    mean_discrepancy(&self.vectors(before), &self.vectors(now))
                } else {
                    let options = BoostOptions {
                        rounds: 30,
                        ..BoostOptions::default()
                    };
                    let (before, now) = (self.sampled.features(before), self.sampled.features(now));
                    domain_area(&before, &now, self.seed, &options).map(|area| area.value)
                };
                score.ok_or_else(|| self.too_few(before, now))?
            }
        };
        if !score.is_finite() {
            return Err(EvaluateError::Math(
                "the score is no number: a mean vector has no length, or its components are too large".to_owned(),
            ));
        }
        let threshold = self.used_threshold();
        evaluation.points = vec![
            Point::new("score", score),
            Point::new("threshold", threshold),
            Point::new("drifted", f64::from(score > threshold)),
        ];
        evaluation.resolved.insert("threshold".to_owned(), threshold.into());
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, _: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        match field {
            "score" => Some(at_most(self.used_threshold())),
            "drifted" => Some(equal(0.0)),
            _ => None,
        }
    }
}
