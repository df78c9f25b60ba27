//! Values that NannyML gives for the bundled data (`generate.py` makes `nannyml.json`), and estimates held against the
//! labels that came in later.

mod errors;

use std::{fs::File, path::Path, sync::Arc};

use arrow::{
    array::{AsArray, BooleanArray, RecordBatch},
    compute::{concat_batches, filter_record_batch},
};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use plimsoll_engine::{DynMetric, Evaluation, Profile, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Params, Role, Task};
use serde_json::{Value, json};

use crate::{frames::column, golden_drift::profile};

/// All rows of a data set that is bundled with the project.
fn bundled(file: &str) -> RecordBatch {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(file);
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).expect("a data file")).expect("Parquet");
    let schema = builder.schema().clone();
    let batches: Vec<RecordBatch> = builder
        .build()
        .expect("Parquet")
        .collect::<Result<_, _>>()
        .expect("rows");
    concat_batches(&schema, &batches).expect("one schema")
}

fn golden() -> Value {
    serde_json::from_str(include_str!("nannyml.json")).expect("JSON")
}

fn metric(id: &str, params: &Value, definition: &DataDefinition) -> Arc<dyn DynMetric> {
    let params: Params = serde_json::from_value(params.clone()).expect("parameters");
    (find_metric(id).expect("a metric").parse)(&params, definition).expect("parameters that fit")
}

/// A metric on each window, against one reference.
fn evaluate(
    metric: &dyn DynMetric,
    definition: &DataDefinition,
    reference: &RecordBatch,
    windows: impl Iterator<Item = RecordBatch>,
) -> Vec<Evaluation> {
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let reference = profile(reference, &plan);
    let run = |current: Profile| {
        metric.run(&Profiles {
            current: &current,
            reference: Some(&reference),
            reference_windows: 1.0,
            definition,
        })
    };
    windows
        .map(|rows| run(profile(&rows, &plan)).unwrap_or_else(|error| panic!("{}: {error}", metric.id())))
        .collect()
}

fn value(found: &Evaluation, field: &str) -> f64 {
    let point = found.points.iter().find(|p| p.field == field && p.labels.is_empty());
    point
        .and_then(|p| p.value)
        .unwrap_or_else(|| panic!("no `{field}`: {found:?}"))
}

fn number(golden: &Value, name: &str) -> f64 {
    golden[name].as_f64().unwrap_or_else(|| panic!("no `{name}`: {golden}"))
}

fn car_loan() -> DataDefinition {
    use ColumnKind::{Categorical, Numeric};
    DataDefinition {
        columns: vec![
            column("car_value", Numeric, Role::Feature),
            column("salary_range", Categorical, Role::Feature),
            column("debt_to_income_ratio", Numeric, Role::Feature),
            column("loan_length", Numeric, Role::Feature),
            column("repaid_loan_on_prev_car", Categorical, Role::Feature),
            column("size_of_downpayment", Categorical, Role::Feature),
            column("driver_tenure", Numeric, Role::Feature),
            column("y_pred_proba", Numeric, Role::Score(None)),
            column("y_pred", Categorical, Role::Prediction),
            column("repaid", Categorical, Role::Target),
            column("id", Numeric, Role::Id),
        ],
        task: Some(Task::Binary {
            positive: "1".to_owned(),
            threshold: 0.5,
        }),
        ..DataDefinition::default()
    }
}

/// The rows of a chunk.
fn chunk(rows: &RecordBatch, golden: &Value) -> RecordBatch {
    let at = |i: usize| golden["rows"][i].as_u64().expect("a position") as usize;
    rows.slice(at(0), at(1) - at(0))
}

/// Largest distance of ours from NannyML's, in its sampling errors.
fn furthest(found: &[Evaluation], chunks: &[Value], ours: &str, theirs: &str, error: impl Fn(&Value) -> f64) -> f64 {
    found
        .iter()
        .zip(chunks)
        .map(|(found, golden)| (value(found, ours) - number(golden, theirs)).abs() / error(golden))
        .fold(0.0, f64::max)
}

#[test]
fn quality_without_labels_is_what_nannyml_estimates() {
    let golden = golden();
    let chunks = golden["cbpe"]["chunks"].as_array().expect("chunks");
    let definition = car_loan();
    let metric = metric("classification.estimated", &json!({}), &definition);
    let (reference, analysis) = (
        bundled("car_loan_reference.parquet"),
        bundled("car_loan_analysis.parquet"),
    );
    let windows = chunks.iter().map(|c| chunk(&analysis, c));
    let found = evaluate(&*metric, &definition, &reference, windows);
    assert!(found.len() == 10 && found.iter().all(|f| f.exact));
    let is_calibrated = found[0].notes.iter().any(|n| n.contains("calibrated"));
    assert_eq!(Some(is_calibrated), golden["cbpe"]["calibrated"].as_bool());
    for name in ["roc_auc", "accuracy", "precision", "recall", "f1"].into_iter().chain([
        "true_positives",
        "false_positives",
        "false_negatives",
        "true_negatives",
    ]) {
        let error = |golden: &Value| number(golden, &format!("{name}_error"));
        let apart = furthest(&found, chunks, name, name, error);
        let late = furthest(&found, chunks, name, &format!("{name}_realised"), error);
        let (lower, upper) = (format!("{name}_lower"), format!("{name}_upper"));
        let within = found.iter().zip(chunks).filter(|(found, golden)| {
            let realised = number(golden, &format!("{name}_realised"));
            (value(found, &lower)..=value(found, &upper)).contains(&realised)
        });
        let within = within.count();
        println!(
            "{name}: NannyML within {apart:.4} sampling errors, labels within {late:.2}, {within} of 10 in the band"
        );
        assert!(apart < 1e-3, "{name}: {apart}");
        let least = match name {
            "roc_auc" | "accuracy" | "f1" => 10,
            _ => 5,
        };
        assert!(within >= least, "{name}: {within}");
    }
}

#[test]
fn quality_of_several_classes_without_labels_is_what_nannyml_estimates() {
    let golden = golden();
    let chunks = golden["classes"]["chunks"].as_array().expect("chunks");
    let mut columns = vec![
        column("target", ColumnKind::Categorical, Role::Target),
        column("prediction", ColumnKind::Categorical, Role::Prediction),
    ];
    columns.extend(["barbera", "barolo", "grignolino"].map(|class| {
        let role = Role::Score(Some(class.to_owned()));
        column(class, ColumnKind::Numeric, role)
    }));
    let definition = DataDefinition {
        columns,
        task: Some(Task::Multiclass),
        ..DataDefinition::default()
    };
    let metric = metric("classification.estimated", &json!({}), &definition);
    let of = |split: &str| {
        let rows = bundled("wine_multiclass.parquet");
        let splits = rows.column_by_name("split").expect("a column").as_string::<i32>();
        let wanted: BooleanArray = splits.iter().map(|own| Some(own == Some(split))).collect();
        filter_record_batch(&rows, &wanted).expect("rows")
    };
    let current = of("current");
    let windows = chunks.iter().map(|c| chunk(&current, c));
    let found = evaluate(&*metric, &definition, &of("reference"), windows);
    for name in ["roc_auc", "accuracy", "precision", "recall", "f1"] {
        let (ours, theirs) = (value(&found[0], name), number(&chunks[0], name));
        assert!((ours - theirs).abs() < 1e-7, "{name}: {ours} {theirs}");
        let error = (ours - value(&found[0], &format!("{name}_lower"))) / 3.0;
        let theirs = number(&chunks[0], &format!("{name}_error"));
        let limit = if ["roc_auc", "f1"].contains(&name) { 0.1 } else { 1e-6 };
        assert!((error / theirs - 1.0).abs() < limit, "{name}: {error} {theirs}");
    }
}

#[test]
fn reconstruction_errors_are_nannymls() {
    let golden = golden();
    let chunks = golden["reconstruction"]["chunks"].as_array().expect("chunks");
    let definition = car_loan();
    let (reference, analysis) = (
        bundled("car_loan_reference.parquet"),
        bundled("car_loan_analysis.parquet"),
    );
    // All rows, then the usual sample.
    for (params, limit) in [(json!({"rows": 60_000}), 1e-3), (json!({"id": "id"}), 3.0)] {
        let metric = metric("drift.pca", &params, &definition);
        let windows = chunks.iter().map(|c| chunk(&analysis, c));
        let found = evaluate(&*metric, &definition, &reference, windows);
        let components = golden["reconstruction"]["components"].as_f64();
        assert_eq!(Some(value(&found[0], "components")), components);
        let apart = furthest(&found, chunks, "value", "value", |golden| number(golden, "error"));
        println!("{params}: within {apart:.4} sampling errors");
        assert!(apart < limit, "{params}: {apart}");
        for (found, golden) in found.iter().zip(chunks) {
            let (upper, theirs) = (number(golden, "upper"), number(golden, "value"));
            assert_eq!(
                value(found, "drifted") == 1.0,
                theirs > upper || theirs < number(golden, "lower")
            );
            assert_eq!(found.exact, params["rows"].is_number());
        }
    }
}

#[test]
fn a_classifier_tells_windows_apart_where_nannymls_does() {
    let golden = golden();
    let chunks = golden["domain_classifier"]["chunks"].as_array().expect("chunks");
    let definition = car_loan();
    let (reference, analysis) = (
        bundled("car_loan_reference.parquet"),
        bundled("car_loan_analysis.parquet"),
    );
    let metric = metric("drift.domain_classifier", &json!({"id": "id"}), &definition);
    let windows = chunks.iter().map(|c| chunk(&analysis, c));
    let found = evaluate(&*metric, &definition, &reference, windows);
    for (found, golden) in found.iter().zip(chunks) {
        let (ours, theirs) = (value(found, "value"), number(golden, "value"));
        println!("{:?}: ours {ours:.3}, NannyML {theirs:.3}", golden["rows"]);
        assert!((ours - theirs).abs() < 0.05, "{ours} {theirs}");
        assert_eq!(value(found, "drifted") == 1.0, theirs > 0.65);
    }
}
