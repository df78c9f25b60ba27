//! A project's data: what arrives, what was refused, a look at the rows.

use axum::{Json, extract::State};
use jiff::Timestamp;
use plimsoll_model::{
    DataSample, LabelFlow, LiveData, LiveState, LiveTotals, ProjectData, SnapshotFilter, SnapshotStatus,
};
use plimsoll_monitor::{CollectError, Phase, Status};
use plimsoll_store::Workspace;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    extract::{Path, Query, page_length},
    projects::{head, summary},
};
use crate::{AppState, Problem};

/// Snapshots among which one is looked for whose labels are complete.
const RECENT: usize = 200;

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
    let collectors = state.live().collectors.clone();
    let data = state.on_project(project, move |workspace, project| {
        let definition = workspace.metrics().project_facts(project)?.definition;
        let mut data = ProjectData {
            columns: definition.columns,
            timezone: summary(workspace, project)?.timezone,
            task: definition.task,
            source: head(workspace, project).source().map(ToOwned::to_owned),
            live: None,
            arrivals: Vec::new(),
            rejects: Vec::new(),
            schema_changes: Vec::new(),
            labels: None,
        };
        match collectors.and_then(|c| c.find(project)) {
            None => {}
            Some(Ok(collector)) => {
                let status = collector.status();
                data.live = Some(live(&status, Timestamp::now()));
                data.arrivals = status.activity.arrivals();
                data.rejects.clone_from(&status.activity.rejects);
                data.rejects.sort_by_key(|r| std::cmp::Reverse(r.count));
                data.schema_changes.clone_from(&status.activity.schema_changes);
                data.schema_changes.sort_by_key(|c| std::cmp::Reverse(c.last_at));
                let config = collector.config();
                if config.data.id.is_some() && config.data.target.is_some() {
                    data.labels = Some(label_flow(workspace, project, &status)?);
                }
            }
            Some(Err(problem)) => {
                let state = match problem {
                    CollectError::Starting => LiveState::Recovering,
                    _ => LiveState::Failed,
                };
                let last_error = (state == LiveState::Failed).then(|| problem.to_string());
                data.live = Some(LiveData {
                    state,
                    last_error,
                    ..live(&Status::default(), Timestamp::now())
                });
            }
        }
        Ok(data)
    });
    data.await.map(Json)
}

/// The collector's work in the form of the API.
fn live(status: &Status, now: Timestamp) -> LiveData {
    let moment = |micros: Option<i64>| Timestamp::from_microsecond(micros?).ok();
    let totals = status.activity.totals;
    LiveData {
        state: match status.phase {
            Phase::Recovering => LiveState::Recovering,
            Phase::Running => LiveState::Running,
            Phase::Failed => LiveState::Failed,
            Phase::Stopped => LiveState::Stopped,
        },
        last_error: status.last_error.clone(),
        buffered_rows: status.buffered_rows,
        buffered_bytes: status.buffered_bytes,
        log_bytes: status.log_bytes,
        lag_seconds: lag_seconds(status, now),
        last_event_time: moment(status.watermark),
        last_arrival: moment(status.activity.last_arrival),
        open_windows: status.open_windows,
        restating: status.restating,
        dead_letters: status.dead_letters,
        totals: LiveTotals {
            accepted: totals.accepted,
            rejected: totals.rejected,
            duplicates: totals.duplicates,
            late: totals.late,
            labels: totals.labels,
            labels_waiting: status.labels_waiting,
            labels_expired: totals.labels_expired,
        },
    }
}

/// Age of the oldest row that no window has taken in.
pub(super) fn lag_seconds(status: &Status, now: Timestamp) -> Option<f64> {
    let oldest = Timestamp::from_microsecond(status.oldest_pending?).ok()?;
    Some(now.duration_since(oldest).as_secs_f64().max(0.0))
}

/// How labels come in: the share of all rows, and the delays of the newest window whose labels are complete. Where the labels of
/// a window still come, only the quick ones are known; so before a window is complete, the one with most of its labels counts.
fn label_flow(workspace: &Workspace, project: &str, status: &Status) -> Result<LabelFlow, Problem> {
    let page = workspace
        .metrics()
        .snapshots(project, &SnapshotFilter::default(), None, RECENT)?;
    let labelled = || {
        let pairs = page
            .items
            .iter()
            .filter_map(|meta| Some((meta.status, meta.maturity.as_ref()?)));
        pairs.filter(|(_, maturity)| maturity.labelled > 0)
    };
    let complete = labelled().find(|(status, _)| *status == SnapshotStatus::Final);
    let delays = complete.or_else(|| labelled().max_by(|(_, a), (_, b)| a.coverage.total_cmp(&b.coverage)));
    let delays = delays.map(|(_, maturity)| maturity);
    let totals = status.activity.totals;
    let rows = totals.accepted.saturating_sub(totals.duplicates);
    Ok(LabelFlow {
        // A label that was corrected is joined twice.
        coverage: (rows > 0).then(|| (totals.labels_joined as f64 / rows as f64).min(1.0)),
        delay_seconds_p50: delays.and_then(|m| m.delay_seconds_p50),
        delay_seconds_p95: delays.and_then(|m| m.delay_seconds_p95),
        waiting: status.labels_waiting,
    })
}

/// Some of the latest rows of the prediction store.
pub(super) async fn sample(
    State(state): State<AppState>,
    Path(project): Path<String>,
    Query(query): Query<SampleQuery>,
) -> Result<Json<DataSample>, Problem> {
    let limit = page_length(query.limit)?;
    let known = state.on_project(project.clone(), |workspace, project| {
        let definition = workspace.metrics().project_facts(project)?.definition;
        Ok(DataSample {
            columns: definition.given().map(|c| c.name.clone()).collect(),
            rows: Vec::new(),
        })
    });
    let known = known.await?;
    let Some(collectors) = &state.live().collectors else {
        return Ok(Json(known));
    };
    let sample = collectors.sample(&project, limit).await?;
    Ok(Json(if sample.rows.is_empty() { known } else { sample }))
}
