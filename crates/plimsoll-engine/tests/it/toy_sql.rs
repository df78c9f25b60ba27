//! An SQL engine that knows one expression, `sum(column)`: the laws ask how states travel, not what SQL can do.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray},
    compute::cast,
    datatypes::{DataType, Float64Type},
};
use plimsoll_engine::{SqlEngine, SqlState, set_sql_engine};
use plimsoll_model::{ColumnKind, DataDefinition};

#[derive(Debug)]
struct Toy;

#[derive(Debug, Default)]
struct Sum(Vec<f64>);

pub fn enable() {
    set_sql_engine(Arc::new(Toy));
}

impl SqlEngine for Toy {
    fn columns(&self, expression: &str, definition: &DataDefinition) -> Result<Vec<(String, ColumnKind)>, String> {
        let name = expression.strip_prefix("sum(").and_then(|rest| rest.strip_suffix(')'));
        let name = name.ok_or("expected `sum(column)`")?;
        let column = definition.column(name).map_err(|e| e.to_string())?;
        Ok(vec![(column.name.clone(), column.kind)])
    }

    fn open(&self, _: &str, _: &[(String, ColumnKind)]) -> Result<Box<dyn SqlState>, String> {
        Ok(Box::new(Sum::default()))
    }
}

impl SqlState for Sum {
    fn update(&mut self, columns: &[ArrayRef], rows: usize) -> Result<(), String> {
        let numbers = cast(&columns[0], &DataType::Float64).map_err(|e| e.to_string())?;
        assert_eq!(numbers.len(), rows);
        let finite = numbers
            .as_primitive::<Float64Type>()
            .iter()
            .flatten()
            .filter(|v| v.is_finite());
        self.0.extend(finite);
        Ok(())
    }

    fn merge(&mut self, bytes: &[u8]) -> Result<(), String> {
        let numbers = bytes
            .chunks_exact(8)
            .map(|b| f64::from_le_bytes(b.try_into().expect("eight bytes")));
        self.0.extend(numbers);
        Ok(())
    }

    fn into_bytes(mut self: Box<Self>) -> Result<Vec<u8>, String> {
        self.0.sort_unstable_by(f64::total_cmp);
        Ok(self.0.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    fn into_value(mut self: Box<Self>) -> Result<Option<f64>, String> {
        self.0.sort_unstable_by(f64::total_cmp);
        Ok((!self.0.is_empty()).then(|| self.0.iter().sum()))
    }
}
