//! Errors of a regression times its targets.

use super::Moments;
use crate::{Batch, ProfileError, Reader, Statistic, StatisticError, Writer, statistic::same};

/// Products of errors e = prediction − target and targets y over the rows where both are finite: what tells how e² and y² go
/// together.
#[derive(Debug, Clone, PartialEq)]
pub struct ErrorProducts {
    target_column: String,
    prediction_column: String,
    /// e · y.
    once: Moments,
    /// e² · y.
    twice: Moments,
}

impl ErrorProducts {
    pub(super) fn new(target: &str, prediction: &str) -> Self {
        Self {
            target_column: target.to_owned(),
            prediction_column: prediction.to_owned(),
            once: Moments::default(),
            twice: Moments::default(),
        }
    }

    /// Rows whose products are finite.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.twice.n()
    }

    /// Mean of e² · y; `None` without rows.
    #[must_use]
    pub fn squared_error_by_target(&self) -> Option<f64> {
        self.twice.mean()
    }

    /// Mean of e² · y²; `None` without rows.
    #[must_use]
    pub fn squared_error_by_squared_target(&self) -> Option<f64> {
        let mean = self.once.mean()?;
        Some(self.once.variance(0)? + mean * mean)
    }
}

impl Statistic for ErrorProducts {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let targets = batch.numbers(&self.target_column)?;
        let predictions = batch.numbers(&self.prediction_column)?;
        let (once, twice): (Vec<f64>, Vec<f64>) = (0..batch.rows())
            .filter_map(|row| {
                let (target, prediction) = (targets.finite(row)?, predictions.finite(row)?);
                let error = prediction - target;
                let twice = error * error * target;
                twice.is_finite().then_some((error * target, twice))
            })
            .filter(|(once, _)| once.is_finite())
            .unzip();
        self.once.add(&once);
        self.twice.add(&twice);
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("error_products", other)?;
        self.once.join(&other.once);
        self.twice.join(&other.twice);
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        self.once.write(writer);
        self.twice.write(writer);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.once.read(reader)?;
        self.twice.read(reader)
    }
}
