//! `classification.calibration`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::{Classifier, TOLERANCE, scores_specs},
    classification_curves::ScoredClass,
    regression::not_above,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec, statistics::Scores};

/// Calibration: how far the scores are from the shares of rows that come true.
///
/// # Definition
/// The scores of a class fall into `bins` bins of equal width from 0 to 1. ECE = Σ n_b / n · |o_b − s_b|, with n_b of n rows
/// in bin b, o_b the share of them that are of the class and s_b their mean score; `largest` is the largest |o_b − s_b|.
/// `bias` is the mean score less the share of rows of the class. In multi-class tasks the values are the means over the classes,
/// each against the rest.
///
/// # Output
/// `value` (the ECE) and `largest`, 0–1; larger is worse. `bias`, −1 to 1: above 0 the scores are too high. With label `class`
/// the same by class. The picture of `classification.roc_auc` has the reliability curve.
///
/// # Missing values
/// Rows whose target is missing, or whose score is missing or not finite, are left out and counted in a note; no row left
/// is the error `not_enough_data`. Scores below 0 or above 1 are no probabilities: the error `undefined`.
///
/// # Accuracy
/// Exact while the scores of a window are kept exactly; beyond that from sketches whose rank error a note states. In small
/// windows it is above 0 by chance, by about √(bins / n).
///
/// # Default bound
/// `value`, `largest`: with a reference, at most 20 % above its value; without one: below 0.1 and 0.3.
///
/// # Source
/// Naeini, Cooper and Hauskrecht, AAAI 29 (2015); the bins are those of scikit-learn `calibration_curve`. Evidently has no
/// such metric.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Bins of the scores.
    #[serde(default = "ten")]
    bins: u16,
    #[serde(skip)]
    classifier: Classifier,
}

fn ten() -> u16 {
    10
}

impl Metric for Calibration {
    const ID: &'static str = "classification.calibration";
    const FIELDS: &'static [&'static str] = &["value", "largest", "bias"];
    const RANGE: Range = Range::SIZE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        if !(1..=1_000).contains(&self.bins) {
            return Err(SpecError::Params {
                metric: Self::ID.to_owned(),
                problem: format!("`bins` is {}, expected 1 to 1000", self.bins),
            });
        }
        Ok(Self {
            classifier: Classifier::scored(Self::ID, definition)?,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        scores_specs(&self.classifier)
            .into_iter()
            .map(|(_, spec)| spec)
            .collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let (mut sums, mut points, mut classes) = ([0.0; 3], Vec::new(), 0.0);
        let (mut left_out, mut error) = (0, None::<f64>);
        for (class, spec) in scores_specs(&self.classifier) {
            let scored = ScoredClass::new(class, profiles.current.get::<Scores>(&spec)?);
            left_out = left_out.max(scored.left_out());
            error = error.into_iter().chain(scored.rank_error()).reduce(f64::max);
            if scored.rows() == 0.0 {
                continue;
            }
            let calibration = scored.calibration(usize::from(self.bins)).ok_or_else(|| {
                EvaluateError::Math(format!(
                    "a score of `{class}` is below 0 or above 1: the scores are no probabilities"
                ))
            })?;
            for (at, value) in calibration.into_iter().enumerate() {
                sums[at] += value;
                points.push(Point::new(Self::FIELDS[at], value).with("class", class));
            }
            classes += 1.0;
        }
        if classes == 0.0 {
            return Err(self.classifier.no_rows(profiles.current));
        }
        let averaged = Self::FIELDS
            .iter()
            .zip(sums)
            .map(|(field, sum)| Point::new(field, sum / classes));
        let mut evaluation = Evaluation::of(averaged.chain(points).collect());
        evaluation.notes.extend(self.classifier.left_out(left_out));
        if let Some(error) = error {
            evaluation.exact = false;
            evaluation
                .notes
                .push(format!("from sketches: ranks are within {:.2} %", 100.0 * error));
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        match field {
            "value" => not_above(reference, TOLERANCE, Some(0.1)),
            "largest" => not_above(reference, TOLERANCE, Some(0.3)),
            _ => None,
        }
    }
}
