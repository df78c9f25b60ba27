//! Tokens over the API. A token of one project sees, makes and revokes those of its project.

use std::collections::BTreeSet;

use axum::{
    Extension, Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::{SignedDuration, Timestamp};
use plimsoll_model::{Scope, Token, config::Seconds};
use plimsoll_store::StoreError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extract::{self, Path};
use crate::{AppState, Problem, access::Caller};

/// Tokens by name.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TokenList {
    /// The tokens, without their secrets.
    items: Vec<Token>,
}

/// A token that is to be made.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewToken {
    /// Name by which it is listed and revoked.
    name: String,
    /// The only project it reaches; every project if absent.
    project: Option<String>,
    /// What it allows.
    scopes: BTreeSet<Scope>,
    /// How long it holds; for ever if absent.
    expires_in: Option<Seconds>,
}

/// A token that was made.
#[derive(Serialize, JsonSchema)]
pub(crate) struct MadeToken {
    /// The secret, which cannot be had again.
    secret: String,
    /// The token.
    token: Token,
}

/// Tokens by name.
pub(super) async fn list(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<TokenList>, Problem> {
    let mut items = state.door().tokens().list()?;
    items.retain(|token| caller.require(token.project.as_deref()).is_ok());
    Ok(Json(TokenList { items }))
}

/// Makes a token.
pub(super) async fn create(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    extract::Json(new): extract::Json<NewToken>,
) -> Result<Response, Problem> {
    caller.require(new.project.as_deref())?;
    if new.scopes.is_empty() {
        return Err(Problem::invalid_body(
            StatusCode::UNPROCESSABLE_ENTITY,
            "`scopes` is empty, expected `ingest`, `read` or `write`",
        ));
    }
    let created_at = Timestamp::now();
    let expires_at = new
        .expires_in
        .map(|length| created_at.checked_add(SignedDuration::from_secs(length.0)));
    let expires_at = expires_at.transpose().map_err(|e| {
        let told = format!("`expires_in` ends after all time: {e}");
        Problem::invalid_body(StatusCode::UNPROCESSABLE_ENTITY, told)
    })?;
    let token = Token {
        name: new.name,
        project: new.project,
        scopes: new.scopes,
        created_at,
        expires_at,
    };
    let secret = state
        .on_tokens(move |tokens| Ok((tokens.create(&token)?, token)))
        .await?;
    let (secret, token) = secret;
    let made = (
        StatusCode::CREATED,
        [(header::CACHE_CONTROL, "no-store")],
        Json(MadeToken { secret, token }),
    );
    Ok(made.into_response())
}

/// Forgets a token.
pub(super) async fn revoke(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    // One that the caller does not reach is not there for them.
    let mine = move |token: &Token| caller.require(token.project.as_deref()).is_ok();
    state
        .on_tokens(move |tokens| {
            let near = Vec::new();
            if tokens.list()?.iter().any(|token| token.name == name && !mine(token)) {
                return Err(StoreError::UnknownToken { name, near });
            }
            tokens.revoke(&name)
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
