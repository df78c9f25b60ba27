//! Who may ask for what.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use jiff::Timestamp;
use plimsoll_model::Scope;
use plimsoll_server::{Access, AppState, Live, check_reach};
use plimsoll_store::{Tokens, Workspace};
use serde_json::{Value, json};

use crate::support::{Answer, Service};

/// An operation as the description has it.
struct Operation {
    method: String,
    path: String,
    /// What it needs; `None` if nothing.
    scope: Option<Scope>,
}

impl Operation {
    fn uri(&self, project: &str) -> String {
        self.path
            .replace("{p}", project)
            .replace("{sid}", "20110203T000000Z-report-daily-report")
            .replace("{name}", "nobody")
    }

    fn names_project(&self) -> bool {
        self.path.contains("{p}")
    }
}

/// Every operation that the description has, so that none is forgotten here.
fn operations() -> Vec<Operation> {
    let document = plimsoll_server::openapi();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let security = operation["security"].as_array().unwrap();
            let scope = security.first().map(|one| one["token"][0].as_str().unwrap());
            found.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                scope: scope.map(|scope| scope.parse().unwrap()),
            });
        }
    }
    assert!(found.len() > 25, "{}", found.len());
    found
}

/// Sends a request that names no one, and gives the status alone, as a stream of events does not end.
async fn status(service: &Service, operation: &Operation, project: &str, secret: Option<&str>) -> (u16, String) {
    let request = Request::builder()
        .method(operation.method.as_str())
        .uri(operation.uri(project));
    let request = match secret {
        Some(secret) => request.header(header::AUTHORIZATION, format!("Bearer {secret}")),
        None => request,
    };
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::empty());
    let response = service.send(request.unwrap()).await;
    let status = response.status().as_u16();
    if matches!(status, 401 | 403) {
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let problem: Value = serde_json::from_slice(&body).unwrap();
        return (status, problem["code"].as_str().unwrap().to_owned());
    }
    (status, String::new())
}

#[tokio::test]
async fn every_operation_takes_the_scopes_that_its_description_names_and_no_others() {
    let service = Service::filled().await;
    let held = [
        vec![Scope::Ingest],
        vec![Scope::Read],
        vec![Scope::Write],
        Scope::ALL.to_vec(),
    ];
    let secrets: Vec<String> = (0..)
        .zip(&held)
        .map(|(i, scopes)| service.token(&format!("t{i}"), None, scopes))
        .collect();
    let closed = |scope: Option<Scope>| scope.is_some();
    for operation in operations() {
        let name = format!("{} {}", operation.method, operation.path);
        let (anonymous, code) = status(&service, &operation, "bike-demand", None).await;
        if closed(operation.scope) {
            assert_eq!((anonymous, code.as_str()), (401, "token_required"), "{name}");
        } else {
            assert!(!matches!(anonymous, 401 | 403), "{name}: {anonymous}");
        }
        for (scopes, secret) in held.iter().zip(&secrets) {
            let (found, code) = status(&service, &operation, "bike-demand", Some(secret)).await;
            let may = operation
                .scope
                .is_none_or(|needed| scopes.iter().any(|own| own.includes(needed)));
            if may {
                assert!(!matches!(found, 401 | 403), "{name} with {scopes:?}: {found} {code}");
            } else {
                assert_eq!((found, code.as_str()), (403, "wrong_scope"), "{name} with {scopes:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_of_a_project_reaches_that_project_alone() {
    let service = Service::filled().await;
    let own = service.token("own", Some("bike-demand"), &Scope::ALL);
    for operation in operations().iter().filter(|operation| operation.scope.is_some()) {
        let name = format!("{} {}", operation.method, operation.path);
        let (found, code) = status(&service, operation, "bike-demand", Some(&own)).await;
        if operation.path == "/metrics" {
            assert_eq!((found, code.as_str()), (403, "wrong_project"), "{name}");
        } else {
            assert!(!matches!(found, 401 | 403), "{name}: {found} {code}");
        }
        if operation.names_project() {
            // Whether the other project is there does not show.
            for other in ["a%20b%2Fc", "nobody", "bike-demand%2F", "Bike-Demand"] {
                let (found, code) = status(&service, operation, other, Some(&own)).await;
                assert_eq!((found, code.as_str()), (403, "wrong_project"), "{name} {other}");
            }
        }
    }
    let listed = service.ask_as(&own, "GET", "/api/v1/projects", "").await.json();
    let ids: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|p| &p["id"]).collect();
    assert_eq!(ids, ["bike-demand"]);
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_told_nothing_more() {
    let service = Service::filled().await;
    let expired = service.token_until("old", None, &Scope::ALL, Some(Timestamp::UNIX_EPOCH));
    let revoked = service.token("gone", None, &Scope::ALL);
    Tokens::of(service.path()).revoke("gone").unwrap();
    let mut answers = Vec::new();
    for secret in [expired.as_str(), revoked.as_str(), "plm_never", "", "\u{e4}"] {
        let answer = service.ask_as(secret, "GET", "/api/v1/projects/bike-demand", "").await;
        answer.problem(401, "token_unknown");
        assert!(answer.header(header::WWW_AUTHENTICATE).contains("invalid_token"));
        answers.push(answer.body);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    let basic = Request::get("/api/v1/projects").header(header::AUTHORIZATION, "Basic Zm9v");
    let basic = service.ask(basic.body(Body::empty()).unwrap()).await;
    basic.problem(401, "token_required");
    assert!(basic.header(header::WWW_AUTHENTICATE).starts_with("Bearer"));
}

#[tokio::test]
async fn what_is_not_described_is_closed() {
    let service = Service::filled().await;
    service.token("any", None, &[Scope::Read]);
    let put = Request::put("/api/v1/projects").body(Body::empty()).unwrap();
    service.ask(put).await.problem(401, "token_required");
    // The page holds no data; it asks for the token.
    assert_eq!(service.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_service_that_others_reach_needs_tokens_from_the_start() {
    let service = Service::filled().await;
    let reached = |access: Access, is_exposed: bool| {
        let live = Live {
            access,
            ..Live::default()
        };
        AppState::reached(Arc::new(Workspace::open(service.path()).unwrap()), live, is_exposed)
    };
    let open = Access {
        is_anonymous_allowed: true,
        ..Access::default()
    };
    let cases = [
        (Access::default(), false, 200),
        (Access::default(), true, 401),
        (open, true, 200),
    ];
    for (access, is_exposed, expected) in cases {
        let service = Service {
            dir: tempfile::tempdir().unwrap(),
            state: reached(access, is_exposed),
        };
        assert_eq!(service.get("/api/v1/projects").await.status, expected);
        // Tokens are made by tokens only, or by whoever owns the files.
        service.get("/api/v1/tokens").await.problem(401, "token_required");
    }
    let (outside, inside) = ("0.0.0.0:80".parse().unwrap(), "127.0.0.1:80".parse().unwrap());
    let refused = check_reach(outside, service.path(), false).unwrap_err().to_string();
    assert!(
        refused.contains("`plimsoll token create") && refused.contains("`--allow-anonymous`"),
        "{refused}"
    );
    check_reach(inside, service.path(), false).unwrap();
    check_reach("[::1]:80".parse().unwrap(), service.path(), false).unwrap();
    check_reach(outside, service.path(), true).unwrap();
    service.token_until("old", None, &Scope::ALL, Some(Timestamp::UNIX_EPOCH));
    assert!(check_reach(outside, service.path(), false).is_err());
    service.token("good", None, &[Scope::Read]);
    check_reach(outside, service.path(), false).unwrap();
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked_over_the_api() {
    let service = Service::filled().await;
    let admin = service.token("admin", None, &[Scope::Write]);
    let asked = json!({"name": "scorer", "project": "bike-demand", "scopes": ["ingest", "read"], "expires_in": "90d"});
    let made = service
        .ask_as(&admin, "POST", "/api/v1/tokens", &asked.to_string())
        .await;
    assert_eq!(
        (made.status, made.header(header::CACHE_CONTROL)),
        (StatusCode::CREATED, "no-store")
    );
    let made = made.json();
    assert_eq!(made["token"]["scopes"], json!(["ingest", "read"]));
    let secret = made["secret"].as_str().unwrap();
    let read = service.ask_as(secret, "GET", "/api/v1/projects/bike-demand", "").await;
    assert_eq!(read.status, StatusCode::OK);
    let list = service.ask_as(&admin, "GET", "/api/v1/tokens", "").await;
    assert!(!list.text().contains(secret) && !list.text().contains("sha256"));
    assert_eq!(list.json()["items"].as_array().map(Vec::len), Some(2));
    let taken = service
        .ask_as(&admin, "POST", "/api/v1/tokens", &asked.to_string())
        .await;
    assert!(taken.problem(409, "token_taken").contains("`scorer`"));
    for (body, status) in [
        (json!({"name": "a b", "scopes": ["read"]}), 422),
        (json!({"name": "none", "scopes": []}), 422),
        (json!({"name": "odd", "scopes": ["reed"]}), 422),
        (
            json!({"name": "far", "scopes": ["read"], "expires_in": "900000000d"}),
            422,
        ),
    ] {
        let refused = service
            .ask_as(&admin, "POST", "/api/v1/tokens", &body.to_string())
            .await;
        refused.problem(status, "invalid_body");
    }
    let gone = service.ask_as(&admin, "DELETE", "/api/v1/tokens/scorer", "").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    let read = service.ask_as(secret, "GET", "/api/v1/projects/bike-demand", "").await;
    read.problem(401, "token_unknown");
    let unknown = service.ask_as(&admin, "DELETE", "/api/v1/tokens/admim", "").await;
    assert!(unknown.problem(404, "unknown_token").contains("`admin`"));
}

#[tokio::test]
async fn a_project_manages_its_own_tokens_and_gains_no_others() {
    let service = Service::filled().await;
    service.token("everything", None, &Scope::ALL);
    let own = service.token("own", Some("bike-demand"), &[Scope::Write]);
    for project in [json!(null), json!("other")] {
        let body = json!({"name": "more", "project": project, "scopes": ["read"]}).to_string();
        let refused = service.ask_as(&own, "POST", "/api/v1/tokens", &body).await;
        refused.problem(403, "wrong_project");
    }
    let list = service.ask_as(&own, "GET", "/api/v1/tokens", "").await.json();
    assert_eq!(
        (list["items"].as_array().map(Vec::len), &list["items"][0]["name"]),
        (Some(1), &json!("own"))
    );
    let foreign = service.ask_as(&own, "DELETE", "/api/v1/tokens/everything", "").await;
    foreign.problem(404, "unknown_token");
    assert_eq!(Tokens::of(service.path()).list().unwrap().len(), 2);
}

/// A request as a browser sends it.
async fn browser(service: &Service, method: &str, uri: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.header(header::CONTENT_TYPE, "application/json");
    service.ask(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn the_page_signs_in_by_a_cookie_that_scripts_cannot_read() {
    let service = Service::filled().await;
    let uri = "/api/v1/session";
    let open = service.get(uri).await.json();
    assert_eq!(open, json!({"token_required": false, "token": null}));
    let secret = service.token("page", None, &[Scope::Read]);
    assert_eq!(service.get(uri).await.json()["token_required"], true);
    service
        .post(uri, r#"{"token": "plm_guess"}"#)
        .await
        .problem(401, "token_unknown");
    let body = json!({"token": format!(" {secret}\n")}).to_string();
    let own = [("host", "plimsoll.example"), ("origin", "https://plimsoll.example")];
    let signed = browser(&service, "POST", uri, &own, &body).await;
    assert_eq!(signed.json()["token"]["name"], "page");
    let cookie = signed.header(header::SET_COOKIE);
    assert!(
        cookie.contains("; HttpOnly; SameSite=Strict; Max-Age=2592000; Secure"),
        "{cookie}"
    );
    let pair = cookie.split(';').next().unwrap().to_owned();
    let cookies = format!("theme=dark; {pair}");
    for uri in ["/api/v1/projects", "/api/v1/projects/bike-demand/events"] {
        let request = Request::get(uri).header(header::COOKIE, &cookies).body(Body::empty());
        assert_eq!(service.send(request.unwrap()).await.status(), StatusCode::OK, "{uri}");
    }
    let known = browser(&service, "GET", uri, &[("cookie", &cookies)], "").await.json();
    assert_eq!(known["token"]["scopes"], json!(["read"]));
    let left = browser(&service, "DELETE", uri, &[("cookie", &cookies)], "").await;
    assert!(
        left.header(header::SET_COOKIE).contains("plimsoll_token=; ")
            && left.header(header::SET_COOKIE).contains("Max-Age=0")
    );
    Tokens::of(service.path()).revoke("page").unwrap();
    let stale = browser(&service, "GET", "/api/v1/projects", &[("cookie", &cookies)], "").await;
    stale.problem(401, "token_required");
}

#[tokio::test]
async fn pages_of_other_sites_change_nothing_here() {
    let service = Service::filled().await;
    let jobs = "/api/v1/projects/bike-demand/jobs";
    let host = ("host", "127.0.0.1:8000");
    for foreign in [
        vec![host, ("origin", "https://evil.example")],
        vec![host, ("origin", "http://127.0.0.1:9000")],
        vec![host, ("origin", "null")],
        vec![host, ("sec-fetch-site", "cross-site")],
        vec![
            host,
            ("sec-fetch-site", "same-site"),
            ("origin", "http://127.0.0.1:8000"),
        ],
    ] {
        let refused = browser(&service, "POST", jobs, &foreign, "").await;
        refused.problem(403, "foreign_origin");
    }
    for own in [
        vec![host],
        vec![host, ("origin", "http://127.0.0.1:8000")],
        vec![host, ("sec-fetch-site", "same-origin")],
    ] {
        browser(&service, "POST", jobs, &own, "")
            .await
            .problem(409, "not_scheduled");
    }
    // Signing in is protected too: a page must not make a browser use another's token.
    let secret = service.token("theirs", None, &[Scope::Read]);
    let body = json!({"token": secret}).to_string();
    let forged = browser(
        &service,
        "POST",
        "/api/v1/session",
        &[host, ("sec-fetch-site", "cross-site")],
        &body,
    )
    .await;
    forged.problem(403, "foreign_origin");
}

#[tokio::test]
async fn a_foreign_name_that_leads_here_reads_nothing() {
    let service = Service::filled().await;
    for name in [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "10.0.0.1",
        "a@evil",
        "",
    ] {
        let answer = browser(&service, "GET", "/api/v1/projects", &[("host", name)], "").await;
        answer.problem(403, "foreign_host");
        assert_eq!(
            browser(&service, "GET", "/healthz", &[("host", name)], "").await.status,
            StatusCode::OK
        );
    }
    for name in [
        "localhost",
        "LOCALHOST:8000",
        "app.localhost:1",
        "127.0.0.1:8000",
        "127.1.2.3",
        "[::1]:8000",
    ] {
        let answer = browser(&service, "GET", "/api/v1/projects", &[("host", name)], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{name}");
    }
    // A token is nothing that a browser sends by itself to another name.
    let secret = service.token("read", None, &[Scope::Read]);
    let bearer = format!("Bearer {secret}");
    let proxied = [("host", "plimsoll.example"), ("authorization", bearer.as_str())];
    let answer = browser(&service, "GET", "/api/v1/projects", &proxied, "").await;
    assert_eq!(answer.status, StatusCode::OK);
}
