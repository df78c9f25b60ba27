//! The API's routes. Each is described in [`OPERATIONS`](crate::openapi) too; a test holds the two together.

pub(crate) mod backfill;
pub(crate) mod data;
mod events;
mod extract;
pub(crate) mod ingest;
mod jobs;
mod metrics;
pub(crate) mod projects;
pub(crate) mod series;
pub(crate) mod session;
pub(crate) mod snapshots;
pub(crate) mod tokens;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    routing::{delete, get, post},
};
use serde_json::Value;

use crate::{AppState, Problem};

/// All routes of the API and the probes.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(async || "ok"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics::metrics))
        .route("/api/v1/openapi.json", get(openapi))
        .route("/api/v1/projects", get(projects::list))
        .route("/api/v1/projects/{p}", get(projects::detail))
        .route("/api/v1/projects/{p}/backfill", post(backfill::run))
        .route("/api/v1/projects/{p}/dashboard", get(projects::dashboard))
        .route("/api/v1/projects/{p}/data", get(data::data))
        .route("/api/v1/projects/{p}/data/sample", get(data::sample))
        .route("/api/v1/projects/{p}/events", get(events::stream))
        .route("/api/v1/projects/{p}/health", get(series::health))
        .route("/api/v1/projects/{p}/jobs", get(jobs::list).post(jobs::run))
        .route(
            "/api/v1/projects/{p}/labels",
            post(ingest::labels).layer(DefaultBodyLimit::max(ingest::BODY_LIMIT)),
        )
        .route(
            "/api/v1/projects/{p}/predictions",
            post(ingest::predictions).layer(DefaultBodyLimit::max(ingest::BODY_LIMIT)),
        )
        .route("/api/v1/projects/{p}/series", post(series::series))
        .route("/api/v1/projects/{p}/snapshots", get(snapshots::list))
        .route("/api/v1/projects/{p}/snapshots/{sid}", get(snapshots::file))
        .route("/api/v1/projects/{p}/snapshots/{sid}/context", get(snapshots::context))
        .route(
            "/api/v1/projects/{p}/snapshots/{sid}/revisions",
            get(snapshots::revisions),
        )
        .route("/api/v1/projects/{p}/tests", get(series::tests))
        .route(
            "/api/v1/session",
            get(session::show).post(session::sign_in).delete(session::sign_out),
        )
        .route("/api/v1/tokens", get(tokens::list).post(tokens::create))
        .route("/api/v1/tokens/{name}", delete(tokens::revoke))
}

async fn readyz(State(state): State<AppState>) -> Result<&'static str, Problem> {
    if state.is_ready() {
        Ok("ok")
    } else {
        Err(Problem::not_ready())
    }
}

async fn openapi() -> Json<Value> {
    Json(crate::openapi())
}
