//! The latest runs of a project's job, kept beside its snapshots.

use std::collections::VecDeque;

use plimsoll_model::JobRun;
use plimsoll_store::{StoreError, Workspace};

/// File of a project with its runs.
const FILE: &str = "runs.json";

/// Runs that are kept.
const KEPT: usize = 100;

/// The latest runs, newest first.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<JobRun>);

impl History {
    /// The runs of a project; a file that cannot be read is told and begun anew.
    pub fn read(workspace: &Workspace, project: &str) -> Self {
        let read = workspace.project_file(project, FILE).map_err(|e| e.to_string());
        let runs = read.and_then(|bytes| {
            bytes.map_or(Ok(VecDeque::new()), |bytes| {
                serde_json::from_slice(&bytes).map_err(|e| e.to_string())
            })
        });
        Self(runs.unwrap_or_else(|e| {
            tracing::warn!("the earlier runs of `{project}` are forgotten, because `{FILE}` cannot be read: {e}");
            VecDeque::new()
        }))
    }

    pub fn runs(&self) -> impl Iterator<Item = &JobRun> {
        self.0.iter()
    }

    pub fn add(&mut self, run: JobRun) {
        self.0.push_front(run);
        self.0.truncate(KEPT);
    }

    /// Ids are numbers, counted on.
    pub fn next_id(&self) -> String {
        let last = self.0.front().and_then(|run| run.id.parse::<u64>().ok());
        last.map_or(1, |last| last + 1).to_string()
    }

    pub fn write(&self, workspace: &Workspace, project: &str) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(&self.0).map_err(|source| StoreError::Json {
            what: format!("the runs of `{project}`"),
            source,
        })?;
        workspace.write_project_file(project, FILE, &bytes)
    }
}
