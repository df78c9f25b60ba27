//! The scheduled job of a project.

use axum::{Json, extract::State, http::StatusCode};
use plimsoll_model::{JobAccepted, Jobs};

use super::extract::Path;
use crate::{AppState, Problem};

/// When the job runs and how its runs went.
pub(super) async fn list(State(state): State<AppState>, Path(project): Path<String>) -> Result<Json<Jobs>, Problem> {
    state.on_project(project, |_, _| Ok(Jobs::default())).await.map(Json)
}

/// Runs the job at once.
pub(super) async fn run(
    State(state): State<AppState>,
    Path(project): Path<String>,
) -> Result<(StatusCode, Json<JobAccepted>), Problem> {
    let asked = state.on_project(project, |_, project| {
        Err::<JobAccepted, _>(Problem::not_scheduled(project))
    });
    Ok((StatusCode::ACCEPTED, Json(asked.await?)))
}
