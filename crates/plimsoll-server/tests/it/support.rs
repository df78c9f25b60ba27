//! A workspace with two projects, and requests to its router.

use std::{path::Path, sync::Arc};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
    response::Response,
};
use jiff::{Span, Timestamp};
use plimsoll_model::{
    Bound, DataDefinition, FORMAT_VERSION, Granularity, Labels, Measurement, Params, Point, RunInfo, Scope, Severity,
    Snapshot, SnapshotKind, SnapshotStatus, Status, Task, TestResult, Threshold, Token, Window,
};
use plimsoll_monitor::{Clock, CollectorOptions, Collectors, scheduler::Scheduler};
use plimsoll_server::{AppState, Live};
use plimsoll_store::{Tokens, Workspace};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

/// Noon of 1 February 2024.
#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> i64 {
        1_706_788_800_000_000
    }
}

/// A service and its workspace.
pub struct Service {
    pub dir: TempDir,
    pub state: AppState,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that this is a problem of that status and code, and returns its detail.
    pub fn problem(&self, status: u16, code: &str) -> String {
        let problem = self.json();
        assert_eq!(
            (self.status.as_u16(), &problem["code"]),
            (status, &Value::from(code)),
            "{problem}"
        );
        assert_eq!(self.header(header::CONTENT_TYPE), "application/problem+json");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("urn:plimsoll:problem:{code}"));
        assert!(problem["title"].is_string());
        problem["detail"].as_str().unwrap().to_owned()
    }
}

impl Service {
    /// Five days of `bike-demand`, the last of which fails, and `a b/c` without snapshots; scanned.
    pub async fn filled() -> Self {
        let dir = TempDir::new().unwrap();
        let workspace = Workspace::create(dir.path()).unwrap();
        let yaml = "project: bike-demand\ntitle: Bike demand\n";
        workspace.write_project_config("bike-demand", yaml).unwrap();
        workspace.write_project_config("a b/c", "not: [yaml").unwrap();
        for day in 0..5 {
            for kind in [SnapshotKind::Report, SnapshotKind::TestSuite] {
                workspace.write_snapshot(&snapshot(day, kind), None).unwrap();
            }
        }
        let state = AppState::new(Arc::new(workspace));
        state.scan().await.unwrap();
        Self { dir, state }
    }

    /// A workspace with one project of hourly rows, and a scheduler that runs what it is told to.
    pub async fn scheduled() -> (Self, Scheduler) {
        let dir = TempDir::new().unwrap();
        let workspace = Workspace::create(dir.path()).unwrap();
        std::fs::write(
            dir.path().join("rows.csv"),
            "at,x\n2024-01-01 00:30:00,1\n2024-01-01 01:30:00,2\n",
        )
        .unwrap();
        let yaml = "project: hours\ndata: {source: rows.csv, timestamp: at}\nschedule: 1h\n\
            monitors: [{name: hourly, every: 1h, report: [dataset.rows]}]\n";
        workspace.write_project_config("hours", yaml).unwrap();
        let own = Arc::new(Workspace::open(dir.path()).unwrap());
        let scheduler = Scheduler::new(own, Arc::new(Noon));
        let live = Live {
            scheduler: Some(scheduler.clone()),
            ..Live::default()
        };
        let state = AppState::with(Arc::new(workspace), live);
        state.scan().await.unwrap();
        (Self { dir, state }, scheduler)
    }

    /// A workspace with one project of hourly windows whose rows are sent to it.
    pub async fn collecting() -> (Self, Collectors) {
        let dir = TempDir::new().unwrap();
        let workspace = Workspace::create(dir.path()).unwrap();
        let yaml = "project: loans\n\
            data: {source: collector, timestamp: at, id: id, task: binary, target: repaid, prediction: p, positive: 'yes',\n\
            \u{20} columns: {age: numeric}}\n\
            collector: {flush_every: 1s}\n\
            monitors: [{name: hourly, every: 1h, report: [dataset.rows, classification.accuracy]}]\n";
        workspace.write_project_config("loans", yaml).unwrap();
        let own = Arc::new(Workspace::open(dir.path()).unwrap());
        let collectors = Collectors::new(own, CollectorOptions::default());
        collectors.refresh().await;
        let live = Live {
            collectors: Some(collectors.clone()),
            ..Live::default()
        };
        let state = AppState::with(Arc::new(workspace), live);
        state.scan().await.unwrap();
        (Self { dir, state }, collectors)
    }

    /// Makes a token in the workspace and gives its secret.
    pub fn token(&self, name: &str, project: Option<&str>, scopes: &[Scope]) -> String {
        self.token_until(name, project, scopes, None)
    }

    /// Makes a token that ends at a moment.
    pub fn token_until(&self, name: &str, project: Option<&str>, scopes: &[Scope], end: Option<Timestamp>) -> String {
        let token = Token {
            name: name.to_owned(),
            project: project.map(ToOwned::to_owned),
            scopes: scopes.iter().copied().collect(),
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: end,
        };
        Tokens::of(self.path()).create(&token).unwrap()
    }

    /// Asks with a token.
    pub async fn ask_as(&self, secret: &str, method: &str, uri: &str, body: &str) -> Answer {
        let request = Request::builder().method(method).uri(uri);
        let request = request
            .header(header::AUTHORIZATION, format!("Bearer {secret}"))
            .header(header::CONTENT_TYPE, "application/json");
        self.ask(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    pub fn router(&self) -> Router {
        plimsoll_server::router(self.state.clone())
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub async fn send(&self, request: Request<Body>) -> Response {
        self.router().oneshot(request).await.unwrap()
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.send(request).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub async fn get(&self, uri: &str) -> Answer {
        self.ask(Request::get(uri).body(Body::empty()).unwrap()).await
    }

    /// GET with one header.
    pub async fn get_with(&self, uri: &str, name: header::HeaderName, value: &str) -> Answer {
        self.ask(Request::get(uri).header(name, value).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, uri: &str, body: &str) -> Answer {
        let request = Request::post(uri).header(header::CONTENT_TYPE, "application/json");
        self.ask(request.body(Body::from(body.to_owned())).unwrap()).await
    }
}

/// A snapshot of a day from 1 February 2011 on whose error is ten times the number of the day, against a limit of 40.
pub fn snapshot(day: i64, kind: SnapshotKind) -> Snapshot {
    let midnight: Timestamp = "2011-02-01T00:00:00Z".parse().unwrap();
    let start = midnight + Span::new().hours(24 * day);
    let end = start + Span::new().hours(24);
    let monitor = if kind == SnapshotKind::Report {
        "daily-report"
    } else {
        "daily-tests"
    };
    let value = f64::from(i32::try_from(day).unwrap()) * 10.0;
    let mut snapshot = Snapshot {
        version: FORMAT_VERSION,
        id: Snapshot::make_id(start, kind, monitor),
        project: "bike-demand".to_owned(),
        monitor: monitor.to_owned(),
        kind,
        window: Some(Window {
            start,
            end,
            granularity: Granularity::Day,
            timezone: "Europe/Berlin".to_owned(),
        }),
        revision: 1,
        status: SnapshotStatus::Final,
        maturity: None,
        reference: None,
        run: RunInfo {
            started_at: end,
            seconds: 0.5,
            rows: 24,
            engine_version: "0.1.0".to_owned(),
            source: "bikes.parquet".to_owned(),
            fingerprint: "f".to_owned(),
        },
        tags: vec![format!("day {day}")],
        metadata: std::collections::BTreeMap::new(),
        definition: DataDefinition {
            task: Some(Task::Regression),
            ..DataDefinition::default()
        },
        notes: Vec::new(),
        measurements: Vec::new(),
        tests: Vec::new(),
    };
    match kind {
        SnapshotKind::Report => snapshot.measurements.push(Measurement {
            id: "regression.mae".to_owned(),
            params: Params::new(),
            exact: true,
            notes: Vec::new(),
            points: vec![Point::new("value", value)],
            detail: None,
            error: None,
        }),
        SnapshotKind::TestSuite => snapshot.tests.push(TestResult {
            metric: "regression.mae".to_owned(),
            params: Params::new(),
            field: "value".to_owned(),
            labels: Labels::new(),
            bound: Bound {
                lt: Some(Threshold::Number(40.0)),
                ..Bound::default()
            },
            observed: Some(value),
            status: if value < 40.0 { Status::Pass } else { Status::Fail },
            severity: Severity::Critical,
            message: format!("expected less than 40, found {value}"),
        }),
    }
    snapshot
}
