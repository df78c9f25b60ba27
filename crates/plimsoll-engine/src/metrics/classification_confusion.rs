//! `classification.confusion`.

use plimsoll_model::{Bound, ConfusionMatrix, DataDefinition, Detail, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::{Classifier, TOLERANCE, Table},
    regression::approx,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// More classes than this give no point by cell: 4 classes are 32 points.
const CELL_CLASSES: usize = 4;
/// More classes than this share one row and column of the detail.
const DETAIL_CLASSES: usize = 20;
/// Name of that row and column.
const OTHER_CLASSES: &str = "other classes";

/// Confusion matrix: rows by true and predicted class.
///
/// # Definition
/// n(a, b), the number of rows of true class a (label `class`) that are predicted as b (label `predicted`).
///
/// # Output
/// Up to four classes: `value` (rows) and `share` (of all rows, 0–1) by `class` and `predicted`. Beyond that: `value` and
/// `share` by `class`, which count the rows of the class that are predicted right. The detail holds the matrix of the
/// current data and of the reference; the classes beyond the 20 with most rows are gathered as `other classes`.
///
/// # Missing values
/// Rows whose target or prediction (or score, where labels come from scores) is missing or not finite are left out and
/// counted in a note; no row left is the error `not_enough_data`. In binary tasks every label but the positive one counts
/// as the other class.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// With a reference: `share` within 20 % of its value. Without: none.
///
/// # Source
/// scikit-learn `confusion_matrix`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfusionCounts {
    /// Score at or above which a row counts as positive; binary tasks only. Default: the label of the prediction column,
    /// without one the task's threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    #[serde(skip)]
    classifier: Classifier,
}

impl Metric for ConfusionCounts {
    const ID: &'static str = "classification.confusion";
    const FIELDS: &'static [&'static str] = &["value", "share"];
    const RANGE: Range = Range::SIZE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let (classifier, threshold) = Classifier::labelled(Self::ID, definition, self.threshold)?;
        Ok(Self { threshold, classifier })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.classifier.confusion().into_iter().collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let table = self.classifier.table(profiles)?;
        let reference = match profiles.reference {
            Some(reference) => self.classifier.table_of(reference, Some(profiles.current)).ok(),
            None => None,
        };
        let kept = most_common(&table, reference.as_ref());
        let mut evaluation = Evaluation::of(points(&table));
        evaluation.detail = Some(Detail::Confusion {
            current: matrix(&table, &kept),
            reference: reference.as_ref().map(|r| matrix(r, &kept)),
        });
        evaluation.notes = table.notes;
        Ok(evaluation)
    }

    fn default_bound(
        &self,
        field: &str,
        _labels: &Labels,
        reference: Option<f64>,
        _profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        let value = reference.filter(|_| field == "share")?;
        Some(Bound {
            eq: Some(approx(value, TOLERANCE)),
            ..Bound::default()
        })
    }
}

fn points(table: &Table) -> Vec<Point> {
    let classes = table.labels.len();
    let mut points = Vec::new();
    for (a, actual) in table.labels.iter().enumerate() {
        for (p, predicted) in table.labels.iter().enumerate() {
            let by_cell = classes <= CELL_CLASSES;
            if !by_cell && a != p {
                continue;
            }
            for (field, value) in [
                ("value", table.counts[a][p]),
                ("share", table.counts[a][p] / table.total()),
            ] {
                let point = Point::new(field, value).with("class", actual);
                points.push(if by_cell {
                    point.with("predicted", predicted)
                } else {
                    point
                });
            }
        }
    }
    points
}

/// The classes that get a row of their own, in order: all of them, or those with most rows on either side.
fn most_common(current: &Table, reference: Option<&Table>) -> Vec<String> {
    let mut rows: std::collections::BTreeMap<&str, f64> = std::collections::BTreeMap::new();
    for table in std::iter::once(current).chain(reference) {
        for (c, label) in table.labels.iter().enumerate() {
            let n = table.support(c) + table.predicted(c);
            let most = rows.entry(label).or_insert(0.0);
            *most = most.max(n);
        }
    }
    let mut by_rows: Vec<(&str, f64)> = rows.into_iter().collect();
    by_rows.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    by_rows.truncate(DETAIL_CLASSES);
    super::classification::in_order(by_rows.into_iter().map(|(label, _)| label.to_owned()).collect())
}

fn matrix(table: &Table, kept: &[String]) -> ConfusionMatrix {
    let position: Vec<usize> = table
        .labels
        .iter()
        .map(|l| kept.iter().position(|k| k == l).unwrap_or(kept.len()))
        .collect();
    let mut labels = kept.to_vec();
    if position.contains(&kept.len()) {
        labels.push(OTHER_CLASSES.to_owned());
    }
    let mut counts = vec![vec![0; labels.len()]; labels.len()];
    for (a, row) in table.counts.iter().enumerate() {
        for (p, n) in row.iter().enumerate() {
            counts[position[a]][position[p]] += *n as u64;
        }
    }
    ConfusionMatrix { labels, counts }
}
