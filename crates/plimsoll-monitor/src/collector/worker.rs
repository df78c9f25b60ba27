//! The thread of a stream: takes committed records, writes what is due, moves rows into the store.

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    },
    time::Duration,
};

use plimsoll_engine::{Profile, define};
use plimsoll_model::{Granularity, SnapshotStatus, config::ProjectConfig};
use plimsoll_store::{
    Workspace,
    log::{Log, Position},
};
use tokio::{runtime::Handle, sync::oneshot, task::JoinHandle};

use super::{
    CollectError, CollectorOptions, Phase, Schemas,
    committer::{Committed, Committer, Keys, Submission},
    lane::Due,
    record::Record,
    state::WindowSet,
    status::{AHEAD, Board, Pressure},
    storing::Storing,
    stream::{Lookup, Stream},
    tables::{Tables, open_log},
    units::{Units, lanes},
};
use crate::{MonitorError, input::described, maturity::LabelRules};

/// How long the thread waits for a record before it looks at the clock.
const TICK: Duration = Duration::from_millis(100);

/// What the thread is told.
pub(crate) enum Event {
    /// A durable record.
    Committed(Box<Committed>),
    /// Windows were computed from stored rows, or not; how long it took, in microseconds.
    Restated(Result<usize, String>, i64),
    /// Moves what is buffered into the store and tells how the stream stands.
    Settle(oneshot::Sender<Result<Settled, CollectError>>),
    /// Computes windows from stored rows, by length and start, for the named monitors or all; answers when that is done.
    Recompute(
        Vec<(Granularity, i64)>,
        BTreeSet<String>,
        oneshot::Sender<Result<(), CollectError>>,
    ),
    /// No more records come.
    End,
}

/// How a stream stands whose rows are all in the store.
#[derive(Debug)]
pub(crate) struct Settled {
    /// The moment that counts as the present.
    pub now: i64,
    /// Windows that still take rows.
    pub open: WindowSet,
}

/// Windows that someone waits for.
struct Asked {
    windows: Vec<(Granularity, i64)>,
    answer: oneshot::Sender<Result<(), CollectError>>,
}

/// What a worker is made of.
pub(crate) struct Setup {
    pub config: ProjectConfig,
    pub base: PathBuf,
    pub workspace: Arc<Workspace>,
    pub options: CollectorOptions,
    pub board: Arc<Board>,
    pub pressure: Arc<Pressure>,
    pub schemas: Arc<RwLock<Option<Arc<Schemas>>>>,
}

/// The stream of a project with all that it reads and writes.
pub(crate) struct Worker {
    pub(super) setup: Setup,
    pub(super) handle: Handle,
    pub(super) log: Arc<Mutex<Log>>,
    pub(super) tables: Tables,
    pub(super) stream: Stream,
    units: Vec<Units>,
    pub(super) events: (SyncSender<Event>, Receiver<Event>),
    /// Recomputations that were asked for.
    asked: Vec<Asked>,
    /// Rows on their way into the store.
    pub(super) storing: Option<Storing>,
    /// The store is not written before this moment.
    pub(super) retry_at: i64,
    labels_placed_at: i64,
    pub(super) tidied_at: i64,
    /// Joins and drops parts beside the stream.
    pub(super) tidying: Option<JoinHandle<Result<(), CollectError>>>,
}

impl Lookup for (&Handle, &Tables) {
    fn find(&self, ids: &[&str], between: Option<(i64, i64)>) -> Result<HashMap<String, i64>, CollectError> {
        self.0.block_on(self.1.find(ids, between))
    }
}

impl Worker {
    /// Opens log and store; what they hold is read by [`Worker::run`].
    pub async fn open(setup: Setup) -> Result<Self, MonitorError> {
        let tables = Tables::open_for_writing(&setup.config, &setup.workspace).await?;
        let state = tables.state()?;
        let position = tables.log_position();
        let log = open_log(&setup.config, &setup.workspace, position)?;
        let stream = Stream::new(&setup.config, state, position);
        let mut worker = Self {
            handle: Handle::current(),
            log: Arc::new(Mutex::new(log)),
            tables,
            stream,
            units: Vec::new(),
            events: sync_channel(AHEAD),
            asked: Vec::new(),
            storing: None,
            retry_at: i64::MIN,
            labels_placed_at: 0,
            tidied_at: 0,
            tidying: None,
            setup,
        };
        // Nothing describes the columns of a project that learns them from its first rows.
        let learned = worker.stream.state.learned.clone();
        let known = !learned.is_empty() || worker.is_described().await?;
        if known {
            worker.settle(&learned).await?;
        }
        Ok(worker)
    }

    /// Says whether project file and reference name a column that a model could take in.
    async fn is_described(&self) -> Result<bool, MonitorError> {
        let config = &self.setup.config;
        let definition = define(&config.data, &described(config, &self.setup.base, &[]).await?)?;
        Ok(definition.features().next().is_some())
    }

    /// Plans windows and statistics for the columns that are known.
    async fn settle(&mut self, learned: &[(String, plimsoll_model::ColumnKind)]) -> Result<(), MonitorError> {
        let config = &self.setup.config;
        let columns = described(config, &self.setup.base, learned).await?;
        let input = self.tables.input(define(&config.data, &columns)?)?;
        let timezone = config.data.timezone()?;
        let (lanes, units) = lanes(config, &self.setup.base, &input).await?;
        let labels =
            plimsoll_ingest::Expected::labels(&input.definition, config.data.timestamp.as_deref(), timezone.clone());
        let schemas = Schemas {
            predictions: plimsoll_ingest::Expected::predictions(&input.definition, timezone),
            labels: labels.ok(),
        };
        self.stream.lanes = lanes;
        self.units = units;
        self.stream.definition = input.definition;
        *self.setup.schemas.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(schemas));
        Ok(())
    }

    /// Where the stream is asked things.
    pub fn sender(&self) -> SyncSender<Event> {
        self.events.0.clone()
    }

    pub(super) fn now(&self) -> i64 {
        self.setup.options.clock.now()
    }

    pub(super) fn failed(&self, error: &impl ToString) {
        let error = error.to_string();
        let mut board = self.setup.board.lock();
        if board.last_error.as_ref() != Some(&error) {
            tracing::error!("collector of `{}`: {error}", self.setup.config.project);
        }
        board.last_error = Some(error);
    }

    /// Reads the log, then takes records until the requests end; then moves what is buffered into the store.
    pub fn run(mut self, requests: Receiver<Submission>) {
        let keys = match self.recover() {
            Ok(keys) => keys,
            Err(error) => {
                self.failed(&error);
                self.setup.board.lock().phase = Phase::Failed;
                return;
            }
        };
        let committer = Committer {
            log: Arc::clone(&self.log),
            keys,
            clock: Arc::clone(&self.setup.options.clock),
            pressure: Arc::clone(&self.setup.pressure),
        };
        let sender = self.events.0.clone();
        let name = format!("commit {}", self.setup.config.project);
        let committing = std::thread::Builder::new().name(name).spawn(move || {
            committer.run(&requests, &sender);
            // The stream may have ended before.
            let _ = sender.send(Event::End);
        });
        if let Err(error) = committing {
            self.failed(&format!("cannot start a thread: {error}"));
            self.setup.board.lock().phase = Phase::Failed;
            return;
        }
        self.tell(Phase::Running);
        loop {
            match self.events.1.recv_timeout(TICK) {
                Ok(Event::End) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout) => {}
            }
            // What waits is taken before the clock is looked at again.
            let mut ended = false;
            for _ in 0..AHEAD {
                match self.events.1.try_recv() {
                    Ok(Event::End) => {
                        ended = true;
                        break;
                    }
                    Ok(event) => self.take(event),
                    Err(_) => break,
                }
            }
            self.tick();
            self.tell(Phase::Running);
            if ended {
                break;
            }
        }
        // What was taken in is shown, whenever the service is started again.
        let now = self.now();
        for lane in 0..self.stream.lanes.len() {
            for due in self.stream.lanes[lane].unwritten() {
                self.write(lane, &due, now);
            }
        }
        self.end_store();
        self.tell(Phase::Stopped);
    }

    /// Brings the stream to where the log ends.
    fn recover(&mut self) -> Result<Keys, MonitorError> {
        let config = &self.setup.config;
        let handle = self.handle.clone();
        let limit = config.collector().recent_ids;
        if config.data.id.is_some() {
            let (ids, forgotten) = handle.block_on(self.tables.recent_ids(limit))?;
            if let Some(until) = forgotten {
                self.stream.forget_until(until);
            }
            for (id, at) in ids {
                self.stream.warm(&id, at);
            }
            for (id, at) in handle.block_on(self.tables.waiting_labels(config))? {
                self.stream.wait_for(&id, at);
            }
        }
        self.reopen()?;
        let mut keys = Keys::default();
        for stored in &self.stream.state.keys {
            keys.remember(stored);
        }
        let replay = self
            .log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replay(Position(self.stream.position))
            .map_err(|e| MonitorError::Nothing(e.to_string()))?;
        for item in replay {
            let (position, bytes) = match item {
                Ok(item) => item,
                Err(error) => {
                    // Reading goes on behind the damage, which is named.
                    self.failed(&error);
                    continue;
                }
            };
            match Record::read(&bytes) {
                Ok(record) => {
                    for stored in &record.header.keys {
                        keys.remember(stored);
                    }
                    let committed = Committed {
                        position,
                        record,
                        bytes: 0,
                    };
                    self.fold(&committed);
                    if self.stream.unstored().1 > self.setup.options.buffer {
                        self.flush().map_err(|e| MonitorError::Nothing(e.to_string()))?;
                    }
                }
                Err(error) => self.failed(&format!("record {position}: {error}")),
            }
        }
        Ok(keys)
    }

    /// Opens the windows again that took rows when the last manifest was written.
    fn reopen(&mut self) -> Result<(), MonitorError> {
        let now = self.now();
        let watermark = self.stream.state.watermark;
        let has_labels = self.tables.has_labels();
        for at in 0..self.stream.lanes.len() {
            let lane = &self.stream.lanes[at];
            let (every, mut windows) = (lane.every, Vec::new());
            for start in self.stream.state.open.of(every).collect::<Vec<_>>() {
                let window = self.stream.lanes[at].window_at(start)?;
                if self.stream.lanes[at].is_past(window.end.as_microsecond(), watermark) {
                    // Its last snapshot may not have been written.
                    self.stream.soil(every, start, now);
                } else {
                    windows.push(window);
                }
            }
            if windows.is_empty() {
                continue;
            }
            let plan = Arc::clone(self.stream.lanes[at].plan());
            // With labels in the store a running Profile would lack them.
            let mut found: HashMap<i64, Profile> = HashMap::new();
            if !has_labels {
                let input = self.tables.input(self.stream.definition.clone())?;
                found = self
                    .handle
                    .block_on(input.profiles(&self.setup.config, &plan, &windows))?;
            }
            for window in windows {
                let start = window.start.as_microsecond();
                let waits = self.stream.state.restate.contains(every, start);
                let profile = found.remove(&start).filter(|_| !waits);
                let stored = profile.is_none();
                self.stream.lanes[at].reopen(window, profile, now);
                if stored {
                    self.stream.soil(every, start, now);
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Committed(committed) => {
                self.fold(&committed);
                self.make_room(self.now());
                self.setup.pressure.folded(committed.bytes);
            }
            Event::Restated(outcome, took) => {
                let now = self.now();
                match outcome {
                    Ok(windows) => {
                        self.stream.restated(true, took, now);
                        self.setup.board.lock().restated += windows as u64;
                        self.answer();
                    }
                    Err(error) => {
                        self.stream.restated(false, took, now);
                        self.failed(&error);
                        for asked in self.asked.drain(..) {
                            // Whoever asked may have gone.
                            let _ = asked.answer.send(Err(CollectError::Store(error.clone())));
                        }
                    }
                }
            }
            Event::Settle(answer) => {
                let settled = self.flush().map(|()| Settled {
                    now: self.stream.present(),
                    open: self.stream.checkpoint().open,
                });
                let _ = answer.send(settled);
            }
            Event::Recompute(windows, monitors, answer) => {
                let now = self.now();
                for (every, start) in &windows {
                    self.stream.soil_for(&monitors, *every, *start, now);
                }
                self.asked.push(Asked { windows, answer });
            }
            Event::End => {}
        }
    }

    /// Answers those whose windows are computed.
    fn answer(&mut self) {
        for asked in &mut self.asked {
            asked.windows.retain(|(every, start)| self.stream.waits(*every, *start));
        }
        for asked in self.asked.extract_if(.., |asked| asked.windows.is_empty()) {
            // Whoever asked may have gone.
            let _ = asked.answer.send(Ok(()));
        }
    }

    fn fold(&mut self, committed: &Committed) {
        if let Some(learned) = &committed.record.header.learned
            && self.stream.lanes.is_empty()
        {
            let handle = self.handle.clone();
            match handle.block_on(self.settle(learned)) {
                Ok(()) => self.stream.state.learned.clone_from(learned),
                Err(error) => self.failed(&error),
            }
        }
        let now = self.now();
        let lookup = (&self.handle, &self.tables);
        if let Err(error) = self.stream.fold(committed, now, &lookup) {
            self.failed(&format!("record {}: {error}", committed.position));
        }
    }

    /// Does what is due by the clock.
    fn tick(&mut self) {
        let now = self.now();
        self.stream.age(now);
        for (lane, due) in self.stream.due(now) {
            self.write(lane, &due, now);
        }
        if now - self.labels_placed_at >= 1_000_000 {
            self.labels_placed_at = now;
            let lookup = (&self.handle, &self.tables);
            if let Err(error) = self.stream.place_labels(now, &lookup) {
                self.failed(&error);
            }
        }
        self.store_what_is_due(now);
    }

    /// Writes the snapshots of a running Profile.
    fn write(&mut self, lane: usize, due: &Due, now: i64) {
        let rules = LabelRules::new(
            &self.stream.definition,
            self.setup.config.collector().labels.final_after.micros(),
            self.stream.present(),
            if due.closes {
                BTreeSet::new()
            } else {
                BTreeSet::from([due.start])
            },
        );
        let Some(open) = self.stream.open_window(lane, due.start) else {
            return;
        };
        let window = open.window.clone();
        let Some(profile) = open.profile() else { return };
        profile.finish();
        let monitors: Vec<usize> = due.monitors.clone();
        let snapshots = self.units[lane].snapshots(&monitors, &window, profile, rules.as_ref(), !due.closes, now);
        let stored = due.closes.then(|| {
            profile.compact();
            profile.to_stored()
        });
        let mut settled = true;
        let mut written = true;
        for snapshot in snapshots {
            settled &= snapshot.status == SnapshotStatus::Final;
            if let Err(error) = self.setup.workspace.write_revision(&snapshot, stored.as_deref()) {
                written = false;
                self.failed(&error);
            }
        }
        if due.closes {
            let every = self.stream.lanes[lane].every;
            self.stream.close(lane, due.start, settled && written);
            if !written {
                // It is computed from stored rows once the disk takes it.
                self.stream.soil(every, due.start, now);
            }
        }
    }

    fn tell(&self, phase: Phase) {
        let mut board = self.setup.board.lock();
        board.phase = phase;
        let (rows, bytes) = self.stream.unstored();
        board.buffered_rows = rows;
        board.buffered_bytes = bytes as u64;
        board.log_bytes = self.log.lock().unwrap_or_else(PoisonError::into_inner).bytes();
        board.watermark = self.stream.state.watermark;
        board.open_windows = self.stream.lanes.iter().map(|l| l.open().count() as u64).sum();
        board.restating = self.stream.restating() as u64;
        board.labels_waiting = self.stream.labels_waiting() as u64;
        board.activity.clone_from(&self.stream.state.activity);
    }
}
