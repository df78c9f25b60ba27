//! Golden values of the ranking metrics: every entry of `ranking.json`, and those of `evidently07.json`.
//!
//! Evidently takes "relevant at k" from the last row in file order, so that its MAP and MAR are right for rows sorted by
//! rank only: there the textbook value, or for MAR the value of the same rows in order of rank, is compared.

use std::{collections::BTreeMap, sync::Arc};

use arrow::array::{ArrayRef, Float64Array, RecordBatch};
use plimsoll_engine::{
    Evaluation, EvaluationPlan, Profile, ProfileOptions, ProfilePlan, Profiles, expand_tests, find_metric,
};
use plimsoll_model::{Bound, ColumnKind, DataDefinition, Labels, Params, Role, Severity, Status, Task, TestItem};
use serde_json::{Value, json};

use crate::{
    frames::column,
    golden_drift::profile,
    golden_models::book,
    golden_share,
    support::{load, select},
};

const TOLERANCE: f64 = 1e-9;

/// The rows' columns: `score` is larger first, `rank` smaller first.
fn definition(order: &str) -> DataDefinition {
    let role = if order == "score" {
        Role::Score(None)
    } else {
        Role::Prediction
    };
    DataDefinition {
        columns: vec![
            column("user_id", ColumnKind::Categorical, Role::User),
            column("item_id", ColumnKind::Categorical, Role::Item),
            column(order, ColumnKind::Numeric, role),
            column("target", ColumnKind::Numeric, Role::Target),
        ],
        task: Some(Task::Ranking { k: 10 }),
        ..DataDefinition::default()
    }
}

/// The selected rows; no ranking metric depends on their order.
fn rows(entry: &Value, side: &str) -> RecordBatch {
    let dataset = &entry["dataset"];
    let mut selection = dataset[side].clone();
    if let Some(selection) = selection.as_object_mut() {
        selection.remove("order_by");
    }
    select(dataset["file"].as_str().expect("a file"), &selection)
}

/// Past interactions as rows: each with the same order, and the rating as target.
fn past(entry: &Value, order: &str) -> RecordBatch {
    let train = load(entry["train_file"].as_str().expect("a file"));
    let ones: ArrayRef = Arc::new(Float64Array::from(vec![1.0; train.num_rows()]));
    let of = |name: &str| Arc::clone(train.column_by_name(name).expect("a column"));
    RecordBatch::try_from_iter([
        ("user_id", of("user_id")),
        ("item_id", of("item_id")),
        (order, ones),
        ("target", of("rating")),
    ])
    .expect("columns of one length")
}

fn run(id: &str, params: &Value, order: &str, current: &RecordBatch, reference: Option<&RecordBatch>) -> Evaluation {
    let definition = definition(order);
    let params: Params = serde_json::from_value(params.clone()).expect("parameters");
    let metric = (find_metric(id).expect("a metric").parse)(&params, &definition).expect("roles");
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let reference: Option<Profile> = reference.map(|rows| profile(rows, &plan));
    metric
        .run(&Profiles {
            current: &profile(current, &plan),
            reference: reference.as_ref(),
            reference_windows: 1.0,
            definition: &definition,
        })
        .expect("a value")
}

fn point(evaluation: &Evaluation, field: &str) -> f64 {
    let point = evaluation.points.iter().find(|p| p.field == field).expect("a point");
    point.value.expect("a number")
}

fn metric_of(name: &str) -> &'static str {
    match name {
        "PrecisionTopKMetric" | "PrecisionTopK" => "ranking.precision",
        "RecallTopKMetric" | "RecallTopK" => "ranking.recall",
        "FBetaTopKMetric" | "FBetaTopK" => "ranking.f_beta",
        "MAPKMetric" | "MAP" => "ranking.map",
        "MARKMetric" => "ranking.mar",
        "NDCGKMetric" | "NDCG" => "ranking.ndcg",
        "MRRKMetric" | "MRR" => "ranking.mrr",
        "HitRateKMetric" | "HitRate" => "ranking.hit_rate",
        "PopularityBias" => "ranking.popularity_bias",
        "NoveltyMetric" => "ranking.novelty",
        "PersonalizationMetric" => "ranking.personalization",
        other => panic!("no counterpart of {other}"),
    }
}

fn close(ours: f64, golden: f64) -> bool {
    (ours - golden).abs() <= TOLERANCE * golden.abs().max(1.0)
}

#[test]
fn every_entry_of_the_ranking_book_agrees() {
    golden_share::run("every_entry_of_the_ranking_book_agrees");
}

pub fn check_every_entry_of_the_ranking_book_agrees() {
    let Some(entries) = book("ranking.json") else {
        return;
    };
    // MAR has no textbook value: of rows in another order the golden value is that of the same rows in order of rank.
    let key = |e: &Value| {
        format!(
            "{} {} {} {}",
            e["metric"], e["args"], e["prediction"], e["dataset"]["file"]
        )
    };
    let sorted: BTreeMap<String, &Value> = entries
        .iter()
        .filter(|e| e["dataset"]["current"].get("order_by").is_none())
        .map(|e| (key(e), e))
        .collect();
    let (mut compared, mut exempt, mut differences) = (0, 0, Vec::new());
    for entry in &entries {
        let (name, order) = (
            entry["metric"].as_str().expect("a name"),
            entry["prediction"].as_str().expect("a name"),
        );
        let id = metric_of(name);
        let args = &entry["args"];
        let by_past = entry.get("train_file").is_some();
        let params = if by_past {
            let mut params = json!({"k": args["k"]});
            if let Some(normalize) = args.get("normalize_arp") {
                params["normalize"] = normalize.clone();
            }
            params
        } else {
            json!({"k": args["k"], "relevance_threshold": args["min_rel_score"], "no_feedback_users": args["no_feedback_users"]})
        };
        let reference = (by_past && id != "ranking.personalization").then(|| past(entry, order));
        for side in ["current", "reference"] {
            let found = run(id, &params, order, &rows(entry, side), reference.as_ref());
            let fields: &[(&str, &str)] = match id {
                "ranking.popularity_bias" => &[("apr", "arp"), ("coverage", "coverage"), ("gini", "gini")],
                _ => &[("value", "value")],
            };
            for (golden, own) in fields {
                let joint = if by_past { "_" } else { "." };
                let golden = format!("{side}{joint}{golden}");
                let book = match (entry.get("textbook"), id) {
                    (Some(textbook), _) => &textbook[&golden],
                    (None, "ranking.mar") => &sorted[&key(entry)]["values"][&golden],
                    (None, _) => &entry["values"][&golden],
                };
                if golden == "reference_coverage" {
                    // Evidently counts all items of its reference there: not the first k, and items that the past lacks.
                    exempt += 1;
                    continue;
                }
                let wanted = book.as_f64().expect("a golden number");
                let ours = point(&found, own);
                golden_share::agrees("ranking.json", entry);
                compared += 1;
                if !close(ours, wanted) {
                    differences.push(format!(
                        "{} {id} {params} {golden}: {ours} against {wanted}",
                        entry["id"]
                    ));
                }
            }
        }
    }
    println!(
        "ranking.json: {compared} values of {} entries compared, {exempt} exempt, {} differ",
        entries.len(),
        differences.len()
    );
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(compared >= 1_000, "only {compared} compared");
}

#[test]
fn the_ranking_metrics_of_evidently_07_agree() {
    golden_share::run("the_ranking_metrics_of_evidently_07_agree");
}

pub fn check_the_ranking_metrics_of_evidently_07_agree() {
    let Some(entries) = book("evidently07.json") else {
        return;
    };
    // MAP is right for rows in order of rank only: others are held against the same entry over such rows.
    let key = |e: &Value| format!("{} {} {}", e["metric"], e["args"], e["prediction"]);
    let sorted: BTreeMap<String, &Value> = entries
        .iter()
        .filter(|e| e["kind"] == "ranking" && e["dataset"]["current"].get("order_by").is_none())
        .map(|e| (key(e), e))
        .collect();
    let ranking = entries.iter().filter(|e| e["kind"] == "ranking");
    let (mut compared, mut differences) = (0, Vec::new());
    for entry in ranking {
        let full = entry["metric"].as_str().expect("a name");
        let id = metric_of(full.split('(').next().unwrap_or(full));
        let order = entry["prediction"].as_str().expect("a name");
        let current = rows(entry, "current");
        let book = if id == "ranking.map" {
            sorted[&key(entry)]
        } else {
            entry
        };
        // Value by value of the table; its `rank` column is wrong by one for NDCG and MRR.
        for k in 1..=10_u64 {
            let Some(wanted) = book["value"][format!("value.{}", k - 1)].as_f64() else {
                continue;
            };
            let params = json!({"k": k, "no_feedback_users": entry["args"]["no_feedback_users"]});
            let ours = point(&run(id, &params, order, &current, None), "value");
            golden_share::agrees("evidently07.json", entry);
            compared += 1;
            if !close(ours, wanted) {
                differences.push(format!("{} {full} at {k}: {ours} against {wanted}", entry["id"]));
            }
        }
    }
    println!(
        "evidently07.json: {compared} values of ranking metrics compared, {} differ",
        differences.len()
    );
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(compared >= 500, "only {compared} compared");
}

#[test]
fn the_test_suite_of_recommendations_agrees() {
    golden_share::run("the_test_suite_of_recommendations_agrees");
}

pub fn check_the_test_suite_of_recommendations_agrees() {
    let Some(entries) = book("test_suites.json") else {
        return;
    };
    let mut compared = 0;
    for entry in entries.iter().filter(|e| e["preset"] == "RecsysTestPreset") {
        golden_share::agrees("test_suites.json", entry);
        let order = entry["prediction"].as_str().expect("a name");
        let definition = definition(order);
        let items: Vec<TestItem> = entry["tests"]
            .as_array()
            .expect("tests")
            .iter()
            .map(|test| {
                let name = test["name"].as_str().expect("a name").replace(" (top-k)", "");
                TestItem::Test {
                    target: format!("ranking.{}", name.to_lowercase().replace(' ', "_")),
                    params: [("k".to_owned(), entry["args"]["k"].clone())].into_iter().collect(),
                    labels: Labels::new(),
                    bound: Bound::default(),
                    severity: Severity::default(),
                }
            })
            .collect();
        let tests = expand_tests(&items, &definition).expect("tests");
        let plan = EvaluationPlan::new(&[], &tests, &definition, ProfileOptions::default()).expect("a plan");
        let (current, reference) = (
            profile(&rows(entry, "current"), plan.profile()),
            profile(&rows(entry, "reference"), plan.profile()),
        );
        let found = plan.evaluate(&current, Some(&plan.reference(&reference)));
        for (golden, own) in entry["tests"].as_array().expect("tests").iter().zip(&found.tests) {
            // Evidently's tests read precision, recall, MAP and hit rate at k + 1, but NDCG at k.
            let field = own.metric.trim_start_matches("ranking.");
            let wanted = entry["textbook_current"]["k=5"][field].as_f64().expect("a number");
            assert!(close(own.observed.expect("a value"), wanted), "{own:?}");
            if field == "ndcg" {
                let status = if own.status == Status::Pass { "SUCCESS" } else { "FAIL" };
                assert_eq!(golden["status"], status, "{own:?}");
                assert!(close(
                    own.observed.expect("a value"),
                    golden["parameters"]["value"].as_f64().expect("a value")
                ));
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 5);
}
