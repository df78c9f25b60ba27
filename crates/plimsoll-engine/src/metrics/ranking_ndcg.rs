//! `ranking.ndcg`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ranking::{AtK, bound, ratio};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Normalised discounted cumulative gain at k: how near the order of a list is to the best one.
///
/// # Definition
/// Mean over users of DCG / ideal DCG, DCG = Σ relevance(i) / log₂(i + 1) over the places i ≤ k, the ideal with the user's
/// items by falling relevance. Relevance is the target itself, or 0 and 1 with `relevance_threshold`.
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
/// scikit-learn `ndcg_score`; Evidently `NDCGKMetric`. DIFFERENCE: Evidently 0.4 shows the value at k − 1, and fails for k = 1.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Ndcg(AtK);

/// Discounted gain of a list.
fn gain(relevance: &[f64]) -> f64 {
    let at = |(at, relevance): (usize, &f64)| relevance / ((at + 2) as f64).log2();
    relevance.iter().enumerate().map(at).sum()
}

impl Metric for Ndcg {
    const ID: &'static str = "ranking.ndcg";
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
            ratio(gain(&list.gains), gain(&list.ideal[..list.gains.len()]))
        })
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        bound(field, reference)
    }
}
