//! `column.distinct`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{above, near},
    column::Column,
    dataset::{different, different_specs},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Different values of a column.
///
/// # Definition
/// Number of different values, and their share of all rows.
///
/// # Input
/// A column of any kind.
///
/// # Output
/// `count` of values; `share` of all rows, 0–1.
///
/// # Missing values
/// Null and NaN are no value; +∞ and −∞ are values. No row: 0.
///
/// # Accuracy
/// Exact up to 65,536 different values, and for numbers up to 262,144 values a window; then an estimate with a standard
/// error of about 0.5 %.
///
/// # Default bound
/// With a reference: within 10 % of its value. Without: more than 1 (`count`).
///
/// # Source
/// Evidently `ColumnSummaryMetric`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnDistinct {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnDistinct {
    const ID: &'static str = "column.distinct";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let settled = Column::of(Self::ID, definition, &self.column)?;
        Ok(Self { settled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        different_specs(&self.settled)
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let different = different(profiles.current, &self.settled)?;
        let mut evaluation = Evaluation::of(self.settled.count_and_share(different.count, profiles.current.rows()));
        if different.error > 0.0 {
            evaluation.exact = false;
            let error = 100.0 * different.error;
            evaluation
                .notes
                .push(format!("an estimate with a standard error of {error:.1} %"));
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = profiles;
        match reference {
            Some(value) => Some(near(value)),
            None => (field == "count").then(|| above(1.0)),
        }
    }
}
