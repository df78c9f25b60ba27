//! Sorted values: exact, then a sketch.

use plimsoll_stats::Sample;

use super::sketch::{Sketch, key_of, value_of};
use crate::{Batch, ProfileError, ProfileOptions, Reader, Statistic, StatisticError, Writer, statistic::same};

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
/// whose largest share of the values is [`Distribution::rank_error`].
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
    /// Canonical form, made by `finish`: ascending values …
    values: Vec<f64>,
    /// … and, where many are equal, how often each occurs.
    counts: Option<Vec<u64>>,
}

impl Distribution {
    pub(super) fn of(column: &str, options: &ProfileOptions) -> Self {
        Self {
            column: column.to_owned(),
            exact_limit: options.exact_limit,
            sketch_points: options.sketch_points,
            n: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            pending: Vec::new(),
            sketch: None,
            values: Vec::new(),
            counts: None,
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
        match &self.counts {
            Some(counts) => Sample::weighted(&self.values, counts),
            None => Sample::from_sorted(&self.values),
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
            self.sketch
                .get_or_insert_default()
                .fold(&mut self.pending, self.sketch_points);
        }
    }

    /// Undoes `finish`, so that values can be added.
    fn thaw(&mut self) {
        if self.values.is_empty() {
            return;
        }
        let values = std::mem::take(&mut self.values);
        let counts = self.counts.take();
        if self.sketch.is_some() {
            return;
        }
        match counts {
            None => self.pending.extend(values.into_iter().map(key_of)),
            Some(counts) => {
                for (value, count) in values.into_iter().zip(counts) {
                    self.pending.extend(std::iter::repeat_n(key_of(value), count as usize));
                }
            }
        }
    }

    /// Makes `values` and `counts` from the sorted keys.
    fn settle(&mut self, keys: &[u64]) {
        let distinct = usize::from(!keys.is_empty()) + keys.windows(2).filter(|w| w[0] != w[1]).count();
        if distinct * 2 > keys.len() {
            self.values = keys.iter().map(|k| value_of(*k)).collect();
            return;
        }
        let mut counts: Vec<u64> = Vec::with_capacity(distinct);
        for (at, key) in keys.iter().enumerate() {
            if at > 0 && keys[at - 1] == *key {
                counts[self.values.len() - 1] += 1;
            } else {
                self.values.push(value_of(*key));
                counts.push(1);
            }
        }
        self.counts = Some(counts);
    }
}

impl Statistic for Distribution {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let numbers = batch.numbers(&self.column)?;
        if numbers.nulls.is_none() {
            self.add(numbers.values.iter().copied().filter(|v| v.is_finite()));
        } else {
            self.add((0..numbers.values.len()).filter_map(|row| numbers.finite(row)));
        }
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
            self.sketch.get_or_insert_default().join(&theirs, self.sketch_points);
        }
        self.fold_if_full();
        Ok(())
    }

    fn finish(&mut self) {
        if !self.values.is_empty() || self.n == 0 {
            return;
        }
        if let Some(sketch) = &mut self.sketch {
            if !self.pending.is_empty() {
                sketch.fold(&mut self.pending, self.sketch_points);
            }
            self.values = sketch.values(self.min, self.max);
            self.counts = Some(sketch.counts.clone());
        } else {
            let mut keys = std::mem::take(&mut self.pending);
            keys.sort_unstable();
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
            }
            None => {
                if let Some(counts) = &self.counts {
                    writer.u8(2);
                    writer.f64s(&self.values);
                    writer.varints(counts);
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
                self.counts = None;
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
                self.values = sketch.values(self.min, self.max);
                self.counts = Some(sketch.counts.clone());
                self.sketch = Some(sketch);
            }
            2 => {
                self.values = reader.f64s()?;
                self.counts = Some(reader.varints()?);
            }
            other => return Err(reader.damaged(format!("distribution has form {other}, expected 0 to 2"))),
        }
        let counted = self.counts.as_ref().map_or(self.values.len() as u64, |c| {
            c.iter().fold(0, |sum: u64, n| sum.saturating_add(*n))
        });
        let fits = self.counts.as_ref().is_none_or(|c| c.len() == self.values.len());
        if counted != self.n || !fits || !self.values.is_sorted() || self.values.iter().any(|v| !v.is_finite()) {
            return Err(reader.damaged("a distribution's values do not ascend or its counts do not fit"));
        }
        Ok(())
    }

    fn compact(&mut self) {
        if self.sample().distinct() <= STORED_EXACT {
            return;
        }
        let mut sketch = self.sketch.take().unwrap_or_else(|| {
            let mut sketch = Sketch::default();
            let sample = self.sample();
            let (buckets, counts) = sample.runs().map(|(v, c)| (key_of(v), c)).unzip();
            sketch.buckets = buckets;
            sketch.counts = counts;
            sketch
        });
        sketch.shrink(STORED_BUCKETS);
        self.values = sketch.values(self.min, self.max);
        self.counts = Some(sketch.counts.clone());
        self.sketch = Some(sketch);
    }
}
