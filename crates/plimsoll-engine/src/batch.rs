//! Rows on their way into statistics: columns by name, decoded once a batch for all who read them.

use std::{borrow::Cow, cell::OnceCell, fmt};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch},
    buffer::NullBuffer,
    compute::cast,
    datatypes::{DataType, Float64Type},
};

use crate::StatisticError;

/// A numeric column of a batch. Null rows hold an arbitrary value; ask [`Numbers::is_valid`].
#[derive(Debug)]
pub struct Numbers<'a> {
    /// One value a row.
    pub values: Cow<'a, [f64]>,
    /// Which rows are not null; `None` if all are.
    pub nulls: Option<NullBuffer>,
}

impl Numbers<'_> {
    /// Says whether a row is not null. NaN and infinities are valid here.
    #[must_use]
    pub fn is_valid(&self, row: usize) -> bool {
        self.nulls.as_ref().is_none_or(|n| n.is_valid(row))
    }

    /// The value of a row that is neither null, NaN nor infinite.
    #[must_use]
    pub fn finite(&self, row: usize) -> Option<f64> {
        let v = self.values[row];
        (v.is_finite() && self.is_valid(row)).then_some(v)
    }
}

/// A column of a batch read as labels (text): strings as they are, integers in decimal, whole floats without a
/// fraction, booleans as `true` and `false`, dates and times in ISO form.
#[derive(Debug)]
pub struct Labels {
    keys: Vec<u32>,
    names: Vec<String>,
}

impl Labels {
    const NULL: u32 = u32::MAX;

    /// The label of a row; `None` if the row is null (or NaN).
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.names.get(self.keys[row] as usize).map(String::as_str)
    }

    /// The distinct labels of this batch, in order of first appearance.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Index into [`Labels::names`] a row; `None` if the row is null.
    #[must_use]
    pub fn key(&self, row: usize) -> Option<usize> {
        (self.keys[row] != Self::NULL).then_some(self.keys[row] as usize)
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Says whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// Rows with named columns.
pub struct Batch<'a> {
    rows: usize,
    names: &'a [String],
    arrays: &'a [ArrayRef],
    numbers: Vec<OnceCell<Result<Numbers<'a>, StatisticError>>>,
    labels: Vec<OnceCell<Result<Labels, StatisticError>>>,
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("rows", &self.rows).field("names", &self.names).finish_non_exhaustive()
    }
}

impl<'a> Batch<'a> {
    /// Takes arrays of equal length with their names.
    #[must_use]
    pub fn new(names: &'a [String], arrays: &'a [ArrayRef]) -> Self {
        let empty = || arrays.iter().map(|_| OnceCell::new()).collect();
        Self {
            rows: arrays.first().map_or(0, |a| a.len()),
            names,
            arrays,
            numbers: empty(),
            labels: arrays.iter().map(|_| OnceCell::new()).collect(),
        }
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    fn position(&self, column: &str) -> Result<usize, StatisticError> {
        self.names.iter().position(|n| n == column).ok_or_else(|| StatisticError::UnknownColumn {
            column: column.to_owned(),
            near: plimsoll_model::near(column, self.names.iter().map(String::as_str)),
        })
    }

    /// The column as it came.
    ///
    /// # Errors
    /// [`StatisticError::UnknownColumn`].
    pub fn array(&self, column: &str) -> Result<&'a ArrayRef, StatisticError> {
        Ok(&self.arrays[self.position(column)?])
    }

    /// The column as numbers: any integer, float, decimal or boolean type, and text that is wholly numeric.
    ///
    /// # Errors
    /// [`StatisticError::UnknownColumn`] or [`StatisticError::WrongType`].
    pub fn numbers(&self, column: &str) -> Result<&Numbers<'a>, StatisticError> {
        let at = self.position(column)?;
        self.numbers[at].get_or_init(|| decode_numbers(column, &self.arrays[at])).as_ref().map_err(Clone::clone)
    }

    /// The column as labels.
    ///
    /// # Errors
    /// [`StatisticError::UnknownColumn`] or [`StatisticError::WrongType`].
    pub fn labels(&self, column: &str) -> Result<&Labels, StatisticError> {
        let at = self.position(column)?;
        self.labels[at].get_or_init(|| decode_labels(column, &self.arrays[at])).as_ref().map_err(Clone::clone)
    }
}

/// Names of a record batch's columns, for [`Batch::new`].
#[must_use]
pub fn column_names(batch: &RecordBatch) -> Vec<String> {
    batch.schema().fields().iter().map(|f| f.name().clone()).collect()
}

fn decode_numbers<'a>(column: &str, array: &'a ArrayRef) -> Result<Numbers<'a>, StatisticError> {
    let wrong = || StatisticError::WrongType {
        column: column.to_owned(),
        expected: "numbers",
        found: array.data_type().to_string(),
    };
    match array.data_type() {
        DataType::Float64 => {
            let typed = array.as_primitive::<Float64Type>();
            Ok(Numbers { values: Cow::Borrowed(typed.values()), nulls: typed.nulls().cloned() })
        }
        t if t.is_numeric() || matches!(t, DataType::Boolean | DataType::Null) => {
            let owned = cast(array, &DataType::Float64).map_err(|_| wrong())?;
            let typed = owned.as_primitive::<Float64Type>();
            Ok(Numbers { values: Cow::Owned(typed.values().to_vec()), nulls: typed.nulls().cloned() })
        }
        _ => Err(wrong()),
    }
}

fn decode_labels(column: &str, array: &ArrayRef) -> Result<Labels, StatisticError> {
    let _ = (column, array, Labels::NULL, None::<BooleanArray>);
    todo!()
}
