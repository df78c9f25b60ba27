//! Anderson–Darling test.

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, finite, numeric};
use crate::{StatsError, align_values};

pub const TEST: TestKind = TestKind {
    id: "anderson",
    title: "Anderson–Darling test",
    input: InputKind::Numeric,
    score: ScoreKind::PValue,
    threshold: 0.1,
    direction: Direction::Below,
    run,
    doc: "The squared distance of the two distribution functions, weighted towards the tails, in the form for ties \
          (midranks). The p-value is interpolated in a table and therefore held within 0.001 and 0.25: 0.25 means at least \
          0.25. All values equal: 0.25. Needs four values on both sides together. O(n) on sorted values. Source: Scholz \
          and Stephens, Journal of the American Statistical Association 82 (1987), equations 6 and 7; agrees with \
          scipy.stats.anderson_ksamp(midrank=True). DIFFERENCE: SciPy and Evidently fail where all values are equal.",
};

/// Least and largest p-value of the table.
const TABLE: (f64, f64) = (0.001, 0.25);

/// Least and largest critical value of the table for two samples.
const CRITICAL: (f64, f64) = (0.325, 6.546);

/// Parabola through the table's ln p by critical value, by least squares: 1, x, x².
const FIT: [f64; 3] = [
    -1.077_770_279_820_487_3,
    -1.008_226_564_465_250_6,
    0.018_198_094_574_111_26,
];

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (reference, current) = numeric("anderson", data)?;
    let (values, r, c) = align_values(reference, current);
    if values.len() < 2 {
        return Ok(TABLE.1.into());
    }
    let (n, m) = (reference.n() as f64, current.n() as f64);
    let total = n + m;
    if total < 4.0 {
        return Err(StatsError::Undefined(
            "the Anderson–Darling test needs at least four values on both sides together",
        ));
    }
    let (mut below_r, mut below, mut sum) = (0.0, 0.0, 0.0);
    for (r, c) in r.iter().zip(&c) {
        let (here_r, here) = (*r as f64, (r + c) as f64);
        let (mid_r, mid) = (below_r + here_r / 2.0, below + here / 2.0);
        // The same square stands for both sides, since their deviations add to nothing.
        let apart = total * mid_r - mid * n;
        sum += here / total * apart * apart / (mid * (total - mid) - total * here / 4.0);
        below_r += here_r;
        below += here;
    }
    let statistic = sum * (1.0 / n + 1.0 / m) * (total - 1.0) / total;
    let a = (statistic - 1.0) / variance(n, m).sqrt();
    finite(if a < CRITICAL.0 {
        TABLE.1
    } else if a > CRITICAL.1 {
        TABLE.0
    } else {
        (FIT[0] + a * (FIT[1] + a * FIT[2])).exp()
    })
}

/// Variance of the statistic of two samples under the null.
fn variance(n: f64, m: f64) -> f64 {
    let (total, k) = (n + m, 2.0);
    let (mut harmonic, mut g) = (0.0, 0.0);
    let mut i = 2.0;
    while i < total {
        harmonic += 1.0 / (total - i + 1.0);
        g += harmonic / i;
        i += 1.0;
    }
    let (h, inverse) = (harmonic + 1.0, 1.0 / n + 1.0 / m);
    let a = (4.0 * g - 6.0) * (k - 1.0) + (10.0 - 6.0 * g) * inverse;
    let b = (2.0 * g - 4.0) * k * k + 8.0 * h * k + (2.0 * g - 14.0 * h - 4.0) * inverse - 8.0 * h + 4.0 * g - 6.0;
    let c = (6.0 * h + 2.0 * g - 2.0) * k * k + (4.0 * h - 4.0 * g + 6.0) * k + (2.0 * h - 6.0) * inverse + 4.0 * h;
    let d = (2.0 * h + 6.0) * k * k - 4.0 * h * k;
    (((a * total + b) * total + c) * total + d) / ((total - 1.0) * (total - 2.0) * (total - 3.0))
}
