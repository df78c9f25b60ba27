//! JSON in which values of a column are of several types: the other rows, and the other columns, are read all the same.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    io::BufRead,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::{
    array::RecordBatch,
    datatypes::{DataType, Field, Schema, SchemaRef},
    json::{ReaderBuilder, reader::Decoder},
};
use datafusion::{
    datasource::file_format::file_compression_type::FileCompressionType,
    error::DataFusionError,
    execution::{SendableRecordBatchStream, TaskContext},
    physical_plan::{stream::RecordBatchReceiverStream, streaming::PartitionStream},
};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::schema::{Inferred, Number, Oddity, reader};

/// How a JSON file is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub compression: FileCompressionType,
    /// One list of all rows, and not an object a line.
    pub array: bool,
}

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

/// Columns as far as the rows show them.
struct Columns {
    fields: Vec<Field>,
    places: HashMap<String, usize>,
    /// Says that columns beyond those of the first rows are none.
    settled: bool,
    mixed: BTreeSet<String>,
    odd: Vec<Oddity>,
}

impl Columns {
    fn of(first: Option<&Schema>) -> Self {
        let fields: Vec<Field> = first
            .into_iter()
            .flat_map(Schema::fields)
            .map(|f| f.as_ref().clone())
            .collect();
        let names = fields.iter().map(|f| f.name().clone());
        Self {
            places: names.zip(0..).collect(),
            fields,
            settled: first.is_some(),
            mixed: BTreeSet::new(),
            odd: Vec::new(),
        }
    }

    /// The place of a column, which mostly follows the one before in its row.
    fn place(&mut self, name: &str, next: usize) -> Option<usize> {
        if self.fields.get(next).is_some_and(|field| field.name() == name) {
            return Some(next);
        }
        if let Some(at) = self.places.get(name) {
            return Some(*at);
        }
        if self.settled {
            return None;
        }
        self.fields.push(Field::new(name, DataType::Null, true));
        self.places.insert(name.to_owned(), self.fields.len() - 1);
        Some(self.fields.len() - 1)
    }

    fn take(&mut self, at: usize, form: Form, place: Number) {
        let field = &mut self.fields[at];
        if fits(field.data_type(), form) {
            return;
        }
        let wider = match (field.data_type(), form) {
            (DataType::Null, Form::Whole) => DataType::Int64,
            (DataType::Null | DataType::Int64, Form::Number) => DataType::Float64,
            (DataType::Null, Form::Truth) => DataType::Boolean,
            (DataType::Null, Form::Text) => DataType::Utf8,
            _ => {
                let column = field.name().clone();
                // Lists and objects are read as text, too, where no first rows tell what is in them.
                if self.mixed.insert(column.clone()) && *field.data_type() != DataType::Null {
                    self.odd.push(Oddity { column, place });
                }
                DataType::Utf8
            }
        };
        *field = field.clone().with_data_type(wider).with_nullable(true);
    }
}

/// The name of a column, read as its place.
struct Name<'a> {
    columns: &'a mut Columns,
    next: usize,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.columns.place(name, self.next))
    }
}

/// A row, read into the columns.
struct Row<'a> {
    columns: &'a mut Columns,
    place: Number,
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut next = 0;
        while let Some(place) = entries.next_key_seed(Name {
            columns: self.columns,
            next,
        })? {
            let form: Form = entries.next_value()?;
            // As everywhere, columns are those of the first rows.
            if let Some(at) = place {
                self.columns.take(at, form, self.place);
                next = at + 1;
            }
        }
        Ok(())
    }
}

impl<'de> Visitor<'de> for &mut Columns {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        for number in 1.. {
            let row = Row {
                columns: &mut *self,
                place: Number::Row(number),
            };
            if rows.next_element_seed(row)?.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// Looks at every row, and makes types wide enough for all values. `first` is what the first rows promise; `None` if they do
/// not agree.
///
/// What is no JSON is told not here but by the reading itself.
pub(crate) fn checked(path: &Path, written: Written, first: Option<&Schema>) -> Result<Inferred, String> {
    let mut columns = Columns::of(first);
    let mut text = reader(path, written.compression)?;
    if written.array {
        let _ = serde_json::Deserializer::from_reader(text).deserialize_seq(&mut columns);
    } else {
        let (mut line, mut number) = (Vec::new(), 0);
        while text.read_until(b'\n', &mut line).map_err(|e| e.to_string())? > 0 {
            number += 1;
            let row = Row {
                columns: &mut columns,
                place: Number::Line(number),
            };
            let _ = row.deserialize(&mut serde_json::Deserializer::from_slice(&line));
            line.clear();
        }
    }
    Ok(Inferred {
        schema: Schema::new(columns.fields),
        mixed: columns.mixed,
        odd: columns.odd,
    })
}

/// The rows of a file whose columns are mixed.
#[derive(Debug)]
pub(crate) struct MixedRows {
    pub path: PathBuf,
    pub written: Written,
    pub schema: SchemaRef,
}

impl PartitionStream for MixedRows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStream::builder(Arc::clone(&self.schema), 2);
        let sender = builder.tx();
        let (path, written, schema) = (self.path.clone(), self.written, Arc::clone(&self.schema));
        builder.spawn_blocking(move || {
            let send = |batch: RecordBatch| sender.blocking_send(Ok(batch)).is_ok();
            read(&path, written, &schema, send)
                .map_err(|problem| DataFusionError::Execution(format!("`{}`: {problem}", path.display())))
        });
        builder.build()
    }
}

/// Rows on their way into batches.
struct Reading<'s, S> {
    schema: &'s SchemaRef,
    decoder: Decoder,
    rows: Vec<Map<String, Value>>,
    /// False if whoever reads has enough.
    send: S,
    has_enough: bool,
}

impl<S: FnMut(RecordBatch) -> bool> Reading<'_, S> {
    fn push(&mut self, row: Map<String, Value>) -> Result<(), String> {
        self.rows.push(fitted(row, self.schema));
        if self.rows.len() == ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), String> {
        self.decoder.serialize(&self.rows).map_err(|e| e.to_string())?;
        self.rows.clear();
        if let Some(batch) = self.decoder.flush().map_err(|e| e.to_string())? {
            self.has_enough = !(self.send)(batch);
        }
        Ok(())
    }
}

impl<'de, S: FnMut(RecordBatch) -> bool> Visitor<'de> for &mut Reading<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while !self.has_enough
            && let Some(row) = rows.next_element()?
        {
            self.push(row).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

fn read(
    path: &Path,
    written: Written,
    schema: &SchemaRef,
    send: impl FnMut(RecordBatch) -> bool,
) -> Result<(), String> {
    let decoder = ReaderBuilder::new(Arc::clone(schema)).build_decoder();
    let mut reading = Reading {
        schema,
        decoder: decoder.map_err(|e| e.to_string())?,
        rows: Vec::with_capacity(ROWS),
        send,
        has_enough: false,
    };
    let mut text = reader(path, written.compression)?;
    if written.array {
        let read = serde_json::Deserializer::from_reader(text).deserialize_seq(&mut reading);
        // The rest of the list was not looked at.
        if !reading.has_enough {
            read.map_err(|e| e.to_string())?;
        }
    } else {
        let (mut line, mut number) = (Vec::new(), 0_u64);
        while !reading.has_enough && text.read_until(b'\n', &mut line).map_err(|e| e.to_string())? > 0 {
            number += 1;
            if line.iter().any(|byte| !byte.is_ascii_whitespace()) {
                reading.push(serde_json::from_slice(&line).map_err(|e| format!("line {number}: {e}"))?)?;
            }
            line.clear();
        }
    }
    if reading.rows.is_empty() {
        Ok(())
    } else {
        reading.flush()
    }
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
