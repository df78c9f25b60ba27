//! Rows in which something is missing.

use arrow::array::Array;

use crate::{Batch, ProfileError, Reader, Statistic, StatisticError, Writer, statistic::same};

/// Rows, and those among them that miss a value of one of some columns or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    columns: Vec<String>,
    rows: u64,
    lacking: u64,
}

impl Incomplete {
    pub(super) fn new(columns: &[String]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: 0,
            lacking: 0,
        }
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows that miss a value.
    #[must_use]
    pub fn incomplete(&self) -> u64 {
        self.lacking
    }
}

impl Statistic for Incomplete {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let mut missing = vec![false; batch.rows()];
        for column in &self.columns {
            let array = batch.array(column)?;
            if let Some(nulls) = array.logical_nulls() {
                missing.iter_mut().zip(&nulls).for_each(|(m, valid)| *m |= !valid);
            }
            if array.data_type().is_floating() {
                let values = &batch.numbers(column)?.values;
                missing
                    .iter_mut()
                    .zip(values.iter())
                    .for_each(|(m, v)| *m |= v.is_nan());
            }
        }
        self.rows += missing.len() as u64;
        self.lacking += missing.iter().filter(|m| **m).count() as u64;
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("incomplete", other)?;
        self.rows += other.rows;
        self.lacking += other.lacking;
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.rows);
        writer.u64(self.lacking);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        (self.rows, self.lacking) = (reader.u64()?, reader.u64()?);
        if self.lacking > self.rows {
            return Err(reader.damaged("more rows miss a value than there are"));
        }
        Ok(())
    }
}
