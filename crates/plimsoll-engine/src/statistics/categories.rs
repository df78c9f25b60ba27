//! Counts by value.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64;

use crate::{Batch, ProfileError, ProfileOptions, Reader, Statistic, StatisticError, Writer, statistic::same};

/// Categories kept by name when the state is stored.
const STORED: usize = 1_000;

/// How often each label of a column occurs.
///
/// # Accuracy
/// Exact up to `category_limit` different labels. Beyond it only labels whose hash ends in enough zero bits keep their
/// name (their counts stay exact), and the rest is counted together as [`Categories::other`].
#[derive(Debug, Clone, PartialEq)]
pub struct Categories {
    column: String,
    limit: usize,
    nulls: u64,
    other: u64,
    /// Labels whose hash does not end in this many zero bits are counted in `other`.
    level: u32,
    open: HashMap<String, u64>,
    counts: Vec<(String, u64)>,
}

fn keeps(level: u32, label: &str) -> bool {
    level == 0 || xxh3_64(label.as_bytes()).trailing_zeros() >= level
}

impl Categories {
    pub(super) fn new(column: &str, options: &ProfileOptions) -> Self {
        Self {
            column: column.to_owned(),
            limit: options.category_limit,
            nulls: 0,
            other: 0,
            level: 0,
            open: HashMap::new(),
            counts: Vec::new(),
        }
    }

    /// Labels that were taken in elsewhere, all of them by name.
    pub(crate) fn of_labels<'a>(column: &str, labels: impl Iterator<Item = &'a str>) -> Self {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for label in labels {
            *counts.entry(label).or_default() += 1;
        }
        let counts = counts.into_iter().map(|(label, rows)| (label.to_owned(), rows));
        Self {
            column: column.to_owned(),
            limit: usize::MAX,
            nulls: 0,
            other: 0,
            level: 0,
            open: HashMap::new(),
            counts: counts.collect(),
        }
    }

    /// Labels with their rows, ascending by label. The state must be finished.
    #[must_use]
    pub fn counts(&self) -> &[(String, u64)] {
        debug_assert!(self.open.is_empty(), "categories are finished before they are read");
        &self.counts
    }

    /// Rows without a label.
    #[must_use]
    pub fn nulls(&self) -> u64 {
        self.nulls
    }

    /// Rows with a label.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.other + self.counts.iter().map(|(_, n)| n).sum::<u64>()
    }

    /// Different labels; an estimate where not exact.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        (self.counts.len() as u64) << self.level
    }

    /// Says whether every label kept its name.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.other == 0
    }

    /// Rows whose label did not keep its name.
    #[must_use]
    pub fn other(&self) -> u64 {
        self.other
    }

    /// Rows of a label.
    #[must_use]
    pub fn get(&self, label: &str) -> u64 {
        self.counts
            .binary_search_by(|(l, _)| l.as_str().cmp(label))
            .map_or(0, |at| self.counts[at].1)
    }

    /// The `n` labels with most rows; of equals the first by label.
    #[must_use]
    pub fn most_common(&self, n: usize) -> Vec<(&str, u64)> {
        let mut all: Vec<(&str, u64)> = self.counts.iter().map(|(l, n)| (l.as_str(), *n)).collect();
        let order = |a: &(&str, u64), b: &(&str, u64)| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0));
        if n < all.len() {
            all.select_nth_unstable_by(n, order);
            all.truncate(n);
        }
        all.sort_unstable_by(order);
        all
    }

    fn add(&mut self, label: &str, rows: u64) {
        if !keeps(self.level, label) {
            self.other += rows;
            return;
        }
        if let Some(count) = self.open.get_mut(label) {
            *count += rows;
            return;
        }
        self.open.insert(label.to_owned(), rows);
        while self.open.len() > self.limit {
            self.raise(self.level + 1);
        }
    }

    fn raise(&mut self, level: u32) {
        self.level = level;
        let other = &mut self.other;
        self.open.retain(|label, rows| {
            let kept = keeps(level, label);
            if !kept {
                *other += *rows;
            }
            kept
        });
    }

    fn thaw(&mut self) {
        self.open.extend(self.counts.drain(..));
    }
}

impl Statistic for Categories {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        self.thaw();
        let labels = batch.labels(&self.column)?;
        let mut rows = vec![0_u64; labels.names().len()];
        for row in 0..labels.len() {
            match labels.key(row) {
                Some(key) => rows[key] += 1,
                None => self.nulls += 1,
            }
        }
        for (label, rows) in labels.names().iter().zip(rows) {
            self.add(label, rows);
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let mut other = same::<Self>("categories", other)?;
        self.thaw();
        other.thaw();
        self.nulls += other.nulls;
        self.other += other.other;
        if other.level > self.level {
            self.raise(other.level);
        }
        for (label, rows) in other.open {
            self.add(&label, rows);
        }
        Ok(())
    }

    fn finish(&mut self) {
        self.counts.extend(self.open.drain());
        self.counts.sort();
    }

    fn write(&self, writer: &mut Writer) {
        writer.varint(self.nulls);
        writer.varint(self.other);
        writer.u8(self.level as u8);
        writer.varint(self.counts.len() as u64);
        for (label, rows) in &self.counts {
            writer.string(label);
            writer.varint(*rows);
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.nulls = reader.varint()?;
        self.other = reader.varint()?;
        self.level = u32::from(reader.u8()?);
        if self.level > 63 {
            return Err(reader.damaged("categories have an impossible level"));
        }
        let n = reader.varint()?;
        let counts: BTreeMap<String, u64> = (0..n)
            .map(|_| Ok((reader.string()?, reader.varint()?)))
            .collect::<Result<_, ProfileError>>()?;
        self.counts = counts.into_iter().collect();
        Ok(())
    }

    fn compact(&mut self) {
        while self.counts.len() > STORED {
            self.level += 1;
            let level = self.level;
            let other = &mut self.other;
            self.counts.retain(|(label, rows)| {
                let kept = keeps(level, label);
                if !kept {
                    *other += *rows;
                }
                kept
            });
        }
    }
}
