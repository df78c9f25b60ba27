//! `ranking.item_bias`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ranking::{length, taken, top},
    ranking_bias::{ListColumn, bound},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Item bias: whether the items that are recommended are of another kind than those that users took before.
///
/// # Definition
/// The Jensen–Shannon distance, natural log, between the distribution of a column among the first k items of all lists and that
/// among the rows of the past: the reference's rows with a target above 0, or all its rows where no target is known.
///
/// # Input
/// A `user` column and a `score` (larger first) or a `prediction` with the rank (1 first); a numeric or categorical `column` that
/// describes the item. A reference.
///
/// # Output
/// `value`, 0 (alike) to √ln 2 ≈ 0.83. The detail holds both distributions.
///
/// # Missing values
/// Rows without user or finite score are left out, with a note; rows without a value of the column are left out.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sample of the users, with a note; 512 rows of a stored profile.
///
/// # Default bound
/// Below 0.1, the threshold of the drift test `jensenshannon`.
///
/// # Source
/// Evidently `ItemBiasMetric`, whose training data are the reference here. DIFFERENCE: Evidently draws the distributions and has
/// no value; it counts each item of the training data once, here each time that a user took it.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemBias {
    /// Name of the column.
    column: String,
    /// Length of the list. Default: `data.k`, else 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<usize>,
    #[serde(skip)]
    settled: ListColumn,
}

impl Metric for ItemBias {
    const ID: &'static str = "ranking.item_bias";
    const FIELDS: &'static [&'static str] = &["value"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            k: Some(length(Self::ID, self.k, definition)?),
            settled: ListColumn::of(Self::ID, definition, &self.column)?,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.settled.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let lists = self.settled.lists(profiles.current)?;
        let past = self.settled.lists(profiles.reference(Self::ID)?)?;
        let k = self.k.unwrap_or_default();
        let shown = lists.lists().flat_map(|list| top(list, k));
        self.settled.compare((lists, shown), (past, taken(past).flatten()))
    }

    fn default_bound(&self, _: &str, _: &Labels, _: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        bound()
    }
}
