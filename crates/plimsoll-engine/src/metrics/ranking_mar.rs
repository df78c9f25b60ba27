//! `ranking.mar`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ranking::{AtK, bound, ratio};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Mean average recall at k: recall at each relevant item of the first k, per relevant item of the user.
///
/// # Definition
/// Mean over users of Σ recall(i) over the places i ≤ k with a relevant item, divided by all relevant items of the user.
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
/// Evidently `MARKMetric`, for rows sorted by rank. DIFFERENCE: Evidently takes the last row in file order for the item at k.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MeanAverageRecall(AtK);

impl Metric for MeanAverageRecall {
    const ID: &'static str = "ranking.mar";
    const FIELDS: &'static [&'static str] = &["value", "users", "lower", "upper"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        self.0.resolve(Self::ID, definition).map(Self)
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.0.requires()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        self.0.mean(profiles, |list| {
            let relevant = list.relevant();
            ratio(list.at_hits(|hits, _| hits / relevant), relevant)
        })
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        bound(field, reference)
    }
}
