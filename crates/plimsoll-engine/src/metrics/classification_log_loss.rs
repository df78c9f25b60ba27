//! `classification.log_loss`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::{Classifier, TOLERANCE},
    interval::{mean, points},
    regression::not_above,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Logarithmic loss: how surprised the model's probabilities are by the true classes.
///
/// # Definition
/// −Σ ln p_i / n, where p_i is the score that row i gives its true class, kept within [2·10⁻¹⁶, 1 − 2·10⁻¹⁶]; with one score
/// column in a binary task the other class has 1 − p. Scores of several classes are taken as they are, whatever their sum.
///
/// # Output
/// `value` in nats, ≥ 0; larger is worse. `lower` and `upper`: its 95 % interval if the rows were drawn again (normal).
///
/// # Missing values
/// Rows whose target is missing, or one of whose scores is missing or not finite, are left out and counted in a note; no row
/// left is the error `not_enough_data`. One class only is no obstacle.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at most 20 % above its value. Without: below ln K, the loss of giving each of the K classes the same
/// score.
/// DIFFERENCE: Evidently's bound is two-sided, so that a better model fails.
///
/// # Source
/// scikit-learn `log_loss`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogLoss {
    #[serde(skip)]
    classifier: Classifier,
}

impl Metric for LogLoss {
    const ID: &'static str = "classification.log_loss";
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
        let value = loss.log_loss().unwrap_or(f64::NAN);
        let mut evaluation = Evaluation::of(vec![Point::new("value", value)]);
        evaluation
            .points
            .extend(points(mean(value, loss.log_loss_std(), loss.n(), 0.0)));
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
        let baseline = classes.ln();
        not_above(reference, TOLERANCE, Some(baseline))
    }
}
