//! `column.in_range`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::at_least,
    column::{Column, note_sketch},
    dataset::{count, count_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec, statistics::Distribution};

/// Values within a range.
///
/// # Definition
/// Number of values x with `left` ≤ x ≤ `right`, and their share of the values.
///
/// # Input
/// A numeric column; truth values count as 0 and 1.
///
/// # Output
/// `count` of values; `share` of the values that are not missing, 0–1. Smaller is worse.
///
/// # Missing values
/// Null and NaN are left out; infinities are values out of range. No value is the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to 262,144 values a window, then from a sketch whose rank error a note states.
///
/// # Default bound
/// Every value is within the range.
///
/// # Source
/// Evidently `ColumnValueRangeMetric`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnInRange {
    /// Name of the column.
    column: String,
    /// Smallest value within; without it, the reference's smallest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    left: Option<f64>,
    /// Largest value within; without it, the reference's largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    right: Option<f64>,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnInRange {
    const ID: &'static str = "column.in_range";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let settled = Column::numeric(Self::ID, definition, &self.column)?;
        Ok(Self { settled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![
            StatisticSpec::Distribution {
                column: self.column.clone(),
            },
            count_spec(&self.column),
        ]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let bound = |given: Option<f64>, end: fn(&Distribution) -> Option<f64>| match given {
            Some(value) => Ok(value),
            None => end(self.settled.distribution(profiles.reference(Self::ID)?)?)
                .ok_or_else(|| EvaluateError::NotEnough(format!("the reference has no value of `{}`", self.column))),
        };
        let (left, right) = (
            bound(self.left, Distribution::min)?,
            bound(self.right, Distribution::max)?,
        );
        let distribution = self.settled.distribution(profiles.current)?;
        let within = distribution.sample().within(left, right);
        let present = count(profiles.current, &self.column)?.present();
        let mut evaluation = Evaluation::of(self.settled.count_and_share(within, present));
        if present == 0 {
            return Err(self.settled.no_values(profiles.current));
        }
        evaluation.resolved.insert("left".to_owned(), left.into());
        evaluation.resolved.insert("right".to_owned(), right.into());
        note_sketch(&mut evaluation, distribution);
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = reference;
        let present = count(profiles.current, &self.column).ok()?.present();
        Some(at_least(if field == "count" { present as f64 } else { 1.0 }))
    }
}
