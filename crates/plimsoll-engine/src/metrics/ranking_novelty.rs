//! `ranking.novelty`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::near,
    mean,
    ranking::{ListsOf, Popularity, length, top},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec, batch::MISSING};

/// Novelty: how little known the recommended items are.
///
/// # Definition
/// Mean over users of the mean of −log₂(past users of the item / past users) over the first k items.
/// The past is the reference: its rows with a target above 0, or all its rows where no target is known.
///
/// # Input
/// A `user` column, an `item` column, and a `score` (larger first) or a `prediction` with the rank (1 first). A reference.
///
/// # Output
/// `value` in bits, 0 or more; larger is more novel.
///
/// # Missing values
/// Rows without user or finite score are left out, with a note. Items that the past lacks, infinitely novel, are left out and counted in a note.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sample of the users, with a note; 512 rows of a stored profile. Cost: O(rows · log rows).
///
/// # Default bound
/// Within 10 % of the reference.
///
/// # Source
/// Evidently `NoveltyMetric`, whose training data are the reference here.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Novelty {
    /// Length of the list. Default: `data.k`, else 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<usize>,
    #[serde(skip)]
    columns: ListsOf,
}

impl Metric for Novelty {
    const ID: &'static str = "ranking.novelty";
    const FIELDS: &'static [&'static str] = &["value"];
    const RANGE: Range = Range::SIZE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            k: Some(length(Self::ID, self.k, definition)?),
            columns: ListsOf::of(Self::ID, definition)?.named(Self::ID)?,
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.columns.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let lists = self.columns.lists(profiles.current)?;
        let k = self.k.unwrap_or_default();
        let past = Popularity::of(self.columns.lists(profiles.reference(Self::ID)?)?)?;
        let bits = |item: u64| past.users.get(&item).map(|users| -(users / past.total).log2());
        let own = lists
            .lists()
            .filter_map(|list| mean(top(list, k).iter().filter_map(|r| bits(r.item))));
        let value = mean(own).ok_or_else(|| {
            EvaluateError::NotEnough("no recommended item was taken by a user of the reference".to_owned())
        })?;
        let new = lists.lists().flat_map(|list| top(list, k));
        let new = new.filter(|r| r.item != MISSING && bits(r.item).is_none()).count();
        let mut evaluation = Evaluation::of(vec![Point::new("value", value)]);
        if new > 0 {
            evaluation.notes.push(format!(
                "{new} recommendations of items that the reference lacks left out"
            ));
        }
        Ok(self.columns.noted(evaluation, lists))
    }

    fn default_bound(&self, _: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        reference.map(near)
    }
}
