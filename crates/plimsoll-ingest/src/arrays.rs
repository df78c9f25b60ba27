//! Columns of any Arrow type as columns of the expected kinds.

use std::sync::Arc;

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder, Float64Array, Float64Builder, StringArray,
        StringBuilder, TimestampMicrosecondArray, TimestampMicrosecondBuilder, new_null_array,
    },
    compute::{CastOptions, cast, cast_with_options},
    datatypes::{DataType, Field, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt64Type},
    error::ArrowError,
    util::display::{ArrayFormatter, FormatOptions},
};
use jiff::tz::TimeZone;
use plimsoll_model::{ColumnKind, LocalClock};

use crate::{
    column::Column,
    data_type,
    extra::JsonWriter,
    table::push_list,
    value::{
        Read, boolean_of_number, boolean_of_text, label_of_number, moment_of_integer, moment_of_number, moment_of_text,
        number_of_text, within_calendar,
    },
};

/// A column of an expected kind, and which of its nulls stand for values of another type.
pub(crate) struct Converted {
    pub array: ArrayRef,
    /// Rows that had a value of another type; empty if there is none.
    pub odd: Vec<bool>,
}

impl Converted {
    fn clean(array: ArrayRef) -> Self {
        Self { array, odd: Vec::new() }
    }

    /// Every value is of another type.
    fn odd(array: &ArrayRef, kind: ColumnKind) -> Self {
        let odd = match array.logical_nulls() {
            Some(nulls) => nulls.iter().collect(),
            None => vec![true; array.len()],
        };
        Self {
            array: new_null_array(&data_type(kind), array.len()),
            odd,
        }
    }

    pub(crate) fn is_odd(&self, row: usize) -> bool {
        self.odd.get(row).copied().unwrap_or_default()
    }
}

/// What a value of that type is called.
pub(crate) fn found(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Dictionary(_, values) => found(values),
        DataType::Boolean => "boolean",
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "text",
        DataType::Struct(_) | DataType::Map(_, _) => "object",
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::FixedSizeList(_, _)
        | DataType::ListView(_)
        | DataType::LargeListView(_) => "list",
        DataType::Null => "null",
        t if t.is_numeric() => "number",
        t if t.is_temporal() => "moment",
        _ => "bytes",
    }
}

/// Reads an array as a column of that kind.
pub(crate) fn convert(array: &ArrayRef, kind: ColumnKind, timezone: &TimeZone) -> Result<Converted, ArrowError> {
    match (array.data_type(), kind) {
        (DataType::Null, _) => Ok(Converted::clean(new_null_array(&data_type(kind), array.len()))),
        (DataType::Dictionary(_, values), _) => convert(&cast(array, values)?, kind, timezone),
        (DataType::LargeUtf8 | DataType::Utf8View, _) => convert(&cast(array, &DataType::Utf8)?, kind, timezone),
        (_, ColumnKind::Numeric) => numbers(array),
        (_, ColumnKind::Categorical | ColumnKind::Text) => labels(array),
        (_, ColumnKind::Boolean) => booleans(array),
        (_, ColumnKind::Datetime) => moments(array, timezone),
        (_, ColumnKind::List | ColumnKind::Embedding) => lists(array, kind),
    }
}

/// Collects what text says, value by value.
fn read_texts<T>(texts: &StringArray, read: impl Fn(&str) -> Read<T>, mut push: impl FnMut(Option<T>)) -> Vec<bool> {
    let mut odd = Vec::new();
    for (row, text) in texts.iter().enumerate() {
        match text.map(&read) {
            Some(Read::Value(value)) => push(Some(value)),
            Some(Read::Missing) | None => push(None),
            Some(Read::Other) => {
                odd.resize(texts.len(), false);
                odd[row] = true;
                push(None);
            }
        }
    }
    odd
}

fn numbers(array: &ArrayRef) -> Result<Converted, ArrowError> {
    let plain = match array.data_type() {
        DataType::Float64 => array.clone(),
        t if t.is_numeric() || *t == DataType::Boolean => cast(array, &DataType::Float64)?,
        DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => {
            let micros = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
            let numbers = micros.as_primitive::<TimestampMicrosecondType>();
            Arc::new(numbers.iter().map(|v| v.map(|v| v as f64)).collect::<Float64Array>())
        }
        DataType::Utf8 => {
            let mut builder = Float64Builder::with_capacity(array.len());
            let odd = read_texts(array.as_string(), number_of_text, |v| builder.append_option(v));
            return Ok(Converted {
                array: Arc::new(builder.finish()),
                odd,
            });
        }
        _ => return Ok(Converted::odd(array, ColumnKind::Numeric)),
    };
    let typed = plain.as_primitive::<Float64Type>();
    if typed.values().iter().any(|v| v.is_nan()) {
        let values = typed.iter().map(|v| v.filter(|v| !v.is_nan()));
        return Ok(Converted::clean(Arc::new(values.collect::<Float64Array>())));
    }
    Ok(Converted::clean(plain))
}

fn labels(array: &ArrayRef) -> Result<Converted, ArrowError> {
    let mut builder = StringBuilder::new();
    match array.data_type() {
        DataType::Utf8 => return Ok(Converted::clean(array.clone())),
        DataType::Boolean => {
            for value in array.as_boolean() {
                builder.append_option(value.map(|b| if b { "true" } else { "false" }));
            }
        }
        DataType::UInt64 => {
            for value in array.as_primitive::<UInt64Type>() {
                builder.append_option(value.map(|v| v.to_string()));
            }
        }
        t if t.is_integer() => {
            for value in cast(array, &DataType::Int64)?.as_primitive::<Int64Type>() {
                builder.append_option(value.map(|v| v.to_string()));
            }
        }
        t if t.is_floating() => {
            for value in cast(array, &DataType::Float64)?.as_primitive::<Float64Type>() {
                builder.append_option(value.and_then(label_of_number));
            }
        }
        t if t.is_numeric() || t.is_temporal() || matches!(found(t), "bytes") => {
            let Ok(formatter) = ArrayFormatter::try_new(array, &FormatOptions::default()) else {
                return Ok(Converted::odd(array, ColumnKind::Text));
            };
            for row in 0..array.len() {
                builder.append_option(array.is_valid(row).then(|| formatter.value(row).to_string()));
            }
        }
        _ => return Ok(Converted::odd(array, ColumnKind::Text)),
    }
    Ok(Converted::clean(Arc::new(builder.finish())))
}

fn booleans(array: &ArrayRef) -> Result<Converted, ArrowError> {
    let mut builder = BooleanBuilder::with_capacity(array.len());
    let odd = match array.data_type() {
        DataType::Boolean => return Ok(Converted::clean(array.clone())),
        DataType::Utf8 => read_texts(array.as_string(), boolean_of_text, |v| builder.append_option(v)),
        t if t.is_numeric() => {
            let numbers = cast(array, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            let values = numbers.iter().map(|v| v.filter(|v| !v.is_nan()));
            collect(values, boolean_of_number, |v| builder.append_option(v))
        }
        _ => return Ok(Converted::odd(array, ColumnKind::Boolean)),
    };
    let array: BooleanArray = builder.finish();
    Ok(Converted {
        array: Arc::new(array),
        odd,
    })
}

/// Reads values one by one; what `read` does not take is odd.
fn collect<T, U>(
    values: impl ExactSizeIterator<Item = Option<T>>,
    mut read: impl FnMut(T) -> Option<U>,
    mut push: impl FnMut(Option<U>),
) -> Vec<bool> {
    let rows = values.len();
    let mut odd = Vec::new();
    for (row, value) in values.enumerate() {
        let (sent, value) = (value.is_some(), value.and_then(&mut read));
        if sent && value.is_none() {
            odd.resize(rows, false);
            odd[row] = true;
        }
        push(value);
    }
    odd
}

fn moments(array: &ArrayRef, timezone: &TimeZone) -> Result<Converted, ArrowError> {
    let mut builder = TimestampMicrosecondBuilder::with_capacity(array.len());
    let safe = CastOptions {
        safe: true,
        ..CastOptions::default()
    };
    let micros = |zone| cast_with_options(array, &DataType::Timestamp(TimeUnit::Microsecond, zone), &safe);
    let odd = match array.data_type() {
        DataType::Timestamp(_, Some(zone)) => {
            let typed = micros(Some(zone.clone()))?;
            let typed: &TimestampMicrosecondArray = typed.as_primitive();
            collect(typed.iter(), within_calendar, |v| builder.append_option(v))
        }
        DataType::Timestamp(_, None) | DataType::Date32 | DataType::Date64 => {
            let typed = micros(None)?;
            let typed: &TimestampMicrosecondArray = typed.as_primitive();
            let mut clock = LocalClock::new(timezone);
            let read = |local| clock.utc(local).and_then(within_calendar);
            collect(typed.iter(), read, |v| builder.append_option(v))
        }
        DataType::Utf8 => {
            let read = |text: &str| moment_of_text(text, timezone);
            read_texts(array.as_string(), read, |v| builder.append_option(v))
        }
        t if t.is_integer() && *t != DataType::UInt64 => {
            let typed = cast(array, &DataType::Int64)?;
            let typed = typed.as_primitive::<Int64Type>();
            collect(typed.iter(), moment_of_integer, |v| builder.append_option(v))
        }
        t if t.is_numeric() => {
            let typed = cast(array, &DataType::Float64)?;
            let typed = typed.as_primitive::<Float64Type>();
            let values = typed.iter().map(|v| v.filter(|v| !v.is_nan()));
            collect(values, moment_of_number, |v| builder.append_option(v))
        }
        _ => return Ok(Converted::odd(array, ColumnKind::Datetime)),
    };
    Ok(Converted {
        array: Arc::new(builder.finish().with_timezone("UTC")),
        odd,
    })
}

/// Lists of numbers as vectors, other lists as JSON text.
fn lists(array: &ArrayRef, kind: ColumnKind) -> Result<Converted, ArrowError> {
    let mut column = Column::new(kind);
    let mut odd = Vec::new();
    let mut push = |row: usize, json: Option<&str>| match json {
        Some(json) if !json.trim().is_empty() => {
            if push_list(&mut column.values, json) {
                column.pushed();
            } else {
                column.push_null();
                odd.resize(array.len(), false);
                odd[row] = true;
            }
        }
        _ => column.push_null(),
    };
    match array.data_type() {
        DataType::Utf8 => {
            for (row, text) in array.as_string::<i32>().iter().enumerate() {
                push(row, text);
            }
        }
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _)
            if kind == ColumnKind::Embedding && item.data_type().is_numeric() =>
        {
            return Ok(Converted::clean(cast(array, &data_type(kind))?));
        }
        t if found(t) == "list" => {
            let field = Arc::new(Field::new_list_field(t.clone(), true));
            let mut writer = JsonWriter::new(&field, array)?;
            for row in 0..array.len() {
                let mut json = Vec::new();
                let written = writer.write(row, &mut json);
                push(row, written.then(|| str::from_utf8(&json).unwrap_or_default()));
            }
        }
        _ => return Ok(Converted::odd(array, kind)),
    }
    let array = column.finish()?;
    Ok(Converted { array, odd })
}
