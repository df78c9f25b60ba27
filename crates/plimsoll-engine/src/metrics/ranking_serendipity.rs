//! `ranking.serendipity`.

use std::collections::HashMap;

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::near,
    mean,
    ranking::{ListsOf, cosine, length, taken_by_user, top},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Serendipity: relevant items that are unlike what the user took to before.
///
/// # Definition
/// Mean over users of the mean over the first k items of relevant · (1 − mean cosine similarity to the user's items of the
/// past, by `features`), relevant being 1 for a target above 0 (or at least `relevance_threshold`), else 0.
/// The past is the reference: its rows with a target above 0, or all its rows where no target is known.
///
/// # Input
/// A `user` column, a `target`, a `score` (larger first) or a `prediction` with the rank (1 first), and numeric columns that
/// describe the item. A reference.
///
/// # Output
/// `value`, 0 to 2; larger is more serendipitous.
///
/// # Missing values
/// Rows without user or finite score are left out, with a note. Users whom the past lacks, and items that lack a feature, are left out; no user left is the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sample of the users, with a note; 512 rows of a stored profile. Cost: O(rows · log rows).
///
/// # Default bound
/// Within 10 % of the reference.
///
/// # Source
/// Evidently `SerendipityMetric`, whose training data are the reference here.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Serendipity {
    /// Length of the list. Default: `data.k`, else 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<usize>,
    /// Numeric columns that describe an item. Default: the numeric features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    features: Option<Vec<String>>,
    /// Target at or above which an item is relevant. Default: any target above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    relevance_threshold: Option<f64>,
    #[serde(skip)]
    columns: ListsOf,
}

impl Metric for Serendipity {
    const ID: &'static str = "ranking.serendipity";
    const FIELDS: &'static [&'static str] = &["value"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let columns = ListsOf::of(Self::ID, definition)?.judged(Self::ID)?;
        let columns = columns.with_features(Self::ID, definition, self.features.as_deref())?;
        Ok(Self {
            k: Some(length(Self::ID, self.k, definition)?),
            columns,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.columns.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let lists = self.columns.lists(profiles.current)?;
        let k = self.k.unwrap_or_default();
        let past = self.columns.lists(profiles.reference(Self::ID)?)?;
        let past: HashMap<u64, Vec<_>> = taken_by_user(past).collect();
        let relevant = |relevance: Option<f64>| match (relevance, self.relevance_threshold) {
            (Some(relevance), Some(least)) => relevance >= least,
            (Some(relevance), None) => relevance > 0.0,
            (None, _) => false,
        };
        let own = lists.by_user().filter_map(|(user, list)| {
            let before = past.get(&user)?;
            mean(top(list, k).iter().filter_map(|item| {
                let alike = mean(before.iter().filter_map(|b| cosine(&item.features, &b.features)))?;
                Some(if relevant(item.relevance) { 1.0 - alike } else { 0.0 })
            }))
        });
        let value = mean(own).ok_or_else(|| {
            EvaluateError::NotEnough(
                "no user has items with all features in both the window and the reference".to_owned(),
            )
        })?;
        Ok(self
            .columns
            .noted(Evaluation::of(vec![Point::new("value", value)]), lists))
    }

    fn default_bound(&self, _: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        reference.map(near)
    }
}
