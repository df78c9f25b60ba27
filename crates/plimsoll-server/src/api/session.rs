//! How the page shows its token: in a cookie that its scripts cannot read.

use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use plimsoll_model::Token;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extract;
use crate::{
    AppState, Problem,
    access::{COOKIE, Caller},
};

/// How long a browser keeps the cookie, in seconds: 30 days.
const KEPT: i64 = 30 * 86_400;

/// Who asks, and whether that matters.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Session {
    /// Says whether requests need a token.
    token_required: bool,
    /// The token that the request shows.
    token: Option<Token>,
}

/// A token that the page is to keep.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignIn {
    /// The token's secret.
    token: String,
}

/// Who asks, and whether that matters.
pub(super) async fn show(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Session>, Problem> {
    let token = match caller {
        Caller::Anonymous => None,
        Caller::Holder(token) => Some(token),
    };
    Ok(Json(Session {
        token_required: state.door().asks()?,
        token,
    }))
}

/// Keeps a token in the browser.
pub(super) async fn sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    extract::Json(body): extract::Json<SignIn>,
) -> Result<Response, Problem> {
    let (secret, now) = (body.token.trim(), Timestamp::now());
    let token = state.door().tokens().find(secret, now)?;
    let token = token.ok_or_else(Problem::token_unknown)?;
    let left = token
        .expires_at
        .map_or(KEPT, |at| at.duration_since(now).as_secs().clamp(0, KEPT));
    let cookie = set_cookie(secret, left, &headers)?;
    let session = Session {
        token_required: state.door().asks()?,
        token: Some(token),
    };
    let kept = [
        (header::SET_COOKIE, cookie),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((kept, Json(session)).into_response())
}

/// Makes the browser forget its token.
pub(super) async fn sign_out(headers: HeaderMap) -> Result<Response, Problem> {
    let cookie = set_cookie("", 0, &headers)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// The cookie is sent to this service alone, by its own pages alone, and not in the clear if they came encrypted.
fn set_cookie(secret: &str, seconds: i64, headers: &HeaderMap) -> Result<HeaderValue, Problem> {
    let origin = headers.get(header::ORIGIN).map(HeaderValue::as_bytes);
    let is_encrypted = origin.is_some_and(|origin| origin.starts_with(b"https://"));
    let secure = if is_encrypted { "; Secure" } else { "" };
    let text = format!("{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::try_from(text).map_err(|_| Problem::token_unknown())?;
    value.set_sensitive(true);
    Ok(value)
}
