//! `classification.dummy`.

use plimsoll_model::{DataDefinition, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::classification::{Average, Classifier, Table};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// What labels drawn at random reach: what a model has to beat.
///
/// # Definition
/// Labels are drawn with the frequencies of the true classes of the slice where they are `fitted`, whatever the features.
/// Of the true and drawn labels the table to expect has n · p_true · q_drawn rows in each cell; the values are those of this
/// table. `majority` is the accuracy of always predicting the most common class.
///
/// # Output
/// By label `fitted`, `current` and, with a reference, `reference`: `accuracy`; `precision`, `recall` and `f1` of the
/// positive class, in multi-class tasks the mean over the classes; `majority`. 0–1.
///
/// # Missing values
/// Rows whose target or prediction is missing are left out and counted in a note; no row left is the error
/// `not_enough_data`. A class that the reference does not show is never drawn.
///
/// # Accuracy
/// Exact.
///
/// # Source
/// Evidently `ClassificationDummyMetric`. DIFFERENCE: Evidently draws once, with a fixed seed; these are the values to expect.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClassificationDummy {
    #[serde(skip)]
    classifier: Classifier,
}

/// The table to expect of labels drawn with the frequencies of another table's true classes, and the rows of the class that
/// is most common there.
fn drawn(current: &Table, fitted: &Table) -> (Table, f64) {
    let place = |label: &str| fitted.labels.iter().position(|l| l == label);
    let support = |label: &str| place(label).map_or(0.0, |c| fitted.support(c));
    let shares: Vec<f64> = current.labels.iter().map(|l| support(l) / fitted.total()).collect();
    let counts = (0..current.labels.len())
        .map(|c| shares.iter().map(|share| current.support(c) * share).collect())
        .collect();
    // The first of equals.
    let most = (0..shares.len()).rev().max_by(|a, b| shares[*a].total_cmp(&shares[*b]));
    let table = Table {
        labels: current.labels.clone(),
        counts,
        positive: current.positive,
        notes: Vec::new(),
    };
    (table, most.map_or(0.0, |c| current.support(c)))
}

impl Metric for ClassificationDummy {
    const ID: &'static str = "classification.dummy";
    const FIELDS: &'static [&'static str] = &["accuracy", "precision", "recall", "f1", "majority"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let (classifier, _) = Classifier::labelled(Self::ID, definition, None)?;
        Ok(Self { classifier })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.classifier.confusion().into_iter().collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let current = self.classifier.table(profiles)?;
        let reference = profiles
            .reference
            .and_then(|r| self.classifier.table_of(r, Some(profiles.current)).ok());
        let average = self.classifier.average(Self::ID, None).unwrap_or(Average::Macro);
        let mut points = Vec::new();
        for (side, fitted) in [("current", Some(&current)), ("reference", reference.as_ref())] {
            let Some(fitted) = fitted else { continue };
            let (table, majority) = drawn(&current, fitted);
            let over = |of: &dyn Fn(usize) -> f64| match (average, table.positive) {
                (Average::Binary, Some(positive)) => of(positive),
                _ => (0..table.labels.len()).map(of).sum::<f64>() / table.labels.len() as f64,
            };
            let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
            let hits = |c: usize| table.one_vs_rest(c).true_positive;
            let numbers = [
                (
                    "accuracy",
                    (0..table.labels.len()).map(hits).sum::<f64>() / current.total(),
                ),
                ("precision", over(&|c| share(hits(c), table.predicted(c)))),
                ("recall", over(&|c| share(hits(c), table.support(c)))),
                (
                    "f1",
                    over(&|c| share(2.0 * hits(c), table.predicted(c) + table.support(c))),
                ),
                ("majority", majority / current.total()),
            ];
            points.extend(numbers.map(|(field, value)| Point::new(field, value).with("fitted", side)));
        }
        let mut evaluation = Evaluation::of(points);
        evaluation.notes.extend(current.notes);
        Ok(evaluation)
    }
}
