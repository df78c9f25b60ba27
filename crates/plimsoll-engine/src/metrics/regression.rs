//! What the regression metrics share: the columns, the errors' state, baselines and default bounds.

use plimsoll_model::{Approx, Bound, ColumnKind, DataDefinition, Point, Task, Threshold};

use super::interval::{mean, points};
use crate::{
    EvaluateError, Evaluation, Profile, SpecError, StatisticSpec,
    statistics::{Errors, Moments},
};

/// How far a quality metric may lie from the reference's value where a test gives no bound: 10 %.
pub(super) const TOLERANCE: f64 = 0.1;

/// Target and prediction of a regression, settled from the data definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Columns {
    target: String,
    prediction: String,
}

impl Columns {
    /// The target and prediction columns.
    ///
    /// # Errors
    /// [`SpecError::Definition`] if the task is another one, a role is missing or a column is not numeric.
    pub fn of(metric: &str, definition: &DataDefinition) -> Result<Self, SpecError> {
        let needs = |needs: String| SpecError::Definition {
            metric: metric.to_owned(),
            needs,
        };
        if let Some(task) = &definition.task
            && !matches!(task, Task::Regression)
        {
            return Err(needs(format!("`task: regression`, found `task: {}`", task.name())));
        }
        let numeric = |role: &str, column: Option<&plimsoll_model::ColumnSpec>| {
            let column = column.ok_or_else(|| needs(format!("a `{role}` column")))?;
            if matches!(column.kind, ColumnKind::Numeric | ColumnKind::Boolean) {
                Ok(column.name.clone())
            } else {
                let kind = column.kind.as_str();
                Err(needs(format!(
                    "a numeric `{role}`, found `{}` of kind {kind}",
                    column.name
                )))
            }
        };
        Ok(Self {
            target: numeric("target", definition.target())?,
            prediction: numeric("prediction", definition.prediction())?,
        })
    }

    /// Name of the target column.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Name of the prediction column.
    pub fn prediction(&self) -> &str {
        &self.prediction
    }

    /// The request for the errors' state.
    pub fn spec(&self) -> StatisticSpec {
        StatisticSpec::Errors {
            target: self.target.clone(),
            prediction: self.prediction.clone(),
        }
    }

    /// The request for the state of errors times targets.
    pub fn products_spec(&self) -> StatisticSpec {
        StatisticSpec::ErrorProducts {
            target: self.target.clone(),
            prediction: self.prediction.clone(),
        }
    }

    /// The errors' state over at least one row.
    ///
    /// # Errors
    /// [`EvaluateError::NotEnough`] if no row has a finite target and a finite prediction.
    pub fn errors<'p>(&self, profile: &'p Profile) -> Result<&'p Errors, EvaluateError> {
        let errors: &Errors = profile.get(&self.spec())?;
        if errors.n() > 0 {
            return Ok(errors);
        }
        Err(EvaluateError::NotEnough(format!(
            "no row of {} has a finite `{}` and a finite `{}`; are the labels in?",
            profile.rows(),
            self.target,
            self.prediction
        )))
    }

    /// An evaluation that says how many rows were left out.
    pub fn evaluation(&self, errors: &Errors, points: Vec<Point>) -> Evaluation {
        let mut evaluation = Evaluation::of(points);
        if errors.left_out() > 0 {
            evaluation.notes.push(format!(
                "{} of {} rows left out: `{}` or `{}` is missing or not finite",
                errors.left_out(),
                errors.left_out() + errors.n(),
                self.target,
                self.prediction
            ));
        }
        evaluation
    }
}

/// A mean of rows as `value`; with two rows or more their standard deviation as `std`, and the ends of the mean's 95 % interval as
/// `lower`, which is not below `least`, and `upper`.
pub(super) fn mean_points(rows: &Moments, scale: f64, least: f64) -> Vec<Point> {
    let value = rows.mean().unwrap_or(f64::NAN) * scale;
    let std = rows.std(1).map(|s| s * scale);
    std::iter::once(Point::new("value", value))
        .chain(std.map(|s| Point::new("std", s)))
        .chain(points(mean(value, std, rows.n(), least)))
        .collect()
}

/// `value` with a relative tolerance.
pub(super) fn approx(value: f64, relative: f64) -> Threshold {
    Threshold::Approx {
        approx: Approx {
            value,
            relative,
            absolute: 1e-12,
        },
    }
}

/// The bound of a metric where less is better: the reference's value and `tolerance` more, else below `baseline`.
pub(super) fn not_above(reference: Option<f64>, tolerance: f64, baseline: Option<f64>) -> Option<Bound> {
    match reference {
        Some(value) => Some(Bound {
            lte: Some(approx(value, tolerance)),
            ..Bound::default()
        }),
        None => baseline.map(|b| Bound {
            lt: Some(Threshold::Number(b)),
            ..Bound::default()
        }),
    }
}

/// The bound of a metric where more is better: the reference's value and `tolerance` less, else above `baseline`.
pub(super) fn not_below(reference: Option<f64>, tolerance: f64, baseline: Option<f64>) -> Option<Bound> {
    match reference {
        Some(value) => Some(Bound {
            gte: Some(approx(value, tolerance)),
            ..Bound::default()
        }),
        None => baseline.map(|b| Bound {
            gt: Some(Threshold::Number(b)),
            ..Bound::default()
        }),
    }
}
