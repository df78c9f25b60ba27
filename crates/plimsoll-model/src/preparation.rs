//! What is done to rows before anything reads them: cells that stand for missing, numbers that come as text, and columns
//! derived from texts.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::Params;

/// Name of the column that holds, as one JSON object a row, what the columns of a stream could not take.
pub const EXTRA: &str = "_extra";

/// One descriptor: its id and parameters, written `{text.length: {column: review}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, Params>", into = "BTreeMap<String, Params>")]
pub struct DescriptorSpec {
    /// Dotted id, such as `text.length`.
    pub id: String,
    /// Parameters by name.
    pub params: Params,
}

impl TryFrom<BTreeMap<String, Params>> for DescriptorSpec {
    type Error = String;

    fn try_from(entries: BTreeMap<String, Params>) -> Result<Self, String> {
        let mut entries = entries.into_iter();
        match (entries.next(), entries.next()) {
            (Some((id, params)), None) => Ok(Self { id, params }),
            (None, _) => {
                Err("expected a descriptor with its parameters, such as `{text.length: {column: review}}`".to_owned())
            }
            (Some((first, _)), Some((second, _))) => Err(format!(
                "found the descriptors `{first}` and `{second}`, expected one; give each column a name of its own"
            )),
        }
    }
}

impl From<DescriptorSpec> for BTreeMap<String, Params> {
    fn from(spec: DescriptorSpec) -> Self {
        Self::from([(spec.id, spec.params)])
    }
}

impl JsonSchema for DescriptorSpec {
    fn schema_name() -> Cow<'static, str> {
        "DescriptorSpec".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "One descriptor id with its parameters.",
            "examples": [{"text.length": {"column": "review"}}],
            "type": "object", "minProperties": 1, "maxProperties": 1,
            "additionalProperties": {"type": "object", "additionalProperties": true},
        })
    }
}

/// What is done to rows before anything reads them. First cells that stand for missing become null, then texts of numeric
/// columns numbers or null, then columns are derived.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preparation {
    /// Cells, as text, that stand for missing in every column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Cells, as text, that stand for missing in one column, beside those of every column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub missing_in: BTreeMap<String, Vec<String>>,
    /// Columns that hold numbers: where they come as text, cells that are no numbers become null.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub numeric: BTreeSet<String>,
    /// Columns that are derived from others, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub descriptors: BTreeMap<String, DescriptorSpec>,
}

impl Preparation {
    /// Says whether rows stay as they are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.missing_in.is_empty() && self.numeric.is_empty() && self.descriptors.is_empty()
    }
}
