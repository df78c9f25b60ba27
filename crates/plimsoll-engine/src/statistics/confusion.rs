//! Rows by true and predicted label.

use std::collections::BTreeMap;

use crate::{Batch, LabelSource, ProfileError, Reader, Statistic, StatisticError, Writer, statistic::same};

/// Counts of rows by true and predicted label.
///
/// The predicted label is `None` where labels come from a threshold and the score lies below it: the class is then the
/// one that is not positive, whose name the score does not tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion {
    target: String,
    predicted: LabelSource,
    left_out: u64,
    counts: BTreeMap<(String, Option<String>), u64>,
}

/// Names of the predicted labels and which one each row has; `None` for a row without.
type Predictions = (Vec<Option<String>>, Vec<Option<usize>>);

impl Confusion {
    pub(super) fn new(target: &str, predicted: &LabelSource) -> Self {
        Self {
            target: target.to_owned(),
            predicted: predicted.clone(),
            left_out: 0,
            counts: BTreeMap::new(),
        }
    }

    /// Rows by true and predicted label.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<(String, Option<String>), u64> {
        &self.counts
    }

    /// Rows left out: no true label, no predicted label or no finite score.
    #[must_use]
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}

/// The predicted label of each row of a batch.
pub(super) fn predictions(source: &LabelSource, batch: &Batch<'_>) -> Result<Predictions, StatisticError> {
    let rows = 0..batch.rows();
    Ok(match source {
        LabelSource::Column(column) => {
            let labels = batch.labels(column)?;
            (
                labels.names().iter().cloned().map(Some).collect(),
                rows.map(|row| labels.key(row)).collect(),
            )
        }
        LabelSource::Threshold {
            score,
            positive,
            threshold_bits,
        } => {
            let scores = batch.numbers(score)?;
            let threshold = f64::from_bits(*threshold_bits);
            let side = |row| Some(usize::from(scores.finite(row)? < threshold));
            (vec![Some(positive.clone()), None], rows.map(side).collect())
        }
        LabelSource::ArgMax { scores } => {
            let columns: Vec<_> = scores.iter().map(|(_, c)| batch.numbers(c)).collect::<Result<_, _>>()?;
            let best = |row: usize| {
                let mut best: Option<(usize, f64)> = None;
                for (class, column) in columns.iter().enumerate() {
                    let score = column.finite(row)?;
                    if best.is_none_or(|(_, most)| score > most) {
                        best = Some((class, score));
                    }
                }
                best.map(|(class, _)| class)
            };
            (
                scores.iter().map(|(class, _)| Some(class.clone())).collect(),
                rows.map(best).collect(),
            )
        }
    })
}

impl Statistic for Confusion {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let actual = batch.labels(&self.target)?;
        let (names, predicted) = predictions(&self.predicted, batch)?;
        let mut table = vec![0_u64; actual.names().len() * names.len()];
        for (row, predicted) in predicted.into_iter().enumerate() {
            match (actual.key(row), predicted) {
                (Some(a), Some(p)) => table[a * names.len() + p] += 1,
                _ => self.left_out += 1,
            }
        }
        for (at, rows) in table.into_iter().enumerate().filter(|(_, rows)| *rows > 0) {
            let key = (
                actual.names()[at / names.len()].clone(),
                names[at % names.len()].clone(),
            );
            *self.counts.entry(key).or_insert(0) += rows;
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("confusion", other)?;
        self.left_out += other.left_out;
        for (key, rows) in other.counts {
            *self.counts.entry(key).or_insert(0) += rows;
        }
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.left_out);
        writer.varint(self.counts.len() as u64);
        for ((actual, predicted), rows) in &self.counts {
            writer.string(actual);
            writer.u8(u8::from(predicted.is_some()));
            if let Some(predicted) = predicted {
                writer.string(predicted);
            }
            writer.varint(*rows);
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.left_out = reader.u64()?;
        for _ in 0..reader.varint()? {
            let actual = reader.string()?;
            let predicted = if reader.u8()? == 1 {
                Some(reader.string()?)
            } else {
                None
            };
            self.counts.insert((actual, predicted), reader.varint()?);
        }
        Ok(())
    }
}
