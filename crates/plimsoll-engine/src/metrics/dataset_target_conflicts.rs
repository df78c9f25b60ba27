//! `dataset.target_conflicts`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::equal,
    dataset::{Conflicting, conflicting},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Rows with the same features as another row and a target of their own: labels in the data contradict each other.
///
/// # Definition
/// Rows whose features all equal those of another row, while no other row has these features with this target.
///
/// # Input
/// A target column, and at least one feature.
///
/// # Output
/// `count` of rows; `share` of all rows, 0–1. Larger is worse.
///
/// # Missing values
/// Null and NaN are missing; missing cells are equal to each other, and a missing target is one too. No row: 0.
///
/// # Accuracy
/// Exact up to 262,144 different rows, then an estimate from a half, a quarter … of them, with a note. From a stored profile
/// an estimate from 256 different rows.
///
/// # Default bound
/// 0.
///
/// # Source
/// Evidently `ConflictTargetMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetConflicts {
    #[serde(skip)]
    columns: Conflicting,
}

impl Metric for TargetConflicts {
    const ID: &'static str = "dataset.target_conflicts";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let label = definition.target().map(|c| c.name.as_str());
        Ok(Self {
            columns: Conflicting::of(Self::ID, definition, "target", label)?,
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.columns.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        conflicting(profiles.current, &self.columns)
    }

    fn default_bound(&self, _: &str, _: &Labels, _: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        Some(equal(0.0))
    }
}
