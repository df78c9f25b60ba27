//! One error type a seam: a statistic on rows, a profile's bytes, a request, an evaluation.

use plimsoll_model::near_text;
use thiserror::Error;

/// Why a statistic cannot read a column.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StatisticError {
    /// The data has no such column.
    #[error("no column `{column}` in the data{}", near_text(.near))]
    UnknownColumn {
        /// Name that was asked for.
        column: String,
        /// Similar names, best first.
        near: Vec<String>,
    },
    /// The column's values are of another type.
    #[error("column `{column}` holds {found}, expected {expected}; set its kind under `data.columns` or mend the data")]
    WrongType {
        /// Name of the column.
        column: String,
        /// What the statistic needs.
        expected: &'static str,
        /// Arrow type found.
        found: String,
    },
    /// Two states of different kinds or parameters cannot be merged.
    #[error("cannot merge a `{other}` into a `{this}`")]
    Mismatch {
        /// Receiving state.
        this: &'static str,
        /// Given state.
        other: &'static str,
    },
    /// A failure that was stored with a profile.
    #[error("{message}")]
    Stored {
        /// Its code.
        code: String,
        /// Its message.
        message: String,
    },
}

impl StatisticError {
    /// Stable code for the snapshot.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownColumn { .. } => "unknown_column",
            Self::WrongType { .. } => "wrong_type",
            Self::Mismatch { .. } => "statistic",
            Self::Stored { code, .. } => match code.as_str() {
                "unknown_column" => "unknown_column",
                "wrong_type" => "wrong_type",
                _ => "statistic",
            },
        }
    }
}

/// Why a profile cannot be read or merged.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// The bytes end too early or hold an impossible value.
    #[error("profile is damaged at byte {at}: {problem}")]
    Damaged {
        /// Position in the (decompressed) bytes.
        at: usize,
        /// What is wrong there.
        problem: String,
    },
    /// The bytes were written by another version.
    #[error("profile has format version {found}, this program reads up to {supported}")]
    Version {
        /// Version found.
        found: u32,
        /// Newest version that can be read.
        supported: u32,
    },
    /// The profiles were made by different plans.
    #[error("profiles hold different statistics: `{0}` is on one side only")]
    Plan(String),
}

/// Why a metric, test or preset request cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SpecError {
    /// No metric or preset has that name.
    #[error("no {what} `{name}`{}; `plimsoll metrics` lists all", near_text(.near))]
    Unknown {
        /// `metric`, `preset`, `field of …` or `test`.
        what: String,
        /// Name that was asked for.
        name: String,
        /// Similar names, best first.
        near: Vec<String>,
    },
    /// A parameter is absent, unknown or of the wrong type.
    #[error("`{metric}`: {problem}")]
    Params {
        /// Id of the metric.
        metric: String,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// The data definition lacks what the metric needs.
    #[error("`{metric}` needs {needs}; say so under `data`")]
    Definition {
        /// Id of the metric.
        metric: String,
        /// What is needed: a target, a prediction, a score …
        needs: String,
    },
    /// A column that the data does not have.
    #[error("`{metric}`: {source}")]
    Column {
        /// Id of the metric.
        metric: String,
        /// The column and its near alternatives.
        source: plimsoll_model::DataError,
    },
}

/// Why a metric has no value on these profiles.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EvaluateError {
    /// A statistic failed while reading the rows.
    #[error(transparent)]
    Statistic(#[from] StatisticError),
    /// The metric compares with a reference and there is none.
    #[error("`{0}` needs a reference; give one under `reference` or with `--reference`")]
    NoReference(String),
    /// There are too few usable values.
    #[error("{0}")]
    NotEnough(String),
    /// The mathematics refuses the input.
    #[error("{0}")]
    Math(String),
    /// The profile was made without the statistic.
    #[error("profile has no statistic `{0}`; it was made for other metrics")]
    Absent(String),
}

impl EvaluateError {
    /// Stable code for the snapshot.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Statistic(error) => error.code(),
            Self::NoReference(_) => "no_reference",
            Self::NotEnough(_) => "not_enough_data",
            Self::Math(_) => "undefined",
            Self::Absent(_) => "absent_statistic",
        }
    }
}
