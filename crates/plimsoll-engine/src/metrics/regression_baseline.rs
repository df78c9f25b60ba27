//! What constant predictions would reach: the baselines of the default bounds without a reference.

use crate::statistics::Errors;

/// Distance of the targets from their median.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distance {
    /// Mean |y − median|.
    pub mean: f64,
    /// Largest |y − median|.
    pub max: f64,
}

/// How far the targets lie from their median, the best constant prediction by mean absolute error.
pub(super) fn median_distance(errors: &Errors) -> Option<Distance> {
    let targets = targets(errors);
    let median = median(&targets)?;
    let total: f64 = targets.iter().map(|(_, w)| w).sum();
    let mean = targets.iter().map(|(y, w)| w * (y - median).abs()).sum::<f64>() / total;
    let max = targets.iter().map(|(y, _)| (y - median).abs()).fold(0.0, f64::max);
    Some(Distance { mean, max })
}

/// Mean absolute percentage error of the best constant prediction, the median weighted by 1 / |y|.
pub(super) fn percentage_baseline(errors: &Errors) -> Option<f64> {
    let targets = targets(errors);
    let inverse = by_inverse(&targets);
    let best = median(&inverse)?;
    let total = weight_off_zero(&targets);
    let mean = 100.0 * inverse.iter().map(|(y, w)| w * (y - best).abs()).sum::<f64>() / total;
    // Targets next to zero have weights beyond the largest number.
    mean.is_finite().then_some(mean)
}

/// Errors of a constant prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ConstantErrors {
    /// Mean |y − constant|.
    pub absolute: f64,
    /// Mean (y − constant)².
    pub squared: f64,
    /// Mean |y − constant| / |y| over the targets that are not zero, in percent; `None` without one.
    pub percentage: Option<f64>,
    /// Largest |y − constant|.
    pub largest: f64,
}

/// Errors of predicting a constant for every row.
pub(super) fn constant_errors(errors: &Errors, constant: f64) -> ConstantErrors {
    let targets = targets(errors);
    let total: f64 = targets.iter().map(|(_, w)| w).sum();
    let mean = |of: &dyn Fn(f64) -> f64| targets.iter().map(|(y, w)| w / total * of(*y)).sum::<f64>();
    let apart = |y: f64| (y - constant).abs();
    let share = mean(&|y| if y == 0.0 { 0.0 } else { apart(y) / y.abs() });
    let percentage = 100.0 * share * total / weight_off_zero(&targets);
    ConstantErrors {
        absolute: mean(&apart),
        squared: mean(&|y| apart(y) * apart(y)),
        percentage: percentage.is_finite().then_some(percentage),
        largest: targets.iter().map(|(y, _)| apart(*y)).fold(0.0, f64::max),
    }
}

/// The median of the targets.
pub(super) fn median_of(errors: &Errors) -> Option<f64> {
    median(&targets(errors))
}

/// The constant with the least mean absolute percentage error, the median of the targets weighted by 1 / |y|.
pub(super) fn best_percentage_constant(errors: &Errors) -> Option<f64> {
    median(&by_inverse(&targets(errors)))
}

/// The targets, ascending, with their weights.
fn targets(errors: &Errors) -> Vec<(f64, f64)> {
    super::weighted(&errors.target_distribution().sample())
}

/// The targets that are not zero, weighted by 1 / |y| as well.
fn by_inverse(targets: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let not_zero = targets.iter().filter(|(y, _)| *y != 0.0);
    not_zero.map(|(y, w)| (*y, w / y.abs())).collect()
}

/// Weight of the targets that are not zero.
fn weight_off_zero(targets: &[(f64, f64)]) -> f64 {
    targets.iter().filter(|(y, _)| *y != 0.0).map(|(_, w)| w).sum()
}

/// The median of ascending values with weights; the middle of two where the weight splits evenly.
fn median(values: &[(f64, f64)]) -> Option<f64> {
    let half = values.iter().map(|(_, w)| w).sum::<f64>() / 2.0;
    let mut below = 0.0;
    for (i, (value, weight)) in values.iter().enumerate() {
        below += weight;
        if below > half {
            return Some(*value);
        }
        if below == half {
            return Some(
                values
                    .get(i + 1)
                    .map_or(*value, |(next, _)| f64::midpoint(*value, *next)),
            );
        }
    }
    values.last().map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn median_is_the_middle_by_weight() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[(1.0, 1.0), (2.0, 1.0), (9.0, 1.0)]), Some(2.0));
        assert_eq!(median(&[(1.0, 1.0), (2.0, 1.0)]), Some(1.5));
        assert_eq!(median(&[(1.0, 1.0), (2.0, 5.0), (9.0, 1.0)]), Some(2.0));
        assert_eq!(median(&[(1.0, 3.0), (2.0, 1.0), (9.0, 1.0)]), Some(1.0));
    }
}
