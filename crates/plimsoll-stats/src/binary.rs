//! One class against the rest: curves and rates from the scores of either side.

use crate::Sample;

/// Scores of the rows of a class and of the other rows.
#[derive(Debug, Clone, Copy)]
pub struct BinaryScores<'a> {
    /// Scores of the rows of the class.
    pub positive: Sample<'a>,
    /// Scores of the other rows.
    pub negative: Sample<'a>,
}

/// Rows by truth and decision.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Positive rows called positive.
    pub tp: u64,
    /// Negative rows called positive.
    pub fp: u64,
    /// Negative rows called negative.
    pub tn: u64,
    /// Positive rows called negative.
    pub r#fn: u64,
}

/// A point of the ROC and precision–recall curves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CurvePoint {
    /// Score at or above which a row is called positive; infinite at the point where nothing is.
    pub threshold: f64,
    /// True-positive rate (recall), 0–1.
    pub tpr: f64,
    /// False-positive rate, 0–1.
    pub fpr: f64,
    /// Precision, 0–1; `None` where nothing is called positive.
    pub precision: Option<f64>,
}

/// A bin of the reliability curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// Mean score in the bin.
    pub score: f64,
    /// Share of positive rows in the bin, 0–1.
    pub observed: f64,
    /// Rows in the bin.
    pub count: u64,
}

impl BinaryScores<'_> {
    /// Area under the ROC curve: the probability that a positive row scores higher than a negative one, ties half.
    /// `None` if a side is empty.
    ///
    /// # Examples
    /// ```
    /// use plimsoll_stats::{BinaryScores, Sample};
    /// let scores = BinaryScores {
    ///     positive: Sample::from_sorted(&[0.4, 0.9]),
    ///     negative: Sample::from_sorted(&[0.1, 0.4]),
    /// };
    /// assert_eq!(scores.roc_auc(), Some(0.875));
    /// ```
    #[must_use]
    pub fn roc_auc(&self) -> Option<f64> {
        if self.positive.is_empty() || self.negative.is_empty() {
            return None;
        }
        let mut negatives = self.negative.runs().peekable();
        let (mut below, mut twice_wins) = (0_u64, 0_u128);
        for (score, count) in self.positive.runs() {
            while let Some((_, n)) = negatives.next_if(|(v, _)| *v < score) {
                below += n;
            }
            let ties = negatives.peek().filter(|(v, _)| *v == score).map_or(0, |(_, n)| *n);
            twice_wins += u128::from(count) * u128::from(2 * below + ties);
        }
        let pairs = self.positive.n() as f64 * self.negative.n() as f64;
        Some(twice_wins as f64 / 2.0 / pairs)
    }

    /// Rows by truth and decision when scores at or above `threshold` are called positive.
    #[must_use]
    pub fn at(&self, threshold: f64) -> Counts {
        let above = |s: &Sample<'_>| s.iter().filter(|(v, _)| *v >= threshold).map(|(_, c)| c).sum::<u64>();
        let (tp, fp) = (above(&self.positive), above(&self.negative));
        Counts {
            tp,
            fp,
            tn: self.negative.n() - fp,
            r#fn: self.positive.n() - tp,
        }
    }

    /// The curve by falling threshold, from the point where nothing is called positive; thinned to at most `limit`
    /// points (at least 2) that are spread evenly over the way along the ROC curve.
    #[must_use]
    pub fn curve(&self, limit: usize) -> Vec<CurvePoint> {
        let (p, n) = (self.positive.n() as f64, self.negative.n() as f64);
        if p == 0.0 || n == 0.0 {
            return Vec::new();
        }
        let point = |threshold: f64, tp: u64, fp: u64| CurvePoint {
            threshold,
            tpr: tp as f64 / p,
            fpr: fp as f64 / n,
            precision: (tp + fp > 0).then(|| tp as f64 / (tp + fp) as f64),
        };
        let (values, positive, negative) = crate::align_values(self.positive, self.negative);
        let mut curve = vec![point(f64::INFINITY, 0, 0)];
        let (mut tp, mut fp) = (0, 0);
        for i in (0..values.len()).rev() {
            tp += positive[i];
            fp += negative[i];
            curve.push(point(values[i], tp, fp));
        }
        thin(curve, limit.max(2))
    }

    /// Average precision: precision at each threshold weighted by the gain in recall. `None` without positive rows.
    #[must_use]
    pub fn average_precision(&self) -> Option<f64> {
        if self.positive.is_empty() {
            return None;
        }
        let (values, positive, negative) = crate::align_values(self.positive, self.negative);
        let p = self.positive.n() as f64;
        let (mut tp, mut fp, mut sum) = (0_u64, 0_u64, 0.0);
        for i in (0..values.len()).rev() {
            tp += positive[i];
            fp += negative[i];
            sum += positive[i] as f64 / p * (tp as f64 / (tp + fp) as f64);
        }
        Some(sum)
    }

    /// Mean squared difference between score and truth (1 or 0). `None` without rows.
    #[must_use]
    pub fn brier(&self) -> Option<f64> {
        let n = (self.positive.n() + self.negative.n()) as f64;
        let sum = self
            .positive
            .iter()
            .map(|(v, c)| (1.0 - v) * (1.0 - v) * c as f64)
            .sum::<f64>()
            + self.negative.iter().map(|(v, c)| v * v * c as f64).sum::<f64>();
        (n > 0.0).then(|| sum / n)
    }

    /// Mean of `−ln p(truth)`, scores clipped to `[ε, 1 − ε]` with the double-precision ε as scikit-learn does.
    #[must_use]
    pub fn log_loss(&self) -> Option<f64> {
        let n = (self.positive.n() + self.negative.n()) as f64;
        let clip = |v: f64| v.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        let sum = self.positive.iter().map(|(v, c)| -clip(v).ln() * c as f64).sum::<f64>()
            + self
                .negative
                .iter()
                .map(|(v, c)| -clip(1.0 - v).ln() * c as f64)
                .sum::<f64>();
        (n > 0.0).then(|| sum / n)
    }

    /// Reliability over `bins` equal-width bins of the score in `[0, 1]`; empty bins are left out.
    #[must_use]
    pub fn reliability(&self, bins: usize) -> Vec<ReliabilityBin> {
        let mut table = vec![(0.0, 0_u64, 0_u64); bins.max(1)];
        for (sample, is_positive) in [(self.positive, true), (self.negative, false)] {
            for (v, c) in sample.iter() {
                let at = ((v * bins as f64) as usize).min(bins - 1);
                table[at].0 += v * c as f64;
                table[at].1 += c;
                table[at].2 += if is_positive { c } else { 0 };
            }
        }
        table
            .into_iter()
            .filter(|(_, count, _)| *count > 0)
            .map(|(sum, count, positive)| ReliabilityBin {
                score: sum / count as f64,
                observed: positive as f64 / count as f64,
                count,
            })
            .collect()
    }
}

/// Keeps the first, the last and points at even steps of `tpr + fpr`, at most `limit` in all.
fn thin(curve: Vec<CurvePoint>, limit: usize) -> Vec<CurvePoint> {
    if curve.len() <= limit {
        return curve;
    }
    let last = curve.len() - 1;
    let mut kept = Vec::with_capacity(limit);
    let mut next = 0.0;
    for (i, point) in curve.into_iter().enumerate() {
        let way = point.tpr + point.fpr;
        if i == 0 || i == last || (way >= next && kept.len() < limit - 1) {
            next = kept.len() as f64 * 2.0 / (limit - 1) as f64;
            kept.push(point);
        }
    }
    kept
}
