//! `regression.r2`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::regression::{Columns, TOLERANCE, not_below};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Coefficient of determination R²: the share of the target's variance that the predictions explain.
///
/// # Definition
/// R² = 1 − Σ (ŷ − y)² / Σ (y − ȳ)² over the rows with a finite target y (of mean ȳ) and a finite prediction ŷ.
///
/// # Output
/// `value` ≤ 1; 1 is perfect, 0 is as good as always predicting the mean, below 0 is worse than that.
///
/// # Missing values
/// Rows where target or prediction is null, NaN or infinite are left out and counted in a note; no row left is the
/// error `not_enough_data`.
/// One row, or a constant target, is the error `undefined`.
/// DIFFERENCE: scikit-learn answers 0 or 1 for a constant target.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at least its value less 10 %. Without: above 0.
/// DIFFERENCE: Evidently's bound is two-sided, so that a better model fails; here better is never worse.
///
/// # Source
/// scikit-learn `r2_score`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RSquared {
    #[serde(skip)]
    columns: Columns,
}

impl Metric for RSquared {
    const ID: &'static str = "regression.r2";
    const FIELDS: &'static [&'static str] = &["value"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            columns: Columns::of(Self::ID, definition)?,
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.columns.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let errors = self.columns.errors(profiles.current)?;
        let target = errors.target();
        let (Some(variance), Some(squared)) = (target.variance(0), errors.squared().mean()) else {
            return Err(EvaluateError::NotEnough("R² needs two rows or more".to_owned()));
        };
        if variance <= 0.0 {
            let message = format!(
                "R² is undefined: `{}` is constant in this window",
                self.columns.target()
            );
            return Err(EvaluateError::Math(message));
        }
        Ok(self
            .columns
            .evaluation(errors, vec![Point::new("value", 1.0 - squared / variance)]))
    }

    fn default_bound(
        &self,
        _field: &str,
        _labels: &Labels,
        reference: Option<f64>,
        _profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        not_below(reference, TOLERANCE, Some(0.0))
    }
}
