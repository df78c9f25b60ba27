//! Sorted numeric samples.

/// A sorted numeric sample, optionally with a rank for each value (run-length or sketched form).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample<'a> {
    values: &'a [f64],
    /// Observations up to each value, that value included; `None` if each value stands for itself.
    ranks: Option<&'a [u64]>,
    n: u64,
}

impl<'a> Sample<'a> {
    /// Takes values that the caller guarantees to be finite and ascending.
    #[must_use]
    pub fn from_sorted(values: &'a [f64]) -> Self {
        debug_assert!(values.windows(2).all(|w| w[0] <= w[1]));
        Self {
            values,
            ranks: None,
            n: values.len() as u64,
        }
    }

    /// Takes finite ascending values, and for each the number of observations up to it, itself included.
    ///
    /// # Examples
    /// ```
    /// let s = plimsoll_stats::Sample::ranked(&[1.0, 2.0], &[3, 4]);
    /// assert_eq!((s.n(), s.quantile(0.5), s.mean()), (4, Some(1.0), Some(1.25)));
    /// ```
    #[must_use]
    pub fn ranked(values: &'a [f64], ranks: &'a [u64]) -> Self {
        debug_assert!(values.len() == ranks.len() && ranks.windows(2).all(|w| w[0] < w[1]));
        Self {
            values,
            ranks: Some(ranks),
            n: ranks.last().copied().unwrap_or(0),
        }
    }

    /// The values, ascending.
    #[must_use]
    pub fn values(&self) -> &'a [f64] {
        self.values
    }

    /// Number of observations among the first values.
    #[must_use]
    pub fn below(&self, values: usize) -> u64 {
        match self.ranks {
            None => values as u64,
            Some(ranks) => values.checked_sub(1).map_or(0, |at| ranks[at]),
        }
    }

    /// How often the value at a position occurs.
    #[must_use]
    pub fn count_at(&self, at: usize) -> u64 {
        self.below(at + 1) - self.below(at)
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
    pub fn iter(&self) -> impl Iterator<Item = (f64, u64)> + Clone + '_ {
        self.values.iter().enumerate().map(|(i, &v)| (v, self.count_at(i)))
    }

    /// Distinct values with their counts, ascending.
    pub fn runs(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let mut at = 0;
        self.values.chunk_by(|a, b| a == b).map(move |run| {
            let from = at;
            at += run.len();
            (run[0], self.below(at) - self.below(from))
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
    pub(crate) fn order(&self, rank: u64) -> f64 {
        let at = match self.ranks {
            None => rank as usize,
            Some(ranks) => ranks.partition_point(|r| *r <= rank),
        };
        self.values[at.min(self.values.len() - 1)]
    }

    /// Share of the observations at or below `x`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        self.below(self.values.partition_point(|v| *v <= x)) as f64 / self.n as f64
    }

    /// Observations from `least` to `most`, both included.
    ///
    /// # Examples
    /// ```
    /// let s = plimsoll_stats::Sample::from_sorted(&[1.0, 2.0, 2.0, 4.0]);
    /// assert_eq!((s.within(2.0, 3.0), s.within(3.0, 2.0)), (2, 0));
    /// ```
    #[must_use]
    pub fn within(&self, least: f64, most: f64) -> u64 {
        let upto = self.below(self.values.partition_point(|v| *v <= most));
        upto.saturating_sub(self.below(self.values.partition_point(|v| *v < least)))
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
                let count = self.below(to) - self.below(from);
                from = to;
                count
            })
            .collect()
    }
}
