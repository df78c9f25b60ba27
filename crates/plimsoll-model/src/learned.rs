//! Bounds that are learned from what a metric was in the windows of a reference.

use std::fmt;

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, MapAccess, Visitor},
};

/// Standard deviations on either side of the mean where none are given.
const STD: f64 = 3.0;

/// How bounds follow from the values of a metric in the windows of its reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Learned {
    /// Mean ± so many standard deviations of the windows' values.
    Std(f64),
    /// The lower and the upper of two quantiles of the windows' values, each between 0 and 1.
    Quantiles([f64; 2]),
}

impl Default for Learned {
    fn default() -> Self {
        Self::Std(STD)
    }
}

impl Learned {
    /// The lower and the upper bound that follow from the windows' values; `None` with fewer than two of them.
    ///
    /// The standard deviation is that of a sample (n − 1); quantiles lie between neighbours on a line (type 7).
    ///
    /// # Examples
    /// ```
    /// use plimsoll_model::Learned;
    /// let values = [1.0, 2.0, 3.0, 4.0, 5.0];
    /// assert_eq!(Learned::Quantiles([0.25, 0.9]).of(&values), Some((2.0, 4.6)));
    /// let (lower, upper) = Learned::Std(2.0).of(&values).unwrap();
    /// let std = 2.5_f64.sqrt();
    /// assert!((lower - (3.0 - 2.0 * std)).abs() < 1e-12 && (upper - (3.0 + 2.0 * std)).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn of(&self, values: &[f64]) -> Option<(f64, f64)> {
        if values.len() < 2 {
            return None;
        }
        let n = values.len() as f64;
        match self {
            Self::Std(k) => {
                let mean = values.iter().sum::<f64>() / n;
                let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
                let reach = k * (squares / (n - 1.0)).sqrt();
                Some((mean - reach, mean + reach))
            }
            Self::Quantiles([lower, upper]) => {
                let mut sorted = values.to_vec();
                sorted.sort_by(f64::total_cmp);
                let at = |share: f64| {
                    let place = share * (n - 1.0);
                    let below = place.floor();
                    let (low, high) = (sorted[below as usize], sorted[place.ceil() as usize]);
                    low + (high - low) * (place - below)
                };
                Some((at(*lower), at(*upper)))
            }
        }
    }
}

impl fmt::Display for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Std(k) => write!(f, "the mean ± {k} standard deviations of the reference's windows"),
            Self::Quantiles([lower, upper]) => {
                write!(f, "the quantiles {lower} and {upper} of the reference's windows")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Learned {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Learned;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`{std: 3}` or `{quantiles: [0.01, 0.99]}`")
            }
            fn visit_unit<E: serde::de::Error>(self) -> Result<Learned, E> {
                Ok(Learned::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Learned, A::Error> {
                let learned = match map.next_key::<String>()?.as_deref() {
                    None => return Ok(Learned::default()),
                    Some("std") => {
                        let k: f64 = map.next_value()?;
                        if !(k.is_finite() && k > 0.0) {
                            return Err(A::Error::custom(format!("`std` is {k}, expected a number above 0")));
                        }
                        Learned::Std(k)
                    }
                    Some("quantiles") => {
                        let (lower, upper): (f64, f64) = map.next_value()?;
                        if !(0.0 <= lower && lower < upper && upper <= 1.0) {
                            return Err(A::Error::custom(format!(
                                "`quantiles` are {lower} and {upper}, expected a lower and an upper one between 0 and 1"
                            )));
                        }
                        Learned::Quantiles([lower, upper])
                    }
                    Some(other) => return Err(A::Error::unknown_field(other, &["std", "quantiles"])),
                };
                match map.next_key::<String>()? {
                    None => Ok(learned),
                    Some(second) => Err(A::Error::custom(format!(
                        "unexpected key `{second}`, expected `std` or `quantiles` alone"
                    ))),
                }
            }
        }
        deserializer.deserialize_any(Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_read_and_write_back() {
        let read = |json: &str| serde_json::from_str::<Learned>(json);
        for (json, learned) in [
            (r#"{"std":2.0}"#, Learned::Std(2.0)),
            (r#"{"quantiles":[0.05,0.95]}"#, Learned::Quantiles([0.05, 0.95])),
        ] {
            assert_eq!(read(json).unwrap(), learned);
            assert_eq!(serde_json::to_string(&learned).unwrap(), json);
        }
        assert_eq!(read("{}").unwrap(), Learned::Std(3.0));
        assert_eq!(read("null").unwrap(), Learned::Std(3.0));
        for (json, expected) in [
            (r#"{"std":0}"#, "above 0"),
            (r#"{"quantiles":[0.9,0.1]}"#, "a lower and an upper one"),
            (r#"{"sdt":3}"#, "`std`"),
            (r#"{"std":3,"quantiles":[0,1]}"#, "alone"),
            ("3", "`{std: 3}`"),
        ] {
            let error = read(json).unwrap_err().to_string();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn one_value_teaches_nothing() {
        assert_eq!(Learned::Std(3.0).of(&[1.0]), None);
        assert_eq!(Learned::Quantiles([0.0, 1.0]).of(&[2.0, 1.0]), Some((1.0, 2.0)));
    }
}
