//! What the columns of a data set are and which part each plays.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Preparation, suggest::near_text};

/// How a column's values are read and compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Real numbers, compared by size.
    Numeric,
    /// Names, compared by equality.
    Categorical,
    /// True or false; treated as a category of two.
    Boolean,
    /// Free text, nearly every value different.
    Text,
    /// A moment or a date.
    Datetime,
    /// A vector of fixed length.
    Embedding,
    /// A list of values.
    List,
}

impl ColumnKind {
    /// Says whether values are compared by equality and counted by category.
    #[must_use]
    pub fn is_categorical(self) -> bool {
        matches!(self, Self::Categorical | Self::Boolean)
    }

    /// The kind's name as written in configuration files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Numeric => "numeric",
            Self::Categorical => "categorical",
            Self::Boolean => "boolean",
            Self::Text => "text",
            Self::Datetime => "datetime",
            Self::Embedding => "embedding",
            Self::List => "list",
        }
    }
}

/// The part a column plays in monitoring.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An input of the model.
    Feature,
    /// The truth (label) that the model predicts.
    Target,
    /// The model's decision: a number or a label.
    Prediction,
    /// The model's score (probability) of one class; the class is the label, `None` for the positive class.
    Score(Option<String>),
    /// Identifies a prediction; joins late labels.
    Id,
    /// Event time.
    Timestamp,
    /// Splits the data into segments.
    Segment,
    /// Weight of a row.
    Weight,
    /// User of a recommendation.
    User,
    /// Item of a recommendation.
    Item,
    /// Not monitored.
    Ignored,
}

/// One column: name, kind and role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnSpec {
    /// Name as it stands in the data.
    pub name: String,
    /// How values are read.
    pub kind: ColumnKind,
    /// Part the column plays.
    pub role: Role,
}

/// What the model does; decides which quality metrics apply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Task {
    /// Predicts a number.
    Regression,
    /// Predicts one of two classes.
    Binary {
        /// Label of the positive class.
        positive: String,
        /// A score at or above this is positive. Unit: probability.
        threshold: f64,
    },
    /// Predicts one of several classes.
    Multiclass,
    /// Orders items for users.
    Ranking {
        /// Length of the list that is judged.
        k: usize,
    },
}

impl Task {
    /// The task's name as written in configuration files.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Regression => "regression",
            Self::Binary { .. } => "binary",
            Self::Multiclass => "multiclass",
            Self::Ranking { .. } => "ranking",
        }
    }
}

/// Columns of a data set with their kinds and roles, and the model's task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DataDefinition {
    /// Columns in the order in which the data has them.
    pub columns: Vec<ColumnSpec>,
    /// What the model does, if a model is monitored.
    pub task: Option<Task>,
    /// Columns that split the data: each entry is one grouping of one or more columns.
    #[serde(default)]
    pub segments: Vec<Vec<String>>,
    /// What is done to rows before anything reads them. The columns that it derives are among `columns`.
    #[serde(default, skip_serializing_if = "Preparation::is_empty")]
    pub preparation: Preparation,
}

/// A column that a definition or a metric names and the data does not have, or one that is to play two parts.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DataError {
    /// No column has this name.
    #[error("no column `{column}`{}", near_text(.near))]
    UnknownColumn {
        /// Name that was asked for.
        column: String,
        /// Similar names, best first.
        near: Vec<String>,
    },
    /// A key of the configuration names a column that the data does not have.
    #[error("`{key}` names column `{column}`, which the data does not have{}", near_text(.near))]
    MissingColumn {
        /// Dotted path of the key, such as `data.target`.
        key: String,
        /// Name that was asked for.
        column: String,
        /// Similar names, best first.
        near: Vec<String>,
    },
    /// Two keys of the configuration give one column different roles.
    #[error("column `{column}` is named by `{first}` and by `{second}`; it can play one part only")]
    RoleConflict {
        /// Name of the column.
        column: String,
        /// Dotted path of the first key.
        first: String,
        /// Dotted path of the second key.
        second: String,
    },
}

/// What is known of a column from its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct InferredColumn {
    /// Name as it stands in the data.
    pub name: String,
    /// Kind that suits the values.
    pub kind: ColumnKind,
    /// Type in the file, as Arrow names it.
    pub data_type: String,
    /// Part that name and values suggest; `None` for a feature.
    pub role: Option<Role>,
    /// Different values among the rows that were read.
    pub distinct: u64,
    /// Missing values among the rows that were read.
    pub nulls: u64,
    /// First value that is not missing.
    pub example: Option<String>,
}

impl InferredColumn {
    /// A column of which only name and kind are known.
    #[must_use]
    pub fn new(name: impl Into<String>, kind: ColumnKind) -> Self {
        Self {
            name: name.into(),
            kind,
            data_type: String::new(),
            role: None,
            distinct: 0,
            nulls: 0,
            example: None,
        }
    }
}

impl DataDefinition {
    /// The column of that name.
    ///
    /// # Errors
    /// [`DataError::UnknownColumn`] with similar names.
    pub fn column(&self, name: &str) -> Result<&ColumnSpec, DataError> {
        self.columns
            .iter()
            .find(|c| c.name == name)
            .ok_or_else(|| DataError::UnknownColumn {
                column: name.to_owned(),
                near: crate::near(name, self.columns.iter().map(|c| c.name.as_str())),
            })
    }

    /// Says whether a column is derived from others and not in the data.
    #[must_use]
    pub fn is_derived(&self, name: &str) -> bool {
        self.preparation.descriptors.contains_key(name)
    }

    /// Columns that the data has, without those that are derived.
    pub fn given(&self) -> impl Iterator<Item = &ColumnSpec> {
        self.columns.iter().filter(|c| !self.is_derived(&c.name))
    }

    /// Name of the first column with that role.
    #[must_use]
    pub fn with_role(&self, role: &Role) -> Option<&ColumnSpec> {
        self.columns.iter().find(|c| &c.role == role)
    }

    /// The target column, if there is one.
    #[must_use]
    pub fn target(&self) -> Option<&ColumnSpec> {
        self.with_role(&Role::Target)
    }

    /// The prediction column, if there is one.
    #[must_use]
    pub fn prediction(&self) -> Option<&ColumnSpec> {
        self.with_role(&Role::Prediction)
    }

    /// Score columns by class; the key is `None` for the positive class of a binary task.
    #[must_use]
    pub fn scores(&self) -> BTreeMap<Option<&str>, &ColumnSpec> {
        self.columns
            .iter()
            .filter_map(|c| match &c.role {
                Role::Score(class) => Some((class.as_deref(), c)),
                _ => None,
            })
            .collect()
    }

    /// Model inputs, in the order of the data.
    pub fn features(&self) -> impl Iterator<Item = &ColumnSpec> {
        self.columns
            .iter()
            .filter(|c| matches!(c.role, Role::Feature | Role::Segment))
    }

    /// Columns that data metrics describe: features, target, prediction and scores.
    pub fn monitored(&self) -> impl Iterator<Item = &ColumnSpec> {
        self.columns.iter().filter(|c| {
            matches!(
                c.role,
                Role::Feature | Role::Segment | Role::Target | Role::Prediction | Role::Score(_)
            )
        })
    }
}
