//! What the dataset metrics share: which columns they look at and how shares are made.

use plimsoll_model::{ColumnKind, ColumnSpec, DataDefinition, Point, Role};

use super::column::Column;
use crate::{
    EvaluateError, Evaluation, Profile, SpecError, StatisticSpec,
    statistics::{Conflicts, Count, Distinct, Rows},
};

/// Names of every column of the data that is not ignored, sorted.
pub(super) fn all_columns(definition: &DataDefinition) -> Vec<String> {
    let mut names: Vec<String> = definition
        .given()
        .filter(|c| c.role != Role::Ignored)
        .map(|c| c.name.clone())
        .collect();
    names.sort();
    names
}

/// Columns of the data that describe it: features, target, prediction and scores.
pub(super) fn monitored(definition: &DataDefinition) -> Vec<ColumnSpec> {
    definition
        .monitored()
        .filter(|c| !matches!(c.kind, ColumnKind::Embedding | ColumnKind::List) && !definition.is_derived(&c.name))
        .cloned()
        .collect()
}

/// The request for rows as wholes.
pub(super) fn rows_spec(columns: &[String]) -> StatisticSpec {
    StatisticSpec::Rows {
        columns: columns.to_vec(),
    }
}

/// The state over rows as wholes.
///
/// # Errors
/// [`EvaluateError`] if a column could not be read.
pub(super) fn rows<'p>(profile: &'p Profile, columns: &[String]) -> Result<&'p Rows, EvaluateError> {
    profile.get(&rows_spec(columns))
}

/// The request for a column's counts.
pub(super) fn count_spec(column: &str) -> StatisticSpec {
    StatisticSpec::Count {
        column: column.to_owned(),
    }
}

/// A column's counts.
///
/// # Errors
/// [`EvaluateError`] if the column could not be read.
pub(super) fn count<'p>(profile: &'p Profile, column: &str) -> Result<&'p Count, EvaluateError> {
    profile.get(&count_spec(column))
}

/// How many different values a column has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Different {
    /// Different values.
    pub count: u64,
    /// Relative standard error of the count; 0 if exact.
    pub error: f64,
}

/// The requests for a column's different values: of numbers and moments their distribution tells.
pub(super) fn different_specs(column: &Column) -> Vec<StatisticSpec> {
    if column.is_ordered() {
        vec![column.values(), count_spec(&column.name)]
    } else {
        vec![StatisticSpec::Distinct {
            column: column.name.clone(),
        }]
    }
}

/// A column's different values.
///
/// # Errors
/// [`EvaluateError`] if the column could not be read.
pub(super) fn different(profile: &Profile, column: &Column) -> Result<Different, EvaluateError> {
    if column.is_ordered() {
        let (values, count) = (column.distribution(profile)?, count(profile, &column.name)?);
        // Infinities are values too, and in no distribution.
        let infinite = u64::from(count.positive_infinite > 0) + u64::from(count.negative_infinite > 0);
        return Ok(Different {
            count: values.distinct() + infinite,
            error: values.distinct_error(),
        });
    }
    let distinct: &Distinct = profile.get(&StatisticSpec::Distinct {
        column: column.name.clone(),
    })?;
    Ok(Different {
        count: distinct.count(),
        error: distinct.relative_error(),
    })
}

/// Columns whose rows may contradict each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Conflicting {
    features: Vec<String>,
    label: String,
}

impl Conflicting {
    /// The features of the definition against a label.
    ///
    /// # Errors
    /// [`SpecError::Definition`] if there is no label or no feature.
    pub fn of(metric: &str, definition: &DataDefinition, role: &str, label: Option<&str>) -> Result<Self, SpecError> {
        let needs = |needs: String| SpecError::Definition {
            metric: metric.to_owned(),
            needs,
        };
        let label = label.ok_or_else(|| needs(format!("a `{role}` column")))?;
        let is_feature = |c: &&ColumnSpec| matches!(c.role, Role::Feature | Role::Segment) && c.name != label;
        let mut features: Vec<String> = definition.given().filter(is_feature).map(|c| c.name.clone()).collect();
        features.sort();
        if features.is_empty() {
            return Err(needs("a feature beside it".to_owned()));
        }
        Ok(Self {
            features,
            label: label.to_owned(),
        })
    }

    /// The request for the rows by features and label.
    pub fn spec(&self) -> StatisticSpec {
        StatisticSpec::Conflicts {
            features: self.features.clone(),
            label: self.label.clone(),
        }
    }
}

/// Count and share of the rows that contradict others.
///
/// # Errors
/// [`EvaluateError`] if a column could not be read.
pub(super) fn conflicting(profile: &Profile, columns: &Conflicting) -> Result<Evaluation, EvaluateError> {
    let conflicts: &Conflicts = profile.get(&columns.spec())?;
    let count = conflicts.conflicting().min(conflicts.rows());
    let mut evaluation = Evaluation::of(count_and_share(count, conflicts.rows()));
    if !conflicts.is_exact() {
        evaluation.exact = false;
        let note = "an estimate from a part of the rows, chosen by their features";
        evaluation.notes.push(note.to_owned());
    }
    Ok(evaluation)
}

/// `part / whole`; 0 where there is no whole.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The points `count` and `share`.
pub(super) fn count_and_share(count: u64, whole: u64) -> Vec<Point> {
    vec![
        Point::new("count", count as f64),
        Point::new("share", share(count, whole)),
    ]
}

/// Counts the columns that hold a condition; a column that cannot be read is left out with a note.
pub(super) fn count_columns<'c>(
    columns: impl Iterator<Item = &'c str>,
    holds: impl Fn(&str) -> Result<bool, EvaluateError>,
) -> Evaluation {
    let (mut found, mut readable, mut notes) = (Vec::new(), 0, Vec::new());
    for column in columns {
        match holds(column) {
            Ok(yes) => {
                readable += 1;
                if yes {
                    found.push(format!("`{column}`"));
                }
            }
            Err(error) => notes.push(format!("`{column}` left out: {error}")),
        }
    }
    let mut evaluation = Evaluation::of(count_and_share(found.len() as u64, readable));
    if !found.is_empty() {
        let more = if found.len() > 20 {
            format!(" and {} more", found.len() - 20)
        } else {
            String::new()
        };
        found.truncate(20);
        evaluation.notes.push(format!("{}{more}", found.join(", ")));
    }
    evaluation.notes.extend(notes);
    evaluation
}
