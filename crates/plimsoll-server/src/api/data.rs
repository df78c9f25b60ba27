//! A project's data: what arrives, what was refused, a look at the rows.

use axum::{Json, extract::State};
use plimsoll_model::{DataSample, ProjectData};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    extract::{Path, Query, page_length},
    projects::{head, summary},
};
use crate::{AppState, Problem};

/// How many rows are shown.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SampleQuery {
    /// Rows, 1 to 500. Default 50.
    limit: Option<usize>,
}

/// What is known of a project's data.
pub(super) async fn data(
    State(state): State<AppState>,
    Path(project): Path<String>,
) -> Result<Json<ProjectData>, Problem> {
    let data = state.on_project(project, |workspace, project| {
        let definition = workspace.metrics().project_facts(project)?.definition;
        Ok(ProjectData {
            columns: definition.columns,
            timezone: summary(workspace, project)?.timezone,
            task: definition.task,
            source: head(workspace, project).source().map(ToOwned::to_owned),
            live: None,
            arrivals: Vec::new(),
            rejects: Vec::new(),
            schema_changes: Vec::new(),
            labels: None,
        })
    });
    data.await.map(Json)
}

/// Some of the latest rows of the prediction store.
pub(super) async fn sample(
    State(state): State<AppState>,
    Path(project): Path<String>,
    Query(query): Query<SampleQuery>,
) -> Result<Json<DataSample>, Problem> {
    page_length(query.limit)?;
    let sample = state.on_project(project, |workspace, project| {
        let definition = workspace.metrics().project_facts(project)?.definition;
        Ok(DataSample {
            columns: definition.columns.into_iter().map(|c| c.name).collect(),
            rows: Vec::new(),
        })
    });
    sample.await.map(Json)
}
