//! Errors of a regression.

use super::{Distribution, Moments};
use crate::{Batch, ProfileError, ProfileOptions, Reader, Statistic, StatisticError, Writer, statistic::same};

/// `prediction − target` over the rows where both are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Errors {
    target_column: String,
    prediction_column: String,
    left_out: u64,
    zero_targets: u64,
    error: Moments,
    absolute: Moments,
    squared: Moments,
    percentage: Moments,
    target: Moments,
    prediction: Moments,
    distribution: Distribution,
    target_distribution: Distribution,
}

impl Errors {
    pub(super) fn new(target: &str, prediction: &str, options: &ProfileOptions) -> Self {
        Self {
            target_column: target.to_owned(),
            prediction_column: prediction.to_owned(),
            left_out: 0,
            zero_targets: 0,
            error: Moments::default(),
            absolute: Moments::default(),
            squared: Moments::default(),
            percentage: Moments::default(),
            target: Moments::default(),
            prediction: Moments::default(),
            distribution: Distribution::of_part(target, options),
            target_distribution: Distribution::of_part(target, options),
        }
    }

    /// Rows with a finite target and a finite prediction.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.error.n()
    }

    /// Rows left out.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Rows whose target is zero; they have no percentage error.
    #[must_use]
    pub fn zero_targets(&self) -> u64 {
        self.zero_targets
    }

    /// `prediction − target`.
    #[must_use]
    pub fn error(&self) -> &Moments {
        &self.error
    }

    /// `|prediction − target|`.
    #[must_use]
    pub fn absolute(&self) -> &Moments {
        &self.absolute
    }

    /// `(prediction − target)²`.
    #[must_use]
    pub fn squared(&self) -> &Moments {
        &self.squared
    }

    /// `|prediction − target| / |target|` where the target is not zero; a share, not percent.
    #[must_use]
    pub fn percentage(&self) -> &Moments {
        &self.percentage
    }

    /// The target.
    #[must_use]
    pub fn target(&self) -> &Moments {
        &self.target
    }

    /// The prediction.
    #[must_use]
    pub fn prediction(&self) -> &Moments {
        &self.prediction
    }

    /// Distribution of `prediction − target`.
    #[must_use]
    pub fn distribution(&self) -> &Distribution {
        &self.distribution
    }

    /// Distribution of the target.
    #[must_use]
    pub fn target_distribution(&self) -> &Distribution {
        &self.target_distribution
    }

    fn moments(&mut self) -> [&mut Moments; 6] {
        [
            &mut self.error,
            &mut self.absolute,
            &mut self.squared,
            &mut self.percentage,
            &mut self.target,
            &mut self.prediction,
        ]
    }
}

impl Statistic for Errors {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let targets = batch.numbers(&self.target_column)?;
        let predictions = batch.numbers(&self.prediction_column)?;
        let rows: Vec<(f64, f64)> = (0..batch.rows())
            .filter_map(|row| Some((targets.finite(row)?, predictions.finite(row)?)))
            .collect();
        self.left_out += (batch.rows() - rows.len()) as u64;
        let of = |f: fn(&(f64, f64)) -> f64| rows.iter().map(f).collect::<Vec<f64>>();
        let error = of(|(t, p)| p - t);
        let target = of(|(t, _)| *t);
        let percentage: Vec<f64> = rows
            .iter()
            .filter(|(t, _)| *t != 0.0)
            .map(|(t, p)| (p - t).abs() / t.abs())
            .collect();
        self.zero_targets += (rows.len() - percentage.len()) as u64;
        self.error.add(&error);
        self.absolute.add(&of(|(t, p)| (p - t).abs()));
        self.squared.add(&of(|(t, p)| (p - t) * (p - t)));
        self.percentage.add(&percentage);
        self.target.add(&target);
        self.prediction.add(&of(|(_, p)| *p));
        self.distribution.add(error.into_iter());
        self.target_distribution.add(target.into_iter());
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let mut other = same::<Self>("errors", other)?;
        self.left_out += other.left_out;
        self.zero_targets += other.zero_targets;
        for (mine, theirs) in self.moments().into_iter().zip(other.moments()) {
            mine.join(theirs);
        }
        self.distribution.merge(Box::new(other.distribution))?;
        self.target_distribution.merge(Box::new(other.target_distribution))
    }

    fn finish(&mut self) {
        self.distribution.finish();
        self.target_distribution.finish();
    }

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.left_out);
        writer.u64(self.zero_targets);
        for moments in self.clone().moments() {
            moments.write(writer);
        }
        self.distribution.write(writer);
        self.target_distribution.write(writer);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.left_out = reader.u64()?;
        self.zero_targets = reader.u64()?;
        for moments in self.moments() {
            moments.read(reader)?;
        }
        self.distribution.read(reader)?;
        self.target_distribution.read(reader)
    }

    fn compact(&mut self) {
        self.distribution.compact();
        self.target_distribution.compact();
    }
}
