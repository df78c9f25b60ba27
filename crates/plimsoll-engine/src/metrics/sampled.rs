//! What the metrics that learn from rows share: sampled columns as features.

use plimsoll_model::{ColumnSpec, DataDefinition, Role};
use plimsoll_stats::Feature;

use super::{
    column::Column,
    sampled_rows::{at_least_two, finite, note_sample, settled},
};
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
        at_least_two(metric, size)?;
        let columns = settled(metric, definition, names, |c: &&ColumnSpec| c.role == Role::Feature)?;
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
        StatisticSpec::row_sample(own.chain(&self.apart).cloned(), self.size).with_seed(self.seed)
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

/// Notes that a side is a sample of its rows, and what that costs learning where many of them are equal.
pub(super) fn note_learned(evaluation: &mut Evaluation, sample: &RowSample, side: &str) {
    note_sample(evaluation, sample, side);
    if sample.rows_seen() > sample.len() as u64 && sample.different() * 2 < sample.len() {
        evaluation.notes.push(format!(
            "only {} different rows are in the sample of the {side}, for equal rows are drawn together: name a column that \
             keeps rows apart as `id`",
            sample.different()
        ));
    }
}
