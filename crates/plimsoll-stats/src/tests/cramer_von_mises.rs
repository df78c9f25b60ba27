//! Cramér–von Mises test.

use std::{collections::BTreeMap, f64::consts::PI};

use statrs::function::gamma::ln_gamma;

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, finite, numeric};
use crate::{StatsError, align_values};

pub const TEST: TestKind = TestKind {
    id: "cramer_von_mises",
    title: "Cramér–von Mises test",
    input: InputKind::Numeric,
    score: ScoreKind::PValue,
    threshold: 0.1,
    direction: Direction::AtOrBelow,
    run,
    doc: "The squared distance of the two distribution functions over the pooled sample, ties by their mean rank. The \
          p-value is exact while both sides have at most 20 values, else that of the limiting distribution, which keeps \
          its digits however small it is. O(n) on sorted values. Source: Anderson, Annals of Mathematical Statistics 33 \
          (1962); Csörgő and Faraway, Journal of the Royal Statistical Society B 58 (1996), equation 1.3; agrees with \
          scipy.stats.cramervonmises_2samp. DIFFERENCE: SciPy breaks off its series and subtracts from 1, so that its \
          p-values are right to 4 · 10⁻⁷ only.",
};

/// Values of the larger side up to which the exact distribution is used.
const EXACT_LIMIT: u64 = 20;

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (reference, current) = numeric("cramer_von_mises", data)?;
    let (_, r, c) = align_values(reference, current);
    let (n, m) = (i128::from(reference.n()), i128::from(current.n()));
    let four_u = four_u(&r, &c, n, m);
    let (pairs, total) = (n * m, n + m);
    if reference.n().max(current.n()) <= EXACT_LIMIT {
        let lcm = pairs / gcd(n, m);
        let least = (lcm * lcm * total * (6 * four_u - 4 * pairs * (4 * pairs - 1))).div_euclid(24 * pairs * pairs);
        return finite(exact_p_value(lcm / n, lcm / m, n, m, least));
    }
    // U / (n m N) − (4 n m − 1) / (6 N): whole numbers as long as the terms cancel.
    let statistic = (6 * four_u - 4 * pairs * (4 * pairs - 1)) as f64 / (24.0 * pairs as f64 * total as f64);
    let (n, m, pairs, total) = (n as f64, m as f64, pairs as f64, total as f64);
    let expected = (1.0 + 1.0 / total) / 6.0;
    let variance = (total + 1.0) * (4.0 * pairs * total - 3.0 * (n * n + m * m) - 2.0 * pairs)
        / (45.0 * total * total * 4.0 * pairs);
    finite(limiting_p_value(
        1.0 / 6.0 + (statistic - expected) / (45.0 * variance).sqrt(),
    ))
}

fn gcd(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Four times `U = n Σ (rank − i)² + m Σ (rank − j)²` over the sorted values of either side.
fn four_u(r: &[u64], c: &[u64], n: i128, m: i128) -> i128 {
    // Σ (rank − own position)² over `count` values of one side, of which `before` are smaller; twice the rank is whole.
    let squares = |twice_rank: i128, before: i128, count: i128| {
        let start = twice_rank - 2 * before;
        count * start * start - 2 * start * count * (count + 1) + 2 * count * (count + 1) * (2 * count + 1) / 3
    };
    let (mut below_r, mut below_c, mut sum) = (0, 0, 0);
    for (r, c) in r.iter().zip(c) {
        let (r, c) = (i128::from(*r), i128::from(*c));
        let twice_rank = 2 * (below_r + below_c) + r + c + 1;
        sum += n * squares(twice_rank, below_r, r) + m * squares(twice_rank, below_c, c);
        below_r += r;
        below_c += c;
    }
    sum
}

/// Share of all orders of n + m values whose statistic is at least `least`.
///
/// Orders are lattice paths; the statistic is the sum of `(a v − b u)²` along the path. Sums that reach `least` are one.
fn exact_p_value(a: i128, b: i128, n: i128, m: i128, least: i128) -> f64 {
    let mut row: Vec<BTreeMap<i128, f64>> = vec![BTreeMap::new(); n as usize + 1];
    for u in 0..=m {
        let mut left: BTreeMap<i128, f64> = BTreeMap::new();
        for v in 0..=n {
            let here = &mut row[v as usize];
            let mut paths = std::mem::take(here);
            for (sum, count) in &left {
                *paths.entry(*sum).or_default() += count;
            }
            if u == 0 && v == 0 {
                paths.insert(0, 1.0);
            }
            let step = (a * v - b * u) * (a * v - b * u);
            for (sum, count) in paths {
                *here.entry((sum + step).min(least)).or_default() += count;
            }
            left.clone_from(here);
        }
    }
    let last = &row[n as usize];
    last.get(&least).copied().unwrap_or(0.0) / last.values().sum::<f64>()
}

/// P(W > x) of the limiting distribution.
fn limiting_p_value(x: f64) -> f64 {
    // Below, the distribution function is under 10⁻¹⁷.
    if x < 0.003 {
        1.0
    } else if x < 1.0 {
        1.0 - limiting_cdf(x)
    } else {
        limiting_tail(x)
    }
}

/// P(W ≤ x) as a series of Bessel functions, for x < 1.
fn limiting_cdf(x: f64) -> f64 {
    let term = |k: u32| {
        let k = f64::from(k);
        let y = 4.0 * k + 1.0;
        let weight = (ln_gamma(k + 0.5) - ln_gamma(k + 1.0)).exp() / (PI.powf(1.5) * x.sqrt());
        weight * y.sqrt() * bessel(y * y / (16.0 * x))
    };
    (0..12).map(term).sum()
}

/// exp(−q) K_¼(q): the trapezoid rule on ∫ exp(−q (1 + cosh t)) cosh(t / 4) dt converges faster than any power.
fn bessel(q: f64) -> f64 {
    const STEP: f64 = 1.0 / 16.0;
    let value = |t: f64| (-q * (1.0 + t.cosh())).exp() * (t / 4.0).cosh();
    let sum: f64 = (1..256).map(|i| value(f64::from(i) * STEP)).sum();
    STEP * (value(0.0) / 2.0 + sum)
}

/// P(W > x) for x ≥ 1, by Smirnov's formula: `2/π ∫ exp(−x s² / 2) / √(−s sin s) ds` from π to 2π.
///
/// The next interval, from 3π to 4π, is less by a factor below 10⁻¹⁷. Chebyshev points take up the singular ends.
fn limiting_tail(x: f64) -> f64 {
    const POINTS: u32 = 400;
    let value = |i: u32| {
        let angle = PI * (f64::from(i) - 0.5) / f64::from(POINTS);
        // s − π = π sin²(angle / 2), so that s keeps its digits near the ends.
        let (sine, cosine) = (angle / 2.0).sin_cos();
        let (from, to) = (PI * sine * sine, PI * cosine * cosine);
        let s = PI + from;
        // −sin s = sin(s − π), from whichever end is nearer.
        let sin = from.min(to).sin();
        (-x * s * s / 2.0).exp() * (from * to / (s * sin)).sqrt()
    };
    2.0 / f64::from(POINTS) * (1..=POINTS).map(value).sum::<f64>()
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn the_two_formulas_of_the_limit_meet() {
        for x in [1.0, 1.2, 1.4] {
            let (series, tail) = (1.0 - limiting_cdf(x), limiting_tail(x));
            assert!((series - tail).abs() < 1e-14, "{x}: {series} {tail}");
        }
    }

    /// Critical values of Anderson and Darling, Annals of Mathematical Statistics 23 (1952), table 1.
    #[test]
    fn the_limit_has_the_published_critical_values() {
        for (x, p) in [
            (0.118_88, 0.5),
            (0.347_30, 0.1),
            (0.461_36, 0.05),
            (0.743_46, 0.01),
            (1.167_86, 0.001),
        ] {
            let found = limiting_p_value(x);
            assert!((found - p).abs() < 2e-5 * (1.0 + p), "{x}: {found}");
        }
    }

    #[test]
    fn of_all_orders_of_small_samples_the_share_is_counted() {
        let run = |a: &[f64], b: &[f64]| {
            let data = TwoSamples::Numeric {
                reference: crate::Sample::from_sorted(a),
                current: crate::Sample::from_sorted(b),
            };
            super::run(&data, &TestOptions::default()).unwrap().score
        };
        // Of the 6 orders of 2 + 2 values, 2 are as far apart as a a b b.
        assert!((run(&[1.0, 2.0], &[3.0, 4.0]) - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(run(&[1.0, 1.0], &[1.0, 1.0]), 1.0);
    }
}
