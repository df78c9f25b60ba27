//! `ranking.diversity`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::near,
    mean,
    ranking::{ListsOf, cosine, length, top},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Diversity: how different the items within a user's list are.
///
/// # Definition
/// Mean over users of the mean cosine distance (1 − cosine) of the pairs among the first k items, by `features`.
///
/// # Input
/// A `user` column, a `score` (larger first) or a `prediction` with the rank (1 first), and numeric columns that describe the item.
///
/// # Output
/// `value`, 0 (all alike) to 2; larger is more diverse.
///
/// # Missing values
/// Rows without user or finite score are left out, with a note. Pairs of which an item lacks a feature, or has only zeros, are left out; no pair is the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sample of the users, with a note; 512 rows of a stored profile. Cost: O(rows · log rows).
///
/// # Default bound
/// Within 10 % of the reference.
///
/// # Source
/// Evidently `DiversityMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Diversity {
    /// Length of the list. Default: `data.k`, else 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<usize>,
    /// Numeric columns that describe an item. Default: the numeric features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    features: Option<Vec<String>>,
    #[serde(skip)]
    columns: ListsOf,
}

impl Metric for Diversity {
    const ID: &'static str = "ranking.diversity";
    const FIELDS: &'static [&'static str] = &["value"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let columns = ListsOf::of(Self::ID, definition)?;
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
        let own = lists.lists().filter_map(|list| {
            let items = top(list, k);
            let pairs = items.iter().enumerate();
            let pairs = pairs.flat_map(|(at, a)| items[at + 1..].iter().map(move |b| (a, b)));
            mean(pairs.filter_map(|(a, b)| Some(1.0 - cosine(&a.features, &b.features)?)))
        });
        let value =
            mean(own).ok_or_else(|| EvaluateError::NotEnough("no list has two items with all features".to_owned()))?;
        Ok(self
            .columns
            .noted(Evaluation::of(vec![Point::new("value", value)]), lists))
    }

    fn default_bound(&self, _: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        reference.map(near)
    }
}
