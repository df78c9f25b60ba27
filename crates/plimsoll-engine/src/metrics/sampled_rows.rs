//! Rows of a sample: their labels, and the bins of a column that they belong to.

use std::collections::BTreeMap;

use plimsoll_model::{ColumnKind, ColumnSpec, DataDefinition};

use super::{column::Column, significant};
use crate::{Evaluation, LabelSource, SpecError, statistics::RowSample};

/// Bins of a numeric column: tenths of the reference.
const BINS: usize = 10;
/// Categories that are told apart, the most common of both sides.
const CATEGORIES: usize = 10;
/// Name of the bin of missing cells.
const MISSING: &str = "missing";
/// Name of the bin of the less common categories.
const OTHER: &str = "other";

/// Rows that are looked at where no number is given.
pub(super) fn five_thousand() -> u32 {
    5_000
}

/// Checks the number of rows that a metric is asked to look at.
///
/// # Errors
/// [`SpecError::Params`] if it is below two.
pub(super) fn at_least_two(metric: &str, rows: u32) -> Result<(), SpecError> {
    if rows < 2 {
        return Err(SpecError::Params {
            metric: metric.to_owned(),
            problem: format!("`rows` is {rows}, expected at least 2"),
        });
    }
    Ok(())
}

/// Says whether rows can be cut by the values of columns of a kind.
pub(super) fn is_cut(kind: ColumnKind) -> bool {
    kind == ColumnKind::Numeric || kind.is_categorical()
}

/// The columns that rows are cut by: those that are named, or those of a definition that a metric takes by itself.
pub(super) fn settled(
    metric: &str,
    definition: &DataDefinition,
    names: Option<&[String]>,
    is_own: impl Fn(&&ColumnSpec) -> bool,
) -> Result<Vec<Column>, SpecError> {
    let settled: Vec<Column> = if let Some(names) = names {
        let expected = "a numeric, categorical or boolean column";
        let of = |name: &String| Column::of_kind(metric, definition, name, expected, is_cut);
        names.iter().map(of).collect::<Result<_, _>>()?
    } else {
        let own = definition.columns.iter().filter(is_own);
        own.filter(|c| is_cut(c.kind)).map(Column::from).collect()
    };
    if settled.is_empty() {
        return Err(SpecError::Definition {
            metric: metric.to_owned(),
            needs: "a numeric, categorical or boolean feature".to_owned(),
        });
    }
    Ok(settled)
}

/// The columns that labels come from.
pub(super) fn columns_of(labels: &LabelSource) -> Vec<String> {
    match labels {
        LabelSource::Column(c) | LabelSource::Threshold { score: c, .. } => vec![c.clone()],
        LabelSource::ArgMax { scores } => scores.iter().map(|(_, c)| c.clone()).collect(),
    }
}

/// Marks an evaluation as inexact where not all rows of a side are in the sample.
pub(super) fn note_sample(evaluation: &mut Evaluation, sample: &RowSample, side: &str) {
    if sample.rows_seen() > sample.len() as u64 {
        evaluation.exact = false;
        evaluation.notes.push(format!(
            "from a sample of {} of {} rows of the {side}",
            sample.len(),
            sample.rows_seen()
        ));
    }
}

/// Says whether a sampled label is a given one; truth values are sampled as numbers.
pub(super) fn is_label(label: &str, wanted: &str) -> bool {
    label == wanted || matches!((label, wanted), ("1", "true") | ("0", "false"))
}

/// The finite values of a column.
pub(super) fn finite(sample: &RowSample, column: &str) -> Vec<Option<f64>> {
    let numbers = sample.numbers(column).into_iter();
    numbers.map(|v| v.filter(|v| v.is_finite())).collect()
}

/// The predicted label of each sampled row; of a score below the threshold an empty one, for the class without a name.
pub(super) fn predicted_labels(sample: &RowSample, source: &LabelSource) -> Vec<Option<String>> {
    match source {
        LabelSource::Column(column) => sample.labels(column),
        LabelSource::Threshold {
            score,
            positive,
            threshold_bits,
        } => {
            let threshold = f64::from_bits(*threshold_bits);
            let label = |score: f64| {
                if score >= threshold {
                    positive.clone()
                } else {
                    String::new()
                }
            };
            finite(sample, score)
                .into_iter()
                .map(|score| score.map(label))
                .collect()
        }
        LabelSource::ArgMax { scores } => {
            let columns: Vec<Vec<Option<f64>>> = scores.iter().map(|(_, c)| finite(sample, c)).collect();
            let best = |row: usize| {
                let mut best: Option<(usize, f64)> = None;
                for (class, column) in columns.iter().enumerate() {
                    let score = column[row]?;
                    if best.is_none_or(|(_, most)| score > most) {
                        best = Some((class, score));
                    }
                }
                best.map(|(class, _)| scores[class].0.clone())
            };
            (0..columns.first().map_or(0, Vec::len)).map(best).collect()
        }
    }
}

/// The bins of a column, and which of them the rows of a reference and of a window belong to.
pub(super) struct Cut {
    /// Ascending, or the most common category first; then what is other and what is missing.
    pub names: Vec<String>,
    /// Reference first.
    pub rows: [Vec<usize>; 2],
}

impl Cut {
    /// Cuts at the tenths of the reference, or into the categories that are most common on either side.
    pub fn of(column: &Column, samples: [&RowSample; 2]) -> Self {
        if column.is_ordered() {
            Self::numeric(samples.map(|sample| finite(sample, &column.name)))
        } else {
            Self::categorical(&samples.map(|sample| sample.labels(&column.name)))
        }
    }

    fn numeric(values: [Vec<Option<f64>>; 2]) -> Self {
        let mut sorted: Vec<f64> = values[0].iter().flatten().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let at = |tenth: usize| sorted.get(tenth * sorted.len() / BINS).copied();
        let mut cuts: Vec<f64> = (1..BINS).filter_map(at).collect();
        cuts.dedup();
        let edge = |v: f64| {
            let v = significant(v);
            if v == 0.0 || (1e-4..1e9).contains(&v.abs()) {
                v.to_string()
            } else {
                format!("{v:e}")
            }
        };
        let name = |bin: usize| match (bin.checked_sub(1).map(|low| cuts[low]), cuts.get(bin)) {
            (None, None) => "all".to_owned(),
            (None, Some(high)) => format!("below {}", edge(*high)),
            (Some(low), Some(high)) => format!("{} to {}", edge(low), edge(*high)),
            (Some(low), None) => format!("{} and above", edge(low)),
        };
        let mut names: Vec<String> = (0..=cuts.len()).map(name).collect();
        names.push(MISSING.to_owned());
        let bin = |v: Option<f64>| v.map_or(cuts.len() + 1, |v| cuts.partition_point(|cut| *cut <= v));
        Self {
            names,
            rows: values.map(|side| side.into_iter().map(bin).collect()),
        }
    }

    fn categorical(labels: &[Vec<Option<String>>; 2]) -> Self {
        let mut shares: BTreeMap<&str, f64> = BTreeMap::new();
        for side in labels {
            for label in side.iter().flatten() {
                *shares.entry(label).or_insert(0.0) += 1.0 / side.len() as f64;
            }
        }
        let mut common: Vec<(&str, f64)> = shares.into_iter().collect();
        common.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        common.truncate(CATEGORIES);
        let mut names: Vec<String> = common.into_iter().map(|(label, _)| label.to_owned()).collect();
        let kept = names.len();
        names.extend([OTHER.to_owned(), MISSING.to_owned()]);
        let bin = |label: &Option<String>| match label {
            None => kept + 1,
            Some(label) => names[..kept].iter().position(|name| name == label).unwrap_or(kept),
        };
        let rows = [0, 1].map(|side| labels[side].iter().map(bin).collect());
        Self { names, rows }
    }
}
