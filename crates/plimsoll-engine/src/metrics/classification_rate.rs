//! Rates of one class against the rest, averaged over the classes: what precision, recall, F1 and the four rates share.

use plimsoll_model::{Bound, Labels, Point};

use super::{
    classification::{Average, Classifier, OneVsRest, TOLERANCE, Table},
    interval::{normal, points, wilson},
    regression::{not_above, not_below},
};
use crate::{EvaluateError, Evaluation, Profiles};

/// What a rate's sampling error is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trials {
    /// The denominator's rows, of which the numerator's count.
    Rows,
    /// F1 = 2q / (1 + q), with q = TP / (TP + FP + FN).
    F1,
}

impl Trials {
    /// The 95 % interval of a rate with that numerator and denominator.
    fn interval(self, numerator: f64, denominator: f64) -> Option<(f64, f64)> {
        match self {
            Self::Rows => wilson(numerator, denominator),
            Self::F1 => {
                let hits = numerator / 2.0;
                let (lower, upper) = wilson(hits, denominator - hits)?;
                let f1 = |share: f64| 2.0 * share / (1.0 + share);
                Some((f1(lower), f1(upper)))
            }
        }
    }

    /// Variance of a rate with that numerator and denominator.
    fn variance(self, numerator: f64, denominator: f64) -> f64 {
        if denominator <= 0.0 {
            return 0.0;
        }
        let variance = |share: f64, rows: f64| share * (1.0 - share) / rows;
        match self {
            Self::Rows => variance(numerator / denominator, denominator),
            Self::F1 => {
                let (hits, rows) = (numerator / 2.0, denominator - numerator / 2.0);
                let share = hits / rows;
                // The square of the slope of 2q / (1 + q).
                variance(share, rows) * 4.0 / (1.0 + share).powi(4)
            }
        }
    }
}

/// A rate of one class against the rest.
pub(super) struct Rate {
    /// Name in notes.
    pub name: &'static str,
    /// Numerator and denominator of the rate.
    pub of: fn(&OneVsRest) -> (f64, f64),
    /// Rows that the rate is a share of, with those that count, and what turns that share into the rate; its sampling error is
    /// theirs.
    pub trials: Trials,
    /// What has no row where the denominator is zero.
    pub lacks: &'static str,
    /// Says whether 0/0 counts as 0 (nothing was predicted so) or is undefined (no row to judge by).
    pub zero_if_empty: bool,
    /// Says whether more is better.
    pub more_is_better: bool,
}

impl Rate {
    fn class(&self, counts: &OneVsRest) -> Option<f64> {
        let (numerator, denominator) = (self.of)(counts);
        if denominator > 0.0 {
            Some(numerator / denominator)
        } else {
            self.zero_if_empty.then_some(0.0)
        }
    }

    /// The rate over all classes.
    pub fn averaged(&self, table: &Table, average: Average) -> Option<f64> {
        let classes = 0..table.labels.len();
        match average {
            Average::Binary => self.class(&table.one_vs_rest(table.positive?)),
            Average::Macro => {
                let sum: f64 = classes.map(|c| self.class(&table.one_vs_rest(c)).unwrap_or(0.0)).sum();
                Some(sum / table.labels.len() as f64)
            }
            Average::Weighted => {
                let weighted = |c| table.support(c) * self.class(&table.one_vs_rest(c)).unwrap_or(0.0);
                Some(classes.map(weighted).sum::<f64>() / table.total())
            }
            Average::Micro => {
                let (numerator, denominator) = classes
                    .map(|c| (self.of)(&table.one_vs_rest(c)))
                    .fold((0.0, 0.0), |(a, b), (n, d)| (a + n, b + d));
                (denominator > 0.0).then(|| numerator / denominator)
            }
        }
    }

    /// Standard error of the rates of all classes, each times its weight, classes taken as independent.
    fn error(&self, table: &Table, weight: impl Fn(usize) -> f64) -> f64 {
        let weighted = (0..table.labels.len()).map(|class| {
            let (numerator, denominator) = (self.of)(&table.one_vs_rest(class));
            weight(class) * weight(class) * self.trials.variance(numerator, denominator)
        });
        weighted.sum::<f64>().sqrt()
    }

    /// The 95 % interval of the averaged value, classes taken as independent.
    fn interval(&self, table: &Table, average: Average, value: f64) -> Option<(f64, f64)> {
        let classes = || (0..table.labels.len()).map(|c| table.one_vs_rest(c));
        match average {
            Average::Binary => {
                let (numerator, denominator) = (self.of)(&table.one_vs_rest(table.positive?));
                self.trials.interval(numerator, denominator)
            }
            Average::Micro => {
                let pooled = classes()
                    .map(|c| (self.of)(&c))
                    .fold((0.0, 0.0), |(a, b), (n, d)| (a + n, b + d));
                self.trials.interval(pooled.0, pooled.1)
            }
            Average::Macro => {
                let error = self.error(table, |_| 1.0 / table.labels.len() as f64);
                normal(value, error, 0.0, 1.0)
            }
            Average::Weighted => {
                let error = self.error(table, |class| table.support(class) / table.total());
                normal(value, error, 0.0, 1.0)
            }
        }
    }

    /// The averaged value with its interval, then the value by class.
    ///
    /// # Errors
    /// [`EvaluateError`] if there is no labelled row, or the averaged value is 0/0.
    pub fn evaluate(
        &self,
        classifier: &Classifier,
        average: Average,
        profiles: &Profiles<'_>,
    ) -> Result<Evaluation, EvaluateError> {
        let mut table = classifier.table(profiles)?;
        let Some(value) = self.averaged(&table, average) else {
            let class = table.positive.map_or("any", |p| table.labels[p].as_str());
            return Err(EvaluateError::Math(format!(
                "{} is undefined: none of the {} rows is {} `{class}`",
                self.name,
                table.total(),
                self.lacks
            )));
        };
        let mut evaluation = Evaluation::of(vec![Point::new("value", value)]);
        evaluation.points.extend(points(self.interval(&table, average, value)));
        evaluation.notes.append(&mut table.notes);
        for (c, label) in table.labels.iter().enumerate() {
            let counts = table.one_vs_rest(c);
            let value = self.class(&counts);
            evaluation
                .points
                .push(Point::new("value", value.unwrap_or(f64::NAN)).with("class", label));
            if (self.of)(&counts).1 <= 0.0 {
                let counts_as = match (value, average) {
                    (Some(_), _) => "counts as 0",
                    (None, Average::Macro | Average::Weighted) => "is undefined; the average takes it as 0",
                    (None, _) => "is undefined",
                };
                let (name, lacks) = (self.name, self.lacks);
                evaluation
                    .notes
                    .push(format!("{name} of `{label}` {counts_as}: no row is {lacks} `{label}`"));
            }
        }
        Ok(evaluation)
    }

    /// The bound of a test that gives none: 20 % worse than the reference, else better than random labels.
    pub fn bound(
        &self,
        classifier: &Classifier,
        average: Average,
        labels: &Labels,
        reference: Option<f64>,
        profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        let baseline = || {
            let random = classifier.table(profiles).ok()?.of_random_draw();
            match labels.get("class") {
                None => self.averaged(&random, average),
                Some(class) => self.class(&random.one_vs_rest(random.labels.iter().position(|l| l == class)?)),
            }
        };
        let baseline = if reference.is_none() { baseline() } else { None };
        let bound = if self.more_is_better { not_below } else { not_above };
        bound(reference, TOLERANCE, baseline)
    }
}
