//! `regression.mae`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    regression::{Columns, TOLERANCE, mean_points, not_above},
    regression_baseline::median_distance,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Mean absolute error: how far predictions lie from the target on average.
///
/// # Definition
/// MAE = Σ |ŷ − y| / n over the n rows with a finite target y and a finite prediction ŷ; `std` is the standard deviation
/// of |ŷ − y| with divisor n − 1.
///
/// # Output
/// `value` and `std` in the unit of the target, ≥ 0; larger is worse. `lower` and `upper`: the 95 % interval of `value` if the rows
/// were drawn again, `value` ± 1.96 `std` / √n. `std` and interval are absent with fewer than two rows.
///
/// # Missing values
/// Rows where target or prediction is null, NaN or infinite are left out and counted in a note; no row left is the
/// error `not_enough_data`.
///
/// # Accuracy
/// Exact. The default bound without a reference reads the target's distribution, which may be a sketch.
///
/// # Default bound
/// With a reference: at most 10 % above its value. Without: below the MAE of always predicting the target's median.
/// DIFFERENCE: Evidently's bound is two-sided, so that a better model fails; here better is never worse.
///
/// # Source
/// scikit-learn `mean_absolute_error`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanAbsoluteError {
    #[serde(skip)]
    columns: Columns,
}

impl Metric for MeanAbsoluteError {
    const ID: &'static str = "regression.mae";
    const FIELDS: &'static [&'static str] = &["value", "std", "lower", "upper"];
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
        Ok(self
            .columns
            .evaluation(errors, mean_points(errors.absolute(), 1.0, 0.0)))
    }

    fn default_bound(
        &self,
        field: &str,
        _labels: &Labels,
        reference: Option<f64>,
        profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        let baseline = || median_distance(self.columns.errors(profiles.current).ok()?).map(|d| d.mean);
        not_above(reference, TOLERANCE, if field == "value" { baseline() } else { None })
    }
}
