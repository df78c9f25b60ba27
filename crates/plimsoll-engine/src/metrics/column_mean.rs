//! `column.mean`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{bounds::near, column::Column};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Arithmetic mean of a numeric column.
///
/// # Definition
/// Σx / n over the n finite values x.
///
/// # Input
/// A numeric column; truth values count as 0 and 1.
///
/// # Output
/// `value` in the unit of the column.
///
/// # Missing values
/// Null, NaN and infinite values are left out; no value left is the error `not_enough_data`.
///
/// # Accuracy
/// Exact: sums are kept without rounding.
///
/// # Default bound
/// With a reference: within 10 % of its mean. Without: none. A tolerance in `sigmas` counts standard deviations of the
/// reference.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnMean {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnMean {
    const ID: &'static str = "column.mean";
    const FIELDS: &'static [&'static str] = &["value"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let settled = Column::numeric(Self::ID, definition, &self.column)?;
        Ok(Self { settled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.settled.moments_spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let moments = self.settled.moments(profiles.current)?;
        let value = moments.mean().unwrap_or(f64::NAN);
        Ok(Evaluation::of(vec![self.settled.point("value", value)]))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        reference.map(near)
    }

    fn spread(&self, reference: &crate::Profile) -> Option<f64> {
        self.settled.moments(reference).ok()?.std(1)
    }
}
