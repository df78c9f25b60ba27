//! Rows as wholes: duplicates, empty rows, columns that agree.

use std::collections::BTreeMap;

use super::distinct::HashSample;
use crate::{
    Batch, ProfileError, Reader, Statistic, StatisticError, Writer,
    batch::{MISSING, mix},
    statistic::same,
};

/// Different rows that are told apart exactly.
const LIMIT: usize = 1 << 20;
/// Different rows that are told apart when the state is stored.
const STORED: usize = 256;
/// Columns whose pairs are compared cell by cell; beyond it only equal columns are found.
const PAIRED_COLUMNS: usize = 128;
/// Rows compared at a time, so that all the columns' cells stay in the cache.
const CHUNK: usize = 1_024;

/// Duplicated and empty rows, and pairs of columns that hold the same values.
///
/// Cells are compared by 64-bit hash; numbers agree whatever their type; missing cells agree with each other.
///
/// # Accuracy
/// Exact up to 1,048,576 different rows, then duplicated rows are an estimate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    columns: Vec<String>,
    n: u64,
    empty: u64,
    seen: HashSample,
    /// Per column a commutative digest of (row, cell): equal columns have equal digests.
    digests: Vec<u64>,
    /// Rows that agree, by pair `(i, j)` with `i < j`; empty beyond [`PAIRED_COLUMNS`].
    agreeing: Vec<u64>,
}

impl Rows {
    pub(super) fn new(columns: &[String]) -> Self {
        let k = columns.len();
        let pairs = if k <= PAIRED_COLUMNS {
            k * k.saturating_sub(1) / 2
        } else {
            0
        };
        Self {
            columns: columns.to_vec(),
            n: 0,
            empty: 0,
            seen: HashSample::default(),
            digests: vec![0; k],
            agreeing: vec![0; pairs],
        }
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.n
    }

    /// Rows that are equal to an earlier one.
    #[must_use]
    pub fn duplicated_rows(&self) -> u64 {
        self.n.saturating_sub(self.seen.count())
    }

    /// Rows without any value.
    #[must_use]
    pub fn empty_rows(&self) -> u64 {
        self.empty
    }

    /// Says whether the duplicated rows are counted exactly.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.seen.is_exact()
    }

    /// Pairs of columns with the same value in every row.
    #[must_use]
    pub fn duplicated_pairs(&self) -> u64 {
        if self.n == 0 {
            return 0;
        }
        let mut groups: BTreeMap<u64, u64> = BTreeMap::new();
        for digest in &self.digests {
            *groups.entry(*digest).or_insert(0) += 1;
        }
        groups.values().map(|n| n * (n - 1) / 2).sum()
    }

    /// Pairs of columns that agree in at least this share of the rows; `None` where there are too many columns to compare.
    #[must_use]
    pub fn almost_duplicated_pairs(&self, share: f64) -> Option<u64> {
        if self.agreeing.is_empty() && self.columns.len() > PAIRED_COLUMNS {
            return None;
        }
        let least = share * self.n as f64;
        Some(if self.n == 0 {
            0
        } else {
            self.agreeing.iter().filter(|n| **n as f64 >= least).count() as u64
        })
    }
}

impl Statistic for Rows {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let cells: Vec<&[u64]> = self.columns.iter().map(|c| batch.hashes(c)).collect::<Result<_, _>>()?;
        let mut row_hashes = vec![0_u64; batch.rows()];
        for column in &cells {
            for (row, cell) in row_hashes.iter_mut().zip(*column) {
                *row = (row.rotate_left(5) ^ cell).wrapping_mul(0x517c_c1b7_2722_0a95);
            }
        }
        for row in &mut row_hashes {
            *row = mix(*row);
        }
        self.n += batch.rows() as u64;
        for (row, hash) in row_hashes.iter().enumerate() {
            if cells.first().is_some_and(|c| c[row] == MISSING) && cells.iter().all(|c| c[row] == MISSING) {
                self.empty += 1;
            }
            self.seen.insert(*hash, LIMIT);
        }
        for (digest, column) in self.digests.iter_mut().zip(&cells) {
            for (row, cell) in row_hashes.iter().zip(*column) {
                *digest = digest.wrapping_add((row ^ cell).wrapping_mul(row | 1));
            }
        }
        if !self.agreeing.is_empty() {
            let short: Vec<Vec<u32>> = cells
                .iter()
                .map(|c| c.iter().map(|h| (h >> 32) as u32).collect())
                .collect();
            for start in (0..batch.rows()).step_by(CHUNK) {
                let end = (start + CHUNK).min(batch.rows());
                let mut pairs = self.agreeing.iter_mut();
                for (i, left) in short.iter().enumerate() {
                    for (right, agreeing) in short[i + 1..].iter().zip(&mut pairs) {
                        let equal: u32 = left[start..end]
                            .iter()
                            .zip(&right[start..end])
                            .map(|(a, b)| u32::from(a == b))
                            .sum();
                        *agreeing += u64::from(equal);
                    }
                }
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("rows", other)?;
        self.n += other.n;
        self.empty += other.empty;
        self.seen.join(&other.seen, LIMIT);
        for (mine, theirs) in self.digests.iter_mut().zip(&other.digests) {
            *mine = mine.wrapping_add(*theirs);
        }
        for (mine, theirs) in self.agreeing.iter_mut().zip(&other.agreeing) {
            *mine += theirs;
        }
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.n);
        writer.u64(self.empty);
        self.seen.write(writer);
        writer.u64s(&self.digests);
        writer.varints(&self.agreeing);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.n = reader.u64()?;
        self.empty = reader.u64()?;
        self.seen = HashSample::read(reader)?;
        let (digests, agreeing) = (reader.u64s()?, reader.varints()?);
        if digests.len() != self.digests.len() || agreeing.len() != self.agreeing.len() {
            return Err(reader.damaged("rows were read over other columns"));
        }
        self.digests = digests;
        self.agreeing = agreeing;
        Ok(())
    }

    fn compact(&mut self) {
        self.seen.shrink(STORED);
    }
}
