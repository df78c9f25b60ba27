//! Projects: the list, one project, its dashboard.

use axum::{Json, extract::State};
use jiff::Timestamp;
use plimsoll_model::{DataDefinition, dashboard::Dashboard};
use plimsoll_store::{MonitorSummary, Page, ProjectSummary, Workspace, cursor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extract::{Path, Query, page_length};
use crate::{AppState, Problem, dashboard as design};

/// Which projects are listed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProjectsQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Length of the page, 1 to 500. Default 50.
    limit: Option<usize>,
    /// Text that the id or the title holds; case does not matter.
    search: Option<String>,
}

/// One project.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(crate) struct ProjectDetail {
    /// The project at a glance.
    summary: ProjectSummary,
    /// Columns, kinds, roles and task of the newest snapshot.
    definition: DataDefinition,
    /// IANA name of the time zone whose calendar cuts the windows.
    timezone: String,
    /// Monitors by name.
    monitors: Vec<MonitorSummary>,
    /// Start of the first window.
    #[schemars(with = "Option<String>")]
    first: Option<Timestamp>,
    /// End of the last window.
    #[schemars(with = "Option<String>")]
    last: Option<Timestamp>,
    /// The project file, YAML.
    config: Option<String>,
}

/// Projects by id.
pub(super) async fn list(
    State(state): State<AppState>,
    Query(query): Query<ProjectsQuery>,
) -> Result<Json<Page<ProjectSummary>>, Problem> {
    let limit = page_length(query.limit)?;
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let wanted = query.search.unwrap_or_default().to_lowercase();
    let page = state.blocking(move |workspace| {
        let mut found = Vec::new();
        for id in workspace.projects()? {
            if after.as_ref().is_some_and(|after| id <= *after) {
                continue;
            }
            let title = title(workspace, &id);
            if id.to_lowercase().contains(&wanted) || title.to_lowercase().contains(&wanted) {
                found.push((id, title));
            }
            if found.len() > limit {
                break;
            }
        }
        let more = found.len() > limit;
        found.truncate(limit);
        let next_cursor = found.last().filter(|_| more).map(|(id, _)| cursor::encode(id));
        let (ids, titles): (Vec<String>, Vec<String>) = found.into_iter().unzip();
        let mut items = workspace.metrics().project_summaries(&ids)?;
        for (summary, title) in items.iter_mut().zip(titles) {
            summary.title = title;
        }
        Ok(Page { items, next_cursor })
    });
    page.await.map(Json)
}

/// One project with its columns, monitors and configuration.
pub(super) async fn detail(
    State(state): State<AppState>,
    Path(project): Path<String>,
) -> Result<Json<ProjectDetail>, Problem> {
    let detail = state.on_project(project, |workspace, project| {
        let facts = workspace.metrics().project_facts(project)?;
        let mut summaries = workspace.metrics().project_summaries(&[project.to_owned()])?;
        let Some(mut summary) = summaries.pop() else {
            return Err(Problem::unavailable("the project was removed meanwhile"));
        };
        summary.title = title(workspace, project);
        Ok(ProjectDetail {
            summary,
            definition: facts.definition,
            timezone: facts.timezone,
            monitors: facts.monitors,
            first: facts.first,
            last: facts.last,
            config: workspace.project_config(project)?,
        })
    });
    detail.await.map(Json)
}

/// The design of a project's page.
pub(super) async fn dashboard(
    State(state): State<AppState>,
    Path(project): Path<String>,
) -> Result<Json<Dashboard>, Problem> {
    let dashboard = state.on_project(project, |workspace, project| {
        let definition = workspace.metrics().project_facts(project)?.definition;
        Ok(design::of_project(
            workspace.project_config(project)?.as_deref(),
            &definition,
        ))
    });
    dashboard.await.map(Json)
}

/// The title in the project file; a project whose file cannot be read is listed under its id.
fn title(workspace: &Workspace, project: &str) -> String {
    let config = workspace.project_config(project).unwrap_or_else(|e| {
        tracing::warn!("{e}");
        None
    });
    config
        .as_deref()
        .and_then(design::title)
        .unwrap_or_else(|| project.to_owned())
}
