//! `column.missing`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most_about, equal},
    column::Column,
    dataset::{count, count_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Rows without a value.
///
/// # Definition
/// Number of rows that are missing, and their share of all rows.
///
/// # Input
/// A column of any kind.
///
/// # Output
/// `count` of rows; `share` of all rows, 0–1. Larger is worse.
///
/// # Missing values
/// Null and NaN are missing; infinities (`column.infinite`) and empty strings (a category) are values. No row: 0.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at most 10 % above its share, or its count scaled to the length of the window. Without: 0.
///
/// # Source
/// Evidently `ColumnMissingValuesMetric`, which also counts infinities and empty strings.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnMissing {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnMissing {
    const ID: &'static str = "column.missing";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let settled = Column::of(Self::ID, definition, &self.column)?;
        Ok(Self { settled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![count_spec(&self.column)]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let count = count(profiles.current, &self.column)?;
        Ok(Evaluation::of(
            self.settled.count_and_share(count.missing(), count.rows),
        ))
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
