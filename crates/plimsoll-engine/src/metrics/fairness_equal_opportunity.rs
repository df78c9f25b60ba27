//! `fairness.equal_opportunity`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fairness::{Groups, TPR, bound};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Equal opportunity: whether the positive rows of each group are found equally often.
///
/// # Definition
/// The rate of a group is the share of its truly positive rows that are predicted positive.
/// `difference` is the largest less the smallest of the groups' rates, `ratio` the smallest divided by the largest (1 if all
/// are 0).
///
/// # Input
/// A binary task, and a column with the groups.
///
/// # Output
/// With label `column`: `difference`, 0 (equal) to 1, and `ratio`, 1 (equal) to 0. By label `group`: `tpr`.
/// `lower` and `upper`: the 95 % interval of `difference` if the rows of the two groups that are furthest apart were drawn again
/// (Newcombe's). Of many groups the furthest are apart by chance alone, which it does not tell.
///
/// # Missing values
/// Rows without a group or a prediction are left out, with a note. Groups with fewer than `min_rows` rows to judge by are left
/// out, with a note; fewer than two groups left is the error `not_enough_data`.
///
/// # Accuracy
/// Exact; of a column with more than 1,000 values there is none.
///
/// # Default bound
/// `difference`: at most 0.1. `ratio`: at least 0.8, the four-fifths rule.
///
/// # Source
/// fairlearn `equal_opportunity_difference` and `_ratio`; Hardt, Price, Srebro (2016), Equality of Opportunity in Supervised Learning. DIFFERENCE: fairlearn counts groups of any size.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct EqualOpportunity(Groups);

impl Metric for EqualOpportunity {
    const ID: &'static str = "fairness.equal_opportunity";
    const FIELDS: &'static [&'static str] = &["difference", "ratio", "lower", "upper", "tpr"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        self.0.resolve(Self::ID, definition).map(Self)
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.0.requires()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        self.0.compare(profiles, &[TPR])
    }

    fn default_bound(&self, field: &str, _: &Labels, _: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        bound(field)
    }
}
