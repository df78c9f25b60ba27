//! Bounds: what a test expects of a point.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Learned;

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
    /// Learned from the same point's values in the windows of the reference.
    Learned {
        /// How.
        learned: Learned,
    },
}

/// Tolerance round the reference's value: `max(relative · |value|, absolute, sigmas · σ)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceTolerance {
    /// Tolerance as a share of the reference's value.
    #[serde(default)]
    pub relative: f64,
    /// Tolerance in the unit of the metric.
    #[serde(default)]
    pub absolute: f64,
    /// Tolerance in standard deviations of the reference; for metrics that average a column.
    #[serde(default)]
    pub sigmas: f64,
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

    /// Says whether a comparison is learned from the windows of a reference.
    #[must_use]
    pub fn is_learned(&self) -> bool {
        let all = [&self.eq, &self.not_eq, &self.gt, &self.gte, &self.lt, &self.lte];
        all.into_iter()
            .flatten()
            .any(|threshold| matches!(threshold, Threshold::Learned { .. }))
    }
}

/// Centre and tolerance of a threshold; a threshold on the reference or its windows that was not resolved accepts nothing.
fn centre(threshold: &Threshold) -> (f64, f64) {
    match threshold {
        Threshold::Number(value) => (*value, 0.0),
        Threshold::Approx { approx: a } => (a.value, (a.relative * a.value.abs()).max(a.absolute)),
        Threshold::Reference { .. } | Threshold::Learned { .. } => (f64::NAN, 0.0),
    }
}

impl Bound {
    /// Says whether a number fulfils every comparison. Thresholds on the reference must have been resolved to numbers.
    ///
    /// # Examples
    /// ```
    /// use plimsoll_model::{Bound, Threshold};
    /// let bound = Bound { lt: Some(Threshold::Number(0.3)), ..Bound::default() };
    /// assert!(bound.holds(0.2) && !bound.holds(0.3));
    /// ```
    #[must_use]
    pub fn holds(&self, observed: f64) -> bool {
        let check = |threshold: &Option<Threshold>, holds: fn(f64, f64, f64) -> bool| {
            threshold.as_ref().is_none_or(|t| {
                let (value, tolerance) = centre(t);
                holds(observed, value, tolerance)
            })
        };
        let among = |values: &[Value]| values.iter().any(|v| v.as_f64() == Some(observed));
        check(&self.eq, |x, v, t| (x - v).abs() <= t)
            && check(&self.not_eq, |x, v, t| (x - v).abs() > t)
            && check(&self.gt, |x, v, t| x > v + t)
            && check(&self.gte, |x, v, t| x >= v - t)
            && check(&self.lt, |x, v, t| x < v - t)
            && check(&self.lte, |x, v, t| x <= v + t)
            && self.is_in.as_deref().is_none_or(among)
            && !self.not_in.as_deref().is_some_and(among)
    }

    /// The bound in words: `less than 0.3`, `36 ± 3.6`.
    #[must_use]
    pub fn describe(&self) -> String {
        let number = |v: f64| {
            let rounded: f64 = format!("{v:.4e}").parse().unwrap_or(v);
            rounded.to_string()
        };
        let shown = |threshold: &Threshold| match threshold {
            Threshold::Reference { reference: r } => {
                let parts = [
                    (r.relative, format!("{} %", number(r.relative * 100.0))),
                    (r.absolute, number(r.absolute)),
                    (r.sigmas, format!("{} standard deviations", number(r.sigmas))),
                ];
                let tolerance: Vec<_> = parts
                    .into_iter()
                    .filter(|(v, _)| *v > 0.0)
                    .map(|(_, text)| text)
                    .collect();
                format!(
                    "the reference ± {}",
                    if tolerance.is_empty() {
                        "0".to_owned()
                    } else {
                        tolerance.join(" or ")
                    }
                )
            }
            Threshold::Learned { learned } => learned.to_string(),
            other => {
                let (value, tolerance) = centre(other);
                if tolerance > value.abs() * 1e-5 && tolerance > 1e-11 {
                    format!("{} ± {}", number(value), number(tolerance))
                } else {
                    number(value)
                }
            }
        };
        let compared = [
            (&self.eq, ""),
            (&self.not_eq, "other than "),
            (&self.gt, "more than "),
            (&self.gte, "at least "),
            (&self.lt, "less than "),
            (&self.lte, "at most "),
        ];
        let mut parts: Vec<String> = compared
            .iter()
            .filter_map(|(t, words)| t.as_ref().map(|t| format!("{words}{}", shown(t))))
            .collect();
        let listed = |values: &[Value]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        parts.extend(self.is_in.as_ref().map(|v| format!("one of {}", listed(v))));
        parts.extend(self.not_in.as_ref().map(|v| format!("none of {}", listed(v))));
        parts.join(" and ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(value: f64, relative: f64) -> Threshold {
        Threshold::Approx {
            approx: Approx {
                value,
                relative,
                absolute: 1e-12,
            },
        }
    }

    #[test]
    fn tolerances_widen_closed_bounds_and_narrow_open_ones() {
        let of = |bound: Bound| [89.0, 90.5, 100.0, 109.5, 111.0].map(|v| bound.holds(v));
        let t = || Some(about(100.0, 0.1));
        assert_eq!(
            of(Bound {
                eq: t(),
                ..Bound::default()
            }),
            [false, true, true, true, false]
        );
        assert_eq!(
            of(Bound {
                lte: t(),
                ..Bound::default()
            }),
            [true, true, true, true, false]
        );
        assert_eq!(
            of(Bound {
                gte: t(),
                ..Bound::default()
            }),
            [false, true, true, true, true]
        );
        assert_eq!(
            of(Bound {
                lt: t(),
                ..Bound::default()
            }),
            [true, false, false, false, false]
        );
        assert_eq!(
            of(Bound {
                gt: t(),
                ..Bound::default()
            }),
            [false, false, false, false, true]
        );
        assert_eq!(
            of(Bound {
                not_eq: t(),
                ..Bound::default()
            }),
            [true, false, false, false, true]
        );
    }

    #[test]
    fn lists_hold_numbers() {
        let bound = Bound {
            is_in: Some(vec![1.into(), 2.into()]),
            ..Bound::default()
        };
        assert!(bound.holds(2.0) && !bound.holds(3.0));
        assert_eq!(bound.describe(), "one of 1, 2");
        let bound = Bound {
            not_in: Some(vec![0.into()]),
            ..Bound::default()
        };
        assert!(bound.holds(2.0) && !bound.holds(0.0));
    }

    #[test]
    fn bounds_read_as_words() {
        let bound = Bound {
            gte: Some(Threshold::Number(0.1)),
            lt: Some(about(36.0, 0.1)),
            ..Bound::default()
        };
        assert_eq!(bound.describe(), "at least 0.1 and less than 36 ± 3.6");
    }
}
