//! The collector: rows that are sent become durable, then windows, then snapshots; the decision behind it is
//! `docs/adr/0007-collector.md`.
//!
//! ```text
//! submit ─► decode ─► committer thread ─► log, fsync ─► answer
//!                              └─► stream thread ─► lanes of open windows ─► snapshots
//!                                             └─► buffer ─► prediction store ─► recompute ─► revisions
//! ```

mod activity;
mod committer;
mod ids;
mod lane;
mod record;
mod state;
mod status;
mod storing;
mod stream;
pub(crate) mod tables;
mod units;
mod worker;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError, RwLock,
        mpsc::{Sender, SyncSender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use jiff::Timestamp;
use plimsoll_brokers::Progress;
use plimsoll_engine::define;
use plimsoll_ingest::{Expected, Format, IngestError, Limits, decode, infer};
use plimsoll_model::{Backfill, ColumnKind, config::ProjectConfig};
use plimsoll_store::Workspace;
use thiserror::Error;
use tokio::sync::oneshot;

pub use activity::{Activity, Hour, Totals};
pub use committer::Receipt;
pub use plimsoll_store::rows::Table;
pub use status::{Phase, Status};

use committer::{Content, Submission};
use status::{Board, Pressure};
use worker::Event;

use crate::{
    BackfillRequest, JobEvent, MonitorError,
    backfill::windows_of,
    input::described,
    job::{Range, compare},
};

/// Tells the time; tests have their own.
pub trait Clock: std::fmt::Debug + Send + Sync {
    /// Microseconds since the Unix epoch.
    fn now(&self) -> i64;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> i64 {
        Timestamp::now().as_microsecond()
    }
}

/// Why rows were not taken in.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CollectError {
    /// The body cannot be read.
    #[error(transparent)]
    Body(#[from] IngestError),
    /// Memory for rows that are not yet in windows, or not yet in the prediction store, is used up.
    #[error("too many rows wait to be taken in; send them again in a moment")]
    Busy,
    /// The log is being read after a start.
    #[error("the collector is reading its log after a start; send the rows again in a moment")]
    Starting,
    /// The log cannot be written.
    #[error("the rows could not be made durable: {0}")]
    Log(String),
    /// The idempotency key was used for other rows.
    #[error("idempotency key `{0}` was used with another body; use a new key for each request")]
    KeyReused(String),
    /// The collector was stopped or failed.
    #[error("the collector of this project does not run: {0}")]
    Stopped(String),
    /// A stored record or a row does not fit.
    #[error("a record of the log cannot be used: {0}")]
    Record(String),
    /// The prediction store cannot be read or written.
    #[error("the prediction store failed: {0}")]
    Store(String),
    /// The data definition cannot be used with the rows.
    #[error("{0}")]
    Definition(String),
}

impl CollectError {
    /// Says whether the same request may succeed a moment later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Busy | Self::Starting | Self::Log(_) | Self::Store(_))
    }
}

/// A request with rows.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Where the rows go.
    pub table: Table,
    /// The unpacked body.
    pub body: &'a [u8],
    /// How the body is written.
    pub format: Format,
    /// Idempotency key: of requests with the same key the first counts.
    pub key: Option<&'a str>,
    /// Says that rows without event time get the moment of their arrival.
    pub stamp: bool,
}

/// How a collector is run.
#[derive(Debug, Clone)]
pub struct CollectorOptions {
    /// Memory for rows that are not yet in windows, in bytes. Default 256 MiB.
    pub memory: usize,
    /// Memory for rows that are not yet in the prediction store, those that are being written among them, in bytes. Beyond it
    /// rows are refused until the store takes them. Default 128 MiB.
    pub buffer: usize,
    /// How long a message broker waits for a process that died before it delivers its messages again. Default 30 s.
    pub redeliver_after: Duration,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Default for CollectorOptions {
    fn default() -> Self {
        Self::within(384 << 20)
    }
}

impl CollectorOptions {
    /// The default with so many bytes for rows on their way: two thirds until they are in windows, the rest until they are stored.
    #[must_use]
    pub fn within(memory: usize) -> Self {
        Self {
            memory: memory / 3 * 2,
            buffer: memory / 3,
            redeliver_after: Duration::from_secs(30),
            clock: Arc::new(SystemClock),
        }
    }
}

/// What rows and labels are expected to hold.
#[derive(Debug, Clone)]
pub(crate) struct Schemas {
    predictions: Expected,
    labels: Option<Expected>,
}

/// The collector of one project.
#[derive(Debug)]
pub struct Collector {
    config: ProjectConfig,
    base: PathBuf,
    options: CollectorOptions,
    submissions: Mutex<Option<Sender<Submission>>>,
    pressure: Arc<Pressure>,
    board: Arc<Board>,
    schemas: Arc<RwLock<Option<Arc<Schemas>>>>,
    workspace: Arc<Workspace>,
    events: SyncSender<Event>,
    /// Held while the first rows show what the columns are.
    learning: tokio::sync::Mutex<()>,
    worker: Mutex<Option<JoinHandle<()>>>,
    /// Of the message broker that rows come from, if any.
    broker: OnceLock<Arc<Progress>>,
}

impl Collector {
    /// Starts the collector of a project; its log is read in the background, and until that is done rows are refused as
    /// [`CollectError::Starting`]. Must be called within a Tokio runtime.
    ///
    /// `base` is where relative paths of the configuration begin.
    ///
    /// # Errors
    /// [`MonitorError`] if another process collects for this project, or the log or the prediction store cannot be opened.
    pub async fn start(
        config: ProjectConfig,
        base: &Path,
        workspace: Arc<Workspace>,
        options: CollectorOptions,
    ) -> Result<Self, MonitorError> {
        let board = Arc::new(Board::default());
        let pressure = Arc::new(Pressure::new(options.memory));
        let schemas = Arc::new(RwLock::new(None));
        let (sender, requests) = channel();
        let worker = worker::Worker::open(worker::Setup {
            config: config.clone(),
            base: base.to_owned(),
            workspace: Arc::clone(&workspace),
            options: options.clone(),
            board: Arc::clone(&board),
            pressure: Arc::clone(&pressure),
            schemas: Arc::clone(&schemas),
        })
        .await?;
        let events = worker.sender();
        let thread = std::thread::Builder::new()
            .name(format!("stream {}", config.project))
            .spawn(move || worker.run(requests))
            .map_err(|e| MonitorError::Nothing(format!("cannot start a thread: {e}")))?;
        Ok(Self {
            config,
            base: base.to_owned(),
            options,
            submissions: Mutex::new(Some(sender)),
            pressure,
            board,
            schemas,
            workspace,
            events,
            learning: tokio::sync::Mutex::new(()),
            worker: Mutex::new(Some(thread)),
            broker: OnceLock::new(),
        })
    }

    /// The project file.
    #[must_use]
    pub fn config(&self) -> &ProjectConfig {
        &self.config
    }

    pub(crate) fn options(&self) -> &CollectorOptions {
        &self.options
    }

    /// What the collector is doing and what it has seen.
    #[must_use]
    pub fn status(&self) -> Status {
        let mut status = self.board.lock().clone();
        status.oldest_pending = self.pressure.oldest();
        if let Some(broker) = self.broker.get() {
            status.dead_letters = broker.poison();
            let problem = broker.problem().map(|problem| format!("message broker: {problem}"));
            status.last_error = problem.or(status.last_error);
        }
        status
    }

    /// Lets the status tell what a message broker does.
    pub(crate) fn follow(&self, broker: Arc<Progress>) {
        // A collector has one broker for all its life.
        let _ = self.broker.set(broker);
    }

    /// Takes rows in; when this returns without error they are durable.
    ///
    /// # Errors
    /// [`CollectError`]; rows that are refused one by one are no error.
    pub async fn submit(&self, request: Request<'_>) -> Result<Receipt, CollectError> {
        self.check_running()?;
        let bytes = request.body.len().max(1_024);
        if !self.pressure.take(bytes) {
            return Err(CollectError::Busy);
        }
        let decoded = match self.schemas(&request).await {
            Ok(schemas) => self.decode(&request, &schemas),
            Err(e) => Err(e),
        };
        match decoded {
            Ok(decoded) => {
                let key = request
                    .key
                    .map(|key| (key.to_owned(), xxhash_rust::xxh3::xxh3_64(request.body)));
                self.send(Content::Rows(request.table, decoded), key, bytes).await
            }
            Err(e) => {
                self.pressure.release(bytes);
                Err(e)
            }
        }
    }

    fn check_running(&self) -> Result<(), CollectError> {
        let board = self.board.lock();
        match board.phase {
            Phase::Running => Ok(()),
            Phase::Recovering => Err(CollectError::Starting),
            Phase::Failed | Phase::Stopped => Err(CollectError::Stopped(
                board
                    .last_error
                    .clone()
                    .unwrap_or_else(|| "it was told to stop".to_owned()),
            )),
        }
    }

    fn limits(&self, stamp: bool) -> Limits {
        Limits {
            stamp_missing: stamp.then(|| self.options.clock.now()),
            ..Limits::default()
        }
    }

    fn decode(&self, request: &Request<'_>, schemas: &Schemas) -> Result<plimsoll_ingest::Decoded, CollectError> {
        let expected = match request.table {
            Table::Predictions => &schemas.predictions,
            Table::Labels => schemas.labels.as_ref().ok_or_else(|| {
                CollectError::Definition("labels need `data.id` and `data.target` in the project file".to_owned())
            })?,
        };
        Ok(decode(
            request.body,
            request.format,
            expected,
            &self.limits(request.stamp),
        )?)
    }

    async fn send(&self, content: Content, key: Option<(String, u64)>, bytes: usize) -> Result<Receipt, CollectError> {
        let stopped = || CollectError::Stopped("it was told to stop".to_owned());
        let (answer, answered) = oneshot::channel();
        let submission = Submission {
            content,
            key,
            bytes,
            answer,
        };
        let sent = match &*self.submissions.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(sender) => sender.send(submission).is_ok(),
            None => false,
        };
        if !sent {
            self.pressure.release(bytes);
            return Err(stopped());
        }
        answered.await.map_err(|_| stopped())?
    }

    /// What rows are expected to hold; the first rows of a project that nothing describes show it.
    async fn schemas(&self, request: &Request<'_>) -> Result<Arc<Schemas>, CollectError> {
        let known = || self.schemas.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(schemas) = known() {
            return Ok(schemas);
        }
        let _alone = self.learning.lock().await;
        if let Some(schemas) = known() {
            return Ok(schemas);
        }
        if request.table == Table::Labels {
            let hint = "labels came before the first predictions of a project whose columns nothing describes";
            return Err(CollectError::Definition(hint.to_owned()));
        }
        let columns: Vec<(String, ColumnKind)> = infer(request.body, request.format, &self.limits(false))?
            .into_iter()
            .map(|c| (c.name, c.kind))
            .collect();
        // A definition that does not fit is told before anything is kept.
        let described = described(&self.config, &self.base, &columns)
            .await
            .map_err(|e| CollectError::Definition(e.to_string()))?;
        define(&self.config.data, &described).map_err(|e| CollectError::Definition(e.to_string()))?;
        self.send(Content::Columns(columns), None, 0).await?;
        // The stream settles them; it is a moment behind the log.
        for _ in 0..500 {
            if let Some(schemas) = known() {
                return Ok(schemas);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(CollectError::Starting)
    }

    /// Computes windows of a range again from the stored rows, those that still take rows aside, and has a new revision written
    /// where a result is another one. Everything that was acknowledged before counts.
    ///
    /// The stream itself writes the revisions, so that a label that comes meanwhile is not lost.
    ///
    /// # Errors
    /// [`MonitorError`] if the request does not fit the project, or the store cannot be read or written. What was asked for is
    /// done nevertheless once that is mended.
    pub async fn backfill(&self, request: &BackfillRequest) -> Result<Backfill, MonitorError> {
        request.check(&self.config)?;
        self.check_running()?;
        let settled = self.ask(Event::Settle).await??;
        let tables = tables::Tables::open(&self.config, &self.workspace).await?;
        let columns = described(&self.config, &self.base, &tables.learned()?).await?;
        let input = tables.input(define(&self.config.data, &columns)?)?;
        let rules = input.rules(&self.config, settled.now, std::collections::BTreeSet::new());
        let only_told = BackfillRequest {
            dry_run: true,
            ..request.clone()
        };
        let range = Range {
            request: &only_told,
            is_open: &|every, start| settled.open.contains(every, start),
            skips_empty: true,
        };
        let mut ignore = |_: JobEvent<'_>| ();
        let work = compare(
            &self.config,
            &self.base,
            &self.workspace,
            &input,
            rules.as_ref(),
            &range,
            &mut ignore,
        );
        let mut found = work.await?;
        if request.dry_run {
            return Ok(found);
        }
        found.dry_run = false;
        let windows = windows_of(&self.config, &found.changes);
        if !windows.is_empty() {
            let monitors = request.monitors.iter().cloned().collect();
            self.ask(|answer| Event::Recompute(windows, monitors, answer)).await??;
        }
        for change in &mut found.changes {
            let written = self.workspace.read_snapshot(&self.config.project, &change.snapshot)?;
            (change.rows, change.revision) = (written.run.rows, written.revision);
        }
        Ok(found)
    }

    /// Asks the stream.
    async fn ask<T>(&self, event: impl FnOnce(oneshot::Sender<T>) -> Event) -> Result<T, CollectError> {
        let (answer, answered) = oneshot::channel();
        let (events, event) = (self.events.clone(), event(answer));
        // The stream may be busy for a moment.
        let sent = tokio::task::spawn_blocking(move || events.send(event).is_ok()).await;
        let stopped = || CollectError::Stopped("it was told to stop".to_owned());
        if !sent.is_ok_and(|sent| sent) {
            return Err(stopped());
        }
        answered.await.map_err(|_| stopped())
    }

    /// Stops taking rows, moves what is buffered into the prediction store and ends the threads.
    pub fn stop(&self) {
        self.submissions.lock().unwrap_or_else(PoisonError::into_inner).take();
        let thread = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the stream of `{}` ended with a panic", self.config.project);
        }
    }
}
