//! Edges of histograms.

use crate::Sample;

/// `bins + 1` edges of equal width from `lo` to `hi`; a degenerate range is widened by a half on either side.
#[must_use]
pub fn linear_edges(lo: f64, hi: f64, bins: usize) -> Vec<f64> {
    let (lo, hi) = if lo == hi { (lo - 0.5, hi + 0.5) } else { (lo, hi) };
    let bins = bins.max(1);
    let step = (hi - lo) / bins as f64;
    let edge = |i: usize| {
        if i == bins {
            hi
        } else if step.is_finite() {
            lo + step * i as f64
        } else {
            // A range beyond the largest number.
            let share = i as f64 / bins as f64;
            lo * (1.0 - share) + hi * share
        }
    };
    (0..=bins).map(edge).collect()
}

/// Equal-width edges over both samples with the number of bins of Sturges' rule.
///
/// # Definition
/// Width `h = range / (log2 n + 1)`, bins `⌈range / h⌉`, `n` the number of pooled observations.
///
/// # Source
/// NumPy `histogram_bin_edges(bins="sturges")`.
#[must_use]
pub fn sturges_edges(a: Sample<'_>, b: Option<Sample<'_>>) -> Vec<f64> {
    let sides = || std::iter::once(a).chain(b);
    let least = sides().filter_map(|s| s.min()).reduce(f64::min);
    let most = sides().filter_map(|s| s.max()).reduce(f64::max);
    let (Some(lo), Some(hi)) = (least, most) else {
        return Vec::new();
    };
    let n = a.n() + b.map_or(0, |b| b.n());
    sturges_edges_of(lo, hi, n)
}

/// Sturges edges for a range and a number of observations.
pub(crate) fn sturges_edges_of(lo: f64, hi: f64, n: u64) -> Vec<f64> {
    let range = if (hi - lo).is_finite() {
        hi - lo
    } else {
        hi / 2.0 - lo / 2.0
    };
    let width = range / ((n as f64).log2() + 1.0);
    let bins = if width > 0.0 {
        (range / width).ceil() as usize
    } else {
        1
    };
    linear_edges(lo, hi, bins)
}

/// The distinct inner deciles of a sample, between −∞ and +∞: at most ten bins of about equal reference share.
#[must_use]
pub fn decile_edges(reference: Sample<'_>) -> Vec<f64> {
    let mut edges: Vec<f64> = (1..10)
        .filter_map(|d| reference.quantile(f64::from(d) / 10.0))
        .collect();
    edges.dedup();
    edges.insert(0, f64::NEG_INFINITY);
    edges.push(f64::INFINITY);
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_beyond_the_largest_number_has_finite_edges() {
        let values = [-f64::MAX, -1.0, 1.0, f64::MAX];
        let sample = Sample::from_sorted(&values);
        for edges in [linear_edges(-f64::MAX, f64::MAX, 16), sturges_edges(sample, None)] {
            assert!(edges.len() > 2 && edges.iter().all(|e| e.is_finite()), "{edges:?}");
            assert!(edges.windows(2).all(|w| w[0] < w[1]), "{edges:?}");
            assert_eq!(sample.histogram(&edges).iter().sum::<u64>(), 4);
        }
        assert_eq!(Sample::from_sorted(&[-f64::MAX, f64::MAX]).quantile(0.5), Some(0.0));
    }
}
