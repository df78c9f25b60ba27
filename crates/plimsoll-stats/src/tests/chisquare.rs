//! Chi-square test of homogeneity.

use statrs::function::gamma::checked_gamma_ur;

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, categorical};
use crate::StatsError;

pub const TEST: TestKind = TestKind {
    id: "chisquare",
    title: "Chi-square test of homogeneity",
    input: InputKind::Categorical,
    score: ScoreKind::PValue,
    threshold: 0.05,
    direction: Direction::Below,
    run,
    doc: "Pearson's test on the 2 × k table of counts: χ² = Σ (observed − expected)² / expected with expected = row total × \
          column total / n, k − 1 degrees of freedom. One category on both sides: p = 1. Source: Pearson (1900); agrees \
          with scipy.stats.chi2_contingency(correction=False). DIFFERENCE: Evidently takes the reference shares as known \
          expectations (a goodness-of-fit test), which leaves out the reference's own noise, so that its p-value is too \
          small and is 0 as soon as a category is new.",
};

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (r, c) = categorical(data)?;
    let (n, m) = (r.iter().sum::<u64>() as f64, c.iter().sum::<u64>() as f64);
    let (mut statistic, mut categories) = (0.0, 0_u32);
    for (r, c) in r.iter().zip(&c) {
        let total = (r + c) as f64;
        if total == 0.0 {
            continue;
        }
        categories += 1;
        let (expected_r, expected_c) = (total * n / (n + m), total * m / (n + m));
        statistic += (*r as f64 - expected_r).powi(2) / expected_r + (*c as f64 - expected_c).powi(2) / expected_c;
    }
    if categories < 2 || statistic == 0.0 {
        return Ok(1.0.into());
    }
    checked_gamma_ur(f64::from(categories - 1) / 2.0, statistic / 2.0)
        .map(Outcome::from)
        .map_err(|_| StatsError::Undefined("the chi-square distribution is not defined here"))
}
