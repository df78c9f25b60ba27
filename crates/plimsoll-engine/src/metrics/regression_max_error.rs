//! `regression.max_error`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point, Threshold};
use plimsoll_stats::Sample;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    regression::{Columns, TOLERANCE, not_above},
    regression_baseline::median_distance,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// The place, from the largest on, of the value that other rows exceed in more than 97.5 of 100 cases: (1/2)⁶ < 0.025.
const EXCEEDED: u64 = 6;

/// The distance from zero of the value at a place, the farthest being the first; `None` if there are fewer.
fn farthest(sample: Sample<'_>, place: u64) -> Option<f64> {
    let values = sample.values();
    let (mut first, mut end, mut left) = (0, values.len(), place);
    while first < end {
        let at = if values[first].abs() > values[end - 1].abs() {
            first += 1;
            first - 1
        } else {
            end -= 1;
            end
        };
        let count = sample.count_at(at);
        if count >= left {
            return Some(values[at].abs());
        }
        left -= count;
    }
    None
}

/// Largest absolute error: the worst prediction of the window.
///
/// # Definition
/// max |ŷ − y| over the rows with a finite target y and a finite prediction ŷ.
///
/// # Output
/// `value` in the unit of the target, ≥ 0; larger is worse. It grows with the number of rows. `lower`: the sixth largest absolute
/// error, which as many other rows of the same kind would exceed in more than 97.5 of 100 cases, for that the six largest of twice as
/// many all lie on one side has a chance of 1/64. An upper end does not follow from rows: in half of the cases the others go beyond
/// `value`, and nothing tells how far.
///
/// # Missing values
/// Rows where target or prediction is null, NaN or infinite are left out and counted in a note; no row left is the
/// error `not_enough_data`.
///
/// # Accuracy
/// Exact. With fewer than six rows, or where errors are kept as a sketch, there is no `lower`.
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
    const FIELDS: &'static [&'static str] = &["value", "lower"];
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
        let (value, distribution) = (errors.absolute().max().unwrap_or(f64::NAN), errors.distribution());
        let mut points = vec![Point::new("value", value)];
        if distribution.is_exact() {
            points.extend(farthest(distribution.sample(), EXCEEDED).map(|lower| Point::new("lower", lower)));
        }
        Ok(self.columns.evaluation(errors, points))
    }

    fn default_bound(
        &self,
        field: &str,
        _labels: &Labels,
        reference: Option<f64>,
        profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        if field != "value" {
            return None;
        }
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
