//! `ranking.precision`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ranking::{AtK, Judged, bound};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Precision at k: the share of the first k items of a list that is relevant.
///
/// # Definition
/// Mean over users of (relevant items among the first k) / min(k, items of the list).
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
/// Evidently `PrecisionTopKMetric`. DIFFERENCE: Evidently 0.4's test of it reads the value at k + 1.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct RankingPrecision(AtK);

impl Metric for RankingPrecision {
    const ID: &'static str = "ranking.precision";
    const FIELDS: &'static [&'static str] = &["value", "users", "lower", "upper"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        self.0.resolve(Self::ID, definition).map(Self)
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.0.requires()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        self.0.mean(profiles, Judged::precision)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        bound(field, reference)
    }
}
