//! The `data` block: where rows come from and what their columns are.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{IntoDeserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use super::ConfigError;
use crate::{
    ColumnKind, ColumnSpec, DataDefinition, DataError, DescriptorSpec, InferredColumn, Preparation, Role, Task,
};

/// What the model does, as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskName {
    /// Predicts a number.
    Regression,
    /// Predicts a class: one of two if `positive` is given, else one of several.
    Classification,
    /// Predicts one of two classes.
    Binary,
    /// Predicts one of several classes.
    Multiclass,
    /// Orders items for users.
    Ranking,
}

/// Kind of a column, or kind and role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ColumnConfig {
    /// `temp: numeric`.
    Kind(ColumnKind),
    /// `temp: {kind: numeric, role: ignored}`.
    Full {
        /// How values are read.
        kind: ColumnKind,
        /// Part the column plays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
        /// Cells that stand for missing in this column, beside those of every column.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing_values: Vec<Value>,
    },
}

impl ColumnConfig {
    /// How values are read.
    #[must_use]
    pub fn kind(&self) -> ColumnKind {
        match self {
            Self::Kind(kind) | Self::Full { kind, .. } => *kind,
        }
    }
}

impl<'de> Deserialize<'de> for ColumnConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Full {
            kind: ColumnKind,
            #[serde(default)]
            role: Option<Role>,
            #[serde(default)]
            missing_values: Vec<Value>,
        }
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = ColumnConfig;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a kind such as `numeric`, or `{kind: numeric, role: ignored}`")
            }
            fn visit_str<E: serde::de::Error>(self, kind: &str) -> Result<ColumnConfig, E> {
                ColumnKind::deserialize(kind.into_deserializer()).map(ColumnConfig::Kind)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ColumnConfig, A::Error> {
                let Full {
                    kind,
                    role,
                    missing_values,
                } = Full::deserialize(MapAccessDeserializer::new(map))?;
                Ok(ColumnConfig::Full {
                    kind,
                    role,
                    missing_values,
                })
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// Labels that lie in another file, joined by the id column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LabelsConfig {
    /// File, directory or glob that holds the id and the target columns.
    pub source: String,
}

/// Columns by whose values rows are grouped: one name, or a list of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum SegmentConfig {
    /// `country`.
    Column(String),
    /// `[country, device]`.
    Columns(Vec<String>),
}

impl SegmentConfig {
    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        match self {
            Self::Column(column) => std::slice::from_ref(column),
            Self::Columns(columns) => columns,
        }
    }
}

impl<'de> Deserialize<'de> for SegmentConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = SegmentConfig;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column such as `country`, or a list of columns such as `[country, device]`")
            }
            fn visit_str<E: serde::de::Error>(self, column: &str) -> Result<SegmentConfig, E> {
                Ok(SegmentConfig::Column(column.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SegmentConfig, A::Error> {
                let mut columns = Vec::new();
                while let Some(column) = list.next_element()? {
                    columns.push(column);
                }
                if columns.is_empty() {
                    return Err(serde::de::Error::invalid_length(0, &self));
                }
                Ok(SegmentConfig::Columns(columns))
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// Where the rows come from, the roles of their columns and the model's task.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// File, directory or glob; relative paths begin at the project file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Column with the event time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// Column that identifies a prediction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the model does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskName>,
    /// Column with the truth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Column with the model's decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<String>,
    /// Label of the positive class of a binary task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// Column with the score of the positive class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
    /// Score at or above which a row is positive. Default 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// Score columns by class, of a task with several classes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<String, String>,
    /// Column with the user of a recommendation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Column with the item of a recommendation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// Length of a ranked list that is judged. Default 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<usize>,
    /// Column with the weight of a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// Kinds of columns; the others are inferred from the data.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, ColumnConfig>,
    /// Columns that are not monitored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
    /// Groupings of the rows: every metric is computed for the whole and for each segment. The 20 largest segments of a
    /// grouping are told apart, the others are one, `other`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<SegmentConfig>,
    /// Cells that stand for missing in every column, such as `["NA", -999]`: every statistic takes them for null. Numbers are
    /// compared as numbers, everything else as text. Those of one column stand under `columns`, as
    /// `income: {kind: numeric, missing_values: [-1]}`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing_values: Vec<Value>,
    /// Columns that are derived from texts as rows are read, by name, such as
    /// `review_length: {text.length: {column: review}}`; metrics, tests and segments use them like any other, and only those
    /// of the whole data set (`dataset.…`) leave them out. `plimsoll metrics` lists the descriptors.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub descriptors: BTreeMap<String, DescriptorSpec>,
    /// Labels in another file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelsConfig>,
    /// IANA name of the time zone in which windows are cut and times without zone are read. Default UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
}

impl DataConfig {
    /// The time zone.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if it is unknown, with similar names.
    pub fn timezone(&self) -> Result<TimeZone, ConfigError> {
        let Some(name) = &self.timezone else {
            return Ok(TimeZone::UTC);
        };
        TimeZone::get(name).map_err(|_| {
            let known: Vec<String> = jiff::tz::db().available().map(|n| n.to_string()).collect();
            let near = crate::near(name, known.iter().map(String::as_str));
            let hint = near
                .first()
                .map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            ConfigError::Invalid {
                key: "data.timezone".to_owned(),
                problem: format!("`{name}` is no time zone, expected an IANA name such as `Europe/Berlin`{hint}"),
            }
        })
    }

    /// The task with its parameters.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if a binary task lacks the positive class, or a threshold is no number.
    pub fn task(&self) -> Result<Option<Task>, ConfigError> {
        let invalid = |key: &str, problem: &str| ConfigError::Invalid {
            key: key.to_owned(),
            problem: problem.to_owned(),
        };
        let binary = || {
            let positive = self.positive.clone().ok_or_else(|| {
                invalid(
                    "data.positive",
                    "is missing, expected the label of the positive class, such as `positive: yes`",
                )
            })?;
            let threshold = self.threshold.unwrap_or(0.5);
            if !threshold.is_finite() {
                return Err(invalid("data.threshold", "expected a finite number"));
            }
            Ok(Some(Task::Binary { positive, threshold }))
        };
        match self.task {
            None => Ok(None),
            Some(TaskName::Regression) => Ok(Some(Task::Regression)),
            Some(TaskName::Binary) => binary(),
            Some(TaskName::Classification) if self.positive.is_some() => binary(),
            Some(TaskName::Classification | TaskName::Multiclass) => Ok(Some(Task::Multiclass)),
            Some(TaskName::Ranking) => Ok(Some(Task::Ranking {
                k: self.k.unwrap_or(10),
            })),
        }
    }

    /// Columns that play a part, by name.
    fn roles(&self) -> Vec<(&str, Role)> {
        let mut roles: Vec<(&str, Role)> = Vec::new();
        let single = [
            (&self.timestamp, Role::Timestamp),
            (&self.id, Role::Id),
            (&self.target, Role::Target),
            (&self.prediction, Role::Prediction),
            (&self.score, Role::Score(None)),
            (&self.user, Role::User),
            (&self.item, Role::Item),
            (&self.weight, Role::Weight),
        ];
        roles.extend(
            single
                .into_iter()
                .filter_map(|(column, role)| Some((column.as_deref()?, role))),
        );
        roles.extend(
            self.scores
                .iter()
                .map(|(class, column)| (column.as_str(), Role::Score(Some(class.clone())))),
        );
        roles.extend(self.ignore.iter().map(|column| (column.as_str(), Role::Ignored)));
        roles
    }

    /// Merges what is written with what the data shows.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if a column is not in the data (with similar names), plays two parts, or the task is
    /// not complete.
    pub fn apply(&self, inferred: &[InferredColumn]) -> Result<DataDefinition, ConfigError> {
        let missing = |key: &str, name: &str| {
            let near = crate::near(name, inferred.iter().map(|c| c.name.as_str()));
            DataError::MissingColumn {
                key: format!("data.{key}"),
                column: name.to_owned(),
                near,
            }
        };
        let has = |name: &str| inferred.iter().any(|c| c.name == name);
        let roles = self.roles();
        for (at, (name, role)) in roles.iter().enumerate() {
            if !has(name) {
                return Err(missing(role_key(role), name).into());
            }
            if let Some((_, other)) = roles[..at].iter().find(|(n, _)| n == name) {
                let key = |role: &Role| format!("data.{}", role_key(role));
                return Err(DataError::RoleConflict {
                    column: (*name).to_owned(),
                    first: key(other),
                    second: key(role),
                }
                .into());
            }
        }
        if let Some(name) = self.columns.keys().find(|n| !has(n)) {
            return Err(missing("columns", name).into());
        }
        let groupings = self.segments.iter().map(SegmentConfig::columns);
        if let Some(name) = groupings.flatten().find(|n| !has(n)) {
            return Err(missing("segments", name).into());
        }
        let columns: Vec<ColumnSpec> = inferred
            .iter()
            .map(|column| {
                let written = self.columns.get(&column.name);
                let (kind, own) = match written {
                    Some(ColumnConfig::Kind(kind)) => (*kind, None),
                    Some(ColumnConfig::Full { kind, role, .. }) => (*kind, role.clone()),
                    None => (column.kind, None),
                };
                let role = roles
                    .iter()
                    .find(|(n, _)| *n == column.name)
                    .map(|(_, role)| role.clone());
                let role = role.or(own).unwrap_or(Role::Feature);
                let classes = matches!(
                    self.task,
                    Some(TaskName::Binary | TaskName::Classification | TaskName::Multiclass)
                );
                // Class labels are categories even where they are written as numbers.
                let label = classes && matches!(role, Role::Target | Role::Prediction);
                let kind = if label && written.is_none() {
                    ColumnKind::Categorical
                } else {
                    kind
                };
                ColumnSpec {
                    name: column.name.clone(),
                    kind,
                    role,
                }
            })
            .collect();
        let mut segments: Vec<Vec<String>> = self.segments.iter().map(|s| s.columns().to_vec()).collect();
        let marked = columns.iter().filter(|c| c.role == Role::Segment);
        segments.extend(marked.map(|c| vec![c.name.clone()]));
        segments.sort();
        segments.dedup();
        let numeric = columns.iter().filter(|c| c.kind == ColumnKind::Numeric);
        let numeric = numeric
            .map(|c| c.name.clone())
            .filter(|name| !self.descriptors.contains_key(name));
        let preparation = Preparation {
            numeric: numeric.collect(),
            ..self.preparation()?
        };
        Ok(DataDefinition {
            columns,
            task: self.task()?,
            segments,
            preparation,
        })
    }

    /// What is done to rows before anything reads them, as far as the file says it: which columns are numeric follows from the data.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] if a cell that stands for missing is a list or an object.
    pub fn preparation(&self) -> Result<Preparation, ConfigError> {
        let mut missing_in = BTreeMap::new();
        for (name, column) in &self.columns {
            if let ColumnConfig::Full { missing_values, .. } = column
                && !missing_values.is_empty()
            {
                let key = format!("data.columns.{name}.missing_values");
                missing_in.insert(name.clone(), cells(&key, missing_values)?);
            }
        }
        Ok(Preparation {
            missing: cells("data.missing_values", &self.missing_values)?,
            missing_in,
            descriptors: self.descriptors.clone(),
            numeric: BTreeSet::new(),
        })
    }
}

/// Cells as text: numbers as a column writes them.
fn cells(key: &str, values: &[Value]) -> Result<Vec<String>, ConfigError> {
    let cell = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number
            .as_f64()
            .map_or_else(|| number.to_string(), |v| (v + 0.0).to_string())),
        Value::Bool(truth) => Ok(truth.to_string()),
        other => Err(ConfigError::Invalid {
            key: key.to_owned(),
            problem: format!("found `{other}`, expected texts, numbers or truth values; null is always missing"),
        }),
    };
    values.iter().map(cell).collect()
}

fn role_key(role: &Role) -> &'static str {
    match role {
        Role::Feature => "columns",
        Role::Target => "target",
        Role::Prediction => "prediction",
        Role::Score(None) => "score",
        Role::Score(Some(_)) => "scores",
        Role::Id => "id",
        Role::Timestamp => "timestamp",
        Role::Segment => "segments",
        Role::Weight => "weight",
        Role::User => "user",
        Role::Item => "item",
        Role::Ignored => "ignore",
    }
}
