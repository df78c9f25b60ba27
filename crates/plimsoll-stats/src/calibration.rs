//! Scores as probabilities: isotonic calibration, and whether it is worth having.

use std::borrow::Cow;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use crate::{RocArea, ScoreCount};

/// Parts into which rows are dealt to see whether calibration helps.
const FOLDS: usize = 10;
/// Bins of equal rows over which scores are held against what came true.
const BINS: usize = 10;
/// Scores that are dealt; of more, neighbours are taken together.
const DEALT: usize = 65_536;
/// Seed of the deal.
const SEED: u64 = 42;

/// The rising function of the score that is nearest to what came true: isotonic regression.
///
/// # Definition
/// The f that minimises Σ (f(s) − y)² over all rows with score s and outcome y ∈ {0, 1}, under f(s) ≤ f(t) for s ≤ t.
/// Between two scores that were seen it is the straight line between both; outside of all scores the nearest one's value.
///
/// # Examples
/// ```
/// use plimsoll_stats::{Isotonic, ScoreCount};
/// let count = |score, positive, negative| ScoreCount { score, positive, negative };
/// // 1 of 4 and 0 of 4 fall, so that both share 1 of 8.
/// let f = Isotonic::fit(&[count(0.2, 1, 3), count(0.4, 0, 4), count(0.9, 3, 1)]).unwrap();
/// assert_eq!([0.0, 0.2, 0.4, 0.9, 2.0].map(|s| f.at(s)), [0.125, 0.125, 0.125, 0.75, 0.75]);
/// assert_eq!(f.at(0.65), 0.4375);
/// ```
///
/// # Source
/// Pool-adjacent-violators; scikit-learn `IsotonicRegression(out_of_bounds="clip")`.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    /// Scores, ascending, and their values.
    knots: Vec<(f64, f64)>,
}

/// Neighbouring scores that share a value.
struct Block {
    first: f64,
    last: f64,
    positive: f64,
    rows: f64,
}

impl Isotonic {
    /// Fits counts of ascending, different scores; `None` without rows.
    #[must_use]
    pub fn fit(counts: &[ScoreCount]) -> Option<Self> {
        debug_assert!(counts.windows(2).all(|w| w[0].score < w[1].score));
        Self::of(counts.iter().copied())
    }

    fn of(counts: impl Iterator<Item = ScoreCount>) -> Option<Self> {
        let mut blocks: Vec<Block> = Vec::new();
        for count in counts.filter(|c| c.positive + c.negative > 0) {
            let mut block = Block {
                first: count.score,
                last: count.score,
                positive: count.positive as f64,
                rows: count.rows(),
            };
            while let Some(before) = blocks.pop_if(|b| b.positive * block.rows >= block.positive * b.rows) {
                block.first = before.first;
                block.positive += before.positive;
                block.rows += before.rows;
            }
            blocks.push(block);
        }
        let mut knots = Vec::with_capacity(2 * blocks.len());
        for block in blocks {
            let value = block.positive / block.rows;
            knots.push((block.first, value));
            if block.first < block.last {
                knots.push((block.last, value));
            }
        }
        (!knots.is_empty()).then_some(Self { knots })
    }

    /// The value at a finite score, 0–1.
    #[must_use]
    pub fn at(&self, score: f64) -> f64 {
        let above = self.knots.partition_point(|(s, _)| *s < score);
        let (Some((right, high)), Some((left, low))) = (self.knots.get(above), self.knots.get(above.wrapping_sub(1)))
        else {
            let end = if above == 0 {
                self.knots.first()
            } else {
                self.knots.last()
            };
            return end.map_or(f64::NAN, |(_, value)| *value);
        };
        if score >= *right {
            return *high;
        }
        // Halves, so that the gap between the largest numbers is one.
        let share = (score / 2.0 - left / 2.0) / (right / 2.0 - left / 2.0);
        low + (high - low) * if share.is_finite() { share } else { 0.5 }
    }
}

/// Says whether isotonic calibration brings scores nearer to the shares that come true, on rows that it was not fitted on.
///
/// # Definition
/// The rows are dealt to ten parts; each part is calibrated by what was fitted on the nine others. Calibration helps if the
/// expected calibration error of all rows, over ten bins with as many rows each, is smaller after it than before.
///
/// # Output
/// `false` without rows of both kinds, and where the scores tell both kinds apart almost perfectly (area under the ROC
/// curve above 0.999).
///
/// # Accuracy
/// Reproducible: the deal is by a fixed seed, in the order of the scores. Of more than 65,536 different scores neighbours are
/// dealt together.
///
/// # Source
/// NannyML `needs_calibration`. DIFFERENCE: its ten parts are drawn independently, so that a row may be in several.
#[must_use]
pub fn calibration_helps(counts: &[ScoreCount]) -> bool {
    if RocArea::of(counts).is_none_or(|area| area.value > 0.999) {
        return false;
    }
    let counts = &*coarse(counts, DEALT);
    let mut chance = Pcg64::seed_from_u64(SEED);
    // Rows of each part by the place of their score, ascending.
    let mut parts: Vec<Vec<(usize, [u64; 2])>> = vec![Vec::new(); FOLDS];
    for (at, count) in counts.iter().enumerate() {
        for (side, rows) in [count.positive, count.negative].into_iter().enumerate() {
            for _ in 0..rows {
                let part = &mut parts[chance.random_range(0..FOLDS)];
                match part.last_mut() {
                    Some((last, dealt)) if *last == at => dealt[side] += 1,
                    _ => part.push((at, std::array::from_fn(|own| u64::from(own == side)))),
                }
            }
        }
    }
    let rows: usize = parts.iter().map(Vec::len).sum();
    let (mut before, mut after) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
    for part in &parts {
        let mut held = part.iter().peekable();
        let others = counts.iter().enumerate().map(|(at, all)| {
            let [positive, negative] = held.next_if(|(own, _)| *own == at).map_or([0, 0], |(_, dealt)| *dealt);
            ScoreCount {
                score: all.score,
                positive: all.positive - positive,
                negative: all.negative - negative,
            }
        });
        let Some(fitted) = Isotonic::of(others) else {
            return false;
        };
        for (at, [positive, negative]) in part {
            let (score, positive, rows) = (counts[*at].score, *positive as f64, (positive + negative) as f64);
            before.push((score, positive, rows));
            after.push((fitted.at(score), positive, rows));
        }
    }
    calibration_error(&mut before) > calibration_error(&mut after)
}

/// At most so many scores: as many neighbours are taken together as that needs, with their mean score.
fn coarse(counts: &[ScoreCount], most: usize) -> Cow<'_, [ScoreCount]> {
    let together = counts.len().div_ceil(most);
    if together <= 1 {
        return Cow::Borrowed(counts);
    }
    let joined = counts.chunks(together).map(|part| {
        let rows: f64 = part.iter().map(ScoreCount::rows).sum();
        ScoreCount {
            score: part.iter().map(|c| c.score * (c.rows() / rows)).sum(),
            positive: part.iter().map(|c| c.positive).sum(),
            negative: part.iter().map(|c| c.negative).sum(),
        }
    });
    joined.collect()
}

/// Expected calibration error of (probability, rows of the class, rows), over bins with as many rows each; rows of one
/// probability that fall into two bins are divided in proportion.
fn calibration_error(rows: &mut [(f64, f64, f64)]) -> f64 {
    // Each part has its rows in order: the stable sort merges such runs.
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = rows.iter().map(|(_, _, n)| n).sum();
    let bins = (total / 2.0).floor().clamp(1.0, BINS as f64);
    let size = total / bins;
    let (mut error, mut excess, mut room) = (0.0, 0.0, size);
    for tied in rows.chunk_by(|a, b| a.0 == b.0) {
        let probability = tied[0].0;
        let (positive, n) = tied.iter().fold((0.0, 0.0), |(p, n), row| (p + row.1, n + row.2));
        let mut left = n;
        while left > 0.0 {
            let taken = left.min(room);
            excess += taken * (probability - positive / n);
            left -= taken;
            room -= taken;
            // What rounding leaves of a bin is none.
            if room <= size * 1e-9 {
                error += f64::abs(excess);
                (excess, room) = (0.0, size);
            }
        }
    }
    (error + f64::abs(excess)) / total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(score: f64, positive: u64, negative: u64) -> ScoreCount {
        ScoreCount {
            score,
            positive,
            negative,
        }
    }

    #[test]
    fn isotonic_rises_and_keeps_the_mean() {
        let counts: Vec<ScoreCount> = (0..50_u64)
            .map(|i| count(i as f64 / 50.0, i * 7919 % 13, i * 104_729 % 11))
            .collect();
        let fitted = Isotonic::fit(&counts).unwrap();
        assert!(
            counts
                .windows(2)
                .all(|w| fitted.at(w[0].score) <= fitted.at(w[1].score))
        );
        let expected: f64 = counts.iter().map(|c| c.rows() * fitted.at(c.score)).sum();
        let positive: u64 = counts.iter().map(|c| c.positive).sum();
        assert!((expected - positive as f64).abs() < 1e-9);
    }

    #[test]
    fn isotonic_of_nothing_and_of_the_largest_numbers() {
        assert_eq!(Isotonic::fit(&[]), None);
        assert_eq!(Isotonic::fit(&[count(0.5, 0, 0)]), None);
        let wide = Isotonic::fit(&[count(-f64::MAX, 0, 1), count(f64::MAX, 1, 0)]).unwrap();
        assert_eq!([-f64::MAX, 0.0, f64::MAX].map(|s| wide.at(s)), [0.0, 0.5, 1.0]);
        let narrow = Isotonic::fit(&[count(0.0, 0, 1), count(f64::from_bits(1), 1, 0)]).unwrap();
        assert_eq!(narrow.at(f64::from_bits(1)), 1.0);
    }

    #[test]
    fn calibration_helps_scores_that_are_off_and_leaves_good_ones() {
        // Of the rows with score s, a share of s² is of the class.
        let off: Vec<ScoreCount> = (1..20_u64)
            .map(|s| count(s as f64 / 20.0, s * s, 400 - s * s))
            .collect();
        assert!(calibration_helps(&off));
        let good: Vec<ScoreCount> = (1..20_u64)
            .map(|s| count(s as f64 / 20.0, s * 20, 400 - s * 20))
            .collect();
        assert!(!calibration_helps(&good));
        assert!(!calibration_helps(&[count(0.3, 5, 0), count(0.4, 8, 0)]));
        assert!(!calibration_helps(&[count(0.3, 0, 5), count(0.4, 8, 0)]));
        assert!(!calibration_helps(&[]));
    }

    #[test]
    fn neighbouring_scores_are_taken_together_beyond_a_limit() {
        let counts: Vec<ScoreCount> = (0..5).map(|i| count(f64::from(i), 1, u64::from(i == 0))).collect();
        assert_eq!(coarse(&counts, 5), counts);
        let expected = [count(1.0 / 3.0, 2, 1), count(2.5, 2, 0), count(4.0, 1, 0)];
        for (joined, expected) in coarse(&counts, 3).iter().zip(expected) {
            assert!((joined.score - expected.score).abs() < 1e-12);
            assert_eq!(
                (joined.positive, joined.negative),
                (expected.positive, expected.negative)
            );
        }
        // Scores that are off are seen to be, however many there are.
        let many: Vec<ScoreCount> = (0..200_000_u64)
            .map(|i| {
                let score = i as f64 / 200_000.0;
                let falls = (i * 7_919 % 200_000) as f64 / 200_000.0 < score * score;
                count(score, u64::from(falls), u64::from(!falls))
            })
            .collect();
        assert!(calibration_helps(&many));
    }

    #[test]
    fn calibration_error_divides_ties() {
        // Two bins of two rows: the first is half the three rows at 0.2 less one, of which a third came true.
        let mut rows = vec![(0.2, 1.0, 3.0), (0.8, 1.0, 1.0)];
        let (third, first) = (0.2 - 1.0 / 3.0, 2.0 * (0.2_f64 - 1.0 / 3.0).abs());
        let expected = (first + f64::abs(third - 0.2)) / 4.0;
        assert!((calibration_error(&mut rows) - expected).abs() < 1e-12);
    }
}
