//! Jensen–Shannon distance.

use super::{Bins, Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, shares::shares};
use crate::StatsError;

pub const TEST: TestKind = TestKind {
    id: "jensenshannon",
    title: "Jensen–Shannon distance",
    input: InputKind::Both,
    score: ScoreKind::Distance,
    threshold: 0.1,
    direction: Direction::AtOrAbove,
    run,
    doc: "The square root of the Jensen–Shannon divergence ½ KL(r ‖ m) + ½ KL(c ‖ m), m = (r + c) / 2, natural log; \
          between 0 and √ln 2 ≈ 0.8326. Numeric columns with more than 20 distinct reference values are binned by \
          equal-width Sturges bins of the pooled sample, others value by value. Source: Endres and Schindelin, IEEE \
          Transactions on Information Theory 49 (2003); agrees with scipy.spatial.distance.jensenshannon.",
};

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (r, c) = shares(data, Bins::SturgesUnion)?;
    let term = |p: f64, m: f64| if p > 0.0 { p * (p / m).ln() } else { 0.0 };
    let divergence: f64 = r
        .iter()
        .zip(&c)
        .map(|(r, c)| {
            let m = f64::midpoint(*r, *c);
            term(*r, m) + term(*c, m)
        })
        .sum();
    Ok((divergence / 2.0).max(0.0).sqrt().into())
}
