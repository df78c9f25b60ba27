//! The descriptors: columns derived from texts. One file each, and one line in [`DESCRIPTORS`].

use std::{fmt::Debug, sync::Arc};

use arrow::array::{ArrayRef, BooleanArray, Float64Array};
use plimsoll_model::{
    ColumnKind, DataDefinition, DataError, DescriptorSpec, InferredColumn, Params,
    config::{ConfigError, DataConfig},
};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Batch, SpecError, StatisticError};

mod phrases;
mod text_begins;
mod text_contains;
mod text_ends;
mod text_is_json;
mod text_is_sql;
mod text_length;
mod text_non_letters;
mod text_out_of_vocabulary;
mod text_regex;
mod text_sentences;
mod text_sentiment;
mod text_trigger_words;
mod text_words;

/// Every descriptor, sorted by id.
pub static DESCRIPTORS: &[DescriptorKind] = &[
    DescriptorKind::of::<text_begins::Begins>(),
    DescriptorKind::of::<text_contains::Contains>(),
    DescriptorKind::of::<text_ends::Ends>(),
    DescriptorKind::of::<text_is_json::IsJson>(),
    DescriptorKind::of::<text_is_sql::IsSql>(),
    DescriptorKind::of::<text_length::Length>(),
    DescriptorKind::of::<text_non_letters::NonLetters>(),
    DescriptorKind::of::<text_out_of_vocabulary::OutOfVocabulary>(),
    DescriptorKind::of::<text_regex::Matches>(),
    DescriptorKind::of::<text_sentences::Sentences>(),
    DescriptorKind::of::<text_sentiment::Sentiment>(),
    DescriptorKind::of::<text_trigger_words::TriggerWords>(),
    DescriptorKind::of::<text_words::Words>(),
];

/// A descriptor's definition; its fields are its parameters, its doc comment is its page in the catalogue.
///
/// A new descriptor is one file in `descriptors/` with one type that implements this, and one line in [`DESCRIPTORS`].
pub trait Descriptor: Debug + Send + Sync + Serialize + DeserializeOwned + JsonSchema + 'static {
    /// Dotted id.
    const ID: &'static str;
    /// What it makes of a text: a number or a truth value.
    type Value: Described;

    /// Checks the parameters and prepares what every text needs.
    ///
    /// # Errors
    /// What is wrong with a parameter and what was expected.
    fn settle(self) -> Result<Self, String> {
        Ok(self)
    }

    /// The column of texts.
    fn column(&self) -> &str;

    /// The value for a text; `None` where there is none. Missing texts are not asked for: their value is missing.
    fn describe(&self, text: &str) -> Option<Self::Value>;
}

/// A value that a descriptor makes.
pub trait Described: Copy + Send + Sync + 'static {
    /// Kind of the derived column.
    const KIND: ColumnKind;

    /// The derived column.
    fn array(values: impl Iterator<Item = Option<Self>>) -> ArrayRef;
}

impl Described for f64 {
    const KIND: ColumnKind = ColumnKind::Numeric;

    fn array(values: impl Iterator<Item = Option<Self>>) -> ArrayRef {
        Arc::new(values.collect::<Float64Array>())
    }
}

impl Described for bool {
    const KIND: ColumnKind = ColumnKind::Boolean;

    fn array(values: impl Iterator<Item = Option<Self>>) -> ArrayRef {
        Arc::new(values.collect::<BooleanArray>())
    }
}

/// The object-safe side of [`Descriptor`], implemented for every descriptor.
pub trait DynDescriptor: Debug + Send + Sync {
    /// See [`Descriptor::column`].
    fn base(&self) -> &str;

    /// The derived column of a batch; equal texts are looked at once.
    ///
    /// # Errors
    /// [`StatisticError`] if the column of texts is absent or cannot be read as text.
    fn derive(&self, batch: &Batch<'_>) -> Result<ArrayRef, StatisticError>;
}

impl<D: Descriptor> DynDescriptor for D {
    fn base(&self) -> &str {
        self.column()
    }

    fn derive(&self, batch: &Batch<'_>) -> Result<ArrayRef, StatisticError> {
        let texts = batch.labels(self.column())?;
        let values: Vec<Option<D::Value>> = texts.names().iter().map(|text| self.describe(text)).collect();
        let rows = (0..texts.len()).map(|row| values[texts.key(row)?]);
        Ok(D::Value::array(rows))
    }
}

/// One line of the registry.
#[derive(Debug, Clone, Copy)]
pub struct DescriptorKind {
    /// Dotted id.
    pub id: &'static str,
    /// Kind of the derived column.
    pub kind: ColumnKind,
    /// Builds the descriptor from its parameters.
    pub parse: fn(&Params) -> Result<Arc<dyn DynDescriptor>, String>,
    /// JSON Schema of the parameters; its `description` is the catalogue page.
    pub schema: fn() -> schemars::Schema,
}

impl DescriptorKind {
    /// The registry line of a descriptor.
    #[must_use]
    pub const fn of<D: Descriptor>() -> Self {
        Self {
            id: D::ID,
            kind: <D::Value as Described>::KIND,
            parse: |params| {
                let value = serde_json::Value::Object(params.clone().into_iter().collect());
                let descriptor: D = serde_json::from_value(value).map_err(|e| e.to_string())?;
                Ok(Arc::new(descriptor.settle()?))
            },
            schema: || schemars::schema_for!(D),
        }
    }
}

/// The descriptor of that id.
///
/// # Errors
/// [`SpecError::Unknown`] with similar ids.
pub fn find_descriptor(id: &str) -> Result<&'static DescriptorKind, SpecError> {
    DESCRIPTORS
        .iter()
        .find(|d| d.id == id)
        .ok_or_else(|| SpecError::Unknown {
            what: "descriptor".to_owned(),
            name: id.to_owned(),
            near: plimsoll_model::near(id, DESCRIPTORS.iter().map(|d| d.id)),
        })
}

/// Builds a descriptor as it is written.
///
/// # Errors
/// [`SpecError`] if there is no such descriptor or a parameter is wrong.
pub fn descriptor(spec: &DescriptorSpec) -> Result<Arc<dyn DynDescriptor>, SpecError> {
    (find_descriptor(&spec.id)?.parse)(&spec.params).map_err(|problem| SpecError::Params {
        metric: spec.id.clone(),
        problem,
    })
}

/// Merges what is written with what the data shows, and adds the columns that descriptors derive.
///
/// # Errors
/// [`ConfigError`] if the two do not fit, or a descriptor is unknown, has a wrong parameter, describes a column that is absent
/// or no text, or takes the name of a column.
///
/// # Examples
/// ```
/// use plimsoll_model::{ColumnKind, InferredColumn, config::DataConfig};
/// let data: DataConfig = serde_json::from_str(r#"{"descriptors": {"size": {"text.length": {"column": "review"}}}}"#)?;
/// let definition = plimsoll_engine::define(&data, &[InferredColumn::new("review", ColumnKind::Text)])?;
/// assert_eq!(definition.column("size")?.kind, ColumnKind::Numeric);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn define(data: &DataConfig, known: &[InferredColumn]) -> Result<DataDefinition, ConfigError> {
    let mut columns = known.to_vec();
    for (name, spec) in &data.descriptors {
        let key = format!("data.descriptors.{name}");
        let invalid = |problem: String| ConfigError::Invalid {
            key: key.clone(),
            problem,
        };
        let kind = find_descriptor(&spec.id).map_err(|e| invalid(e.to_string()))?;
        let made = descriptor(spec).map_err(|e| invalid(e.to_string()))?;
        if known.iter().any(|c| c.name == *name) {
            let problem = "is the name of a column of the data, expected a name of its own".to_owned();
            return Err(invalid(problem));
        }
        let base = made.base();
        let Some(column) = known.iter().find(|c| c.name == base) else {
            let near = plimsoll_model::near(base, known.iter().map(|c| c.name.as_str()));
            let column = base.to_owned();
            return Err(DataError::MissingColumn { key, column, near }.into());
        };
        let written = data.columns.get(base);
        let found = written.map_or(column.kind, plimsoll_model::config::ColumnConfig::kind);
        if !matches!(found, ColumnKind::Text | ColumnKind::Categorical) {
            return Err(invalid(format!(
                "column `{base}` is {}, expected text; say `{base}: text` under `data.columns` if it is",
                found.as_str()
            )));
        }
        columns.push(InferredColumn::new(name, kind.kind));
    }
    data.apply(&columns)
}

#[cfg(test)]
mod tests;
