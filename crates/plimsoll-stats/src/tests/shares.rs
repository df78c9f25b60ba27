//! Shares of bins for the divergences: binning as asked, empty bins filled.

use super::{Bins, TestOptions, TwoSamples, categorical, not_empty};
use crate::{Sample, StatsError, decile_edges, sturges_edges};

/// Distinct reference values up to which Evidently's binning takes each value as a category.
const VALUES_AS_CATEGORIES: usize = 20;

fn normalise(counts: &[u64]) -> Vec<f64> {
    let n = counts.iter().sum::<u64>() as f64;
    counts.iter().map(|c| *c as f64 / n).collect()
}

/// Shares of the bins or categories on either side.
pub fn shares(data: &TwoSamples<'_>, bins: Bins) -> Result<(Vec<f64>, Vec<f64>), StatsError> {
    let (r, c) = match data {
        TwoSamples::Numeric { reference, current }
            if bins == Bins::ReferenceDeciles || reference.distinct() > VALUES_AS_CATEGORIES =>
        {
            not_empty(reference.n(), current.n())?;
            let edges = match bins {
                Bins::ReferenceDeciles => decile_edges(*reference),
                Bins::SturgesUnion => sturges_edges(*reference, Some(*current)),
            };
            let count = |s: &Sample<'_>| match bins {
                Bins::ReferenceDeciles => right_closed(s, &edges),
                Bins::SturgesUnion => s.histogram(&edges),
            };
            (count(reference), count(current))
        }
        _ => categorical(data)?,
    };
    Ok((normalise(&r), normalise(&c)))
}

/// Observations per bin `(a, b]`, so that a value that holds several deciles falls into one bin.
fn right_closed(sample: &Sample<'_>, edges: &[f64]) -> Vec<u64> {
    let upto = |edge: &f64| sample.below(sample.values().partition_point(|v| v <= edge));
    let mut before = 0;
    let counts = edges[1..].iter().map(|edge| {
        let upto = upto(edge);
        std::mem::replace(&mut before, upto).abs_diff(upto)
    });
    counts.collect()
}

/// [`shares`] with empty bins filled: by 0.0001, or by the smallest share / 10⁶ where that share is ≤ 0.0001.
pub fn filled_shares(data: &TwoSamples<'_>, options: &TestOptions) -> Result<(Vec<f64>, Vec<f64>), StatsError> {
    let (mut r, mut c) = shares(data, options.bins)?;
    for side in [&mut r, &mut c] {
        let smallest = side.iter().copied().filter(|s| *s > 0.0).fold(f64::INFINITY, f64::min);
        let fill = if smallest <= 1e-4 { smallest / 1e6 } else { 1e-4 };
        side.iter_mut().filter(|s| **s == 0.0).for_each(|s| *s = fill);
    }
    Ok((r, c))
}
