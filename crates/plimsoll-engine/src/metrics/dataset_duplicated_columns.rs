//! `dataset.duplicated_columns`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most, equal},
    dataset::{all_columns, rows, rows_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Pairs of columns with the same value in every row.
///
/// # Definition
/// Number of pairs {i, j} of columns that are not ignored whose cells are equal in every row. Numbers are equal whatever their
/// type; a number is never equal to a text.
///
/// # Output
/// `count` of pairs; larger is worse.
///
/// # Missing values
/// Null and NaN are missing; missing cells are equal to each other. No row: 0.
///
/// # Accuracy
/// Exact but for collisions of 64-bit digests.
///
/// # Default bound
/// With a reference: at most its count. Without: 0.
///
/// # Source
/// Evidently `DatasetSummaryMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicatedColumns {
    #[serde(skip)]
    columns: Vec<String>,
}

impl Metric for DuplicatedColumns {
    const ID: &'static str = "dataset.duplicated_columns";
    const FIELDS: &'static [&'static str] = &["count"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            columns: all_columns(definition),
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![rows_spec(&self.columns)]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let pairs = rows(profiles.current, &self.columns)?.duplicated_pairs();
        Ok(Evaluation::of(vec![Point::new("count", pairs as f64)]))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        Some(reference.map_or_else(|| equal(0.0), at_most))
    }
}
