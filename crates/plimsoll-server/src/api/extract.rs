//! Parts of requests, with problem details where they are not as expected.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::Problem;

/// Query parameters.
pub(super) struct Query<T>(pub T);

/// Parts of the path.
pub(super) struct Path<T>(pub T);

/// A JSON body.
pub(super) struct Json<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Query(value) = axum::extract::Query::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let axum::extract::Path(value) = axum::extract::Path::from_request_parts(parts, state).await?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let axum::Json(value) = axum::Json::from_request(request, state).await?;
        Ok(Self(value))
    }
}

/// The length of a page.
pub(super) fn page_length(limit: Option<usize>) -> Result<usize, Problem> {
    const DEFAULT: usize = 50;
    const MAX: usize = 500;
    match limit {
        None => Ok(DEFAULT),
        Some(limit) if (1..=MAX).contains(&limit) => Ok(limit),
        Some(limit) => Err(Problem::invalid_query(format!(
            "`limit` is {limit}, expected 1 to {MAX}"
        ))),
    }
}

/// Refuses a period that ends before it begins.
pub(super) fn check_period(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<(), Problem> {
    match (from, to) {
        (Some(from), Some(to)) if from > to => Err(Problem::invalid_query(format!(
            "`from` is {from}, expected a time before `to`, which is {to}"
        ))),
        _ => Ok(()),
    }
}
