//! A reproducible sample of rows.

use std::collections::BTreeMap;

use crate::{
    Batch, ProfileError, Reader, Statistic, StatisticError, Writer, batch::mix, decode::is_number, statistic::same,
};

/// Different rows that are kept when the state is stored.
const STORED: usize = 500;

/// A value of a sampled row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Null or NaN.
    Missing,
    /// A number, a truth value or a moment; may be infinite.
    Number(f64),
    /// Anything else as text.
    Label(String),
}

#[derive(Debug, Clone, PartialEq)]
struct Kept {
    cells: Vec<Cell>,
    copies: u64,
}

/// The rows with the smallest keyed hashes of their own values, so that the sample depends neither on the order of rows
/// nor on how parts were merged. Equal rows are drawn together.
#[derive(Debug, Clone, PartialEq)]
pub struct RowSample {
    columns: Vec<String>,
    size: usize,
    seed: u64,
    seen: u64,
    kept: BTreeMap<u64, Kept>,
}

impl RowSample {
    pub(super) fn new(columns: &[String], size: u32, seed: u64) -> Self {
        Self {
            columns: columns.to_vec(),
            size: size as usize,
            seed,
            seen: 0,
            kept: BTreeMap::new(),
        }
    }

    /// Rows in the sample.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows().count()
    }

    /// Different rows in the sample.
    #[must_use]
    pub fn different(&self) -> usize {
        self.kept.len()
    }

    /// Says whether no row was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Rows that the sample was drawn from.
    #[must_use]
    pub fn rows_seen(&self) -> u64 {
        self.seen
    }

    fn rows(&self) -> impl Iterator<Item = &Kept> {
        self.kept
            .values()
            .flat_map(|k| std::iter::repeat_n(k, k.copies as usize))
            .take(self.size)
    }

    fn cells(&self, column: &str) -> impl Iterator<Item = Option<&Cell>> {
        let at = self.columns.iter().position(|c| c == column);
        self.rows().map(move |row| row.cells.get(at?))
    }

    /// The sampled values of a column as numbers; `None` where they are none.
    #[must_use]
    pub fn numbers(&self, column: &str) -> Vec<Option<f64>> {
        let number = |cell: Option<&Cell>| match cell {
            Some(Cell::Number(v)) => Some(*v),
            _ => None,
        };
        self.cells(column).map(number).collect()
    }

    /// The sampled values of a column as labels; `None` where they are missing.
    #[must_use]
    pub fn labels(&self, column: &str) -> Vec<Option<String>> {
        let label = |cell: Option<&Cell>| match cell {
            Some(Cell::Label(text)) => Some(text.clone()),
            Some(Cell::Number(v)) => Some(v.to_string()),
            _ => None,
        };
        self.cells(column).map(label).collect()
    }

    /// Keeps this many rows at most.
    fn shrink(&mut self, size: usize) {
        self.size = size;
        while self.kept.len() > size {
            self.kept.pop_last();
        }
    }

    fn add(&mut self, hash: u64, copies: u64, cells: impl FnOnce() -> Vec<Cell>) {
        if let Some(kept) = self.kept.get_mut(&hash) {
            kept.copies += copies;
            return;
        }
        // Different rows beyond `size` cannot be among the first `size` rows.
        if self.kept.len() >= self.size {
            match self.kept.last_entry() {
                Some(last) if *last.key() > hash => drop(last.remove()),
                _ => return,
            }
        }
        self.kept.insert(hash, Kept { cells: cells(), copies });
    }
}

impl Statistic for RowSample {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        self.seen += batch.rows() as u64;
        let mut hashes = vec![mix(self.seed); batch.rows()];
        for column in &self.columns {
            for (row, cell) in hashes.iter_mut().zip(batch.hashes(column)?) {
                *row = mix(row.rotate_left(5) ^ cell);
            }
        }
        let columns = self.columns.clone();
        for (row, hash) in hashes.into_iter().enumerate() {
            let full = self.kept.len() >= self.size;
            if full && self.kept.last_key_value().is_some_and(|(last, _)| hash > *last) {
                continue;
            }
            let cells: Vec<Cell> = columns
                .iter()
                .map(|column| {
                    Ok(if is_number(batch.array(column)?.data_type()) {
                        // Cells of one hash are one cell: NaN is missing, and there is one zero.
                        let numbers = batch.numbers(column)?;
                        let value = numbers.values[row] + 0.0;
                        if numbers.is_valid(row) && !value.is_nan() {
                            Cell::Number(value)
                        } else {
                            Cell::Missing
                        }
                    } else {
                        batch
                            .labels(column)?
                            .get(row)
                            .map_or(Cell::Missing, |l| Cell::Label(l.to_owned()))
                    })
                })
                .collect::<Result<_, StatisticError>>()?;
            self.add(hash, 1, || cells);
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("row_sample", other)?;
        self.seen += other.seen;
        // What the smaller sample has lost is not to be had of the larger one alone.
        self.shrink(self.size.min(other.size));
        for (hash, kept) in other.kept {
            self.add(hash, kept.copies, || kept.cells);
        }
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.seen);
        writer.varint(self.kept.len() as u64);
        for (hash, kept) in &self.kept {
            writer.u64(*hash);
            writer.varint(kept.copies);
            for cell in &kept.cells {
                match cell {
                    Cell::Missing => writer.u8(0),
                    Cell::Number(v) => {
                        writer.u8(1);
                        writer.f64(*v);
                    }
                    Cell::Label(text) => {
                        writer.u8(2);
                        writer.string(text);
                    }
                }
            }
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.seen = reader.u64()?;
        for _ in 0..reader.varint()? {
            let (hash, copies) = (reader.u64()?, reader.varint()?);
            let cells = (0..self.columns.len())
                .map(|_| match reader.u8()? {
                    0 => Ok(Cell::Missing),
                    1 => Ok(Cell::Number(reader.f64()?)),
                    2 => Ok(Cell::Label(reader.string()?)),
                    other => Err(reader.damaged(format!("cell has form {other}, expected 0 to 2"))),
                })
                .collect::<Result<_, _>>()?;
            self.kept.insert(hash, Kept { cells, copies });
        }
        let copies: u64 = self.kept.values().map(|k| k.copies).sum();
        if copies < self.seen && self.kept.len() < self.size {
            // It was stored in part.
            self.size = self.kept.len();
        }
        Ok(())
    }

    fn compact(&mut self) {
        self.shrink(self.size.min(STORED));
    }
}
