//! `dataset.rows`.

use plimsoll_model::{Bound, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::{above, near};
use crate::{EvaluateError, Evaluation, Metric, Profiles, StatisticSpec};

/// Rows of the slice.
///
/// # Definition
/// Number of rows.
///
/// # Output
/// `count` of rows.
///
/// # Missing values
/// A row counts whatever it lacks. No row: 0.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: within 10 % of its rows, scaled to the length of the window. Without: more than 30.
/// DIFFERENCE: Evidently does not scale, so that a day never matches a reference of two weeks.
///
/// # Source
/// Evidently `DatasetSummaryMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetRows {}

impl Metric for DatasetRows {
    const ID: &'static str = "dataset.rows";
    const FIELDS: &'static [&'static str] = &["count"];

    fn requires(&self) -> Vec<StatisticSpec> {
        Vec::new()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        Ok(Evaluation::of(vec![Point::new(
            "count",
            profiles.current.rows() as f64,
        )]))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = field;
        Some(reference.map_or_else(|| above(30.0), |rows| near(rows / profiles.reference_windows)))
    }
}
