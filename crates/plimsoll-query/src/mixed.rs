//! JSON lines in which values of a column are of several types: the other rows, and the other columns, are read all the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    io::BufRead,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::RecordBatch,
    datatypes::{DataType, Field, Schema, SchemaRef},
    json::ReaderBuilder,
};
use datafusion::{
    datasource::file_format::file_compression_type::FileCompressionType,
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_plan::{stream::RecordBatchReceiverStream, streaming::PartitionStream},
};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::schema::{Inferred, Oddity, reader};

/// Rows that are decoded together.
const ROWS: usize = 8_192;

/// What a value is, without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Null,
    Whole,
    Number,
    Truth,
    Text,
    List,
    Object,
}

impl<'de> Deserialize<'de> for Form {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = Form;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<Form, E> {
                Ok(Form::Null)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Form, E> {
                Ok(Form::Truth)
            }
            fn visit_i64<E>(self, _: i64) -> Result<Form, E> {
                Ok(Form::Whole)
            }
            fn visit_u64<E>(self, value: u64) -> Result<Form, E> {
                let fits = i64::try_from(value).is_ok();
                Ok(if fits { Form::Whole } else { Form::Number })
            }
            fn visit_f64<E>(self, _: f64) -> Result<Form, E> {
                Ok(Form::Number)
            }
            fn visit_str<E>(self, _: &str) -> Result<Form, E> {
                Ok(Form::Text)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Form, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Form::List)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Form, A::Error> {
                while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Form::Object)
            }
        }
        deserializer.deserialize_any(Forms)
    }
}

/// Says whether the reader of JSON takes a value of that form for one of a type.
fn fits(kind: &DataType, form: Form) -> bool {
    match form {
        Form::Null => true,
        Form::Whole => kind.is_numeric(),
        Form::Number => kind.is_floating(),
        Form::Truth => *kind == DataType::Boolean,
        Form::Text => *kind == DataType::Utf8,
        Form::List => kind.is_nested() && !matches!(kind, DataType::Struct(_)),
        Form::Object => matches!(kind, DataType::Struct(_)),
    }
}

/// Looks at every line, and makes types wide enough for all values. `first` is what the first lines promise; `None` if they do
/// not agree.
///
/// A line that is no JSON is not told here but by the reading itself.
pub(crate) fn checked(
    path: &Path,
    compression: FileCompressionType,
    first: Option<&Schema>,
) -> Result<Inferred, String> {
    let known = first.into_iter().flat_map(Schema::fields);
    let mut fields: Vec<Field> = known.map(|f| f.as_ref().clone()).collect();
    let mut places: BTreeMap<String, usize> = fields
        .iter()
        .enumerate()
        .map(|(at, f)| (f.name().clone(), at))
        .collect();
    let mut mixed = BTreeSet::new();
    let mut odd = Vec::new();
    let mut line = Vec::new();
    let mut number = 0_u64;
    let mut lines = reader(path, compression)?;
    while lines.read_until(b'\n', &mut line).map_err(|e| e.to_string())? > 0 {
        number += 1;
        let row: Result<BTreeMap<std::borrow::Cow<'_, str>, Form>, _> = serde_json::from_slice(&line);
        for (name, form) in row.into_iter().flatten() {
            let at = match places.get(name.as_ref()) {
                Some(at) => *at,
                // As everywhere, columns are those of the first lines.
                None if first.is_some() => continue,
                None => {
                    fields.push(Field::new(name.as_ref(), DataType::Null, true));
                    places.insert(name.to_string(), fields.len() - 1);
                    fields.len() - 1
                }
            };
            let field = &mut fields[at];
            if fits(field.data_type(), form) {
                continue;
            }
            let wider = match (field.data_type(), form) {
                (DataType::Null, Form::Whole) => DataType::Int64,
                (DataType::Null | DataType::Int64, Form::Number) => DataType::Float64,
                (DataType::Null, Form::Truth) => DataType::Boolean,
                (DataType::Null, Form::Text) => DataType::Utf8,
                _ => {
                    if mixed.insert(name.to_string()) {
                        odd.push(Oddity {
                            column: name.to_string(),
                            line: number,
                        });
                    }
                    DataType::Utf8
                }
            };
            *field = field.clone().with_data_type(wider).with_nullable(true);
        }
        line.clear();
    }
    Ok(Inferred {
        schema: Schema::new(fields),
        mixed,
        odd,
    })
}

/// The lines of a file whose columns are mixed.
#[derive(Debug)]
pub(crate) struct MixedLines {
    pub path: PathBuf,
    pub compression: FileCompressionType,
    pub schema: SchemaRef,
}

impl PartitionStream for MixedLines {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStream::builder(Arc::clone(&self.schema), 2);
        let sender = builder.tx();
        let (path, compression, schema) = (self.path.clone(), self.compression, Arc::clone(&self.schema));
        builder.spawn_blocking(move || {
            // Whoever reads may have enough before the end.
            let send = |batch: RecordBatch| sender.blocking_send(Ok(batch)).is_ok();
            read(&path, compression, &schema, send)
                .map_err(|problem| DataFusionError::Execution(format!("`{}`: {problem}", path.display())))
        });
        builder.build()
    }
}

fn read(
    path: &Path,
    compression: FileCompressionType,
    schema: &SchemaRef,
    mut send: impl FnMut(RecordBatch) -> bool,
) -> Result<(), String> {
    let mut decoder = ReaderBuilder::new(Arc::clone(schema))
        .build_decoder()
        .map_err(|e| e.to_string())?;
    let mut rows: Vec<Map<String, Value>> = Vec::with_capacity(ROWS);
    let (mut line, mut number, mut more) = (Vec::new(), 0_u64, true);
    let mut lines = reader(path, compression)?;
    while more {
        line.clear();
        more = lines.read_until(b'\n', &mut line).map_err(|e| e.to_string())? > 0;
        number += 1;
        if line.iter().any(|byte| !byte.is_ascii_whitespace()) {
            let row: Map<String, Value> = serde_json::from_slice(&line).map_err(|e| format!("line {number}: {e}"))?;
            rows.push(fitted(row, schema));
        }
        if rows.len() == ROWS || (!more && !rows.is_empty()) {
            decoder.serialize(&rows).map_err(|e| e.to_string())?;
            rows.clear();
            if let Some(batch) = decoder.flush().map_err(|e| e.to_string())?
                && !send(batch)
            {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// A row whose values are of the types of their columns: text where values are of several types.
fn fitted(row: Map<String, Value>, schema: &Schema) -> Map<String, Value> {
    let fit = |(name, value): (String, Value)| {
        let kind = schema.field_with_name(&name).ok()?.data_type();
        let value = match (kind, value) {
            (_, Value::Null) => Value::Null,
            (DataType::Utf8, Value::String(text)) => Value::String(text),
            (DataType::Utf8, other) => Value::String(other.to_string()),
            (kind, value) => {
                let form = match &value {
                    Value::Number(number) if number.is_i64() => Form::Whole,
                    Value::Number(_) => Form::Number,
                    Value::Bool(_) => Form::Truth,
                    Value::Array(_) => Form::List,
                    Value::Object(_) => Form::Object,
                    Value::Null | Value::String(_) => Form::Text,
                };
                if fits(kind, form) { value } else { Value::Null }
            }
        };
        Some((name, value))
    };
    row.into_iter().filter_map(fit).collect()
}
