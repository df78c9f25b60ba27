//! `regression.me`.

use plimsoll_model::{Approx, Bound, DataDefinition, Labels, Threshold};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    regression::{Columns, mean_points},
    regression_detail::{errors_detail, sample},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Mean error (bias): whether predictions lie above or below the target on average.
///
/// # Definition
/// ME = Σ (ŷ − y) / n over the n rows with a finite target y and a finite prediction ŷ; `std` is the standard deviation of
/// ŷ − y with divisor n − 1.
///
/// # Output
/// `value` and `std` in the unit of the target; above 0 the model predicts too much, below 0 too little. `lower`
/// and `upper`: the 95 % interval of `value` if the rows were drawn again, `value` ± 1.96 `std` / √n. `std` and interval are absent
/// with fewer than two rows. The detail holds the histogram of the errors (at most 30 bins) and a sample of at most 200 rows,
/// target against prediction.
///
/// # Missing values
/// Rows where target or prediction is null, NaN or infinite are left out and counted in a note; no row left is the
/// error `not_enough_data`.
///
/// # Accuracy
/// The points are exact. The histogram reads the errors' distribution, which may be a sketch.
///
/// # Default bound
/// Within 0.1 standard deviations of the current errors round 0, with or without a reference.
///
/// # Source
/// Evidently's mean error, whose default bound this is.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanError {
    #[serde(skip)]
    columns: Columns,
}

impl Metric for MeanError {
    const ID: &'static str = "regression.me";
    const FIELDS: &'static [&'static str] = &["value", "std", "lower", "upper"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            columns: Columns::of(Self::ID, definition)?,
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.columns.spec(), sample(&self.columns)]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let errors = self.columns.errors(profiles.current)?;
        let points = mean_points(errors.error(), 1.0, f64::NEG_INFINITY);
        let mut evaluation = self.columns.evaluation(errors, points);
        evaluation.detail = errors_detail(&self.columns, profiles);
        Ok(evaluation)
    }

    fn default_bound(
        &self,
        field: &str,
        _labels: &Labels,
        _reference: Option<f64>,
        profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        if field != "value" {
            return None;
        }
        let std = self.columns.errors(profiles.current).ok()?.error().std(1)?;
        let zero = Approx {
            value: 0.0,
            relative: 0.0,
            absolute: 0.1 * std,
        };
        Some(Bound {
            eq: Some(Threshold::Approx { approx: zero }),
            ..Bound::default()
        })
    }
}
