//! Hellinger distance.

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, categorical, not_empty};
use crate::{StatsError, sturges_edges};

pub const TEST: TestKind = TestKind {
    id: "hellinger",
    title: "Hellinger distance",
    input: InputKind::Both,
    score: ScoreKind::Distance,
    threshold: 0.1,
    direction: Direction::AtOrAbove,
    run,
    doc: "√(1 − Σ √(r · c)) over bins or categories; between 0 and 1. Numeric columns are binned by equal-width Sturges \
          bins of the pooled sample. Source: Hellinger, Journal für die reine und angewandte Mathematik 136 (1909). \
          DIFFERENCE: Evidently takes Sturges bins of the distinct values, so that ties change the number of bins.",
};

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (r, c) = match data {
        TwoSamples::Numeric { reference, current } => {
            not_empty(reference.n(), current.n())?;
            let edges = sturges_edges(*reference, Some(*current));
            (reference.histogram(&edges), current.histogram(&edges))
        }
        TwoSamples::Categorical(_) | TwoSamples::Text(_) => categorical(data)?,
    };
    let (n_r, n_c) = (r.iter().sum::<u64>() as f64, c.iter().sum::<u64>() as f64);
    let overlap: f64 = r
        .iter()
        .zip(&c)
        .map(|(r, c)| ((*r as f64 / n_r) * (*c as f64 / n_c)).sqrt())
        .sum();
    // Rounding may carry the overlap of equal shares past 1 by an ulp a bin; that is zero distance.
    let gap = 1.0 - overlap;
    Ok((if gap < 1e-15 * r.len() as f64 { 0.0 } else { gap.sqrt() }).into())
}
