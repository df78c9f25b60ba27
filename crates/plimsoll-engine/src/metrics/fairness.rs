//! What the fairness metrics share: rates by group, and how far apart they are.

use plimsoll_model::{Bound, DataDefinition, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{at_least, at_most},
    classification::Classifier,
    column::Column,
    interval,
};
use crate::{
    EvaluateError, Evaluation, Profiles, SpecError, StatisticSpec,
    statistics::{GroupOutcomes, Outcomes},
};

/// Groups that a note names.
const NAMED: usize = 5;

/// Parameters of the metrics that compare the groups of a column.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Groups {
    /// Column whose values are the groups.
    pub column: String,
    /// Score at or above which a row counts as positive. Default: the label of the prediction column, without one the task's
    /// threshold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    /// Rows that a rate needs; groups with fewer are left out.
    #[serde(default = "thirty")]
    min_rows: u64,
    #[serde(skip)]
    classifier: Classifier,
}

fn thirty() -> u64 {
    30
}

/// A rate of a group: its name as a field, and its numerator and denominator.
pub(super) type GroupRate = (&'static str, fn(&Outcomes) -> (u64, u64));

/// Share of the truly positive rows that are predicted positive.
pub(super) const TPR: GroupRate = ("tpr", |o| (o.true_positive, o.true_positive + o.false_negative));
/// Share of the truly negative rows that are predicted positive.
pub(super) const FPR: GroupRate = ("fpr", |o| (o.false_positive, o.false_positive + o.true_negative));
/// Share of the rows that are predicted positive.
pub(super) const SELECTED: GroupRate = ("rate", |o| (o.positive, o.rows));

impl Groups {
    pub fn resolve(self, id: &str, definition: &DataDefinition) -> Result<Self, SpecError> {
        Column::of(id, definition, &self.column)?;
        let (classifier, threshold) = Classifier::labelled(id, definition, self.threshold)?;
        if classifier.positive().is_none() {
            return Err(SpecError::Definition {
                metric: id.to_owned(),
                needs: "`task: binary` with the `positive` class".to_owned(),
            });
        }
        Ok(Self {
            threshold,
            classifier,
            ..self
        })
    }

    pub fn requires(&self) -> Vec<StatisticSpec> {
        self.classifier.outcomes(&self.column).into_iter().collect()
    }

    /// The largest difference and the smallest ratio of the groups' rates, over all of these rates.
    pub fn compare(&self, profiles: &Profiles<'_>, rates: &[GroupRate]) -> Result<Evaluation, EvaluateError> {
        let spec = self.classifier.outcomes(&self.column);
        let spec = spec.ok_or_else(|| EvaluateError::Absent("group_outcomes".to_owned()))?;
        let outcomes: &GroupOutcomes = profiles.current.get(&spec)?;
        let groups = outcomes.groups().ok_or_else(|| {
            EvaluateError::Math(format!(
                "`{}` has more than 1,000 values; choose a column with few groups",
                self.column
            ))
        })?;
        let point = |field: &str, value: f64| Point::new(field, value).with("column", &self.column);
        let (mut difference, mut ratio): (Option<f64>, Option<f64>) = (None, None);
        let mut ends = None;
        let mut points = Vec::new();
        let mut few: Vec<&str> = Vec::new();
        for (field, of) in rates {
            let mut own: Vec<(f64, (f64, f64))> = Vec::new();
            for (name, outcomes) in groups {
                let (numerator, denominator) = of(outcomes);
                if denominator < self.min_rows.max(1) {
                    few.push(name);
                    continue;
                }
                let rate = numerator as f64 / denominator as f64;
                points.push(point(field, rate).with("group", name));
                own.push((rate, (numerator as f64, denominator as f64)));
            }
            own.sort_by(|a, b| a.0.total_cmp(&b.0));
            if let [(least, smaller), .., (most, larger)] = own[..] {
                let apart = most - least;
                if difference.is_none_or(|d| apart > d) {
                    ends = interval::difference(larger, smaller);
                }
                // Rates that are all 0 are equal.
                let share = if most > 0.0 { least / most } else { 1.0 };
                difference = Some(difference.map_or(apart, |d| d.max(apart)));
                ratio = Some(ratio.map_or(share, |r| r.min(share)));
            }
        }
        few.sort_unstable();
        few.dedup();
        let (Some(difference), Some(ratio)) = (difference, ratio) else {
            return Err(EvaluateError::NotEnough(format!(
                "fewer than two groups of `{}` have {} rows to judge by; are the labels in?",
                self.column, self.min_rows
            )));
        };
        let first = [point("difference", difference), point("ratio", ratio)];
        let ends = interval::points(ends).map(|end| end.with("column", &self.column));
        let mut evaluation = Evaluation::of(first.into_iter().chain(ends).chain(points).collect());
        if !few.is_empty() {
            let more = few.len().saturating_sub(NAMED);
            few.truncate(NAMED);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            evaluation.notes.push(format!(
                "groups with fewer than {} rows to judge by left out: {}{more}",
                self.min_rows,
                few.join(", ")
            ));
        }
        if outcomes.left_out() > 0 {
            evaluation.notes.push(format!(
                "{} rows without a value of `{}` or a prediction left out",
                outcomes.left_out(),
                self.column
            ));
        }
        Ok(evaluation)
    }
}

/// A difference of at most 0.1; a ratio of at least four fifths.
pub(super) fn bound(field: &str) -> Option<Bound> {
    match field {
        "difference" => Some(at_most(0.1)),
        "ratio" => Some(at_least(0.8)),
        _ => None,
    }
}
