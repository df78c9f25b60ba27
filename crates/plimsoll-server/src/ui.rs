//! The embedded dashboard: the files of `ui/dist` as they were when the program was built.

use axum::{
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
};
use plimsoll_model::Snapshot;
use rust_embed::{Embed, EmbeddedFile};

use crate::{Problem, ServerError};

#[derive(Embed)]
#[folder = "../../ui/dist"]
struct Dist;

/// Where the page of a report takes its snapshot from.
const PLACE: &str = "<script type=\"application/json\" id=\"snapshot\">";

/// A page of its own with a snapshot in it: it needs no service and no network.
///
/// # Errors
/// [`ServerError::Unbuilt`] if the program was built without its pages.
pub fn report_page(snapshot: &Snapshot) -> Result<String, ServerError> {
    let page = Dist::get("report.html").ok_or(ServerError::Unbuilt)?;
    let page = String::from_utf8_lossy(&page.data);
    let (before, after) = page.split_once(PLACE).ok_or(ServerError::Unbuilt)?;
    // No cell of the data can end the script.
    let json = serde_json::to_string(snapshot)
        .unwrap_or_default()
        .replace('<', "\\u003c");
    Ok(format!("{before}{PLACE}{json}{after}"))
}

/// Shown if the program was built without the dashboard.
const UNBUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Plimsoll</title>\
    <body style=\"font-family: system-ui; max-width: 40rem; margin: 4rem auto; line-height: 1.5\">\
    <h1>Plimsoll</h1><p>This program was built without its dashboard. To build both, run <code>make ui</code> and then \
    <code>cargo build --package plimsoll</code>.</p>\
    <p>The API works: <a href=\"/api/v1/projects\">projects</a>, <a href=\"/api/v1/openapi.json\">description</a>.</p>";

/// Whatever is no API: a file of the dashboard, else its page, which knows the client's routes.
pub(crate) async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let is_api = path == "api" || path.starts_with("api/");
    if is_api || !matches!(method, Method::GET | Method::HEAD) {
        return Problem::unknown_path(&uri).into_response();
    }
    if let Some(file) = Some(path).filter(|p| !p.is_empty()).and_then(Dist::get) {
        // Names of built files hold a digest of their content.
        let caching = if path.starts_with("assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        return asset(file, caching, &headers);
    }
    if !path.is_empty() && !accepts_html(&headers) {
        return Problem::unknown_path(&uri).into_response();
    }
    match Dist::get("index.html") {
        Some(index) => asset(index, "no-cache", &headers),
        None => Html(UNBUILT).into_response(),
    }
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .any(|value| value.to_str().is_ok_and(|v| v.contains("text/html")))
}

fn asset(file: EmbeddedFile, caching: &'static str, headers: &HeaderMap) -> Response {
    let digest = file.metadata.sha256_hash();
    let tag = digest
        .iter()
        .take(8)
        .fold(0_u64, |tag, byte| tag << 8 | u64::from(*byte));
    let etag = etag(tag);
    if is_known(headers, &etag) {
        return (
            StatusCode::NOT_MODIFIED,
            [(header::ETAG, etag), (header::CACHE_CONTROL, caching.to_owned())],
        )
            .into_response();
    }
    let kind = file.metadata.mimetype().to_owned();
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, caching.to_owned()),
        (header::ETAG, etag),
    ];
    (headers, file.data).into_response()
}

/// An entity tag of a digest; weak, because the same content may go out compressed.
pub(crate) fn etag(digest: u64) -> String {
    format!("W/\"{digest:016x}\"")
}

/// Says whether the client has the content of this tag (`If-None-Match`).
pub(crate) fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}
