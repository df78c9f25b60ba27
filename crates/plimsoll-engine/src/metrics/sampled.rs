//! What the metrics that learn from rows share: sampled columns as features.

use plimsoll_model::{ColumnKind, DataDefinition, Role};
use plimsoll_stats::Feature;

use super::column::Column;
use crate::{EvaluateError, Evaluation, Profile, SpecError, StatisticSpec, statistics::RowSample};

/// Columns of which rows are sampled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sampled {
    pub columns: Vec<Column>,
    /// A column that keeps equal rows apart, for a sample draws rows that are equal in all its columns together.
    apart: Option<String>,
    size: u32,
    seed: u64,
}

fn is_feature(kind: ColumnKind) -> bool {
    kind == ColumnKind::Numeric || kind.is_categorical()
}

impl Sampled {
    /// The columns of those names, by default all features, of which a number of rows is drawn.
    ///
    /// # Errors
    /// [`SpecError`] if a column is absent or holds neither numbers nor categories, none is left, or no row is to be drawn.
    pub fn of(
        metric: &str,
        definition: &DataDefinition,
        names: Option<&[String]>,
        apart: Option<&str>,
        size: u32,
        seed: u64,
    ) -> Result<Self, SpecError> {
        if size < 2 {
            return Err(SpecError::Params {
                metric: metric.to_owned(),
                problem: format!("`rows` is {size}, expected at least 2"),
            });
        }
        let columns: Vec<Column> = if let Some(names) = names {
            let expected = "a numeric, categorical or boolean column";
            let of = |name: &String| Column::of_kind(metric, definition, name, expected, is_feature);
            names.iter().map(of).collect::<Result<_, _>>()?
        } else {
            let own = definition.columns.iter().filter(|c| c.role == Role::Feature);
            own.filter(|c| is_feature(c.kind)).map(Column::from).collect()
        };
        if columns.is_empty() {
            return Err(SpecError::Definition {
                metric: metric.to_owned(),
                needs: "a numeric, categorical or boolean feature".to_owned(),
            });
        }
        let apart = apart.map(|name| Column::of(metric, definition, name)).transpose()?;
        Ok(Self {
            columns,
            apart: apart.map(|c| c.name),
            size,
            seed,
        })
    }

    /// The request for the rows.
    pub fn spec(&self) -> StatisticSpec {
        let own = self.columns.iter().map(|c| &c.name);
        let mut columns: Vec<String> = own.chain(&self.apart).cloned().collect();
        columns.sort();
        columns.dedup();
        StatisticSpec::RowSample {
            columns,
            size: self.size,
            seed: self.seed,
        }
    }

    /// The sampled rows of a profile.
    ///
    /// # Errors
    /// [`EvaluateError::NotEnough`] if there is none, [`EvaluateError`] if a column could not be read.
    pub fn rows<'p>(&self, profile: &'p Profile, side: &str) -> Result<&'p RowSample, EvaluateError> {
        let sample: &RowSample = profile.get(&self.spec())?;
        if sample.is_empty() {
            return Err(EvaluateError::NotEnough(format!("the {side} has no rows")));
        }
        Ok(sample)
    }

    /// The columns' values in the sampled rows.
    pub fn features(&self, sample: &RowSample) -> Vec<Feature> {
        self.columns.iter().map(|c| feature(c, sample)).collect()
    }
}

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
