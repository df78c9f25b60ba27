//! The tables of a project's prediction store, as rows to read and as a place to write.

use std::{collections::HashMap, sync::Arc};

use arrow::array::RecordBatch;
use plimsoll_model::{ColumnKind, DataDefinition, config::ProjectConfig};
use plimsoll_query::{PREDICTED_AT, Part, Source};
use plimsoll_store::{
    Workspace,
    log::{Log, LogOptions, Position},
    rows::{Columns, Commit, Manifest, Place, Policy, RowStore, Table},
};

use super::{CollectError, state::State};
use crate::{MonitorError, input::Input};

/// Column of the label table: when the label arrived, in microseconds UTC.
pub(crate) const ARRIVED_AT: &str = "_arrived_at";

/// The prediction store of a project. Clones are the same store.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    store: RowStore,
}

#[allow(clippy::needless_pass_by_value, reason = "an argument of `map_err`")]
fn stored(error: impl ToString) -> CollectError {
    CollectError::Store(error.to_string())
}

/// Opens the log of a project; records begin behind those that are in the store.
pub(crate) fn open_log(config: &ProjectConfig, workspace: &Workspace, position: u64) -> Result<Log, MonitorError> {
    let options = LogOptions {
        start: Position(position),
        ..LogOptions::default()
    };
    let (log, recovery) = Log::open(&workspace.log_dir(&config.project)?, options)?;
    if recovery.torn_bytes > 0 {
        let bytes = recovery.torn_bytes;
        tracing::info!(
            "log of `{}`: {bytes} bytes of an interrupted write were cut off",
            config.project
        );
    }
    for damage in recovery.damage {
        let (lost, at) = (damage.lost, damage.offset);
        tracing::error!(
            "log of `{}`: records {} to {} are damaged at byte {at} and are lost",
            config.project,
            lost.start,
            lost.end
        );
    }
    Ok(log)
}

impl Tables {
    async fn opened(config: &ProjectConfig, workspace: &Workspace, writing: bool) -> Result<Self, MonitorError> {
        let place = match &config.collector().store {
            Some(url) => Place::s3(url)?.join(&config.project)?,
            None => Place::local(&workspace.project_dir(&config.project)?)?,
        };
        let names = Columns {
            id: config.data.id.clone(),
            event_time: config.data.timestamp.clone().unwrap_or_default(),
            arrival: ARRIVED_AT.to_owned(),
            label_order: PREDICTED_AT.to_owned(),
        };
        let store = if writing {
            RowStore::open_for_writing(place, names).await?
        } else {
            RowStore::open(place, names).await?
        };
        Ok(Self { store })
    }

    /// Opens the store for reading; another process may write it.
    pub async fn open(config: &ProjectConfig, workspace: &Workspace) -> Result<Self, MonitorError> {
        Self::opened(config, workspace, false).await
    }

    /// Opens the store for writing, and removes what a crash left there.
    pub async fn open_for_writing(config: &ProjectConfig, workspace: &Workspace) -> Result<Self, MonitorError> {
        Self::opened(config, workspace, true).await
    }

    fn manifest(&self) -> Arc<Manifest> {
        self.store.manifest()
    }

    /// What the stream keeps beside the rows.
    pub fn state(&self) -> Result<State, MonitorError> {
        State::read(&self.manifest().state)
            .map_err(|e| MonitorError::Nothing(format!("the state in the newest manifest cannot be read: {e}")))
    }

    /// Columns that the first rows showed.
    pub fn learned(&self) -> Result<Vec<(String, ColumnKind)>, MonitorError> {
        Ok(self.state()?.learned)
    }

    /// Records below this position are in the store.
    pub fn log_position(&self) -> u64 {
        self.manifest().log_position.0
    }

    /// Says whether a label was ever stored.
    pub fn has_labels(&self) -> bool {
        !self.manifest().parts(Table::Labels).is_empty()
    }

    fn source(&self, table: Table, manifest: &Manifest) -> Result<Source, MonitorError> {
        let place = self.store.place();
        let parts: Vec<Part> = manifest
            .parts(table)
            .iter()
            .map(|part| Part {
                path: place.object_path(&part.path).to_string(),
                rows: part.rows,
                first: part.first,
                last: part.last,
            })
            .collect();
        let schema = manifest.schema(table)?;
        Ok(Source::of_parts(
            table.as_str(),
            Arc::clone(place.store()),
            &parts,
            &schema,
        )?)
    }

    /// The rows as they are in the newest manifest.
    pub fn input(&self, definition: DataDefinition) -> Result<Input, MonitorError> {
        let manifest = self.manifest();
        let labels = !manifest.parts(Table::Labels).is_empty();
        Ok(Input {
            source: self.source(Table::Predictions, &manifest)?,
            labels: labels.then(|| self.source(Table::Labels, &manifest)).transpose()?,
            definition,
        })
    }

    /// Event times of stored ids.
    pub async fn find(&self, ids: &[&str], between: Option<(i64, i64)>) -> Result<HashMap<String, i64>, CollectError> {
        self.store.find_ids(ids, between).await.map_err(stored)
    }

    /// The newest rows of a table.
    pub async fn sample(&self, table: Table, limit: usize) -> Result<Option<RecordBatch>, MonitorError> {
        Ok(self.store.sample(table, limit).await?)
    }

    /// The newest ids with their event times, and up to which time ids are not among them.
    pub async fn recent_ids(&self, limit: usize) -> Result<(Vec<(String, i64)>, Option<i64>), MonitorError> {
        let recent = self.store.recent_ids(limit).await?;
        Ok((recent.ids, recent.older_until))
    }

    /// Stored labels whose prediction is not in the store, with their time.
    pub async fn waiting_labels(&self, config: &ProjectConfig) -> Result<Vec<(String, i64)>, MonitorError> {
        let (Some(id), true) = (&config.data.id, self.has_labels()) else {
            return Ok(Vec::new());
        };
        let labels = self.source(Table::Labels, &self.manifest())?;
        let waiting = labels.unplaced_labels(id).await?;
        let names: Vec<&str> = waiting.iter().map(|(name, _)| name.as_str()).collect();
        let found = self.store.find_ids(&names, None).await?;
        Ok(waiting
            .into_iter()
            .filter(|(name, _)| !found.contains_key(name))
            .collect())
    }

    /// Writes rows and state as one.
    pub async fn commit(
        &self,
        predictions: Vec<RecordBatch>,
        labels: Vec<RecordBatch>,
        position: u64,
        state: &State,
    ) -> Result<(), CollectError> {
        let commit = Commit {
            predictions,
            labels,
            log_position: Position(position),
            state: serde_json::to_value(state).map_err(stored)?,
        };
        self.store.commit(commit).await.map(drop).map_err(stored)
    }

    /// Joins small parts and removes what is older or larger than the project keeps.
    pub async fn tidy(&self, config: &ProjectConfig, now: jiff::Timestamp) -> Result<(), CollectError> {
        let retention = config.collector().retention;
        let policy = Policy {
            max_age: retention.max_age.map(|age| jiff::SignedDuration::from_secs(age.0)),
            max_bytes: retention.max_bytes,
        };
        self.store.compact(now).await.map_err(stored)?;
        self.store.retain(policy, now).await.map(drop).map_err(stored)
    }
}
