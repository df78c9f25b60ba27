//! Area under the ROC curve and its sampling error.

/// Rows of one score: how many are of the class, how many are not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreCount {
    /// The score.
    pub score: f64,
    /// Rows of the class.
    pub positive: u64,
    /// Other rows.
    pub negative: u64,
}

impl ScoreCount {
    /// Rows of either kind.
    #[must_use]
    pub fn rows(&self) -> f64 {
        (self.positive + self.negative) as f64
    }

    /// Counts of single rows, ascending by score, from their finite scores and whether they are of the class.
    #[must_use]
    pub fn of_rows(rows: impl IntoIterator<Item = (f64, bool)>) -> Vec<Self> {
        let mut rows: Vec<(f64, bool)> = rows.into_iter().collect();
        rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let count = |tied: &[(f64, bool)]| {
            let positive = tied.iter().filter(|(_, is_positive)| *is_positive).count();
            Self {
                score: tied[0].0,
                positive: positive as u64,
                negative: (tied.len() - positive) as u64,
            }
        };
        rows.chunk_by(|a, b| a.0 == b.0).map(count).collect()
    }
}

/// Area under the ROC curve, and how the rows of either side spread about it.
///
/// # Definition
/// The share of pairs of a row of the class and another row in which the former has the larger score, ties counting half.
/// Its standard error over m rows of the class and n others is √(v₁ / m + v₀ / n): v₁ is the variance, over the rows of the class,
/// of the share of other rows with a smaller score, v₀ the variance, over the others, of the share of rows of the class with
/// a larger one.
///
/// # Examples
/// ```
/// use plimsoll_stats::{RocArea, ScoreCount};
/// let counts = ScoreCount::of_rows([(0.1, false), (0.4, true), (0.4, false), (0.9, true)]);
/// let area = RocArea::of(&counts).unwrap();
/// assert_eq!(area.value, 0.875);
/// // Either side has the shares 3/4 and 1, whose variance is 1/64.
/// assert_eq!(area.standard_error(2.0, 2.0), 0.125);
/// ```
///
/// # Source
/// DeLong, DeLong and Clarke-Pearson 1988, doi:10.2307/2531595. DIFFERENCE: variances have divisor n, so that one row has one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RocArea {
    /// The area, 0–1.
    pub value: f64,
    positive_spread: f64,
    negative_spread: f64,
}

impl RocArea {
    /// The area of counts by ascending, different scores; `None` without rows of both kinds.
    #[must_use]
    pub fn of(counts: &[ScoreCount]) -> Option<Self> {
        let positive: f64 = counts.iter().map(|c| c.positive as f64).sum();
        let negative: f64 = counts.iter().map(|c| c.negative as f64).sum();
        if positive * negative == 0.0 {
            return None;
        }
        // What the other side has below or above each score, for both sides.
        let shares = || {
            let (mut below, mut above) = (0.0, positive);
            counts.iter().map(move |c| {
                let (p, n) = (c.positive as f64, c.negative as f64);
                above -= p;
                let shares = ((below + 0.5 * n) / negative, (above + 0.5 * p) / positive);
                below += n;
                (p / positive, n / negative, shares)
            })
        };
        let (mut below, mut ordered) = (0.0, 0.0);
        for count in counts {
            let (p, n) = (count.positive as f64, count.negative as f64);
            ordered += p * (below + 0.5 * n);
            below += n;
        }
        let value = ordered / (positive * negative);
        let spread = |weight: f64, share: f64| weight * (share - value) * (share - value);
        let (positive_spread, negative_spread) = shares().fold((0.0, 0.0), |(a, b), (p, n, (of_p, of_n))| {
            (a + spread(p, of_p), b + spread(n, of_n))
        });
        Some(Self {
            value,
            positive_spread,
            negative_spread,
        })
    }

    /// Standard error of the area over so many rows of the class and others.
    #[must_use]
    pub fn standard_error(&self, positive: f64, negative: f64) -> f64 {
        (self.positive_spread / positive + self.negative_spread / negative).sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_of_one_side_alone_is_none() {
        assert_eq!(RocArea::of(&[]), None);
        assert_eq!(RocArea::of(&ScoreCount::of_rows([(0.1, true), (0.2, true)])), None);
        let apart = RocArea::of(&ScoreCount::of_rows([(0.1, false), (0.2, true)])).unwrap();
        assert_eq!((apart.value, apart.standard_error(1.0, 1.0)), (1.0, 0.0));
    }
}
