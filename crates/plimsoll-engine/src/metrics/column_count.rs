//! `column.count`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::near,
    column::Column,
    dataset::{count, count_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Rows with a value.
///
/// # Definition
/// Number of rows that are not missing, and their share of all rows.
///
/// # Input
/// A column of any kind.
///
/// # Output
/// `count` of rows; `share` of all rows, 0–1.
///
/// # Missing values
/// Null and NaN are missing; infinities and empty strings are values. No row: 0.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: within 10 % of its share, or of its count scaled to the length of the window. Without: none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnCount {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnCount {
    const ID: &'static str = "column.count";
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
            self.settled.count_and_share(count.present(), count.rows),
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
        expected.map(near)
    }
}
