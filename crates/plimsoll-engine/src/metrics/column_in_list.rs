//! `column.in_list`.

use std::collections::BTreeSet;

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{bounds::at_least, column::Column};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Rows whose value is in a list.
///
/// # Definition
/// Number of rows whose value, as text, is among `values`, and their share of all rows.
///
/// # Input
/// A column of any kind; whole numbers are written without a fraction.
///
/// # Output
/// `count` of rows; `share` of all rows, 0–1. Smaller is worse.
///
/// # Missing values
/// Missing rows are not in the list but count among the rows. No row: 0.
///
/// # Accuracy
/// Exact up to 100,000 different values.
///
/// # Default bound
/// Every row is in the list.
///
/// # Source
/// Evidently `ColumnValueListMetric`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnInList {
    /// Name of the column.
    column: String,
    /// The values; without them, those that the reference holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Value>>,
    #[serde(skip)]
    settled: Column,
}

impl Metric for ColumnInList {
    const ID: &'static str = "column.in_list";
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
        let categories = self.settled.categories(profiles.current)?;
        let listed: u64 = if let Some(values) = &self.values {
            let names: BTreeSet<String> = values.iter().map(name).collect();
            names.iter().map(|n| categories.get(n)).sum()
        } else {
            let reference = self.settled.categories(profiles.reference(Self::ID)?)?;
            reference.counts().iter().map(|(label, _)| categories.get(label)).sum()
        };
        Ok(Evaluation::of(
            self.settled.count_and_share(listed, profiles.current.rows()),
        ))
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let _ = reference;
        let all = if field == "count" {
            profiles.current.rows() as f64
        } else {
            1.0
        };
        Some(at_least(all))
    }
}

/// A JSON value as a column writes it.
fn name(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(n) => n.as_f64().map_or_else(|| n.to_string(), |v| v.to_string()),
        other => other.to_string(),
    }
}
