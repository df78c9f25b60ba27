//! Requests: which metrics to compute and which tests to hold.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Bound, Labels};

mod items;

/// Parameters of a metric by name, as given in configuration or as resolved with every default.
pub type Params = BTreeMap<String, Value>;

/// One metric to compute: its id and parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricSpec {
    /// Dotted id, such as `drift.column`.
    pub id: String,
    /// Parameters by name; what is silent takes the metric's default.
    #[serde(default)]
    pub params: Params,
}

impl MetricSpec {
    /// A request without parameters.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            params: Params::new(),
        }
    }

    /// The same request with one parameter more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }
}

/// How much a failed test matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A miss is a failure.
    #[default]
    Critical,
    /// A miss is a warning.
    Warning,
}

/// One bound to hold: a point of a metric, and what is expected of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TestSpec {
    /// Metric whose point is tested.
    pub metric: MetricSpec,
    /// Field of the point, such as `share`; `None` takes the metric's main field.
    pub field: Option<String>,
    /// Labels that the point must carry; others may differ, and each matching point is tested.
    #[serde(default)]
    pub labels: Labels,
    /// What is expected; empty: derived from the reference, or the metric's default without one.
    #[serde(default)]
    pub bound: Bound,
    /// How much a miss matters.
    #[serde(default)]
    pub severity: Severity,
}

/// One entry of a `report:` list.
#[derive(Debug, Clone, PartialEq)]
pub enum ReportItem {
    /// The name of a preset, or the id of a metric without parameters.
    Name(String),
    /// A metric with parameters: `{drift.column: {column: temp, test: psi}}`.
    Metric(MetricSpec),
}

/// One entry of a `tests:` list.
#[allow(clippy::large_enum_variant, reason = "a configuration holds a few dozen of these")]
#[derive(Debug, Clone, PartialEq)]
pub enum TestItem {
    /// The name of a preset, or `metric.id[.field]` with the derived bound.
    Name(String),
    /// `{metric.id[.field]: {…}}`, or a preset with `{learned: …}`: bound keys (`lt`, `in` …), `severity`, `labels`; every other key is a parameter.
    Test {
        /// `metric.id` or `metric.id.field`, as written.
        target: String,
        /// Parameters of the metric.
        params: Params,
        /// Labels that the point must carry.
        labels: Labels,
        /// What is expected.
        bound: Bound,
        /// How much a miss matters.
        severity: Severity,
    },
}
