//! `dataset.type_mismatches`.

use plimsoll_model::{Bound, ColumnKind, ColumnSpec, DataDefinition, Labels, Point, Role};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{bounds::equal, dataset::count_and_share};
use crate::{EvaluateError, Evaluation, Metric, Profile, Profiles, SpecError, StatisticSpec, statistics::Types};

/// Columns whose values are of another type than they should be.
///
/// # Definition
/// Columns that are not ignored and hold a value that cannot be read as the kind of the data definition (text that is no number in
/// a numeric column, a list in a categorical one …), or, with a reference, values of other types than the reference: numbers,
/// truth values, times, lists or texts.
///
/// # Output
/// `count` of columns; `share` of the columns, 0–1; `cells`, the values that cannot be read as the kind, of all columns. A note
/// names the columns with what was found and expected. Larger is worse.
///
/// # Missing values
/// Missing values have no type; a side without values has no mismatch. To other metrics a value of a numeric column that is no
/// number is missing; it does not break the column. Rows that were sent keep such values beside their columns, in `_extra`,
/// and are counted the same way.
///
/// # Accuracy
/// Exact.
///
/// # Default bound
/// 0.
///
/// # Source
/// Evidently `TestColumnsType`, which compares with the reference alone.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TypeMismatches {
    #[serde(skip)]
    columns: Vec<ColumnSpec>,
}

fn spec(column: &str) -> StatisticSpec {
    StatisticSpec::Types {
        column: column.to_owned(),
    }
}

fn types<'p>(profile: &'p Profile, column: &str) -> Result<&'p Types, EvaluateError> {
    profile.get(&spec(column))
}

/// What is wrong with a column, if anything is, and how many values cannot be read as its kind.
fn mismatch(column: &ColumnSpec, profiles: &Profiles<'_>) -> Result<(Option<String>, u64), EvaluateError> {
    let current = types(profiles.current, &column.name)?;
    let found = current.names(column.kind);
    let strange = current.strange(column.kind);
    if strange > 0 {
        let expected = column.kind.as_str();
        let such = current.example().filter(|_| column.kind == ColumnKind::Numeric);
        let such = such.map_or_else(String::new, |text| format!(" such as `{text}`"));
        let (values, found) = (current.values(), found.join(" and "));
        let problem = format!("{found}{such}; {strange} of {values} values do not fit, expected {expected} values");
        return Ok((Some(problem), strange));
    }
    let Some(reference) = profiles.reference else {
        return Ok((None, 0));
    };
    let before = types(reference, &column.name)?.names(column.kind);
    let differs = !found.is_empty() && !before.is_empty() && found != before;
    let problem = differs.then(|| format!("{}, {} in the reference", found.join(" and "), before.join(" and ")));
    Ok((problem, 0))
}

impl Metric for TypeMismatches {
    const ID: &'static str = "dataset.type_mismatches";
    const FIELDS: &'static [&'static str] = &["count", "share", "cells"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let mut columns: Vec<ColumnSpec> = definition
            .given()
            .filter(|c| c.role != Role::Ignored)
            .cloned()
            .collect();
        columns.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { columns })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.columns.iter().map(|c| spec(&c.name)).collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let (mut found, mut readable, mut cells, mut notes) = (0, 0, 0, Vec::new());
        for column in &self.columns {
            match mismatch(column, profiles) {
                Ok((problem, strange)) => {
                    readable += 1;
                    cells += strange;
                    found += u64::from(problem.is_some());
                    notes.extend(problem.map(|problem| format!("`{}`: {problem}", column.name)));
                }
                Err(error) => notes.push(format!("`{}` left out: {error}", column.name)),
            }
        }
        let mut points = count_and_share(found, readable);
        points.push(Point::new("cells", cells as f64));
        Ok(Evaluation {
            notes,
            ..Evaluation::of(points)
        })
    }

    fn default_bound(&self, _: &str, _: &Labels, _: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        Some(equal(0.0))
    }
}
