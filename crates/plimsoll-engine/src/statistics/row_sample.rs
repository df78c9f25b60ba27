//! A reproducible sample of rows.

use std::{borrow::Cow, collections::BTreeMap};

use crate::{
    Batch, Labels, Numbers, ProfileError, Reader, Statistic, StatisticError, Writer, batch::mix, decode::is_number,
    statistic::same,
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

    /// What cells are, by column and row, in one walk over the rows.
    fn gather<'a, T>(&'a self, columns: &[&str], of: impl Fn(Option<&'a Cell>) -> T) -> Vec<Vec<T>> {
        let at: Vec<_> = columns
            .iter()
            .map(|c| self.columns.iter().position(|own| own == c))
            .collect();
        let mut gathered: Vec<Vec<T>> = at.iter().map(|_| Vec::with_capacity(self.kept.len())).collect();
        for row in self.rows() {
            for (own, at) in gathered.iter_mut().zip(&at) {
                own.push(of(at.and_then(|at| row.cells.get(at))));
            }
        }
        gathered
    }

    /// The sampled values of a column as numbers; `None` where they are none.
    #[must_use]
    pub fn numbers(&self, column: &str) -> Vec<Option<f64>> {
        self.number_columns(&[column]).into_iter().flatten().collect()
    }

    /// The sampled values of some columns as numbers, by column and row.
    #[must_use]
    pub fn number_columns(&self, columns: &[&str]) -> Vec<Vec<Option<f64>>> {
        self.gather(columns, |cell| match cell {
            Some(Cell::Number(v)) => Some(*v),
            _ => None,
        })
    }

    /// The sampled values of a column as labels; `None` where they are missing.
    #[must_use]
    pub fn labels(&self, column: &str) -> Vec<Option<String>> {
        let labels = self.label_columns(&[column]).into_iter().flatten();
        labels.map(|label| label.map(Cow::into_owned)).collect()
    }

    /// The sampled values of some columns as labels, by column and row.
    #[must_use]
    pub fn label_columns(&self, columns: &[&str]) -> Vec<Vec<Option<Cow<'_, str>>>> {
        self.gather(columns, |cell| match cell {
            Some(Cell::Label(text)) => Some(Cow::Borrowed(text.as_str())),
            Some(Cell::Number(v)) => Some(Cow::Owned(v.to_string())),
            _ => None,
        })
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

/// A column of a batch.
enum Source<'a> {
    Numbers(&'a Numbers<'a>),
    Labels(&'a Labels),
}

impl Source<'_> {
    fn cell(&self, row: usize) -> Cell {
        match self {
            // Cells of one hash are one cell: NaN is missing, and there is one zero.
            Self::Numbers(numbers) if numbers.is_valid(row) && !numbers.values[row].is_nan() => {
                Cell::Number(numbers.values[row] + 0.0)
            }
            Self::Numbers(_) => Cell::Missing,
            Self::Labels(labels) => labels.get(row).map_or(Cell::Missing, |l| Cell::Label(l.to_owned())),
        }
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
        // Rows that others of this batch would push out are not looked at.
        let mut rows: Vec<(u64, usize)> = (0..).zip(hashes).map(|(row, hash)| (hash, row)).collect();
        if self.kept.len() >= self.size
            && let Some((last, _)) = self.kept.last_key_value()
        {
            rows.retain(|(hash, _)| hash <= last);
        }
        rows.sort_unstable();
        let columns: Vec<Source<'_>> = self
            .columns
            .iter()
            .map(|column| {
                Ok(if is_number(batch.array(column)?.data_type()) {
                    Source::Numbers(batch.numbers(column)?)
                } else {
                    Source::Labels(batch.labels(column)?)
                })
            })
            .collect::<Result<_, StatisticError>>()?;
        for (hash, row) in rows {
            self.add(hash, 1, || columns.iter().map(|column| column.cell(row)).collect());
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
