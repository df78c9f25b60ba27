//! Snapshots: the list, one file, its neighbours and revisions.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use plimsoll_model::{Revisions, SnapshotFilter, SnapshotKind, Status};
use plimsoll_store::{Page, SnapshotContext, SnapshotMeta};
use schemars::JsonSchema;
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64;

use super::extract::{Path, Query, check_period, page_length};
use crate::{AppState, Problem, ui};

/// Which snapshots are listed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SnapshotsQuery {
    /// Report or test suite.
    kind: Option<SnapshotKind>,
    /// Monitor.
    monitor: Option<String>,
    /// Worst test status.
    outcome: Option<Status>,
    /// Earliest window start.
    #[schemars(with = "Option<String>")]
    from: Option<Timestamp>,
    /// Window starts are before this.
    #[schemars(with = "Option<String>")]
    to: Option<Timestamp>,
    /// Word that must be among the tags.
    tag: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Length of the page, 1 to 500. Default 50.
    limit: Option<usize>,
}

/// Which revision is read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevisionQuery {
    /// The snapshot as it was at this moment; the newest revision if absent.
    #[schemars(with = "Option<String>")]
    as_of: Option<Timestamp>,
}

/// Snapshots, newest first.
pub(super) async fn list(
    State(state): State<AppState>,
    Path(project): Path<String>,
    Query(query): Query<SnapshotsQuery>,
) -> Result<Json<Page<SnapshotMeta>>, Problem> {
    let limit = page_length(query.limit)?;
    check_period(query.from, query.to)?;
    let SnapshotsQuery {
        kind,
        monitor,
        outcome,
        from,
        to,
        tag,
        cursor,
        limit: _,
    } = query;
    let filter = SnapshotFilter {
        kind,
        monitor,
        outcome,
        from,
        to,
        tag,
    };
    let page = state.on_project(project, move |workspace, project| {
        Ok(workspace
            .metrics()
            .snapshots(project, &filter, cursor.as_deref(), limit)?)
    });
    page.await.map(Json)
}

/// A snapshot as it stands in its file.
pub(super) async fn file(
    State(state): State<AppState>,
    Path((project, id)): Path<(String, String)>,
    Query(query): Query<RevisionQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let read = state.on_project(project, move |workspace, project| {
        if let Some(as_of) = query.as_of {
            let held = workspace.read_snapshot_as_of(project, &id, as_of)?;
            return held.ok_or_else(|| Problem::no_revision(&id, as_of));
        }
        Ok(workspace.read_snapshot_bytes(project, &id)?)
    });
    let bytes = read.await?;
    let etag = ui::etag(xxh3_64(&bytes));
    if ui::is_known(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::ETAG, etag),
    ];
    Ok((headers, bytes).into_response())
}

/// The snapshots before, after and beside one.
pub(super) async fn context(
    State(state): State<AppState>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<SnapshotContext>, Problem> {
    let context = state.on_project(project, move |workspace, project| {
        Ok(workspace.metrics().context(project, &id)?)
    });
    context.await.map(Json)
}

/// The revisions of a snapshot that are kept, oldest first.
pub(super) async fn revisions(
    State(state): State<AppState>,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<Revisions>, Problem> {
    let revisions = state.on_project(project, move |workspace, project| {
        let items = workspace.revisions(project, &id)?;
        Ok(Revisions { items })
    });
    revisions.await.map(Json)
}
