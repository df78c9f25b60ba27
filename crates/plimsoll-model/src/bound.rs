//! Bounds: what a test expects of a point.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A number with a tolerance: `max(relative · |value|, absolute)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approx {
    /// Centre of the accepted range.
    pub value: f64,
    /// Tolerance as a share of `|value|`. Default 1e-6.
    #[serde(default = "default_relative")]
    pub relative: f64,
    /// Tolerance in the unit of the metric. Default 1e-12.
    #[serde(default = "default_absolute")]
    pub absolute: f64,
}

fn default_relative() -> f64 {
    1e-6
}

fn default_absolute() -> f64 {
    1e-12
}

/// The side of a comparison that the observed value is held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Threshold {
    /// A fixed number.
    Number(f64),
    /// A number with a tolerance.
    Approx {
        /// The number and its tolerance.
        approx: Approx,
    },
    /// The same point measured on the reference, moved by a tolerance.
    Reference {
        /// How far from the reference's value the observed value may lie.
        reference: ReferenceTolerance,
    },
}

/// Tolerance round the reference's value: `max(relative · |value|, absolute)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceTolerance {
    /// Tolerance as a share of the reference's value.
    #[serde(default)]
    pub relative: f64,
    /// Tolerance in the unit of the metric.
    #[serde(default)]
    pub absolute: f64,
}

/// What a test expects; every comparison that is given must hold.
///
/// With a tolerance `t` round `v`: `eq` accepts `[v − t, v + t]`, `lte` up to `v + t`, `gte` from `v − t`,
/// `lt` below `v − t`, `gt` above `v + t`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// Observed = threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eq: Option<Threshold>,
    /// Observed ≠ threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_eq: Option<Threshold>,
    /// Observed > threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gt: Option<Threshold>,
    /// Observed ≥ threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gte: Option<Threshold>,
    /// Observed < threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lt: Option<Threshold>,
    /// Observed ≤ threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lte: Option<Threshold>,
    /// Observed is one of these.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub is_in: Option<Vec<Value>>,
    /// Observed is none of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_in: Option<Vec<Value>>,
}

impl Bound {
    /// Says whether no comparison is given, so that the bound is to be derived.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}
