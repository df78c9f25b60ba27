//! `dataset.rows_with_missing`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most_about, equal},
    dataset::{all_columns, count_and_share},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec, statistics::Incomplete};

/// Rows that miss a value.
///
/// # Definition
/// Rows in which one or more of the columns that are not ignored are missing.
///
/// # Output
/// `count` of rows; `share` of the rows, 0–1. Larger is worse.
///
/// # Missing values
/// Null, NaN and the cells of `data.missing_values` are missing; so is the target of a row that has no label yet. No row: 0.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at most 10 % above its share, or its count scaled to the length of the window. Without: 0.
///
/// # Source
/// Evidently `DatasetMissingValuesMetric` (`number_of_rows_with_missing_values`).
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowsWithMissing {
    #[serde(skip)]
    columns: Vec<String>,
}

impl RowsWithMissing {
    fn spec(&self) -> StatisticSpec {
        StatisticSpec::Incomplete {
            columns: self.columns.clone(),
        }
    }
}

impl Metric for RowsWithMissing {
    const ID: &'static str = "dataset.rows_with_missing";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            columns: all_columns(definition),
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let rows: &Incomplete = profiles.current.get(&self.spec())?;
        Ok(Evaluation::of(count_and_share(rows.incomplete(), rows.rows())))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let expected = reference.map(|r| {
            if field == "count" {
                r / profiles.reference_windows
            } else {
                r
            }
        });
        Some(expected.map_or_else(|| equal(0.0), at_most_about))
    }
}
