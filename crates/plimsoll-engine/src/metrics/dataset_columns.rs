//! `dataset.columns`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{above, equal},
    dataset::{all_columns, count, count_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Columns that the data has.
///
/// # Definition
/// Number of columns of the data definition that are not ignored and that the rows have.
///
/// # Output
/// `count` of columns.
///
/// # Missing values
/// Without rows the columns of the definition are counted.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: its count. Without: more than 0.
///
/// # Source
/// Evidently `DatasetSummaryMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetColumns {
    #[serde(skip)]
    columns: Vec<String>,
}

impl Metric for DatasetColumns {
    const ID: &'static str = "dataset.columns";
    const FIELDS: &'static [&'static str] = &["count"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            columns: all_columns(definition),
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.columns.iter().map(|c| count_spec(c)).collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let present = self
            .columns
            .iter()
            .filter(|c| count(profiles.current, c).is_ok())
            .count();
        Ok(Evaluation::of(vec![Point::new("count", present as f64)]))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        Some(reference.map_or_else(|| above(0.0), equal))
    }
}
