//! Energy distance.

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, finite, numeric};
use crate::{StatsError, align_values};

pub const TEST: TestKind = TestKind {
    id: "ed",
    title: "Energy distance",
    input: InputKind::Numeric,
    score: ScoreKind::Distance,
    threshold: 0.1,
    direction: Direction::Above,
    run,
    doc: "√(2 ∫ (F_reference − F_current)² dx), in the square root of the unit of the values, so that the threshold has to \
          fit the column's scale. Computed from the distribution functions in one walk, O(n) on sorted values. Source: \
          Székely and Rizzo, Journal of Statistical Planning and Inference 143 (2013); agrees with \
          scipy.stats.energy_distance.",
};

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (reference, current) = numeric("ed", data)?;
    let (n, m) = (reference.n() as f64, current.n() as f64);
    let (values, r, c) = align_values(reference, current);
    let (mut upto_r, mut upto_c, mut sum) = (0_u64, 0_u64, 0.0);
    for at in 1..values.len() {
        upto_r += r[at - 1];
        upto_c += c[at - 1];
        // Whole numbers are subtracted before the division, so that equal shares differ by nothing.
        let apart = (upto_r as f64 * m - upto_c as f64 * n) / (n * m);
        sum += (values[at] - values[at - 1]) * apart * apart;
    }
    finite((2.0 * sum).sqrt())
}
