//! `regression.dummy`.

use plimsoll_model::{DataDefinition, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    column::note_sketch,
    regression::Columns,
    regression_baseline::{best_percentage_constant, constant_errors, median_of},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// The errors of the best constant predictions: what a model has to beat.
///
/// # Definition
/// Each error of the current targets under the constant that makes it least on the slice where it is fitted: the median for
/// `mae` and `max_error`, the mean for `rmse`, the median weighted by 1 / |y| for `mape`.
///
/// # Output
/// By label `fitted`, `current` and, with a reference, `reference`: `mae`, `rmse`, `max_error` in the unit of the target;
/// `mape` in percent. A constant that is fitted on the reference is what could have been known before.
///
/// # Missing values
/// As in `regression.mae`; targets of zero are left out of `mape`, which is absent if there is no other.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sketch whose rank error a note states.
///
/// # Source
/// Evidently `RegressionDummyMetric`. DIFFERENCE: the largest error is that of the median, as there, though the middle of
/// the range would have a smaller one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegressionDummy {
    #[serde(skip)]
    columns: Columns,
}

impl Metric for RegressionDummy {
    const ID: &'static str = "regression.dummy";
    const FIELDS: &'static [&'static str] = &["mae", "rmse", "mape", "max_error"];
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
        let current = self.columns.errors(profiles.current)?;
        let reference = profiles.reference.and_then(|r| self.columns.errors(r).ok());
        let fitted = [("current", Some(current)), ("reference", reference)];
        let mut points = Vec::new();
        for (side, errors) in fitted.into_iter().filter_map(|(side, errors)| Some((side, errors?))) {
            let at = |constant: Option<f64>| constant.map(|c| constant_errors(current, c));
            let (median, mean) = (at(median_of(errors)), at(errors.target().mean()));
            let percentage = at(best_percentage_constant(errors));
            let numbers = [
                ("mae", median.map(|e| e.absolute)),
                ("rmse", mean.map(|e| e.squared.sqrt())),
                ("mape", percentage.and_then(|e| e.percentage)),
                ("max_error", median.map(|e| e.largest)),
            ];
            let numbers = numbers.into_iter().filter_map(|(field, value)| Some((field, value?)));
            points.extend(numbers.map(|(field, value)| Point::new(field, value).with("fitted", side)));
        }
        let mut evaluation = self.columns.evaluation(current, points);
        note_sketch(&mut evaluation, current.target_distribution());
        Ok(evaluation)
    }
}
