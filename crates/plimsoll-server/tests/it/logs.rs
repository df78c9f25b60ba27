//! What the log holds of requests, and what it must not hold.

use std::{
    io,
    sync::{Arc, Mutex},
};

use axum::{
    body::Body,
    http::{Request, header},
};
use plimsoll_model::Scope;
use serde_json::json;

use crate::support::Service;

/// The log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_logged_without_what_they_hold() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    // For all threads: rows are read and stored on others than that of the request.
    tracing_subscriber::util::SubscriberInitExt::try_init(subscriber).unwrap();

    let (service, collectors) = Service::collecting().await;
    let secret = service.token("sender", Some("loans"), &[Scope::Ingest, Scope::Write]);
    let predictions = "/api/v1/projects/loans/predictions";
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    let rows = [
        json!([{"id": "Payload1", "at": "2026-03-01T00:00:00Z", "age": 31, "p": "yes", "note": "Payload2"}])
            .to_string(),
        r#"[{"id": "Payload3", "at": "Payload4", "p": "no"}, "Payload5"]"#.to_owned(),
        r#"{"id": "Payload6", "#.to_owned(),
    ];
    for body in &rows {
        let uri = format!("{predictions}?stamp=false");
        let mut answer = service.ask_as(&secret, "POST", &uri, body).await;
        while answer.status.as_u16() == 503 {
            assert!(std::time::Instant::now() < deadline, "{}", answer.text());
            tokio::task::yield_now().await;
            answer = service.ask_as(&secret, "POST", &uri, body).await;
        }
        assert!(matches!(answer.status.as_u16(), 200 | 400), "{}", answer.text());
    }
    let queries = "/api/v1/projects/loans/series";
    service
        .ask_as(&secret, "POST", queries, r#"{"queries": "Payload7"}"#)
        .await
        .problem(422, "invalid_body");
    service
        .ask_as(&secret, "GET", "/api/v1/projects?token=Payload8", "")
        .await
        .problem(400, "invalid_query");
    service
        .ask_as("plm_Payload9", "GET", "/api/v1/projects", "")
        .await
        .problem(401, "token_unknown");
    let sign_in = json!({"token": secret}).to_string();
    let signed = service.post("/api/v1/session", &sign_in).await;
    let cookie = signed.header(header::SET_COOKIE).split(';').next().unwrap().to_owned();
    let request = Request::get("/api/v1/projects")
        .header(header::COOKIE, cookie)
        .body(Body::empty());
    service.ask(request.unwrap()).await;
    let new = json!({"name": "more", "project": "loans", "scopes": ["read"]}).to_string();
    let made = service.ask_as(&secret, "POST", "/api/v1/tokens", &new).await.json();
    let second = made["secret"].as_str().unwrap().to_owned();
    collectors.stop().await;

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains(&format!("path=\"{predictions}\"")), "{text}");
    assert!(text.contains("status=200") && text.contains("status=401"), "{text}");
    for hidden in ["Payload", &secret, &second, "?stamp"] {
        let line = text.lines().find(|line| line.contains(hidden));
        assert_eq!(line, None, "{hidden}");
    }
}
