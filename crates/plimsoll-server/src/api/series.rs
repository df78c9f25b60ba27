//! Numbers over time: series, health strips, test history.

use axum::{Json, extract::State};
use jiff::Timestamp;
use plimsoll_model::{Series, SeriesQuery, TestHistory};
use plimsoll_store::StripCell;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extract::{self, Path, Query, check_period};
use crate::{AppState, Problem};

/// Most queries a request.
const MAX_QUERIES: usize = 100;

/// Longest series that may be asked for.
const MAX_POINTS: u32 = 10_000;

/// Series to read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeriesRequest {
    /// At most 100 queries.
    queries: Vec<SeriesQuery>,
}

/// The series found.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SeriesAnswer {
    /// One list for each query, in the order of the request.
    series: Vec<Vec<Series>>,
}

/// Which windows are shown.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PeriodQuery {
    /// Monitor; every monitor if absent.
    monitor: Option<String>,
    /// Earliest window start.
    #[schemars(with = "Option<String>")]
    from: Option<Timestamp>,
    /// Window starts are before this.
    #[schemars(with = "Option<String>")]
    to: Option<Timestamp>,
}

/// How the windows fared.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HealthAnswer {
    /// One cell a window, oldest first; the newest 1,000 at most.
    cells: Vec<StripCell>,
}

/// Points of metrics over time.
pub(super) async fn series(
    State(state): State<AppState>,
    Path(project): Path<String>,
    extract::Json(request): extract::Json<SeriesRequest>,
) -> Result<Json<SeriesAnswer>, Problem> {
    let unfit = |detail: String| Problem::invalid_body(axum::http::StatusCode::UNPROCESSABLE_ENTITY, detail);
    if request.queries.len() > MAX_QUERIES {
        let found = request.queries.len();
        return Err(unfit(format!(
            "`queries` has {found} entries, expected at most {MAX_QUERIES}"
        )));
    }
    for query in &request.queries {
        check_period(query.from, query.to)?;
        if query.max_points.is_some_and(|n| n == 0 || n > MAX_POINTS) {
            return Err(unfit(format!(
                "`max_points` of `{}` must be 1 to {MAX_POINTS}",
                query.metric
            )));
        }
    }
    let answer = state.on_project(project, move |workspace, project| {
        let metrics = workspace.metrics();
        let series: Result<_, _> = request
            .queries
            .iter()
            .map(|query| metrics.series(project, query))
            .collect();
        Ok(SeriesAnswer { series: series? })
    });
    answer.await.map(Json)
}

/// How the windows fared.
pub(super) async fn health(
    State(state): State<AppState>,
    Path(project): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Result<Json<HealthAnswer>, Problem> {
    check_period(query.from, query.to)?;
    let answer = state.on_project(project, move |workspace, project| {
        let cells = workspace
            .metrics()
            .health(project, query.monitor.as_deref(), query.from, query.to)?;
        Ok(HealthAnswer { cells })
    });
    answer.await.map(Json)
}

/// Every test through the windows, worst first.
pub(super) async fn tests(
    State(state): State<AppState>,
    Path(project): Path<String>,
    Query(query): Query<PeriodQuery>,
) -> Result<Json<TestHistory>, Problem> {
    check_period(query.from, query.to)?;
    let history = state.on_project(project, move |workspace, project| {
        Ok(workspace
            .metrics()
            .test_history(project, query.monitor.as_deref(), query.from, query.to)?)
    });
    history.await.map(Json)
}
