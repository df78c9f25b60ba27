//! Metrics in SQL: the value of one pass, of merged parts and of stored bytes is what the same SQL gives over a table.

use std::sync::Arc;

use arrow::array::RecordBatch;
use datafusion::{arrow::datatypes::Float64Type, prelude::SessionContext};
use plimsoll_engine::{
    Batch, DynMetric, EvaluateError, Evaluation, Profile, ProfileOptions, ProfilePlan, Profiles, column_names,
    find_metric,
};
use plimsoll_model::{ColumnKind, ColumnSpec, DataDefinition, Params, Role};
use plimsoll_query::enable_sql;

use crate::support::hours;

fn definition() -> DataDefinition {
    let column = |name: &str, kind| ColumnSpec {
        name: name.to_owned(),
        kind,
        role: Role::Feature,
    };
    DataDefinition {
        columns: vec![
            column("ts", ColumnKind::Datetime),
            column("value", ColumnKind::Numeric),
            column("odd \"name\".with 🚢", ColumnKind::Numeric),
            column("kind", ColumnKind::Categorical),
        ],
        ..DataDefinition::default()
    }
}

fn metric(expression: &str) -> Result<Arc<dyn DynMetric>, String> {
    enable_sql();
    let params = [("name", "own"), ("expression", expression)];
    let params: Params = params.iter().map(|(k, v)| ((*k).to_owned(), (*v).into())).collect();
    (find_metric("sql").unwrap().parse)(&params, &definition()).map_err(|e| e.to_string())
}

fn profile(plan: &Arc<ProfilePlan>, rows: &RecordBatch) -> Profile {
    let mut profile = Profile::empty(plan);
    profile.update(&Batch::new(&column_names(rows), rows.columns()));
    profile
}

fn run(metric: &dyn DynMetric, current: &Profile, reference: Option<&Profile>) -> Result<Evaluation, EvaluateError> {
    metric.run(&Profiles {
        current,
        reference,
        reference_windows: 1.0,
        definition: &definition(),
    })
}

fn value(evaluation: &Evaluation, field: &str) -> f64 {
    let point = evaluation.points.iter().find(|p| p.field == field).unwrap();
    assert_eq!(point.labels["name"], "own");
    point.value.unwrap()
}

/// What DataFusion answers over the table as a whole.
async fn answer(expression: &str, rows: &RecordBatch) -> f64 {
    let context = SessionContext::new();
    context.register_batch("rows", rows.clone()).unwrap();
    let sql = format!("SELECT CAST({expression} AS DOUBLE) FROM rows");
    let answer = context.sql(&sql).await.unwrap().collect().await.unwrap();
    arrow::array::AsArray::as_primitive::<Float64Type>(answer[0].column(0)).value(0)
}

#[tokio::test]
async fn any_expression_of_aggregates_gives_what_the_query_gives() {
    let rows = hours(500);
    for expression in [
        "count(*)",
        "avg(value)",
        "sum(value) FILTER (WHERE kind = 'a') / count(*)",
        "count(DISTINCT kind) + max(\"odd \"\"name\"\".with 🚢\")",
        "stddev(value) / nullif(abs(avg(value)), 0)",
        "median(value)",
        "corr(value, \"odd \"\"name\"\".with 🚢\")",
        "sum(CASE WHEN kind IN ('a', 'b') AND value > 10 THEN 1 ELSE 0 END)::double / count(value)",
        "count(*) FILTER (WHERE ts >= TIMESTAMP '2024-01-05')",
        "avg(length(kind)) > 0.5",
        "max(date_part('day', ts))",
        "ln(sum(power(value, 2)))",
    ] {
        let metric = metric(expression).unwrap_or_else(|e| panic!("{expression}: {e}"));
        let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
        let wanted = answer(expression, &rows).await;
        let mut whole = profile(&plan, &rows);
        whole.finish();
        let mut merged = profile(&plan, &rows.slice(0, 3));
        for (start, length) in [(3, 200), (203, 0), (203, 297)] {
            let mut part = profile(&plan, &rows.slice(start, length));
            part.finish();
            merged
                .merge(Profile::from_bytes(&plan, &part.to_bytes()).unwrap())
                .unwrap();
        }
        merged.finish();
        let stored = Profile::from_stored(&merged.to_stored()).unwrap();
        for (way, profile) in [("whole", &whole), ("merged", &merged), ("stored", &stored)] {
            let found = run(&*metric, profile, None).unwrap_or_else(|e| panic!("{expression}: {e}"));
            let ours = value(&found, "value");
            let near = (ours - wanted).abs() <= 1e-9 * wanted.abs().max(1.0);
            assert!(near, "{expression}, {way}: {ours} against {wanted}");
        }
    }
}

#[test]
fn the_reference_is_told_beside_the_window() {
    let metric = metric("avg(value)").unwrap();
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let rows = hours(48);
    let [mut now, mut before] = [rows.slice(0, 24), rows.slice(24, 12)].map(|rows| profile(&plan, &rows));
    now.finish();
    before.finish();
    let found = run(&*metric, &now, Some(&before)).unwrap();
    let difference = value(&found, "value") - value(&found, "reference");
    assert!(difference > 1.0 && (value(&found, "change") - difference).abs() < 1e-12);
}

#[test]
fn nothing_to_aggregate_is_an_error_that_says_so() {
    let metric = metric("avg(value)").unwrap();
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let mut none = Profile::empty(&plan);
    none.finish();
    let error = run(&*metric, &none, None).unwrap_err();
    assert_eq!(error.to_string(), "SQL `avg(value)` is null over 0 rows");
}

#[test]
fn a_wrong_expression_is_refused_when_it_is_read() {
    for (expression, says) in [
        ("avg(valu)", "valu"),
        ("value + 1", "aggregates nothing"),
        ("avg(value", "Expected"),
        ("min(kind)", "gives Utf8, expected a number"),
        ("avg(kind)", "avg"),
        ("count(*) FROM rows; DROP TABLE rows", "Expected"),
        ("(SELECT max(value) FROM rows) + count(*)", ""),
        ("", "Expected"),
    ] {
        let error = metric(expression).expect_err(expression);
        assert!(error.starts_with("`sql`: "), "{error}");
        assert!(error.contains(says), "{expression}: {error}");
    }
}
