//! Arrow arrays read as numbers or as labels.

use std::{borrow::Cow, hash::Hash};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, StringArray},
    compute::{CastOptions, cast, cast_with_options},
    datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt64Type},
    util::display::{ArrayFormatter, FormatOptions},
};
use hashbrown::HashMap;

use crate::{Labels, Numbers, StatisticError};

/// Says whether cells are compared as numbers.
pub(crate) fn is_number(data_type: &DataType) -> bool {
    data_type.is_numeric() || data_type.is_temporal() || matches!(data_type, DataType::Boolean | DataType::Null)
}

/// Reads numbers: integers, floats, decimals, truth values (0 and 1), moments (microseconds since the Unix epoch), and
/// text that is wholly numeric.
pub(crate) fn decode_numbers<'a>(column: &str, array: &'a ArrayRef) -> Result<Numbers<'a>, StatisticError> {
    let wrong = |found: String| StatisticError::WrongType {
        column: column.to_owned(),
        expected: "numbers",
        found,
    };
    let wrong_type = || wrong(array.data_type().to_string());
    let owned = |array: ArrayRef| {
        let typed = array.as_primitive::<Float64Type>().clone();
        // Without the array the buffer has one owner and becomes the vector.
        drop(array);
        let (_, values, nulls) = typed.into_parts();
        Numbers {
            values: Cow::Owned(values.into()),
            nulls,
        }
    };
    match array.data_type() {
        DataType::Float64 => {
            let typed = array.as_primitive::<Float64Type>();
            Ok(Numbers {
                values: Cow::Borrowed(typed.values()),
                nulls: typed.nulls().cloned(),
            })
        }
        t if t.is_numeric() || matches!(t, DataType::Boolean | DataType::Null) => {
            Ok(owned(cast(array, &DataType::Float64).map_err(|_| wrong_type())?))
        }
        DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => {
            let micros = DataType::Timestamp(TimeUnit::Microsecond, None);
            let moments = cast(array, &micros).map_err(|_| wrong_type())?;
            let typed = moments.as_primitive::<TimestampMicrosecondType>();
            let values = typed.values().iter().map(|v| *v as f64).collect();
            Ok(Numbers {
                values: Cow::Owned(values),
                nulls: typed.nulls().cloned(),
            })
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
            let text = cast(array, &DataType::Utf8).map_err(|_| wrong_type())?;
            let strict = CastOptions {
                safe: true,
                ..CastOptions::default()
            };
            let numbers = cast_with_options(&text, &DataType::Float64, &strict).map_err(|_| wrong_type())?;
            if let Some(row) = (0..text.len()).find(|row| text.is_valid(*row) && numbers.is_null(*row)) {
                return Err(wrong(format!("text such as `{}`", text.as_string::<i32>().value(row))));
            }
            Ok(owned(numbers))
        }
        _ => Err(wrong_type()),
    }
}

/// Numbers rows by first appearance of their value.
fn intern<T: Hash + Eq + Copy>(values: impl Iterator<Item = Option<T>>, name: impl Fn(T) -> Option<String>) -> Labels {
    let mut known: HashMap<T, u32> = HashMap::new();
    let mut names = Vec::new();
    let keys = values
        .map(|value| {
            let Some(value) = value else { return Labels::NULL };
            *known.entry(value).or_insert_with(|| {
                name(value).map_or(Labels::NULL, |name| {
                    names.push(name);
                    names.len() as u32 - 1
                })
            })
        })
        .collect();
    Labels { keys, names }
}

fn strings<'s>(values: impl Iterator<Item = Option<&'s str>>) -> Labels {
    intern(values, |s| Some(s.to_owned()))
}

/// Numbers rows by the first appearance of their place in a dictionary.
fn keyed(keys: &[usize], array: &ArrayRef, dictionary: &StringArray) -> Labels {
    let mut known = vec![Labels::NULL; dictionary.len()];
    let mut names = Vec::new();
    let nulls = array.nulls();
    let key = |(row, key): (usize, &usize)| {
        if nulls.is_some_and(|n| n.is_null(row)) || dictionary.is_null(*key) {
            return Labels::NULL;
        }
        if known[*key] == Labels::NULL {
            known[*key] = names.len() as u32;
            names.push(dictionary.value(*key).to_owned());
        }
        known[*key]
    };
    Labels {
        keys: keys.iter().enumerate().map(key).collect(),
        names,
    }
}

/// A float as a label: whole numbers without a fraction; NaN is no label.
fn float_label(value: f64) -> Option<String> {
    (!value.is_nan()).then(|| {
        if value == 0.0 {
            "0".to_owned()
        } else {
            value.to_string()
        }
    })
}

/// Reads labels: text as it is, integers in decimal, whole floats without a fraction, truth values as `true` and
/// `false`, dates and times in ISO form, anything else as Arrow prints it.
pub(crate) fn decode_labels(column: &str, array: &ArrayRef) -> Result<Labels, StatisticError> {
    let wrong = || StatisticError::WrongType {
        column: column.to_owned(),
        expected: "labels",
        found: array.data_type().to_string(),
    };
    let as_type = |to: &DataType| cast(array, to).map_err(|_| wrong());
    Ok(match array.data_type() {
        DataType::Utf8 => strings(array.as_string::<i32>().iter()),
        DataType::LargeUtf8 => strings(array.as_string::<i64>().iter()),
        DataType::Utf8View => strings(array.as_string_view().iter()),
        DataType::Boolean => {
            let typed: &BooleanArray = array.as_boolean();
            intern(typed.iter(), |b| Some(b.to_string()))
        }
        DataType::UInt64 => intern(array.as_primitive::<UInt64Type>().iter(), |v| Some(v.to_string())),
        t if t.is_integer() => {
            let wide = as_type(&DataType::Int64)?;
            intern(wide.as_primitive::<Int64Type>().iter(), |v| Some(v.to_string()))
        }
        t if t.is_floating() => {
            let wide = as_type(&DataType::Float64)?;
            let bits = wide
                .as_primitive::<Float64Type>()
                .iter()
                .map(|v| v.map(|v| (v + 0.0).to_bits()));
            intern(bits, |b| float_label(f64::from_bits(b)))
        }
        DataType::Dictionary(_, values) if **values == DataType::Utf8 => {
            let dictionary = array.as_any_dictionary();
            if dictionary.values().is_empty() {
                Labels {
                    keys: vec![Labels::NULL; array.len()],
                    names: Vec::new(),
                }
            } else {
                keyed(&dictionary.normalized_keys(), array, dictionary.values().as_string())
            }
        }
        DataType::Null => Labels {
            keys: vec![Labels::NULL; array.len()],
            names: Vec::new(),
        },
        _ => {
            let formatter = ArrayFormatter::try_new(array, &FormatOptions::default()).map_err(|_| wrong())?;
            let texts: Vec<Option<String>> = (0..array.len())
                .map(|row| array.is_valid(row).then(|| formatter.value(row).to_string()))
                .collect();
            strings(texts.iter().map(Option::as_deref))
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{DictionaryArray, Float32Array, Float64Array, Int8Array, StringArray};

    use super::*;

    fn labels(array: impl Array + 'static) -> Vec<Option<String>> {
        let array: ArrayRef = Arc::new(array);
        let labels = decode_labels("c", &array).unwrap();
        (0..labels.len())
            .map(|row| labels.get(row).map(str::to_owned))
            .collect()
    }

    #[test]
    fn every_type_reads_the_same_label() {
        let one_null = |one: &str| vec![Some(one.to_owned()), None];
        assert_eq!(labels(Int8Array::from(vec![Some(1), None])), one_null("1"));
        assert_eq!(labels(Float32Array::from(vec![Some(1.0), None])), one_null("1"));
        assert_eq!(
            labels(Float64Array::from(vec![Some(-0.0), Some(f64::NAN)])),
            one_null("0")
        );
        assert_eq!(labels(StringArray::from(vec![Some("1"), None])), one_null("1"));
        assert_eq!(labels(BooleanArray::from(vec![Some(true), None])), one_null("true"));
        let dictionary: DictionaryArray<arrow::datatypes::Int32Type> = vec![Some("1"), None].into_iter().collect();
        assert_eq!(labels(dictionary), one_null("1"));
        let empty: DictionaryArray<arrow::datatypes::Int32Type> = vec![None::<&str>; 2].into_iter().collect();
        assert_eq!(labels(empty), vec![None, None]);
    }

    #[test]
    fn text_is_numeric_only_as_a_whole() {
        let numeric: ArrayRef = Arc::new(StringArray::from(vec![Some("1.5"), None]));
        assert_eq!(decode_numbers("c", &numeric).unwrap().finite(0), Some(1.5));
        let mixed: ArrayRef = Arc::new(StringArray::from(vec![Some("1.5"), Some("many")]));
        assert!(
            decode_numbers("c", &mixed)
                .unwrap_err()
                .to_string()
                .contains("text such as `many`")
        );
    }
}
