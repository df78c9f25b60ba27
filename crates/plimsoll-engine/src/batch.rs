//! Rows on their way into statistics: columns by name, decoded once a batch for all who read them.

use std::{borrow::Cow, cell::OnceCell, fmt};

use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    buffer::NullBuffer,
};

use crate::{
    StatisticError,
    decode::{decode_labels, decode_numbers, is_number},
};

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
    /// Index into `names` a row; [`Labels::NULL`] if the row is missing.
    pub(crate) keys: Vec<u32>,
    pub(crate) names: Vec<String>,
}

impl Labels {
    pub(crate) const NULL: u32 = u32::MAX;

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
    sorted: bool,
    arrays: &'a [ArrayRef],
    /// Columns that could not be derived, and why.
    failed: &'a [(String, StatisticError)],
    /// Texts of columns that hold numbers.
    texts: &'a [(String, ArrayRef)],
    numbers: Vec<OnceCell<Result<Numbers<'a>, StatisticError>>>,
    finite: Vec<OnceCell<Option<Vec<f64>>>>,
    labels: Vec<OnceCell<Result<Labels, StatisticError>>>,
    hashes: Vec<OnceCell<Vec<u64>>>,
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("rows", &self.rows)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl<'a> Batch<'a> {
    /// Takes arrays of equal length with their names. Sorted names are found fastest.
    #[must_use]
    pub fn new(names: &'a [String], arrays: &'a [ArrayRef]) -> Self {
        let empty = || arrays.iter().map(|_| OnceCell::new()).collect();
        Self {
            rows: arrays.first().map_or(0, arrow::array::Array::len),
            names,
            sorted: names.is_sorted(),
            arrays,
            failed: &[],
            texts: &[],
            numbers: empty(),
            finite: arrays.iter().map(|_| OnceCell::new()).collect(),
            labels: arrays.iter().map(|_| OnceCell::new()).collect(),
            hashes: arrays.iter().map(|_| OnceCell::new()).collect(),
        }
    }

    /// The same rows, where columns are asked for that could not be derived.
    pub(crate) fn without(self, failed: &'a [(String, StatisticError)]) -> Self {
        Self { failed, ..self }
    }

    /// The same rows, where numbers came as text.
    pub(crate) fn with_texts(self, texts: &'a [(String, ArrayRef)]) -> Self {
        Self { texts, ..self }
    }

    /// The texts as which the numbers of a column came.
    pub(crate) fn text_of(&self, column: &str) -> Option<&'a ArrayRef> {
        let found = self.texts.iter().find(|(name, _)| name == column);
        found.map(|(_, array)| array)
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Names of the columns.
    pub(crate) fn names(&self) -> &'a [String] {
        self.names
    }

    /// The columns as they came.
    pub(crate) fn arrays(&self) -> &'a [ArrayRef] {
        self.arrays
    }

    fn find(&self, column: &str) -> Option<usize> {
        if self.sorted {
            self.names.binary_search_by(|n| n.as_str().cmp(column)).ok()
        } else {
            self.names.iter().position(|n| n == column)
        }
    }

    /// Says whether there is such a column.
    pub(crate) fn has(&self, column: &str) -> bool {
        self.find(column).is_some()
    }

    fn position(&self, column: &str) -> Result<usize, StatisticError> {
        self.find(column).ok_or_else(|| {
            let failed = self.failed.iter().find(|(name, _)| name == column);
            let unknown = || StatisticError::UnknownColumn {
                column: column.to_owned(),
                near: plimsoll_model::near(column, self.names.iter().map(String::as_str)),
            };
            failed.map_or_else(unknown, |(_, error)| error.clone())
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
        self.numbers[at]
            .get_or_init(|| decode_numbers(column, &self.arrays[at]))
            .as_ref()
            .map_err(Clone::clone)
    }

    /// The numbers of a column that are neither null, NaN nor infinite, in the order of the rows.
    ///
    /// # Errors
    /// [`StatisticError::UnknownColumn`] or [`StatisticError::WrongType`].
    pub fn finite(&self, column: &str) -> Result<&[f64], StatisticError> {
        let at = self.position(column)?;
        let numbers = self.numbers(column)?;
        // Nothing is copied where every row is such a number.
        let copied = self.finite[at].get_or_init(|| {
            let is_finite = |values: &[f64]| values.iter().all(|v| v.is_finite());
            let Some(nulls) = &numbers.nulls else {
                let copy = || numbers.values.iter().copied().filter(|v| v.is_finite()).collect();
                return (!is_finite(&numbers.values)).then(copy);
            };
            let mut values = Vec::with_capacity(numbers.values.len() - nulls.null_count());
            for (start, end) in nulls.valid_slices() {
                values.extend_from_slice(&numbers.values[start..end]);
            }
            if !is_finite(&values) {
                values.retain(|v| v.is_finite());
            }
            Some(values)
        });
        Ok(copied.as_deref().unwrap_or(&numbers.values))
    }

    /// A hash of each cell: equal numbers have equal hashes whatever their type; null and NaN hash to [`MISSING`].
    ///
    /// # Errors
    /// [`StatisticError::UnknownColumn`] or [`StatisticError::WrongType`].
    pub fn hashes(&self, column: &str) -> Result<&[u64], StatisticError> {
        let at = self.position(column)?;
        if let Some(hashes) = self.hashes[at].get() {
            return Ok(hashes);
        }
        let hashes = if is_number(self.arrays[at].data_type()) {
            let numbers = self.numbers(column)?;
            let of = |v: f64| if v.is_nan() { MISSING } else { hash_of(v) };
            let cell = |row: usize| {
                if numbers.is_valid(row) {
                    of(numbers.values[row])
                } else {
                    MISSING
                }
            };
            match &numbers.nulls {
                None => numbers.values.iter().map(|v| of(*v)).collect(),
                Some(_) => (0..self.rows).map(cell).collect(),
            }
        } else {
            let labels = self.labels(column)?;
            let of = hashes_of_names(labels);
            labels
                .keys
                .iter()
                .map(|k| of.get(*k as usize).copied().unwrap_or(MISSING))
                .collect()
        };
        Ok(self.hashes[at].get_or_init(|| hashes))
    }

    /// The hash of every cell, but of labels one for all equal cells.
    ///
    /// # Errors
    /// [`StatisticError::UnknownColumn`] or [`StatisticError::WrongType`].
    pub(crate) fn different_hashes(&self, column: &str) -> Result<Cow<'_, [u64]>, StatisticError> {
        let at = self.position(column)?;
        if is_number(self.arrays[at].data_type()) {
            self.hashes(column).map(Cow::Borrowed)
        } else {
            self.labels(column).map(|labels| Cow::Owned(hashes_of_names(labels)))
        }
    }

    /// The column as labels.
    ///
    /// # Errors
    /// [`StatisticError::UnknownColumn`] or [`StatisticError::WrongType`].
    pub fn labels(&self, column: &str) -> Result<&Labels, StatisticError> {
        let at = self.position(column)?;
        self.labels[at]
            .get_or_init(|| decode_labels(column, &self.arrays[at]))
            .as_ref()
            .map_err(Clone::clone)
    }
}

/// Hashes of the different labels of a batch.
fn hashes_of_names(labels: &Labels) -> Vec<u64> {
    let hash = |name: &String| xxhash_rust::xxh3::xxh3_64(name.as_bytes()) | 1;
    labels.names.iter().map(hash).collect()
}

/// Hash of a number that is not NaN; both zeros are one.
pub(crate) fn hash_of(number: f64) -> u64 {
    mix((number + 0.0).to_bits())
}

/// Hash of a missing cell.
pub const MISSING: u64 = 0;

/// Spreads the bits of a number over 64 bits, never to [`MISSING`] (the finaliser of `SplitMix64`).
#[must_use]
pub fn mix(bits: u64) -> u64 {
    let mut z = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)) | 1
}

/// Names of a record batch's columns, for [`Batch::new`].
#[must_use]
pub fn column_names(batch: &RecordBatch) -> Vec<String> {
    batch.schema().fields().iter().map(|f| f.name().clone()).collect()
}
