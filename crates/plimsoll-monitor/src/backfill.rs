//! The past computed again on demand: windows of a range, held against the snapshots that are kept.

use jiff::Timestamp;
use plimsoll_model::{
    Backfill, BackfillChange, Granularity, Snapshot,
    config::{ProjectConfig, parse_time},
    near,
};
use plimsoll_store::Workspace;

use crate::{
    JobEvent, MonitorError,
    input::Input,
    job::{self, Range},
};

/// Windows that are computed again at once.
pub(crate) const MOST_WINDOWS: usize = 100_000;

/// What is to be computed again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillRequest {
    /// First moment; the first window is the one that holds it.
    pub from: Timestamp,
    /// First moment after the last window.
    pub to: Timestamp,
    /// Names of monitors; all if there are none.
    pub monitors: Vec<String>,
    /// Only tells what would change.
    pub dry_run: bool,
}

impl BackfillRequest {
    /// A request between two moments as people write them, in the time zone of the project.
    ///
    /// # Errors
    /// [`MonitorError::Config`] if a text is no moment; else as [`BackfillRequest::check`].
    pub fn try_new(
        config: &ProjectConfig,
        (from, to): (&str, &str),
        monitors: Vec<String>,
        dry_run: bool,
    ) -> Result<Self, MonitorError> {
        let timezone = config.data.timezone()?;
        let request = Self {
            from: parse_time(from, &timezone)?,
            to: parse_time(to, &timezone)?,
            monitors,
            dry_run,
        };
        request.check(config)?;
        Ok(request)
    }

    /// Makes sure that the project has the monitors, and that the range has a length.
    ///
    /// # Errors
    /// [`MonitorError::UnknownMonitor`] with similar names, [`MonitorError::EmptyRange`].
    pub fn check(&self, config: &ProjectConfig) -> Result<(), MonitorError> {
        if self.from >= self.to {
            let (from, to) = (self.from, self.to);
            return Err(MonitorError::EmptyRange { from, to });
        }
        let names = || config.monitors.iter().map(|m| m.name.as_str());
        match self.monitors.iter().find(|name| !names().any(|own| own == *name)) {
            None => Ok(()),
            Some(name) => Err(MonitorError::UnknownMonitor {
                project: config.project.clone(),
                monitor: name.clone(),
                near: near(name, names()),
            }),
        }
    }

    /// Says whether a monitor is asked for.
    pub(crate) fn takes(&self, monitor: &str) -> bool {
        self.monitors.is_empty() || self.monitors.iter().any(|name| name == monitor)
    }
}

/// Computes the windows of a project again whose rows lie in files, and writes a new revision where a result is another one.
///
/// `base` is where relative paths of the configuration begin. Rows that are sent to a project are the business of its collector:
/// [`crate::Collector::backfill`].
///
/// # Errors
/// [`MonitorError`] if the request does not fit the project, the data cannot be read or a snapshot cannot be written. What was
/// written before stays.
pub async fn backfill(
    config: &ProjectConfig,
    base: &std::path::Path,
    workspace: &Workspace,
    request: &BackfillRequest,
    on_event: &mut (dyn for<'e> FnMut(JobEvent<'e>) + Send),
) -> Result<Backfill, MonitorError> {
    request.check(config)?;
    let input = Input::open(config, base, workspace).await?;
    let range = Range {
        request,
        is_open: &|_, _| false,
        skips_empty: false,
    };
    job::compare(config, base, workspace, &input, None, &range, on_event).await
}

/// The change that a snapshot is.
pub(crate) fn change(snapshot: &Snapshot, before: Option<u32>) -> Option<BackfillChange> {
    let window = snapshot.window.as_ref()?;
    Some(BackfillChange {
        snapshot: snapshot.id.clone(),
        monitor: snapshot.monitor.clone(),
        kind: snapshot.kind,
        start: window.start,
        end: window.end,
        rows: snapshot.run.rows,
        before,
        revision: snapshot.revision,
    })
}

/// The windows of changes, by length and start in microseconds since the Unix epoch.
pub(crate) fn windows_of(config: &ProjectConfig, changes: &[BackfillChange]) -> Vec<(Granularity, i64)> {
    let mut windows: Vec<(Granularity, i64)> = Vec::new();
    for change in changes {
        let every = config
            .monitors
            .iter()
            .find(|m| m.name == change.monitor)
            .map(|m| m.every);
        let window = every.map(|every| (every, change.start.as_microsecond()));
        windows.extend(window.filter(|window| !windows.contains(window)));
    }
    windows
}

/// Says whether two snapshots hold the same results. `before` comes from a file.
pub(crate) fn is_same(before: &Snapshot, now: &Snapshot) -> bool {
    // Reading a number that was written can change its last digit, so both are compared as they are read.
    let read = serde_json::to_vec(now).and_then(|json| serde_json::from_slice::<Snapshot>(&json));
    let Ok(now) = read else { return false };
    before.run.rows == now.run.rows
        && before.status == now.status
        && before.maturity == now.maturity
        && before.reference == now.reference
        && before.notes == now.notes
        && before.measurements == now.measurements
        && before.tests == now.tests
}
