//! The past of a project computed again.

use axum::{Json, extract::State, http::StatusCode};
use plimsoll_model::{Backfill, config::ProjectConfig};
use plimsoll_monitor::{BackfillRequest, MonitorError, backfill};
use plimsoll_store::Workspace;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    extract::{self, Path},
    ingest::collector,
};
use crate::{AppState, Problem};

/// What is to be computed again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackfillBody {
    /// First moment, such as `2011-02-01`, in the time zone of the project unless it names another.
    from: String,
    /// First moment after the last window.
    to: String,
    /// Names of monitors; all if there are none.
    #[serde(default)]
    monitors: Vec<String>,
    /// Only tells what would change.
    #[serde(default)]
    dry_run: bool,
}

/// Computes windows again and answers when that is done.
pub(super) async fn run(
    State(state): State<AppState>,
    Path(project): Path<String>,
    extract::Json(body): extract::Json<BackfillBody>,
) -> Result<Json<Backfill>, Problem> {
    let name = project.clone();
    let found = state.on_project(project, |workspace, project| {
        let text = workspace.project_config(project)?;
        let text = text.ok_or_else(|| Problem::no_config(project, "it has none"))?;
        let config = ProjectConfig::parse(&text).map_err(|e| Problem::no_config(project, &e.to_string()))?;
        Ok((config, workspace.project_base(project)?, workspace.dir().to_owned()))
    });
    let (config, base, dir) = found.await?;
    let request = BackfillRequest::try_new(&config, (&body.from, &body.to), body.monitors, body.dry_run);
    let request = request.map_err(refused)?;
    let runtime = tokio::runtime::Handle::current();
    let collector = if config.is_collected() {
        Some(collector(&state, name).await?)
    } else {
        None
    };
    // The work takes threads for long.
    let work = tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            if let Some(collector) = collector {
                return collector.backfill(&request).await;
            }
            // A handle of its own: what is written is told to listeners like everything else.
            let own = Workspace::open(dir)?;
            backfill(&config, &base, &own, &request, &mut |_| ()).await
        })
    });
    match work.await {
        Ok(done) => Ok(Json(done.map_err(refused)?)),
        Err(e) => match e.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(Problem::unavailable("the service is shutting down")),
        },
    }
}

/// What the caller can mend is told; the rest is the log's.
fn refused(error: MonitorError) -> Problem {
    match error {
        MonitorError::Collect(error) => error.into(),
        MonitorError::Config(_)
        | MonitorError::UnknownMonitor { .. }
        | MonitorError::EmptyRange { .. }
        | MonitorError::TooManyWindows { .. }
        | MonitorError::Query(_)
        | MonitorError::Spec { .. } => Problem::invalid_body(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
        other => other.into(),
    }
}
