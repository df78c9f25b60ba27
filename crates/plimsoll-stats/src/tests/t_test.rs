//! Student's t-test.

use statrs::function::beta::checked_beta_reg;

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, finite, numeric};
use crate::StatsError;

pub const TEST: TestKind = TestKind {
    id: "t_test",
    title: "Student's t-test",
    input: InputKind::Numeric,
    score: ScoreKind::PValue,
    threshold: 0.05,
    direction: Direction::Below,
    run,
    doc: "Two-sided test of equal means with the pooled variance s²: t = (x̄ − ȳ) / √(s² (1/n + 1/m)) with n + m − 2 \
          degrees of freedom. It sees the mean alone. Both sides constant: p = 1 if they are equal, else 0. Source: \
          Student, Biometrika 6 (1908); agrees with scipy.stats.ttest_ind. DIFFERENCE: SciPy has no value for two equal \
          constant sides.",
};

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (reference, current) = numeric("t_test", data)?;
    let (n, m) = (reference.n() as f64, current.n() as f64);
    let freedom = n + m - 2.0;
    let (Some(a), Some(b), Some(v), Some(w)) = (
        reference.mean(),
        current.mean(),
        reference.variance(0),
        current.variance(0),
    ) else {
        return Err(StatsError::Empty { side: "current" });
    };
    if freedom < 1.0 {
        return Err(StatsError::Undefined(
            "the t-test needs at least three values on both sides together",
        ));
    }
    let gap = a - b;
    if gap == 0.0 {
        return Ok(1.0.into());
    }
    let variance = (n * v + m * w) / freedom * (1.0 / n + 1.0 / m);
    // freedom / (freedom + t²), with t² = gap² / variance.
    let x = freedom * variance / (freedom * variance + gap * gap);
    checked_beta_reg(freedom / 2.0, 0.5, x).map_or_else(|_| finite(f64::NAN), finite)
}
