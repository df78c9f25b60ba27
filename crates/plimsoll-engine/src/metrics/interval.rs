//! Sampling errors: where a value would lie if the window's rows were drawn again.

use plimsoll_model::Point;

/// Standard errors to either end of an interval that holds 95 % of a normal distribution.
const RANGE: f64 = 1.959_963_985;

/// The ends of a 95 % interval as points `lower` and `upper`; none if an end is no number.
pub(super) fn points(interval: Option<(f64, f64)>) -> impl Iterator<Item = Point> {
    let finite = interval.filter(|(lower, upper)| lower.is_finite() && upper.is_finite());
    finite
        .into_iter()
        .flat_map(|(lower, upper)| [Point::new("lower", lower), Point::new("upper", upper)])
}

/// Wilson's interval of a share of independent rows; `None` without rows.
pub(super) fn wilson(part: f64, whole: f64) -> Option<(f64, f64)> {
    if whole <= 0.0 {
        return None;
    }
    let (share, z2) = (part / whole, RANGE * RANGE);
    let middle = (share + z2 / (2.0 * whole)) / (1.0 + z2 / whole);
    let reach = RANGE / (1.0 + z2 / whole) * (share * (1.0 - share) / whole + z2 / (4.0 * whole * whole)).sqrt();
    // Where no row or every row counts, that end is the share itself.
    let lower = if part <= 0.0 { 0.0 } else { (middle - reach).max(0.0) };
    let upper = if part >= whole { 1.0 } else { (middle + reach).min(1.0) };
    Some((lower, upper))
}

/// Newcombe's interval of the difference of two shares of independent rows, of which the first is the larger; `None` without rows
/// on either side.
pub(super) fn difference(larger: (f64, f64), smaller: (f64, f64)) -> Option<(f64, f64)> {
    let (most, least) = (larger.0 / larger.1, smaller.0 / smaller.1);
    let (above, below) = (wilson(larger.0, larger.1)?, wilson(smaller.0, smaller.1)?);
    let apart = most - least;
    let down = (most - above.0).hypot(below.1 - least);
    let up = (above.1 - most).hypot(least - below.0);
    Some(((apart - down).max(-1.0), (apart + up).min(1.0)))
}

/// The interval of an estimate that is normal round its value, cut at the least and the largest value there can be.
pub(super) fn normal(value: f64, standard_error: f64, least: f64, most: f64) -> Option<(f64, f64)> {
    let reach = RANGE * standard_error;
    reach
        .is_finite()
        .then(|| ((value - reach).max(least), (value + reach).min(most)))
}

/// The interval of a mean of rows with this standard deviation; `None` with fewer than two rows.
pub(super) fn mean(value: f64, std: Option<f64>, rows: u64, least: f64) -> Option<(f64, f64)> {
    normal(value, std? / (rows as f64).sqrt(), least, f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SciPy 1.17: `binomtest(8, 10).proportion_ci(method="wilson")`.
    #[test]
    fn wilson_is_that_of_scipy() {
        let (lower, upper) = wilson(8.0, 10.0).unwrap();
        assert!(
            (lower - 0.490_162_472).abs() < 1e-8 && (upper - 0.943_317_848).abs() < 1e-8,
            "{lower} {upper}"
        );
        assert_eq!(wilson(0.0, 5.0).unwrap().0, 0.0);
        assert_eq!(wilson(5.0, 5.0).unwrap().1, 1.0);
        assert_eq!(wilson(0.0, 0.0), None);
    }

    /// Newcombe 1998, table II, method 10: 56/70 against 48/80 is 0.0524 to 0.3339.
    #[test]
    fn differences_are_those_of_newcombe() {
        let (lower, upper) = difference((56.0, 70.0), (48.0, 80.0)).unwrap();
        assert!(
            (lower - 0.0524).abs() < 5e-5 && (upper - 0.3339).abs() < 5e-5,
            "{lower} {upper}"
        );
        assert_eq!(difference((1.0, 1.0), (0.0, 0.0)), None);
    }

    #[test]
    fn intervals_without_an_end_have_no_points() {
        assert_eq!(points(normal(1.0, f64::INFINITY, 0.0, 1.0)).count(), 0);
        assert_eq!(points(normal(f64::NAN, 1.0, 0.0, f64::INFINITY)).count(), 0);
        assert_eq!(points(mean(1.0, None, 1, 0.0)).count(), 0);
        assert_eq!(mean(0.5, Some(2.0), 4, 0.0).unwrap().0, 0.0);
    }
}
