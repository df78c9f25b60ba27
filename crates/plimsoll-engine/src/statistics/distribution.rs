//! Sorted values: exact, then a sketch.

use plimsoll_stats::Sample;

use super::{
    distinct::{self, HashSample},
    sketch::{Sketch, key_of, sort, value_of},
};
use crate::{
    Batch, ProfileError, ProfileOptions, Reader, Statistic, StatisticError, Writer, batch::hash_of, statistic::same,
};

/// Values buffered before they are folded into a sketch.
const BUFFER: usize = 65_536;
/// Different values of a distribution that stay exact when it is stored.
const STORED_EXACT: usize = 1_024;
/// Buckets of a distribution that is stored as a sketch.
const STORED_BUCKETS: usize = 512;

/// The finite values of a column of numbers, truth values or moments (microseconds since the Unix epoch), sorted.
///
/// # Accuracy
/// Exact up to `exact_limit` values, and beyond it while there are at most `sketch_points` different ones; then buckets
/// whose largest share of the values is [`Distribution::rank_error`], and an estimate of how many values are different.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    column: String,
    exact_limit: usize,
    sketch_points: usize,
    n: u64,
    min: f64,
    max: f64,
    /// Keys of values that are not yet in `values` or `sketch`.
    pending: Vec<u64>,
    sketch: Option<Sketch>,
    /// Hashes of the different values in the sketch; `None` if nobody asks how many there are.
    seen: Option<HashSample>,
    /// Canonical form, made by `finish`: ascending values …
    values: Vec<f64>,
    /// … and, where many are equal, how many there are up to each.
    ranks: Option<Vec<u64>>,
}

/// Adds up counts.
fn ranks(counts: &[u64]) -> Vec<u64> {
    let mut sum = 0_u64;
    let add = |count: &u64| {
        sum = sum.saturating_add(*count);
        sum
    };
    counts.iter().map(add).collect()
}

impl Distribution {
    pub(super) fn of(column: &str, options: &ProfileOptions) -> Self {
        Self {
            seen: Some(HashSample::default()),
            ..Self::of_part(column, options)
        }
    }

    /// Values that are part of another statistic; how many are different is not kept.
    pub(super) fn of_part(column: &str, options: &ProfileOptions) -> Self {
        Self {
            column: column.to_owned(),
            exact_limit: options.exact_limit,
            sketch_points: options.sketch_points,
            n: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            pending: Vec::new(),
            sketch: None,
            seen: None,
            values: Vec::new(),
            ranks: None,
        }
    }

    /// Takes in finite values.
    pub(super) fn add(&mut self, values: impl Iterator<Item = f64>) {
        self.thaw();
        let before = self.pending.len();
        let (mut min, mut max) = (self.min, self.max);
        self.pending.extend(values.map(|v| {
            // Adding zero turns −0 into 0, so that the first of both does not show.
            let v = v + 0.0;
            min = min.min(v);
            max = max.max(v);
            key_of(v)
        }));
        (self.min, self.max) = (min, max);
        self.n += (self.pending.len() - before) as u64;
        self.fold_if_full();
    }

    /// The values, ascending. The state must be finished.
    #[must_use]
    pub fn sample(&self) -> Sample<'_> {
        debug_assert!(self.pending.is_empty(), "a distribution is finished before it is read");
        match &self.ranks {
            Some(ranks) => Sample::ranked(&self.values, ranks),
            None => Sample::from_sorted(&self.values),
        }
    }

    /// Different values; an estimate where they are not all known. The state must be finished.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        match &self.seen {
            Some(seen) if !self.is_exact() => seen.count(),
            _ => self.sample().distinct() as u64,
        }
    }

    /// Relative standard error of the number of different values; 0 if exact.
    #[must_use]
    pub fn distinct_error(&self) -> f64 {
        match &self.seen {
            Some(seen) if !self.is_exact() => seen.relative_error(),
            _ => 0.0,
        }
    }

    /// Says whether every value is known.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.sketch.as_ref().is_none_or(|s| s.shift == 0)
    }

    /// The largest error of a rank, as a share of the values; 0 if exact.
    #[must_use]
    pub fn rank_error(&self) -> f64 {
        self.sketch.as_ref().map_or(0.0, Sketch::rank_error)
    }

    /// The smallest value; exact even where the distribution is a sketch.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        (self.n > 0).then_some(self.min)
    }

    /// The largest value; exact even where the distribution is a sketch.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (self.n > 0).then_some(self.max)
    }

    fn fold_if_full(&mut self) {
        let full = if self.sketch.is_some() {
            self.pending.len() >= BUFFER
        } else {
            self.n > self.exact_limit as u64
        };
        if full {
            self.fold();
        }
    }

    /// Brings what is pending into the sketch.
    fn fold(&mut self) {
        if let Some(sketch) = self.sketch.as_mut().filter(|sketch| sketch.is_coarse()) {
            if let Some(seen) = &mut self.seen {
                for key in &self.pending {
                    seen.insert(hash_of(value_of(*key)), distinct::LIMIT);
                }
            }
            sketch.tally(&mut self.pending, self.sketch_points);
            return;
        }
        sort(&mut self.pending);
        if let Some(seen) = &mut self.seen {
            let different = self.pending.chunk_by(|a, b| a == b);
            seen.extend(different.map(|run| hash_of(value_of(run[0]))), distinct::LIMIT);
        }
        self.sketch
            .get_or_insert_default()
            .fold(&mut self.pending, self.sketch_points);
    }

    /// Undoes `finish`, so that values can be added.
    fn thaw(&mut self) {
        if self.values.is_empty() {
            return;
        }
        let values = std::mem::take(&mut self.values);
        let ranks = self.ranks.take();
        if self.sketch.is_some() {
            return;
        }
        match ranks {
            None => self.pending.extend(values.into_iter().map(key_of)),
            Some(ranks) => {
                let mut before = 0;
                for (value, rank) in values.into_iter().zip(ranks) {
                    let count = (rank - before) as usize;
                    self.pending.extend(std::iter::repeat_n(key_of(value), count));
                    before = rank;
                }
            }
        }
    }

    /// Makes `values` and `ranks` from the sorted keys.
    fn settle(&mut self, keys: &[u64]) {
        let distinct = usize::from(!keys.is_empty()) + keys.windows(2).filter(|w| w[0] != w[1]).count();
        if distinct * 2 > keys.len() {
            self.values = keys.iter().map(|k| value_of(*k)).collect();
            return;
        }
        let mut ranks = Vec::with_capacity(distinct);
        let mut rank = 0;
        for run in keys.chunk_by(|a, b| a == b) {
            rank += run.len() as u64;
            self.values.push(value_of(run[0]));
            ranks.push(rank);
        }
        self.ranks = Some(ranks);
    }

    /// Makes `values` and `ranks` from the sketch.
    fn settle_sketch(&mut self, sketch: Sketch) {
        self.values = sketch.values(self.min, self.max);
        self.ranks = Some(ranks(&sketch.counts));
        self.sketch = Some(sketch);
    }
}

impl Statistic for Distribution {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        self.add(batch.finite(&self.column)?.iter().copied());
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let mut other = same::<Self>("distribution", other)?;
        if self.n == 0 {
            // What is sorted stays sorted.
            *self = Self {
                column: std::mem::take(&mut self.column),
                ..*other
            };
            return Ok(());
        }
        self.thaw();
        other.thaw();
        self.n += other.n;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.pending.append(&mut other.pending);
        if let Some(theirs) = other.sketch {
            self.sketch.get_or_insert_default().join(theirs, self.sketch_points);
        }
        if let (Some(mine), Some(theirs)) = (&mut self.seen, &other.seen) {
            mine.join(theirs, distinct::LIMIT);
        }
        self.fold_if_full();
        Ok(())
    }

    fn finish(&mut self) {
        if !self.values.is_empty() || self.n == 0 {
            return;
        }
        if self.sketch.is_some() && !self.pending.is_empty() {
            self.fold();
        }
        if let Some(sketch) = self.sketch.take() {
            self.settle_sketch(sketch);
        } else {
            let mut keys = std::mem::take(&mut self.pending);
            sort(&mut keys);
            self.settle(&keys);
        }
    }

    fn write(&self, writer: &mut Writer) {
        debug_assert!(
            self.pending.is_empty(),
            "a distribution is finished before it is written"
        );
        writer.u64(self.n);
        writer.f64(self.min);
        writer.f64(self.max);
        match &self.sketch {
            Some(sketch) => {
                writer.u8(1);
                writer.u32(sketch.shift);
                writer.ascending(&sketch.buckets);
                writer.varints(&sketch.counts);
                if let Some(seen) = &self.seen {
                    seen.write(writer);
                }
            }
            None => {
                if let Some(ranks) = &self.ranks {
                    writer.u8(2);
                    writer.f64s(&self.values);
                    writer.ascending(ranks);
                } else {
                    writer.u8(0);
                    writer.f64s(&self.values);
                }
            }
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.n = reader.u64()?;
        self.min = reader.f64()?;
        self.max = reader.f64()?;
        let is_range = self.min.is_finite() && self.max.is_finite() && self.min <= self.max;
        let is_empty_range = self.min == f64::INFINITY && self.max == f64::NEG_INFINITY;
        if !(if self.n == 0 { is_empty_range } else { is_range }) {
            return Err(reader.damaged("a distribution's extremes are no range"));
        }
        match reader.u8()? {
            0 => {
                self.values = reader.f64s()?;
                self.ranks = None;
            }
            1 => {
                let sketch = Sketch {
                    shift: reader.u32()?,
                    buckets: reader.ascending()?,
                    counts: reader.varints()?,
                };
                if sketch.shift > 63 || sketch.buckets.len() != sketch.counts.len() {
                    return Err(reader.damaged("a sketch's buckets and counts do not fit"));
                }
                if let Some(seen) = &mut self.seen {
                    *seen = HashSample::read(reader)?;
                }
                self.settle_sketch(sketch);
            }
            2 => {
                self.values = reader.f64s()?;
                self.ranks = Some(reader.ascending()?);
            }
            other => return Err(reader.damaged(format!("distribution has form {other}, expected 0 to 2"))),
        }
        let counted = self
            .ranks
            .as_ref()
            .map_or(self.values.len() as u64, |ranks| ranks.last().copied().unwrap_or(0));
        let fits = self.ranks.as_ref().is_none_or(|ranks| {
            ranks.len() == self.values.len() && ranks.first() != Some(&0) && ranks.windows(2).all(|w| w[0] < w[1])
        });
        if counted != self.n || !fits || !self.values.is_sorted() || self.values.iter().any(|v| !v.is_finite()) {
            return Err(reader.damaged("a distribution's values do not ascend or its counts do not fit"));
        }
        Ok(())
    }

    fn compact(&mut self) {
        if self.sample().distinct() <= STORED_EXACT {
            return;
        }
        let sketch = if let Some(mut sketch) = self.sketch.take().filter(|s| s.shift > 0) {
            if let Some(seen) = &mut self.seen {
                seen.shrink(distinct::STORED);
            }
            sketch.shrink(STORED_BUCKETS);
            sketch
        } else {
            if self.seen.is_some() {
                let mut seen = HashSample::default();
                let different = self.values.chunk_by(|a, b| a == b);
                seen.extend(different.map(|run| hash_of(run[0])), distinct::STORED);
                self.seen = Some(seen);
            }
            match &self.ranks {
                None => Sketch::of(self.values.iter().map(|v| (key_of(*v), 1)), STORED_BUCKETS),
                Some(_) => Sketch::of(self.sample().iter().map(|(v, n)| (key_of(v), n)), STORED_BUCKETS),
            }
        };
        self.settle_sketch(sketch);
    }
}
