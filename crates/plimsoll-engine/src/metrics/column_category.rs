//! `column.category`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{bounds::near, column::Column};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Rows of one category.
///
/// # Definition
/// Number of rows whose value, as text, is `category`, and their share of all rows.
///
/// # Input
/// A column of any kind; whole numbers are written without a fraction.
///
/// # Output
/// `count` of rows; `share` of all rows, 0–1; both with label `category`.
///
/// # Missing values
/// Missing rows are of no category but count among the rows. No row: 0.
///
/// # Accuracy
/// Exact up to 100,000 different values; beyond it a category may be counted among the others, as 0.
///
/// # Default bound
/// With a reference: within 10 % of its share, or of its count scaled to the length of the window. Without: none.
///
/// # Source
/// Evidently `ColumnCategoryMetric`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnCategory {
    /// Name of the column.
    column: String,
    /// The category, as text.
    category: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnCategory {
    const ID: &'static str = "column.category";
    const FIELDS: &'static [&'static str] = &["count", "share"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let settled = Column::of(Self::ID, definition, &self.column)?;
        Ok(Self { settled, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![StatisticSpec::Categories {
            column: self.column.clone(),
        }]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let rows = self.settled.categories(profiles.current)?.get(&self.category);
        let points = self.settled.count_and_share(rows, profiles.current.rows());
        Ok(Evaluation::of(
            points.into_iter().map(|p| p.with("category", &self.category)).collect(),
        ))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let expected = reference.map(|r| {
            if field == "count" {
                r / profiles.reference_windows
            } else {
                r
            }
        });
        expected.map(near)
    }
}
