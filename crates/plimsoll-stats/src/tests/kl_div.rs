//! Kullback–Leibler divergence.

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, shares::filled_shares};
use crate::StatsError;

pub const TEST: TestKind = TestKind {
    id: "kl_div",
    title: "Kullback–Leibler divergence",
    input: InputKind::Both,
    score: ScoreKind::Distance,
    threshold: 0.1,
    direction: Direction::AtOrAbove,
    run,
    doc: "KL(r ‖ c) = Σ r · ln(r / c) over bins, in nats, shares normalised after empty bins are filled as for `psi`. \
          Bins as for `psi`. A divergence, not a distance: it is not symmetric. Source: Kullback and Leibler, Annals of \
          Mathematical Statistics 22 (1951). DIFFERENCE: Evidently always bins the pooled sample.",
};

fn run(data: &TwoSamples<'_>, options: &TestOptions) -> Result<Outcome, StatsError> {
    let (r, c) = filled_shares(data, options)?;
    let (sum_r, sum_c) = (r.iter().sum::<f64>(), c.iter().sum::<f64>());
    let divergence: f64 = r
        .iter()
        .zip(&c)
        .map(|(r, c)| (r / sum_r) * ((r / sum_r) / (c / sum_c)).ln())
        .sum();
    Ok(divergence.max(0.0).into())
}
