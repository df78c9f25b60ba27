//! `column.regex`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{equal, near},
    column::Column,
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Values that match a regular expression.
///
/// # Definition
/// Number of values whose text matches `pattern` from its start, and their share of the values.
///
/// # Input
/// A column of any kind; whole numbers are written without a fraction.
///
/// # Output
/// `count` of values; `share` of the values that are not missing, 0–1.
///
/// # Missing values
/// Missing rows neither match nor fail to. No value: 0.
///
/// # Accuracy
/// Exact up to 100,000 different values; a note says how many rows were not looked at.
///
/// # Default bound
/// With a reference: within 10 % of its share, or of its count scaled to the length of the window. Without: `share` is 1.
///
/// # Source
/// Evidently `ColumnRegExpMetric`; syntax of the Rust crate `regex`, without look-around.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnRegex {
    /// Name of the column.
    column: String,
    /// Regular expression; a match begins at the start of the value.
    pattern: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnRegex {
    const ID: &'static str = "column.regex";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        regex::Regex::new(&self.pattern).map_err(|e| SpecError::Params {
            metric: Self::ID.to_owned(),
            problem: format!("`pattern` is no regular expression: {e}"),
        })?;
        let settled = Column::of(Self::ID, definition, &self.column)?;
        Ok(Self { settled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![StatisticSpec::Categories {
            column: self.column.clone(),
        }]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        // Matches begin where the value begins, as with Python's `re.match`.
        let anchored = format!("^(?:{})", self.pattern);
        let pattern = regex::Regex::new(&anchored).map_err(|e| EvaluateError::Math(e.to_string()))?;
        let categories = self.settled.categories(profiles.current)?;
        let matched = categories
            .counts()
            .iter()
            .filter(|(label, _)| pattern.is_match(label))
            .map(|(_, n)| n)
            .sum();
        let mut evaluation = Evaluation::of(self.settled.count_and_share(matched, categories.total()));
        if !categories.is_exact() {
            evaluation.exact = false;
            evaluation.notes.push(format!(
                "{} values in too many categories to look at",
                categories.other()
            ));
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let expected = reference.map(|r| {
            if field == "count" {
                r / profiles.reference_windows
            } else {
                r
            }
        });
        match expected {
            Some(value) => Some(near(value)),
            None => (field == "share").then(|| equal(1.0)),
        }
    }
}
