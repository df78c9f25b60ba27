//! `classification.brier`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::{Classifier, TOLERANCE},
    interval::{mean, points},
    regression::not_above,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Brier score: the mean squared distance of the model's probabilities from what came true.
///
/// # Definition
/// Binary: Σ (p_i − o_i)² / n, where p_i is row i's score of the positive class and o_i is 1 for a positive row, else 0.
/// Multi-class: the same summed over the classes.
///
/// # Output
/// `value`, 0–1 for binary tasks, 0–2 for more classes; larger is worse. `lower` and `upper`: its 95 % interval if the rows were drawn again (normal).
///
/// # Missing values
/// Rows whose target is missing, or one of whose scores is missing or not finite, are left out and counted in a note; no row
/// left is the error `not_enough_data`. One class only is no obstacle.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at most 20 % above its value. Without: below the score of giving each of the K classes the same
/// probability, 1/4 in binary tasks, else 1 − 1/K.
///
/// # Source
/// Brier 1950, doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2; scikit-learn `brier_score_loss`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrierScore {
    #[serde(skip)]
    classifier: Classifier,
}

impl Metric for BrierScore {
    const ID: &'static str = "classification.brier";
    const FIELDS: &'static [&'static str] = &["value", "lower", "upper"];
    const RANGE: Range = Range::SIZE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            classifier: Classifier::scored(Self::ID, definition)?,
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.classifier.log_loss()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let loss = self.classifier.loss(profiles.current)?;
        let value = loss.brier().unwrap_or(f64::NAN);
        let mut evaluation = Evaluation::of(vec![Point::new("value", value)]);
        evaluation
            .points
            .extend(points(mean(value, loss.brier_std(), loss.n(), 0.0)));
        evaluation.notes.extend(self.classifier.left_out(loss.left_out()));
        Ok(evaluation)
    }

    fn default_bound(
        &self,
        _field: &str,
        _labels: &Labels,
        reference: Option<f64>,
        _profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        let classes = self.classifier.scores().len().max(2) as f64;
        let baseline = if self.classifier.positive().is_some() {
            0.25
        } else {
            1.0 - 1.0 / classes
        };
        not_above(reference, TOLERANCE, Some(baseline))
    }
}
