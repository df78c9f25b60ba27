//! The state of an SQL expression.

use plimsoll_model::ColumnKind;

use crate::{
    Batch, ProfileError, Reader, Statistic, StatisticError, Writer,
    sql::{SqlState, engine},
    statistic::same,
};

/// An aggregate expression over the rows: an open state that takes in rows, or the bytes of a closed one.
#[derive(Debug)]
pub struct Sql {
    expression: String,
    columns: Vec<(String, ColumnKind)>,
    open: Option<Box<dyn SqlState>>,
    /// Of the closed state; empty over no rows.
    bytes: Vec<u8>,
    failed: Option<String>,
}

impl Sql {
    pub(super) fn new(expression: &str, columns: &[(String, ColumnKind)]) -> Self {
        Self {
            expression: expression.to_owned(),
            columns: columns.to_vec(),
            open: None,
            bytes: Vec::new(),
            failed: None,
        }
    }

    fn opened(&self) -> Result<Box<dyn SqlState>, String> {
        let mut state = engine()?.open(&self.expression, &self.columns)?;
        if !self.bytes.is_empty() {
            state.merge(&self.bytes)?;
        }
        Ok(state)
    }

    fn open(&mut self) -> Result<&mut Box<dyn SqlState>, String> {
        let state = match self.open.take() {
            Some(state) => state,
            None => self.opened()?,
        };
        Ok(self.open.insert(state))
    }

    /// The value over the rows of the finished state; `None` if it is null.
    ///
    /// # Errors
    /// A message if the expression has no value.
    pub fn value(&self) -> Result<Option<f64>, String> {
        match &self.failed {
            Some(problem) => Err(problem.clone()),
            None => self.opened()?.into_value(),
        }
    }

    fn error(&self, message: &str) -> StatisticError {
        StatisticError::Stored {
            code: "statistic".to_owned(),
            message: format!("SQL `{}`: {message}", self.expression),
        }
    }
}

impl Statistic for Sql {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let columns = self.columns.iter().map(|(name, _)| batch.array(name).cloned());
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        if batch.rows() == 0 {
            return Ok(());
        }
        let updated = self.open().and_then(|state| state.update(&columns, batch.rows()));
        updated.map_err(|message| self.error(&message))
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let mut other = same::<Self>("sql", other)?;
        other.finish();
        if let Some(problem) = other.failed {
            self.failed = Some(problem);
        }
        if other.bytes.is_empty() {
            return Ok(());
        }
        let merged = self.open().and_then(|state| state.merge(&other.bytes));
        merged.map_err(|message| self.error(&message))
    }

    fn finish(&mut self) {
        if let Some(state) = self.open.take() {
            match state.into_bytes() {
                Ok(bytes) => self.bytes = bytes,
                Err(problem) => self.failed = Some(problem),
            }
        }
    }

    fn write(&self, writer: &mut Writer) {
        writer.string(self.failed.as_deref().unwrap_or_default());
        writer.u64(self.bytes.len() as u64);
        writer.bytes(&self.bytes);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        let failed = reader.string()?;
        self.failed = (!failed.is_empty()).then_some(failed);
        let length = reader.len(1)?;
        self.bytes = reader.take(length)?.to_vec();
        self.open = None;
        Ok(())
    }
}
