//! G-test of homogeneity.

use statrs::function::gamma::checked_gamma_ur;

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, categorical};
use crate::StatsError;

pub const TEST: TestKind = TestKind {
    id: "g_test",
    title: "G-test of homogeneity",
    input: InputKind::Categorical,
    score: ScoreKind::PValue,
    threshold: 0.1,
    direction: Direction::Below,
    run,
    doc: "The likelihood-ratio test on the 2 × k table of counts: G = 2 Σ observed · ln(observed / expected) with expected = \
          row total × column total / n, k − 1 degrees of freedom. One category on both sides: p = 1. Source: Wilks, Annals \
          of Mathematical Statistics 6 (1935); agrees with scipy.stats.chi2_contingency(lambda_=\"log-likelihood\", \
          correction=False). DIFFERENCE: Evidently takes the reference counts as known expectations, which leaves out the \
          reference's own noise, and fails unless both sides have equally many rows.",
};

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (r, c) = categorical(data)?;
    let (n, m) = (r.iter().sum::<u64>() as f64, c.iter().sum::<u64>() as f64);
    let (mut statistic, mut categories) = (0.0, 0_u32);
    let term = |count: u64, side: f64, total: f64| {
        let count = count as f64;
        if count > 0.0 {
            count * (count * (n + m) / (side * total)).ln()
        } else {
            0.0
        }
    };
    for (r, c) in r.iter().zip(&c) {
        let total = (r + c) as f64;
        categories += u32::from(total > 0.0);
        statistic += term(*r, n, total) + term(*c, m, total);
    }
    if categories < 2 || statistic <= 0.0 {
        return Ok(1.0.into());
    }
    checked_gamma_ur(f64::from(categories - 1) / 2.0, statistic)
        .map(Outcome::from)
        .map_err(|_| StatsError::Undefined("the chi-square distribution is not defined here"))
}
