//! Scores of one class.

use plimsoll_stats::Sample;

use super::Distribution;
use crate::{Batch, ProfileError, ProfileOptions, Reader, Statistic, StatisticError, Writer, statistic::same};

/// Scores of one class over the rows with a label and a finite score, split by whether the row is of the class.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    target: String,
    class: String,
    score: String,
    left_out: u64,
    positive: Distribution,
    negative: Distribution,
}

impl Scores {
    pub(super) fn new(target: &str, class: &str, score: &str, options: &ProfileOptions) -> Self {
        Self {
            target: target.to_owned(),
            class: class.to_owned(),
            score: score.to_owned(),
            left_out: 0,
            positive: Distribution::of_part(score, options),
            negative: Distribution::of_part(score, options),
        }
    }

    /// Scores of the rows of the class.
    #[must_use]
    pub fn positive(&self) -> Sample<'_> {
        self.positive.sample()
    }

    /// Scores of the other rows.
    #[must_use]
    pub fn negative(&self) -> Sample<'_> {
        self.negative.sample()
    }

    /// Rows left out.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Says whether every score is known.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.positive.is_exact() && self.negative.is_exact()
    }

    /// The larger of the two sides' rank errors, as a share.
    #[must_use]
    pub fn rank_error(&self) -> f64 {
        self.positive.rank_error().max(self.negative.rank_error())
    }
}

impl Statistic for Scores {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let labels = batch.labels(&self.target)?;
        let scores = batch.numbers(&self.score)?;
        let class = labels.names().iter().position(|n| *n == self.class);
        let (mut positive, mut negative) = (Vec::new(), Vec::new());
        for row in 0..batch.rows() {
            match (labels.key(row), scores.finite(row)) {
                (Some(key), Some(score)) if Some(key) == class => positive.push(score),
                (Some(_), Some(score)) => negative.push(score),
                _ => self.left_out += 1,
            }
        }
        self.positive.add(positive.into_iter());
        self.negative.add(negative.into_iter());
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("scores", other)?;
        self.left_out += other.left_out;
        self.positive.merge(Box::new(other.positive))?;
        self.negative.merge(Box::new(other.negative))
    }

    fn finish(&mut self) {
        self.positive.finish();
        self.negative.finish();
    }

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.left_out);
        self.positive.write(writer);
        self.negative.write(writer);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.left_out = reader.u64()?;
        self.positive.read(reader)?;
        self.negative.read(reader)
    }

    fn compact(&mut self) {
        self.positive.compact();
        self.negative.compact();
    }
}
