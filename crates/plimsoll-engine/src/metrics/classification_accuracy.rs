//! `classification.accuracy`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::{Classifier, TOLERANCE},
    interval::{points, wilson},
    regression::not_below,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Accuracy: the share of rows whose predicted label is the true one.
///
/// # Definition
/// Σ_c n(c, c) / n, where n(a, b) counts the rows of true class a and predicted class b.
///
/// # Output
/// `value`, 0–1; larger is better. `lower` and `upper`: its 95 % interval if the rows were drawn again (Wilson's).
///
/// # Missing values
/// Rows whose target or prediction (or score, where labels come from scores) is missing or not finite are left out and
/// counted in a note; no row left is the error `not_enough_data`.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at least its value less 20 %. Without: above Σ p_c², the accuracy to expect of labels drawn at
/// random with the target's frequencies p_c.
/// DIFFERENCE: Evidently's bound is two-sided, so that a better model fails; and its baseline is one random draw, not the
/// expectation.
///
/// # Source
/// scikit-learn `accuracy_score`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accuracy {
    /// Score at or above which a row counts as positive; binary tasks only. Default: the label of the prediction column,
    /// without one the task's threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    #[serde(skip)]
    classifier: Classifier,
}

impl Metric for Accuracy {
    const ID: &'static str = "classification.accuracy";
    const FIELDS: &'static [&'static str] = &["value", "lower", "upper"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let (classifier, threshold) = Classifier::labelled(Self::ID, definition, self.threshold)?;
        Ok(Self { threshold, classifier })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.classifier.confusion().into_iter().collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let table = self.classifier.table(profiles)?;
        let mut evaluation = Evaluation::of(vec![Point::new("value", table.accuracy())]);
        let right = table.accuracy() * table.total();
        evaluation.points.extend(points(wilson(right, table.total())));
        evaluation.notes = table.notes;
        Ok(evaluation)
    }

    fn default_bound(
        &self,
        _field: &str,
        _labels: &Labels,
        reference: Option<f64>,
        profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        let baseline = || Some(self.classifier.table(profiles).ok()?.of_random_draw().accuracy());
        not_below(
            reference,
            TOLERANCE,
            if reference.is_none() { baseline() } else { None },
        )
    }
}
