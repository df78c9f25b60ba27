//! `column.quantile`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::near,
    column::{Column, note_sketch},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Quantiles of a numeric column.
///
/// # Definition
/// With the n finite values sorted, x₀ ≤ … ≤ xₙ₋₁, the q-quantile is x at position q (n − 1), linear between neighbours.
///
/// # Input
/// A numeric column; truth values count as 0 and 1.
///
/// # Output
/// One `value` a quantile, with label `quantile`, in the unit of the column.
///
/// # Missing values
/// Null, NaN and infinite values are left out; no value left is the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to 262,144 values a window, then from a sketch whose rank error a note states.
///
/// # Default bound
/// With a reference: within 10 % of its quantile. Without: none.
///
/// # Source
/// Hyndman and Fan 1996, type 7; NumPy `quantile`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnQuantile {
    /// Name of the column.
    column: String,
    /// Shares of the values at or below the quantiles, 0–1.
    #[serde(default = "quartiles")]
    quantiles: Vec<f64>,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnQuantile {
    const ID: &'static str = "column.quantile";
    const FIELDS: &'static [&'static str] = &["value"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        if let Some(q) = self.quantiles.iter().find(|q| !(0.0..=1.0).contains(*q)) {
            let problem = format!("`quantiles` holds {q}, expected shares between 0 and 1");
            return Err(SpecError::Params {
                metric: Self::ID.to_owned(),
                problem,
            });
        }
        let settled = Column::numeric(Self::ID, definition, &self.column)?;
        Ok(Self { settled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![StatisticSpec::Distribution {
            column: self.column.clone(),
        }]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let distribution = self.settled.distribution(profiles.current)?;
        let sample = distribution.sample();
        let value = |q: f64| {
            sample
                .quantile(q)
                .ok_or_else(|| self.settled.no_values(profiles.current))
        };
        let point = |q: &f64| Ok(self.settled.point("value", value(*q)?).with("quantile", q.to_string()));
        let mut evaluation = Evaluation::of(self.quantiles.iter().map(point).collect::<Result<_, EvaluateError>>()?);
        note_sketch(&mut evaluation, distribution);
        if profiles.reference.is_none() {
            evaluation.detail = self.settled.picture(profiles.current, None);
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (field, profiles);
        reference.map(near)
    }
}

fn quartiles() -> Vec<f64> {
    vec![0.25, 0.5, 0.75]
}
