//! `drift.domain_classifier`.

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use plimsoll_stats::{BoostOptions, domain_area};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_most, equal},
    sampled::{Sampled, note_learned},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Standard errors from the value to either end of its band.
const RANGE: f64 = 3.0;

/// Drift of columns together: how well a classifier tells the current rows from those of the reference.
///
/// # Definition
/// Boosted trees (100 of depth 3, rate 0.1, at least 20 rows a leaf, logistic loss) learn from the rows of both slices which
/// slice a row is of, in five parts dealt evenly by `seed`, each judged by what the four others taught. `value` is the area under the ROC
/// curve over all rows so judged: 0.5 if the slices cannot be told apart, 1 if every row gives its slice away.
///
/// # Input
/// The numeric, categorical and boolean columns among `columns`; by default all features. A reference.
///
/// # Output
/// `value`, 0–1, larger is worse; `lower` and `upper`: `value` ± 3 standard errors (DeLong); `drifted`: 1 if `value` is above
/// `threshold`, else 0.
///
/// # Missing values
/// What is missing, or a number that is not finite, is a value of its own, so that a change in what is missing is drift, too. Fewer
/// than five rows on a side are the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to `rows` rows a side; beyond it from a sample of so many, with a note. Of a stored profile 500 rows remain. A sample
/// draws rows that are equal in every column together; where that leaves few different ones, a note asks for `id`. Reproducible: equal
/// rows give equal values. Each window costs five fits on the rows of both sides.
///
/// # Default bound
/// `value` at most `threshold`; `drifted` is 0.
///
/// # Source
/// NannyML `DomainClassifierCalculator` 0.13, whose upper threshold is 0.65, too. DIFFERENCE: it learns with LightGBM on all
/// rows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainClassifier {
    /// Names of the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    /// Area beyond which the slices differ, 0–1.
    #[serde(default = "upper")]
    threshold: f64,
    /// Rows of either side that are compared.
    #[serde(default = "two_thousand")]
    rows: u32,
    /// Seed of the sample and of the parts.
    #[serde(default)]
    seed: u64,
    /// Name of a column that keeps equal rows apart where they are sampled: an id or a time. Both slices have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip)]
    sampled: Sampled,
}

fn upper() -> f64 {
    0.65
}

fn two_thousand() -> u32 {
    2_000
}

impl Metric for DomainClassifier {
    const ID: &'static str = "drift.domain_classifier";
    const FIELDS: &'static [&'static str] = &["value", "lower", "upper", "drifted"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        if !(0.0..=1.0).contains(&self.threshold) {
            return Err(SpecError::Params {
                metric: Self::ID.to_owned(),
                problem: format!("`threshold` is {}, expected a number from 0 to 1", self.threshold),
            });
        }
        let (columns, id) = (self.columns.as_deref(), self.id.as_deref());
        let sampled = Sampled::of(Self::ID, definition, columns, id, self.rows, self.seed)?;
        Ok(Self { sampled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.sampled.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let reference = self.sampled.rows(profiles.reference(Self::ID)?, "reference")?;
        let current = self.sampled.rows(profiles.current, "window")?;
        let (before, now) = (self.sampled.features(reference), self.sampled.features(current));
        let area = domain_area(&before, &now, self.seed, &BoostOptions::default()).ok_or_else(|| {
            EvaluateError::NotEnough(format!(
                "there are {} rows in the window and {} in the reference, expected at least 5 of each",
                current.len(),
                reference.len()
            ))
        })?;
        let range = RANGE * area.standard_error;
        let mut evaluation = Evaluation::of(vec![
            Point::new("value", area.value),
            Point::new("lower", (area.value - range).max(0.0)),
            Point::new("upper", (area.value + range).min(1.0)),
            Point::new("drifted", f64::from(area.value > self.threshold)),
        ]);
        note_learned(&mut evaluation, reference, "reference");
        note_learned(&mut evaluation, current, "window");
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, _: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        match field {
            "value" => Some(at_most(self.threshold)),
            "drifted" => Some(equal(0.0)),
            _ => None,
        }
    }
}
