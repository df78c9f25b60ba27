//! `ranking.personalization`.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::{Bound, CategoryShare, DataDefinition, Detail, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::near,
    ranking::{ListsOf, length, top},
    significant,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec, batch::MISSING};

/// Items that the detail names.
const SHOWN: usize = 10;

/// Personalisation: how different the users' lists are.
///
/// # Definition
/// 1 − the mean, over pairs of users, of the cosine of their lists: the items that two lists of k items share, divided by k
/// (shorter lists by √(lengths of both)).
///
/// # Input
/// A `user` column, an `item` column, and a `score` (larger first) or a `prediction` with the rank (1 first).
///
/// # Output
/// `value`, 0 (all users get the same) to 1 (no two users share an item). The most recommended items as detail.
///
/// # Missing values
/// Rows without user or finite score are left out, with a note. Fewer than two users with items are the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sample of the users, with a note; 512 rows of a stored profile. Cost: O(rows · log rows).
///
/// # Default bound
/// Within 10 % of the reference.
///
/// # Source
/// Evidently `PersonalizationMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Personalization {
    /// Length of the list. Default: `data.k`, else 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<usize>,
    #[serde(skip)]
    columns: ListsOf,
}

impl Metric for Personalization {
    const ID: &'static str = "ranking.personalization";
    const FIELDS: &'static [&'static str] = &["value"];
    const RANGE: Range = Range::SHARE;

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
        let mut users = 0.0;
        // By item: users who get it, and the sum of one over the root of the length of their lists.
        let mut items: BTreeMap<u64, (u64, f64)> = BTreeMap::new();
        for list in lists.lists() {
            let own: BTreeSet<u64> = top(list, k).iter().map(|r| r.item).filter(|i| *i != MISSING).collect();
            users += f64::from(u8::from(!own.is_empty()));
            for item in &own {
                let (got, weight) = items.entry(*item).or_default();
                *got += 1;
                *weight += (own.len() as f64).sqrt().recip();
            }
        }
        if users < 2.0 {
            return Err(EvaluateError::NotEnough(format!(
                "{users} users with items, expected at least 2"
            )));
        }
        let shared: f64 = items.values().map(|(_, weight)| weight * weight).sum();
        let value = 1.0 - (shared - users) / (users * (users - 1.0));
        let mut most: Vec<(u64, u64)> = items.iter().map(|(item, (got, _))| (*item, *got)).collect();
        most.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| lists.name(a.0).cmp(&lists.name(b.0))));
        let share = |(item, got): (u64, u64)| CategoryShare {
            category: lists.name(item).map(str::to_owned),
            current: significant(got as f64 / users),
            reference: None,
        };
        let mut evaluation = Evaluation::of(vec![Point::new("value", value)]);
        evaluation.detail = Some(Detail::CategoryPair {
            categories: most.into_iter().take(SHOWN).map(share).collect(),
        });
        Ok(self.columns.noted(evaluation, lists))
    }

    fn default_bound(&self, _: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        reference.map(near)
    }
}
