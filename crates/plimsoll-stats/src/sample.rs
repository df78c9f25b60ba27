//! Sorted numeric samples.

use crate::StatsError;

/// A sorted numeric sample, optionally with a count for each value (run-length or sketched form).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<'a> {
    values: &'a [f64],
    counts: Option<&'a [u64]>,
    n: u64,
}

impl<'a> Sample<'a> {
    /// Checks that values are finite and ascending and that counts, if any, are as many and positive.
    ///
    /// # Errors
    /// [`StatsError::Sample`] says what does not hold.
    pub fn try_new(values: &'a [f64], counts: Option<&'a [u64]>) -> Result<Self, StatsError> {
        if values.iter().any(|v| !v.is_finite()) {
            return Err(StatsError::Sample("values must be finite"));
        }
        if values.windows(2).any(|w| w[0] > w[1]) {
            return Err(StatsError::Sample("values must ascend"));
        }
        if counts.is_some_and(|c| c.len() != values.len() || c.contains(&0)) {
            return Err(StatsError::Sample("each value needs one positive count"));
        }
        Ok(counts.map_or_else(|| Self::from_sorted(values), |c| Self::weighted(values, c)))
    }

    /// Takes values that the caller guarantees to be finite and ascending.
    #[must_use]
    pub fn from_sorted(values: &'a [f64]) -> Self {
        debug_assert!(values.windows(2).all(|w| w[0] <= w[1]));
        Self {
            values,
            counts: None,
            n: values.len() as u64,
        }
    }

    /// Takes finite ascending values with a positive count for each.
    #[must_use]
    pub fn weighted(values: &'a [f64], counts: &'a [u64]) -> Self {
        debug_assert!(values.len() == counts.len());
        Self {
            values,
            counts: Some(counts),
            n: counts.iter().sum(),
        }
    }

    /// The values, ascending.
    #[must_use]
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// How often each value occurs; `None` if each stands for itself.
    #[must_use]
    pub fn counts(&self) -> Option<&'a [u64]> {
        self.counts
    }

    /// How often the value at a position occurs.
    #[must_use]
    pub fn count_at(&self, at: usize) -> u64 {
        self.counts.map_or(1, |c| c[at])
    }

    /// Number of observations.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Says whether there is no observation.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Values with their counts, ascending; equal neighbours are not joined.
    pub fn iter(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        self.values.iter().enumerate().map(|(i, &v)| (v, self.count_at(i)))
    }

    /// Distinct values with their counts, ascending.
    pub fn runs(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let mut at = 0;
        std::iter::from_fn(move || {
            let value = *self.values.get(at)?;
            let mut count = 0;
            while self.values.get(at).is_some_and(|v| *v == value) {
                count += self.count_at(at);
                at += 1;
            }
            Some((value, count))
        })
    }

    /// Number of distinct values.
    #[must_use]
    pub fn distinct(&self) -> usize {
        usize::from(!self.is_empty()) + self.values.windows(2).filter(|w| w[0] < w[1]).count()
    }

    /// Smallest value.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        self.values.first().copied()
    }

    /// Largest value.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        self.values.last().copied()
    }

    /// Arithmetic mean.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        if self.is_empty() {
            return None;
        }
        let n = self.n as f64;
        let rough = self.iter().map(|(v, c)| v * (c as f64 / n)).sum::<f64>();
        Some(rough + self.iter().map(|(v, c)| (v - rough) * (c as f64 / n)).sum::<f64>())
    }

    /// Variance with `n − ddof` in the denominator; `None` with too few observations.
    #[must_use]
    pub fn variance(&self, ddof: u8) -> Option<f64> {
        let mean = self.mean()?;
        let denominator = self.n as f64 - f64::from(ddof);
        (denominator > 0.0).then(|| {
            self.iter()
                .map(|(v, c)| (v - mean) * (v - mean) * c as f64)
                .sum::<f64>()
                / denominator
        })
    }

    /// Standard deviation with `n − ddof` in the denominator.
    #[must_use]
    pub fn std(&self, ddof: u8) -> Option<f64> {
        self.variance(ddof).map(f64::sqrt)
    }

    /// The `q`-quantile, 0 ≤ q ≤ 1, by linear interpolation between order statistics (NumPy's default).
    ///
    /// # Examples
    /// ```
    /// let s = plimsoll_stats::Sample::from_sorted(&[1.0, 2.0, 3.0, 4.0]);
    /// assert_eq!(s.quantile(0.5), Some(2.5));
    /// ```
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        if self.is_empty() || !(0.0..=1.0).contains(&q) {
            return None;
        }
        let position = q * (self.n - 1) as f64;
        let below = position.floor();
        let (lower, upper) = (self.order(below as u64), self.order(position.ceil() as u64));
        let (gap, share) = (upper - lower, position - below);
        // A gap beyond the largest number.
        let wide = || lower * (1.0 - share) + upper * share;
        Some(if gap.is_finite() { lower + gap * share } else { wide() })
    }

    /// The `rank`-th smallest observation, from 0.
    fn order(&self, rank: u64) -> f64 {
        match self.counts {
            None => self.values[(rank as usize).min(self.values.len() - 1)],
            Some(counts) => {
                let mut seen = 0;
                for (value, count) in self.values.iter().zip(counts) {
                    seen += count;
                    if seen > rank {
                        return *value;
                    }
                }
                self.values[self.values.len() - 1]
            }
        }
    }

    /// Share of the observations at or below `x`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        let at = self.values.partition_point(|v| *v <= x);
        self.sum_counts(0, at) as f64 / self.n as f64
    }

    fn sum_counts(&self, from: usize, to: usize) -> u64 {
        self.counts.map_or((to - from) as u64, |c| c[from..to].iter().sum())
    }

    /// Observations per bin `[a, b)`, the last `[a, b]`; values outside all bins are not counted.
    #[must_use]
    pub fn histogram(&self, edges: &[f64]) -> Vec<u64> {
        if edges.len() < 2 {
            return Vec::new();
        }
        let bins = edges.len() - 1;
        let mut from = self.values.partition_point(|v| *v < edges[0]);
        (1..=bins)
            .map(|bin| {
                let edge = edges[bin];
                let to = from + self.values[from..].partition_point(|v| *v < edge || (bin == bins && *v == edge));
                let count = self.sum_counts(from, to);
                from = to;
                count
            })
            .collect()
    }
}
