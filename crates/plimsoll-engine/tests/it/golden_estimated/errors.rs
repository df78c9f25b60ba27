//! Errors of a regression without labels, held against NannyML's estimates and against the labels.

use arrow::{
    array::{AsArray, BooleanArray, RecordBatch},
    compute::filter_record_batch,
    datatypes::Int64Type,
};
use plimsoll_engine::Evaluation;
use plimsoll_model::{ColumnKind, DataDefinition, Role, Task};
use serde_json::{Value, json};

use super::{bundled, chunk, evaluate, golden, metric, number, value};
use crate::frames::column;

fn bike_demand() -> DataDefinition {
    use ColumnKind::Numeric;
    DataDefinition {
        columns: vec![
            column("hr", Numeric, Role::Feature),
            column("temp", Numeric, Role::Feature),
            column("bikers", Numeric, Role::Target),
            column("prediction", Numeric, Role::Prediction),
        ],
        task: Some(Task::Regression),
        ..DataDefinition::default()
    }
}

/// The rows at whose time, in milliseconds since the Unix epoch, something holds.
fn at(rows: &RecordBatch, holds: impl Fn(i64) -> bool) -> RecordBatch {
    let times = rows.column_by_name("timestamp").expect("a time");
    let times = arrow::compute::cast(times, &arrow::datatypes::DataType::Int64).expect("numbers");
    let mask: BooleanArray = times
        .as_primitive::<Int64Type>()
        .iter()
        .map(|t| t.map(&holds))
        .collect();
    filter_record_batch(rows, &mask).expect("a mask of the rows' length")
}

/// Day of the year 2011, from 1.
fn day(time: i64) -> i64 {
    (time - 1_293_840_000_000).div_euclid(86_400_000) + 1
}

/// Windows whose realised error lies in the estimate's band.
fn within(found: &[Evaluation], realised: &[f64], name: &str) -> usize {
    let (lower, upper) = (format!("{name}_lower"), format!("{name}_upper"));
    let both = found.iter().zip(realised);
    both.filter(|(found, realised)| (value(found, &lower)..=value(found, &upper)).contains(*realised))
        .count()
}

#[test]
fn errors_without_labels_are_near_those_that_nannyml_estimates() {
    let golden = golden();
    let chunks = golden["dle"]["chunks"].as_array().expect("chunks");
    let (rows, definition) = (bundled("bike_demand.parquet"), bike_demand());
    let (reference, analysis) = (at(&rows, |t| day(t) % 2 == 0), at(&rows, |t| day(t) % 2 == 1));
    // The last chunk has few rows.
    let chunks: Vec<Value> = chunks
        .iter()
        .filter(|c| chunk(&analysis, c).num_rows() == 360)
        .cloned()
        .collect();
    assert_eq!(chunks.len(), 12);
    let params = json!({"columns": ["hr", "temp"]});
    let estimated = metric("regression.estimated", &params, &definition);
    let windows = || chunks.iter().map(|c| chunk(&analysis, c));
    let found = evaluate(&*estimated, &definition, &reference, windows());
    // From the prediction alone the seasons' errors cannot be told apart.
    let alone = metric("regression.estimated", &json!({}), &definition);
    let alone = evaluate(&*alone, &definition, &reference, windows());
    for (name, limit) in [("mae", 1.5), ("rmse", 2.5)] {
        let realised: Vec<f64> = chunks.iter().map(|c| number(c, &format!("{name}_realised"))).collect();
        let apart = found.iter().zip(&chunks).map(|(found, golden)| {
            (value(found, name) - number(golden, name)).abs() / number(golden, &format!("{name}_error"))
        });
        let apart = apart.fold(0.0, f64::max);
        let (in_band, in_band_alone) = (within(&found, &realised, name), within(&alone, &realised, name));
        println!(
            "{name}: within {apart:.2} sampling errors of NannyML's; {in_band} of 12 realised errors in the band, from the \
             prediction alone {in_band_alone}"
        );
        assert!(apart < limit, "{name}: {apart}");
        assert!(
            in_band >= 8 && in_band_alone < in_band,
            "{name}: {in_band} {in_band_alone}"
        );
    }
}

#[test]
fn errors_follow_the_labels_while_the_relation_holds_and_not_beyond() {
    let (rows, definition) = (bundled("bike_demand.parquet"), bike_demand());
    // First days of July to November.
    let months = [182, 213, 244, 274, 305, 335];
    let month = |at_month: usize| at(&rows, |t| (months[at_month]..months[at_month + 1]).contains(&day(t)));
    let windows = || (1..5).map(month);
    let reference = month(0);
    let estimated = metric("regression.estimated", &json!({}), &definition);
    let realised = metric("regression.mae", &json!({}), &definition);
    let found = evaluate(&*estimated, &definition, &reference, windows());
    let realised: Vec<f64> = evaluate(&*realised, &definition, &reference, windows())
        .iter()
        .map(|e| value(e, "value"))
        .collect();
    for (found, realised) in found.iter().zip(&realised) {
        println!(
            "{:.1} in {:.1}..{:.1}, realised {realised:.1}",
            value(found, "mae"),
            value(found, "mae_lower"),
            value(found, "mae_upper")
        );
    }
    assert_eq!(within(&found[..2], &realised[..2], "mae"), 2, "August and September");
    assert_eq!(
        within(&found[3..], &realised[3..], "mae"),
        0,
        "November, with fewer riders for the same prediction"
    );
}
