//! The description of the API.

use std::{env, fs, path::Path};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::Value;

use crate::support::Service;

#[test]
fn the_committed_description_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let current = plimsoll_server::openapi();
    if env::var_os("PLIMSOLL_UPDATE_OPENAPI").is_some() {
        fs::write(&file, serde_json::to_string_pretty(&current).unwrap() + "\n").unwrap();
    }
    let committed: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    // Compared as values: the order of keys depends on how serde_json was built.
    assert!(
        committed == current,
        "run this test with PLIMSOLL_UPDATE_OPENAPI=1 and commit openapi.json"
    );
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(value: &Value, document: &Value) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                if let (true, Some(reference)) = (key == "$ref", value.as_str()) {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{reference}");
                }
                check(value, document);
            }),
            Value::Array(list) => list.iter().for_each(|value| check(value, document)),
            _ => {}
        }
    }
    let document = plimsoll_server::openapi();
    check(&document, &document);
    assert!(document["components"]["schemas"]["ProjectSummaryPage"].is_object());
}

#[tokio::test]
async fn every_described_operation_is_served() {
    let service = Service::filled().await;
    let document = service.get("/api/v1/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 24);
    for (path, methods) in paths {
        let uri = path
            .replace("{p}", "bike-demand")
            .replace("{sid}", "20110203T000000Z-report-daily-report")
            .replace("{name}", "nobody");
        for (method, operation) in methods.as_object().unwrap() {
            let body = if path.ends_with("/series") {
                r#"{"queries": []}"#
            } else {
                ""
            };
            // Nothing is scheduled or collected in this service.
            let (status, described) = match (method.as_str(), operation["operationId"].as_str()) {
                (_, Some("runJob" | "sendPredictions" | "sendLabels")) => (StatusCode::CONFLICT, "default"),
                (_, Some("listTokens" | "createToken" | "revokeToken")) => (StatusCode::UNAUTHORIZED, "default"),
                (_, Some("signIn" | "backfill")) => (StatusCode::BAD_REQUEST, "default"),
                (_, Some("signOut")) => (StatusCode::NO_CONTENT, "204"),
                _ => (StatusCode::OK, "200"),
            };
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(&uri);
            let request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body))
                .unwrap();
            let response = service.send(request).await;
            assert_eq!(response.status(), status, "{method} {path}");
            if status == StatusCode::NO_CONTENT {
                assert!(operation["responses"][described].is_object(), "{method} {path}");
                continue;
            }
            let kind = response.headers()[header::CONTENT_TYPE]
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned();
            assert!(
                operation["responses"][described]["content"][&kind].is_object(),
                "{path}: {kind}"
            );
        }
    }
}
