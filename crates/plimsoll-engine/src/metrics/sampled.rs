//! What the metrics that learn from rows share: sampled columns as features.

use plimsoll_stats::Feature;

use super::column::Column;
use crate::{Evaluation, statistics::RowSample};

/// A column's values in the sampled rows; numbers that are not finite are missing.
pub(super) fn feature(column: &Column, sample: &RowSample) -> Feature {
    if column.is_ordered() {
        Feature::Numbers(finite(sample, &column.name))
    } else {
        Feature::Labels(sample.labels(&column.name))
    }
}

/// Finite numbers of a column in the sampled rows.
pub(super) fn finite(sample: &RowSample, column: &str) -> Vec<Option<f64>> {
    let numbers = sample.numbers(column).into_iter();
    numbers.map(|v| v.filter(|v| v.is_finite())).collect()
}

/// Marks an evaluation as inexact where not all rows are in the sample.
pub(super) fn note_sample(evaluation: &mut Evaluation, sample: &RowSample, side: &str) {
    if sample.rows_seen() > sample.len() as u64 {
        evaluation.exact = false;
        evaluation.notes.push(format!(
            "from a sample of {} of {} rows of the {side}",
            sample.len(),
            sample.rows_seen()
        ));
        if sample.different() * 2 < sample.len() {
            evaluation.notes.push(format!(
                "only {} different rows are in the sample of the {side}, for equal rows are drawn together: name a column that \
                 keeps rows apart as `id`",
                sample.different()
            ));
        }
    }
}
