//! `regression.r2`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    interval::{normal, points},
    regression::{Columns, TOLERANCE, not_below},
};
use crate::{
    EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec,
    statistics::{ErrorProducts, Errors},
};

/// Coefficient of determination R²: the share of the target's variance that the predictions explain.
///
/// # Definition
/// R² = 1 − Σ (ŷ − y)² / Σ (y − ȳ)² over the rows with a finite target y (of mean ȳ) and a finite prediction ŷ.
///
/// # Output
/// `value` ≤ 1; 1 is perfect, 0 is as good as always predicting the mean, below 0 is worse than that. `lower` and `upper`: its 95 %
/// interval if the rows were drawn again (normal, by the delta method); none of fewer than ten rows.
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
    const FIELDS: &'static [&'static str] = &["value", "lower", "upper"];
    const RANGE: Range = Range {
        most: 1.0,
        ..Range::ANY
    };

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            columns: Columns::of(Self::ID, definition)?,
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.columns.spec(), self.columns.products_spec()]
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
        let value = 1.0 - squared / variance;
        let products: &ErrorProducts = profiles.current.get(&self.columns.products_spec())?;
        let error = standard_error(errors, products);
        let ends = error.and_then(|error| normal(value, error, f64::NEG_INFINITY, 1.0));
        let found = std::iter::once(Point::new("value", value)).chain(points(ends));
        Ok(self.columns.evaluation(errors, found.collect()))
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

/// Rows without which the interval says nothing.
const FEWEST: u64 = 10;

/// Standard error of 1 − A / B, with A the mean of e² and B the variance of y: a row moves it by
/// −(e² − A) / B + A ((y − ȳ)² − B) / B², and the variance of that needs the fourth moments of e and y, single and mixed.
fn standard_error(errors: &Errors, products: &ErrorProducts) -> Option<f64> {
    let n = errors.n();
    if n < FEWEST || products.n() != n {
        return None;
    }
    let (mean, spread) = (errors.target().mean()?, errors.target().variance(0)?);
    let (size, size_spread) = (errors.squared().mean()?, errors.squared().variance(0)?);
    let (fourth, rows) = errors
        .target_distribution()
        .sample()
        .runs()
        .fold((0.0, 0.0), |(sum, rows), (y, count)| {
            (sum + count as f64 * (y - mean).powi(4), rows + count as f64)
        });
    let together = products.squared_error_by_squared_target()? - 2.0 * mean * products.squared_error_by_target()?
        + mean * mean * size
        - size * spread;
    let by_target = size / spread;
    let moved = size_spread + by_target * by_target * (fourth / rows - spread * spread) - 2.0 * by_target * together;
    let error = (moved.max(0.0) / n as f64).sqrt() / spread;
    error.is_finite().then_some(error)
}
