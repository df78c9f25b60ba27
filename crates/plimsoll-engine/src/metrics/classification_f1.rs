//! `classification.f1`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::{Average, Classifier},
    classification_rate::{Rate, Trials},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

pub(super) const RATE: Rate = Rate {
    name: "F1",
    of: |c| {
        (
            2.0 * c.true_positive,
            2.0 * c.true_positive + c.false_positive + c.false_negative,
        )
    },
    trials: Trials::F1,
    lacks: "of or predicted as",
    zero_if_empty: false,
    more_is_better: true,
};

/// F1: the harmonic mean of precision and recall.
///
/// # Definition
/// 2 TP / (2 TP + FP + FN), where TP, FP, FN, TN count the rows of one class against the rest: truly so and
/// predicted so, wrongly predicted so, missed, and neither. Per class with label `class`; in multi-class tasks each class against the rest.
///
/// # Output
/// `value` without `class`: the average by `average`; `value` with `class`: of that class. 0–1; larger is better.
/// `lower` and `upper`: the 95 % interval of the value without `class` if the rows were drawn again (Wilson's, through TP / (TP + FP + FN); of an average
/// over classes the normal one, classes taken as independent).
///
/// # Missing values
/// Rows whose target or prediction (or score, where labels come from scores) is missing or not finite are left out and
/// counted in a note; no row left is the error `not_enough_data`.
/// Where no row is of the positive class nor predicted so there is no F1: the error `undefined`.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at least its value less 20 %. Without: above what labels drawn at random with the target's
/// frequencies are expected to reach.
/// DIFFERENCE: Evidently's bound is two-sided, so that a better model fails; and its baseline is one random draw, not the
/// expectation.
///
/// # Source
/// scikit-learn `f1_score`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct F1 {
    /// Score at or above which a row counts as positive; binary tasks only. Default: the label of the prediction column,
    /// without one the task's threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    /// How the classes' values become one. Default: `binary` (the positive class) in binary tasks, else `macro`.
    #[serde(default)]
    average: Option<Average>,
    #[serde(skip)]
    classifier: Classifier,
}

impl F1 {
    fn averaged(&self) -> Average {
        self.average.unwrap_or(Average::Macro)
    }
}

impl Metric for F1 {
    const ID: &'static str = "classification.f1";
    const FIELDS: &'static [&'static str] = &["value", "lower", "upper"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let (classifier, threshold) = Classifier::labelled(Self::ID, definition, self.threshold)?;
        let average = Some(classifier.average(Self::ID, self.average)?);
        Ok(Self {
            threshold,
            average,
            classifier,
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.classifier.confusion().into_iter().collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        RATE.evaluate(&self.classifier, self.averaged(), profiles)
    }

    fn default_bound(
        &self,
        _field: &str,
        labels: &Labels,
        reference: Option<f64>,
        profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        RATE.bound(&self.classifier, self.averaged(), labels, reference, profiles)
    }
}
