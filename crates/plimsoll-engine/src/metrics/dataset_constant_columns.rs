//! `dataset.constant_columns`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most, equal},
    column::Column,
    dataset::{count_columns, different, different_specs, monitored},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Columns with at most one different value.
///
/// # Definition
/// Features, target, prediction and scores with at most one different value in a slice that has rows; a column without any
/// value is constant.
///
/// # Output
/// `count` of columns; `share` of the columns, 0–1; a note names them. Larger is worse.
///
/// # Missing values
/// Null and NaN are missing and no value. No row: 0.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at most its value. Without: 0.
///
/// # Source
/// Evidently `DatasetSummaryMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConstantColumns {
    #[serde(skip)]
    columns: Vec<Column>,
}

impl Metric for ConstantColumns {
    const ID: &'static str = "dataset.constant_columns";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            columns: monitored(definition).iter().map(Column::from).collect(),
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.columns.iter().flat_map(different_specs).collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let columns = self.columns.iter().map(|c| c.name.as_str());
        Ok(count_columns(columns, |name| {
            let column = self.columns.iter().find(|c| c.name == name);
            let different = column.map(|c| different(profiles.current, c)).transpose()?;
            Ok(different.is_some_and(|d| d.count <= 1) && profiles.current.rows() > 0)
        }))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        Some(reference.map_or_else(|| equal(0.0), at_most))
    }
}
