//! Rows with the same features and different labels.

use std::collections::BTreeMap;

use crate::{
    Batch, ProfileError, Reader, Statistic, StatisticError, Writer,
    batch::{MISSING, mix},
    statistic::same,
};

/// Different rows that are kept.
const LIMIT: usize = 1 << 18;
/// Different rows that are kept when the state is stored.
const STORED: usize = 256;

/// Rows by their features and label, told by 64-bit hashes.
///
/// # Accuracy
/// Exact up to 262,144 different rows, then from the half, quarter … of the features whose hashes begin with zeros, so that
/// neither order nor merging shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflicts {
    features: Vec<String>,
    label: String,
    n: u64,
    /// Zeros at the start of the hashes of the features that are kept.
    zeros: u8,
    /// Rows by hash of the features and of the label.
    kept: BTreeMap<(u64, u64), u64>,
}

impl Conflicts {
    pub(super) fn new(features: &[String], label: &str) -> Self {
        Self {
            features: features.to_vec(),
            label: label.to_owned(),
            n: 0,
            zeros: 0,
            kept: BTreeMap::new(),
        }
    }

    /// Rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.n
    }

    /// Rows that share their features with another row, and their features and label with none.
    #[must_use]
    pub fn conflicting(&self) -> u64 {
        let entries: Vec<(u64, u64)> = self.kept.iter().map(|((features, _), n)| (*features, *n)).collect();
        let of = |group: &[(u64, u64)]| group.iter().filter(|(_, n)| *n == 1).count() as u64;
        let kept: u64 = entries
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|group| group.len() > 1)
            .map(of)
            .sum();
        kept << self.zeros
    }

    /// Says whether every row was kept.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.zeros == 0
    }

    fn keeps(&self, features: u64) -> bool {
        features.leading_zeros() >= u32::from(self.zeros)
    }

    fn add(&mut self, key: (u64, u64), rows: u64) {
        if self.keeps(key.0) {
            *self.kept.entry(key).or_insert(0) += rows;
            self.shrink(LIMIT);
        }
    }

    fn shrink(&mut self, limit: usize) {
        while self.kept.len() > limit && self.zeros < 63 {
            self.zeros += 1;
            let zeros = u32::from(self.zeros);
            self.kept.retain(|(features, _), _| features.leading_zeros() >= zeros);
        }
    }
}

impl Statistic for Conflicts {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let mut hashes = vec![MISSING; batch.rows()];
        for column in &self.features {
            for (row, cell) in hashes.iter_mut().zip(batch.hashes(column)?) {
                *row = mix(row.rotate_left(5) ^ cell);
            }
        }
        self.n += batch.rows() as u64;
        let labels = batch.hashes(&self.label)?;
        for (features, label) in hashes.into_iter().zip(labels) {
            self.add((features, *label), 1);
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("conflicts", other)?;
        self.n += other.n;
        if other.zeros > self.zeros {
            self.zeros = other.zeros;
            let zeros = u32::from(self.zeros);
            self.kept.retain(|(features, _), _| features.leading_zeros() >= zeros);
        }
        for (key, rows) in other.kept {
            self.add(key, rows);
        }
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.n);
        writer.u8(self.zeros);
        writer.varint(self.kept.len() as u64);
        for ((features, label), rows) in &self.kept {
            writer.u64(*features);
            writer.u64(*label);
            writer.varint(*rows);
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.n = reader.u64()?;
        self.zeros = reader.u8()?;
        if self.zeros > 63 {
            return Err(reader.damaged(format!("{} zeros, expected at most 63", self.zeros)));
        }
        self.kept = BTreeMap::new();
        for _ in 0..reader.varint()? {
            let (key, rows) = ((reader.u64()?, reader.u64()?), reader.varint()?);
            self.kept.insert(key, rows);
        }
        Ok(())
    }

    fn compact(&mut self) {
        self.shrink(STORED);
    }
}
