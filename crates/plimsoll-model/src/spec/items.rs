//! Entries of `report:` and `tests:` lists as they stand in files.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::Value;

use super::{MetricSpec, Params, ReportItem, Severity, TestItem};
use crate::{Approx, Bound, Labels, Learned, Threshold};

/// Keys of a test that are no parameters of its metric.
const COMPARISONS: [&str; 8] = ["eq", "not_eq", "gt", "gte", "lt", "lte", "in", "not_in"];

impl<'de> Deserialize<'de> for ReportItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Item;
        impl<'de> Visitor<'de> for Item {
            type Value = ReportItem;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a preset or metric, or one metric with its parameters, such as `{drift.column: {column: temp}}`")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ReportItem, E> {
                Ok(ReportItem::Name(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReportItem, A::Error> {
                let (id, params) = one_entry::<A, Option<Params>>(&mut map, &self)?;
                let params = params.unwrap_or_default();
                Ok(ReportItem::Metric(MetricSpec { id, params }))
            }
        }
        deserializer.deserialize_any(Item)
    }
}

impl Serialize for ReportItem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Name(name) => serializer.serialize_str(name),
            Self::Metric(spec) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry(&spec.id, &spec.params)?;
                map.end()
            }
        }
    }
}

impl JsonSchema for ReportItem {
    fn schema_name() -> Cow<'static, str> {
        "ReportItem".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Name of a preset or metric, or one metric id with its parameters.",
            "examples": ["data_drift", {"drift.column": {"column": "temp", "test": "psi", "threshold": 0.2}}],
            "oneOf": [
                {"type": "string"},
                {
                    "type": "object", "minProperties": 1, "maxProperties": 1,
                    "additionalProperties": {"type": ["object", "null"], "additionalProperties": true},
                },
            ],
        })
    }
}

/// Reads the only entry of a mapping.
fn one_entry<'de, A: MapAccess<'de>, V: Deserialize<'de>>(
    map: &mut A,
    expected: &dyn serde::de::Expected,
) -> Result<(String, V), A::Error> {
    let Some(entry) = map.next_entry()? else {
        return Err(A::Error::custom(format!("expected {expected}, found an empty mapping")));
    };
    if let Some(second) = map.next_key::<String>()? {
        let hint = "each entry of the list holds one metric; indent its parameters below it or put them in `{…}`";
        return Err(A::Error::custom(format!(
            "unexpected key `{second}` beside the metric; {hint}"
        )));
    }
    Ok(entry)
}

/// What stands below the id of a test.
#[derive(Default)]
struct TestBody {
    params: Params,
    labels: Labels,
    bound: Bound,
    severity: Severity,
}

impl<'de> Deserialize<'de> for TestBody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Body;
        impl<'de> Visitor<'de> for Body {
            type Value = TestBody;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bounds and parameters, such as `{lt: 0.3}`")
            }
            fn visit_unit<E: serde::de::Error>(self) -> Result<TestBody, E> {
                Ok(TestBody::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TestBody, A::Error> {
                let mut body = TestBody::default();
                while let Some(key) = map.next_key::<String>()? {
                    let bound = &mut body.bound;
                    match key.as_str() {
                        "severity" => body.severity = map.next_value()?,
                        "labels" => body.labels = map.next_value::<TextLabels>()?.0,
                        "in" => bound.is_in = Some(map.next_value()?),
                        "not_in" => bound.not_in = Some(map.next_value()?),
                        "eq" => bound.eq = Some(map.next_value::<AsThreshold>()?.0),
                        "not_eq" => bound.not_eq = Some(map.next_value::<AsThreshold>()?.0),
                        "gt" => bound.gt = Some(map.next_value::<AsThreshold>()?.0),
                        "gte" => bound.gte = Some(map.next_value::<AsThreshold>()?.0),
                        "lt" => bound.lt = Some(map.next_value::<AsThreshold>()?.0),
                        "lte" => bound.lte = Some(map.next_value::<AsThreshold>()?.0),
                        "approx" => {
                            bound.eq = Some(Threshold::Approx {
                                approx: map.next_value::<Approx>()?,
                            });
                        }
                        "reference" => {
                            let reference = map.next_value()?;
                            bound.eq = Some(Threshold::Reference { reference });
                        }
                        "learned" => {
                            let learned = map.next_value()?;
                            bound.eq = Some(Threshold::Learned { learned });
                        }
                        _ => {
                            body.params.insert(key, map.next_value()?);
                        }
                    }
                }
                let learns = |threshold: &Option<Threshold>| matches!(threshold, Some(Threshold::Learned { .. }));
                if learns(&body.bound.not_eq) {
                    return Err(A::Error::custom(
                        "`not_eq` cannot be learned; expected `learned` itself, `gte` or `lte`",
                    ));
                }
                if learns(&body.bound.eq) && (body.bound.gte.is_some() || body.bound.lte.is_some()) {
                    return Err(A::Error::custom(
                        "`learned` gives a lower and an upper bound; for one of them write `gte: {learned: …}` or `lte: {learned: …}`",
                    ));
                }
                Ok(body)
            }
        }
        deserializer.deserialize_any(Body)
    }
}

/// Labels whose values may be written as numbers or truth values.
struct TextLabels(Labels);

impl<'de> Deserialize<'de> for TextLabels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = |value: Value| match value {
            Value::String(s) => s,
            other => other.to_string(),
        };
        let params = Params::deserialize(deserializer)?;
        Ok(Self(params.into_iter().map(|(k, v)| (k, text(v))).collect()))
    }
}

/// A threshold in any of its written forms, with errors that say what was expected.
struct AsThreshold(Threshold);

impl<'de> Deserialize<'de> for AsThreshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> Visitor<'de> for Form {
            type Value = Threshold;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, `{approx: {value: …, relative: …}}`, `{reference: {relative: …}}` or `{learned: {std: 3}}`")
            }
            fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Threshold, E> {
                Ok(Threshold::Number(v as f64))
            }
            fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Threshold, E> {
                Ok(Threshold::Number(v as f64))
            }
            fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Threshold, E> {
                if v.is_finite() {
                    Ok(Threshold::Number(v))
                } else {
                    Err(E::custom("a bound must be a finite number"))
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Threshold, A::Error> {
                let threshold = match map.next_key::<String>()?.as_deref() {
                    Some("approx") => Threshold::Approx {
                        approx: map.next_value()?,
                    },
                    Some("reference") => Threshold::Reference {
                        reference: map.next_value()?,
                    },
                    Some("learned") => Threshold::Learned {
                        learned: map.next_value()?,
                    },
                    Some(other) => return Err(A::Error::unknown_field(other, &["approx", "reference", "learned"])),
                    None => {
                        return Err(A::Error::custom(
                            "expected `approx`, `reference` or `learned`, found an empty mapping",
                        ));
                    }
                };
                match map.next_key::<String>()? {
                    Some(second) => Err(A::Error::custom(format!("unexpected key `{second}` in a threshold"))),
                    None => Ok(threshold),
                }
            }
        }
        deserializer.deserialize_any(Form).map(Self)
    }
}

impl<'de> Deserialize<'de> for TestItem {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Item;
        impl<'de> Visitor<'de> for Item {
            type Value = TestItem;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a preset or metric, or one metric with its bound, such as `{regression.mae: {lt: 40}}`")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<TestItem, E> {
                Ok(TestItem::Name(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<TestItem, A::Error> {
                let (target, body) = one_entry::<A, TestBody>(&mut map, &self)?;
                let TestBody {
                    params,
                    labels,
                    bound,
                    severity,
                } = body;
                Ok(TestItem::Test {
                    target,
                    params,
                    labels,
                    bound,
                    severity,
                })
            }
        }
        deserializer.deserialize_any(Item)
    }
}

impl Serialize for TestItem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        let Self::Test {
            target,
            params,
            labels,
            bound,
            severity,
        } = self
        else {
            let Self::Name(name) = self else {
                return Err(S::Error::custom("a test without name"));
            };
            return serializer.serialize_str(name);
        };
        let mut body = serde_json::to_value(bound).map_err(S::Error::custom)?;
        if let Some(body) = body.as_object_mut() {
            body.extend(params.iter().map(|(k, v)| (k.clone(), v.clone())));
            if !labels.is_empty() {
                body.insert(
                    "labels".to_owned(),
                    serde_json::to_value(labels).map_err(S::Error::custom)?,
                );
            }
            if *severity != Severity::default() {
                body.insert(
                    "severity".to_owned(),
                    serde_json::to_value(severity).map_err(S::Error::custom)?,
                );
            }
        }
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(target, &body)?;
        map.end()
    }
}

impl JsonSchema for TestItem {
    fn schema_name() -> Cow<'static, str> {
        "TestItem".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let threshold = generator.subschema_for::<Threshold>();
        let mut properties = serde_json::Map::new();
        for key in COMPARISONS {
            let list = matches!(key, "in" | "not_in");
            let schema = if list {
                serde_json::json!({"type": "array"})
            } else {
                threshold.clone().to_value()
            };
            properties.insert(key.to_owned(), schema);
        }
        properties.insert("approx".to_owned(), generator.subschema_for::<Approx>().to_value());
        properties.insert("learned".to_owned(), generator.subschema_for::<Learned>().to_value());
        properties.insert("severity".to_owned(), generator.subschema_for::<Severity>().to_value());
        properties.insert("labels".to_owned(), serde_json::json!({"type": "object"}));
        json_schema!({
            "description": "Name of a preset, or `metric.id[.field]` with bounds; other keys are parameters of the metric.",
            "examples": ["data_stability", {"drift.dataset.share": {"lt": 0.3}}, {"regression.mae": {"lt": 40, "severity": "warning"}}, {"classification.accuracy": {"learned": {"std": 3}}}],
            "oneOf": [
                {"type": "string"},
                {
                    "type": "object", "minProperties": 1, "maxProperties": 1,
                    "additionalProperties": {"type": ["object", "null"], "properties": properties, "additionalProperties": true},
                },
            ],
        })
    }
}
