//! `classification.precision`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::{Average, Classifier},
    classification_rate::{Rate, Trials},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

pub(super) const RATE: Rate = Rate {
    name: "precision",
    of: |c| (c.true_positive, c.true_positive + c.false_positive),
    trials: Trials::Rows,
    lacks: "predicted as",
    zero_if_empty: true,
    more_is_better: true,
};

/// Precision: the share of the rows predicted as a class that truly are of it.
///
/// # Definition
/// TP / (TP + FP), where TP, FP, FN, TN count the rows of one class against the rest: truly so and
/// predicted so, wrongly predicted so, missed, and neither. Per class with label `class`; in multi-class tasks each class against the rest.
///
/// # Output
/// `value` without `class`: the average by `average`; `value` with `class`: of that class. 0–1; larger is better.
/// `lower` and `upper`: the 95 % interval of the value without `class` if the rows were drawn again (Wilson's; of an average
/// over classes the normal one, classes taken as independent).
///
/// # Missing values
/// Rows whose target or prediction (or score, where labels come from scores) is missing or not finite are left out and
/// counted in a note; no row left is the error `not_enough_data`.
/// A class that no row is predicted as has precision 0, with a note (scikit-learn: `zero_division=0`).
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
/// scikit-learn `precision_score`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Precision {
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

impl Precision {
    fn averaged(&self) -> Average {
        self.average.unwrap_or(Average::Macro)
    }
}

impl Metric for Precision {
    const ID: &'static str = "classification.precision";
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
