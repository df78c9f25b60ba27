//! Losses of class scores.

use super::Moments;
use crate::{Batch, Numbers, ProfileError, Reader, Statistic, StatisticError, Writer, statistic::same};

/// Logarithmic loss and Brier score over the rows with a label and finite scores.
///
/// With one score column the task is binary: the other class has `1 − p`, and the Brier score is `(p − y)²`. With
/// several, the Brier score is `Σ (p_c − y_c)²`.
#[derive(Debug, Clone, PartialEq)]
pub struct LogLoss {
    target: String,
    scores: Vec<(String, String)>,
    left_out: u64,
    loss: Moments,
    brier: Moments,
}

/// `−ln p`, with `p` kept off 0 and 1 by the precision of a double.
fn surprise(p: f64) -> f64 {
    -p.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}

impl LogLoss {
    pub(super) fn new(target: &str, scores: &[(String, String)]) -> Self {
        Self {
            target: target.to_owned(),
            scores: scores.to_vec(),
            left_out: 0,
            loss: Moments::default(),
            brier: Moments::default(),
        }
    }

    /// Rows with a label and finite scores.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.brier.n()
    }

    /// Rows left out.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Mean of `−ln p(true class)`, in nats; `None` without rows.
    #[must_use]
    pub fn log_loss(&self) -> Option<f64> {
        self.loss.mean()
    }

    /// Mean squared error of the scores; `None` without rows.
    #[must_use]
    pub fn brier(&self) -> Option<f64> {
        self.brier.mean()
    }

    /// Standard deviation of `−ln p(true class)` over the rows; `None` with fewer than two.
    #[must_use]
    pub fn log_loss_std(&self) -> Option<f64> {
        self.loss.std(1)
    }

    /// Standard deviation of the rows' squared errors; `None` with fewer than two.
    #[must_use]
    pub fn brier_std(&self) -> Option<f64> {
        self.brier.std(1)
    }

    /// Loss and squared error of a row whose label is the `class`-th score's, or none of them.
    fn row(scores: &[&Numbers<'_>], class: Option<usize>, row: usize) -> Option<(f64, f64)> {
        if let [score] = scores {
            let p = score.finite(row)?;
            let y = f64::from(class.is_some());
            return Some((surprise(if class.is_some() { p } else { 1.0 - p }), (p - y) * (p - y)));
        }
        let (mut squares, mut own) = (0.0, 0.0);
        for (at, score) in scores.iter().enumerate() {
            let p = score.finite(row)?;
            let y = f64::from(class == Some(at));
            squares += (p - y) * (p - y);
            own += p * y;
        }
        class.map(|_| (surprise(own), squares))
    }
}

impl Statistic for LogLoss {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let labels = batch.labels(&self.target)?;
        let scores: Vec<_> = self
            .scores
            .iter()
            .map(|(_, c)| batch.numbers(c))
            .collect::<Result<_, _>>()?;
        let classes: Vec<Option<usize>> = labels
            .names()
            .iter()
            .map(|name| self.scores.iter().position(|(class, _)| class == name))
            .collect();
        let rows = (0..batch.rows()).map(|row| Self::row(&scores, classes[labels.key(row)?], row));
        let (mut losses, mut squares) = (Vec::new(), Vec::new());
        for row in rows {
            match row {
                Some((loss, square)) => {
                    losses.push(loss);
                    squares.push(square);
                }
                None => self.left_out += 1,
            }
        }
        self.loss.add(&losses);
        self.brier.add(&squares);
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("log_loss", other)?;
        self.left_out += other.left_out;
        self.loss.join(&other.loss);
        self.brier.join(&other.brier);
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.left_out);
        self.loss.write(writer);
        self.brier.write(writer);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.left_out = reader.u64()?;
        self.loss.read(reader)?;
        self.brier.read(reader)
    }
}
