//! Rows on their way into columns: one row at a time, each taken back as a whole if it is rejected.

use std::{collections::HashMap, fmt, mem};

use arrow::array::RecordBatch;
use plimsoll_model::{ColumnKind, SchemaChangeKind};

use crate::{
    Decoded, Expected, IngestError, Limits, Odd, Reject, RejectCode,
    column::{Column, Values},
    decoded::{lack, shorten},
    expected::quoted,
    value::{
        Read, boolean_of_number, boolean_of_text, label_of_cell, label_of_number, moment_of_cell, moment_of_integer,
        moment_of_number, moment_of_text, number_of_text,
    },
};

/// Stands for a column that is not read because there are too many.
const NO_KEY: u32 = u32::MAX;

/// A value that is neither list nor object.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<'a> {
    Null,
    Boolean(bool),
    Integer(i64),
    Unsigned(u64),
    Number(f64),
    Text(&'a str),
    /// Text that may stand for a value of any type, as in CSV.
    Untyped(&'a str),
}

/// A list or an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nested {
    List,
    Object,
}

/// What became of a value.
enum Fit {
    Pushed,
    Missing,
    Odd,
}

/// A value of the current row that goes into the extra column.
#[derive(Debug)]
struct Entry {
    key: u32,
    change: SchemaChangeKind,
    found: &'static str,
    /// Where name and value, and the value alone, stand in the scratch text.
    start: usize,
    value: usize,
    end: usize,
}

/// A column that the definition does not know.
#[derive(Debug)]
struct Unknown {
    name: String,
    /// The name as JSON writes it.
    quoted: Vec<u8>,
    /// The last row that had it, counted from 1.
    row: u64,
}

/// That reading the body makes no sense any more; [`Table::stopped`] tells why.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a limit was reached")
    }
}

/// Rows being read.
#[derive(Debug)]
pub(crate) struct Table<'e> {
    expected: &'e Expected,
    limits: &'e Limits,
    columns: Vec<Column>,
    extra: Column,
    extra_bytes: usize,
    /// Accepted rows.
    rows: usize,
    /// Rows begun.
    seen: u64,
    /// Columns that have a value in the current row.
    filled: usize,
    /// Text in the current row. Unit: bytes.
    row_bytes: usize,
    entries: Vec<Entry>,
    scratch: Vec<u8>,
    unknown: Vec<Unknown>,
    unknown_places: HashMap<String, u32>,
    /// The key that followed each key (0: the beginning of the row) the last time.
    next: Vec<u32>,
    last: usize,
    odd: Vec<Odd>,
    /// Places in `odd` by key and type found.
    odd_places: Vec<Vec<(&'static str, usize)>>,
    rejects: Vec<Reject>,
    rejected: u64,
    stop: Option<IngestError>,
}

impl<'e> Table<'e> {
    pub(crate) fn new(expected: &'e Expected, limits: &'e Limits) -> Self {
        let columns = expected.columns();
        Self {
            expected,
            limits,
            columns: columns.iter().map(|c| Column::new(c.kind)).collect(),
            extra: Column::new(ColumnKind::Text),
            extra_bytes: 0,
            rows: 0,
            seen: 0,
            filled: 0,
            row_bytes: 0,
            entries: Vec::new(),
            scratch: Vec::new(),
            unknown: Vec::new(),
            unknown_places: HashMap::new(),
            next: (0..=columns.len() as u32).collect(),
            last: 0,
            odd: Vec::new(),
            odd_places: vec![Vec::new(); columns.len()],
            rejects: Vec::new(),
            rejected: 0,
            stop: None,
        }
    }

    /// Begins a row.
    pub(crate) fn begin(&mut self) -> Result<(), Stopped> {
        if self.seen >= self.limits.rows as u64 {
            self.stop = Some(IngestError::TooManyRows {
                limit: self.limits.rows,
            });
            return Err(Stopped);
        }
        self.seen += 1;
        self.last = 0;
        Ok(())
    }

    /// Takes back a row that was begun, with its values.
    pub(crate) fn abandon(&mut self) {
        self.seen -= 1;
        for column in &mut self.columns {
            column.truncate(self.rows);
        }
        self.clear_row();
    }

    /// Takes back that a row was begun. False if it has values.
    pub(crate) fn withdraw(&mut self) -> bool {
        self.seen -= 1;
        self.filled == 0 && self.entries.is_empty()
    }

    /// What the rows are expected to hold.
    pub(crate) fn expected(&self) -> &'e Expected {
        self.expected
    }

    /// Stops reading.
    pub(crate) fn stop(&mut self, why: IngestError) {
        self.stop = Some(why);
    }

    /// Why reading was stopped, if it was.
    pub(crate) fn stopped(&mut self) -> Option<IngestError> {
        self.stop.take()
    }

    /// The key of a column; rows of one producer have their columns in one order, so that the next is guessed first.
    pub(crate) fn key(&mut self, name: &str) -> u32 {
        let guess = self.next[self.last];
        let key = if self.name(guess) == Some(name) {
            guess
        } else {
            let key = self.look_up(name);
            if key == NO_KEY {
                return NO_KEY;
            }
            self.next[self.last] = key;
            key
        };
        self.last = key as usize + 1;
        key
    }

    /// The key that is expected next, and its name as JSON writes it.
    pub(crate) fn guess(&self) -> Option<(u32, &[u8])> {
        let guess = self.next[self.last];
        Some((guess, self.quoted(guess)?))
    }

    /// Says that the guess was right.
    pub(crate) fn guessed(&mut self, key: u32) {
        self.last = key as usize + 1;
    }

    fn quoted(&self, key: u32) -> Option<&[u8]> {
        let (at, known) = (key as usize, self.columns.len());
        match self.expected.quoted(at) {
            Some(quoted) => Some(quoted),
            None => self.unknown.get(at - known).map(|u| u.quoted.as_slice()),
        }
    }

    fn name(&self, key: u32) -> Option<&str> {
        let (at, known) = (key as usize, self.columns.len());
        match self.expected.columns().get(at) {
            Some(column) => Some(&column.name),
            None => self.unknown.get(at - known).map(|u| u.name.as_str()),
        }
    }

    #[cold]
    fn look_up(&mut self, name: &str) -> u32 {
        if let Some(key) = self
            .expected
            .place(name)
            .or_else(|| self.unknown_places.get(name).copied())
        {
            return key;
        }
        let count = self.columns.len() + self.unknown.len();
        if count >= self.limits.columns {
            self.stop = Some(IngestError::TooManyColumns {
                limit: self.limits.columns,
            });
            return NO_KEY;
        }
        self.unknown.push(Unknown {
            name: name.to_owned(),
            quoted: quoted(name),
            row: 0,
        });
        self.unknown_places.insert(name.to_owned(), count as u32);
        self.next.push(0);
        self.odd_places.push(Vec::new());
        count as u32
    }

    /// Puts a value into a column of the current row; of two the last holds.
    pub(crate) fn put(&mut self, key: u32, cell: Cell<'_>) {
        let Some(column) = self.columns.get_mut(key as usize) else {
            if !matches!(cell, Cell::Null) && self.is_kept(key) {
                self.note(key, SchemaChangeKind::New, found(cell), |out| write_cell(out, cell));
            }
            return;
        };
        let repeated = column.len() > self.rows;
        if repeated {
            column.truncate(self.rows);
        } else {
            self.filled += 1;
        }
        if let Cell::Text(text) | Cell::Untyped(text) = cell {
            self.row_bytes += text.len();
        }
        match fit(&mut column.values, cell, self.expected) {
            Fit::Pushed => column.pushed(),
            Fit::Missing => column.push_null(),
            Fit::Odd => {
                column.push_null();
                self.forget(key, repeated);
                self.note(key, SchemaChangeKind::Type, found(cell), |out| write_cell(out, cell));
                return;
            }
        }
        self.forget(key, repeated);
    }

    /// Puts a list or an object, given as JSON, into a column of the current row.
    pub(crate) fn put_nested(&mut self, key: u32, nested: Nested, json: &str) {
        let kind = match nested {
            Nested::List => "list",
            Nested::Object => "object",
        };
        let Some(column) = self.columns.get_mut(key as usize) else {
            if self.is_kept(key) {
                self.note(key, SchemaChangeKind::New, kind, |out| {
                    out.extend_from_slice(json.as_bytes());
                });
            }
            return;
        };
        let repeated = column.len() > self.rows;
        if repeated {
            column.truncate(self.rows);
        } else {
            self.filled += 1;
        }
        self.row_bytes += json.len();
        let fits = nested == Nested::List && push_list(&mut column.values, json);
        if fits {
            column.pushed();
        } else {
            column.push_null();
        }
        self.forget(key, repeated);
        if !fits {
            self.note(key, SchemaChangeKind::Type, kind, |out| {
                out.extend_from_slice(json.as_bytes());
            });
        }
    }

    /// Says whether a value of an unknown column is to be kept, and forgets the one before in the same row.
    fn is_kept(&mut self, key: u32) -> bool {
        let Some(unknown) = self.unknown.get_mut((key as usize).wrapping_sub(self.columns.len())) else {
            return false;
        };
        let repeated = unknown.row == self.seen;
        unknown.row = self.seen;
        self.forget(key, repeated);
        true
    }

    fn forget(&mut self, key: u32, repeated: bool) {
        if repeated {
            self.entries.retain(|e| e.key != key);
        }
    }

    /// Keeps a value for the extra column.
    fn note(&mut self, key: u32, change: SchemaChangeKind, found: &'static str, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.scratch.len();
        let mut scratch = mem::take(&mut self.scratch);
        scratch.extend_from_slice(self.quoted(key).unwrap_or_default());
        scratch.push(b':');
        let value = scratch.len();
        write(&mut scratch);
        self.row_bytes += scratch.len() - start;
        self.entries.push(Entry {
            key,
            change,
            found,
            start,
            value,
            end: scratch.len(),
        });
        self.scratch = scratch;
    }

    /// Ends the row: accepts it, or takes it back and lists it as rejected.
    pub(crate) fn end(&mut self) -> Result<(), Stopped> {
        if self.stop.is_some() {
            return Err(Stopped);
        }
        if self.filled < self.columns.len() {
            for column in &mut self.columns {
                if column.len() == self.rows {
                    column.push_null();
                }
            }
        }
        if self.row_bytes > self.limits.row_bytes {
            let reason = format!("its text is longer than {} bytes", self.limits.row_bytes);
            self.reject(RejectCode::TooLarge, None, reason);
            return Ok(());
        }
        if let Some((code, column, reason)) = self.lacks() {
            self.reject(code, Some(column), reason);
            return Ok(());
        }
        self.keep_extra()?;
        self.rows += 1;
        self.clear_row();
        Ok(())
    }

    /// Rejects the current row.
    pub(crate) fn reject(&mut self, code: RejectCode, column: Option<usize>, reason: String) {
        self.rejected += 1;
        if self.rejects.len() < self.limits.listed_rejects {
            self.rejects.push(Reject {
                row: self.seen - 1,
                code,
                column: column.map(|at| self.expected.columns()[at].name.clone()),
                reason,
            });
        }
        for column in &mut self.columns {
            column.truncate(self.rows);
        }
        self.clear_row();
    }

    fn clear_row(&mut self) {
        self.filled = 0;
        self.row_bytes = 0;
        self.entries.clear();
        self.scratch.clear();
    }

    /// The first required value that the current row lacks.
    fn lacks(&mut self) -> Option<(RejectCode, usize, String)> {
        let row = self.rows;
        for (at, spec) in self.expected.columns().iter().enumerate() {
            let column = &mut self.columns[at];
            let missing = column.is_null(row) || self.expected.is_id(at) && column.is_empty_text(row);
            if !(spec.required && missing) {
                continue;
            }
            let entry = self.entries.iter().find(|e| e.key as usize == at);
            let sent = entry.map(|e| String::from_utf8_lossy(&self.scratch[e.value..e.end]));
            if sent.is_none()
                && self.expected.is_timestamp(at)
                && let Some(moment) = self.limits.stamp_missing
            {
                column.truncate(row);
                column.push_moment(moment);
                continue;
            }
            let (code, reason) = lack(self.expected, at, sent.as_deref());
            return Some((code, at, reason));
        }
        None
    }

    /// Writes the extra values of an accepted row, and counts them.
    fn keep_extra(&mut self) -> Result<(), Stopped> {
        if self.entries.is_empty() {
            self.extra.push_null();
            return Ok(());
        }
        let Values::Texts(texts) = &mut self.extra.values else {
            return Ok(());
        };
        let mut separator = b"{";
        for entry in &self.entries {
            texts.extend(separator);
            texts.extend(&self.scratch[entry.start..entry.end]);
            self.extra_bytes += entry.end - entry.start + 1;
            separator = b",";
        }
        texts.extend(b"}");
        texts.end();
        self.extra.pushed();
        if self.extra_bytes > self.limits.body_bytes {
            self.stop = Some(IngestError::TooLarge {
                what: "the text of columns that the data definition does not know",
                limit: self.limits.body_bytes,
            });
            return Err(Stopped);
        }
        for entry in mem::take(&mut self.entries) {
            self.count_odd(&entry);
        }
        Ok(())
    }

    fn count_odd(&mut self, entry: &Entry) {
        let places = &self.odd_places[entry.key as usize];
        if let Some((_, place)) = places.iter().find(|(found, _)| *found == entry.found) {
            self.odd[*place].rows += 1;
            return;
        }
        let known = self.expected.columns().get(entry.key as usize);
        let odd = Odd {
            column: self.name(entry.key).unwrap_or_default().to_owned(),
            change: entry.change,
            expected: known.map(|c| c.kind),
            found: entry.found.to_owned(),
            rows: 1,
            example: shorten(&String::from_utf8_lossy(&self.scratch[entry.value..entry.end])),
        };
        self.odd_places[entry.key as usize].push((entry.found, self.odd.len()));
        self.odd.push(odd);
    }

    /// The accepted rows and what is to be said about the others.
    pub(crate) fn finish(self) -> Result<Decoded, IngestError> {
        let broken = |e: arrow::error::ArrowError| IngestError::Stored { problem: e.to_string() };
        let columns = self.columns.into_iter().chain([self.extra]);
        let arrays = columns
            .map(Column::finish)
            .collect::<Result<Vec<_>, _>>()
            .map_err(broken)?;
        let batch = RecordBatch::try_new(self.expected.schema().clone(), arrays).map_err(broken)?;
        Ok(Decoded {
            batch,
            rejects: self.rejects,
            rejected: self.rejected,
            odd: self.odd,
        })
    }
}

/// Pushes a value onto a column, if it is of the column's kind.
#[inline]
fn fit(values: &mut Values, cell: Cell<'_>, expected: &Expected) -> Fit {
    match (values, cell) {
        (_, Cell::Null) => Fit::Missing,
        (Values::Numbers(v), cell) => match number(cell) {
            Read::Value(x) => {
                v.push(x);
                Fit::Pushed
            }
            Read::Missing => Fit::Missing,
            Read::Other => Fit::Odd,
        },
        (Values::Texts(v), cell) => {
            match cell {
                Cell::Null => return Fit::Missing,
                Cell::Text(text) => v.push(text),
                Cell::Untyped(text) => v.push(label_of_cell(text)),
                Cell::Boolean(b) => v.push(if b { "true" } else { "false" }),
                Cell::Integer(i) => v.push(&i.to_string()),
                Cell::Unsigned(u) => v.push(&u.to_string()),
                Cell::Number(x) => match label_of_number(x) {
                    Some(label) => v.push(&label),
                    None => return Fit::Missing,
                },
            }
            Fit::Pushed
        }
        (Values::Moments(v), cell) => {
            let moment = match cell {
                Cell::Integer(i) => moment_of_integer(i).map_or(Read::Other, Read::Value),
                Cell::Unsigned(u) => moment_of_number(u as f64).map_or(Read::Other, Read::Value),
                Cell::Number(x) if x.is_nan() => Read::Missing,
                Cell::Number(x) => moment_of_number(x).map_or(Read::Other, Read::Value),
                Cell::Text(text) => moment_of_text(text, expected.timezone()),
                Cell::Untyped(text) => moment_of_cell(text, expected.timezone()),
                Cell::Null | Cell::Boolean(_) => Read::Other,
            };
            match moment {
                Read::Value(m) => {
                    v.push(m);
                    Fit::Pushed
                }
                Read::Missing => Fit::Missing,
                Read::Other => Fit::Odd,
            }
        }
        (Values::Booleans(v), cell) => {
            let truth = match cell {
                Cell::Boolean(b) => Read::Value(b),
                Cell::Integer(i) => boolean_of_number(i as f64).map_or(Read::Other, Read::Value),
                Cell::Unsigned(u) => boolean_of_number(u as f64).map_or(Read::Other, Read::Value),
                Cell::Number(x) if x.is_nan() => Read::Missing,
                Cell::Number(x) => boolean_of_number(x).map_or(Read::Other, Read::Value),
                Cell::Text(text) | Cell::Untyped(text) => boolean_of_text(text),
                Cell::Null => Read::Missing,
            };
            match truth {
                Read::Value(b) => {
                    v.push(b);
                    Fit::Pushed
                }
                Read::Missing => Fit::Missing,
                Read::Other => Fit::Odd,
            }
        }
        (values @ (Values::Lists(_) | Values::Embeddings(_)), Cell::Text(text) | Cell::Untyped(text)) => {
            if text.trim().is_empty() {
                Fit::Missing
            } else if push_list(values, text) {
                Fit::Pushed
            } else {
                Fit::Odd
            }
        }
        (Values::Lists(_) | Values::Embeddings(_), _) => Fit::Odd,
    }
}

#[inline]
fn number(cell: Cell<'_>) -> Read<f64> {
    match cell {
        Cell::Null => Read::Missing,
        Cell::Number(x) if x.is_nan() => Read::Missing,
        Cell::Number(x) => Read::Value(x),
        Cell::Integer(i) => Read::Value(i as f64),
        Cell::Unsigned(u) => Read::Value(u as f64),
        Cell::Boolean(b) => Read::Value(f64::from(u8::from(b))),
        Cell::Text(text) | Cell::Untyped(text) => number_of_text(text),
    }
}

/// Pushes a list, given as JSON, onto a column of lists or vectors.
pub(crate) fn push_list(values: &mut Values, json: &str) -> bool {
    match values {
        Values::Lists(texts) => match serde_json::from_str::<Vec<serde_json::Value>>(json) {
            Ok(list) => {
                texts.push(&serde_json::Value::Array(list).to_string());
                true
            }
            Err(_) => false,
        },
        Values::Embeddings(vectors) => match serde_json::from_str::<Vec<Option<f64>>>(json) {
            Ok(vector) => {
                vectors.push(&vector);
                true
            }
            Err(_) => false,
        },
        _ => false,
    }
}

fn found(cell: Cell<'_>) -> &'static str {
    match cell {
        Cell::Null => "null",
        Cell::Boolean(_) => "boolean",
        Cell::Integer(_) | Cell::Unsigned(_) | Cell::Number(_) => "number",
        Cell::Untyped(text) if is_json_scalar(text) => match text {
            "true" | "false" => "boolean",
            _ => "number",
        },
        Cell::Text(_) | Cell::Untyped(_) => "text",
    }
}

/// Says whether text is a number or truth value as JSON writes it.
fn is_json_scalar(text: &str) -> bool {
    matches!(text, "true" | "false") || serde_json::from_str::<f64>(text).is_ok_and(f64::is_finite)
}

fn write_cell(out: &mut Vec<u8>, cell: Cell<'_>) {
    match cell {
        Cell::Null => out.extend_from_slice(b"null"),
        Cell::Boolean(b) => out.extend_from_slice(if b { b"true" } else { b"false" }),
        Cell::Integer(i) => out.extend_from_slice(i.to_string().as_bytes()),
        Cell::Unsigned(u) => out.extend_from_slice(u.to_string().as_bytes()),
        Cell::Number(x) => match serde_json::to_vec(&x) {
            Ok(text) if x.is_finite() => out.extend_from_slice(&text),
            _ => write_text(out, &x.to_string()),
        },
        Cell::Untyped(text) if is_json_scalar(text) => out.extend_from_slice(text.trim().as_bytes()),
        Cell::Text(text) | Cell::Untyped(text) => write_text(out, text),
    }
}

/// Writes text as a JSON string.
pub(crate) fn write_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&quoted(text));
}
