//! Which types of values a column holds.

use arrow::{array::Array, datatypes::DataType};
use plimsoll_model::ColumnKind;

use crate::{Batch, ProfileError, Reader, Statistic, StatisticError, Writer, statistic::same};

const NUMBER: u8 = 1;
const TRUTH: u8 = 2;
const TIME: u8 = 4;
const LIST: u8 = 8;
/// Text that reads as a number.
const DIGITS: u8 = 16;
/// Any other text.
const TEXT: u8 = 32;

/// The types of a column's values that are not missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Types {
    column: String,
    /// A bit a type.
    seen: u8,
}

impl Types {
    pub(super) fn new(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            seen: 0,
        }
    }

    /// Names of the types; all text is one.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let names = [
            (NUMBER, "number"),
            (TRUTH, "truth value"),
            (TIME, "time"),
            (LIST, "list"),
            (DIGITS | TEXT, "text"),
        ];
        let seen = names.into_iter().filter(|(bits, _)| self.seen & bits != 0);
        seen.map(|(_, name)| name).collect()
    }

    /// Says whether every value can be read as a kind.
    #[must_use]
    pub fn fits(&self, kind: ColumnKind) -> bool {
        let strange = match kind {
            ColumnKind::Numeric => TIME | LIST | TEXT,
            ColumnKind::Boolean => TIME | LIST,
            ColumnKind::Categorical | ColumnKind::Text => LIST,
            ColumnKind::Datetime => TRUTH | LIST,
            ColumnKind::Embedding => NUMBER | TRUTH | TIME | DIGITS | TEXT,
            // Sent lists are kept as JSON text.
            ColumnKind::List => NUMBER | TRUTH | TIME,
        };
        self.seen & strange == 0
    }
}

impl Statistic for Types {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let array = batch.array(&self.column)?;
        if array.logical_null_count() == array.len() {
            return Ok(());
        }
        self.seen |= match array.data_type() {
            DataType::Boolean => TRUTH,
            t if t.is_numeric() => NUMBER,
            t if t.is_temporal() => TIME,
            t if t.is_nested() => LIST,
            _ if self.seen & (DIGITS | TEXT) == DIGITS | TEXT => 0,
            _ => {
                let texts = batch.labels(&self.column)?.names();
                let kind = |text: &String| {
                    if text.trim().parse::<f64>().is_ok() {
                        DIGITS
                    } else {
                        TEXT
                    }
                };
                texts.iter().map(kind).fold(0, |all, one| all | one)
            }
        };
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        self.seen |= same::<Self>("types", other)?.seen;
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        writer.u8(self.seen);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.seen = reader.u8()?;
        if self.seen > NUMBER | TRUTH | TIME | LIST | DIGITS | TEXT {
            return Err(reader.damaged("unknown types"));
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
        let cases: [(ArrayRef, &[&str], &[ColumnKind]); 6] = [
            (
                Arc::new(Float64Array::from(vec![Some(1.0), None])),
                &["number"],
                &[Numeric, Boolean, Categorical, Datetime],
            ),
            (
                Arc::new(Float64Array::from(vec![None::<f64>; 2])),
                &[],
                &[Numeric, Boolean, Categorical, Datetime],
            ),
            (
                Arc::new(StringArray::from(vec!["1.5", " 2 "])),
                &["text"],
                &[Numeric, Boolean, Categorical, Datetime],
            ),
            (
                Arc::new(StringArray::from(vec!["1.5", "many"])),
                &["text"],
                &[Boolean, Categorical, Datetime],
            ),
            (
                Arc::new(BooleanArray::from(vec![true])),
                &["truth value"],
                &[Numeric, Boolean, Categorical],
            ),
            (
                Arc::new(Date32Array::from(vec![1])),
                &["time"],
                &[Categorical, Datetime],
            ),
        ];
        let names = ["x".to_owned()];
        for (array, types, kinds) in cases {
            let mut state = Types::new("x");
            state.update(&Batch::new(&names, &[array])).unwrap();
            assert_eq!(state.names(), types);
            let fits = [Numeric, Boolean, Categorical, Datetime]
                .into_iter()
                .filter(|kind| state.fits(*kind));
            assert_eq!(fits.collect::<Vec<_>>(), kinds);
        }
    }
}
