//! A quantile sketch that does not depend on the order of its input.
//!
//! Floats are mapped to integers that sort alike; a bucket is such an integer without its lowest `shift` bits. The shift
//! grows until the occupied buckets are few enough, so that the sketch is a function of the multiset of values alone:
//! neither the order of rows nor the way parts were merged can be seen in it.

/// Buckets that are counted side by side.
const PAGE: u64 = 512;
/// Ranges of so many buckets between the least and the largest key, beyond which keys are sorted.
const MOST_PAGES: u64 = 65_536;

/// Maps a finite float to an integer that sorts alike.
pub(super) fn key_of(value: f64) -> u64 {
    // Adding zero turns −0 into 0.
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// The float of a key.
pub(super) fn value_of(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

/// Sorts keys.
pub(super) fn sort(keys: &mut [u64]) {
    keys.sort_unstable();
}

/// Counts of values in buckets, ascending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sketch {
    /// Bits left out.
    pub shift: u32,
    /// Bucket numbers, ascending.
    pub buckets: Vec<u64>,
    /// Values in each bucket.
    pub counts: Vec<u64>,
}

impl Sketch {
    /// Puts ascending keys with their counts into at most `limit` buckets.
    pub fn of(runs: impl Iterator<Item = (u64, u64)> + Clone, limit: usize) -> Self {
        Self::at_least(0, runs, limit)
    }

    /// Takes in sorted keys, and keeps at most `limit` buckets.
    pub fn fold(&mut self, keys: &mut Vec<u64>, limit: usize) {
        // A part never needs a larger shift than the whole, so that what it leaves out would be left out in any case.
        let part = Self::at_least(self.shift, keys.iter().map(|key| (*key, 1)), limit);
        keys.clear();
        self.join(part, limit);
    }

    /// Says whether bits are left out, so that keys can be counted as they come ([`Sketch::tally`]).
    pub fn is_coarse(&self) -> bool {
        self.shift > 0
    }

    /// Takes in keys in any order, and keeps at most `limit` buckets. The buckets of a coarse sketch lie in a few ranges, in
    /// which counting is quicker than sorting.
    pub fn tally(&mut self, keys: &mut Vec<u64>, limit: usize) {
        let (mut least, mut most) = (u64::MAX, 0);
        for key in &mut *keys {
            *key >>= self.shift;
            (least, most) = (least.min(*key), most.max(*key));
        }
        let pages = most.saturating_sub(least) / PAGE + 1;
        let mut part = Self {
            shift: self.shift,
            ..Self::default()
        };
        if pages > MOST_PAGES {
            sort(keys);
            for bucket in &*keys {
                part.push(*bucket, 1);
            }
        } else {
            // Where in `counts` the buckets of a page begin.
            let mut starts = vec![usize::MAX; pages as usize];
            let mut counts: Vec<u64> = Vec::new();
            for bucket in &*keys {
                let (page, at) = ((bucket - least) / PAGE, (bucket - least) % PAGE);
                let start = &mut starts[page as usize];
                if *start == usize::MAX {
                    *start = counts.len();
                    counts.resize(*start + PAGE as usize, 0);
                }
                counts[*start + at as usize] += 1;
            }
            let begun = starts.iter().enumerate().filter(|(_, start)| **start != usize::MAX);
            for (page, start) in begun {
                let own = counts[*start..*start + PAGE as usize].iter().enumerate();
                for (at, count) in own.filter(|(_, count)| **count > 0) {
                    part.push(least + page as u64 * PAGE + at as u64, *count);
                }
            }
        }
        keys.clear();
        self.join(part, limit);
    }

    fn at_least(shift: u32, runs: impl Iterator<Item = (u64, u64)> + Clone, limit: usize) -> Self {
        let shift = shift.max(shift_of(runs.clone().map(|(key, _)| key), limit));
        let mut sketch = Self {
            shift,
            ..Self::default()
        };
        for (key, count) in runs {
            sketch.push(key >> shift, count);
        }
        sketch
    }

    /// Takes in the values of another sketch.
    pub fn join(&mut self, mut other: Self, limit: usize) {
        let shift = self.shift.max(other.shift);
        self.coarsen(shift);
        other.coarsen(shift);
        if self.buckets.is_empty() {
            *self = other;
        } else if !other.buckets.is_empty() {
            self.interleave(&other);
        }
        self.shrink(limit);
    }

    /// Merges the buckets of a sketch of the same shift.
    fn interleave(&mut self, other: &Self) {
        let size = self.buckets.len() + other.buckets.len();
        let mut joined = Self {
            shift: self.shift,
            buckets: Vec::with_capacity(size),
            counts: Vec::with_capacity(size),
        };
        let (mut a, mut b) = (0, 0);
        while a < self.buckets.len() || b < other.buckets.len() {
            let from_own = other
                .buckets
                .get(b)
                .is_none_or(|r| self.buckets.get(a).is_some_and(|l| l <= r));
            let (side, at) = if from_own { (&*self, &mut a) } else { (other, &mut b) };
            joined.push(side.buckets[*at], side.counts[*at]);
            *at += 1;
        }
        *self = joined;
    }

    /// Grows the shift until at most `limit` buckets are occupied.
    pub fn shrink(&mut self, limit: usize) {
        let by = shift_of(self.buckets.iter().copied(), limit);
        // The highest bit always stays.
        self.coarsen((self.shift + by).min(63));
    }

    /// Grows the shift.
    fn coarsen(&mut self, shift: u32) {
        let by = shift - self.shift;
        if by == 0 {
            return;
        }
        self.shift = shift;
        let mut kept = 0;
        for at in 0..self.buckets.len() {
            let (bucket, count) = (self.buckets[at] >> by, self.counts[at]);
            if kept > 0 && self.buckets[kept - 1] == bucket {
                self.counts[kept - 1] += count;
            } else {
                (self.buckets[kept], self.counts[kept]) = (bucket, count);
                kept += 1;
            }
        }
        self.buckets.truncate(kept);
        self.counts.truncate(kept);
    }

    fn push(&mut self, bucket: u64, count: u64) {
        if self.buckets.last() == Some(&bucket) {
            if let Some(last) = self.counts.last_mut() {
                *last += count;
            }
        } else {
            self.buckets.push(bucket);
            self.counts.push(count);
        }
    }

    /// The middle of each bucket, kept within `[min, max]`; the value itself where no bit is left out.
    pub fn values(&self, min: f64, max: f64) -> Vec<f64> {
        let middle = |bucket: &u64| {
            let low = bucket << self.shift;
            let high = low | ((1_u64 << self.shift) - 1);
            if self.shift == 0 {
                value_of(low)
            } else {
                f64::midpoint(value_of(low), value_of(high)).clamp(min, max)
            }
        };
        self.buckets.iter().map(middle).collect()
    }

    /// The largest share of the values that lies in one bucket; 0 where no bit is left out.
    pub fn rank_error(&self) -> f64 {
        if self.shift == 0 {
            return 0.0;
        }
        let total: u64 = self.counts.iter().sum();
        self.counts.iter().max().map_or(0.0, |most| *most as f64 / total as f64)
    }
}

/// The smallest number of bits to leave out of ascending keys so that at most `limit` different ones remain; at most 63.
fn shift_of(keys: impl Iterator<Item = u64>, limit: usize) -> u32 {
    // Neighbours stay apart while the highest bit in which they differ is kept.
    let mut apart = [0_usize; 65];
    let (mut before, mut occupied) = (None, 0_usize);
    for key in keys {
        let differ = before.map_or(0, |b: u64| 64 - (key ^ b).leading_zeros() as usize);
        apart[differ] += 1;
        before = Some(key);
        occupied += 1;
    }
    // Equal keys are one; the first key differs from none.
    occupied -= apart[0].saturating_sub(1);
    let mut by = 0;
    while occupied > limit.max(1) && by < 63 {
        by += 1;
        occupied -= apart[by];
    }
    by as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_floats_and_come_back() {
        let values = [
            f64::MIN,
            -1.5,
            -f64::MIN_POSITIVE,
            0.0,
            1e-300,
            1.0,
            1.0 + f64::EPSILON,
            f64::MAX,
        ];
        assert!(values.map(key_of).is_sorted());
        assert_eq!(values.map(|v| value_of(key_of(v))), values);
        assert_eq!(key_of(-0.0), key_of(0.0));
    }

    #[test]
    fn counted_keys_are_as_sorted_ones() {
        // Both signs and many magnitudes; without the last ones all in few pages.
        let values = |n: i32| (0..n).map(move |i| f64::from(i * 7_919 % n - n / 2) / 3.0 * 1.5_f64.powi(i % 40));
        let wide = [f64::MIN, -f64::MIN_POSITIVE, 5e-324, f64::MAX];
        for last in [&[][..], &wide] {
            let mut keys: Vec<u64> = values(30_000).map(key_of).collect();
            sort(&mut keys);
            let (mut counted, mut sorted) = (Sketch::default(), Sketch::default());
            counted.fold(&mut keys.clone(), 1_000);
            sorted.fold(&mut keys, 1_000);
            assert!(counted.is_coarse());
            keys.extend(values(20_000).chain(last.iter().copied()).map(|v| key_of(-1.1 * v)));
            counted.tally(&mut keys.clone(), 1_000);
            sort(&mut keys);
            sorted.fold(&mut keys, 1_000);
            assert_eq!(counted, sorted);
        }
        let mut none = Sketch {
            shift: 3,
            ..Sketch::default()
        };
        none.tally(&mut Vec::new(), 10);
        assert!(none.buckets.is_empty());
    }

    #[test]
    fn a_bucket_holds_its_values_middle() {
        let mut sketch = Sketch::default();
        let mut keys: Vec<u64> = (0..1000).map(|i| key_of(f64::from(i))).collect();
        sort(&mut keys);
        sketch.fold(&mut keys, 100);
        assert!(sketch.buckets.len() <= 100 && sketch.counts.iter().sum::<u64>() == 1000);
        let values = sketch.values(0.0, 999.0);
        assert!(values.is_sorted() && values[0] >= 0.0 && values[values.len() - 1] <= 999.0);
    }
}
