//! What all requests share: the workspace, and the channel by which changes of its files are told.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use plimsoll_monitor::{Collectors, scheduler::Scheduler};
use plimsoll_store::{SnapshotChange, StoreError, Tokens, Workspace};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch},
    time::MissedTickBehavior,
};

use crate::{
    Problem,
    access::{Access, Door},
};

/// How often files and index are compared.
const POLL: Duration = Duration::from_secs(1);

/// Changes that a slow listener may lag behind before it is told to read all anew.
const BACKLOG: usize = 1_024;

/// Memory for bodies of rows that are being received and read, in bytes.
const BODIES: usize = 256 << 20;

/// What listeners are told.
#[derive(Debug)]
pub(crate) enum Signal {
    /// A snapshot was added, changed or removed.
    Snapshot(SnapshotChange),
    /// What was read before may be out of date.
    Resync,
}

/// What all requests share.
#[derive(Clone, Debug)]
pub struct AppState {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    workspace: Arc<Workspace>,
    changes: broadcast::Sender<Arc<Signal>>,
    ready: AtomicBool,
    closing: watch::Sender<bool>,
    live: Live,
    door: Door,
    /// Memory for bodies of rows, in KiB.
    bodies: Arc<Semaphore>,
}

/// What works on the workspace inside the service.
#[derive(Debug, Default)]
pub struct Live {
    /// Runs the jobs, if the service does.
    pub scheduler: Option<Scheduler>,
    /// Take rows in, if the service does.
    pub collectors: Option<Collectors>,
    /// Says that the service has an API alone.
    pub is_page_hidden: bool,
    /// Who may use it.
    pub access: Access,
}

impl AppState {
    /// The state of a service that shows a workspace; not ready before the first [`AppState::scan`].
    #[must_use]
    pub fn new(workspace: Arc<Workspace>) -> Self {
        Self::with(workspace, Live::default())
    }

    /// The state of a service on this machine that shows a workspace and works on it.
    #[must_use]
    pub fn with(workspace: Arc<Workspace>, live: Live) -> Self {
        Self::reached(workspace, live, false)
    }

    /// The state of a service that only this machine reaches, or others too.
    #[must_use]
    pub fn reached(workspace: Arc<Workspace>, mut live: Live, is_exposed: bool) -> Self {
        let access = std::mem::take(&mut live.access);
        let inner = Inner {
            door: Door::new(access, workspace.dir(), is_exposed),
            workspace,
            changes: broadcast::channel(BACKLOG).0,
            ready: AtomicBool::new(false),
            closing: watch::channel(false).0,
            live,
            bodies: Arc::new(Semaphore::new(BODIES >> 10)),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Compares files and index once and tells the listeners what changed.
    ///
    /// # Errors
    /// [`StoreError`] if the workspace cannot be read or the index fails.
    pub async fn scan(&self) -> Result<(), StoreError> {
        let workspace = Arc::clone(&self.inner.workspace);
        let Ok(report) = tokio::task::spawn_blocking(move || workspace.sync()).await else {
            // The runtime is shutting down, or the panic is reported already.
            return Ok(());
        };
        let report = report?;
        // Without listeners nobody is told.
        let tell = |signal| drop(self.inner.changes.send(Arc::new(signal)));
        if self.inner.ready.swap(true, Ordering::AcqRel) {
            report.changes.into_iter().map(Signal::Snapshot).for_each(tell);
        } else {
            // What another process wrote and indexed since this one started differs from nothing that was seen before.
            tell(Signal::Resync);
        }
        Ok(())
    }

    /// Scans every second until the service closes.
    pub(crate) async fn watch(self) {
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            ticks.tick().await;
            match self.scan().await {
                Ok(()) => failing = false,
                // Said once, not every second.
                Err(e) if !failing => {
                    failing = true;
                    tracing::error!("cannot compare the workspace with its index, trying again every second: {e}");
                }
                Err(_) => {}
            }
        }
    }

    pub(crate) fn door(&self) -> &Door {
        &self.inner.door
    }

    pub(crate) fn live(&self) -> &Live {
        &self.inner.live
    }

    /// Takes memory for a body; `None` if it is used up.
    pub(crate) fn take_memory(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kib = u32::try_from(bytes.div_ceil(1_024).max(1)).ok()?;
        Arc::clone(&self.inner.bodies).try_acquire_many_owned(kib).ok()
    }

    /// Brings the collectors up to date with the project files each second.
    pub(crate) async fn collect(self) {
        let Some(collectors) = &self.inner.live.collectors else {
            return;
        };
        let mut ticks = tokio::time::interval(POLL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            collectors.refresh().await;
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.inner.ready.load(Ordering::Acquire)
    }

    pub(crate) fn changes(&self) -> broadcast::Receiver<Arc<Signal>> {
        self.inner.changes.subscribe()
    }

    /// Ends event streams.
    pub(crate) fn close(&self) {
        self.inner.closing.send_replace(true);
    }

    /// Waits for [`AppState::close`].
    pub(crate) async fn closed(&self) {
        // The sender lives as long as this state.
        let _ = self.inner.closing.subscribe().wait_for(|closing| *closing).await;
    }

    /// Runs work on the workspace where it may block.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Workspace) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.aside(move |inner| work(&inner.workspace)).await
    }

    /// Runs work on the tokens where it may block.
    pub(crate) async fn on_tokens<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Tokens) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, Problem> {
        self.aside(move |inner| Ok(work(inner.door.tokens())?)).await
    }

    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let inner = Arc::clone(&self.inner);
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(done) => done,
            Err(e) => match e.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Problem::unavailable("the service is shutting down")),
            },
        }
    }

    /// Runs work on one project; a project that is not there is a problem that names similar ones.
    pub(crate) async fn on_project<T: Send + 'static>(
        &self,
        project: String,
        work: impl FnOnce(&Workspace, &str) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        self.blocking(move |workspace| {
            workspace.require_project(&project)?;
            work(workspace, &project)
        })
        .await
    }
}
