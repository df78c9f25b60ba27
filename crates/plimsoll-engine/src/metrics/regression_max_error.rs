//! `regression.max_error`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point, Threshold};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    regression::{Columns, TOLERANCE, not_above},
    regression_baseline::median_distance,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Largest absolute error: the worst prediction of the window.
///
/// # Definition
/// max |ŷ − y| over the rows with a finite target y and a finite prediction ŷ.
///
/// # Output
/// `value` in the unit of the target, ≥ 0; larger is worse. It grows with the number of rows. A sampling interval it has not:
/// how far the worst of other rows would be off, the rows at hand do not tell.
///
/// # Missing values
/// Rows where target or prediction is null, NaN or infinite are left out and counted in a note; no row left is the
/// error `not_enough_data`.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: at most 10 % above its value. Without: at most the largest distance of a target from the median, which
/// is the largest error of always predicting the median.
///
/// # Source
/// scikit-learn `max_error`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxError {
    #[serde(skip)]
    columns: Columns,
}

impl Metric for MaxError {
    const ID: &'static str = "regression.max_error";
    const FIELDS: &'static [&'static str] = &["value"];
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
        let value = errors.absolute().max().unwrap_or(f64::NAN);
        Ok(self.columns.evaluation(errors, vec![Point::new("value", value)]))
    }

    fn default_bound(
        &self,
        _field: &str,
        _labels: &Labels,
        reference: Option<f64>,
        profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        if reference.is_some() {
            return not_above(reference, TOLERANCE, None);
        }
        let baseline = median_distance(self.columns.errors(profiles.current).ok()?)?.max;
        Some(Bound {
            lte: Some(Threshold::Number(baseline)),
            ..Bound::default()
        })
    }
}
