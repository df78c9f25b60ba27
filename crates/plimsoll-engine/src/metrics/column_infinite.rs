//! `column.infinite`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most, equal},
    column::Column,
    dataset::{count, count_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Infinite values of a column.
///
/// # Definition
/// Number of rows that are +∞ or −∞, and their share of all rows.
///
/// # Input
/// A column of any kind.
///
/// # Output
/// `count` of rows; `share` of all rows, 0–1. Larger is worse.
///
/// # Missing values
/// Null and NaN are not infinite. No row: 0.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at most its value. Without: 0.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnInfinite {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnInfinite {
    const ID: &'static str = "column.infinite";
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
            self.settled.count_and_share(count.infinite(), count.rows),
        ))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        Some(reference.map_or_else(|| equal(0.0), at_most))
    }
}
