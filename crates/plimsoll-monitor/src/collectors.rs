//! The collectors of a workspace: one for each project whose rows are sent to it.
//!
//! Project files are the truth: [`Collectors::refresh`] starts a collector for a file that appears, starts it anew when the
//! file changes, and stops it when the file is gone.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use arrow::{
    array::{Array, ArrayRef, AsArray},
    datatypes::{DataType, Float64Type, TimestampMicrosecondType},
    util::display::array_value_to_string,
};
use jiff::Timestamp;
use plimsoll_model::{DataSample, config::ProjectConfig};
use plimsoll_store::{Workspace, rows::Table};
use serde_json::Value;

use crate::{CollectError, Collector, CollectorOptions, MonitorError, collector::tables::Tables, source::Source};

/// Time after which a collector that could not be started is tried again.
const RETRY: Duration = Duration::from_secs(10);

/// The collectors of a workspace.
#[derive(Debug, Clone)]
pub struct Collectors {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    workspace: Arc<Workspace>,
    options: CollectorOptions,
    projects: Mutex<BTreeMap<String, Entry>>,
    /// Held while collectors are started and stopped.
    changing: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Entry {
    /// The project file that it was started from.
    text: String,
    slot: Slot,
}

#[derive(Debug)]
enum Slot {
    Running(Arc<Collector>, Option<Source>),
    Changing,
    Failed(String, Instant),
}

impl Collectors {
    /// No collector yet; [`Collectors::refresh`] starts them.
    #[must_use]
    pub fn new(workspace: Arc<Workspace>, options: CollectorOptions) -> Self {
        let inner = Inner {
            workspace,
            options,
            projects: Mutex::default(),
            changing: tokio::sync::Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The collector of a project; `None` if rows are not sent to it.
    ///
    /// # Errors
    /// [`CollectError::Starting`] while it is started, [`CollectError::Stopped`] if it cannot be.
    #[must_use]
    pub fn find(&self, project: &str) -> Option<Result<Arc<Collector>, CollectError>> {
        self.projects().get(project).map(|entry| match &entry.slot {
            Slot::Running(collector, _) => Ok(Arc::clone(collector)),
            Slot::Changing => Err(CollectError::Starting),
            Slot::Failed(problem, _) => Err(CollectError::Stopped(problem.clone())),
        })
    }

    /// The collectors that run, by project.
    #[must_use]
    pub fn running(&self) -> Vec<(String, Arc<Collector>)> {
        let running = |(project, entry): (&String, &Entry)| match &entry.slot {
            Slot::Running(collector, _) => Some((project.clone(), Arc::clone(collector))),
            Slot::Changing | Slot::Failed(..) => None,
        };
        self.projects().iter().filter_map(running).collect()
    }

    /// Brings the collectors up to date with the project files. A collector that cannot be started is told in the log, and
    /// stops no other.
    pub async fn refresh(&self) {
        let _alone = self.inner.changing.lock().await;
        let workspace = Arc::clone(&self.inner.workspace);
        let Ok(files) = tokio::task::spawn_blocking(move || project_files(&workspace)).await else {
            // The runtime is shutting down.
            return;
        };
        let Some(files) = files else { return };
        let gone: Vec<String> = {
            let projects = self.projects();
            projects.keys().filter(|id| !files.contains_key(*id)).cloned().collect()
        };
        for project in gone {
            self.close(&project).await;
            self.projects().remove(&project);
        }
        for (project, (text, config)) in files {
            let keep = self.projects().get(&project).is_some_and(|entry| {
                entry.text == text
                    && match &entry.slot {
                        Slot::Running(..) => true,
                        Slot::Changing => false,
                        Slot::Failed(_, at) => at.elapsed() < RETRY,
                    }
            });
            if !keep {
                self.open(project, text, config).await;
            }
        }
    }

    /// Stops every collector; what is buffered goes to the prediction stores.
    pub async fn stop(&self) {
        let _alone = self.inner.changing.lock().await;
        let projects: Vec<String> = self.projects().keys().cloned().collect();
        for project in projects {
            self.close(&project).await;
            self.projects().remove(&project);
        }
    }

    /// The newest stored rows of a project, latest first.
    ///
    /// # Errors
    /// [`MonitorError`] if the prediction store cannot be read.
    pub async fn sample(&self, project: &str, limit: usize) -> Result<DataSample, MonitorError> {
        let Some(Ok(collector)) = self.find(project) else {
            return Ok(DataSample::default());
        };
        let tables = Tables::open(collector.config(), &self.inner.workspace).await?;
        let Some(rows) = tables.sample(Table::Predictions, limit).await? else {
            return Ok(DataSample::default());
        };
        Ok(DataSample {
            columns: rows.schema().fields().iter().map(|f| f.name().clone()).collect(),
            rows: (0..rows.num_rows())
                .map(|row| rows.columns().iter().map(|column| value(column, row)).collect())
                .collect(),
        })
    }

    fn projects(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.inner.projects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, project: &str, text: &str, slot: Slot) -> Option<Entry> {
        let text = text.to_owned();
        self.projects().insert(project.to_owned(), Entry { text, slot })
    }

    async fn open(&self, project: String, text: String, config: ProjectConfig) {
        self.close(&project).await;
        self.set(&project, &text, Slot::Changing);
        let (workspace, options) = (Arc::clone(&self.inner.workspace), self.inner.options.clone());
        let (runtime, id) = (tokio::runtime::Handle::current(), project.clone());
        // What a collector reads at its start stays on one thread.
        let started = tokio::task::spawn_blocking(move || {
            let base = workspace.project_base(&id)?;
            runtime.block_on(Collector::start(config, &base, workspace, options))
        });
        let started = started
            .await
            .unwrap_or_else(|e| Err(MonitorError::Nothing(e.to_string())));
        let slot = match started {
            Ok(collector) => {
                let collector = Arc::new(collector);
                let source = Source::start(&collector);
                Slot::Running(collector, source)
            }
            Err(e) => {
                tracing::error!("the collector of `{project}` is not started, trying again in a while: {e}");
                Slot::Failed(e.to_string(), Instant::now())
            }
        };
        self.set(&project, &text, slot);
    }

    /// Stops the collector of a project, if one runs.
    async fn close(&self, project: &str) {
        let running = {
            let mut projects = self.projects();
            let Some(entry) = projects.get_mut(project) else {
                return;
            };
            std::mem::replace(&mut entry.slot, Slot::Changing)
        };
        let Slot::Running(collector, source) = running else {
            return;
        };
        if let Some(source) = source {
            source.stop().await;
        }
        if tokio::task::spawn_blocking(move || collector.stop()).await.is_err() {
            tracing::error!("the collector of `{project}` was not stopped in order");
        }
    }
}

/// The project files whose rows are collected; `None` if the workspace cannot be listed.
fn project_files(workspace: &Workspace) -> Option<BTreeMap<String, (String, ProjectConfig)>> {
    let ids = match workspace.projects() {
        Ok(ids) => ids,
        Err(e) => {
            tracing::error!("the projects cannot be listed for their collectors: {e}");
            return None;
        }
    };
    let read = |id: String| {
        let text = workspace.project_config(&id).ok().flatten()?;
        // A file that cannot be read is shown as such on the project's page.
        let config = ProjectConfig::parse(&text).ok().filter(ProjectConfig::is_collected)?;
        Some((id, (text, config)))
    };
    Some(ids.into_iter().filter_map(read).collect())
}

/// A value as JSON has it; what JSON has no form for is text.
fn value(column: &ArrayRef, row: usize) -> Value {
    if column.is_null(row) {
        return Value::Null;
    }
    match column.data_type() {
        DataType::Float64 => Value::from(column.as_primitive::<Float64Type>().value(row)),
        DataType::Boolean => Value::from(column.as_boolean().value(row)),
        DataType::Timestamp(_, _) => column
            .as_primitive_opt::<TimestampMicrosecondType>()
            .and_then(|times| Timestamp::from_microsecond(times.value(row)).ok())
            .map_or(Value::Null, |at| Value::from(at.to_string())),
        _ => array_value_to_string(column, row).map_or(Value::Null, Value::from),
    }
}
