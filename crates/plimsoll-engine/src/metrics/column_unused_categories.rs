//! `column.unused_categories`.

use plimsoll_model::DataDefinition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{column::Column, dataset::share};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Categories of the reference that no row has.
///
/// # Definition
/// Categories of the reference that no current row has, and the share of the reference's rows that hold one.
///
/// # Input
/// A column of any kind, compared as text. A reference.
///
/// # Output
/// `count` of unused categories; `share` of all rows of the reference, 0–1: how common they were. Larger is worse; a note names
/// the most common ones.
///
/// # Missing values
/// Missing is no category. No current row: all are unused.
///
/// # Accuracy
/// Exact up to 100,000 different values on either side.
///
/// # Default bound
/// None: in a short window rare categories are absent by chance.
///
/// # Source
/// Evidently `ColumnSummaryMetric` (`unused_in_current_values_count`).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnUnusedCategories {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnUnusedCategories {
    const ID: &'static str = "column.unused_categories";
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
        let before = profiles.reference(Self::ID)?;
        let (current, reference) = (
            self.settled.categories(profiles.current)?,
            self.settled.categories(before)?,
        );
        let mut unused: Vec<&(String, u64)> = reference
            .counts()
            .iter()
            .filter(|(label, _)| current.get(label) == 0)
            .collect();
        let rows: u64 = unused.iter().map(|(_, n)| n).sum();
        let mut evaluation = Evaluation::of(vec![
            self.settled.point("count", unused.len() as f64),
            self.settled.point("share", share(rows, before.rows())),
        ]);
        if !unused.is_empty() {
            unused.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            let names: Vec<String> = unused.iter().take(10).map(|(label, _)| format!("`{label}`")).collect();
            let more = if unused.len() > 10 { " and more" } else { "" };
            evaluation.notes.push(format!("unused: {}{more}", names.join(", ")));
        }
        evaluation.exact = current.is_exact() && reference.is_exact();
        if !evaluation.exact {
            let note = "more than 100,000 categories: only a sample of them was compared";
            evaluation.notes.push(note.to_owned());
        }
        Ok(evaluation)
    }
}
