//! `classification.top_k`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::{Classifier, TOLERANCE, scores_spec},
    classification_curves::ScoredClass,
    interval::{points as points_of, wilson},
    regression::{not_above, not_below},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec, statistics::Scores};

/// Precision, recall and lift of the rows with the highest scores: what acting on the first k brings.
///
/// # Definition
/// The k rows with the highest scores count as positive, the others as negative. Of rows with the k-th score only as many
/// count as there is room for, each in proportion, since nothing tells them apart: the values are those to expect if ties
/// are broken at random. lift = precision / share of positive rows.
///
/// # Input
/// A binary task with a score. `k` rows, or the `share` of the rows; with neither, 10 % of them. Of fewer rows, all.
///
/// # Output
/// `precision`, `recall`, `f1`, `accuracy`, 0–1; `lift`, 1 is chance; larger is better. The rates `tnr`, `fpr` and `fnr`, 0–1; that
/// of true positives is `recall`. `rows` that count as positive; `threshold`, the score of the last of them. `lower` and `upper`: the 95 % interval of `precision` if the rows at the top were
/// drawn again (Wilson's; the score where the top begins is taken as it is). With label `class`, the positive class.
///
/// # Missing values
/// Rows whose target is missing, or whose score is missing or not finite, are left out and counted in a note; no row left
/// is the error `not_enough_data`. Without a positive row `recall`, `fnr` and `lift` are null, without a negative one `tnr` and `fpr`.
///
/// # Accuracy
/// Exact while the scores of a window are kept exactly; beyond that from sketches whose rank error a note states.
///
/// # Default bound
/// `precision`, `recall`, `f1`, `accuracy`, `tnr`, `lift`: with a reference, at least its value less 20 %; `lift` without one:
/// above 1. `fpr`, `fnr`: with a reference, at most its value and 20 %.
///
/// # Source
/// Provost and Fawcett, Data Science for Business (2013), chapter 8; Evidently `ClassificationLiftTable` and the
/// argument `k` of its other metrics. DIFFERENCE: Evidently takes the score at place k from 0 as the threshold, so that at least
/// k + 1 rows count as positive, and more with ties.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TopK {
    /// Rows that count as positive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    k: Option<u64>,
    /// Share of the rows that counts as positive, 0–1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<f64>,
    #[serde(skip)]
    classifier: Classifier,
}

impl Metric for TopK {
    const ID: &'static str = "classification.top_k";
    const FIELDS: &'static [&'static str] = &[
        "precision",
        "recall",
        "f1",
        "accuracy",
        "tnr",
        "fpr",
        "fnr",
        "lift",
        "rows",
        "threshold",
        "lower",
        "upper",
    ];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let classifier = Classifier::scored(Self::ID, definition)?;
        let params = |problem: String| SpecError::Params {
            metric: Self::ID.to_owned(),
            problem,
        };
        if classifier.positive().is_none() {
            return Err(SpecError::Definition {
                metric: Self::ID.to_owned(),
                needs: "`task: binary`, found `task: multiclass`".to_owned(),
            });
        }
        match (self.k, self.share) {
            (Some(_), Some(_)) => return Err(params("found both `k` and `share`, expected one of them".to_owned())),
            (Some(0), _) => return Err(params("`k` is 0, expected at least 1".to_owned())),
            (_, Some(share)) if !(share > 0.0 && share <= 1.0) => {
                return Err(params(format!(
                    "`share` is {share}, expected a share above 0 and up to 1"
                )));
            }
            _ => {}
        }
        let share = self.share.or(if self.k.is_none() { Some(0.1) } else { None });
        Ok(Self {
            share,
            classifier,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        scores_spec(&self.classifier).into_iter().collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let absent = || EvaluateError::Absent(Self::ID.to_owned());
        let (class, spec) = (
            self.classifier.positive().ok_or_else(absent)?,
            scores_spec(&self.classifier).ok_or_else(absent)?,
        );
        let scored = ScoredClass::new(class, profiles.current.get::<Scores>(&spec)?);
        let rows = scored.rows();
        if rows == 0.0 {
            return Err(self.classifier.no_rows(profiles.current));
        }
        let k = match (self.k, self.share) {
            (Some(k), _) => (k as f64).min(rows),
            (None, share) => (share.unwrap_or(0.1) * rows).round().max(1.0),
        };
        let top = scored.top(k);
        let positive = scored.positive_rows();
        let precision = top.positive / k;
        let numbers = [
            ("precision", precision),
            ("recall", top.positive / positive),
            ("f1", 2.0 * top.positive / (k + positive)),
            // The positive rows among the first, and the others behind them.
            ("accuracy", (2.0 * top.positive + rows - k - positive) / rows),
            ("tnr", (rows - positive - (k - top.positive)) / (rows - positive)),
            ("fpr", (k - top.positive) / (rows - positive)),
            ("fnr", (positive - top.positive) / positive),
            ("lift", precision * rows / positive),
            ("rows", k),
            ("threshold", top.threshold),
        ];
        let points = numbers.map(|(field, value)| Point::new(field, value).with("class", class));
        let mut evaluation = Evaluation::of(points.to_vec());
        let ends = points_of(wilson(top.positive, k));
        evaluation.points.extend(ends.map(|end| end.with("class", class)));
        if top.tied > 0.0 {
            let note = format!(
                "{} rows share the score of place {k}; they count in proportion",
                top.tied
            );
            evaluation.notes.push(note);
        }
        evaluation.notes.extend(self.classifier.left_out(scored.left_out()));
        if let Some(error) = scored.rank_error() {
            evaluation.exact = false;
            evaluation
                .notes
                .push(format!("from sketches: ranks are within {:.2} %", 100.0 * error));
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        match field {
            "rows" | "threshold" | "lower" | "upper" => None,
            "fpr" | "fnr" => not_above(reference, TOLERANCE, None),
            _ => not_below(reference, TOLERANCE, (field == "lift").then_some(1.0)),
        }
    }
}
