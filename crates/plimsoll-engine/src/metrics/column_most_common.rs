//! `column.most_common`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{below, near},
    column::{Column, note_sketch},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Rows of the most common value.
///
/// # Definition
/// Number of rows that hold the value which most rows hold, and their share of all rows; of equals the first in order.
///
/// # Input
/// A column of any kind.
///
/// # Output
/// `count` of rows; `share` of all rows, 0–1. A note names the value.
///
/// # Missing values
/// Null, NaN and infinities are no value but count among the rows. No row: 0.
/// DIFFERENCE: Evidently lets null be the most common value.
///
/// # Accuracy
/// Exact; of a column with more values than a profile keeps, a lower bound.
///
/// # Default bound
/// With a reference: within 10 % of its value. Without: `share` below 0.8.
///
/// # Source
/// Evidently `ColumnSummaryMetric`, `TestMostCommonValueShare`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnMostCommon {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnMostCommon {
    const ID: &'static str = "column.most_common";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let settled = Column::of(Self::ID, definition, &self.column)?;
        Ok(Self { settled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.settled.values()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let profile = profiles.current;
        let most = self.settled.most_common(profile)?;
        let (value, count) = (&most.0, most.1);
        let mut evaluation = Evaluation::of(self.settled.count_and_share(count, profile.rows()));
        if count > 0 {
            evaluation.notes.push(format!("most common is `{value}`"));
        }
        if self.settled.is_ordered() {
            note_sketch(&mut evaluation, self.settled.distribution(profile)?);
        } else if profiles.reference.is_none() {
            evaluation.detail = self.settled.picture(profile, None);
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = profiles;
        match reference {
            Some(value) => Some(near(value)),
            None => (field == "share").then(|| below(0.8)),
        }
    }
}
