//! Two-sample Kolmogorov–Smirnov test.

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, numeric};
use crate::{Sample, StatsError};

pub const TEST: TestKind = TestKind {
    id: "ks",
    title: "Kolmogorov–Smirnov test",
    input: InputKind::Numeric,
    score: ScoreKind::PValue,
    threshold: 0.05,
    direction: Direction::AtOrBelow,
    run,
    doc: "D = max |F_reference − F_current|; the two-sided p-value is exact while both samples have at most 10,000 values \
          (lattice paths), else Kolmogorov's asymptotic distribution. Source: Hodges, Arkiv för Matematik 3 (1958); \
          agrees with scipy.stats.ks_2samp(method=\"auto\").",
};

/// Largest sample for which the exact distribution is used.
const EXACT_LIMIT: u64 = 10_000;

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (reference, current) = numeric("ks", data)?;
    let d = statistic(reference, current);
    let (n, m) = (reference.n(), current.n());
    if n.max(m) <= EXACT_LIMIT
        && let Some(p) = exact_p_value(n, m, d)
    {
        return Ok(p.into());
    }
    // SciPy takes the distribution of the one-sample statistic for the rounded effective size.
    let (large, small) = (n.max(m) as f64, n.min(m) as f64);
    let effective = (large * small / (large + small)).round_ties_even();
    Ok(one_sample_p_value(effective, d).into())
}

/// Largest distance between the two empirical distribution functions.
fn statistic(reference: Sample<'_>, current: Sample<'_>) -> f64 {
    let (n, m) = (reference.n() as f64, current.n() as f64);
    let (a, b) = (reference.values(), current.values());
    let (mut i, mut j, mut largest) = (0, 0, 0.0_f64);
    while i < a.len() && j < b.len() {
        let value = a[i].min(b[j]);
        while i < a.len() && a[i] == value {
            i += 1;
        }
        while j < b.len() && b[j] == value {
            j += 1;
        }
        largest = largest.max((reference.below(i) as f64 / n - current.below(j) as f64 / m).abs());
    }
    largest
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// P(D ≥ d) under the null, by counting lattice paths that stay strictly inside the band `|i/n − j/m| < d`.
///
/// Probabilities instead of counts are carried, so that nothing overflows; the sum of what leaves the band has no
/// cancellation, so that small p-values keep their digits.
fn exact_p_value(n: u64, m: u64, d: f64) -> Option<f64> {
    let (n, m) = (n.max(m), n.min(m));
    let divisor = gcd(n, m);
    let lcm = (n / divisor) as f64 * m as f64;
    // d is a multiple of 1/lcm; the nearest one undoes rounding.
    let steps = (d * lcm).round();
    if steps == 0.0 {
        return Some(1.0);
    }
    if lcm > 1e15 {
        return None;
    }
    let steps = steps as i64;
    let (scale_n, scale_m) = ((lcm / n as f64) as i64, (lcm / m as f64) as i64);
    // Row i: probability that a random path reaches (i, j) without leaving the band before.
    let (n_i, m_i) = (n.cast_signed(), m.cast_signed());
    let mut inside = vec![0.0_f64; m as usize + 1];
    let mut left = 0.0;
    let outside = |i: i64, j: i64| (i * scale_n - j * scale_m).abs() >= steps;
    for i in 0..=n_i {
        let low = ((i * scale_n - steps) / scale_m - 1).max(0);
        let high = ((i * scale_n + steps) / scale_m + 1).min(m_i);
        for j in low..=high {
            let arrive = if i == 0 && j == 0 {
                1.0
            } else {
                let from_left = if i > 0 {
                    inside[j as usize] * (n_i - i + 1) as f64 / (n_i - i + 1 + m_i - j) as f64
                } else {
                    0.0
                };
                let from_below = if j > low {
                    inside[j as usize - 1] * (m_i - j + 1) as f64 / (n_i - i + m_i - j + 1) as f64
                } else {
                    0.0
                };
                from_left + from_below
            };
            if outside(i, j) {
                left += arrive;
                inside[j as usize] = 0.0;
            } else {
                inside[j as usize] = arrive;
            }
        }
        if low > 0 {
            inside[low as usize - 1] = 0.0;
        }
    }
    Some(left.clamp(0.0, 1.0))
}

/// `P(D_n` ≥ d) of the one-sample statistic: twice the one-sided tail where that is accurate, else the expansion of
/// Pelz and Good (Journal of the Royal Statistical Society B 38, 1976).
fn one_sample_p_value(n: f64, d: f64) -> f64 {
    let nd2 = n * d * d;
    if d <= 0.0 {
        1.0
    } else if nd2 >= 370.0 || d >= 1.0 {
        0.0
    } else if nd2 >= 2.2 {
        (2.0 * one_sided_tail(n, d)).min(1.0)
    } else {
        (1.0 - pelz_good(n, d)).clamp(0.0, 1.0)
    }
}

/// Smirnov's exact one-sided tail: `d Σ_j C(n, j) (d + j/n)^(j−1) (1 − d − j/n)^(n−j)`.
fn one_sided_tail(n: f64, d: f64) -> f64 {
    use statrs::function::gamma::ln_gamma;
    let last = (n * (1.0 - d)).floor() as u64;
    let ln_n = ln_gamma(n + 1.0);
    (0..=last)
        .map(|j| {
            let j = j as f64;
            let rest = 1.0 - d - j / n;
            if rest <= 0.0 {
                return 0.0;
            }
            let ln_choose = ln_n - ln_gamma(j + 1.0) - ln_gamma(n - j + 1.0);
            (ln_choose + (j - 1.0) * (d + j / n).ln() + (n - j) * rest.ln()).exp()
        })
        .sum::<f64>()
        * d
}

/// The distribution function of D_n to order n^(−3/2).
fn pelz_good(n: f64, d: f64) -> f64 {
    use std::f64::consts::PI;
    let (pi2, root) = (PI * PI, n.sqrt());
    let z = root * d;
    let z2 = z * z;
    let w = pi2 / (2.0 * z2);
    let half = |term: &dyn Fn(f64) -> f64| -> f64 {
        (0..20)
            .map(|j| f64::from(j) + 0.5)
            .map(|t| term(t * t) * (-t * t * w).exp())
            .sum()
    };
    let whole =
        |term: &dyn Fn(f64) -> f64| -> f64 { (1..20).map(f64::from).map(|t| term(t * t) * (-t * t * w).exp()).sum() };
    let (z4, z6) = (z2 * z2, z2 * z2 * z2);
    let c = (PI / 2.0).sqrt();
    let k0 = 2.0 * c / z * half(&|_| 1.0);
    let k1 = c / (3.0 * z4) * half(&|t| pi2 * t - z2);
    let k2 = c / (36.0 * z * z6)
        * half(&|t| 6.0 * z6 + 2.0 * z4 + pi2 * (2.0 * z4 - 5.0 * z2) * t + pi2 * pi2 * (1.0 - 2.0 * z2) * t * t)
        - c / (18.0 * z * z2) * whole(&|t| pi2 * t);
    let k3 = c / (3240.0 * z4 * z6)
        * half(&|t| {
            -30.0 * z6 - 90.0 * z6 * z2
                + pi2 * (135.0 * z4 - 96.0 * z6) * t
                + pi2 * pi2 * (212.0 * z4 - 60.0 * z2) * t * t
                + pi2 * pi2 * pi2 * (5.0 - 30.0 * z2) * t * t * t
        })
        + c / (108.0 * z6) * whole(&|t| 3.0 * pi2 * z2 * t - pi2 * pi2 * t * t);
    k0 + k1 / root + k2 / n + k3 / (n * root)
}

#[cfg(test)]
mod checks {
    use super::*;

    /// Values of SciPy 1.14.1, `ks_2samp(range(n), range(n) + shift)` and `kstwo.sf(d, n)`.
    #[test]
    fn p_values_agree_with_scipy() {
        let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-300), "{a} against {b}");
        close(exact_p_value(10, 10, 0.3).unwrap(), 0.786_929_788_477_776_1);
        close(exact_p_value(2, 2, 1.0).unwrap(), 1.0 / 3.0);
        assert_eq!(exact_p_value(5, 7, 0.0), Some(1.0));
        // The two formulas for large samples meet.
        let (tail, expansion) = (2.0 * one_sided_tail(5_000.0, 0.021), 1.0 - pelz_good(5_000.0, 0.021));
        assert!((tail - expansion).abs() < 1e-7, "{tail} {expansion}");
    }
}
