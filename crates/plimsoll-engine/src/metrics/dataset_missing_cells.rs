//! `dataset.missing_cells`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most_about, equal},
    dataset::{all_columns, count, count_and_share, count_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Cells without a value.
///
/// # Definition
/// Number of missing cells over every column that is not ignored, and their share of rows × columns.
///
/// # Output
/// `count` of cells; `share` of all cells, 0–1. Larger is worse.
///
/// # Missing values
/// Null and NaN are missing; infinities and empty strings are values.
/// DIFFERENCE: Evidently also counts infinities and empty strings as missing; here they are `column.infinite` and the empty
/// category.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at most 10 % above its share, or its count scaled to the length of the window. Without: 0.
///
/// # Source
/// Evidently `DatasetSummaryMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MissingCells {
    #[serde(skip)]
    columns: Vec<String>,
}

impl Metric for MissingCells {
    const ID: &'static str = "dataset.missing_cells";
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
        let (mut missing, mut cells) = (0, 0);
        let mut notes = Vec::new();
        for column in &self.columns {
            match count(profiles.current, column) {
                Ok(count) => {
                    missing += count.missing();
                    cells += count.rows;
                }
                Err(error) => notes.push(format!("`{column}` left out: {error}")),
            }
        }
        Ok(Evaluation {
            notes,
            ..Evaluation::of(count_and_share(missing, cells))
        })
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
