//! `dataset.duplicated_rows`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{equal, near},
    dataset::{all_columns, count_and_share, rows, rows_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Rows that are equal to an earlier row.
///
/// # Definition
/// Rows − different rows, compared over every column that is not ignored.
///
/// # Output
/// `count` of rows; `share` of all rows, 0–1.
///
/// # Missing values
/// Null and NaN are missing; missing cells are equal to each other. No row: 0.
///
/// # Accuracy
/// Exact up to 1,048,576 different rows, then an estimate with a standard error of about 0.1 %.
///
/// # Default bound
/// With a reference: within 10 % of its share, or of its count scaled to the length of the window. Without: 0.
///
/// # Source
/// Evidently `DatasetSummaryMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicatedRows {
    #[serde(skip)]
    columns: Vec<String>,
}

impl Metric for DuplicatedRows {
    const ID: &'static str = "dataset.duplicated_rows";
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
        let mut evaluation = Evaluation::of(count_and_share(rows.duplicated_rows(), rows.rows()));
        if !rows.is_exact() {
            evaluation.exact = false;
            evaluation
                .notes
                .push("more than 1,048,576 different rows: the count is an estimate within about 0.2 %".to_owned());
        }
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
