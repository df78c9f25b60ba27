//! `classification.quality_by_feature`.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_model::DataDefinition;
use plimsoll_stats::{RocArea, ScoreCount};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    by_feature::{ByFeature, Measured},
    classification::Classifier,
    mean,
    sampled_rows::{columns_of, finite, five_thousand, is_label, predicted_labels},
};
use crate::{EvaluateError, Evaluation, LabelSource, Metric, Profiles, Range, SpecError, StatisticSpec};

/// What is measured in each bin; the last only of scores.
const FIELDS: [&str; 5] = ["accuracy", "precision", "recall", "f1", "roc_auc"];

/// Quality by feature: where a classifier is right less often, by the values of each feature.
///
/// # Definition
/// A numeric feature is cut at the tenths of the reference, or of the window without one; a categorical one into its ten most
/// common categories and the others. Of the rows of each bin: accuracy; precision, recall and F1 of the positive class, in tasks of
/// several classes their means over the classes of the bin (macro); with scores ROC AUC, of several classes the mean over those that
/// some rows of the bin are of and some are not. `spread`: the largest less the smallest accuracy of a feature's bins with at least 30 rows; `least`: the smallest.
///
/// # Input
/// A classification with target and predicted labels (a `prediction`, or scores), and the numeric, categorical and boolean features
/// among `columns`; by default all of them.
///
/// # Output
/// By label `column`: `spread`, 0–1, and `least`, 0–1. The detail holds the bins of the 30 features that differ most.
///
/// # Missing values
/// Missing cells of a feature are a bin of their own. Rows without target or predicted label are left out; no row left is the error
/// `not_enough_data`.
///
/// # Accuracy
/// Exact up to `rows` rows; beyond it from a sample of so many, with a note. Of a stored profile 500 rows remain. For a few columns
/// and all rows use segments.
///
/// # Source
/// Evidently `ClassificationQualityByFeatureTable`, which draws the rows and has no numbers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualityByFeature {
    /// Names of the features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    /// Score from which on a row counts as positive, in binary tasks. Default: the labels of the prediction column; without one
    /// the task's threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    /// Rows that are compared.
    #[serde(default = "five_thousand")]
    rows: u32,
    #[serde(skip)]
    labels: Option<(String, LabelSource)>,
    #[serde(skip)]
    positive: Option<String>,
    /// Class and score column.
    #[serde(skip)]
    scores: Vec<(String, String)>,
    #[serde(skip)]
    features: ByFeature,
}

impl Metric for QualityByFeature {
    const ID: &'static str = "classification.quality_by_feature";
    const FIELDS: &'static [&'static str] = &["spread", "least"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let (classifier, threshold) = Classifier::labelled(Self::ID, definition, self.threshold)?;
        let Some(StatisticSpec::Confusion { target, predicted }) = classifier.confusion() else {
            return Err(SpecError::Definition {
                metric: Self::ID.to_owned(),
                needs: "a `prediction` column".to_owned(),
            });
        };
        let scores = Classifier::scored(Self::ID, definition).map_or_else(|_| Vec::new(), |c| c.scores().to_vec());
        let own = std::iter::once(target.clone())
            .chain(columns_of(&predicted))
            .chain(scores.iter().map(|(_, column)| column.clone()))
            .collect();
        let columns = self.columns.as_deref();
        Ok(Self {
            features: ByFeature::of(Self::ID, definition, columns, (own, self.rows))?,
            positive: classifier.positive().map(str::to_owned),
            labels: Some((target, predicted)),
            scores,
            threshold,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.features.requires()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let absent = || EvaluateError::Absent(Self::ID.to_owned());
        let (target, predicted) = self.labels.as_ref().ok_or_else(absent)?;
        let sample = self.features.sample(Self::ID, profiles)?;
        let actual = sample.labels(target);
        let decided = self.decided(&actual, predicted_labels(sample, predicted));
        let known: Vec<bool> = decided.iter().map(Option::is_some).collect();
        if !known.contains(&true) {
            return Err(EvaluateError::NotEnough(format!(
                "no row of {} has both a label in `{target}` and a prediction; are the labels in?",
                profiles.current.rows()
            )));
        }
        let scored: Vec<Vec<Option<(f64, bool)>>> = self
            .scores
            .iter()
            .map(|(class, column)| {
                let rows = finite(sample, column).into_iter().zip(&actual);
                rows.map(|(score, actual)| Some((score?, is_label(actual.as_ref()?, class))))
                    .collect()
            })
            .collect();
        let numbers = |rows: &[usize]| -> Vec<Option<f64>> {
            let mut numbers = self.of_labels(&rows.iter().filter_map(|row| decided[*row]).collect::<Vec<_>>());
            if !scored.is_empty() {
                let counts =
                    |of: &Vec<Option<(f64, bool)>>| ScoreCount::of_rows(rows.iter().filter_map(|row| of[*row]));
                numbers.push(mean(
                    scored.iter().filter_map(|of| Some(RocArea::of(&counts(of))?.value)),
                ));
            }
            numbers
        };
        let fields = &FIELDS[..FIELDS.len() - usize::from(scored.is_empty())];
        let measured = Measured { fields, of: &numbers };
        let summary = |least: f64, most: f64| vec![("spread", most - least), ("least", least)];
        Ok(self.features.evaluate((sample, profiles), &known, &measured, summary))
    }
}

impl QualityByFeature {
    /// True and predicted class of each row; in binary tasks 1 is the positive one and 0 any other.
    fn decided(&self, actual: &[Option<String>], predicted: Vec<Option<String>>) -> Vec<Option<(usize, usize)>> {
        let mut classes: BTreeMap<String, usize> = BTreeMap::new();
        let mut class = |label: &str| {
            if let Some(positive) = &self.positive {
                return usize::from(is_label(label, positive));
            }
            let next = classes.len();
            *classes.entry(label.to_owned()).or_insert(next)
        };
        let both = actual.iter().zip(predicted);
        both.map(|(actual, predicted)| Some((class(actual.as_ref()?), class(&predicted?))))
            .collect()
    }

    /// Accuracy, precision, recall and F1 of rows by their true and predicted class.
    fn of_labels(&self, decided: &[(usize, usize)]) -> Vec<Option<f64>> {
        let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
        let count = |of: &dyn Fn(&(usize, usize)) -> bool| decided.iter().filter(|pair| of(pair)).count() as f64;
        let right = count(&|(actual, predicted)| actual == predicted);
        let rates = |class: usize| {
            let hits = count(&|pair| *pair == (class, class));
            let (actual, predicted) = (count(&|pair| pair.0 == class), count(&|pair| pair.1 == class));
            [
                ratio(hits, predicted),
                ratio(hits, actual),
                ratio(2.0 * hits, actual + predicted),
            ]
        };
        let [precision, recall, f1] = if self.positive.is_some() {
            rates(1)
        } else {
            let classes: BTreeSet<usize> = decided.iter().flat_map(|(a, p)| [*a, *p]).collect();
            let rates: Vec<_> = classes.into_iter().map(rates).collect();
            [0, 1, 2].map(|rate| mean(rates.iter().map(|of| of[rate].unwrap_or(0.0))))
        };
        vec![ratio(right, decided.len() as f64), precision, recall, f1]
    }
}
