//! `regression.rmse`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    interval::{mean, points},
    regression::{Columns, TOLERANCE, not_above},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Root mean squared error: the typical size of an error, large errors weighing more.
///
/// # Definition
/// RMSE = √(Σ (ŷ − y)² / n) over the n rows with a finite target y and a finite prediction ŷ.
///
/// # Output
/// `value` in the unit of the target, ≥ 0; larger is worse. `lower` and `upper`: its 95 % interval if the rows were drawn again, the
/// roots of the interval of the mean of the squares; absent with fewer than two rows.
///
/// # Missing values
/// Rows where target or prediction is null, NaN or infinite are left out and counted in a note; no row left is the
/// error `not_enough_data`.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at most 10 % above its value. Without: below the standard deviation (divisor n) of the target, which
/// is the RMSE of always predicting its mean.
/// DIFFERENCE: Evidently's bound is two-sided, so that a better model fails; here better is never worse.
///
/// # Source
/// scikit-learn `root_mean_squared_error`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RootMeanSquaredError {
    #[serde(skip)]
    columns: Columns,
}

impl Metric for RootMeanSquaredError {
    const ID: &'static str = "regression.rmse";
    const FIELDS: &'static [&'static str] = &["value", "lower", "upper"];
    const RANGE: Range = Range::SIZE;

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
        let squared = errors.squared();
        let value = squared.mean().unwrap_or(f64::NAN).sqrt();
        // The root of the interval's ends, for the error of a root depends on where it is drawn.
        let interval = squared.mean().and_then(|m| mean(m, squared.std(1), squared.n(), 0.0));
        let ends = interval.map(|(lower, upper)| (lower.sqrt(), upper.sqrt()));
        let value = std::iter::once(Point::new("value", value));
        Ok(self.columns.evaluation(errors, value.chain(points(ends)).collect()))
    }

    fn default_bound(
        &self,
        _field: &str,
        _labels: &Labels,
        reference: Option<f64>,
        profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        let baseline = || self.columns.errors(profiles.current).ok()?.target().std(0);
        not_above(reference, TOLERANCE, baseline())
    }
}
