//! `dataset.almost_duplicated_columns`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most, equal},
    dataset::{all_columns, rows, rows_spec},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Pairs of columns that agree in nearly every row.
///
/// # Definition
/// Number of pairs {i, j} of columns that are not ignored whose cells are equal in at least `threshold` of the rows.
///
/// # Output
/// `count` of pairs; larger is worse.
///
/// # Missing values
/// Null and NaN are missing; missing cells are equal to each other. No row: 0.
/// DIFFERENCE: Evidently takes missing cells as unequal, so that a column and its copy with gaps are no pair there.
///
/// # Accuracy
/// Exact up to 128 columns; with more the metric is an error that says so.
///
/// # Default bound
/// With a reference: at most its count. Without: 0.
///
/// # Source
/// Evidently `DatasetSummaryMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlmostDuplicatedColumns {
    /// Share of rows that must agree, 0–1.
    #[serde(default = "most")]
    threshold: f64,
    #[serde(skip)]
    columns: Vec<String>,
}

impl Metric for AlmostDuplicatedColumns {
    const ID: &'static str = "dataset.almost_duplicated_columns";
    const FIELDS: &'static [&'static str] = &["count"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        if !(0.0..=1.0).contains(&self.threshold) {
            let problem = format!("`threshold` is {}, expected a share between 0 and 1", self.threshold);
            return Err(SpecError::Params {
                metric: Self::ID.to_owned(),
                problem,
            });
        }
        Ok(Self {
            columns: all_columns(definition),
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![rows_spec(&self.columns)]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let pairs = rows(profiles.current, &self.columns)?
            .almost_duplicated_pairs(self.threshold)
            .ok_or_else(|| {
                EvaluateError::Math(format!(
                    "{} columns are too many to compare in pairs, at most 128",
                    self.columns.len()
                ))
            })?;
        Ok(Evaluation::of(vec![Point::new("count", pairs as f64)]))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        Some(reference.map_or_else(|| equal(0.0), at_most))
    }
}

fn most() -> f64 {
    0.95
}
