//! Which types of values a column holds.

use std::collections::BTreeMap;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::DataType,
};
use plimsoll_model::{ColumnKind, EXTRA};
use serde_json::Value;

use crate::{Batch, ProfileError, Reader, Statistic, StatisticError, Writer, prepare::number_of, statistic::same};

/// A type of values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Number,
    Truth,
    Time,
    List,
    /// Text that reads as a number.
    Digits,
    /// Any other text.
    Text,
}

use Type::{Digits, List, Number, Text, Time, Truth};

const TYPES: [Type; 6] = [Number, Truth, Time, List, Digits, Text];

/// Longest example, in characters.
const EXAMPLE: usize = 40;

/// The types of a column's values that are not missing.
///
/// Of rows that were sent, values that did not fit the column lie in the column [`EXTRA`]; they count as what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Types {
    column: String,
    /// Values by type.
    seen: [u64; TYPES.len()],
    /// Those of them that did not fit the column of a stream.
    refused: [u64; TYPES.len()],
    /// The first of the texts that are no numbers, in the order of the alphabet.
    example: Option<String>,
}

impl Types {
    pub(super) fn new(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            seen: [0; TYPES.len()],
            refused: [0; TYPES.len()],
            example: None,
        }
    }

    /// Values that are not missing.
    #[must_use]
    pub fn values(&self) -> u64 {
        self.seen.iter().sum()
    }

    /// Names of the types; all text is one, and in a numeric column text that reads as a number is a number.
    #[must_use]
    pub fn names(&self, kind: ColumnKind) -> Vec<&'static str> {
        let digits = if kind == ColumnKind::Numeric { Number } else { Text };
        let named = [
            (Number, "number"),
            (Truth, "truth value"),
            (Time, "time"),
            (List, "list"),
            (Text, "text"),
        ];
        let is_seen = |wanted: Type| {
            TYPES.iter().zip(&self.seen).any(|(own, seen)| {
                let own = if *own == Digits { digits } else { *own };
                own == wanted && *seen > 0
            })
        };
        named
            .into_iter()
            .filter(|(t, _)| is_seen(*t))
            .map(|(_, name)| name)
            .collect()
    }

    /// How many values cannot be read as a kind.
    #[must_use]
    pub fn strange(&self, kind: ColumnKind) -> u64 {
        let strange: &[Type] = match kind {
            ColumnKind::Numeric => &[Time, List, Text],
            ColumnKind::Boolean => &[Time, List],
            ColumnKind::Categorical | ColumnKind::Text => &[List],
            ColumnKind::Datetime => &[Truth, List],
            ColumnKind::Embedding => &[Number, Truth, Time, Digits, Text],
            // Sent lists are kept as JSON text.
            ColumnKind::List => &[Number, Truth, Time],
        };
        let counts = TYPES.iter().zip(self.seen.iter().zip(&self.refused));
        counts
            .map(|(own, (seen, refused))| if strange.contains(own) { *seen } else { *refused })
            .sum()
    }

    /// A text that is no number.
    #[must_use]
    pub fn example(&self) -> Option<&str> {
        self.example.as_deref()
    }

    fn add(&mut self, own: Type, values: u64) {
        self.seen[own as usize] += values;
    }

    fn text(&mut self, text: &str, values: u64) -> Type {
        let own = if number_of(text).is_some() { Digits } else { Text };
        self.add(own, values);
        if own == Text && self.example.as_deref().is_none_or(|known| text < known) {
            let short: String = text.chars().take(EXAMPLE).collect();
            // A text that was cut is not before one of which it is the beginning.
            if self.example.as_ref().is_none_or(|known| short < *known) {
                self.example = Some(short);
            }
        }
        own
    }

    /// Values that did not fit the column when they were sent.
    fn refused(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        if self.column == EXTRA || !batch.has(EXTRA) {
            return Ok(());
        }
        let array = batch.array(EXTRA)?;
        if array.logical_null_count() == array.len() {
            return Ok(());
        }
        let extra = batch.labels(EXTRA)?;
        let name = Value::from(self.column.as_str()).to_string();
        let mut rows: BTreeMap<usize, u64> = BTreeMap::new();
        // Most rows of a stream with more columns than are described have nothing of this one.
        let named: Vec<bool> = extra.names().iter().map(|text| text.contains(&name)).collect();
        for key in (0..extra.len())
            .filter_map(|row| extra.key(row))
            .filter(|key| named[*key])
        {
            *rows.entry(key).or_default() += 1;
        }
        for (key, values) in rows {
            let entries = serde_json::from_str::<BTreeMap<String, Value>>(&extra.names()[key]);
            let own = match entries.ok().and_then(|mut entries| entries.remove(&self.column)) {
                None | Some(Value::Null) => continue,
                Some(Value::String(text)) => {
                    let own = self.text(&text, values);
                    self.refused[own as usize] += values;
                    continue;
                }
                Some(Value::Bool(_)) => Truth,
                Some(Value::Number(_)) => Number,
                Some(Value::Array(_) | Value::Object(_)) => List,
            };
            self.add(own, values);
            self.refused[own as usize] += values;
        }
        Ok(())
    }

    /// Numbers that came as text.
    fn texts(&mut self, array: &ArrayRef) {
        // It was read as numbers in the same way.
        let Ok(text) = cast(array, &DataType::Utf8) else { return };
        for cell in text.as_string::<i32>().iter().flatten() {
            self.text(cell, 1);
        }
    }
}

impl Statistic for Types {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        self.refused(batch)?;
        if let Some(texts) = batch.text_of(&self.column) {
            self.texts(texts);
            return Ok(());
        }
        let array = batch.array(&self.column)?;
        let values = (array.len() - array.logical_null_count()) as u64;
        if values == 0 {
            return Ok(());
        }
        match array.data_type() {
            DataType::Boolean => self.add(Truth, values),
            t if t.is_numeric() => self.add(Number, values),
            t if t.is_temporal() => self.add(Time, values),
            t if t.is_nested() => self.add(List, values),
            _ => {
                let labels = batch.labels(&self.column)?;
                let mut counts = vec![0; labels.names().len()];
                for key in (0..labels.len()).filter_map(|row| labels.key(row)) {
                    counts[key] += 1;
                }
                for (text, values) in labels.names().iter().zip(counts) {
                    self.text(text, values);
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("types", other)?;
        for (own, theirs) in self.seen.iter_mut().zip(other.seen) {
            *own += theirs;
        }
        for (own, theirs) in self.refused.iter_mut().zip(other.refused) {
            *own += theirs;
        }
        self.example = match (self.example.take(), other.example) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        for count in self.seen.iter().chain(&self.refused) {
            writer.u64(*count);
        }
        writer.string(self.example.as_deref().unwrap_or_default());
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        for count in self.seen.iter_mut().chain(&mut self.refused) {
            *count = reader.u64()?;
        }
        let example = reader.string()?;
        self.example = (self.seen[Text as usize] > 0).then_some(example);
        if self
            .seen
            .iter()
            .zip(&self.refused)
            .any(|(seen, refused)| refused > seen)
        {
            return Err(reader.damaged("more values that did not fit than values"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, StringArray};

    use super::*;

    #[test]
    fn values_tell_their_type_and_text_what_it_reads_as() {
        use ColumnKind::{Boolean, Categorical, Datetime, Numeric};
        let cases: [(ArrayRef, &[&str], [u64; 4]); 6] = [
            (Arc::new(Float64Array::from(vec![Some(1.0), None])), &["number"], [0; 4]),
            (Arc::new(Float64Array::from(vec![None::<f64>; 2])), &[], [0; 4]),
            (Arc::new(StringArray::from(vec!["1.5", " 2 "])), &["number"], [0; 4]),
            (
                Arc::new(StringArray::from(vec!["1.5", "many", "many", "few"])),
                &["number", "text"],
                [3, 0, 0, 0],
            ),
            (Arc::new(BooleanArray::from(vec![true])), &["truth value"], [0, 0, 0, 1]),
            (Arc::new(Date32Array::from(vec![1])), &["time"], [1, 1, 0, 0]),
        ];
        let names = ["x".to_owned()];
        for (array, types, strange) in cases {
            let mut state = Types::new("x");
            state.update(&Batch::new(&names, &[array])).unwrap();
            assert_eq!(state.names(Numeric), types);
            let found = [Numeric, Boolean, Categorical, Datetime].map(|kind| state.strange(kind));
            assert_eq!(found, strange);
        }
    }

    #[test]
    fn values_that_did_not_fit_a_stream_count_as_what_they_are() {
        let x: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None, None, None]));
        let extra: ArrayRef = Arc::new(StringArray::from(vec![
            Some(r#"{"y":"x"}"#),
            Some(r#"{"x":"many","y":1}"#),
            Some(r#"{"x":[1]}"#),
            None,
        ]));
        let names = [EXTRA.to_owned(), "x".to_owned()];
        let mut state = Types::new("x");
        state.update(&Batch::new(&names, &[extra, x])).unwrap();
        assert_eq!((state.values(), state.strange(ColumnKind::Numeric)), (3, 2));
        assert_eq!(state.strange(ColumnKind::Categorical), 2);
        assert_eq!(state.names(ColumnKind::Numeric), ["number", "list", "text"]);
        assert_eq!(state.example(), Some("many"));
    }
}
