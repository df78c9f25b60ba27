//! The jobs of a workspace whose rows lie in files: each runs on its schedule, one at a time.
//!
//! The files of the workspace are the truth here too: project files are read again each second, and the runs of a project
//! are kept beside its snapshots.

mod history;

use std::{
    collections::BTreeMap,
    io,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use plimsoll_model::{
    Granularity, JobRun, Jobs, Schedule as Planned,
    config::{ProjectConfig, Schedule, Seconds},
};
use plimsoll_store::Workspace;
use thiserror::Error;
use tokio::sync::{Notify, watch};

use crate::{Clock, JobOptions, JobSummary, MonitorError, job};
use history::History;

/// How often project files are looked at.
const POLL: Duration = Duration::from_secs(1);

/// The shortest time between two runs that is chosen where the project file is silent, in seconds.
const SHORTEST: i64 = 60;

/// Why a run that was asked for is not begun.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RunRefused {
    /// The project has no job.
    #[error("`{0}` has no job: its rows are sent to it, or it has no project file that can be read")]
    NoJob(String),
    /// The job is running or about to run.
    #[error("the job of `{0}` is running; ask again when it is done")]
    Running(String),
}

/// Runs the jobs of a workspace.
#[derive(Clone)]
pub struct Scheduler {
    inner: Arc<Inner>,
}

struct Inner {
    workspace: Arc<Workspace>,
    clock: Arc<dyn Clock>,
    projects: Mutex<BTreeMap<String, Project>>,
    wake: Notify,
    stopping: watch::Sender<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A project with a job.
struct Project {
    /// The project file as last read.
    text: String,
    config: Arc<ProjectConfig>,
    every: Option<Seconds>,
    /// When the schedule wants the next run.
    next: Option<Timestamp>,
    /// The run that was asked for.
    asked: Option<String>,
    running: Option<JobRun>,
    history: History,
}

/// A run that is to be done.
struct Due {
    project: String,
    run: JobRun,
    config: Arc<ProjectConfig>,
    text: String,
}

impl std::fmt::Debug for Scheduler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scheduler").finish_non_exhaustive()
    }
}

impl Scheduler {
    /// A scheduler that runs nothing before [`Scheduler::start`] or [`Scheduler::turn`].
    #[must_use]
    pub fn new(workspace: Arc<Workspace>, clock: Arc<dyn Clock>) -> Self {
        let inner = Inner {
            workspace,
            clock,
            projects: Mutex::default(),
            wake: Notify::new(),
            stopping: watch::channel(false).0,
            thread: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Runs jobs on threads of their own until [`Scheduler::stop`].
    ///
    /// # Errors
    /// The system's answer if no thread can be had.
    pub fn start(&self) -> io::Result<()> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.div_ceil(2))
            .thread_name("job")
            .enable_all()
            .build()?;
        let this = self.clone();
        let thread = std::thread::Builder::new()
            .name("scheduler".to_owned())
            .spawn(move || {
                let mut stopping = this.inner.stopping.subscribe();
                runtime.block_on(async {
                    tokio::select! {
                        () = this.turns() => (),
                        // The sender lives as long as the scheduler.
                        _ = stopping.wait_for(|stopping| *stopping) => (),
                    }
                });
                // What a job has written stays, and its next run goes on from there.
                runtime.shutdown_background();
            })?;
        *self.inner.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(())
    }

    /// Ends the threads; a job that is running is left where it is.
    pub fn stop(&self) {
        self.inner.stopping.send_replace(true);
        let thread = self.inner.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the scheduler ended with a panic");
        }
    }

    async fn turns(&self) {
        loop {
            self.turn().await;
            tokio::select! {
                () = self.inner.wake.notified() => (),
                () = tokio::time::sleep(POLL) => (),
            }
        }
    }

    /// Runs every job that is due, one after the other, and says how many ran.
    pub async fn turn(&self) -> usize {
        let mut done = 0;
        loop {
            self.refresh();
            let Some(due) = self.take_due() else { return done };
            let outcome = self.run(&due).await;
            self.finish(due, outcome);
            done += 1;
        }
    }

    /// Asks for a run as soon as the jobs before it are done, and returns its id.
    ///
    /// # Errors
    /// [`RunRefused`] if there is no job, or if it is running or about to run.
    pub fn ask(&self, project: &str) -> Result<String, RunRefused> {
        self.refresh();
        let mut projects = self.projects();
        let Some(found) = projects.get_mut(project) else {
            return Err(RunRefused::NoJob(project.to_owned()));
        };
        if found.running.is_some() || found.asked.is_some() {
            return Err(RunRefused::Running(project.to_owned()));
        }
        let id = found.history.next_id();
        found.asked = Some(id.clone());
        drop(projects);
        self.inner.wake.notify_one();
        Ok(id)
    }

    /// When the job of a project runs and how its runs went.
    #[must_use]
    pub fn jobs(&self, project: &str) -> Jobs {
        let projects = self.projects();
        let Some(found) = projects.get(project) else {
            return Jobs::default();
        };
        let schedule = found.every.map(|every| Planned {
            every: every.to_string(),
            next_run: found.next.filter(|_| found.running.is_none()),
        });
        let running = found.running.iter();
        Jobs {
            schedule,
            running: found.running.is_some(),
            history: running.chain(found.history.runs()).cloned().collect(),
        }
    }

    fn now(&self) -> Timestamp {
        // A clock of a moment that no timestamp has is broken; then everything is due.
        Timestamp::from_microsecond(self.inner.clock.now()).unwrap_or(Timestamp::MAX)
    }

    fn projects(&self) -> MutexGuard<'_, BTreeMap<String, Project>> {
        self.inner.projects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the project files anew.
    fn refresh(&self) {
        let workspace = &self.inner.workspace;
        let ids = match workspace.projects() {
            Ok(ids) => ids,
            Err(e) => {
                tracing::error!("the projects cannot be listed for their jobs: {e}");
                return;
            }
        };
        let mut projects = self.projects();
        projects.retain(|id, project| project.running.is_some() || ids.contains(id));
        for id in ids {
            let text = workspace.project_config(&id).ok().flatten();
            let known = projects.get_mut(&id);
            if known.as_ref().map(|p| &p.text) == text.as_ref() {
                continue;
            }
            // A file that cannot be read has no job; the page of the project and the log tell why.
            let config = text.as_deref().and_then(|text| ProjectConfig::parse(text).ok());
            let (Some(text), Some(config)) = (text, config.filter(|c| !c.is_collected())) else {
                if known.is_none_or(|p| p.running.is_none()) {
                    projects.remove(&id);
                }
                continue;
            };
            let every = interval(&config);
            let now = self.now();
            let config = Arc::new(config);
            if let Some(known) = known {
                (known.text, known.config, known.every) = (text, config, every);
                known.next = every.map(|_| now);
            } else {
                let history = History::read(workspace, &id);
                let last = history.runs().next().map(|run| run.started_at);
                let project = Project {
                    text,
                    config,
                    every,
                    next: every.map(|every| last.map_or(now, |last| after(last, every))),
                    asked: None,
                    running: None,
                    history,
                };
                projects.insert(id, project);
            }
        }
    }

    /// The run that waits longest, those that were asked for before the others; it counts as running then.
    fn take_due(&self) -> Option<Due> {
        let now = self.now();
        let mut projects = self.projects();
        let waits = |project: &Project| match (&project.asked, project.next) {
            (Some(_), _) => Some(Timestamp::MIN),
            (None, Some(next)) if next <= now => Some(next),
            _ => None,
        };
        let (_, id) = projects
            .iter()
            .filter_map(|(id, p)| Some((waits(p)?, id.clone())))
            .min()?;
        let project = projects.get_mut(&id)?;
        let run = JobRun {
            id: project.asked.take().unwrap_or_else(|| project.history.next_id()),
            started_at: now,
            seconds: None,
            written: 0,
            skipped: 0,
            failed: 0,
            error: None,
        };
        project.running = Some(run.clone());
        project.next = project.every.map(|every| after(now, every));
        let (config, text) = (Arc::clone(&project.config), project.text.clone());
        Some(Due {
            project: id,
            run,
            config,
            text,
        })
    }

    async fn run(&self, due: &Due) -> Result<JobSummary, String> {
        let name = &due.project;
        let mut listen = |event: job::JobEvent<'_>| {
            if let job::JobEvent::Warning(text) = event {
                tracing::warn!("job of `{name}`: {text}");
            }
        };
        let job = async {
            let workspace = &self.inner.workspace;
            let base = workspace.project_base(name)?;
            let options = JobOptions {
                kept: true,
                ..JobOptions::default()
            };
            job::run(&due.config, &due.text, &base, workspace, &options, &mut listen).await
        };
        // The others go on, whatever happens to this one.
        match AssertUnwindSafe(job).catch_unwind().await {
            Ok(outcome) => outcome.map_err(|e: MonitorError| e.to_string()),
            Err(_) => Err("the job ended with a panic; the log says where".to_owned()),
        }
    }

    fn finish(&self, due: Due, outcome: Result<JobSummary, String>) {
        let now = self.now();
        let mut run = due.run;
        run.seconds = Some(now.duration_since(run.started_at).as_secs_f64());
        match outcome {
            Ok(summary) => {
                run.written = summary.written as u64;
                run.skipped = summary.skipped as u64;
                run.failed = summary.errors as u64;
            }
            Err(problem) => {
                tracing::error!("job of `{}`: {problem}", due.project);
                run.error = Some(problem);
            }
        }
        let mut projects = self.projects();
        let Some(project) = projects.get_mut(&due.project) else {
            return;
        };
        project.running = None;
        project.history.add(run);
        if let Err(e) = project.history.write(&self.inner.workspace, &due.project) {
            tracing::error!("the runs of `{}` are not kept: {e}", due.project);
        }
    }
}

fn after(at: Timestamp, every: Seconds) -> Timestamp {
    at.saturating_add(SignedDuration::from_secs(every.0)).unwrap_or(at)
}

/// Time between two runs: as the project file says, else the length of the shortest window.
fn interval(config: &ProjectConfig) -> Option<Seconds> {
    let seconds = |every: Granularity| match every {
        Granularity::Hour => 3_600,
        Granularity::Day => 86_400,
        Granularity::Week => 7 * 86_400,
        Granularity::Month => 30 * 86_400,
        Granularity::Seconds(seconds) => seconds,
    };
    match config.schedule {
        Some(Schedule::Off) => None,
        Some(Schedule::Every(every)) => Some(every),
        None => {
            let shortest = config.monitors.iter().map(|m| seconds(m.every)).min();
            shortest.map(|seconds| Seconds(seconds.max(SHORTEST)))
        }
    }
}

#[cfg(test)]
mod tests;
