//! Buffers of the decoded columns, to which rows are appended and from which the last row can be taken back.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BooleanArray, Float64Array, ListArray, NullBufferBuilder, StringArray, TimestampMicrosecondArray,
    },
    buffer::{BooleanBuffer, OffsetBuffer, ScalarBuffer},
    datatypes::{DataType, Field},
    error::ArrowError,
};
use plimsoll_model::ColumnKind;

/// Values of one column.
#[derive(Debug)]
pub(crate) struct Column {
    pub values: Values,
    nulls: NullBufferBuilder,
}

/// Values by type.
#[derive(Debug)]
pub(crate) enum Values {
    Numbers(Vec<f64>),
    Booleans(Vec<bool>),
    /// Microseconds since the Unix epoch.
    Moments(Vec<i64>),
    Texts(Texts),
    /// JSON text of lists.
    Lists(Texts),
    Embeddings(Embeddings),
}

/// Texts, one after the other.
#[derive(Debug)]
pub(crate) struct Texts {
    bytes: Vec<u8>,
    ends: Vec<i32>,
}

/// Vectors, one after the other.
#[derive(Debug)]
pub(crate) struct Embeddings {
    values: Vec<f64>,
    nulls: NullBufferBuilder,
    ends: Vec<i32>,
}

impl Texts {
    fn new() -> Self {
        Self {
            bytes: Vec::new(),
            ends: vec![0],
        }
    }

    pub(crate) fn push(&mut self, text: &str) {
        self.extend(text.as_bytes());
        self.end();
    }

    /// Adds to the text that is being written.
    pub(crate) fn extend(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
    }

    /// Ends the text that is being written.
    pub(crate) fn end(&mut self) {
        self.ends.push(end_of(self.bytes.len()));
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows + 1);
        self.bytes.truncate(self.ends[rows] as usize);
    }

    fn is_empty_at(&self, row: usize) -> bool {
        self.ends[row] == self.ends[row + 1]
    }

    fn finish(self, nulls: Option<arrow::buffer::NullBuffer>) -> Result<ArrayRef, ArrowError> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.ends));
        Ok(Arc::new(StringArray::try_new(offsets, self.bytes.into(), nulls)?))
    }
}

/// An end as Arrow keeps it; what is larger makes the array invalid, and limits below 2 GiB keep it from happening.
fn end_of(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

impl Embeddings {
    pub(crate) fn push(&mut self, vector: &[Option<f64>]) {
        for value in vector {
            self.values.push(value.unwrap_or_default());
            self.nulls.append(value.is_some());
        }
        self.end();
    }

    fn end(&mut self) {
        self.ends.push(end_of(self.values.len()));
    }

    fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows + 1);
        self.values.truncate(self.ends[rows] as usize);
        self.nulls.truncate(self.values.len());
    }
}

impl Column {
    pub(crate) fn new(kind: ColumnKind) -> Self {
        let values = match kind {
            ColumnKind::Numeric => Values::Numbers(Vec::new()),
            ColumnKind::Boolean => Values::Booleans(Vec::new()),
            ColumnKind::Datetime => Values::Moments(Vec::new()),
            ColumnKind::Categorical | ColumnKind::Text => Values::Texts(Texts::new()),
            ColumnKind::List => Values::Lists(Texts::new()),
            ColumnKind::Embedding => Values::Embeddings(Embeddings {
                values: Vec::new(),
                nulls: NullBufferBuilder::new(0),
                ends: vec![0],
            }),
        };
        Self {
            values,
            nulls: NullBufferBuilder::new(0),
        }
    }

    /// Rows.
    pub(crate) fn len(&self) -> usize {
        self.nulls.len()
    }

    /// Says that a value was pushed onto `values`.
    pub(crate) fn pushed(&mut self) {
        self.nulls.append_non_null();
    }

    /// Appends a moment, in microseconds since the Unix epoch, to a column of moments.
    pub(crate) fn push_moment(&mut self, micros: i64) {
        if let Values::Moments(moments) = &mut self.values {
            moments.push(micros);
            self.pushed();
        }
    }

    pub(crate) fn push_null(&mut self) {
        match &mut self.values {
            Values::Numbers(v) => v.push(0.0),
            Values::Booleans(v) => v.push(false),
            Values::Moments(v) => v.push(0),
            Values::Texts(v) | Values::Lists(v) => v.end(),
            Values::Embeddings(v) => v.end(),
        }
        self.nulls.append_null();
    }

    pub(crate) fn is_null(&self, row: usize) -> bool {
        !self.nulls.is_valid(row)
    }

    /// Says whether there is no text: null or empty.
    pub(crate) fn is_empty_text(&self, row: usize) -> bool {
        self.is_null(row) || matches!(&self.values, Values::Texts(texts) if texts.is_empty_at(row))
    }

    /// Takes back what follows the first `rows` rows.
    pub(crate) fn truncate(&mut self, rows: usize) {
        if self.len() <= rows {
            return;
        }
        match &mut self.values {
            Values::Numbers(v) => v.truncate(rows),
            Values::Booleans(v) => v.truncate(rows),
            Values::Moments(v) => v.truncate(rows),
            Values::Texts(v) | Values::Lists(v) => v.truncate(rows),
            Values::Embeddings(v) => v.truncate(rows),
        }
        self.nulls.truncate(rows);
    }

    pub(crate) fn finish(self) -> Result<ArrayRef, ArrowError> {
        let nulls = self.nulls.build();
        Ok(match self.values {
            Values::Numbers(v) => Arc::new(Float64Array::try_new(v.into(), nulls)?),
            Values::Booleans(v) => Arc::new(BooleanArray::new(BooleanBuffer::from(v), nulls)),
            Values::Moments(v) => Arc::new(TimestampMicrosecondArray::try_new(v.into(), nulls)?.with_timezone("UTC")),
            Values::Texts(v) | Values::Lists(v) => v.finish(nulls)?,
            Values::Embeddings(mut v) => {
                let item = Arc::new(Field::new_list_field(DataType::Float64, true));
                let values = Arc::new(Float64Array::try_new(v.values.into(), v.nulls.finish())?);
                let offsets = OffsetBuffer::new(ScalarBuffer::from(v.ends));
                Arc::new(ListArray::try_new(item, offsets, values, nulls)?)
            }
        })
    }
}
