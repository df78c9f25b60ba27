//! Statistics: small mergeable states that read rows once.

use std::{any::Any, fmt::Debug};

use plimsoll_model::{ColumnKind, EXTRA};
use serde::{Deserialize, Serialize};

use crate::{Batch, ProfileError, ProfileOptions, Reader, StatisticError, Writer, statistics};

/// Where a row's label comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LabelSource {
    /// The value of a column.
    Column(String),
    /// The positive class where a score is at or above a threshold, no label (the other class) below.
    Threshold {
        /// Score column.
        score: String,
        /// Positive class.
        positive: String,
        /// `f64::to_bits` of the threshold, so that the request can be a map key.
        threshold_bits: u64,
    },
    /// The class with the largest score; the first of equals.
    ArgMax {
        /// Class and score column, in class order.
        scores: Vec<(String, String)>,
    },
}

impl LabelSource {
    fn columns(&self) -> Vec<&str> {
        match self {
            Self::Column(c) | Self::Threshold { score: c, .. } => vec![c],
            Self::ArgMax { scores } => scores.iter().map(|(_, c)| c.as_str()).collect(),
        }
    }
}

/// A request for one statistic; two metrics that need the same share one state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StatisticSpec {
    /// Rows, nulls, NaN, infinities, empty strings of a column.
    Count {
        /// Column.
        column: String,
    },
    /// Count, mean, variance, sum, extremes of the finite values of a numeric column.
    Moments {
        /// Column.
        column: String,
    },
    /// Sorted finite values of a numeric column: exact, then a sketch.
    Distribution {
        /// Column.
        column: String,
    },
    /// Count by value of a column of any type, values as text.
    Categories {
        /// Column.
        column: String,
    },
    /// Number of different non-null values.
    Distinct {
        /// Column.
        column: String,
    },
    /// Pairwise moments of numeric columns over rows where both are finite.
    CoMoments {
        /// Columns, sorted.
        columns: Vec<String>,
    },
    /// `prediction − target` of a regression.
    Errors {
        /// Target column.
        target: String,
        /// Prediction column.
        prediction: String,
    },
    /// Scores of one class, split by whether the row is of that class.
    Scores {
        /// Target column.
        target: String,
        /// Class that counts as positive.
        class: String,
        /// Score column of the class.
        score: String,
    },
    /// Sum of `−ln p(true class)` and of squared score errors over the classes' score columns.
    LogLoss {
        /// Target column.
        target: String,
        /// Class and score column, in class order.
        scores: Vec<(String, String)>,
    },
    /// Rows by true and predicted label.
    Confusion {
        /// Target column.
        target: String,
        /// Where the predicted label comes from.
        predicted: LabelSource,
    },
    /// A reproducible uniform sample of rows: those with the smallest keyed hash.
    RowSample {
        /// Columns whose values are kept.
        columns: Vec<String>,
        /// Rows kept.
        size: u32,
        /// Key of the hash.
        seed: u64,
    },
    /// Duplicated and empty rows; equal and almost equal pairs of columns.
    Rows {
        /// Columns that make up a row.
        columns: Vec<String>,
    },
    /// Rows with the same features and different labels.
    Conflicts {
        /// Feature columns, sorted.
        features: Vec<String>,
        /// Target or prediction column.
        label: String,
    },
    /// Decisions and their outcomes by the values of a column.
    GroupOutcomes {
        /// Column of the group.
        group: String,
        /// Target column.
        target: Option<String>,
        /// Where the predicted label comes from.
        predicted: LabelSource,
        /// Positive class.
        positive: String,
    },
    /// Each user's list of items, best first.
    RankedLists {
        /// Column of the user.
        user: String,
        /// Column of the item.
        item: Option<String>,
        /// Column of the score or the rank.
        order: String,
        /// Says whether a larger value comes first (a score).
        descending: bool,
        /// Column of the relevance.
        target: Option<String>,
        /// Numeric columns that describe the item, sorted.
        features: Vec<String>,
    },
    /// An aggregate expression of SQL.
    Sql {
        /// The expression.
        expression: String,
        /// Columns that it reads, sorted, with their kinds.
        columns: Vec<(String, ColumnKind)>,
    },
    /// Rows in which a value of one of the columns is missing.
    Incomplete {
        /// Columns.
        columns: Vec<String>,
    },
    /// Types of a column's values.
    Types {
        /// Column.
        column: String,
    },
    /// Products of errors and targets.
    ErrorProducts {
        /// Target column.
        target: String,
        /// Prediction column.
        prediction: String,
    },
}

impl StatisticSpec {
    /// The request for a sample of rows with the values of columns, each once.
    #[must_use]
    pub fn row_sample(columns: impl IntoIterator<Item = String>, size: u32) -> Self {
        let mut columns: Vec<String> = columns.into_iter().collect();
        columns.sort();
        columns.dedup();
        Self::RowSample { columns, size, seed: 0 }
    }

    /// The same request with another key of a random choice, where it makes one.
    #[must_use]
    pub fn with_seed(mut self, key: u64) -> Self {
        if let Self::RowSample { seed, .. } = &mut self {
            *seed = key;
        }
        self
    }

    /// Name of the statistic.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Count { .. } => "count",
            Self::Moments { .. } => "moments",
            Self::Distribution { .. } => "distribution",
            Self::Categories { .. } => "categories",
            Self::Distinct { .. } => "distinct",
            Self::CoMoments { .. } => "co_moments",
            Self::Errors { .. } => "errors",
            Self::ErrorProducts { .. } => "error_products",
            Self::Scores { .. } => "scores",
            Self::LogLoss { .. } => "log_loss",
            Self::Confusion { .. } => "confusion",
            Self::RowSample { .. } => "row_sample",
            Self::Rows { .. } => "rows",
            Self::Incomplete { .. } => "incomplete",
            Self::Types { .. } => "types",
            Self::Conflicts { .. } => "conflicts",
            Self::GroupOutcomes { .. } => "group_outcomes",
            Self::RankedLists { .. } => "ranked_lists",
            Self::Sql { .. } => "sql",
        }
    }

    /// Columns that the statistic reads.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::Count { column }
            | Self::Moments { column }
            | Self::Distribution { column }
            | Self::Categories { column }
            | Self::Distinct { column } => vec![column],
            // Values that did not fit the column of a stream lie there.
            Self::Types { column } => vec![column, EXTRA],
            Self::CoMoments { columns }
            | Self::RowSample { columns, .. }
            | Self::Incomplete { columns }
            | Self::Rows { columns } => columns.iter().map(String::as_str).collect(),
            Self::Errors { target, prediction } | Self::ErrorProducts { target, prediction } => {
                vec![target, prediction]
            }
            Self::Conflicts { features, label } => features
                .iter()
                .chain(std::iter::once(label))
                .map(String::as_str)
                .collect(),
            Self::RankedLists {
                user,
                item,
                order,
                target,
                features,
                ..
            } => [user, order]
                .into_iter()
                .chain(item)
                .chain(target)
                .chain(features)
                .map(String::as_str)
                .collect(),
            Self::Scores { target, score, .. } => vec![target, score],
            Self::Sql { columns, .. } => columns.iter().map(|(name, _)| name.as_str()).collect(),
            Self::LogLoss { target, scores } => std::iter::once(target.as_str())
                .chain(scores.iter().map(|(_, c)| c.as_str()))
                .collect(),
            Self::Confusion { target, predicted } => {
                std::iter::once(target.as_str()).chain(predicted.columns()).collect()
            }
            Self::GroupOutcomes {
                group,
                target,
                predicted,
                ..
            } => std::iter::once(group)
                .chain(target)
                .map(String::as_str)
                .chain(predicted.columns())
                .collect(),
        }
    }

    /// The state over no rows.
    #[must_use]
    pub fn zero(&self, options: &ProfileOptions) -> Box<dyn Statistic> {
        statistics::zero(self, options)
    }

    /// Reads a state that [`Statistic::write`] wrote.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] if the bytes are not such a state.
    pub fn read(&self, options: &ProfileOptions, reader: &mut Reader<'_>) -> Result<Box<dyn Statistic>, ProfileError> {
        let mut state = self.zero(options);
        state.read(reader)?;
        Ok(state)
    }
}

/// A mergeable state over rows.
///
/// Laws, tested for each: one pass over all rows, merged random parts, and a round trip through bytes give the same
/// state; the order of rows does not matter.
pub trait Statistic: Debug + Send + Sync + Any {
    /// Takes in the rows of a batch.
    ///
    /// # Errors
    /// [`StatisticError`] if a column is absent or of the wrong type; the state is then of no further use.
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError>;

    /// Takes in the rows that another state of the same request has seen.
    ///
    /// # Errors
    /// [`StatisticError::Mismatch`] if the other state is of another kind.
    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError>;

    /// Brings the state into the canonical form that readers and [`Statistic::write`] need (sorts buffers). Idempotent.
    fn finish(&mut self);

    /// Appends the finished state's bytes; equal rows give equal bytes.
    fn write(&self, writer: &mut Writer);

    /// Replaces the state by one that [`Statistic::write`] wrote.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] if the bytes are not such a state.
    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError>;

    /// Shrinks the finished state for storage beside a snapshot; results then carry an error bound.
    fn compact(&mut self) {}
}

/// Turns the other state of a merge into the receiver's type.
///
/// # Errors
/// [`StatisticError::Mismatch`] if it is of another kind.
pub(crate) fn same<S: Statistic>(this: &'static str, other: Box<dyn Statistic>) -> Result<Box<S>, StatisticError> {
    let any: Box<dyn Any> = other;
    any.downcast().map_err(|_| StatisticError::Mismatch {
        this,
        other: "statistic of another kind",
    })
}
