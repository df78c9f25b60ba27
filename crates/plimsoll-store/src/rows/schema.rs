//! Columns that come and change over time: every table is read as the union of what its parts have.

use std::{borrow::Cow, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, RecordBatch, TimestampMicrosecondArray, new_null_array},
    compute::{can_cast_types, cast},
    datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit},
    error::ArrowError,
};

use super::{RowsError, Table};

/// The type of the time columns.
pub(super) fn time_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The columns of both, each able to be null; a column whose types differ gets one that holds the values of both.
pub(super) fn union(a: &Schema, b: &Schema) -> Result<Schema, RowsError> {
    let mut fields: Vec<Field> = a.fields().iter().map(|f| nullable(f)).collect();
    for field in b.fields() {
        match fields.iter_mut().find(|f| f.name() == field.name()) {
            None => fields.push(nullable(field)),
            Some(known) => {
                let wide = widen(known.data_type(), field.data_type());
                let wide = wide.ok_or_else(|| {
                    let (old, new) = (known.data_type(), field.data_type());
                    let text = format!("column `{}` was {old} and is {new}, which no type holds", field.name());
                    RowsError::rows("put columns together")(ArrowError::SchemaError(text))
                })?;
                *known = Field::new(known.name(), wide, true);
            }
        }
    }
    Ok(Schema::new(fields))
}

fn nullable(field: &Field) -> Field {
    Field::new(field.name(), field.data_type().clone(), true)
}

/// A type that holds the values of both.
fn widen(a: &DataType, b: &DataType) -> Option<DataType> {
    let is_text = |t: &DataType| match t {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => {
            matches!(**values, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
        }
        _ => false,
    };
    let wide = match (a, b) {
        _ if a == b => a.clone(),
        (DataType::Null, other) | (other, DataType::Null) => other.clone(),
        _ if a.is_integer() && b.is_integer() => match (a, b) {
            (DataType::UInt64, other) | (other, DataType::UInt64) if other.is_signed_integer() => DataType::Float64,
            (DataType::UInt64, _) | (_, DataType::UInt64) => DataType::UInt64,
            _ => DataType::Int64,
        },
        _ if a.is_numeric() && b.is_numeric() => DataType::Float64,
        (DataType::Timestamp(_, Some(_)), DataType::Timestamp(_, Some(_))) => time_type(),
        _ if is_text(a) && is_text(b) => DataType::Utf8,
        _ => DataType::Utf8,
    };
    (can_cast_types(a, &wide) && can_cast_types(b, &wide)).then_some(wide)
}

/// The batch with the columns of a schema: absent ones are null, others are cast.
pub(super) fn align<'a>(batch: &'a RecordBatch, schema: &SchemaRef) -> Result<Cow<'a, RecordBatch>, RowsError> {
    if batch.schema_ref() == schema {
        return Ok(Cow::Borrowed(batch));
    }
    let column = |field: &Field| -> Result<ArrayRef, ArrowError> {
        match batch.column_by_name(field.name()) {
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => cast(column, field.data_type()),
        }
    };
    let columns: Result<Vec<ArrayRef>, _> = schema.fields().iter().map(|f| column(f)).collect();
    columns
        .and_then(|columns| RecordBatch::try_new(Arc::clone(schema), columns))
        .map(Cow::Owned)
        .map_err(RowsError::rows("put rows of different columns together"))
}

/// A column of times, some of which may be null.
pub(super) fn moments<'a>(
    batch: &'a RecordBatch,
    table: Table,
    name: &str,
) -> Result<&'a TimestampMicrosecondArray, RowsError> {
    let unfit = |found: String| RowsError::Column {
        table,
        column: name.to_owned(),
        expected: "times in microseconds, UTC",
        found,
    };
    let column = batch.column_by_name(name).ok_or_else(|| unfit("absent".to_owned()))?;
    let times = column.as_any().downcast_ref::<TimestampMicrosecondArray>();
    times
        .filter(|t| *t.data_type() == time_type())
        .ok_or_else(|| unfit(format!("of type {}", column.data_type())))
}

/// The column of times that says which date a row belongs to.
pub(super) fn times<'a>(
    batch: &'a RecordBatch,
    table: Table,
    name: &str,
) -> Result<&'a TimestampMicrosecondArray, RowsError> {
    let times = moments(batch, table, name)?;
    if times.null_count() > 0 {
        return Err(RowsError::Column {
            table,
            column: name.to_owned(),
            expected: "a time in every row",
            found: format!("null in {} rows", times.null_count()),
        });
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use arrow::array::{Float64Array, Int64Array, StringArray};

    use super::*;

    fn schema(columns: &[(&str, DataType)]) -> Schema {
        let fields: Vec<Field> = columns.iter().map(|(n, t)| Field::new(*n, t.clone(), false)).collect();
        Schema::new(fields)
    }

    #[test]
    fn columns_join_and_types_widen() {
        let a = schema(&[
            ("x", DataType::Int32),
            ("y", DataType::Float64),
            ("z", DataType::Boolean),
        ]);
        let b = schema(&[
            ("y", DataType::Int64),
            ("x", DataType::Int64),
            ("z", DataType::Utf8),
            ("new", DataType::Utf8),
        ]);
        let union = union(&a, &b).unwrap();
        let types: Vec<_> = union
            .fields()
            .iter()
            .map(|f| (f.name().as_str(), f.data_type().clone()))
            .collect();
        assert_eq!(
            types,
            [
                ("x", DataType::Int64),
                ("y", DataType::Float64),
                ("z", DataType::Utf8),
                ("new", DataType::Utf8)
            ]
        );
        assert!(union.fields().iter().all(|f| f.is_nullable()));
    }

    #[test]
    fn a_batch_takes_the_columns_of_the_union() {
        let batch = RecordBatch::try_from_iter([("x", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef)]).unwrap();
        let wanted = Arc::new(schema(&[]));
        let wanted = Arc::new(union(&wanted, &schema(&[("x", DataType::Float64), ("s", DataType::Utf8)])).unwrap());
        let aligned = align(&batch, &wanted).unwrap();
        assert_eq!(
            aligned.column(0).as_ref(),
            &Float64Array::from(vec![1.0, 2.0]) as &dyn Array
        );
        assert_eq!(aligned.column(1).as_ref(), &StringArray::new_null(2) as &dyn Array);
    }

    #[test]
    fn types_come_back_from_their_text() {
        for kind in [
            DataType::Boolean,
            DataType::Int8,
            DataType::UInt64,
            DataType::Float32,
            DataType::Float64,
            DataType::Utf8,
            DataType::LargeUtf8,
            DataType::Utf8View,
            DataType::Binary,
            DataType::Date32,
            time_type(),
            DataType::Timestamp(TimeUnit::Nanosecond, None),
            DataType::Decimal128(10, 2),
            DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            DataType::new_list(DataType::Float32, true),
            DataType::new_fixed_size_list(DataType::Float32, 3, true),
        ] {
            assert_eq!(kind.to_string().parse::<DataType>().unwrap(), kind);
        }
    }
}
