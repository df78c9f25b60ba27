//! `ranking.score_entropy`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::near,
    mean,
    ranking::{ListsOf, length, top},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec, statistics::Ranked};

/// Score entropy: how evenly the scores of a list are spread over its items.
///
/// # Definition
/// Mean over users of −Σ p log p with p the softmax of the first k scores.
///
/// # Input
/// A `user` column and a `score` column.
///
/// # Output
/// `value` in nats, 0 (one item takes all) to log k (all alike).
///
/// # Missing values
/// Rows without user or finite score are left out, with a note.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sample of the users, with a note; 512 rows of a stored profile. Cost: O(rows · log rows).
///
/// # Default bound
/// Within 10 % of the reference.
///
/// # Source
/// Evidently `ScoreDistribution`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScoreEntropy {
    /// Length of the list. Default: `data.k`, else 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<usize>,
    #[serde(skip)]
    columns: ListsOf,
}

impl Metric for ScoreEntropy {
    const ID: &'static str = "ranking.score_entropy";
    const FIELDS: &'static [&'static str] = &["value"];
    const RANGE: Range = Range::SIZE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        if !definition.scores().contains_key(&None) {
            return Err(SpecError::Definition {
                metric: Self::ID.to_owned(),
                needs: "a `score` column".to_owned(),
            });
        }
        Ok(Self {
            k: Some(length(Self::ID, self.k, definition)?),
            columns: ListsOf::of(Self::ID, definition)?,
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.columns.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let lists = self.columns.lists(profiles.current)?;
        let k = self.k.unwrap_or_default();
        let entropy = |list: &[Ranked]| {
            let most = list.first().map_or(0.0, |r| r.order);
            let weights: Vec<f64> = list.iter().map(|r| (r.order - most).exp()).collect();
            let sum: f64 = weights.iter().sum();
            let term = |w: &f64| if *w > 0.0 { -(w / sum) * (w / sum).ln() } else { 0.0 };
            weights.iter().map(term).sum::<f64>()
        };
        let own = lists.lists().map(|list| entropy(top(list, k)));
        let value = mean(own).ok_or_else(|| EvaluateError::NotEnough("no user has a list".to_owned()))?;
        Ok(self
            .columns
            .noted(Evaluation::of(vec![Point::new("value", value)]), lists))
    }

    fn default_bound(&self, _: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        reference.map(near)
    }
}
