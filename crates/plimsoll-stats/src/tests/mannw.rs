//! Mann–Whitney U test.

use statrs::function::erf::erfc;

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, finite, numeric};
use crate::{StatsError, align_values};

pub const TEST: TestKind = TestKind {
    id: "mannw",
    title: "Mann–Whitney U test",
    input: InputKind::Numeric,
    score: ScoreKind::PValue,
    threshold: 0.05,
    direction: Direction::Below,
    run,
    doc: "Two-sided rank test that neither side tends to larger values: U = R − n (n + 1) / 2 with R the sum of the \
          reference's ranks, ties by their mean rank. Exact while a side has at most 8 values and there are no ties, else \
          the normal approximation with tie and continuity correction. All values equal: p = 1. Source: Mann and Whitney, \
          Annals of Mathematical Statistics 18 (1947); agrees with scipy.stats.mannwhitneyu. DIFFERENCE: Evidently tests \
          only whether the current values are larger, so that a shift downwards is never drift.",
};

/// Values of the smaller side up to which the exact distribution is used.
const EXACT_LIMIT: u64 = 8;

/// Pairs of values up to which the exact distribution is used.
const EXACT_PAIRS: u64 = 10_000_000;

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (reference, current) = numeric("mannw", data)?;
    let (n, m) = (reference.n(), current.n());
    let (_, r, c) = align_values(reference, current);
    // Twice U: pairs in which the reference is larger, and equal pairs by half.
    let (mut twice_u, mut below, mut ties, mut tied) = (0_u128, 0_u64, 0.0, false);
    for (r, c) in r.iter().zip(&c) {
        twice_u += u128::from(*r) * u128::from(2 * below + c);
        below += c;
        let t = (r + c) as f64;
        ties += t * t * t - t;
        tied |= r + c > 1;
    }
    let pairs = u128::from(n) * u128::from(m);
    let twice_u = twice_u.max(2 * pairs - twice_u);
    if n.min(m) <= EXACT_LIMIT && !tied && pairs <= u128::from(EXACT_PAIRS) {
        let least = (pairs - twice_u / 2) as usize;
        return finite((2.0 * lower_tail(n.min(m) as usize, n.max(m) as usize, least)).min(1.0));
    }
    let (n, m) = (n as f64, m as f64);
    let total = n + m;
    let variance = n * m / 12.0 * ((total + 1.0) - ties / (total * (total - 1.0)));
    if variance.is_nan() || variance <= 0.0 {
        return Ok(1.0.into());
    }
    let z = ((twice_u - pairs) as f64 / 2.0 - 0.5) / variance.sqrt();
    finite(erfc(z / std::f64::consts::SQRT_2).min(1.0))
}

/// P(U ≤ u) without ties.
///
/// The counts are the coefficients of the Gaussian binomial `[n + m choose n]`, built factor by factor.
fn lower_tail(n: usize, m: usize, u: usize) -> f64 {
    let mut counts = vec![0.0_f64; u + 1];
    counts[0] = 1.0;
    let mut all = 1.0;
    for i in 1..=n {
        for at in (m + i..=u).rev() {
            counts[at] -= counts[at - m - i];
        }
        for at in i..=u {
            counts[at] += counts[at - i];
        }
        all *= (m + i) as f64 / i as f64;
    }
    counts.iter().sum::<f64>() / all
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn the_exact_distribution_is_that_of_the_tables() {
        // Of the 6 orders of 2 + 2 values, U is 0, 1, 2, 2, 3, 4.
        assert!((lower_tail(2, 2, 0) - 1.0 / 6.0).abs() < 1e-15);
        assert!((lower_tail(2, 2, 2) - 4.0 / 6.0).abs() < 1e-15);
        assert!((lower_tail(8, 100, 800) - 1.0).abs() < 1e-9);
        // Critical value of the table for n = 8, m = 10 at 0.05 two-sided: 17.
        assert!(2.0 * lower_tail(8, 10, 17) <= 0.05 && 2.0 * lower_tail(8, 10, 18) > 0.05);
    }
}
