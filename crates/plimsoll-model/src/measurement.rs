//! The one result shape: labelled points, an optional detail for drawing, notes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Detail, Params};

/// Labels of a point by name: `column`, `class`, `segment`, `quantile` …
pub type Labels = BTreeMap<String, String>;

/// Label of a point that is about a segment of the rows, such as `country=DE`.
pub const SEGMENT: &str = "segment";

/// One labelled number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Point {
    /// What the number is: `value`, `count`, `share`, `score` …
    pub field: String,
    /// What it is about.
    #[serde(default)]
    pub labels: Labels,
    /// The number, in a snapshot to ten significant digits; `None` (JSON `null`) if it is not finite, and a note says why.
    pub value: Option<f64>,
}

impl Point {
    /// A point without labels; a number that is not finite becomes `None`.
    #[must_use]
    pub fn new(field: &str, value: f64) -> Self {
        Self {
            field: field.to_owned(),
            labels: Labels::new(),
            value: value.is_finite().then_some(value),
        }
    }

    /// The same point with one label more.
    #[must_use]
    pub fn with(mut self, label: &str, value: impl Into<String>) -> Self {
        self.labels.insert(label.to_owned(), value.into());
        self
    }
}

/// A number to so many decimals, fewer than none if negative: the nearest double of the decimal number.
///
/// # Examples
/// ```
/// assert_eq!(plimsoll_model::rounded(2.0 / 3.0, 3), 0.667);
/// assert_eq!(plimsoll_model::rounded(1_234.5, -2), 1_200.0);
/// ```
#[must_use]
pub fn rounded(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals.abs());
    let rounded = if decimals >= 0 {
        (value * scale).round() / scale
    } else {
        (value / scale).round() * scale
    };
    if rounded.is_finite() { rounded } else { value }
}

/// A number to so many significant digits.
///
/// # Examples
/// ```
/// assert_eq!(plimsoll_model::significant(0.001_234_56, 3), 0.001_23);
/// assert_eq!(plimsoll_model::significant(0.0, 3), 0.0);
/// ```
#[must_use]
pub fn significant(value: f64, digits: i32) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    rounded(value, digits - 1 - value.abs().log10().floor() as i32)
}

/// Why a metric could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MeasurementError {
    /// Stable code, such as `unknown_column`.
    pub code: String,
    /// One sentence: what failed, what was expected, what to do.
    pub message: String,
}

/// Result of one metric on one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measurement {
    /// Id of the metric.
    pub id: String,
    /// Parameters with every default resolved.
    pub params: Params,
    /// Says whether the numbers are exact; otherwise a note states the error bound.
    pub exact: bool,
    /// What a reader should know: rows left out, error bounds, why a value is null.
    pub notes: Vec<String>,
    /// The numbers.
    pub points: Vec<Point>,
    /// What a page needs to draw the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
    /// Set if the metric could not be computed; `points` is then empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<MeasurementError>,
}

impl Measurement {
    /// The value of the first point with that field whose labels include `labels`.
    #[must_use]
    pub fn value(&self, field: &str, labels: &Labels) -> Option<f64> {
        self.points
            .iter()
            .find(|p| p.field == field && labels.iter().all(|(k, v)| p.labels.get(k) == Some(v)))
            .and_then(|p| p.value)
    }
}
