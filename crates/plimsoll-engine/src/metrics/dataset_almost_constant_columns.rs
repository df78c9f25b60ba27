//! `dataset.almost_constant_columns`.

use plimsoll_model::{Bound, ColumnSpec, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most, equal},
    column::{Column, values_spec},
    dataset::{count_columns, monitored, share},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Columns where one value holds nearly every row.
///
/// # Definition
/// Features, target, prediction and scores whose most common value holds at least `threshold` of all rows.
///
/// # Output
/// `count` of columns; `share` of the columns, 0–1; a note names them. Larger is worse.
///
/// # Missing values
/// Missing cells are no value but count among the rows. No row: 0.
///
/// # Accuracy
/// Exact; of a column with more values than a profile keeps, a lower bound.
///
/// # Default bound
/// With a reference: at most its value. Without: 0.
///
/// # Source
/// Evidently `DatasetSummaryMetric`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlmostConstantColumns {
    /// Share of rows that one value must hold, 0–1.
    #[serde(default = "most")]
    threshold: f64,
    #[serde(skip)]
    columns: Vec<ColumnSpec>,
}

impl Metric for AlmostConstantColumns {
    const ID: &'static str = "dataset.almost_constant_columns";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        if !(0.0..=1.0).contains(&self.threshold) {
            let problem = format!("`threshold` is {}, expected a share between 0 and 1", self.threshold);
            return Err(SpecError::Params {
                metric: Self::ID.to_owned(),
                problem,
            });
        }
        Ok(Self {
            columns: monitored(definition),
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.columns.iter().map(values_spec).collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let columns = self.columns.iter().map(|c| c.name.as_str());
        Ok(count_columns(columns, |name| {
            let spec = self.columns.iter().find(|c| c.name == name);
            let most = spec.map_or(Ok(0), |c| {
                Column::from(c).most_common(profiles.current).map(|most| most.1)
            })?;
            let rows = profiles.current.rows();
            Ok(rows > 0 && share(most, rows) >= self.threshold)
        }))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        Some(reference.map_or_else(|| equal(0.0), at_most))
    }
}

fn most() -> f64 {
    0.95
}
