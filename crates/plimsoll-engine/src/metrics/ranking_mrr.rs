//! `ranking.mrr`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ranking::{AtK, bound};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Mean reciprocal rank at k: one over the place of the first relevant item.
///
/// # Definition
/// Mean over users of 1 / place of the first relevant item among the first k; 0 if there is none.
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
/// Evidently `MRRKMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct MeanReciprocalRank(AtK);

impl Metric for MeanReciprocalRank {
    const ID: &'static str = "ranking.mrr";
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
            list.gains
                .iter()
                .position(|g| *g > 0.0)
                .map_or(0.0, |at| 1.0 / (at + 1) as f64)
        })
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        bound(field, reference)
    }
}
