//! Number of different values.

use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashSet;

use crate::{Batch, ProfileError, Reader, Statistic, StatisticError, Writer, batch::MISSING, statistic::same};

/// Hashes that are kept.
pub(super) const LIMIT: usize = 65_536;
/// Hashes that are kept when the state is stored.
pub(super) const STORED: usize = 1_024;

/// Takes a hash as it is. The lowest bits, which are alike in a sample, are moved away from where a table looks first.
#[derive(Debug, Clone, Copy, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(32)
    }
}

/// A set of hashes that halves itself whenever it is full: only hashes with `level` trailing zero bits stay, and each
/// stands for `2^level` values. The set is a function of the values alone, whatever their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct HashSample {
    level: u32,
    hashes: HashSet<u64, BuildHasherDefault<AsItIs>>,
}

impl HashSample {
    pub fn insert(&mut self, hash: u64, limit: usize) {
        // The lowest bit of every hash is set; the second is the first that carries information.
        if (hash >> 1).trailing_zeros() >= self.level && self.hashes.insert(hash) && self.hashes.len() > limit {
            self.shrink(limit);
        }
    }

    /// Takes in hashes that are all different.
    pub fn extend(&mut self, hashes: impl Iterator<Item = u64> + Clone, limit: usize) {
        // How many stay at each level; a part never needs a higher one than the whole.
        let mut ending = [0_usize; 64];
        for hash in hashes.clone() {
            ending[((hash >> 1).trailing_zeros() as usize).min(63)] += 1;
        }
        let (mut staying, mut level) = (ending.iter().sum::<usize>(), 0);
        while staying > limit && level < 63 {
            staying -= ending[level];
            level += 1;
        }
        self.raise(self.level.max(level as u32));
        for hash in hashes {
            self.insert(hash, limit);
        }
    }

    fn raise(&mut self, level: u32) {
        if level > self.level {
            self.level = level;
            self.hashes.retain(|h| (h >> 1).trailing_zeros() >= level);
        }
    }

    pub fn join(&mut self, other: &Self, limit: usize) {
        self.raise(other.level);
        for hash in &other.hashes {
            self.insert(*hash, limit);
        }
    }

    pub fn shrink(&mut self, limit: usize) {
        while self.hashes.len() > limit {
            self.raise(self.level + 1);
        }
    }

    pub fn count(&self) -> u64 {
        (self.hashes.len() as u64) << self.level
    }

    pub fn is_exact(&self) -> bool {
        self.level == 0
    }

    /// Relative standard error of the count; 0 if exact.
    pub fn relative_error(&self) -> f64 {
        if self.is_exact() {
            0.0
        } else {
            1.0 / (self.hashes.len() as f64).sqrt()
        }
    }

    pub fn write(&self, writer: &mut Writer) {
        writer.u8(self.level as u8);
        let mut sorted: Vec<u64> = self.hashes.iter().copied().collect();
        sorted.sort_unstable();
        writer.ascending(&sorted);
    }

    pub fn read(reader: &mut Reader<'_>) -> Result<Self, ProfileError> {
        let level = u32::from(reader.u8()?);
        if level > 63 {
            return Err(reader.damaged("a set of hashes has an impossible level"));
        }
        Ok(Self {
            level,
            hashes: reader.ascending()?.into_iter().collect(),
        })
    }
}

/// How many different values a column of any type has; null and NaN are none.
///
/// # Accuracy
/// Exact up to 65,536 different values, then an estimate with a standard error of [`Distinct::relative_error`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distinct {
    column: String,
    seen: HashSample,
}

impl Distinct {
    pub(super) fn new(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            seen: HashSample::default(),
        }
    }

    /// Different values.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.seen.count()
    }

    /// Says whether the count is exact.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.seen.is_exact()
    }

    /// Relative standard error of the count; 0 if exact.
    #[must_use]
    pub fn relative_error(&self) -> f64 {
        self.seen.relative_error()
    }
}

impl Statistic for Distinct {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let mut before = MISSING;
        for hash in &*batch.different_hashes(&self.column)? {
            // Runs of equal values are common and cost nothing.
            if *hash != before && *hash != MISSING {
                self.seen.insert(*hash, LIMIT);
            }
            before = *hash;
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        self.seen.join(&same::<Self>("distinct", other)?.seen, LIMIT);
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        self.seen.write(writer);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.seen = HashSample::read(reader)?;
        Ok(())
    }

    fn compact(&mut self) {
        self.seen.shrink(STORED);
    }
}
