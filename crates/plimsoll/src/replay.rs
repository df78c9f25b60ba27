//! Sending rows to a service over its API.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use arrow::array::RecordBatch;
use plimsoll_ingest::{Format, encode_batch};
use plimsoll_model::config::ProjectConfig;
use reqwest::{Method, RequestBuilder, StatusCode, Url, header};
use serde::{Deserialize, de::DeserializeOwned};

use crate::output::CommandError;

/// How often a request is sent again before it is given up.
const ATTEMPTS: u32 = 60;

/// Longest time between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// Where rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// What the model said.
    Predictions,
    /// What turned out to be true.
    Labels,
}

impl Table {
    fn as_str(self) -> &'static str {
        match self {
            Self::Predictions => "predictions",
            Self::Labels => "labels",
        }
    }
}

/// What the service said to rows.
#[derive(Debug, Default, Clone, Deserialize)]
pub struct Answer {
    /// Rows that are kept.
    pub accepted: u64,
    /// Rows that were refused.
    pub rejected: u64,
    /// The first of them.
    #[serde(default)]
    pub rejects: Vec<Rejected>,
}

/// A refused row.
#[derive(Debug, Clone, Deserialize)]
pub struct Rejected {
    /// Place in the request, from 0.
    pub row: u64,
    /// Why it was refused.
    pub reason: String,
}

#[derive(Deserialize)]
struct Problem {
    detail: String,
}

#[derive(Deserialize)]
struct Detail {
    config: Option<String>,
}

/// A project of a service.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    url: Url,
    project: String,
    token: Option<String>,
    /// Tells this run from others in idempotency keys.
    run: u64,
    sent: u64,
}

impl Client {
    /// A client of a project.
    ///
    /// # Errors
    /// [`CommandError::Message`] if the address is none.
    pub fn new(url: &str, project: &str, token: Option<String>) -> Result<Self, CommandError> {
        let unfit = |e: &dyn std::fmt::Display| {
            CommandError::Message(format!(
                "`{url}` is no address of a service, such as http://127.0.0.1:8000: {e}"
            ))
        };
        let parsed = Url::parse(url).map_err(|e| unfit(&e))?;
        if parsed.cannot_be_a_base() {
            return Err(unfit(&"it has no host"));
        }
        let http = reqwest::Client::builder();
        // What is on this machine is not reached through another.
        let here = matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        let http = if here { http.no_proxy() } else { http };
        Ok(Self {
            http: http.build().map_err(|e| unfit(&e))?,
            url: parsed,
            project: project.to_owned(),
            token,
            run: RandomState::new().hash_one(std::process::id()),
            sent: 0,
        })
    }

    fn request(&self, method: Method, last: Option<&str>) -> RequestBuilder {
        let mut url = self.url.clone();
        // The address was checked to be a base.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["api", "v1", "projects", &self.project]);
            path.extend(last);
        }
        let request = self.http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Asks the service to do something with the project.
    ///
    /// # Errors
    /// [`CommandError::Message`] with what the service says.
    pub async fn ask<T: DeserializeOwned>(&self, what: &str, body: &serde_json::Value) -> Result<T, CommandError> {
        let request = self.request(Method::POST, Some(what));
        let request = request
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_string());
        let answer = request.send().await.map_err(|e| self.unreachable(&e))?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(|e| self.unreachable(&e))?;
        if !status.is_success() {
            return Err(self.refused(status, &bytes));
        }
        serde_json::from_slice(&bytes)
            .map_err(|e| CommandError::Message(format!("the service answered otherwise than expected: {e}")))
    }

    /// The project file that the service has.
    ///
    /// # Errors
    /// [`CommandError::Message`] if the service cannot be reached or does not know the project.
    pub async fn config(&self) -> Result<ProjectConfig, CommandError> {
        let answer = self.request(Method::GET, None).send().await;
        let answer = answer.map_err(|e| self.unreachable(&e))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|e| self.unreachable(&e))?;
        if !status.is_success() {
            return Err(self.refused(status, &body));
        }
        let named = |problem: String| CommandError::Message(format!("project `{}`: {problem}", self.project));
        let detail: Detail = serde_json::from_slice(&body).map_err(|e| named(e.to_string()))?;
        let yaml = detail
            .config
            .ok_or_else(|| named("the service has no project file".to_owned()))?;
        ProjectConfig::parse(&yaml).map_err(|e| named(e.to_string()))
    }

    /// Sends rows; sends them again while the service is busy, starts or cannot be reached.
    ///
    /// # Errors
    /// [`CommandError::Message`] with what the service says.
    pub async fn send(&mut self, table: Table, rows: &RecordBatch) -> Result<Answer, CommandError> {
        self.sent += 1;
        let key = format!("{:016x}-{}", self.run, self.sent);
        let body = encode_batch(rows).map_err(|e| CommandError::Message(e.to_string()))?;
        let mut wait = Duration::from_millis(100);
        let mut attempt = 1;
        loop {
            let request = self
                .request(Method::POST, Some(table.as_str()))
                .header(header::CONTENT_TYPE, Format::ArrowStream.content_type())
                .header("idempotency-key", &key)
                .body(body.clone());
            let problem = match request.send().await {
                Ok(answer) => {
                    let status = answer.status();
                    let after = answer.headers().get(header::RETRY_AFTER).and_then(|v| v.to_str().ok());
                    let after = after.and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
                    let bytes = answer.bytes().await.map_err(|e| self.unreachable(&e))?;
                    if status.is_success() {
                        return serde_json::from_slice(&bytes)
                            .map_err(|e| CommandError::Message(format!("the service answered no JSON: {e}")));
                    }
                    let again = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
                    let problem = self.refused(status, &bytes);
                    match after.filter(|_| again) {
                        Some(after) => wait = after,
                        None => return Err(problem),
                    }
                    problem
                }
                Err(e) => self.unreachable(&e),
            };
            if attempt == ATTEMPTS {
                return Err(problem);
            }
            attempt += 1;
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> CommandError {
        CommandError::Message(format!("the service at {} does not answer: {error}", self.url))
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> CommandError {
        let detail = serde_json::from_slice(body).map_or_else(|_| status.to_string(), |p: Problem| p.detail);
        CommandError::Message(format!("project `{}`: {detail}", self.project))
    }
}
