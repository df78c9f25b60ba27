//! Rows that are sent over HTTP.

use axum::{
    body::Body,
    http::{Request, header},
};
use plimsoll_model::{Maturity, SnapshotKind, SnapshotStatus};
use plimsoll_store::Workspace;
use serde_json::{Value, json};

use crate::support::{Answer, Service, snapshot};

const PREDICTIONS: &str = "/api/v1/projects/loans/predictions";
const LABELS: &str = "/api/v1/projects/loans/labels";

async fn send(service: &Service, uri: &str, kind: &str, key: Option<&str>, body: impl Into<Body>) -> Answer {
    let mut request = Request::post(uri).header(header::CONTENT_TYPE, kind);
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    service.ask(request.body(body.into()).unwrap()).await
}

fn rows(count: usize) -> String {
    (0..count)
        .map(|i| {
            format!(
                "{{\"id\": \"r{i}\", \"at\": \"2026-03-01T00:00:{:02}Z\", \"age\": {i}, \"p\": \"yes\"}}\n",
                i % 60
            )
        })
        .collect::<Vec<_>>()
        .concat()
}

/// Sends until the log was read after the start.
async fn first(service: &Service, uri: &str, kind: &str, body: &str) -> Answer {
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    loop {
        let answer = send(service, uri, kind, None, body.to_owned()).await;
        if answer.status.as_u16() != 503 {
            return answer;
        }
        assert_eq!(answer.header(header::RETRY_AFTER), "1");
        assert!(std::time::Instant::now() < deadline, "{}", answer.text());
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn good_rows_are_taken_and_bad_ones_named() {
    let (service, collectors) = Service::collecting().await;
    let body = r#"[{"id": "a", "at": "2026-03-01T00:00:00Z", "age": 31, "p": "yes"}, {"id": "b", "at": "soon", "p": "no"}, 7]"#;
    let answer = first(&service, PREDICTIONS, "application/json", body).await;
    let json = answer.json();
    assert_eq!(
        (
            answer.status.as_u16(),
            &json["accepted"],
            &json["rejected"],
            &json["repeated"]
        ),
        (200, &json!(1), &json!(2), &json!(false))
    );
    let codes: Vec<(&Value, &Value, &Value)> = json["rejects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (&r["row"], &r["code"], &r["column"]))
        .collect();
    assert_eq!(codes[0], (&json!(1), &json!("timestamp_unreadable"), &json!("at")));
    assert_eq!((codes[1].0, codes[1].1), (&json!(2), &json!("malformed")));
    let label = send(&service, LABELS, "text/csv", None, "id,repaid\na,yes\n")
        .await
        .json();
    assert_eq!((&label["accepted"], &label["rejected"]), (&json!(1), &json!(0)));

    let data = service.get("/api/v1/projects/loans/data").await.json();
    assert_eq!(data["live"]["state"], "running");
    assert_eq!(data["labels"]["waiting"], 0);
    let metrics = service.get("/metrics").await;
    assert!(
        metrics
            .header(header::CONTENT_TYPE)
            .starts_with("application/openmetrics-text")
    );
    let text = metrics.text();
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(
        text.contains("plimsoll_ingest_lag_seconds{project=\"loans\"}"),
        "{text}"
    );
    collectors.stop().await;
    let again = send(&service, PREDICTIONS, "application/json", None, body).await;
    again.problem(409, "not_collected");
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_of_labels_are_those_of_a_window_that_has_them_all() {
    let (service, collectors) = Service::collecting().await;
    let workspace = Workspace::open(service.path()).unwrap();
    let write = |day: i64, status: SnapshotStatus, coverage: f64, delay: f64| {
        let mut snapshot = snapshot(day, SnapshotKind::Report);
        snapshot.project = "loans".to_owned();
        snapshot.status = status;
        snapshot.maturity = Some(Maturity {
            rows: 100,
            labelled: (coverage * 100.0) as u64,
            coverage,
            delay_seconds_p50: Some(delay),
            delay_seconds_p95: Some(delay * 2.0),
            representative: None,
        });
        workspace.write_snapshot(&snapshot, None).unwrap();
    };
    let delays = async || {
        service.state.scan().await.unwrap();
        let labels = service.get("/api/v1/projects/loans/data").await.json()["labels"].clone();
        (labels["delay_seconds_p50"].clone(), labels["delay_seconds_p95"].clone())
    };
    write(1, SnapshotStatus::Provisional, 0.5, 50.0);
    write(2, SnapshotStatus::Provisional, 0.1, 1.0);
    assert_eq!(delays().await, (json!(50.0), json!(100.0)));
    write(0, SnapshotStatus::Final, 0.9, 90.0);
    assert_eq!(delays().await, (json!(90.0), json!(180.0)));
    collectors.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_packed_and_repeated_bodies_are_taken_once() {
    let (service, collectors) = Service::collecting().await;
    let body = rows(2_000);
    first(&service, PREDICTIONS, "application/x-ndjson", "").await;
    let packed = zstd::encode_all(body.as_bytes(), 1).unwrap();
    let request = || {
        Request::post(PREDICTIONS)
            .header(header::CONTENT_TYPE, "application/x-ndjson")
            .header(header::CONTENT_ENCODING, "zstd")
            .header("idempotency-key", "batch-1")
            .body(Body::from(packed.clone()))
            .unwrap()
    };
    let sent = service.ask(request()).await.json();
    assert_eq!((&sent["accepted"], &sent["repeated"]), (&json!(2_000), &json!(false)));
    let repeated = service.ask(request()).await.json();
    assert_eq!(repeated["repeated"], true);
    send(&service, PREDICTIONS, "application/x-ndjson", Some("batch-1"), rows(1))
        .await
        .problem(422, "key_reused");
    collectors.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_read_is_a_problem_that_helps() {
    let (service, collectors) = Service::collecting().await;
    first(&service, PREDICTIONS, "application/x-ndjson", "").await;
    let wrong = send(&service, PREDICTIONS, "text/html", None, "<p>").await;
    assert!(wrong.problem(415, "content_type").contains("`application/json`"));
    send(&service, PREDICTIONS, "application/json", None, "[{")
        .await
        .problem(400, "malformed");
    let huge = Request::post(PREDICTIONS)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_LENGTH, (64 << 20) + 1)
        .body(Body::empty())
        .unwrap();
    service.ask(huge).await.problem(413, "too_large");
    let none = send(
        &service,
        "/api/v1/projects/nobody/predictions",
        "application/json",
        None,
        "[]",
    )
    .await;
    none.problem(404, "unknown_project");
    let filled = Service::filled().await;
    let batch = send(
        &filled,
        "/api/v1/projects/bike-demand/labels",
        "application/json",
        None,
        "[]",
    )
    .await;
    assert!(batch.problem(409, "not_collected").contains("`bike-demand`"));
    collectors.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_project_file_starts_the_collector_anew() {
    let (service, collectors) = Service::collecting().await;
    let before = collectors.find("loans").unwrap().unwrap();
    collectors.refresh().await;
    assert!(std::sync::Arc::ptr_eq(
        &before,
        &collectors.find("loans").unwrap().unwrap()
    ));
    drop(before);
    let workspace = plimsoll_store::Workspace::open(service.path()).unwrap();
    let text = workspace.project_config("loans").unwrap().unwrap();
    workspace
        .write_project_config("loans", &text.replace("flush_every: 1s", "flush_every: 2s"))
        .unwrap();
    collectors.refresh().await;
    let after = collectors.find("loans").unwrap().unwrap();
    assert_eq!(after.config().collector().flush_every.0, 2);
    workspace
        .write_project_config(
            "loans",
            &text
                .replace("source: collector", "source: x.csv")
                .replace("collector: {flush_every: 1s}\n", ""),
        )
        .unwrap();
    collectors.refresh().await;
    assert!(collectors.find("loans").is_none());
    collectors.stop().await;
}
