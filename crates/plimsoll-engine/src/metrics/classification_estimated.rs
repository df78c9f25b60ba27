//! `classification.estimated`.

use std::sync::Arc;

use plimsoll_model::{Bound, DataDefinition, Labels, Point, Task};
use plimsoll_stats::{Isotonic, RocArea, ScoreCount, calibration_helps};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::{Classifier, OneVsRest, TOLERANCE, scores_spec},
    classification_curves::ScoredClass,
    classification_estimated_classes::EstimatedClasses,
    regression::not_below,
};
use crate::{
    EvaluateError, Evaluation, Metric, Profile, Profiles, Range, SpecError, StatisticSpec, statistics::Distribution,
};

/// Sampling errors from the estimate to either end of its band.
const RANGE: f64 = 3.0;
/// Share of the reference's rows that labels and scores may judge differently without a note.
const APART: f64 = 0.005;

/// Estimated quality: what a classifier's labels, which have not come yet, are expected to say of it.
///
/// # Definition
/// Confidence-based performance estimation. A row with score s is of the positive class with probability p(s): the score
/// itself, or the isotonic regression of the reference's labels on its scores, if that lowers the expected calibration
/// error on rows held out (ten parts). Over all rows of the window that have a score, with labels or without:
/// TP = Σ p over rows with s ≥ `threshold`, FP = Σ (1 − p) over the same, FN and TN likewise over the others;
/// accuracy, precision, recall and F1 of these four; ROC AUC of every row counted p times as positive and 1 − p times as
/// negative. Bands are the estimate ± 3 standard errors over as many rows as the window has, which follow from the
/// realised rates of the reference (binomial; F1 by its share of TP + ½ FP + ½ FN; DeLong's for ROC AUC).
///
/// Of several classes: the score of each is made its probability as above, one class against the rest, and those of a row are
/// divided by their sum. A row counts in the expected confusion matrix with its probabilities, under its predicted label;
/// accuracy, and precision, recall, F1 and ROC AUC as means over the classes, follow.
///
/// # Input
/// A binary task with a score of the positive class, or several classes with a score each. A reference with labels.
///
/// # Output
/// `roc_auc`, `accuracy`, `precision`, `recall`, `f1`, 0–1, larger is better; `true_positives`, `false_positives`,
/// `false_negatives`, `true_negatives`: expected rows of the window, with a fraction, in binary tasks. Each with `…_lower` and `…_upper`, the ends of
/// its band. It holds as long as rows of a score come true as often as they did in the reference; a change of that (concept
/// drift) cannot be seen without labels.
///
/// # Missing values
/// Rows of the window without a finite score, and rows of the reference without label or finite score, are left out. No row
/// left on either side is the error `not_enough_data`. A rate without denominator, and bands where the reference has none,
/// are `null` with a note.
///
/// # Accuracy
/// Exact while scores are kept exactly; beyond that from sketches, with a note; of several classes up to 20,000 rows, then from a
/// sample. On the car loan data (ten windows of 5,000
/// rows) every estimate is NannyML's to less than 0.001 of its sampling errors. Of the ten realised values ROC AUC, accuracy, F1 lie in
/// the band ten times, precision seven and recall five times: after the change in the data the model is wrong in another way. Of the
/// three classes of the wine data every estimate is NannyML's to eight digits, and the errors but for those of ROC AUC and F1 (within 10 %).
///
/// # Default bound
/// ROC AUC, accuracy, precision, recall, F1: at least the reference's realised value less 20 %.
///
/// # Source
/// NannyML `CBPE` 0.13. DIFFERENCE: NannyML takes predicted labels from their column, here they are scores at or above
/// `threshold`; where no threshold gives the reference's labels a note says so. Its error of ROC AUC leaves out the larger
/// class; it deals rows to the ten parts independently.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimatedQuality {
    /// Score at or above which a row counts as positive. Default: where the reference's scores give as many positive labels as its
    /// prediction column; without one the task's threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    #[serde(skip)]
    classifier: Classifier,
    /// Column of the scores.
    #[serde(skip)]
    score: String,
    /// The column of predicted labels, if there is one.
    #[serde(skip)]
    prediction: Option<String>,
    /// In place of the others where there are several classes.
    #[serde(skip)]
    classes: Option<EstimatedClasses>,
}

/// Rows by true and predicted class; expected ones have a fraction.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cells {
    true_positive: f64,
    false_positive: f64,
    false_negative: f64,
    true_negative: f64,
}

/// A quality of the four cells.
pub(super) struct Quality {
    pub name: &'static str,
    value: fn(&Cells) -> f64,
    /// Its standard error over so many rows that are like those of the cells.
    pub error: fn(&Cells, f64) -> f64,
    is_rate: bool,
}

impl From<OneVsRest> for Cells {
    fn from(counts: OneVsRest) -> Self {
        Self {
            true_positive: counts.true_positive,
            false_positive: counts.false_positive,
            false_negative: counts.false_negative,
            true_negative: counts.true_negative,
        }
    }
}

pub(super) const QUALITIES: [Quality; 8] = [
    Quality {
        name: "accuracy",
        value: |c| (c.true_positive + c.true_negative) / c.rows(),
        error: |c, n| c.rate_error(c.true_positive + c.true_negative, c.rows(), n),
        is_rate: true,
    },
    Quality {
        name: "precision",
        value: |c| c.true_positive / c.predicted(),
        error: |c, n| c.rate_error(c.true_positive, c.predicted(), n),
        is_rate: true,
    },
    Quality {
        name: "recall",
        value: |c| c.true_positive / (c.true_positive + c.false_negative),
        error: |c, n| c.rate_error(c.true_positive, c.true_positive + c.false_negative, n),
        is_rate: true,
    },
    Quality {
        name: "f1",
        value: Cells::f1,
        error: |c, n| {
            let relevant = c.predicted() + c.false_negative;
            let scale = relevant / f64::midpoint(c.predicted(), c.true_positive + c.false_negative);
            scale * c.rate_error(c.true_positive, relevant, n)
        },
        is_rate: true,
    },
    Quality {
        name: "true_positives",
        value: |c| c.true_positive,
        error: |c, n| n * c.rate_error(c.true_positive, c.rows(), n),
        is_rate: false,
    },
    Quality {
        name: "false_positives",
        value: |c| c.false_positive,
        error: |c, n| n * c.rate_error(c.false_positive, c.rows(), n),
        is_rate: false,
    },
    Quality {
        name: "false_negatives",
        value: |c| c.false_negative,
        error: |c, n| n * c.rate_error(c.false_negative, c.rows(), n),
        is_rate: false,
    },
    Quality {
        name: "true_negatives",
        value: |c| c.true_negative,
        error: |c, n| n * c.rate_error(c.true_negative, c.rows(), n),
        is_rate: false,
    },
];

impl Cells {
    /// Adds rows of a score.
    fn add(&mut self, is_predicted: bool, positive: f64, negative: f64) {
        if is_predicted {
            self.true_positive += positive;
            self.false_positive += negative;
        } else {
            self.false_negative += positive;
            self.true_negative += negative;
        }
    }

    fn rows(&self) -> f64 {
        self.true_positive + self.false_positive + self.false_negative + self.true_negative
    }

    fn predicted(&self) -> f64 {
        self.true_positive + self.false_positive
    }

    fn f1(&self) -> f64 {
        self.true_positive / f64::midpoint(self.predicted(), self.true_positive + self.false_negative)
    }

    /// Binomial standard error of a share of these rows, over `n` rows of which as large a share counts.
    fn rate_error(&self, part: f64, whole: f64, n: f64) -> f64 {
        let share = part / whole;
        (share * (1.0 - share) / (n * whole / self.rows())).sqrt()
    }
}

/// What is learned from the reference once for all windows.
#[derive(Debug)]
struct Learned {
    /// Score at or above which a row is labelled positive.
    threshold: f64,
    calibration: Option<Isotonic>,
    cells: Cells,
    area: Option<RocArea>,
    /// Share of rows of the class.
    positive: f64,
    is_exact: bool,
    notes: Vec<String>,
}

impl EstimatedQuality {
    fn scores(&self) -> StatisticSpec {
        StatisticSpec::Distribution {
            column: self.score.clone(),
        }
    }

    /// What the reference teaches; worked out once.
    fn learned(&self, reference: &Profile) -> Result<Arc<Learned>, EvaluateError> {
        let absent = || EvaluateError::Absent(Self::ID.to_owned());
        let spec = scores_spec(&self.classifier).ok_or_else(absent)?;
        let positive = self.classifier.positive().ok_or_else(absent)?;
        let scored = ScoredClass::of(reference, positive, &spec)?;
        if scored.rows() == 0.0 {
            return Err(EvaluateError::NotEnough(format!(
                "no row of the reference's {} has both a label and a finite `{}`; scores become probabilities by labels",
                reference.rows(),
                self.score
            )));
        }
        let key = format!("estimated {spec:?} {:?} {:?}", self.threshold, self.prediction);
        Ok(reference.derived().get(key, || self.learn(reference, &scored)))
    }

    fn learn(&self, reference: &Profile, scored: &ScoredClass) -> Learned {
        let counts = scored.counts();
        let mut notes = Vec::new();
        let threshold = self.threshold.unwrap_or_else(|| {
            let (threshold, note) = self.cut(reference, &counts);
            notes.extend(note);
            threshold
        });
        let off = !scored.are_probabilities();
        let calibration = if off || calibration_helps(&counts) {
            notes.push(format!(
                "`{}` is calibrated on {} rows of the reference",
                self.score,
                scored.rows()
            ));
            Isotonic::fit(&counts)
        } else {
            None
        };
        Learned {
            threshold,
            calibration,
            cells: cells_at(threshold, &counts),
            area: RocArea::of(&counts),
            positive: scored.positive_rows() / scored.rows(),
            is_exact: scored.rank_error().is_none(),
            notes,
        }
    }

    /// The score at which the reference's scores give as many positive labels as its predicted ones, and what a reader should
    /// know of it.
    fn cut(&self, reference: &Profile, counts: &[ScoreCount]) -> (f64, Option<String>) {
        let table = self.classifier.table_of(reference, None).ok();
        let Some((positive, table)) = table.and_then(|t| Some((t.positive?, t))) else {
            return (f64::NAN, None);
        };
        let wanted = table.predicted(positive) / table.total() * counts.iter().map(ScoreCount::rows).sum::<f64>();
        let (mut above, mut threshold, mut least) = (0.0, f64::INFINITY, wanted);
        for count in counts.iter().rev() {
            above += count.rows();
            if (above - wanted).abs() < least {
                least = (above - wanted).abs();
                threshold = count.score;
            }
        }
        let labelled = table.one_vs_rest(positive);
        let cut = cells_at(threshold, counts);
        let apart = [
            labelled.true_positive / table.total() - cut.true_positive / cut.rows(),
            labelled.false_positive / table.total() - cut.false_positive / cut.rows(),
        ];
        let column = self.prediction.as_deref().unwrap_or_default();
        let note = apart.iter().any(|share| share.abs() > APART).then(|| {
            format!(
                "`{column}` is not a cut of `{}`: no threshold gives its labels; estimates are of {} and above",
                self.score, threshold
            )
        });
        (threshold, note)
    }
}

/// The rows by true class, and by whether their score is at or above a threshold.
fn cells_at(threshold: f64, counts: &[ScoreCount]) -> Cells {
    let mut cells = Cells::default();
    for count in counts {
        cells.add(count.score >= threshold, count.positive as f64, count.negative as f64);
    }
    cells
}

/// The expected cells and area of scores with probabilities.
fn expected(scores: &Distribution, threshold: f64, calibration: Option<&Isotonic>) -> (Cells, f64) {
    let (mut cells, mut below, mut ordered) = (Cells::default(), 0.0, 0.0);
    for (score, rows) in scores.sample().runs() {
        let probability = calibration.map_or(score, |c| c.at(score));
        let positive = rows as f64 * probability.clamp(0.0, 1.0);
        let negative = rows as f64 - positive;
        cells.add(score >= threshold, positive, negative);
        ordered += positive * (below + 0.5 * negative);
        below += negative;
    }
    let positive = cells.true_positive + cells.false_negative;
    (cells, ordered / (positive * below))
}

/// An estimate and the ends of its band, which do not leave 0 to `most`.
pub(super) fn banded(name: &str, value: f64, error: f64, most: f64) -> [Point; 3] {
    let end = |at: f64| if at.is_finite() { at.clamp(0.0, most) } else { at };
    [
        Point::new(name, value),
        Point::new(&format!("{name}_lower"), end(value - RANGE * error)),
        Point::new(&format!("{name}_upper"), end(value + RANGE * error)),
    ]
}

impl Metric for EstimatedQuality {
    const ID: &'static str = "classification.estimated";
    const FIELDS: &'static [&'static str] = &[
        "roc_auc",
        "roc_auc_lower",
        "roc_auc_upper",
        "accuracy",
        "accuracy_lower",
        "accuracy_upper",
        "precision",
        "precision_lower",
        "precision_upper",
        "recall",
        "recall_lower",
        "recall_upper",
        "f1",
        "f1_lower",
        "f1_upper",
        "true_positives",
        "true_positives_lower",
        "true_positives_upper",
        "false_positives",
        "false_positives_lower",
        "false_positives_upper",
        "false_negatives",
        "false_negatives_lower",
        "false_negatives_upper",
        "true_negatives",
        "true_negatives_lower",
        "true_negatives_upper",
    ];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let scored = Classifier::scored(Self::ID, definition)?;
        let Some(Task::Binary { threshold, .. }) = &definition.task else {
            if self.threshold.is_some() {
                return Err(SpecError::Params {
                    metric: Self::ID.to_owned(),
                    problem: "`threshold` applies to binary tasks only, found `task: multiclass`".to_owned(),
                });
            }
            return Ok(Self {
                classes: Some(EstimatedClasses::of(Self::ID, definition)?),
                ..self
            });
        };
        let prediction = definition.prediction().map(|c| c.name.clone());
        // Predicted labels tell where they are cut.
        let used = self.threshold.or_else(|| prediction.is_none().then_some(*threshold));
        if let Some(used) = used.filter(|t| !t.is_finite()) {
            return Err(SpecError::Params {
                metric: Self::ID.to_owned(),
                problem: format!("`threshold` is {used}, expected a finite number"),
            });
        }
        let score = scored.scores().first().map(|(_, column)| column.clone());
        let (classifier, _) = Classifier::labelled(Self::ID, definition, None)?;
        Ok(Self {
            threshold: used,
            classifier,
            score: score.unwrap_or_default(),
            prediction,
            classes: None,
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        if let Some(classes) = &self.classes {
            return classes.requires();
        }
        let labels = if self.threshold.is_none() {
            self.classifier.confusion()
        } else {
            None
        };
        scores_spec(&self.classifier)
            .into_iter()
            .chain(labels)
            .chain([self.scores()])
            .collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        if let Some(classes) = &self.classes {
            return classes.evaluate(Self::ID, profiles);
        }
        let learned = self.learned(profiles.reference(Self::ID)?)?;
        let scores: &Distribution = profiles.current.get(&self.scores())?;
        let rows = scores.sample().n();
        if rows == 0 {
            return Err(EvaluateError::NotEnough(format!(
                "no row of {} has a finite `{}`",
                profiles.current.rows(),
                self.score
            )));
        }
        let n = rows as f64;
        let (cells, area) = expected(scores, learned.threshold, learned.calibration.as_ref());
        let area_error = learned.area.map_or(f64::NAN, |area| {
            area.standard_error(n * learned.positive, n * (1.0 - learned.positive))
        });
        let mut points = banded("roc_auc", area, area_error, 1.0).to_vec();
        for quality in &QUALITIES {
            let most = if quality.is_rate { 1.0 } else { n };
            let error = (quality.error)(&learned.cells, n);
            points.extend(banded(quality.name, (quality.value)(&cells), error, most));
        }
        let mut evaluation = Evaluation::of(points);
        evaluation.notes.clone_from(&learned.notes);
        if evaluation.points.iter().any(|p| p.value.is_none()) {
            evaluation.notes.push(
                "null is what has no rows to judge by: none is expected in the window, or there was none in the reference"
                    .to_owned(),
            );
        }
        let left_out = profiles.current.rows().saturating_sub(rows);
        if left_out > 0 {
            evaluation.notes.push(format!(
                "{left_out} rows left out: `{}` is missing or not finite",
                self.score
            ));
        }
        if !(learned.is_exact && scores.is_exact()) {
            evaluation.exact = false;
            evaluation.notes.push("from sketches of the scores".to_owned());
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, _: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        if let Some(classes) = &self.classes {
            let realised = classes.learned(profiles.reference?).ok()?.realised(field);
            return not_below(realised, TOLERANCE, None);
        }
        let learned = self.learned(profiles.reference?).ok()?;
        let realised = if field == "roc_auc" {
            learned.area.map(|area| area.value)
        } else {
            let quality = QUALITIES.iter().find(|q| q.is_rate && q.name == field)?;
            Some((quality.value)(&learned.cells)).filter(|v| v.is_finite())
        };
        not_below(realised, TOLERANCE, None)
    }
}
