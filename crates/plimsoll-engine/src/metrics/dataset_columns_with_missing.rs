//! `dataset.columns_with_missing`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most, equal},
    dataset::{all_columns, count, count_columns, count_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Columns that miss a value.
///
/// # Definition
/// Columns that are not ignored and are missing in a row or more.
///
/// # Output
/// `count` of columns; `share` of the columns, 0–1; a note names them. Larger is worse.
///
/// # Missing values
/// Null, NaN and the cells of `data.missing_values` are missing. No row: 0.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at most its value. Without: 0.
///
/// # Source
/// Evidently `DatasetMissingValuesMetric` (`number_of_columns_with_missing_values`).
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnsWithMissing {
    #[serde(skip)]
    columns: Vec<String>,
}

impl Metric for ColumnsWithMissing {
    const ID: &'static str = "dataset.columns_with_missing";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            columns: all_columns(definition),
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.columns.iter().map(|c| count_spec(c)).collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let columns = self.columns.iter().map(String::as_str);
        Ok(count_columns(columns, |column| {
            Ok(count(profiles.current, column)?.missing() > 0)
        }))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        Some(reference.map_or_else(|| equal(0.0), at_most))
    }
}
