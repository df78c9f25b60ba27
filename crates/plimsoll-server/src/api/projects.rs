//! Projects: the list, one project, its dashboard.

use axum::{Extension, Json, extract::State};
use jiff::Timestamp;
use plimsoll_model::{DataDefinition, dashboard::Dashboard};
use plimsoll_store::{MonitorSummary, Page, ProjectSummary, Workspace, cursor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::extract::{Path, Query, page_length};
use crate::{
    AppState, Problem,
    access::Caller,
    dashboard::{self as design, Head},
};

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
    Extension(caller): Extension<Caller>,
    Query(query): Query<ProjectsQuery>,
) -> Result<Json<Page<ProjectSummary>>, Problem> {
    let limit = page_length(query.limit)?;
    let after = query.cursor.as_deref().map(cursor::decode).transpose()?;
    let wanted = query.search.unwrap_or_default().to_lowercase();
    let page = state.blocking(move |workspace| {
        let mut found = Vec::new();
        for id in workspace.projects()? {
            if after.as_ref().is_some_and(|after| id <= *after) || caller.project().is_some_and(|own| own != id) {
                continue;
            }
            let head = head(workspace, &id);
            let title = head.title.as_deref().unwrap_or_default().to_lowercase();
            if id.to_lowercase().contains(&wanted) || title.contains(&wanted) {
                found.push((id, head));
            }
            if found.len() > limit {
                break;
            }
        }
        let more = found.len() > limit;
        found.truncate(limit);
        let next_cursor = found.last().filter(|_| more).map(|(id, _)| cursor::encode(id));
        let (ids, heads): (Vec<String>, Vec<Head>) = found.into_iter().unzip();
        let mut items = workspace.metrics().project_summaries(&ids)?;
        for (summary, head) in items.iter_mut().zip(heads) {
            complete(summary, head);
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
        Ok(ProjectDetail {
            summary: summary(workspace, project)?,
            definition: facts.definition,
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

/// One project at a glance.
pub(super) fn summary(workspace: &Workspace, project: &str) -> Result<ProjectSummary, Problem> {
    let mut summaries = workspace.metrics().project_summaries(&[project.to_owned()])?;
    let Some(mut summary) = summaries.pop() else {
        return Err(Problem::unavailable("the project was removed meanwhile"));
    };
    complete(&mut summary, head(workspace, project));
    Ok(summary)
}

/// The head of the project file; empty if the file cannot be read.
pub(super) fn head(workspace: &Workspace, project: &str) -> Head {
    let config = workspace.project_config(project).unwrap_or_else(|e| {
        tracing::warn!("{e}");
        None
    });
    config.as_deref().map(Head::of).unwrap_or_default()
}

/// Adds what only the project file says: the title, and the time zone before the first window is there.
fn complete(summary: &mut ProjectSummary, head: Head) {
    if let Some(zone) = head.timezone().filter(|_| summary.last_window.is_none()) {
        zone.clone_into(&mut summary.timezone);
    }
    if let Some(title) = head.title {
        summary.title = title;
    }
}
