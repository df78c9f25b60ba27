//! Rows and what is missing among them.

use arrow::{
    array::{Array, ArrayRef, AsArray},
    buffer::NullBuffer,
    datatypes::DataType,
};

use crate::{Batch, ProfileError, Reader, Statistic, StatisticError, Writer, decode::is_number, statistic::same};

/// Rows, nulls, NaN, infinities and empty strings of a column of any type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    column: String,
    /// Rows.
    pub rows: u64,
    /// Rows without a value.
    pub nulls: u64,
    /// NaN values.
    pub nans: u64,
    /// Values of +∞.
    pub positive_infinite: u64,
    /// Values of −∞.
    pub negative_infinite: u64,
    /// Empty strings.
    pub empty: u64,
}

impl Count {
    pub(super) fn new(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            rows: 0,
            nulls: 0,
            nans: 0,
            positive_infinite: 0,
            negative_infinite: 0,
            empty: 0,
        }
    }

    /// Nulls and NaN.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.nulls + self.nans
    }

    /// Infinities of either sign.
    #[must_use]
    pub fn infinite(&self) -> u64 {
        self.positive_infinite + self.negative_infinite
    }

    /// Rows that are not missing.
    #[must_use]
    pub fn present(&self) -> u64 {
        self.rows - self.missing()
    }

    fn fields(&mut self) -> [&mut u64; 6] {
        [
            &mut self.rows,
            &mut self.nulls,
            &mut self.nans,
            &mut self.positive_infinite,
            &mut self.negative_infinite,
            &mut self.empty,
        ]
    }
}

/// Empty strings among the rows that are not null.
fn empty_strings(array: &ArrayRef) -> u64 {
    let count = |lengths: &mut dyn Iterator<Item = usize>| {
        lengths
            .enumerate()
            .filter(|(row, length)| *length == 0 && array.is_valid(*row))
            .count() as u64
    };
    match array.data_type() {
        DataType::Utf8 => count(&mut array.as_string::<i32>().offsets().lengths()),
        DataType::LargeUtf8 => count(&mut array.as_string::<i64>().offsets().lengths()),
        // The low 32 bits of a view are the string's length.
        DataType::Utf8View => count(&mut array.as_string_view().views().iter().map(|v| *v as u32 as usize)),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            if dictionary.values().data_type() != &DataType::Utf8 {
                return 0;
            }
            let empty: Vec<bool> = dictionary
                .values()
                .as_string::<i32>()
                .offsets()
                .lengths()
                .map(|l| l == 0)
                .collect();
            if !empty.contains(&true) {
                return 0;
            }
            let keys = dictionary.normalized_keys();
            count(&mut keys.into_iter().map(|k| usize::from(!empty[k])))
        }
        _ => 0,
    }
}

impl Statistic for Count {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let array = batch.array(&self.column)?;
        self.rows += array.len() as u64;
        self.nulls += array.logical_null_count() as u64;
        self.empty += empty_strings(array);
        if array.data_type().is_floating() && is_number(array.data_type()) {
            let numbers = batch.numbers(&self.column)?;
            let nulls = numbers.nulls.as_ref().map_or(0, NullBuffer::null_count);
            if batch.finite(&self.column)?.len() + nulls == batch.rows() {
                return Ok(());
            }
            for (row, v) in numbers.values.iter().enumerate() {
                if !v.is_finite() && numbers.is_valid(row) {
                    *match v {
                        v if v.is_nan() => &mut self.nans,
                        v if *v > 0.0 => &mut self.positive_infinite,
                        _ => &mut self.negative_infinite,
                    } += 1;
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let mut other = same::<Self>("count", other)?;
        for (mine, theirs) in self.fields().into_iter().zip(other.fields()) {
            *mine += *theirs;
        }
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        for field in self.clone().fields() {
            writer.u64(*field);
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        for field in self.fields() {
            *field = reader.u64()?;
        }
        Ok(())
    }
}
