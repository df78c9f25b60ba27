//! Areas and curves of one class's scores: ROC, precision–recall, reliability, distributions.

use std::sync::{Arc, OnceLock};

use plimsoll_model::{ClassCurves, CurvePoint, Histogram, ReliabilityBin};
use plimsoll_stats::ScoreCount;

use super::{drawn, drawn_share, significant, weighted};
use crate::{EvaluateError, Profile, StatisticSpec, statistics::Scores};

/// Points of a curve on one slice; several classes share 90.
const POINTS: usize = 32;
/// Bins of a score histogram.
const BINS: usize = 20;
/// Bins of the reliability curve.
const RELIABILITY_BINS: usize = 10;

/// Rows with one score.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    score: f64,
    positive: f64,
    negative: f64,
}

/// The rows with the highest scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Top {
    /// Rows of the class among them, those of the last score in proportion.
    pub positive: f64,
    /// The last score.
    pub threshold: f64,
    /// Rows with the last score, if not all of them are among the first; else 0.
    pub tied: f64,
}

/// The scores of one class on one slice.
#[derive(Debug)]
pub(super) struct ScoredClass {
    name: String,
    /// Different scores, ascending.
    steps: Vec<Step>,
    positive: f64,
    negative: f64,
    left_out: u64,
    rank_error: Option<f64>,
    /// The curve with so many points, as it was drawn first.
    drawn: OnceLock<(usize, Vec<CurvePoint>)>,
}

impl ScoredClass {
    /// Reads a state.
    pub fn new(name: &str, scores: &Scores) -> Self {
        let (positive, negative) = (weighted(&scores.positive()), weighted(&scores.negative()));
        let steps = steps(&positive, &negative);
        Self {
            name: name.to_owned(),
            positive: steps.iter().map(|s| s.positive).sum(),
            negative: steps.iter().map(|s| s.negative).sum(),
            steps,
            left_out: scores.left_out(),
            rank_error: (!scores.is_exact()).then(|| scores.rank_error()),
            drawn: OnceLock::new(),
        }
    }

    /// The scores of a class in a profile; made once for all metrics and windows.
    ///
    /// # Errors
    /// [`EvaluateError`] if the scores could not be read.
    pub fn of(profile: &Profile, class: &str, spec: &StatisticSpec) -> Result<Arc<Self>, EvaluateError> {
        let scores = profile.get::<Scores>(spec)?;
        let key = format!("scored {spec:?}");
        Ok(profile.derived().get(key, || Self::new(class, scores)))
    }

    /// The class.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Rows with label and score.
    pub fn rows(&self) -> f64 {
        self.positive + self.negative
    }

    /// Rows of the class.
    pub fn positive_rows(&self) -> f64 {
        self.positive
    }

    /// Rows left out.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Error bound of a rank as a share; `None` if the scores are all there.
    pub fn rank_error(&self) -> Option<f64> {
        self.rank_error
    }

    /// The `k` rows with the highest scores.
    pub fn top(&self, k: f64) -> Top {
        let (mut room, mut positive, mut threshold) = (k, 0.0, f64::NAN);
        for step in self.steps.iter().rev() {
            let rows = step.positive + step.negative;
            threshold = step.score;
            if rows > room {
                return Top {
                    positive: positive + step.positive * room / rows,
                    threshold,
                    tied: rows,
                };
            }
            positive += step.positive;
            room -= rows;
            if room == 0.0 {
                break;
            }
        }
        Top {
            positive,
            threshold,
            tied: 0.0,
        }
    }

    /// Expected and largest calibration error over equal bins, and mean score less share of the class; `None` if a score
    /// is no probability.
    pub fn calibration(&self, bins: usize) -> Option<[f64; 3]> {
        if !self.are_probabilities() {
            return None;
        }
        let rows = self.rows();
        let (mut expected, mut largest, mut bias) = (0.0, 0.0_f64, 0.0);
        for (sum, positive, n) in self.binned(bins).into_iter().filter(|(_, _, n)| *n > 0.0) {
            expected += (positive - sum).abs() / rows;
            largest = largest.max((positive - sum).abs() / n);
            bias += (sum - positive) / rows;
        }
        Some([expected, largest, bias])
    }

    /// Sum of scores, rows of the class and rows, by bin of the score.
    fn binned(&self, bins: usize) -> Vec<(f64, f64, f64)> {
        let mut binned = vec![(0.0, 0.0, 0.0); bins];
        for step in &self.steps {
            let bin = ((step.score * bins as f64) as usize).min(bins - 1);
            let rows = step.positive + step.negative;
            let (sum, positive, n) = &mut binned[bin];
            *sum += step.score * rows;
            *positive += step.positive;
            *n += rows;
        }
        binned
    }

    /// Rows of and not of the class by score, ascending.
    pub fn counts(&self) -> Vec<ScoreCount> {
        let count = |step: &Step| ScoreCount {
            score: step.score,
            positive: step.positive as u64,
            negative: step.negative as u64,
        };
        self.steps.iter().map(count).collect()
    }

    /// Area under the ROC curve; `None` if no row, or every row, is of the class.
    pub fn area(&self) -> Option<f64> {
        let pairs = self.positive * self.negative;
        (pairs > 0.0).then(|| {
            let mut below = 0.0;
            let mut ordered = 0.0;
            for step in &self.steps {
                ordered += step.positive * (below + 0.5 * step.negative);
                below += step.negative;
            }
            ordered / pairs
        })
    }

    /// The curve with at most `limit` points; that of a reference is drawn once for all windows.
    fn curve(&self, limit: usize) -> Vec<CurvePoint> {
        let (points, curve) = self.drawn.get_or_init(|| (limit, self.draw(limit)));
        if *points == limit {
            curve.clone()
        } else {
            self.draw(limit)
        }
    }

    /// Points by falling threshold, at most `limit`: evenly spaced along the ROC curve, the last one where every row is
    /// positive.
    fn draw(&self, limit: usize) -> Vec<CurvePoint> {
        let share = |n: f64, of: f64| if of > 0.0 { n / of } else { 0.0 };
        let (mut hits, mut alarms) = (0.0, 0.0);
        let mut curve: Vec<CurvePoint> = Vec::with_capacity(limit.min(self.steps.len()));
        // Along the curve both rates together grow from 0 to 2; the first point of each stretch is kept.
        let stretches = limit.saturating_sub(2) as f64;
        let mut stretch = 0;
        for (at, step) in self.steps.iter().enumerate().rev() {
            hits += step.positive;
            alarms += step.negative;
            let (tpr, fpr) = (share(hits, self.positive), share(alarms, self.negative));
            let place = (f64::midpoint(tpr, fpr) * stretches) as u64;
            let is_end = at == 0 || at + 1 == self.steps.len();
            if is_end || place > stretch || self.steps.len() <= limit {
                curve.push(CurvePoint {
                    threshold: significant(step.score),
                    tpr: drawn_share(tpr),
                    fpr: drawn_share(fpr),
                    precision: (hits + alarms > 0.0).then(|| drawn_share(hits / (hits + alarms))),
                });
            }
            stretch = place;
        }
        curve
    }

    /// Mean score and share of the class's rows in ten equal bins of probability; empty if a score is no probability.
    fn reliability(&self) -> Vec<ReliabilityBin> {
        if !self.are_probabilities() {
            return Vec::new();
        }
        self.binned(RELIABILITY_BINS)
            .into_iter()
            .filter(|(_, _, n)| *n > 0.0)
            .map(|(sum, positive, n)| ReliabilityBin {
                score: significant(sum / n),
                observed: drawn_share(positive / n),
                count: n.round() as u64,
            })
            .collect()
    }

    /// Says whether every score lies between 0 and 1.
    pub fn are_probabilities(&self) -> bool {
        self.steps.iter().all(|s| (0.0..=1.0).contains(&s.score))
    }

    fn edges(&self) -> Vec<f64> {
        let (least, most) = match (self.steps.first(), self.steps.last()) {
            (Some(first), Some(last)) if !self.are_probabilities() => (first.score, last.score),
            _ => (0.0, 1.0),
        };
        let most = if most > least { most } else { least + 1.0 };
        (0..=BINS)
            .map(|i| least + (most - least) * i as f64 / BINS as f64)
            .collect()
    }

    fn histogram(&self, edges: &[f64], rows: impl Fn(&Step) -> f64, total: f64) -> Option<Histogram> {
        if total <= 0.0 {
            return None;
        }
        let mut shares = vec![0.0; BINS];
        for step in &self.steps {
            shares[edges[1..BINS].partition_point(|e| *e <= step.score)] += rows(step) / total;
        }
        let width = (edges[BINS] - edges[0]) / BINS as f64;
        Some(Histogram {
            edges: edges.iter().map(|edge| drawn(*edge, width)).collect(),
            shares: shares.into_iter().map(drawn_share).collect(),
        })
    }
}

/// Everything that is drawn of a class, where `classes` are drawn.
pub(super) fn curves(current: &ScoredClass, reference: Option<&ScoredClass>, classes: usize) -> ClassCurves {
    let points = if classes > 1 { 90 / classes } else { POINTS };
    let edges = current.edges();
    ClassCurves {
        class: current.name.clone(),
        current: current.curve(points),
        reference: reference.filter(|r| r.rows() > 0.0).map(|r| r.curve(points)),
        reliability: current.reliability(),
        positive: current.histogram(&edges, |s| s.positive, current.positive),
        negative: current.histogram(&edges, |s| s.negative, current.negative),
    }
}

/// Merges two ascending lists of scores with weights.
fn steps(positive: &[(f64, f64)], negative: &[(f64, f64)]) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut p, mut n) = (0, 0);
    while p < positive.len() || n < negative.len() {
        let from_positive = match (positive.get(p), negative.get(n)) {
            (Some((a, _)), Some((b, _))) => a <= b,
            (a, _) => a.is_some(),
        };
        let (score, weight) = if from_positive { positive[p] } else { negative[n] };
        if steps.last().is_none_or(|s| s.score < score) {
            steps.push(Step {
                score,
                positive: 0.0,
                negative: 0.0,
            });
        }
        if let Some(step) = steps.last_mut() {
            if from_positive {
                step.positive += weight;
                p += 1;
            } else {
                step.negative += weight;
                n += 1;
            }
        }
    }
    steps
}
