//! `sql`.

use plimsoll_model::{Bound, ColumnKind, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bounds::near;
use crate::{
    EvaluateError, Evaluation, Metric, Profile, Profiles, SpecError, StatisticSpec, sql::engine, statistics::Sql,
};

/// A metric of your own: any aggregate expression of SQL over the rows of the window.
///
/// # Definition
/// The value of `SELECT expression FROM rows`, with the functions of DataFusion. Names with capitals, spaces or dots stand in
/// double quotes. Examples: `avg(amount) FILTER (WHERE country = 'DE')`, `count(DISTINCT user_id) / count(*)::double`,
/// `corr(x, y)`, `approx_percentile_cont(latency, 0.99)`.
///
/// # Input
/// Numeric columns are read as 64-bit floats, boolean ones as truth values, times as timestamps in UTC, all others as text.
///
/// # Output
/// With label `name`: `value`, and with a reference `reference`, the same over its rows, and `change`, their difference.
///
/// # Missing values
/// As in SQL: aggregates skip nulls. A null result is the error `not_enough_data`; NaN is a null with a note.
///
/// # Accuracy
/// As of the functions used; exact for sums, counts, means. Sums may differ in the last digits with the order of the rows.
/// Cost: one pass; functions such as `median` and `count(DISTINCT …)` hold the values of a window in memory.
///
/// # Default bound
/// Within 10 % of the reference.
///
/// # Source
/// DataFusion's aggregate functions.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SqlMetric {
    /// Name of the metric, for labels and charts.
    name: String,
    /// Aggregate expression.
    expression: String,
    #[serde(skip)]
    columns: Vec<(String, ColumnKind)>,
}

impl SqlMetric {
    fn spec(&self) -> StatisticSpec {
        StatisticSpec::Sql {
            expression: self.expression.clone(),
            columns: self.columns.clone(),
        }
    }

    fn value(&self, profile: &Profile) -> Result<Option<f64>, EvaluateError> {
        let state: &Sql = profile.get(&self.spec())?;
        let problem = |message: String| EvaluateError::Math(format!("SQL `{}`: {message}", self.expression));
        state.value().map_err(problem)
    }
}

impl Metric for SqlMetric {
    const ID: &'static str = "sql";
    const FIELDS: &'static [&'static str] = &["value", "reference", "change"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let params = |problem: String| SpecError::Params {
            metric: Self::ID.to_owned(),
            problem,
        };
        if self.name.trim().is_empty() {
            return Err(params("`name` is empty, expected a name for the metric".to_owned()));
        }
        let columns = engine().and_then(|engine| engine.columns(&self.expression, definition));
        let columns = columns.map_err(|message| params(format!("`{}`: {message}", self.expression)))?;
        Ok(Self { columns, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let value = self.value(profiles.current)?.ok_or_else(|| {
            EvaluateError::NotEnough(format!(
                "SQL `{}` is null over {} rows",
                self.expression,
                profiles.current.rows()
            ))
        })?;
        let point = |field: &str, value: f64| Point::new(field, value).with("name", &self.name);
        let mut evaluation = Evaluation::of(vec![point("value", value)]);
        let reference = profiles
            .reference
            .map(|profile| self.value(profile))
            .transpose()?
            .flatten();
        if let Some(reference) = reference {
            evaluation.points.push(point("reference", reference));
            evaluation.points.push(point("change", value - reference));
        }
        if !value.is_finite() {
            evaluation.notes.push(format!("the value is {value}"));
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        reference.filter(|_| field == "value").map(near)
    }
}
