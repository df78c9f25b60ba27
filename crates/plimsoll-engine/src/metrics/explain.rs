//! `explain`.

use std::collections::BTreeMap;

use plimsoll_model::{ColumnSpec, DataDefinition, Point, Role, Task};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    classification::Classifier,
    column::Column,
    mean,
    regression::Columns,
    sampled_rows::{
        Cut, at_least_two, columns_of, finite, five_thousand, is_label, note_sample, predicted_labels, settled,
    },
    significant,
};
use crate::{
    EvaluateError, Evaluation, LabelSource, Metric, Profile, Profiles, SpecError, StatisticSpec, statistics::RowSample,
};

/// Bins whose points are kept, by column.
const POINTS: usize = 5;
/// Bins that a note names.
const NAMED: usize = 3;

/// What the rows average to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Explained {
    /// Mean absolute error of a regression.
    Mae,
    /// Mean squared error of a regression.
    Mse,
    /// Mean error of a regression.
    Me,
    /// Share of rows that are classified right.
    Accuracy,
    /// Mean prediction; of a classification the share that is predicted positive.
    Prediction,
    /// Mean target; of a classification the share that is positive.
    Target,
}

impl Explained {
    fn name(self) -> &'static str {
        match self {
            Self::Mae => "mean absolute error",
            Self::Mse => "mean squared error",
            Self::Me => "mean error",
            Self::Accuracy => "accuracy",
            Self::Prediction => "mean prediction",
            Self::Target => "mean target",
        }
    }
}

/// Explains a change: which columns, and which of their categories and bins, account for the difference between the window and
/// the reference.
///
/// # Definition
/// `of` is the mean over rows of a number (an absolute error, 1 for a right answer …), m₀ on the reference and m₁ on the window.
/// A column cuts the rows into bins b (tenths of the reference, or categories) with shares p and means m of their own. Then
/// m₁ − m₀ = Σ mix + Σ within, exactly: mix = (p₁ − p₀) · ((m₀ + m₁) / 2 of the bin − (m₀ + m₁) / 2 of all), what follows from
/// other rows coming; within = (p₀ + p₁) / 2 · (m₁ − m₀ of the bin), what follows from the same rows faring otherwise.
/// A bin that one side lacks has the other side's mean there.
///
/// # Input
/// The features, or `columns`, of which numeric, boolean and categorical ones are used; the roles that `of` needs; a
/// reference. With a trailing or previous reference it explains the change from window to window.
///
/// # Output
/// Without labels `change`, m₁ − m₀. By label `column`: `mix` and `within`, which add up to `change` of the rows with a value,
/// and `concentration`: half of Σ |mix + within − (p₀ + p₁) / 2 · change|, 0 where every bin changes alike; columns with a large one tell
/// where to look. By `column` and `bin`: `contribution`, mix + within, of the five bins that deviate most. The note names the
/// bins that deviate most of all.
///
/// # Missing values
/// Missing cells are a bin of their own. Rows where the number is not known are left out; no such row on either side is the
/// error `not_enough_data`.
///
/// # Accuracy
/// Exact up to `rows` rows a side; beyond it from a sample of so many, with a note. Of a stored profile 500 rows remain.
///
/// # Source
/// Kitagawa (1955), Components of a Difference Between Two Rates; midpoint form. No peer offers it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// What is explained: `mae`, `mse`, `me`, `accuracy`, `prediction` or `target`. Default: `mae` of a regression, `accuracy`
    /// of a classification, else `prediction`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    of: Option<Explained>,
    /// Names of the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    /// Rows that are compared, a side.
    #[serde(default = "five_thousand")]
    rows: u32,
    #[serde(skip)]
    number: Number,
    #[serde(skip)]
    settled: Vec<Column>,
}

/// How a row's number comes from its cells.
#[derive(Debug, Clone, Default)]
enum Number {
    #[default]
    Unsettled,
    /// `prediction − target`.
    Error(Explained, Columns),
    /// Whether target and predicted label are equal; of the positive class where one is given.
    Right {
        target: String,
        predicted: LabelSource,
        positive: Option<String>,
    },
    /// The value of a numeric column.
    Value(String),
    /// Whether a label is the positive one.
    Positive(LabelSource, String),
}

/// One bin of a column: rows and the sum of their numbers, on the reference and on the window.
#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    rows: [f64; 2],
    sum: [f64; 2],
}

/// What a bin adds to the change.
#[derive(Debug, Clone)]
struct Part {
    name: String,
    shares: [f64; 2],
    mix: f64,
    within: f64,
    /// What it adds beyond its share of the change.
    excess: f64,
}

impl Number {
    fn settle(of: Explained, definition: &DataDefinition) -> Result<Self, SpecError> {
        let id = Explain::ID;
        let needs = |needs: &str| SpecError::Definition {
            metric: id.to_owned(),
            needs: needs.to_owned(),
        };
        let is_class = matches!(definition.task, Some(Task::Binary { .. } | Task::Multiclass));
        Ok(match of {
            Explained::Mae | Explained::Mse | Explained::Me => Self::Error(of, Columns::of(id, definition)?),
            Explained::Accuracy => {
                let (classifier, _) = Classifier::labelled(id, definition, None)?;
                let Some(StatisticSpec::Confusion { target, predicted }) = classifier.confusion() else {
                    return Err(needs("a `prediction` column"));
                };
                let positive = classifier.positive().map(str::to_owned);
                Self::Right {
                    target,
                    predicted,
                    positive,
                }
            }
            Explained::Prediction if is_class => {
                let (classifier, _) = Classifier::labelled(id, definition, None)?;
                let positive = classifier
                    .positive()
                    .ok_or_else(|| needs("a `positive` class"))?
                    .to_owned();
                match classifier.confusion() {
                    Some(StatisticSpec::Confusion { predicted, .. }) => Self::Positive(predicted, positive),
                    _ => return Err(needs("a `prediction` column")),
                }
            }
            Explained::Target if is_class => {
                let target = definition.target().ok_or_else(|| needs("a `target` column"))?;
                let Some(Task::Binary { positive, .. }) = &definition.task else {
                    return Err(needs("a `positive` class"));
                };
                Self::Positive(LabelSource::Column(target.name.clone()), positive.clone())
            }
            Explained::Prediction | Explained::Target => {
                let score = definition.scores().remove(&None);
                let (role, column) = match of {
                    Explained::Prediction => ("prediction", definition.prediction().or(score)),
                    _ => ("target", definition.target()),
                };
                let column = column.ok_or_else(|| needs(&format!("a `{role}` column")))?;
                let column = Column::numeric(id, definition, &column.name)?;
                Self::Value(column.name)
            }
        })
    }

    fn columns(&self) -> Vec<String> {
        match self {
            Self::Unsettled => Vec::new(),
            Self::Error(_, columns) => vec![columns.target().to_owned(), columns.prediction().to_owned()],
            Self::Right { target, predicted, .. } => {
                std::iter::once(target.clone()).chain(columns_of(predicted)).collect()
            }
            Self::Value(column) => vec![column.clone()],
            Self::Positive(labels, _) => columns_of(labels),
        }
    }

    /// The number of each sampled row; `None` where it is not known.
    fn of_rows(&self, sample: &RowSample) -> Vec<Option<f64>> {
        let truth = |b: bool| f64::from(u8::from(b));
        match self {
            Self::Unsettled => Vec::new(),
            Self::Error(of, columns) => {
                let target = finite(sample, columns.target());
                let both = target.into_iter().zip(finite(sample, columns.prediction()));
                let number = |(target, prediction): (Option<f64>, Option<f64>)| {
                    let error = prediction? - target?;
                    Some(match of {
                        Explained::Mae => error.abs(),
                        Explained::Mse => error * error,
                        _ => error,
                    })
                };
                both.map(number).collect()
            }
            Self::Right {
                target,
                predicted,
                positive,
            } => {
                let actual = sample.labels(target);
                let predicted = predicted_labels(sample, predicted);
                let right = |(actual, predicted): (Option<String>, Option<String>)| {
                    let (actual, predicted) = (actual?, predicted?);
                    Some(truth(match positive {
                        Some(positive) => is_label(&actual, positive) == is_label(&predicted, positive),
                        None => actual == predicted,
                    }))
                };
                actual.into_iter().zip(predicted).map(right).collect()
            }
            Self::Value(column) => finite(sample, column),
            Self::Positive(source, positive) => predicted_labels(sample, source)
                .into_iter()
                .map(|label| Some(truth(is_label(&label?, positive))))
                .collect(),
        }
    }
}

/// What each bin of a column adds to the change of the mean.
fn parts(cut: &Cut, numbers: &[Vec<Option<f64>>; 2]) -> Vec<Part> {
    let mut bins: BTreeMap<&str, Bin> = BTreeMap::new();
    for (side, (rows, numbers)) in cut.rows.iter().zip(numbers).enumerate() {
        for (bin, number) in rows.iter().zip(numbers) {
            if let Some(number) = number {
                let bin = bins.entry(&cut.names[*bin]).or_default();
                bin.rows[side] += 1.0;
                bin.sum[side] += number;
            }
        }
    }
    let total = |of: fn(&Bin) -> [f64; 2]| {
        bins.values()
            .map(of)
            .fold([0.0, 0.0], |a, b| [a[0] + b[0], a[1] + b[1]])
    };
    let (rows, sum) = (total(|b| b.rows), total(|b| b.sum));
    let means = [sum[0] / rows[0], sum[1] / rows[1]];
    let change = means[1] - means[0];
    let part = |(name, bin): (&str, Bin)| {
        let shares = [bin.rows[0] / rows[0], bin.rows[1] / rows[1]];
        let own = |side: usize| (bin.rows[side] > 0.0).then(|| bin.sum[side] / bin.rows[side]);
        let (before, after) = match (own(0), own(1)) {
            (Some(before), Some(after)) => (before, after),
            (Some(one), None) | (None, Some(one)) => (one, one),
            (None, None) => (0.0, 0.0),
        };
        let share = f64::midpoint(shares[0], shares[1]);
        let mix = (shares[1] - shares[0]) * (f64::midpoint(before, after) - f64::midpoint(means[0], means[1]));
        let within = share * (after - before);
        Part {
            name: name.to_owned(),
            shares,
            mix,
            within,
            excess: mix + within - share * change,
        }
    };
    bins.into_iter().map(part).collect()
}

impl Explain {
    fn spec(&self) -> StatisticSpec {
        let settled = self.settled.iter().map(|c| c.name.clone());
        StatisticSpec::row_sample(self.number.columns().into_iter().chain(settled), self.rows)
    }

    fn sample<'p>(&self, profile: &'p Profile) -> Result<&'p RowSample, EvaluateError> {
        profile.get(&self.spec())
    }
}

impl Metric for Explain {
    const ID: &'static str = "explain";
    const FIELDS: &'static [&'static str] = &["change", "mix", "within", "concentration", "contribution"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        at_least_two(Self::ID, self.rows)?;
        let of = self.of.unwrap_or(match &definition.task {
            Some(Task::Regression) => Explained::Mae,
            Some(Task::Binary { .. } | Task::Multiclass) => Explained::Accuracy,
            _ => Explained::Prediction,
        });
        let is_own = |c: &&ColumnSpec| matches!(c.role, Role::Feature | Role::Segment);
        let settled = settled(Self::ID, definition, self.columns.as_deref(), is_own)?;
        Ok(Self {
            of: Some(of),
            number: Number::settle(of, definition)?,
            settled,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let samples = [
            self.sample(profiles.reference(Self::ID)?)?,
            self.sample(profiles.current)?,
        ];
        let numbers = samples.map(|sample| self.number.of_rows(sample));
        let means: Vec<f64> = numbers
            .iter()
            .filter_map(|side| mean(side.iter().flatten().copied()))
            .collect();
        let [before, after] = means[..] else {
            return Err(EvaluateError::NotEnough(
                "no row of the window or of the reference has all that the number is made of; are the labels in?"
                    .to_owned(),
            ));
        };
        let change = after - before;
        let mut points = vec![Point::new("change", change)];
        let mut all: Vec<(&Column, Part)> = Vec::new();
        for column in &self.settled {
            let mut parts = parts(&Cut::of(column, samples), &numbers);
            let point = |field: &str, value: f64| Point::new(field, value).with("column", &column.name);
            let sum = |of: fn(&Part) -> f64| parts.iter().map(of).sum::<f64>();
            points.push(point("mix", sum(|p| p.mix)));
            points.push(point("within", sum(|p| p.within)));
            points.push(point("concentration", sum(|p| p.excess.abs()) / 2.0));
            parts.sort_by(|a, b| {
                b.excess
                    .abs()
                    .total_cmp(&a.excess.abs())
                    .then_with(|| a.name.cmp(&b.name))
            });
            parts.truncate(POINTS);
            let own = parts
                .iter()
                .map(|part| point("contribution", part.mix + part.within).with("bin", &part.name));
            points.extend(own);
            all.extend(parts.into_iter().map(|part| (column, part)));
        }
        let mut evaluation = Evaluation::of(points);
        // Bins that go with the change, most of all first.
        let with_change = |part: &Part| part.excess * change.signum();
        all.sort_by(|a, b| {
            let order = with_change(&b.1).total_cmp(&with_change(&a.1));
            order.then_with(|| (&a.0.name, &a.1.name).cmp(&(&b.0.name, &b.1.name)))
        });
        let percent = |share: f64| significant((1e3 * share).round() / 10.0);
        let named: Vec<String> = all
            .iter()
            .filter(|(_, part)| with_change(part) > 0.0)
            .take(NAMED)
            .map(|(column, part)| {
                format!(
                    "`{}` {}: {:+} ({} % of the rows, before {} %)",
                    column.name,
                    part.name,
                    significant(part.mix + part.within),
                    percent(part.shares[1]),
                    percent(part.shares[0])
                )
            })
            .collect();
        if let Some(of) = self.of
            && !named.is_empty()
        {
            evaluation.notes.push(format!(
                "{} went from {} to {} ({:+}); most of it in {}",
                of.name(),
                significant(before),
                significant(after),
                significant(change),
                named.join(", ")
            ));
        }
        note_sample(&mut evaluation, samples[0], "reference");
        note_sample(&mut evaluation, samples[1], "window");
        Ok(evaluation)
    }
}
