//! The scheduled job of a project.

use axum::{Json, extract::State, http::StatusCode};
use plimsoll_model::{JobAccepted, Jobs};

use super::extract::Path;
use crate::{AppState, Problem};

/// When the job runs and how its runs went.
pub(super) async fn list(State(state): State<AppState>, Path(project): Path<String>) -> Result<Json<Jobs>, Problem> {
    let scheduler = state.live().scheduler.clone();
    let jobs = state.on_project(project, move |_, project| {
        Ok(scheduler.map(|s| s.jobs(project)).unwrap_or_default())
    });
    jobs.await.map(Json)
}

/// Runs the job as soon as the jobs before it are done.
pub(super) async fn run(
    State(state): State<AppState>,
    Path(project): Path<String>,
) -> Result<(StatusCode, Json<JobAccepted>), Problem> {
    let scheduler = state.live().scheduler.clone();
    let asked = state.on_project(project, move |_, project| {
        let scheduler = scheduler.ok_or_else(|| Problem::not_scheduled(project))?;
        let id = scheduler.ask(project)?;
        Ok(JobAccepted { id })
    });
    Ok((StatusCode::ACCEPTED, Json(asked.await?)))
}
