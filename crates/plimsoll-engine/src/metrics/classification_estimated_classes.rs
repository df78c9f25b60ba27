//! `classification.estimated` of several classes.

use std::sync::Arc;

use plimsoll_model::DataDefinition;
use plimsoll_stats::{Isotonic, RocArea, calibration_helps};

use super::{
    classification::{Average, Classifier, Table, scores_specs},
    classification_curves::ScoredClass,
    classification_estimated::{Cells, QUALITIES, banded},
    classification_f1, classification_precision,
    classification_rate::Rate,
    classification_recall,
    sampled_rows::{columns_of, finite, note_sample, predicted_labels},
};
use crate::{
    EvaluateError, Evaluation, LabelSource, Profile, Profiles, SpecError, StatisticSpec, statistics::RowSample,
};

/// Rows of a window that are looked at: probabilities of one row belong together.
const ROWS: u32 = 20_000;

/// Rates that are told, each the mean over the classes.
const RATES: [(&str, &Rate); 3] = [
    ("precision", &classification_precision::RATE),
    ("recall", &classification_recall::RATE),
    ("f1", &classification_f1::RATE),
];

/// The expected quality of a classifier of several classes.
#[derive(Debug, Clone)]
pub(super) struct EstimatedClasses {
    classifier: Classifier,
    predicted: LabelSource,
}

/// What the reference teaches of a class.
#[derive(Debug)]
struct LearnedClass {
    calibration: Option<Isotonic>,
    area: Option<RocArea>,
    /// Share of rows of the class.
    share: f64,
}

/// What is learned from the reference once for all windows.
#[derive(Debug)]
pub(super) struct LearnedClasses {
    classes: Vec<LearnedClass>,
    table: Table,
    is_exact: bool,
    notes: Vec<String>,
}

impl LearnedClasses {
    /// Mean of the classes' realised areas under the ROC curve, with its standard error over so many rows.
    fn area(&self, rows: f64) -> (f64, f64) {
        let areas: Vec<(f64, f64)> = self
            .classes
            .iter()
            .filter_map(|class| {
                let area = class.area?;
                Some((
                    area.value,
                    area.standard_error(rows * class.share, rows * (1.0 - class.share)),
                ))
            })
            .collect();
        let n = areas.len() as f64;
        let mean = areas.iter().map(|(value, _)| value).sum::<f64>() / n;
        (
            mean,
            areas.iter().map(|(_, error)| error * error).sum::<f64>().sqrt() / n,
        )
    }

    /// Standard error of the mean of a rate over the classes, taken as independent, over so many rows.
    fn error(&self, name: &str, rows: f64) -> f64 {
        let Some(quality) = QUALITIES.iter().find(|quality| quality.name == name) else {
            return f64::NAN;
        };
        let classes = self.table.labels.len();
        let squares = (0..classes).map(|class| {
            let error = (quality.error)(&Cells::from(self.table.one_vs_rest(class)), rows);
            // A class that the model never gives, or that never came, is without error.
            if error.is_finite() { error * error } else { 0.0 }
        });
        squares.sum::<f64>().sqrt() / classes as f64
    }

    /// The realised value of a field.
    pub fn realised(&self, field: &str) -> Option<f64> {
        let rate = RATES.iter().find(|(name, _)| *name == field);
        match (field, rate) {
            ("roc_auc", _) => Some(self.area(1.0).0),
            ("accuracy", _) => Some(self.table.accuracy()),
            (_, Some((_, rate))) => rate.averaged(&self.table, Average::Macro),
            _ => None,
        }
        .filter(|value| value.is_finite())
    }
}

/// Rows of the window by probability of each class and predicted class.
struct Rows {
    /// Score of each class, by class.
    scores: Vec<Vec<f64>>,
    /// Probability of each class, by class.
    probabilities: Vec<Vec<f64>>,
    predicted: Vec<usize>,
}

impl EstimatedClasses {
    pub fn of(metric: &str, definition: &DataDefinition) -> Result<Self, SpecError> {
        Classifier::scored(metric, definition)?;
        let (classifier, _) = Classifier::labelled(metric, definition, None)?;
        let Some(StatisticSpec::Confusion { predicted, .. }) = classifier.confusion() else {
            return Err(SpecError::Definition {
                metric: metric.to_owned(),
                needs: "a `prediction` column".to_owned(),
            });
        };
        Ok(Self { classifier, predicted })
    }

    fn sampled(&self) -> StatisticSpec {
        let scores = self.classifier.scores().iter().map(|(_, column)| column.clone());
        StatisticSpec::row_sample(scores.chain(columns_of(&self.predicted)), ROWS)
    }

    pub fn requires(&self) -> Vec<StatisticSpec> {
        let scores = scores_specs(&self.classifier).into_iter().map(|(_, spec)| spec);
        scores
            .chain(self.classifier.confusion())
            .chain([self.sampled()])
            .collect()
    }

    /// What the reference teaches; worked out once.
    pub fn learned(&self, reference: &Profile) -> Result<Arc<LearnedClasses>, EvaluateError> {
        let mut scored = Vec::new();
        for (class, spec) in scores_specs(&self.classifier) {
            let of_class = ScoredClass::of(reference, class, &spec)?;
            if of_class.rows() == 0.0 {
                return Err(EvaluateError::NotEnough(format!(
                    "no row of the reference's {} has both a label and a finite score of `{class}`; scores become probabilities \
                     by labels",
                    reference.rows()
                )));
            }
            scored.push(of_class);
        }
        let table = self.classifier.table_of(reference, None)?;
        let key = format!("estimated classes {:?}", self.classifier);
        Ok(reference.derived().get(key, || Self::learn(&scored, table)))
    }

    fn learn(scored: &[Arc<ScoredClass>], table: Table) -> LearnedClasses {
        let mut calibrated = Vec::new();
        let classes = scored.iter().map(|scored| {
            let counts = scored.counts();
            let calibration = if !scored.are_probabilities() || calibration_helps(&counts) {
                calibrated.push(format!("`{}`", scored.name()));
                Isotonic::fit(&counts)
            } else {
                None
            };
            LearnedClass {
                calibration,
                area: RocArea::of(&counts),
                share: scored.positive_rows() / scored.rows(),
            }
        });
        let classes = classes.collect();
        let rows = scored.first().map_or(0.0, |first| first.rows());
        let note = format!(
            "scores of {} are calibrated on {rows} rows of the reference",
            calibrated.join(", ")
        );
        LearnedClasses {
            classes,
            table,
            is_exact: scored.iter().all(|s| s.rank_error().is_none()),
            notes: if calibrated.is_empty() { Vec::new() } else { vec![note] },
        }
    }

    fn rows(&self, sample: &RowSample, learned: &LearnedClasses) -> Rows {
        let classes = self.classifier.scores();
        let columns: Vec<Vec<Option<f64>>> = classes.iter().map(|(_, column)| finite(sample, column)).collect();
        let mut rows = Rows {
            scores: vec![Vec::new(); classes.len()],
            probabilities: vec![Vec::new(); classes.len()],
            predicted: Vec::new(),
        };
        for (row, label) in predicted_labels(sample, &self.predicted).into_iter().enumerate() {
            let own: Option<Vec<f64>> = columns.iter().map(|column| column[row]).collect();
            let place = label.and_then(|label| classes.iter().position(|(class, _)| *class == label));
            let (Some(own), Some(place)) = (own, place) else {
                continue;
            };
            let raised = own.iter().zip(&learned.classes).map(|(score, class)| {
                let probability = class.calibration.as_ref().map_or(*score, |c| c.at(*score));
                probability.clamp(0.0, 1.0)
            });
            let raised: Vec<f64> = raised.collect();
            let whole: f64 = raised.iter().sum();
            // A row that no class is likely for tells nothing.
            let even = 1.0 / classes.len() as f64;
            for (class, (score, probability)) in own.into_iter().zip(raised).enumerate() {
                rows.scores[class].push(score);
                rows.probabilities[class].push(if whole > 0.0 { probability / whole } else { even });
            }
            rows.predicted.push(place);
        }
        rows
    }

    pub fn evaluate(&self, metric: &str, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let learned = self.learned(profiles.reference(metric)?)?;
        let sample: &RowSample = profiles.current.get(&self.sampled())?;
        let rows = self.rows(sample, &learned);
        if rows.predicted.is_empty() {
            return Err(EvaluateError::NotEnough(format!(
                "no row of {} has a finite score of every class and one of them as its predicted label",
                profiles.current.rows()
            )));
        }
        let n = rows.predicted.len() as f64;
        let table = rows.table(self.classifier.scores());
        let accuracy = learned.table.accuracy();
        let mut points = banded("roc_auc", rows.area(), learned.area(n).1, 1.0).to_vec();
        let error = (accuracy * (1.0 - accuracy) / n).sqrt();
        points.extend(banded("accuracy", table.accuracy(), error, 1.0));
        for (name, rate) in RATES {
            let value = rate.averaged(&table, Average::Macro).unwrap_or(f64::NAN);
            points.extend(banded(name, value, learned.error(name, n), 1.0));
        }
        let mut evaluation = Evaluation::of(points);
        evaluation.notes.clone_from(&learned.notes);
        if evaluation.points.iter().any(|p| p.value.is_none()) {
            let note = "null is what has no rows to judge by: the reference or the window has one class alone";
            evaluation.notes.push(note.to_owned());
        }
        let scored = |label: &&String| !self.classifier.scores().iter().any(|(class, _)| class == *label);
        let without: Vec<String> = learned
            .table
            .labels
            .iter()
            .filter(scored)
            .map(|l| format!("`{l}`"))
            .collect();
        if !without.is_empty() {
            evaluation.notes.push(format!(
                "{} has no score column and is not expected",
                without.join(", ")
            ));
        }
        let left_out = sample.len() - rows.predicted.len();
        if left_out > 0 {
            evaluation.notes.push(format!(
                "{left_out} of {} rows left out: a score is missing or not finite, or the predicted label has no score",
                sample.len()
            ));
        }
        note_sample(&mut evaluation, sample, "window");
        if !learned.is_exact {
            evaluation.exact = false;
            evaluation
                .notes
                .push("from sketches of the reference's scores".to_owned());
        }
        Ok(evaluation)
    }
}

impl Rows {
    /// The rows to expect by true and predicted class.
    fn table(&self, classes: &[(String, String)]) -> Table {
        let mut counts = vec![vec![0.0; classes.len()]; classes.len()];
        for (class, probabilities) in self.probabilities.iter().enumerate() {
            for (probability, predicted) in probabilities.iter().zip(&self.predicted) {
                counts[class][*predicted] += probability;
            }
        }
        Table {
            labels: classes.iter().map(|(class, _)| class.clone()).collect(),
            counts,
            positive: None,
            notes: Vec::new(),
        }
    }

    /// Mean over the classes of the area under the ROC curve to expect, each class against the rest: every row counts as often
    /// as its probability says.
    fn area(&self) -> f64 {
        let areas = self
            .scores
            .iter()
            .zip(&self.probabilities)
            .map(|(scores, probabilities)| {
                let mut rows: Vec<(f64, f64)> = scores.iter().copied().zip(probabilities.iter().copied()).collect();
                rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
                let (mut below, mut above, mut ordered) = (0.0, 0.0, 0.0);
                for tied in rows.chunk_by(|a, b| a.0 == b.0) {
                    let positive: f64 = tied.iter().map(|(_, p)| p).sum();
                    let negative = tied.len() as f64 - positive;
                    ordered += positive * (below + 0.5 * negative);
                    below += negative;
                    above += positive;
                }
                ordered / (above * below)
            });
        let areas: Vec<f64> = areas.filter(|area| area.is_finite()).collect();
        areas.iter().sum::<f64>() / areas.len() as f64
    }
}
