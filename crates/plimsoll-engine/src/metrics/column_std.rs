//! `column.std`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{bounds::near, column::Column};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Standard deviation of a numeric column.
///
/// # Definition
/// √(Σ(x − x̄)² / (n − 1)) over the n finite values x.
///
/// # Input
/// A numeric column; truth values count as 0 and 1.
///
/// # Output
/// `value` in the unit of the column, ≥ 0.
///
/// # Missing values
/// Null, NaN and infinite values are left out; no value left is the error `not_enough_data`.
/// With one value it is null.
///
/// # Accuracy
/// Exact: sums are kept without rounding.
///
/// # Default bound
/// With a reference: within 10 % of its standard deviation. Without: none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnStd {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnStd {
    const ID: &'static str = "column.std";
    const FIELDS: &'static [&'static str] = &["value"];
    const RANGE: Range = Range::SIZE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let settled = Column::numeric(Self::ID, definition, &self.column)?;
        Ok(Self { settled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.settled.moments_spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let moments = self.settled.moments(profiles.current)?;
        let value = moments.std(1).unwrap_or(f64::NAN);
        Ok(Evaluation::of(vec![self.settled.point("value", value)]))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        reference.map(near)
    }
}
