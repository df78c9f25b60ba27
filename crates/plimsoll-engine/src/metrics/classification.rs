//! What the classification metrics share: where labels and scores come from, and the table of true and predicted labels.

use std::collections::BTreeSet;

use plimsoll_model::{DataDefinition, Task};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    EvaluateError, LabelSource, Profile, Profiles, SpecError, StatisticSpec,
    statistics::{Confusion, LogLoss},
};

/// How far a quality metric may lie from the reference's value where a test gives no bound: 20 %.
pub(super) const TOLERANCE: f64 = 0.2;

/// How the classes' values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// The value of the positive class; binary tasks only.
    Binary,
    /// The mean over the classes, each with the same weight.
    Macro,
    /// The value of the classes' pooled counts.
    Micro,
    /// The mean over the classes, weighted by their rows.
    Weighted,
}

/// Where a classification's true labels, predicted labels and scores come from, settled from the data definition.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Classifier {
    target: String,
    positive: Option<String>,
    predicted: Option<LabelSource>,
    scores: Vec<(String, String)>,
}

impl Classifier {
    fn of(metric: &str, definition: &DataDefinition) -> Result<Self, SpecError> {
        let needs = |needs: String| SpecError::Definition {
            metric: metric.to_owned(),
            needs,
        };
        let target = definition
            .target()
            .ok_or_else(|| needs("a `target` column".to_owned()))?
            .name
            .clone();
        let scores = definition.scores();
        match &definition.task {
            Some(Task::Binary { positive, .. }) => {
                let score = scores.get(&None).or_else(|| scores.get(&Some(positive.as_str())));
                Ok(Self {
                    target,
                    positive: Some(positive.clone()),
                    predicted: None,
                    scores: score
                        .map(|s| vec![(positive.clone(), s.name.clone())])
                        .unwrap_or_default(),
                })
            }
            Some(Task::Multiclass) => Ok(Self {
                target,
                positive: None,
                predicted: None,
                scores: scores
                    .iter()
                    .filter_map(|(c, s)| Some(((*c)?.to_owned(), s.name.clone())))
                    .collect(),
            }),
            found => {
                let found = found
                    .as_ref()
                    .map_or("no task".to_owned(), |t| format!("`task: {}`", t.name()));
                Err(needs(format!("`task: binary` or `task: multiclass`, found {found}")))
            }
        }
    }

    /// A classifier with predicted labels: those of the prediction column; without one, or if a threshold is given, the
    /// positive class where its score reaches the threshold; in multi-class tasks the class with the largest score.
    ///
    /// Returns the threshold in use, if labels come from one.
    ///
    /// # Errors
    /// [`SpecError`] if the task is another one, a role is missing, or a threshold is given that does not apply.
    pub fn labelled(
        metric: &str,
        definition: &DataDefinition,
        threshold: Option<f64>,
    ) -> Result<(Self, Option<f64>), SpecError> {
        let mut this = Self::of(metric, definition)?;
        let params = |problem: String| SpecError::Params {
            metric: metric.to_owned(),
            problem,
        };
        let needs = |needs: &str| SpecError::Definition {
            metric: metric.to_owned(),
            needs: needs.to_owned(),
        };
        let prediction = definition.prediction().map(|c| LabelSource::Column(c.name.clone()));
        let Some(Task::Binary {
            positive,
            threshold: default,
        }) = &definition.task
        else {
            if threshold.is_some() {
                return Err(params(
                    "`threshold` applies to binary tasks only, found `task: multiclass`".to_owned(),
                ));
            }
            let arg_max = (this.scores.len() > 1).then(|| LabelSource::ArgMax {
                scores: this.scores.clone(),
            });
            let predicted = prediction.or(arg_max);
            this.predicted = Some(predicted.ok_or_else(|| needs("a `prediction` column, or `scores` by class"))?);
            return Ok((this, None));
        };
        if let (None, Some(column)) = (threshold, prediction) {
            this.predicted = Some(column);
            return Ok((this, None));
        }
        let used = threshold.unwrap_or(*default);
        if !used.is_finite() {
            return Err(params(format!("`threshold` is {used}, expected a finite number")));
        }
        let Some((_, score)) = this.scores.first() else {
            return Err(needs(if threshold.is_some() {
                "a `score` column to hold against its `threshold`"
            } else {
                "a `prediction` column or a `score` column"
            }));
        };
        this.predicted = Some(LabelSource::Threshold {
            score: score.clone(),
            positive: positive.clone(),
            threshold_bits: used.to_bits(),
        });
        Ok((this, Some(used)))
    }

    /// A classifier with scores: of the positive class in binary tasks, of two classes or more in multi-class tasks.
    ///
    /// # Errors
    /// [`SpecError::Definition`] if the task is another one or a role is missing.
    pub fn scored(metric: &str, definition: &DataDefinition) -> Result<Self, SpecError> {
        let this = Self::of(metric, definition)?;
        let (least, needs) = match this.positive {
            Some(_) => (1, "a `score` column with the probability of the positive class"),
            None => (2, "`scores` with a column by class"),
        };
        if this.scores.len() < least {
            return Err(SpecError::Definition {
                metric: metric.to_owned(),
                needs: needs.to_owned(),
            });
        }
        Ok(this)
    }

    /// The positive class of a binary task.
    pub fn positive(&self) -> Option<&str> {
        self.positive.as_deref()
    }

    /// Class and score column, in class order; only the positive class in binary tasks.
    pub fn scores(&self) -> &[(String, String)] {
        &self.scores
    }

    /// The average in use where none is given: the positive class, or macro for more classes.
    ///
    /// # Errors
    /// [`SpecError::Params`] if the average of the positive class is asked for and there is none.
    pub fn average(&self, metric: &str, given: Option<Average>) -> Result<Average, SpecError> {
        match (given, &self.positive) {
            (Some(Average::Binary), None) => Err(SpecError::Params {
                metric: metric.to_owned(),
                problem: "`average: binary` needs a positive class; expected `macro`, `micro` or `weighted`".to_owned(),
            }),
            (Some(average), _) => Ok(average),
            (None, Some(_)) => Ok(Average::Binary),
            (None, None) => Ok(Average::Macro),
        }
    }

    /// The request for the counts by true and predicted label.
    pub fn confusion(&self) -> Option<StatisticSpec> {
        let predicted = self.predicted.clone()?;
        Some(StatisticSpec::Confusion {
            target: self.target.clone(),
            predicted,
        })
    }

    /// The request for the decisions by the values of a column.
    pub fn outcomes(&self, group: &str) -> Option<StatisticSpec> {
        Some(StatisticSpec::GroupOutcomes {
            group: group.to_owned(),
            target: Some(self.target.clone()),
            predicted: self.predicted.clone()?,
            positive: self.positive.clone()?,
        })
    }

    /// The request for the losses of the scores.
    pub fn log_loss(&self) -> StatisticSpec {
        StatisticSpec::LogLoss {
            target: self.target.clone(),
            scores: self.scores.clone(),
        }
    }

    /// The losses of a profile over at least one row.
    ///
    /// # Errors
    /// [`EvaluateError::NotEnough`] if no row has a label and finite scores.
    pub fn loss<'p>(&self, profile: &'p Profile) -> Result<&'p LogLoss, EvaluateError> {
        let loss: &LogLoss = profile.get(&self.log_loss())?;
        if loss.n() > 0 {
            Ok(loss)
        } else {
            Err(self.no_rows(profile))
        }
    }

    /// The error of a profile without a row that has a label and scores.
    pub fn no_rows(&self, profile: &Profile) -> EvaluateError {
        EvaluateError::NotEnough(format!(
            "no row of {} has both a label in `{}` and finite scores; are the labels in?",
            profile.rows(),
            self.target
        ))
    }

    /// A note on rows without label or scores.
    pub fn left_out(&self, rows: u64) -> Option<String> {
        (rows > 0).then(|| {
            format!(
                "{rows} rows left out: the label in `{}` or a score is missing or not finite",
                self.target
            )
        })
    }

    /// The table of the current profile.
    ///
    /// # Errors
    /// [`EvaluateError::NotEnough`] if no row has a true and a predicted label.
    pub fn table(&self, profiles: &Profiles<'_>) -> Result<Table, EvaluateError> {
        self.table_of(profiles.current, profiles.reference)
    }

    /// The table of a profile; the other one lends the name of a binary task's other class if no row here shows it.
    ///
    /// # Errors
    /// [`EvaluateError::NotEnough`] if no row has a true and a predicted label.
    pub fn table_of(&self, profile: &Profile, other: Option<&Profile>) -> Result<Table, EvaluateError> {
        let spec = self
            .confusion()
            .ok_or_else(|| EvaluateError::Absent("confusion".to_owned()))?;
        let confusion: &Confusion = profile.get(&spec)?;
        if confusion.counts().is_empty() {
            return Err(EvaluateError::NotEnough(format!(
                "no row of {} has both a label in `{}` and a prediction; are the labels in?",
                profile.rows(),
                self.target
            )));
        }
        let mut table = match &self.positive {
            None => Table::of_labels(confusion),
            Some(positive) => {
                let other = other.and_then(|p| p.get::<Confusion>(&spec).ok());
                Table::of_binary(confusion, other, positive)
            }
        };
        if confusion.left_out() > 0 {
            table.notes.push(format!(
                "{} rows left out: the label in `{}` or the prediction is missing",
                confusion.left_out(),
                self.target
            ));
        }
        Ok(table)
    }
}

/// The requests for the scores of each class, split by whether the row is of it.
pub(super) fn scores_specs(classifier: &Classifier) -> Vec<(&str, StatisticSpec)> {
    let spec = |(class, score): &(String, String)| StatisticSpec::Scores {
        target: classifier.target.clone(),
        class: class.clone(),
        score: score.clone(),
    };
    classifier
        .scores
        .iter()
        .map(|pair| (pair.0.as_str(), spec(pair)))
        .collect()
}

/// The request for the scores of the positive class.
pub(super) fn scores_spec(classifier: &Classifier) -> Option<StatisticSpec> {
    scores_specs(classifier).into_iter().next().map(|(_, spec)| spec)
}

/// Counts of one class against the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct OneVsRest {
    /// Rows of the class, predicted so.
    pub true_positive: f64,
    /// Rows of another class, predicted as this one.
    pub false_positive: f64,
    /// Rows of the class, predicted as another.
    pub false_negative: f64,
    /// Rows of another class, predicted as another.
    pub true_negative: f64,
}

/// Rows by true and predicted class. Counts are numbers with a fraction so that an expected table is one too.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    /// Classes in order: by number if all are numbers, else by text.
    pub labels: Vec<String>,
    /// `counts[true][predicted]`.
    pub counts: Vec<Vec<f64>>,
    /// Position of the positive class of a binary task.
    pub positive: Option<usize>,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl Table {
    fn of_labels(confusion: &Confusion) -> Self {
        let labels = in_order(seen(confusion).map(str::to_owned).collect());
        let position = |label: &str| labels.iter().position(|l| l == label);
        let mut counts = vec![vec![0.0; labels.len()]; labels.len()];
        for ((actual, predicted), n) in confusion.counts() {
            if let (Some(i), Some(j)) = (position(actual), predicted.as_deref().and_then(position)) {
                counts[i][j] += *n as f64;
            }
        }
        Self {
            labels,
            counts,
            positive: None,
            notes: Vec::new(),
        }
    }

    fn of_binary(confusion: &Confusion, other: Option<&Confusion>, positive: &str) -> Self {
        let rest: BTreeSet<&str> = seen(confusion).filter(|l| *l != positive).collect();
        let mut notes = Vec::new();
        let lent = || other.and_then(|o| seen(o).find(|l| *l != positive)).map(str::to_owned);
        let negative = match rest.len() {
            0 => lent().unwrap_or_else(|| format!("not {positive}")),
            1 => rest.iter().copied().collect(),
            n => {
                let shown: Vec<_> = rest.iter().take(5).map(|l| format!("`{l}`")).collect();
                notes.push(format!("{n} labels count as not `{positive}`: {}", shown.join(", ")));
                format!("not {positive}")
            }
        };
        let labels = in_order(vec![positive.to_owned(), negative]);
        let at = usize::from(labels[0] != positive);
        let mut counts = vec![vec![0.0; 2]; 2];
        for ((actual, predicted), n) in confusion.counts() {
            let i = if actual == positive { at } else { 1 - at };
            let j = if predicted.as_deref() == Some(positive) {
                at
            } else {
                1 - at
            };
            counts[i][j] += *n as f64;
        }
        Self {
            labels,
            counts,
            positive: Some(at),
            notes,
        }
    }

    /// Rows.
    pub fn total(&self) -> f64 {
        self.counts.iter().flatten().sum()
    }

    /// Rows of a class.
    pub fn support(&self, class: usize) -> f64 {
        self.counts[class].iter().sum()
    }

    /// Rows predicted as a class.
    pub fn predicted(&self, class: usize) -> f64 {
        self.counts.iter().map(|row| row[class]).sum()
    }

    /// Share of rows whose predicted class is the true one.
    pub fn accuracy(&self) -> f64 {
        (0..self.labels.len()).map(|c| self.counts[c][c]).sum::<f64>() / self.total()
    }

    /// Counts of a class against the rest.
    pub fn one_vs_rest(&self, class: usize) -> OneVsRest {
        let hit = self.counts[class][class];
        let (support, predicted) = (self.support(class), self.predicted(class));
        OneVsRest {
            true_positive: hit,
            false_positive: predicted - hit,
            false_negative: support - hit,
            true_negative: self.total() - support - predicted + hit,
        }
    }

    /// The table to expect of predictions drawn at random with the true classes' frequencies.
    pub fn of_random_draw(&self) -> Self {
        let total = self.total();
        let support: Vec<f64> = (0..self.labels.len()).map(|c| self.support(c)).collect();
        let counts = support
            .iter()
            .map(|a| support.iter().map(|b| a * b / total).collect())
            .collect();
        Self {
            labels: self.labels.clone(),
            counts,
            positive: self.positive,
            notes: Vec::new(),
        }
    }
}

fn seen(confusion: &Confusion) -> impl Iterator<Item = &str> {
    let labels: BTreeSet<&str> = confusion
        .counts()
        .keys()
        .flat_map(|(actual, predicted)| std::iter::once(actual.as_str()).chain(predicted.as_deref()))
        .collect();
    labels.into_iter()
}

/// Sorts labels: by number if all are numbers, else by text.
pub(super) fn in_order(mut labels: Vec<String>) -> Vec<String> {
    let number = |l: &String| l.parse::<f64>().unwrap_or(f64::NAN);
    if labels.iter().all(|l| number(l).is_finite()) {
        labels.sort_by(|a, b| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
    } else {
        labels.sort();
    }
    labels
}
