//! Population stability index.

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, shares::filled_shares};
use crate::StatsError;

pub const TEST: TestKind = TestKind {
    id: "psi",
    title: "Population stability index",
    input: InputKind::Both,
    score: ScoreKind::Distance,
    threshold: 0.1,
    direction: Direction::AtOrAbove,
    run,
    doc: "PSI = Σ (c − r) · ln(c / r) over bins, r and c the shares of reference and current (natural log). Numeric \
          columns are binned by reference deciles; `bins: sturges_union` takes equal-width Sturges bins of the pooled \
          sample (one bin a value up to 20 distinct reference values). An empty bin counts as 0.0001, or as the smallest \
          share / 10⁶ where that share is ≤ 0.0001. Source: Siddiqi, Credit Risk Scorecards (2006). DIFFERENCE: \
          Evidently always bins the pooled sample, so that its reference bins move with every batch.",
};

fn run(data: &TwoSamples<'_>, options: &TestOptions) -> Result<Outcome, StatsError> {
    let (r, c) = filled_shares(data, options)?;
    Ok(r.iter()
        .zip(&c)
        .map(|(r, c)| (c - r) * (c / r).ln())
        .sum::<f64>()
        .into())
}
