//! Data sets and golden files: where they are, and the rows that a golden entry selects.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex, PoisonError},
};

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray},
    compute::{cast, concat_batches, filter_record_batch},
    datatypes::{DataType, Float64Type, Int64Type, TimeUnit},
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// A folder beside the project with data and golden values that are not bundled.
///
/// `None`, and a line that says so, where it is absent.
pub fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: no folder `../shared/{folder}` beside the project");
    None
}

/// All rows of a data set of the shared folder; each file is read once.
pub fn load(file: &str) -> RecordBatch {
    static FILES: LazyLock<Mutex<BTreeMap<String, RecordBatch>>> = LazyLock::new(Mutex::default);
    let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
    files.entry(file.to_owned()).or_insert_with(|| read(file)).clone()
}

fn read(file: &str) -> RecordBatch {
    let path = shared("data").expect("golden files come with their data").join(file);
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("a data file")).expect("Parquet");
    let schema = builder.schema().clone();
    let batches: Vec<_> = builder
        .build()
        .expect("Parquet")
        .collect::<Result<_, _>>()
        .expect("rows");
    concat_batches(&schema, &batches).expect("one schema")
}

/// The rows that `{"filter": [[column, op, value], …], "rows": [start, end)}` selects: the filters first, then the range
/// among the filtered rows.
pub fn select(file: &str, selection: &Value) -> RecordBatch {
    let mut rows = load(file);
    for condition in selection["filter"].as_array().into_iter().flatten() {
        let (column, op, value) = (
            condition[0].as_str().expect("column"),
            condition[1].as_str().expect("op"),
            &condition[2],
        );
        let array = rows.column_by_name(column).expect("a column of the data");
        let keep = holds(array, op, value);
        rows = filter_record_batch(&rows, &keep).expect("a mask of the rows' length");
    }
    if let Some(range) = selection["rows"].as_array() {
        let at = |i: usize| range[i].as_u64().expect("a position") as usize;
        let end = at(1).min(rows.num_rows());
        rows = rows.slice(at(0), end.saturating_sub(at(0)));
    }
    assert!(
        selection.get("order_by").is_none(),
        "no model metric depends on the order of rows"
    );
    rows
}

fn holds(array: &ArrayRef, op: &str, value: &Value) -> BooleanArray {
    let one_of = |values: &[Value]| -> Vec<Option<bool>> {
        let parts: Vec<Vec<Option<bool>>> = values.iter().map(|v| compare(array, "==", v)).collect();
        (0..array.len())
            .map(|row| Some(parts.iter().any(|p| p[row] == Some(true))))
            .collect()
    };
    let kept: Vec<Option<bool>> = match op {
        "not_null" => (0..array.len()).map(|row| Some(array.is_valid(row))).collect(),
        "in" => one_of(value.as_array().expect("a list")),
        "not_in" => one_of(value.as_array().expect("a list"))
            .into_iter()
            .map(|b| b.map(|b| !b))
            .collect(),
        _ => compare(array, op, value),
    };
    kept.into_iter().map(|b| Some(b == Some(true))).collect()
}

fn compare(array: &ArrayRef, op: &str, value: &Value) -> Vec<Option<bool>> {
    fn decide<T: PartialOrd>(op: &str, a: &T, b: &T) -> bool {
        match op {
            "==" => a == b,
            "!=" => a != b,
            ">=" => a >= b,
            "<" => a < b,
            _ => panic!("unknown operator {op}"),
        }
    }
    match (array.data_type(), value) {
        (DataType::Timestamp(..), Value::String(text)) => {
            let millis = DataType::Timestamp(TimeUnit::Millisecond, None);
            let as_number =
                |a: &dyn Array| cast(&cast(a, &millis).expect("a time"), &DataType::Int64).expect("a number");
            let wanted = as_number(&StringArray::from(vec![text.as_str()]))
                .as_primitive::<Int64Type>()
                .value(0);
            as_number(array)
                .as_primitive::<Int64Type>()
                .iter()
                .map(|v| v.map(|v| decide(op, &v, &wanted)))
                .collect()
        }
        (_, Value::String(text)) => {
            let labels = cast(array, &DataType::Utf8).expect("text");
            labels
                .as_string::<i32>()
                .iter()
                .map(|v| v.map(|v| decide(op, &v, &text.as_str())))
                .collect()
        }
        (_, wanted) => {
            let wanted = wanted
                .as_f64()
                .or_else(|| wanted.as_bool().map(f64::from))
                .expect("a number or a truth value");
            let numbers = cast(array, &DataType::Float64).expect("numbers");
            numbers
                .as_primitive::<Float64Type>()
                .iter()
                .map(|v| v.map(|v| decide(op, &v, &wanted)))
                .collect()
        }
    }
}
