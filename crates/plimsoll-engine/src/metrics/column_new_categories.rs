//! `column.new_categories`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{bounds::equal, column::Column, dataset::share};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec, statistics::Categories};

/// Categories that the reference does not have.
///
/// # Definition
/// Categories of the current rows that no row of the reference has, and the share of the current rows that hold one;
/// categories of the reference that no current row has.
///
/// # Input
/// A column of any kind, compared as text. A reference.
///
/// # Output
/// `count` of new categories; `share` of all current rows, 0–1; `unused` categories. Larger is worse.
///
/// # Missing values
/// Missing is no category. No row: 0 new categories.
///
/// # Accuracy
/// Exact up to 100,000 different values on either side.
///
/// # Default bound
/// 0 new categories. `unused` has none.
///
/// # Source
/// Evidently `ColumnSummaryMetric` (`new_in_current_values_count`, `unused_in_current_values_count`).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnNewCategories {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnNewCategories {
    const ID: &'static str = "column.new_categories";
    const FIELDS: &'static [&'static str] = &["count", "share", "unused"];

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
        let current = self.settled.categories(profiles.current)?;
        let reference = self.settled.categories(profiles.reference(Self::ID)?)?;
        let absent = |side: &Categories, label: &str| side.get(label) == 0;
        let new: Vec<&(String, u64)> = current
            .counts()
            .iter()
            .filter(|(label, _)| absent(reference, label))
            .collect();
        let unused = reference
            .counts()
            .iter()
            .filter(|(label, _)| absent(current, label))
            .count();
        let rows: u64 = new.iter().map(|(_, n)| n).sum();
        let mut evaluation = Evaluation::of(vec![
            self.settled.point("count", new.len() as f64),
            self.settled.point("share", share(rows, profiles.current.rows())),
            self.settled.point("unused", unused as f64),
        ]);
        if !new.is_empty() {
            let names: Vec<String> = new.iter().take(10).map(|(label, _)| format!("`{label}`")).collect();
            let more = if new.len() > 10 { " and more" } else { "" };
            evaluation.notes.push(format!("new: {}{more}", names.join(", ")));
        }
        evaluation.exact = current.is_exact() && reference.is_exact();
        if !evaluation.exact {
            evaluation
                .notes
                .push("more than 100,000 categories: only a sample of them was compared".to_owned());
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = (reference, profiles);
        (field != "unused").then(|| equal(0.0))
    }
}
