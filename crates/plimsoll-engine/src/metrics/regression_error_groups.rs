//! `regression.error_groups`.

use plimsoll_model::{DataDefinition, Point};
use plimsoll_stats::Sample;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{column::note_sketch, regression::Columns};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Errors by group: the rows that the model underestimates most, those that it overestimates most, and the others.
///
/// # Definition
/// With the errors ŷ − y sorted: `underestimation` are the rows at or below the quantile `share`, `overestimation` those at
/// or above the quantile 1 − `share` (NumPy's linear quantiles), `majority` the rows between.
///
/// # Output
/// By label `group`: `mean` of the errors and their standard deviation `std` with divisor n − 1, in the unit of the target;
/// `count` of rows. A group that is far from the majority shows a few rows that the model gets very wrong. `std` is absent
/// with fewer than two rows, `mean` without a row.
///
/// # Missing values
/// Rows where target or prediction is null, NaN or infinite are left out and counted in a note; no row left is the error
/// `not_enough_data`.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sketch whose rank error a note states.
///
/// # Source
/// Evidently `RegressionQualityMetric` (`underperformance`).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorGroups {
    /// Share of the rows in either outer group, above 0 and below 0.5.
    #[serde(default = "twentieth")]
    share: f64,
    #[serde(skip)]
    columns: Columns,
}

/// A share of 5 %.
pub(super) fn twentieth() -> f64 {
    0.05
}

/// Checks a share of rows in an outer group.
///
/// # Errors
/// [`SpecError::Params`] unless it lies between 0 and 0.5.
pub(super) fn outer_share(metric: &str, share: f64) -> Result<(), SpecError> {
    if share > 0.0 && share < 0.5 {
        return Ok(());
    }
    Err(SpecError::Params {
        metric: metric.to_owned(),
        problem: format!("`share` is {share}, expected a share above 0 and below 0.5"),
    })
}

/// The groups in the order of their errors.
pub(super) const GROUPS: [&str; 3] = ["underestimation", "majority", "overestimation"];

/// The error up to which rows are underestimated, and the one from which on they are overestimated.
pub(super) fn cuts(errors: Sample<'_>, share: f64) -> Option<(f64, f64)> {
    Some((errors.quantile(share)?, errors.quantile(1.0 - share)?))
}

impl Metric for ErrorGroups {
    const ID: &'static str = "regression.error_groups";
    const FIELDS: &'static [&'static str] = &["mean", "std", "count"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        outer_share(Self::ID, self.share)?;
        Ok(Self {
            columns: Columns::of(Self::ID, definition)?,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.columns.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let errors = self.columns.errors(profiles.current)?;
        let sample = errors.distribution().sample();
        let (low, high) = cuts(sample, self.share).unwrap_or((f64::NAN, f64::NAN));
        // A row is in both outer groups where both cuts are one error, as in Evidently.
        let within: [&dyn Fn(f64) -> bool; 3] = [&|e| e <= low, &|e| e > low && e < high, &|e| e >= high];
        let mut points = Vec::new();
        for (group, is_within) in GROUPS.into_iter().zip(within) {
            let (mut values, mut ranks, mut rows) = (Vec::new(), Vec::new(), 0);
            for (error, count) in sample.iter().filter(|(error, _)| is_within(*error)) {
                rows += count;
                values.push(error);
                ranks.push(rows);
            }
            let part = Sample::ranked(&values, &ranks);
            let numbers = [
                ("mean", part.mean()),
                ("std", part.std(1)),
                ("count", Some(rows as f64)),
            ];
            let numbers = numbers.into_iter().filter_map(|(field, value)| Some((field, value?)));
            points.extend(numbers.map(|(field, value)| Point::new(field, value).with("group", group)));
        }
        let mut evaluation = self.columns.evaluation(errors, points);
        note_sketch(&mut evaluation, errors.distribution());
        Ok(evaluation)
    }
}
