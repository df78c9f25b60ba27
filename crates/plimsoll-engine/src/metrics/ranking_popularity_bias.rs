//! `ranking.popularity_bias`.

use std::collections::HashMap;

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::near,
    mean,
    ranking::{ListsOf, Popularity, length, top},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec, batch::MISSING};

/// Popularity bias: whether users get the same few, well-known items.
///
/// # Definition
/// The past is the reference: its rows with a target above 0, or all its rows where no target is known.
/// `arp`, average recommendation popularity: the mean over users of the mean number of past users of their first k items,
/// with `normalize` divided by that of the most popular item. `coverage`: the share of the items of the past that are among the
/// first k of any user. `gini`: Gini coefficient, n / (n − 1) times, of the number of users who get an item, over the n items
/// that are recommended.
///
/// # Input
/// A `user` column, an `item` column, and a `score` (larger first) or a `prediction` with the rank (1 first). A reference.
///
/// # Output
/// `arp`, `coverage`, 0–1, `gini`, 0 (all items equally often) to 1 (always the same).
///
/// # Missing values
/// Rows without user or finite score are left out, with a note. Items that the past lacks count for `gini` only.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sample of the users, with a note; 512 rows of a stored profile. Cost: O(rows · log rows).
///
/// # Default bound
/// Within 10 % of the reference.
///
/// # Source
/// Evidently `PopularityBias`, whose training data are the reference here. DIFFERENCE: the coverage of Evidently's own
/// reference counts all its items, not the first k, and items that the training data lack.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PopularityBias {
    /// Length of the list. Default: `data.k`, else 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<usize>,
    /// Says whether `arp` is a share of the popularity of the most popular item.
    #[serde(default)]
    normalize: bool,
    #[serde(skip)]
    columns: ListsOf,
}

/// Gini coefficient of positive counts, without the bias of few: 0 where all are equal.
fn gini(mut counts: Vec<f64>) -> f64 {
    counts.sort_unstable_by(f64::total_cmp);
    let n = counts.len() as f64;
    let weighted: f64 = counts
        .iter()
        .enumerate()
        .map(|(at, count)| (2.0 * (at + 1) as f64 - n - 1.0) * count)
        .sum();
    if n < 2.0 {
        return 0.0;
    }
    weighted / ((n - 1.0) * counts.iter().sum::<f64>())
}

impl Metric for PopularityBias {
    const ID: &'static str = "ranking.popularity_bias";
    const FIELDS: &'static [&'static str] = &["arp", "coverage", "gini"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            k: Some(length(Self::ID, self.k, definition)?),
            columns: ListsOf::of(Self::ID, definition)?.named(Self::ID)?,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.columns.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let lists = self.columns.lists(profiles.current)?;
        let k = self.k.unwrap_or_default();
        let past = Popularity::of(self.columns.lists(profiles.reference(Self::ID)?)?)?;
        let most = past.users.values().copied().fold(0.0, f64::max);
        let unit = if self.normalize { most } else { 1.0 };
        let known = |item: u64| Some(past.users.get(&item)? / unit);
        let arp = lists
            .lists()
            .filter_map(|list| mean(top(list, k).iter().filter_map(|r| known(r.item))));
        let arp = mean(arp).ok_or_else(|| EvaluateError::NotEnough("no recommended item is known".to_owned()))?;
        let mut counts: HashMap<u64, f64> = HashMap::new();
        for ranked in lists
            .lists()
            .flat_map(|list| top(list, k))
            .filter(|r| r.item != MISSING)
        {
            *counts.entry(ranked.item).or_insert(0.0) += 1.0;
        }
        let covered = counts.keys().filter(|item| past.users.contains_key(item)).count();
        let coverage = covered as f64 / past.users.len() as f64;
        let points = vec![
            Point::new("arp", arp),
            Point::new("coverage", coverage),
            Point::new("gini", gini(counts.into_values().collect())),
        ];
        Ok(self.columns.noted(Evaluation::of(points), lists))
    }

    fn default_bound(&self, _: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        reference.map(near)
    }
}
