//! The project file: data, reference, monitors and dashboard of one project, in YAML.

mod broker;
mod collector;
mod data;
mod defaults;
mod error;
mod secret;
mod time;

use std::{collections::BTreeMap, fmt};

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

pub use broker::{BrokerConfig, KafkaSasl, KafkaTls, NatsLogin, SaslMechanism};
pub use collector::{COLLECTOR, CollectorConfig, ImplicitLabel, LabelTimes, Retention, Seconds, Trigger};
pub use data::{ColumnConfig, DataConfig, LabelsConfig, SegmentConfig, TaskName};
pub use error::ConfigError;
pub use secret::Secret;
pub use time::{parse_duration_seconds, parse_time};

use crate::{DataDefinition, Granularity, ReportItem, TestItem, dashboard::Dashboard};

/// What windows are compared with; exactly one of a range, a source or a window.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceConfig {
    /// First day or moment of a range of the data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// First day or moment after the range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Another file, directory or glob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `previous`, or `trailing 28d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
}

/// A reference, settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceKind {
    /// A range of event time of the data, in microseconds since the Unix epoch: `[from, to)`.
    Range {
        /// First moment.
        from: jiff::Timestamp,
        /// First moment after.
        to: jiff::Timestamp,
    },
    /// All rows of another source.
    Source(String),
    /// The window before.
    Previous,
    /// As many seconds before the window's start.
    Trailing {
        /// Length.
        seconds: i64,
    },
}

impl ReferenceConfig {
    /// Settles the reference in the project's time zone.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] unless exactly one of `{from, to}`, `{source}` and `{window}` is given and readable.
    pub fn settle(&self, timezone: &TimeZone) -> Result<ReferenceKind, ConfigError> {
        let invalid = |problem: String| ConfigError::Invalid {
            key: "reference".to_owned(),
            problem,
        };
        match (&self.from, &self.to, &self.source, &self.window) {
            (Some(from), Some(to), None, None) => {
                let (from, to) = (parse_time(from, timezone)?, parse_time(to, timezone)?);
                if from >= to {
                    return Err(invalid(format!("`from` ({from}) is not before `to` ({to})")));
                }
                Ok(ReferenceKind::Range { from, to })
            }
            (None, None, Some(source), None) => Ok(ReferenceKind::Source(source.clone())),
            (None, None, None, Some(window)) => match window.trim() {
                "previous" => Ok(ReferenceKind::Previous),
                other => {
                    let length = other.strip_prefix("trailing ").and_then(parse_duration_seconds);
                    let seconds = length.ok_or_else(|| {
                        invalid(format!("`window` is `{other}`, expected `previous` or `trailing 28d`"))
                    })?;
                    Ok(ReferenceKind::Trailing { seconds })
                }
            },
            _ => Err(invalid("expected one of {from, to}, {source} or {window}".to_owned())),
        }
    }
}

/// A report or a test suite (or both) for every window of a length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitorConfig {
    /// Name, unique in the project.
    pub name: String,
    /// Length of the windows.
    pub every: Granularity,
    /// When the snapshot of a window that is still open is written; for projects with `source: collector`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Trigger>,
    /// Metrics and presets of the report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub report: Vec<ReportItem>,
    /// Tests and presets of the test suite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestItem>,
    /// Reference of this monitor, if it is not the project's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceConfig>,
    /// Words by which snapshots can be found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Free data kept in the snapshots.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, Value>,
}

/// The design of the project's page: `default`, or tabs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum DashboardConfig {
    /// `default`: made for the task.
    Name(DefaultDashboard),
    /// Tabs and panels.
    Tabs(Dashboard),
}

impl<'de> Deserialize<'de> for DashboardConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = DashboardConfig;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`default` or `{tabs: […]}`")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<DashboardConfig, E> {
                DefaultDashboard::deserialize(name.into_deserializer()).map(DashboardConfig::Name)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<DashboardConfig, A::Error> {
                Dashboard::deserialize(MapAccessDeserializer::new(map)).map(DashboardConfig::Tabs)
            }
        }
        deserializer.deserialize_any(Form)
    }
}

/// The word `default`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DefaultDashboard {
    /// A dashboard made for the task.
    #[default]
    Default,
}

impl Default for DashboardConfig {
    fn default() -> Self {
        Self::Name(DefaultDashboard::Default)
    }
}

/// How often the service runs the job of a project: a length of time, or `off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Never.
    Off,
    /// Every so often.
    Every(Seconds),
}

impl Serialize for Schedule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_str("off"),
            Self::Every(every) => every.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Schedule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.trim() == "off" {
            return Ok(Self::Off);
        }
        match text.parse() {
            Ok(Seconds(0)) => Err(serde::de::Error::custom(
                "`schedule` is 0, expected at least `1s`, or `off`",
            )),
            Ok(every) => Ok(Self::Every(every)),
            Err(problem) => Err(serde::de::Error::custom(format!("{problem}, or `off`"))),
        }
    }
}

impl JsonSchema for Schedule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Schedule".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "How often the job runs: a number and a unit (s, m, h, d, w), or `off`.",
            "examples": ["1h", "15m", "off"],
        })
    }
}

/// A project: what `plimsoll run` reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectConfig {
    /// Identifies the project.
    pub project: String,
    /// Name for people; the id if silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Where the rows come from and what their columns are.
    pub data: DataConfig,
    /// What windows are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceConfig>,
    /// What is computed.
    pub monitors: Vec<MonitorConfig>,
    /// How rows are collected, if `data.source` is `collector`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collector: Option<CollectorConfig>,
    /// How often `plimsoll serve` runs the job. Default: as often as the shortest window ends; `off` for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// How it is shown.
    #[serde(default)]
    pub dashboard: DashboardConfig,
}

/// A file for `plimsoll report` and `plimsoll test`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdHocConfig {
    /// What the columns are.
    #[serde(default)]
    pub data: DataConfig,
    /// Metrics and presets of the report.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub report: Vec<ReportItem>,
    /// Tests and presets of the test suite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestItem>,
}

impl ProjectConfig {
    /// Reads a project file.
    ///
    /// # Errors
    /// [`ConfigError`] with line and column, or with the key whose value does not fit.
    ///
    /// # Examples
    /// ```
    /// let yaml = "
    /// project: bike-demand
    /// data: {source: bikes.parquet, timestamp: hour, task: regression, target: bikers, prediction: predicted}
    /// monitors: [{name: daily, every: 1d, report: [data_drift]}]
    /// ";
    /// let config = plimsoll_model::config::ProjectConfig::parse(yaml).unwrap();
    /// assert_eq!(config.monitors[0].every.to_string(), "1d");
    /// ```
    pub fn parse(yaml: &str) -> Result<Self, ConfigError> {
        let config: Self = read(yaml)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let invalid = |key: &str, problem: &str| {
            Err(ConfigError::Invalid {
                key: key.to_owned(),
                problem: problem.to_owned(),
            })
        };
        if self.project.trim().is_empty() {
            return invalid("project", "is empty, expected a name");
        }
        if self.data.source.is_none() {
            return invalid("data.source", "is missing, expected a file, a directory or a glob");
        }
        if self.data.timestamp.is_none() {
            return invalid(
                "data.timestamp",
                "is missing, expected the column with the time of each row",
            );
        }
        if self.monitors.is_empty() {
            return invalid("monitors", "is empty, expected at least one monitor");
        }
        let live = self.is_collected();
        if let Some(collector) = &self.collector {
            if !live {
                return invalid("collector", "is given, but `data.source` is not `collector`");
            }
            collector.check()?;
        }
        if live && self.data.labels.is_some() {
            return invalid(
                "data.labels",
                "does not go with `source: collector`, where labels are sent; take it out",
            );
        }
        for (at, monitor) in self.monitors.iter().enumerate() {
            let key = format!("monitors[{at}]");
            if let Some(trigger) = &monitor.trigger {
                if !live {
                    return invalid(&key, "`trigger` is given, but `data.source` is not `collector`");
                }
                if trigger.rows == Some(0) || trigger.every.is_some_and(|e| e.0 < 1) {
                    return invalid(&key, "`trigger` expects at least one row and at least `1s`");
                }
            }
            if monitor.name.trim().is_empty() {
                return invalid(&key, "`name` is empty");
            }
            if let Some(first) = self.monitors[..at].iter().find(|m| same_file(&m.name, &monitor.name)) {
                let problem = if first.name == monitor.name {
                    format!("`name` is `{}` a second time", monitor.name)
                } else {
                    let (first, second) = (&first.name, &monitor.name);
                    format!("`{second}` and `{first}` would write snapshots of the same names; use other letters")
                };
                return invalid(&key, &problem);
            }
            if monitor.report.is_empty() && monitor.tests.is_empty() {
                return invalid(&key, "expected `report` or `tests`");
            }
        }
        self.data.task()?;
        if self.data.labels.is_some() && self.data.id.is_none() {
            return invalid(
                "data.id",
                "is missing, expected the column by which `labels` are joined",
            );
        }
        let timezone = self.data.timezone()?;
        let references = self.monitors.iter().map(|m| m.reference.as_ref());
        for reference in references.chain([self.reference.as_ref()]).flatten() {
            reference.settle(&timezone)?;
        }
        Ok(())
    }

    /// Says whether rows are sent to the project instead of being read from files.
    #[must_use]
    pub fn is_collected(&self) -> bool {
        self.data.source.as_deref() == Some(COLLECTOR)
    }

    /// Lengths of the monitors' windows, each once, in the order of the monitors.
    #[must_use]
    pub fn window_lengths(&self) -> Vec<Granularity> {
        let mut lengths = Vec::new();
        for monitor in &self.monitors {
            if !lengths.contains(&monitor.every) {
                lengths.push(monitor.every);
            }
        }
        lengths
    }

    /// How rows are collected.
    #[must_use]
    pub fn collector(&self) -> CollectorConfig {
        self.collector.clone().unwrap_or_default()
    }

    /// The title, or the id.
    #[must_use]
    pub fn title(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.project)
    }

    /// The configured dashboard, or the default for the task.
    #[must_use]
    pub fn dashboard_for(&self, definition: &DataDefinition) -> Dashboard {
        match &self.dashboard {
            DashboardConfig::Tabs(dashboard) => dashboard.clone(),
            DashboardConfig::Name(DefaultDashboard::Default) => defaults::dashboard(definition),
        }
    }
}

impl AdHocConfig {
    /// Reads a file for `plimsoll report` and `plimsoll test`.
    ///
    /// # Errors
    /// [`ConfigError`] with line and column, or with the key whose value does not fit.
    pub fn parse(yaml: &str) -> Result<Self, ConfigError> {
        let config: Self = read(yaml)?;
        config.data.timezone()?;
        config.data.task()?;
        Ok(config)
    }
}

/// Says whether two monitors would write the same files.
fn same_file(a: &str, b: &str) -> bool {
    let id = |name: &str| crate::Snapshot::make_id(jiff::Timestamp::UNIX_EPOCH, crate::SnapshotKind::Report, name);
    id(a) == id(b)
}

fn read<T: serde::de::DeserializeOwned>(yaml: &str) -> Result<T, ConfigError> {
    if yaml.trim().is_empty() {
        return Err(ConfigError::Empty);
    }
    serde_saphyr::from_str(yaml).map_err(|e| ConfigError::syntax(yaml, &e))
}

/// The default dashboard for a data definition.
#[must_use]
pub fn default_dashboard(definition: &DataDefinition) -> Dashboard {
    defaults::dashboard(definition)
}

/// JSON Schemas of the project file (`project`), of the file for ad hoc reports (`report`) and of snapshots (`snapshot`).
#[must_use]
pub fn schemas() -> BTreeMap<&'static str, schemars::Schema> {
    BTreeMap::from([
        ("project", schemars::schema_for!(ProjectConfig)),
        ("report", schemars::schema_for!(AdHocConfig)),
        ("snapshot", schemars::schema_for!(crate::Snapshot)),
    ])
}

#[cfg(test)]
mod tests;
