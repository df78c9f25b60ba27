//! What the columns of a body look like, for a project whose columns nobody has described.

use std::collections::HashSet;

use arrow::array::AsArray;
use jiff::tz::TimeZone;
use plimsoll_model::{ColumnKind, InferredColumn, kind_of_text, parse_moment, role_of_name};
use serde_json::{Map, Value};

use crate::{Expected, Format, IngestError, Limits, decode, decoded::shorten};

/// Rows that are looked at.
const SAMPLE_ROWS: usize = 20_000;
/// Texts that are tried as moments.
const TRIED_MOMENTS: usize = 100;

/// Looks at the first rows of a body: kind and role of each column that has a value, in the order in which they come.
///
/// Columns of objects are left out: no kind suits them, so that their values stay in [`crate::EXTRA`].
///
/// # Errors
/// [`IngestError`] if no row can be read.
///
/// # Examples
/// ```
/// use plimsoll_ingest::{Format, Limits, infer};
/// use plimsoll_model::{ColumnKind, Role};
/// let columns = infer(br#"[{"timestamp": "2011-02-01", "age": 31}]"#, Format::Json, &Limits::default()).unwrap();
/// assert_eq!(columns[0].role, Some(Role::Timestamp));
/// assert_eq!(columns[1].kind, ColumnKind::Numeric);
/// ```
pub fn infer(body: &[u8], format: Format, limits: &Limits) -> Result<Vec<InferredColumn>, IngestError> {
    // Without expected columns, rows are kept whole beside them.
    let expected = Expected::new(Vec::new(), None, None, TimeZone::UTC);
    let decoded = decode(body, format, &expected, limits)?;
    let rows = decoded.batch.num_rows().min(SAMPLE_ROWS);
    let mut seen: Vec<Seen> = Vec::new();
    // The order in which columns first appear is that of the list of odd ones.
    for odd in decoded.odd {
        if !seen.iter().any(|s| s.name == odd.column) {
            seen.push(Seen {
                name: odd.column,
                ..Seen::default()
            });
        }
    }
    for row in decoded.batch.column(0).as_string::<i32>().iter().take(rows).flatten() {
        let row: Map<String, Value> = serde_json::from_str(row).map_err(|e| IngestError::malformed(format, &e))?;
        for column in &mut seen {
            if let Some(value) = row.get(&column.name) {
                column.look(value);
            }
        }
    }
    Ok(seen.into_iter().filter_map(|s| s.conclude(rows as u64)).collect())
}

/// What was seen of a column.
#[derive(Debug, Default)]
struct Seen {
    name: String,
    numbers: u64,
    booleans: u64,
    texts: u64,
    lists: u64,
    /// Lengths of lists that hold nothing but numbers; 0 stands for other lists.
    lengths: HashSet<usize>,
    distinct: HashSet<String>,
    /// Texts tried as moments, and those that are some.
    tried: usize,
    moments: usize,
    example: Option<String>,
}

impl Seen {
    fn look(&mut self, value: &Value) {
        let text = match value {
            Value::String(text) => {
                self.texts += 1;
                if self.tried < TRIED_MOMENTS {
                    self.tried += 1;
                    self.moments += usize::from(parse_moment(text, &TimeZone::UTC).is_some());
                }
                text.clone()
            }
            Value::Number(number) => {
                self.numbers += 1;
                number.to_string()
            }
            Value::Bool(truth) => {
                self.booleans += 1;
                truth.to_string()
            }
            Value::Array(list) => {
                self.lists += 1;
                let numbers = list.iter().all(Value::is_number);
                self.lengths.insert(if numbers { list.len() } else { 0 });
                value.to_string()
            }
            Value::Null | Value::Object(_) => return,
        };
        self.example.get_or_insert_with(|| shorten(&text));
        self.distinct.insert(text);
    }

    fn conclude(self, rows: u64) -> Option<InferredColumn> {
        let scalars = self.numbers + self.booleans + self.texts;
        let (present, distinct) = (scalars + self.lists, self.distinct.len() as u64);
        let moments = self.texts > 0 && self.texts == scalars && self.moments == self.tried;
        let (kind, data_type) = match (scalars, self.lists) {
            (0, 0) => return None,
            (0, _) if self.lengths.len() == 1 && self.lengths.iter().all(|l| *l > 1) => (ColumnKind::Embedding, "list"),
            (0, _) => (ColumnKind::List, "list"),
            _ if self.numbers == scalars => (ColumnKind::Numeric, "number"),
            _ if self.booleans == scalars => (ColumnKind::Boolean, "boolean"),
            _ if moments => (ColumnKind::Datetime, "text"),
            _ => (kind_of_text(distinct, present), "text"),
        };
        Some(InferredColumn {
            role: role_of_name(&self.name, kind, moments, distinct == present),
            name: self.name,
            kind,
            data_type: data_type.to_owned(),
            distinct,
            nulls: rows - present,
            example: self.example,
        })
    }
}
