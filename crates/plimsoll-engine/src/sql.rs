//! SQL expressions: the engine knows no SQL; what computes it is given to it once.

use std::{
    fmt::Debug,
    sync::{Arc, OnceLock},
};

use arrow::array::ArrayRef;
use plimsoll_model::{ColumnKind, DataDefinition};

/// What computes aggregate expressions of SQL. Messages say what is wrong with an expression or its values.
pub trait SqlEngine: Debug + Send + Sync {
    /// The columns that an expression reads, sorted, with their kinds.
    ///
    /// # Errors
    /// A message if the expression cannot be read, names a column that is not there, or aggregates nothing.
    fn columns(&self, expression: &str, definition: &DataDefinition) -> Result<Vec<(String, ColumnKind)>, String>;

    /// The state of an expression over no rows.
    ///
    /// # Errors
    /// A message as of [`SqlEngine::columns`].
    fn open(&self, expression: &str, columns: &[(String, ColumnKind)]) -> Result<Box<dyn SqlState>, String>;
}

/// The running state of an expression.
pub trait SqlState: Debug + Send + Sync {
    /// Takes in rows: one array a column, in the order of the columns.
    ///
    /// # Errors
    /// A message if the values do not fit.
    fn update(&mut self, columns: &[ArrayRef], rows: usize) -> Result<(), String>;

    /// Takes in the bytes of another state.
    ///
    /// # Errors
    /// A message if the bytes are none of this expression.
    fn merge(&mut self, bytes: &[u8]) -> Result<(), String>;

    /// The bytes of the state, which is of no use after.
    ///
    /// # Errors
    /// A message if the state cannot be told.
    fn into_bytes(self: Box<Self>) -> Result<Vec<u8>, String>;

    /// The value of the expression; `None` if it is null. The state is of no use after.
    ///
    /// # Errors
    /// A message if the value is no number.
    fn into_value(self: Box<Self>) -> Result<Option<f64>, String>;
}

static ENGINE: OnceLock<Arc<dyn SqlEngine>> = OnceLock::new();

/// Says what computes SQL expressions in this process. The first one that is given stays.
pub fn set_sql_engine(engine: Arc<dyn SqlEngine>) {
    // A second one is the same.
    let _ = ENGINE.set(engine);
}

/// What computes SQL expressions.
pub(crate) fn engine() -> Result<&'static dyn SqlEngine, String> {
    let engine = ENGINE.get().ok_or("this program was built without SQL")?;
    Ok(engine.as_ref())
}
