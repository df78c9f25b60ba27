//! Two-proportion z-test.

use statrs::function::erf::erfc;

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, categorical};
use crate::StatsError;

pub const TEST: TestKind = TestKind {
    id: "z",
    title: "Two-proportion z-test",
    input: InputKind::Categorical,
    score: ScoreKind::PValue,
    threshold: 0.05,
    direction: Direction::Below,
    run,
    doc: "Two-sided test that the share of the first category (in sort order) is the same on both sides, with the pooled \
          variance; p = erfc(|z| / √2). Both sides constant: p = 1 if it is the same category, else 0. Source: any \
          textbook, such as Agresti, Categorical Data Analysis (2013) §3.1. DIFFERENCE: Evidently computes 2 (1 − Φ), \
          which is 0 beyond about 8 standard errors.",
};

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (r, c) = categorical(data)?;
    let (n, m) = (r.iter().sum::<u64>() as f64, c.iter().sum::<u64>() as f64);
    let (first_r, first_c) = (r[0] as f64, c[0] as f64);
    let pooled = (first_r + first_c) / (n + m);
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    if variance == 0.0 {
        return Ok(1.0.into());
    }
    let z = (first_r / n - first_c / m) / variance.sqrt();
    let mut outcome = Outcome::from(erfc(z.abs() / std::f64::consts::SQRT_2));
    if r.len() > 2 {
        outcome.notes.push(format!(
            "{} categories: the first is compared with all the others",
            r.len()
        ));
    }
    Ok(outcome)
}
