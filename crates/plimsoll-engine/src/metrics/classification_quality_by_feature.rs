//! `classification.quality_by_feature`.

use plimsoll_model::DataDefinition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    by_feature::{ByFeature, Measured, five_thousand},
    classification::Classifier,
    sampled_rows::{columns_of, is_label, predicted_labels},
};
use crate::{EvaluateError, Evaluation, LabelSource, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Quality by feature: where a classifier is right less often, by the values of each feature.
///
/// # Definition
/// A numeric feature is cut at the tenths of the reference, or of the window without one; a categorical one into its ten most
/// common categories and the others. Of the rows of each bin: accuracy, and in binary tasks precision, recall and F1 of the
/// positive class. `spread`: the largest less the smallest accuracy of a feature's bins with at least 30 rows; `least`: the smallest.
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
        let own = std::iter::once(target.clone()).chain(columns_of(&predicted)).collect();
        let columns = self.columns.as_deref();
        Ok(Self {
            features: ByFeature::of(Self::ID, definition, columns, (own, self.rows))?,
            positive: classifier.positive().map(str::to_owned),
            labels: Some((target, predicted)),
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
        // Truly and predicted positive; with several classes, whether the label is right.
        let decided: Vec<Option<(bool, bool)>> = sample
            .labels(target)
            .into_iter()
            .zip(predicted_labels(sample, predicted))
            .map(|(actual, predicted)| {
                let (actual, predicted) = (actual?, predicted?);
                Some(match &self.positive {
                    Some(positive) => (is_label(&actual, positive), is_label(&predicted, positive)),
                    None => (true, actual == predicted),
                })
            })
            .collect();
        let known: Vec<bool> = decided.iter().map(Option::is_some).collect();
        if !known.contains(&true) {
            return Err(EvaluateError::NotEnough(format!(
                "no row of {} has both a label in `{target}` and a prediction; are the labels in?",
                profiles.current.rows()
            )));
        }
        let fields: &[&str] = match &self.positive {
            Some(_) => &["accuracy", "precision", "recall", "f1"],
            None => &["accuracy"],
        };
        let numbers = |rows: &[usize]| -> Vec<Option<f64>> {
            let count = |wanted: (bool, bool)| rows.iter().filter(|row| decided[**row] == Some(wanted)).count() as f64;
            let (right, wrong) = (count((true, true)), count((false, true)));
            let (missed, rejected) = (count((true, false)), count((false, false)));
            let ratio = |part: f64, whole: f64| (whole > 0.0).then(|| part / whole);
            let all = [
                ratio(right + rejected, right + wrong + missed + rejected),
                ratio(right, right + wrong),
                ratio(right, right + missed),
                ratio(2.0 * right, 2.0 * right + wrong + missed),
            ];
            all[..fields.len()].to_vec()
        };
        let measured = Measured { fields, of: &numbers };
        let summary = |least: f64, most: f64| vec![("spread", most - least), ("least", least)];
        Ok(self.features.evaluate((sample, profiles), &known, &measured, summary))
    }
}
