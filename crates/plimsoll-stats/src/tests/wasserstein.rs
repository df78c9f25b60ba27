//! Wasserstein distance.

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, numeric};
use crate::{Sample, StatsError};

pub const TEST: TestKind = TestKind {
    id: "wasserstein",
    title: "Wasserstein distance in reference standard deviations",
    input: InputKind::Numeric,
    score: ScoreKind::Distance,
    threshold: 0.1,
    direction: Direction::AtOrAbove,
    run,
    doc: "W₁ = ∫ |F_reference − F_current| dx, divided by the population standard deviation of the reference, but by at \
          least 0.001, as Evidently's users know it. The floor hides drift in a column whose whole scale is below 0.001, \
          and a note then says so. Source: Vaserstein (1969); agrees with scipy.stats.wasserstein_distance.",
};

/// Smallest divisor.
const FLOOR: f64 = 0.001;

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (reference, current) = numeric("wasserstein", data)?;
    let std = reference.std(0).unwrap_or(0.0);
    let mut outcome = Outcome::from(distance(reference, current) / std.max(FLOOR));
    if std < FLOOR && std > 0.0 {
        outcome.notes.push(format!(
            "the reference's standard deviation {std:.3e} is below 0.001, which divides the distance: drift may be hidden; scale the column or choose `ks`"
        ));
    }
    Ok(outcome)
}

/// First Wasserstein distance in the unit of the values, in one walk over both samples.
pub fn distance(reference: Sample<'_>, current: Sample<'_>) -> f64 {
    let (n, m) = (reference.n() as f64, current.n() as f64);
    let (a, b) = (reference.values(), current.values());
    let (mut i, mut j) = (0, 0);
    let mut sum = 0.0;
    let mut last = a[0].min(b[0]);
    // Whole numbers are subtracted and divided afterwards, so that equal shares differ by nothing.
    let unit = 1.0 / (n * m);
    let apart = |i: usize, j: usize| (reference.below(i) as f64 * m - current.below(j) as f64 * n).abs() * unit;
    // Which side comes next is chance, so that the steps are taken without a branch.
    while i < a.len() && j < b.len() {
        let from_a = a[i] <= b[j];
        let value = if from_a { a[i] } else { b[j] };
        sum += (value - last) * apart(i, j);
        last = value;
        i += usize::from(from_a);
        j += usize::from(!from_a);
    }
    // One side alone is left.
    while i < a.len() || j < b.len() {
        let value = if i < a.len() { a[i] } else { b[j] };
        sum += (value - last) * apart(i, j);
        last = value;
        i += usize::from(i < a.len());
        j += usize::from(j < b.len());
    }
    sum
}
