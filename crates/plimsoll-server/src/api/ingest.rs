//! Rows that are sent: predictions and labels.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, State},
    http::{HeaderMap, StatusCode, header},
};
use plimsoll_ingest::{Format, Reject, decompress};
use plimsoll_monitor::{CollectError, Collector, Receipt, Table};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extract::{Path, Query};
use crate::{AppState, Problem};

/// Longest body as it is sent, in bytes.
pub(super) const BODY_LIMIT: usize = 64 << 20;

/// Longest body when it is unpacked, in bytes.
const UNPACKED_LIMIT: usize = 128 << 20;

/// Bodies that are longer are read on threads that may be busy for a while, in bytes.
const LONG: usize = 32 << 10;

/// How long a body may take to come in.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How rows are taken in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IngestQuery {
    /// Gives rows without event time the moment of their arrival. Default false.
    stamp: Option<bool>,
}

/// What became of the rows of a request. What is accepted is on disk.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct IngestAnswer {
    /// Rows that are kept.
    accepted: u64,
    /// Rows that were refused.
    rejected: u64,
    /// Says that a request with this idempotency key was taken before, and that this one changed nothing.
    repeated: bool,
    /// The first refused rows, with reasons.
    rejects: Vec<RejectedRow>,
}

/// A row that was refused.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RejectedRow {
    /// Place of the row in the body, from 0.
    row: u64,
    /// Stable code of the reason.
    code: &'static str,
    /// Column at fault, if one is.
    column: Option<String>,
    /// The reason in words.
    reason: String,
}

impl From<Receipt> for IngestAnswer {
    fn from(receipt: Receipt) -> Self {
        let row = |reject: Reject| RejectedRow {
            row: reject.row,
            code: reject.code.as_str(),
            column: reject.column,
            reason: reject.reason,
        };
        Self {
            accepted: receipt.accepted,
            rejected: receipt.rejected,
            repeated: receipt.repeated,
            rejects: receipt.rejects.into_iter().map(row).collect(),
        }
    }
}

/// Takes predictions in.
pub(super) async fn predictions(
    State(state): State<AppState>,
    Path(project): Path<String>,
    Query(query): Query<IngestQuery>,
    request: Request,
) -> Result<Json<IngestAnswer>, Problem> {
    ingest(&state, project, Table::Predictions, &query, request).await
}

/// Takes labels in.
pub(super) async fn labels(
    State(state): State<AppState>,
    Path(project): Path<String>,
    Query(query): Query<IngestQuery>,
    request: Request,
) -> Result<Json<IngestAnswer>, Problem> {
    ingest(&state, project, Table::Labels, &query, request).await
}

async fn ingest(
    state: &AppState,
    project: String,
    table: Table,
    query: &IngestQuery,
    request: Request,
) -> Result<Json<IngestAnswer>, Problem> {
    let collector = collector(state, project).await?;
    let headers = request.headers();
    let format = Format::of_content_type(text(headers, header::CONTENT_TYPE.as_str())?.unwrap_or_default())?;
    let encoding = text(headers, header::CONTENT_ENCODING.as_str())?.map(ToOwned::to_owned);
    let key = text(headers, "idempotency-key")?.map(ToOwned::to_owned);
    if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > 255) {
        return Err(Problem::invalid_body(
            StatusCode::BAD_REQUEST,
            "`Idempotency-Key` has no or more than 255 characters",
        ));
    }
    // A body that does not say its length may be as long as any.
    let length = text(headers, header::CONTENT_LENGTH.as_str())?.and_then(|length| length.parse().ok());
    let length = length.unwrap_or(BODY_LIMIT);
    if length > BODY_LIMIT {
        return Err(Problem::too_large(BODY_LIMIT));
    }
    let Some(memory) = state.take_memory(length) else {
        return Err(CollectError::Busy.into());
    };
    let body = match tokio::time::timeout(READ_TIMEOUT, Bytes::from_request(request, &())).await {
        Ok(Ok(body)) => body,
        Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return Err(Problem::too_large(BODY_LIMIT));
        }
        Ok(Err(refused)) => return Err(Problem::invalid_body(refused.status(), refused.body_text())),
        Err(_) => return Err(Problem::slow(READ_TIMEOUT.as_secs())),
    };
    let is_long = body.len() > LONG || encoding.is_some();
    let rows = Rows {
        collector,
        table,
        format,
        encoding,
        key,
        stamp: query.stamp.unwrap_or(false),
        body,
    };
    let receipt = if is_long {
        let runtime = tokio::runtime::Handle::current();
        match tokio::task::spawn_blocking(move || runtime.block_on(rows.submit())).await {
            Ok(receipt) => receipt,
            Err(e) => match e.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return Err(Problem::unavailable("the service is shutting down")),
            },
        }
    } else {
        rows.submit().await
    };
    drop(memory);
    Ok(Json(receipt?.into()))
}

/// A request with rows.
struct Rows {
    collector: Arc<Collector>,
    table: Table,
    format: Format,
    encoding: Option<String>,
    key: Option<String>,
    stamp: bool,
    body: Bytes,
}

impl Rows {
    async fn submit(self) -> Result<Receipt, CollectError> {
        let unpacked = decompress(&self.body, self.encoding.as_deref(), UNPACKED_LIMIT)?;
        let request = plimsoll_monitor::Request {
            table: self.table,
            body: &unpacked,
            format: self.format,
            key: self.key.as_deref(),
            stamp: self.stamp,
        };
        self.collector.submit(request).await
    }
}

/// The collector of a project.
pub(super) async fn collector(state: &AppState, project: String) -> Result<Arc<Collector>, Problem> {
    let found = state.live().collectors.as_ref().and_then(|c| c.find(&project));
    match found {
        Some(found) => Ok(found?),
        None => {
            state
                .on_project(project, |_, project| Err(Problem::not_collected(project)))
                .await
        }
    }
}

/// A header's text.
fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Problem> {
    let unreadable = |_| {
        Problem::invalid_body(
            StatusCode::BAD_REQUEST,
            format!("the header `{name}` holds other than ASCII text"),
        )
    };
    headers
        .get(name)
        .map(axum::http::HeaderValue::to_str)
        .transpose()
        .map_err(unreadable)
}
