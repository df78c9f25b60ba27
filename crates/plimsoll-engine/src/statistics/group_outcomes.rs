//! Decisions and their outcomes by group.

use std::collections::BTreeMap;

use super::confusion::predictions;
use crate::{Batch, LabelSource, ProfileError, Reader, Statistic, StatisticError, Writer, statistic::same};

/// Groups that are told apart; a column with more is no grouping.
const LIMIT: usize = 1_000;

/// What became of the rows of one group. Positive is a row that is predicted to be of the positive class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Rows with a prediction.
    pub rows: u64,
    /// Rows that are predicted positive.
    pub positive: u64,
    /// Of the rows with a label: positive, and rightly so.
    pub true_positive: u64,
    /// Of the rows with a label: positive, and wrongly so.
    pub false_positive: u64,
    /// Of the rows with a label: not positive, and wrongly so.
    pub false_negative: u64,
    /// Of the rows with a label: not positive, and rightly so.
    pub true_negative: u64,
}

impl Outcomes {
    fn cells(&mut self) -> [&mut u64; 6] {
        [
            &mut self.rows,
            &mut self.positive,
            &mut self.true_positive,
            &mut self.false_positive,
            &mut self.false_negative,
            &mut self.true_negative,
        ]
    }

    fn add(&mut self, mut other: Self) {
        for (cell, more) in self.cells().into_iter().zip(other.cells()) {
            *cell += *more;
        }
    }
}

/// Outcomes by the values of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupOutcomes {
    group: String,
    target: Option<String>,
    predicted: LabelSource,
    positive: String,
    left_out: u64,
    /// `None` where there were too many groups.
    groups: Option<BTreeMap<String, Outcomes>>,
}

impl GroupOutcomes {
    pub(super) fn new(group: &str, target: Option<&str>, predicted: &LabelSource, positive: &str) -> Self {
        Self {
            group: group.to_owned(),
            target: target.map(str::to_owned),
            predicted: predicted.clone(),
            positive: positive.to_owned(),
            left_out: 0,
            groups: Some(BTreeMap::new()),
        }
    }

    /// Outcomes by group; `None` if there are more than 1,000 groups.
    #[must_use]
    pub fn groups(&self) -> Option<&BTreeMap<String, Outcomes>> {
        self.groups.as_ref()
    }

    /// Rows without a group or a prediction.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    fn add(&mut self, group: &str, outcomes: Outcomes) {
        let Some(groups) = &mut self.groups else {
            return;
        };
        if let Some(known) = groups.get_mut(group) {
            known.add(outcomes);
        } else {
            groups.insert(group.to_owned(), outcomes);
        }
        if groups.len() > LIMIT {
            self.groups = None;
        }
    }
}

impl Statistic for GroupOutcomes {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let groups = batch.labels(&self.group)?;
        let actual = self.target.as_deref().map(|target| batch.labels(target)).transpose()?;
        let (names, predicted) = predictions(&self.predicted, batch)?;
        let is_positive: Vec<bool> = names.iter().map(|n| n.as_deref() == Some(&*self.positive)).collect();
        let own = actual.map(|labels| labels.names().iter().position(|n| *n == self.positive));
        let mut outcomes = vec![Outcomes::default(); groups.names().len()];
        for (row, predicted) in predicted.into_iter().enumerate() {
            let (Some(group), Some(predicted)) = (groups.key(row), predicted) else {
                self.left_out += 1;
                continue;
            };
            let outcomes = &mut outcomes[group];
            let positive = is_positive[predicted];
            outcomes.rows += 1;
            outcomes.positive += u64::from(positive);
            if let (Some(labels), Some(own)) = (actual, own)
                && let Some(label) = labels.key(row)
            {
                let cell = match (positive, Some(label) == own) {
                    (true, true) => &mut outcomes.true_positive,
                    (true, false) => &mut outcomes.false_positive,
                    (false, true) => &mut outcomes.false_negative,
                    (false, false) => &mut outcomes.true_negative,
                };
                *cell += 1;
            }
        }
        for (name, outcomes) in groups.names().iter().zip(outcomes) {
            if outcomes.rows > 0 {
                self.add(name, outcomes);
            }
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("group_outcomes", other)?;
        self.left_out += other.left_out;
        match other.groups {
            Some(groups) => groups
                .into_iter()
                .for_each(|(name, outcomes)| self.add(&name, outcomes)),
            None => self.groups = None,
        }
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.left_out);
        writer.u8(u8::from(self.groups.is_some()));
        let groups = self.groups.iter().flatten();
        writer.varint(self.groups.as_ref().map_or(0, BTreeMap::len) as u64);
        for (name, outcomes) in groups {
            writer.string(name);
            let mut outcomes = *outcomes;
            outcomes.cells().into_iter().for_each(|cell| writer.varint(*cell));
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.left_out = reader.u64()?;
        let is_whole = reader.u8()? == 1;
        let mut groups = BTreeMap::new();
        for _ in 0..reader.varint()? {
            let name = reader.string()?;
            let mut outcomes = Outcomes::default();
            for cell in outcomes.cells() {
                *cell = reader.varint()?;
            }
            groups.insert(name, outcomes);
        }
        self.groups = is_whole.then_some(groups);
        Ok(())
    }
}
