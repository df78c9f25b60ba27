//! `column.min`.

use plimsoll_model::{Bound, ColumnKind, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{bounds::at_least, column::Column};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Smallest value of a column.
///
/// # Definition
/// min x over the finite values x.
///
/// # Input
/// A numeric column (truth values count as 0 and 1) or a column of moments.
///
/// # Output
/// `value` in the unit of the column; of moments, microseconds since the Unix epoch.
///
/// # Missing values
/// Null, NaN and infinite values are left out; no value left is the error `not_enough_data`.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at least its minimum. Without: none.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnMin {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnMin {
    const ID: &'static str = "column.min";
    const FIELDS: &'static [&'static str] = &["value"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let settled = Column::of_kind(
            Self::ID,
            definition,
            &self.column,
            "a numeric column or a moment",
            |kind| matches!(kind, ColumnKind::Numeric | ColumnKind::Boolean | ColumnKind::Datetime),
        )?;
        Ok(Self { settled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.settled.moments_spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let moments = self.settled.moments(profiles.current)?;
        let value = moments.min().unwrap_or(f64::NAN);
        Ok(Evaluation::of(vec![self.settled.point("value", value)]))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        reference.map(at_least)
    }
}
