//! What a page draws of a regression: the histogram of its errors and a sample of rows.

use plimsoll_model::{Bin2d, Detail};
use plimsoll_stats::linear_edges;

use super::{drawn_share, regression::Columns, significant, weighted};
use crate::{Profiles, StatisticSpec, statistics::RowSample};

/// Rows of the sample.
const ROWS: u32 = 200;
/// Bins of the histogram at most.
const BINS: usize = 30;

/// The request for the sample of rows.
pub(super) fn sample(columns: &Columns) -> StatisticSpec {
    StatisticSpec::row_sample([columns.target(), columns.prediction()].map(str::to_owned), ROWS)
}

/// Histogram of the errors on both slices over common edges, and the sampled rows of the current slice.
pub(super) fn errors_detail(columns: &Columns, profiles: &Profiles<'_>) -> Option<Detail> {
    let current = weighted(&columns.errors(profiles.current).ok()?.distribution().sample());
    let reference = profiles
        .reference
        .and_then(|r| columns.errors(r).ok())
        .map(|e| weighted(&e.distribution().sample()));
    let edges = edges(&current, reference.as_deref());
    let shares = |errors: &[(f64, f64)]| shares(errors, &edges);
    let (current, reference) = (shares(&current), reference.map(|r| shares(&r)));
    Some(Detail::Errors {
        current,
        reference,
        predicted_actual: scatter(columns, profiles).unwrap_or_default(),
        edges: edges.into_iter().map(significant).collect(),
    })
}

/// Equal bins over the range of both slices: 2 n^⅓ (Rice's rule), between 5 and 30.
fn edges(current: &[(f64, f64)], reference: Option<&[(f64, f64)]>) -> Vec<f64> {
    let sides = || std::iter::once(current).chain(reference);
    let least = sides()
        .filter_map(|s| s.first())
        .map(|(v, _)| *v)
        .fold(f64::INFINITY, f64::min);
    let most = sides()
        .filter_map(|s| s.last())
        .map(|(v, _)| *v)
        .fold(f64::NEG_INFINITY, f64::max);
    let rows: f64 = current.iter().map(|(_, w)| w).sum();
    let bins = ((2.0 * rows.cbrt()).ceil() as usize).clamp(5, BINS);
    linear_edges(least, most, bins)
}

fn shares(errors: &[(f64, f64)], edges: &[f64]) -> Vec<f64> {
    let bins = edges.len() - 1;
    let total: f64 = errors.iter().map(|(_, w)| w).sum();
    let mut shares = vec![0.0; bins];
    for (value, weight) in errors {
        let bin = edges[1..bins].partition_point(|e| e <= value);
        shares[bin] += weight / total;
    }
    shares.into_iter().map(drawn_share).collect()
}

fn scatter(columns: &Columns, profiles: &Profiles<'_>) -> Option<Vec<Bin2d>> {
    let rows: &RowSample = profiles.current.get(&sample(columns)).ok()?;
    let finite = |v: Option<f64>| v.filter(|v| v.is_finite());
    let pairs = rows
        .numbers(columns.target())
        .into_iter()
        .zip(rows.numbers(columns.prediction()));
    Some(
        pairs
            .filter_map(|(x, y)| {
                Some(Bin2d {
                    x: significant(finite(x)?),
                    y: significant(finite(y)?),
                    count: 1,
                })
            })
            .collect(),
    )
}
