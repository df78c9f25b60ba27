//! The `collector` block: how a stream of rows becomes windows, and how its late labels are treated.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{BrokerConfig, ConfigError, time::parse_duration_seconds};

/// The source of a project whose rows come over HTTP or from a broker: `source: collector`.
pub const COLLECTOR: &str = "collector";

/// A length of time in whole seconds, written `5s`, `10m`, `24h`, `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seconds(pub i64);

impl Seconds {
    /// The length in microseconds.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.saturating_mul(1_000_000)
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if matches!(text.trim(), "0" | "0s") {
            return Ok(Self(0));
        }
        parse_duration_seconds(text).map(Self).ok_or_else(|| {
            format!("`{text}` is no length of time, expected a number and a unit, such as `5s`, `10m`, `24h` or `30d`")
        })
    }
}

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("0s"),
            s if s % 86_400 == 0 => write!(f, "{}d", s / 86_400),
            s if s % 3_600 == 0 => write!(f, "{}h", s / 3_600),
            s if s % 60 == 0 => write!(f, "{}m", s / 60),
            s => write!(f, "{s}s"),
        }
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Seconds {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Length of time: a number and a unit (s, m, h, d, w).",
            "examples": ["5s", "10m", "24h", "30d"],
        })
    }
}

/// When the snapshot of a window that is still open is written again; whichever comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// Time since the last writing. Default `5s` if `rows` is not given either.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Seconds>,
    /// Rows since the last writing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// A label for predictions that have none when they are old enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImplicitLabel {
    /// The label, such as `0` where no event means no.
    pub value: Value,
    /// Age of the prediction at which it holds.
    pub after: Seconds,
}

/// How late labels are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LabelTimes {
    /// Age of a window at which nothing more is expected: it becomes final, and labels that come still are counted as too
    /// late. Default `30d`.
    pub final_after: Seconds,
    /// How long a label waits for its prediction. Default `7d`.
    pub hold: Seconds,
}

impl Default for LabelTimes {
    fn default() -> Self {
        Self {
            final_after: Seconds(30 * 86_400),
            hold: Seconds(7 * 86_400),
        }
    }
}

/// What is removed from the prediction store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Rows whose event time is longer ago are removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Seconds>,
    /// The oldest rows are removed while the Parquet files take more. Unit: bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
}

/// How a stream of rows is collected; for projects with `source: collector`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CollectorConfig {
    /// How much later than newer rows a row may come before its window has closed. Default `1m`.
    pub lateness: Seconds,
    /// Rows move from the log to the prediction store at least this often. Default `30s`.
    pub flush_every: Seconds,
    /// How late labels are treated.
    pub labels: LabelTimes,
    /// A label for predictions that have none when they are old enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub implicit_label: Option<ImplicitLabel>,
    /// What is removed from the prediction store. Default: nothing.
    pub retention: Retention,
    /// Where the prediction store lies, such as `s3://bucket/prefix`. Default: in the workspace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// Prediction ids kept in memory to tell duplicates and to find windows of labels. Default 2,000,000.
    pub recent_ids: usize,
    /// Rows that come from a broker, beside those over HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub broker: Option<BrokerConfig>,
}

impl Default for CollectorConfig {
    fn default() -> Self {
        Self {
            lateness: Seconds(60),
            flush_every: Seconds(30),
            labels: LabelTimes::default(),
            implicit_label: None,
            retention: Retention::default(),
            store: None,
            recent_ids: 2_000_000,
            broker: None,
        }
    }
}

impl CollectorConfig {
    /// Checks what the form of the file cannot say.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let invalid = |key: &str, problem: String| {
            Err(ConfigError::Invalid {
                key: format!("collector.{key}"),
                problem,
            })
        };
        if self.recent_ids < 1_000 {
            return invalid("recent_ids", format!("is {}, expected at least 1,000", self.recent_ids));
        }
        if self.flush_every.0 < 1 {
            return invalid("flush_every", "is 0, expected at least `1s`".to_owned());
        }
        if let Some((key, problem)) = self.broker.as_ref().and_then(BrokerConfig::problem) {
            return invalid(key, problem);
        }
        if let Some(implicit) = &self.implicit_label {
            if !matches!(implicit.value, Value::Number(_) | Value::String(_) | Value::Bool(_)) {
                return invalid(
                    "implicit_label.value",
                    format!("is `{}`, expected a number, a text, true or false", implicit.value),
                );
            }
            if implicit.after > self.labels.final_after {
                return invalid(
                    "implicit_label.after",
                    format!(
                        "is {}, longer than `labels.final_after` ({}), after which nothing is recomputed",
                        implicit.after, self.labels.final_after
                    ),
                );
            }
        }
        Ok(())
    }
}
