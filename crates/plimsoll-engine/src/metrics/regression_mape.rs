//! `regression.mape`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    regression::{Columns, TOLERANCE, mean_points, not_above},
    regression_baseline::percentage_baseline,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Mean absolute percentage error: how far predictions lie from the target in percent of the target.
///
/// # Definition
/// MAPE = 100 · Σ |ŷ − y| / |y| / n over the n rows with a finite target y ≠ 0 and a finite prediction ŷ; `std` is the
/// standard deviation of 100 · |ŷ − y| / |y| with divisor n − 1.
///
/// # Output
/// `value` and `std` in percent (not a share), ≥ 0; larger is worse. `lower` and `upper`: the 95 % interval of `value` if the rows were
/// drawn again, `value` ± 1.96 `std` / √n. `std` and interval are absent with fewer than two rows.
///
/// # Missing values
/// Rows where target or prediction is null, NaN or infinite are left out and counted in a note, and so are rows with a
/// target of zero, where the percentage does not exist. No row left is the error `not_enough_data`.
///
/// # Accuracy
/// Exact. The default bound without a reference reads the target's distribution, which may be a sketch.
///
/// # Default bound
/// With a reference: at most 10 % above its value. Without: below the MAPE of the best constant prediction, which is the
/// median of the non-zero targets weighted by 1 / |y|.
/// DIFFERENCE: Evidently's bound is two-sided, so that a better model fails; here better is never worse.
///
/// # Source
/// scikit-learn `mean_absolute_percentage_error`, times 100.
/// DIFFERENCE: Evidently divides by max(y, 2·10⁻¹⁶) without the absolute value, so that one negative or zero target gives
/// 10¹⁵ %, and leaves the standard deviation as a share beside a mean in percent; scikit-learn divides a zero target's
/// error by 2·10⁻¹⁶.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanAbsolutePercentageError {
    #[serde(skip)]
    columns: Columns,
}

impl Metric for MeanAbsolutePercentageError {
    const ID: &'static str = "regression.mape";
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
        let percentage = errors.percentage();
        if percentage.n() == 0 {
            let message = format!(
                "every target in `{}` is zero: no percentage exists",
                self.columns.target()
            );
            return Err(EvaluateError::NotEnough(message));
        }
        let points = mean_points(percentage, 100.0, 0.0);
        let mut evaluation = self.columns.evaluation(errors, points);
        if errors.zero_targets() > 0 {
            let note = format!(
                "{} rows left out: `{}` is zero",
                errors.zero_targets(),
                self.columns.target()
            );
            evaluation.notes.push(note);
        }
        Ok(evaluation)
    }

    fn default_bound(
        &self,
        field: &str,
        _labels: &Labels,
        reference: Option<f64>,
        profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        let baseline = || percentage_baseline(self.columns.errors(profiles.current).ok()?);
        not_above(reference, TOLERANCE, if field == "value" { baseline() } else { None })
    }
}
