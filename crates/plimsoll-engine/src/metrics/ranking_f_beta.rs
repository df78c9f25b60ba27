//! `ranking.f_beta`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ranking::{AtK, Judged, bound, mean_error, ratio};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// F-beta at k: precision and recall at k in one number; recall counts `beta` times as much as precision.
///
/// # Definition
/// (1 + β²) · P · R / (β² · P + R), with P the mean precision at k and R the mean recall at k over users; 0 where both are 0.
///
/// # Input
/// A `user` column, a `target` with the relevance of the item (0 is none), and a `score` (larger first) or a `prediction` with
/// the rank (1 first). Equal scores are ordered by item.
///
/// # Output
/// `value`, 0–1, larger is better; `users` that it is the mean of. `lower` and `upper`: its 95 % interval if the users were drawn
/// again (Wilson's, by the spread between users); none of one user.
///
/// # Missing values
/// A row without target counts as not relevant; users of whom no target is known are left out. Rows without user or finite
/// score are left out, with a note. No user left is the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sample of the users, with a note; 512 rows of a stored profile. Cost: O(rows · log rows).
///
/// # Default bound
/// Within 10 % of the reference; without a reference above 0.
///
/// # Source
/// Evidently `FBetaTopKMetric`. DIFFERENCE: Evidently 0.4's test of it reads the value at k + 1.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FBeta {
    /// Length of the list that is judged. Default: `data.k`, else 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<usize>,
    /// Target at or above which an item is relevant. Default: any target above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    relevance_threshold: Option<f64>,
    /// Says whether users without a relevant item count, as 0.
    #[serde(default)]
    no_feedback_users: bool,
    /// How many times as much recall counts as precision.
    #[serde(default = "one")]
    beta: f64,
    #[serde(skip)]
    at: AtK,
}

fn one() -> f64 {
    1.0
}

impl Metric for FBeta {
    const ID: &'static str = "ranking.f_beta";
    const FIELDS: &'static [&'static str] = &["value", "users", "lower", "upper"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        if !(self.beta.is_finite() && self.beta > 0.0) {
            return Err(SpecError::Params {
                metric: Self::ID.to_owned(),
                problem: format!("`beta` is {}, expected a number above 0", self.beta),
            });
        }
        let at = AtK::new(self.k, self.relevance_threshold, self.no_feedback_users);
        let at = at.resolve(Self::ID, definition)?;
        Ok(Self { k: at.k, at, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.at.requires()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        self.at.combined(profiles, |users| {
            let mean = |of: fn(&Judged) -> f64| users.iter().map(of).sum::<f64>() / users.len() as f64;
            let (precision, recall) = (mean(Judged::precision), mean(Judged::recall));
            let square = self.beta * self.beta;
            let below = square * precision + recall;
            let value = ratio((1.0 + square) * precision * recall, below);
            // How the value moves with either mean, to the first order.
            let by_precision = (1.0 + square) * (recall / below).powi(2);
            let by_recall = (1.0 + square) * square * (precision / below).powi(2);
            let moved = |user: &Judged| by_precision * user.precision() + by_recall * user.recall();
            let moved: Vec<f64> = users.iter().map(moved).collect();
            let middle = by_precision * precision + by_recall * recall;
            (value, mean_error(&moved, middle))
        })
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        bound(field, reference)
    }
}
