//! Errors of the API: problem details after RFC 9457.

use std::any::Any;

use axum::{
    Json,
    extract::rejection::{JsonRejection, PathRejection, QueryRejection},
    http::{HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use plimsoll_ingest::IngestError;
use plimsoll_model::{Scope, Token};
use plimsoll_monitor::{CollectError, MonitorError, scheduler::RunRefused};
use plimsoll_store::StoreError;
use schemars::JsonSchema;
use serde::Serialize;

/// An error as clients see it. Internal text goes to the log only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// URI that names the kind of error: `urn:plimsoll:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind of error in words.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What is wrong in this case, and what to do.
    pub detail: String,
    /// Stable code, such as `unknown_project`.
    pub code: &'static str,
    /// Seconds after which the same request may succeed; sent as `Retry-After`.
    #[serde(skip)]
    #[schemars(skip)]
    pub(crate) retry_after: Option<u64>,
    /// How to show who one is; sent as `WWW-Authenticate`.
    #[serde(skip)]
    #[schemars(skip)]
    challenge: Option<&'static str>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:plimsoll:problem:{code}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            code,
            retry_after: None,
            challenge: None,
        }
    }

    /// The same request may succeed a moment later.
    fn soon(self) -> Self {
        Self {
            retry_after: Some(1),
            ..self
        }
    }

    pub(crate) fn invalid_query(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid_query",
            "The query parameters are not valid",
            detail,
        )
    }

    pub(crate) fn invalid_body(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new(status, "invalid_body", "The request body is not valid", detail)
    }

    pub(crate) fn not_ready() -> Self {
        Self::unavailable("the first scan of the workspace is not done; ask again in a second")
    }

    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The service is not ready",
            detail,
        )
    }

    pub(crate) fn not_scheduled(project: &str) -> Self {
        let detail = format!("this service does not run the job of `{project}`; run it with `plimsoll run`");
        Self::new(StatusCode::CONFLICT, "not_scheduled", "No job is scheduled", detail)
    }

    pub(crate) fn no_config(project: &str, why: &str) -> Self {
        let detail = format!("the project file of `{project}` cannot be used: {why}");
        Self::new(StatusCode::CONFLICT, "no_config", "No project file", detail)
    }

    pub(crate) fn not_collected(project: &str) -> Self {
        let detail = format!(
            "no rows can be sent to `{project}` here; its project file must say `source: collector`, and the service must \
             collect (`plimsoll serve` and `plimsoll collect` do)"
        );
        Self::new(StatusCode::CONFLICT, "not_collected", "Rows are not collected", detail)
    }

    /// Memory for rows is used up.
    pub(crate) fn busy(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "busy", "Too many rows at once", detail).soon()
    }

    pub(crate) fn slow(seconds: u64) -> Self {
        let detail = format!("the body did not come within {seconds} s; send fewer rows a request");
        Self::new(StatusCode::REQUEST_TIMEOUT, "slow", "The request took too long", detail)
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        let detail = format!("the body is larger than {limit} bytes; send fewer rows a request");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body is too large",
            detail,
        )
    }

    pub(crate) fn no_revision(snapshot: &str, as_of: Timestamp) -> Self {
        let detail =
            format!("no revision of `{snapshot}` is as old as {as_of}; `/revisions` lists those that are kept");
        Self::new(StatusCode::NOT_FOUND, "unknown_revision", "No such revision", detail)
    }

    pub(crate) fn token_required() -> Self {
        let detail = "this needs a token: send the header `Authorization: Bearer TOKEN`; whoever runs the service makes one with \
             `plimsoll token create`";
        Self {
            challenge: Some("Bearer realm=\"plimsoll\""),
            ..Self::new(StatusCode::UNAUTHORIZED, "token_required", "A token is needed", detail)
        }
    }

    /// The same for a token that was never made, was revoked or has expired.
    pub(crate) fn token_unknown() -> Self {
        let detail = "the token is not known here: it was never made, was revoked or has expired; whoever runs the service makes \
             another with `plimsoll token create`";
        Self {
            challenge: Some("Bearer realm=\"plimsoll\", error=\"invalid_token\""),
            ..Self::new(
                StatusCode::UNAUTHORIZED,
                "token_unknown",
                "The token is not known",
                detail,
            )
        }
    }

    pub(crate) fn wrong_scope(token: &Token, scope: Scope) -> Self {
        let scopes: Vec<String> = token.scopes.iter().map(|own| format!("`{own}`")).collect();
        let detail = format!(
            "this needs the scope `{scope}`, and the token `{}` has {}; use a token that has it",
            token.name,
            scopes.join(" and ")
        );
        Self::new(
            StatusCode::FORBIDDEN,
            "wrong_scope",
            "The token does not allow this",
            detail,
        )
    }

    pub(crate) fn wrong_project(token: &Token) -> Self {
        let detail = format!(
            "the token `{}` is for the project `{}` alone; use one for the project that is asked for, or for all of them",
            token.name,
            token.project.as_deref().unwrap_or_default()
        );
        Self::new(
            StatusCode::FORBIDDEN,
            "wrong_project",
            "The token is for another project",
            detail,
        )
    }

    pub(crate) fn foreign_origin() -> Self {
        let detail =
            "a page of another site sent this request; use the page of this service, or a program that shows a token";
        Self::new(
            StatusCode::FORBIDDEN,
            "foreign_origin",
            "The request comes from another site",
            detail,
        )
    }

    pub(crate) fn foreign_host(name: &str) -> Self {
        let detail = format!(
            "without a token this service answers only to the names of this machine, such as `localhost`, and not to `{name}`; \
             behind a proxy make tokens with `plimsoll token create`, or start it with `--allow-anonymous`"
        );
        Self::new(
            StatusCode::FORBIDDEN,
            "foreign_host",
            "The service is asked by a foreign name",
            detail,
        )
    }

    pub(crate) fn unknown_path(uri: &Uri) -> Self {
        let detail = format!(
            "nothing is at `{}`; `/api/v1/openapi.json` lists what there is",
            uri.path()
        );
        Self::new(StatusCode::NOT_FOUND, "unknown_path", "No such resource", detail)
    }

    pub(crate) fn internal() -> Self {
        let detail = "something failed inside the service; its log says what";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (retry_after, challenge) = (self.retry_after, self.challenge);
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, Json(self)).into_response();
        if let Some(seconds) = retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(challenge) = challenge {
            let challenge = HeaderValue::from_static(challenge);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let detail = error.to_string();
        match error {
            StoreError::UnknownProject { .. } | StoreError::ProjectId { .. } => {
                Self::new(StatusCode::NOT_FOUND, "unknown_project", "No such project", detail)
            }
            StoreError::UnknownSnapshot { .. } | StoreError::SnapshotId { .. } => {
                Self::new(StatusCode::NOT_FOUND, "unknown_snapshot", "No such snapshot", detail)
            }
            StoreError::Cursor { .. } => Self::new(
                StatusCode::BAD_REQUEST,
                "invalid_cursor",
                "The cursor is not valid",
                detail,
            ),
            StoreError::TokenName { .. } => Self::invalid_body(StatusCode::UNPROCESSABLE_ENTITY, detail),
            StoreError::TokenTaken { .. } => {
                Self::new(StatusCode::CONFLICT, "token_taken", "There is such a token", detail)
            }
            StoreError::UnknownToken { .. } => {
                Self::new(StatusCode::NOT_FOUND, "unknown_token", "No such token", detail)
            }
            StoreError::Io { .. }
            | StoreError::NotAWorkspace { .. }
            | StoreError::Tokens { .. }
            | StoreError::Random(_)
            | StoreError::Damaged { .. }
            | StoreError::Index { .. }
            | StoreError::Json { .. } => {
                tracing::error!("{detail}");
                Self::internal()
            }
        }
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        let status = match &error {
            IngestError::ContentType { .. } | IngestError::Encoding { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            IngestError::TooLarge { .. } | IngestError::TooManyRows { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            IngestError::NoRole { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            IngestError::Stored { .. } => {
                tracing::error!("{error}");
                return Self::internal();
            }
            _ => StatusCode::BAD_REQUEST,
        };
        Self::new(status, error.code(), "The rows cannot be read", error.to_string())
    }
}

impl From<CollectError> for Problem {
    fn from(error: CollectError) -> Self {
        let detail = error.to_string();
        match error {
            CollectError::Body(error) => error.into(),
            CollectError::Busy => Self::busy(detail),
            CollectError::Starting => Self::unavailable(detail).soon(),
            CollectError::Log(_) | CollectError::Store(_) => {
                tracing::error!("{detail}");
                let told = "the rows could not be made durable and were not taken in; the log of the service says why";
                Self::unavailable(told).soon()
            }
            CollectError::Stopped(_) => Self::unavailable(detail),
            CollectError::KeyReused(_) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "key_reused",
                "The idempotency key was used before",
                detail,
            ),
            CollectError::Definition(_) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "definition",
                "The rows do not fit the data definition",
                detail,
            ),
            CollectError::Record(_) => {
                tracing::error!("{detail}");
                Self::internal()
            }
        }
    }
}

impl From<MonitorError> for Problem {
    fn from(error: MonitorError) -> Self {
        tracing::error!("{error}");
        Self::internal()
    }
}

impl From<RunRefused> for Problem {
    fn from(refused: RunRefused) -> Self {
        let detail = refused.to_string();
        let (code, title) = match refused {
            RunRefused::NoJob(_) => ("not_scheduled", "No job is scheduled"),
            RunRefused::Running(_) => ("running", "The job is running"),
        };
        Self::new(StatusCode::CONFLICT, code, title, detail)
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid_query(plain(&rejection.body_text(), "Failed to deserialize query string: "))
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::new(
            rejection.status(),
            "invalid_path",
            "The path is not valid",
            rejection.body_text(),
        )
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let prefix = "Failed to deserialize the JSON body into the target type: ";
        Self::invalid_body(rejection.status(), plain(&rejection.body_text(), prefix))
    }
}

/// Leaves out how the program is built.
fn plain(text: &str, prefix: &str) -> String {
    text.strip_prefix(prefix).unwrap_or(text).to_owned()
}

/// The answer where nothing is.
pub(crate) async fn unknown_path(uri: Uri) -> Problem {
    Problem::unknown_path(&uri)
}

/// The answer to a method that the path does not know.
pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    let detail = format!(
        "`{}` does not take {method}; the header `Allow` names what it takes",
        uri.path()
    );
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "Method not allowed",
        detail,
    )
}

/// The answer of a handler that panicked.
// The layer hands the panic over by value.
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!("a request handler panicked: {}", text.unwrap_or("no message"));
    Problem::internal().into_response()
}
