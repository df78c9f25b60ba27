//! `classification.roc_auc`.

use std::sync::Arc;

use plimsoll_model::{Bound, ClassCurves, DataDefinition, Detail, Labels, Point};
use plimsoll_stats::RocArea;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::{Average, Classifier, TOLERANCE, scores_specs},
    classification_curves::{ScoredClass, curves},
    interval::{normal, points},
    regression::not_below,
};
use crate::{EvaluateError, Evaluation, Metric, Profile, Profiles, Range, SpecError, StatisticSpec};

/// Classes that get curves in the detail: those with most rows.
const CURVE_CLASSES: usize = 8;

/// ROC AUC: the probability that a random row of a class has a larger score of that class than a random other row.
///
/// # Definition
/// AUC = (pairs in order + ½ · ties) / (m · n) over all pairs of one of the m rows of the class and one of the n others;
/// equal to the area under the curve of true-positive rate over false-positive rate. Binary: of the positive class.
/// Multi-class: each class against the rest, then averaged.
///
/// # Output
/// `value` without `class`: binary, or averaged by `average`; `value` with `class`: of that class against the rest (binary
/// tasks: the positive class; the other one has the same area). 0–1; 0.5 is chance, larger is better. `lower` and `upper`: the 95 %
/// interval of the value without `class` if the rows were drawn again (DeLong's; of an average the widest there can be). The detail holds the ROC and
/// precision–recall curves on both slices, the reliability and the distribution of the scores, for at most 8 classes.
///
/// # Missing values
/// Rows whose target is missing, or whose score is missing or not finite, are left out and counted in a note; no row left
/// is the error `not_enough_data`. With rows of one class only, the error `undefined`; in multi-class tasks a class
/// without rows (or with all of them) is `null` and left out of the average, with a note.
///
/// # Accuracy
/// Exact while the scores of a window are kept exactly; beyond that a note states the error bound.
///
/// # Default bound
/// With a reference: at least its value less 20 %. Without: above 0.5.
/// DIFFERENCE: Evidently's bound is two-sided, so that a better model fails.
///
/// # Source
/// Hanley and McNeil 1982, doi:10.1148/radiology.143.1.7063747; scikit-learn `roc_auc_score` of the one-hot target.
/// DIFFERENCE: scikit-learn refuses a multi-class window in which a class has no row.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RocAuc {
    /// How the classes' values become one: `binary`, `macro` or `weighted`. Default: `binary` in binary tasks, else `macro`.
    #[serde(default)]
    average: Option<Average>,
    #[serde(skip)]
    classifier: Classifier,
}

impl RocAuc {
    fn specs(&self) -> Vec<(&str, StatisticSpec)> {
        scores_specs(&self.classifier)
    }

    /// The classes' scores side by side; those of a reference are made once for all windows.
    fn scored(&self, profile: &Profile) -> Result<Vec<Arc<ScoredClass>>, EvaluateError> {
        let classes: Vec<_> = self
            .specs()
            .into_iter()
            .map(|(class, spec)| ScoredClass::of(profile, class, &spec))
            .collect::<Result<_, _>>()?;
        if classes.iter().all(|c| c.rows() == 0.0) {
            return Err(self.classifier.no_rows(profile));
        }
        Ok(classes)
    }

    /// The value over the classes that have one.
    fn averaged(&self, classes: &[Arc<ScoredClass>]) -> Result<Averaged, EvaluateError> {
        let defined: Vec<(RocArea, f64, f64)> = classes
            .iter()
            .filter_map(|c| Some((RocArea::of(&c.counts())?, c.positive_rows(), c.rows())))
            .collect();
        if defined.is_empty() {
            let only = match classes {
                [class] if class.positive_rows() == 0.0 => format!("no row is of class `{}`", class.name()),
                [class] => format!("every row is of class `{}`", class.name()),
                _ => "every row is of the same class".to_owned(),
            };
            return Err(EvaluateError::Math(format!("ROC AUC is undefined: {only}")));
        }
        let weight = |rows: f64| {
            if self.average == Some(Average::Weighted) {
                rows
            } else {
                1.0
            }
        };
        let total: f64 = defined.iter().map(|(_, positive, _)| weight(*positive)).sum();
        let mean = |of: &dyn Fn(&(RocArea, f64, f64)) -> f64| {
            defined.iter().map(|class| of(class) * weight(class.1)).sum::<f64>() / total
        };
        let value = mean(&|(area, _, _)| area.value);
        // The classes' errors go together, for they are of the same rows: their mean is the most that they come to.
        let error = mean(&|(area, positive, rows)| area.standard_error(*positive, rows - positive));
        let absent: Vec<_> = classes
            .iter()
            .filter(|c| c.area().is_none())
            .map(|c| format!("`{}`", c.name()))
            .collect();
        let note = (!absent.is_empty()).then(|| {
            format!(
                "left out of the average, for none or all of the rows are of the class: {}",
                absent.join(", ")
            )
        });
        Ok(Averaged { value, error, note })
    }
}

/// The value over the classes.
struct Averaged {
    value: f64,
    /// Its standard error.
    error: f64,
    /// A note on classes without a value.
    note: Option<String>,
}

impl Metric for RocAuc {
    const ID: &'static str = "classification.roc_auc";
    const FIELDS: &'static [&'static str] = &["value", "lower", "upper"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let classifier = Classifier::scored(Self::ID, definition)?;
        let average = classifier.average(Self::ID, self.average)?;
        if average == Average::Micro {
            let problem = "`average` is `micro`, expected `binary`, `macro` or `weighted`".to_owned();
            return Err(SpecError::Params {
                metric: Self::ID.to_owned(),
                problem,
            });
        }
        Ok(Self {
            average: Some(average),
            classifier,
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.specs().into_iter().map(|(_, spec)| spec).collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let classes = self.scored(profiles.current)?;
        let Averaged { value, error, note } = self.averaged(&classes)?;
        let mut evaluation = Evaluation::of(vec![Point::new("value", value)]);
        evaluation.points.extend(points(normal(value, error, 0.0, 1.0)));
        for class in &classes {
            let area = class.area().unwrap_or(f64::NAN);
            evaluation
                .points
                .push(Point::new("value", area).with("class", class.name()));
        }
        evaluation.notes.extend(note);
        evaluation.notes.extend(
            self.classifier
                .left_out(classes.iter().map(|c| c.left_out()).max().unwrap_or(0)),
        );
        if let Some(error) = classes.iter().filter_map(|c| c.rank_error()).max_by(f64::total_cmp) {
            evaluation.exact = false;
            evaluation
                .notes
                .push(format!("areas are within {:.1e} of the exact ones", 2.0 * error));
        }
        let reference = profiles.reference.and_then(|r| self.scored(r).ok());
        evaluation.detail = Some(Detail::Curves {
            classes: drawn(&classes, reference.as_deref()),
        });
        Ok(evaluation)
    }

    fn default_bound(
        &self,
        _field: &str,
        _labels: &Labels,
        reference: Option<f64>,
        _profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        not_below(reference, TOLERANCE, Some(0.5))
    }
}

/// Curves of the classes with most rows, in class order.
fn drawn(classes: &[Arc<ScoredClass>], reference: Option<&[Arc<ScoredClass>]>) -> Vec<ClassCurves> {
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by(|a, b| {
        classes[*b]
            .positive_rows()
            .total_cmp(&classes[*a].positive_rows())
            .then(a.cmp(b))
    });
    order.truncate(CURVE_CLASSES);
    order.sort_unstable();
    let drawn = order.len();
    order
        .into_iter()
        .map(|c| curves(&classes[c], reference.and_then(|r| r.get(c)).map(Arc::as_ref), drawn))
        .collect()
}
