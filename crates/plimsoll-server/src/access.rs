//! Who may ask for what: every request passes here before its handler sees it.
//!
//! What an operation needs stands in the table that describes the API ([`crate::openapi`]); what is not in the table needs the
//! most that there is, so that a forgotten route is closed, not open.

use std::{net::SocketAddr, path::Path};

use axum::{
    extract::{MatchedPath, RawPathParams, Request, State},
    http::{HeaderMap, Uri, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use plimsoll_model::{Scope, Token};
use plimsoll_store::{StoreError, Tokens};

use crate::{AppState, Problem, ServerError, openapi};

/// Cookie by which the page keeps its token.
pub(crate) const COOKIE: &str = "plimsoll_token";

/// Who may use a service.
#[derive(Debug, Default)]
pub struct Access {
    /// Answers whoever asks, wherever they are, without a token.
    pub is_anonymous_allowed: bool,
    /// The tokens, if this process has some of its own; else those of the workspace.
    pub tokens: Option<Tokens>,
}

/// What an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing.
    Nothing,
    /// A scope, for the project of the path; for all projects where the path names none.
    Scope(Scope),
    /// A scope; the answer holds what the token reaches.
    Narrowed(Scope),
    /// A token with the scope `write`, also where others are asked for none.
    Token,
}

impl Needs {
    /// The scope, if one is needed.
    pub(crate) fn scope(self) -> Option<Scope> {
        match self {
            Self::Nothing => None,
            Self::Scope(scope) | Self::Narrowed(scope) => Some(scope),
            Self::Token => Some(Scope::Write),
        }
    }
}

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// Someone who shows no token.
    Anonymous,
    /// The holder of a token.
    Holder(Token),
}

impl Caller {
    /// The only project that the caller reaches, if there is one.
    pub(crate) fn project(&self) -> Option<&str> {
        match self {
            Self::Anonymous => None,
            Self::Holder(token) => token.project.as_deref(),
        }
    }

    /// Makes sure that the caller reaches a project, or all of them if none is given.
    pub(crate) fn require(&self, project: Option<&str>) -> Result<(), Problem> {
        match self {
            Self::Holder(token) if !token.reaches(project) => Err(Problem::wrong_project(token)),
            _ => Ok(()),
        }
    }
}

/// Who is answered by a service that runs.
#[derive(Debug)]
pub(crate) struct Door {
    tokens: Tokens,
    is_anonymous_allowed: bool,
    /// Other machines reach the service.
    is_exposed: bool,
}

impl Door {
    pub(crate) fn new(access: Access, workspace: &Path, is_exposed: bool) -> Self {
        Self {
            tokens: access.tokens.unwrap_or_else(|| Tokens::of(workspace)),
            is_anonymous_allowed: access.is_anonymous_allowed,
            is_exposed,
        }
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Says whether requests need a token.
    pub(crate) fn asks(&self) -> Result<bool, StoreError> {
        if self.is_anonymous_allowed {
            return Ok(false);
        }
        Ok(self.is_exposed || self.tokens.are_kept()?)
    }

    fn check(&self, path: &MatchedPath, project: Option<&str>, request: &Request) -> Result<Caller, Problem> {
        let needs = openapi::needs(path.as_str(), request.method());
        let headers = request.headers();
        let host = host(request.uri(), headers);
        if !request.method().is_safe() {
            require_same_origin(headers, host.as_ref())?;
        }
        let caller = self.caller(headers)?;
        let Some(scope) = needs.scope() else {
            return Ok(caller);
        };
        match &caller {
            Caller::Holder(token) if !token.allows(scope) => return Err(Problem::wrong_scope(token, scope)),
            Caller::Holder(_) if needs == Needs::Scope(scope) => caller.require(project)?,
            Caller::Holder(_) => {}
            Caller::Anonymous if needs == Needs::Token || self.asks()? => return Err(Problem::token_required()),
            Caller::Anonymous if self.is_anonymous_allowed => {}
            // Only what comes from this machine is let in here, and a page that was loaded from a name that now leads to this
            // machine does not (DNS rebinding).
            Caller::Anonymous => require_local(host.as_ref())?,
        }
        Ok(caller)
    }

    fn caller(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let now = Timestamp::now();
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let value = String::from_utf8_lossy(value.as_bytes());
            let (scheme, secret) = value.split_once(' ').unwrap_or_default();
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(Problem::token_required());
            }
            let token = self.tokens.find(secret.trim(), now)?;
            return token.map(Caller::Holder).ok_or_else(Problem::token_unknown);
        }
        // A cookie that is out of date is that of another time, and nothing that the person meant to show.
        let found = match cookie(headers) {
            Some(secret) => self.tokens.find(secret, now)?,
            None => None,
        };
        Ok(found.map_or(Caller::Anonymous, Caller::Holder))
    }
}

/// Refuses to serve at an address that other machines reach, unless callers can show a token or that is meant.
///
/// # Errors
/// [`ServerError::Exposed`] says what to do; [`ServerError::Store`] if the tokens cannot be read.
pub fn check_reach(listen: SocketAddr, workspace: &Path, is_anonymous_allowed: bool) -> Result<(), ServerError> {
    if is_local(listen) || is_anonymous_allowed {
        return Ok(());
    }
    let now = Timestamp::now();
    let tokens = Tokens::of(workspace).list()?;
    if tokens.iter().any(|token| !token.is_expired(now)) {
        return Ok(());
    }
    Err(ServerError::Exposed {
        listen,
        workspace: workspace.to_owned(),
    })
}

/// Says whether only this machine reaches an address.
pub(crate) fn is_local(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

/// Lets requests through that may pass, with their [`Caller`].
pub(crate) async fn guard(
    State(state): State<AppState>,
    path: Option<MatchedPath>,
    params: Result<RawPathParams, axum::extract::rejection::RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    // What has no route is the page, which holds no data, or nothing at all.
    let Some(path) = path else {
        return next.run(request).await;
    };
    let project = params.iter().flat_map(RawPathParams::iter);
    let project = project
        .into_iter()
        .find(|(name, _)| *name == "p")
        .map(|(_, value)| value);
    match state.door().check(&path, project, &request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

/// The secret of the page's cookie.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// The name by which the client calls this service.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<Result<Authority, ()>> {
    if let Some(authority) = uri.authority() {
        return Some(Ok(authority.clone()));
    }
    let value = headers.get(header::HOST)?;
    Some(Authority::try_from(value.as_bytes()).map_err(drop))
}

/// Refuses what a page of another origin sends.
///
/// Programs send neither header; browsers send one of them with each request that changes something.
fn require_same_origin(headers: &HeaderMap, host: Option<&Result<Authority, ()>>) -> Result<(), Problem> {
    if let Some(site) = headers.get("sec-fetch-site") {
        return match site.as_bytes() {
            b"same-origin" | b"none" => Ok(()),
            _ => Err(Problem::foreign_origin()),
        };
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let origin = Uri::try_from(origin.as_bytes()).ok();
    let authority = origin.as_ref().and_then(Uri::authority);
    match (authority, host) {
        (Some(origin), Some(Ok(host))) if origin == host => Ok(()),
        _ => Err(Problem::foreign_origin()),
    }
}

/// Refuses a request that calls this machine by a name that is not only its own.
fn require_local(host: Option<&Result<Authority, ()>>) -> Result<(), Problem> {
    // Browsers always say whom they ask.
    let Some(host) = host else { return Ok(()) };
    let name = host.as_ref().map(Authority::host).unwrap_or_default();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    let is_local = address
        .parse()
        .is_ok_and(|ip: std::net::IpAddr| ip.to_canonical().is_loopback());
    let lower = name.to_ascii_lowercase();
    if is_local || lower == "localhost" || lower.ends_with(".localhost") {
        return Ok(());
    }
    Err(Problem::foreign_host(name))
}
