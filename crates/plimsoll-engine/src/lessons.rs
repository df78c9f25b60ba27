//! What tested metrics were in the windows of a reference, from which the bounds of tests are learned.

use std::collections::BTreeMap;

use plimsoll_model::{Approx, Labels, Learned, Point, Threshold};

use crate::Range;

/// Windows of the reference in which a point must have a value, at least.
///
/// NannyML warns of fewer than six chunks: a standard deviation of five values is off by a third.
pub const FEWEST_WINDOWS: usize = 6;

/// Bounds that are closer than this share of their size to what was learned are not told apart from it: the mean of equal
/// values need not be one of them to the last digit.
const ROUNDING: f64 = 1e-9;

/// Values of tested points in the windows of a reference. See [`crate::EvaluationPlan::learn`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lessons {
    /// By metric: values by field and labels.
    values: Vec<BTreeMap<(String, Labels), Vec<f64>>>,
    windows: usize,
    problem: Option<String>,
}

impl Lessons {
    /// No values, and why: the reference has no windows, or they cannot be read.
    #[must_use]
    pub fn without(problem: String) -> Self {
        Self {
            problem: Some(problem),
            ..Self::default()
        }
    }

    /// Takes in the points of one window, by metric.
    pub(crate) fn add<'p>(&mut self, points: impl Iterator<Item = (usize, &'p Point)>) {
        self.windows += 1;
        for (metric, point) in points {
            let Some(value) = point.value.filter(|v| v.is_finite()) else {
                continue;
            };
            if self.values.len() <= metric {
                self.values.resize_with(metric + 1, BTreeMap::new);
            }
            let key = (point.field.clone(), point.labels.clone());
            self.values[metric].entry(key).or_default().push(value);
        }
    }

    /// The lower and the upper bound of a point, within the natural range of its field.
    ///
    /// # Errors
    /// Says why there are none: too few windows of the reference have a value.
    pub(crate) fn bounds(
        &self,
        (metric, range): (usize, Range),
        point: &Point,
        learned: Learned,
    ) -> Result<(Threshold, Threshold), String> {
        if let Some(problem) = &self.problem {
            return Err(format!("no bound could be learned: {problem}"));
        }
        let key = (point.field.clone(), point.labels.clone());
        let values = self.values.get(metric).and_then(|found| found.get(&key));
        let values = values.map(Vec::as_slice).unwrap_or_default();
        let found = values.len();
        let (lower, upper) = learned.of(values).filter(|_| found >= FEWEST_WINDOWS).ok_or_else(|| {
            format!(
                "no bound could be learned: {found} of {} whole windows of the reference have a value, expected at least \
                 {FEWEST_WINDOWS}; choose a longer reference or shorter windows, or give a bound",
                self.windows
            )
        })?;
        let threshold = |value: f64| Threshold::Approx {
            approx: Approx {
                value: value.clamp(range.least, range.most),
                relative: ROUNDING,
                absolute: 1e-12,
            },
        };
        Ok((threshold(lower), threshold(upper)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taught(values: &[f64]) -> Lessons {
        let mut lessons = Lessons::default();
        for value in values {
            lessons.add([(0, &Point::new("value", *value))].into_iter());
        }
        lessons
    }

    fn ends(range: Range, values: &[f64], learned: Learned) -> (f64, f64) {
        let of = |threshold| match threshold {
            Threshold::Approx { approx } => approx.value,
            other => panic!("{other:?}"),
        };
        let point = Point::new("value", 0.0);
        let (lower, upper) = taught(values).bounds((0, range), &point, learned).unwrap();
        (of(lower), of(upper))
    }

    /// By hand: the values 2, 4, 4, 4, 5, 5, 7, 9 have mean 5 and squares of 32 in all, so that σ = √(32/7).
    #[test]
    fn bounds_are_the_mean_and_its_deviations() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let reach = 1.5 * (32.0_f64 / 7.0).sqrt();
        let (lower, upper) = ends(Range::ANY, &values, Learned::Std(1.5));
        assert!((lower - (5.0 - reach)).abs() < 1e-12 && (upper - (5.0 + reach)).abs() < 1e-12);
        // Places 0.7 and 6.3 of 0 to 7: 2 + 0.7 · 2 and 7 + 0.3 · 2.
        let (lower, upper) = ends(Range::ANY, &values, Learned::Quantiles([0.1, 0.9]));
        assert!((lower - 3.4).abs() < 1e-12 && (upper - 7.6).abs() < 1e-12);
    }

    #[test]
    fn bounds_stay_where_a_value_can_be() {
        let values = [0.9, 1.0, 0.95, 1.0, 0.9, 0.8];
        let (lower, upper) = ends(Range::SHARE, &values, Learned::Std(3.0));
        assert!(lower > 0.6 && upper == 1.0, "{lower} {upper}");
        assert_eq!(
            ends(Range::SIZE, &[0.0, 1.0, 5.0, 0.0, 0.0, 0.0], Learned::Std(3.0)).0,
            0.0
        );
        assert!(ends(Range::ANY, &[0.0, 1.0, 5.0, 0.0, 0.0, 0.0], Learned::Std(3.0)).0 < 0.0);
    }

    #[test]
    fn what_is_missing_is_told() {
        let point = Point::new("value", 0.0);
        let of = |lessons: &Lessons| lessons.bounds((0, Range::ANY), &point, Learned::default()).unwrap_err();
        let few = of(&taught(&[1.0, 2.0, f64::NAN]));
        assert!(
            few.contains("2 of 3 whole windows") && few.contains("at least 6"),
            "{few}"
        );
        assert!(of(&Lessons::without("no times".to_owned())).ends_with("no times"));
    }
}
