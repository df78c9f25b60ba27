//! `dataset.empty_rows`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{equal, near},
    dataset::{all_columns, count_and_share, rows, rows_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Rows without any value.
///
/// # Definition
/// Rows where every column that is not ignored is missing.
///
/// # Output
/// `count` of rows; `share` of all rows, 0–1.
///
/// # Missing values
/// Null and NaN are missing; missing cells are equal to each other. No row: 0.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: within 10 % of its share, or of its count scaled to the length of the window. Without: 0.
///
/// # Source
/// Evidently `DatasetSummaryMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmptyRows {
    #[serde(skip)]
    columns: Vec<String>,
}

impl Metric for EmptyRows {
    const ID: &'static str = "dataset.empty_rows";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            columns: all_columns(definition),
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![rows_spec(&self.columns)]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let rows = rows(profiles.current, &self.columns)?;
        let evaluation = Evaluation::of(count_and_share(rows.empty_rows(), rows.rows()));
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let expected = reference.map(|r| {
            if field == "count" {
                r / profiles.reference_windows
            } else {
                r
            }
        });
        Some(expected.map_or_else(|| equal(0.0), near))
    }
}
