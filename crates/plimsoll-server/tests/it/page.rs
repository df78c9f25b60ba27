//! The embedded dashboard; the tests hold whether or not it was built.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};

use crate::support::Service;

#[tokio::test]
async fn client_routes_get_the_page() {
    let service = Service::filled().await;
    for uri in [
        "/",
        "/projects/bike-demand",
        "/projects/a.b/snapshots/x.json",
        "/projects/a%20b%2Fc",
    ] {
        let page = service
            .get_with(uri, header::ACCEPT, "text/html,application/xhtml+xml,*/*;q=0.8")
            .await;
        assert_eq!(page.status, StatusCode::OK, "{uri}");
        assert!(page.header(header::CONTENT_TYPE).starts_with("text/html"), "{uri}");
        assert_eq!(page.header(header::CACHE_CONTROL), "no-cache");
        assert!(page.text().to_lowercase().contains("plimsoll"));
    }
    assert_eq!(service.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn missing_files_are_no_page() {
    let service = Service::filled().await;
    service
        .get_with("/assets/gone-123.js", header::ACCEPT, "*/*")
        .await
        .problem(404, "unknown_path");
    let post = Request::post("/projects")
        .header(header::ACCEPT, "text/html")
        .body(Body::empty())
        .unwrap();
    service.ask(post).await.problem(404, "unknown_path");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let service = Service::filled().await;
    for uri in ["/", "/healthz", "/api/v1/projects", "/api/v1/nothing"] {
        let answer = service.get(uri).await;
        assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff", "{uri}");
        let policy = answer.header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains("default-src 'self'") && policy.contains("style-src 'self' 'unsafe-inline'"),
            "{policy}"
        );
    }
}
