//! The batch job: every due window of every monitor becomes a snapshot.

use std::{
    collections::{BTreeSet, HashMap},
    path::Path,
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use plimsoll_engine::{Profile, ProfilePlan, Reference};
use plimsoll_model::{
    Backfill, BackfillChange, Granularity, Snapshot, Status, Window,
    config::{MonitorConfig, ProjectConfig, ReferenceKind},
};
use plimsoll_query::{Progress, Source, TimeRange};
use plimsoll_store::{Unindexed, Workspace};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use crate::{
    BackfillRequest, MonitorError,
    backfill::{MOST_WINDOWS, change, is_same},
    input::Input,
    lessons::lessons,
    maturity::LabelRules,
    plan::{Planned, plans, profile_plan},
    reference::{Data, References, Slice, seconds_between},
    snapshot::{Header, snapshot},
};

/// Which windows to compute.
#[derive(Debug, Clone, Default)]
pub struct JobOptions {
    /// Earliest moment; the first window is the one that holds it. Default: the end of a reference range, else the first
    /// row.
    pub from: Option<Timestamp>,
    /// First moment after the last window. Default: after the last row.
    pub to: Option<Timestamp>,
    /// Computes windows again that were computed with the same configuration and data.
    pub force: bool,
    /// Says that configuration and `base` came from the workspace, so that they are not written there again.
    pub kept: bool,
}

/// What happens while a job runs.
#[derive(Debug)]
pub enum JobEvent<'a> {
    /// Something that the user should know.
    Warning(String),
    /// Windows of one length are about to be read.
    Planned {
        /// Length of the windows.
        every: Granularity,
        /// Windows to compute.
        windows: usize,
        /// Windows that were computed before.
        done: usize,
        /// Rows of the source.
        rows: u64,
    },
    /// Reading goes on.
    Progress(Progress),
    /// A snapshot was written.
    Written(&'a Snapshot),
    /// A snapshot that was computed again is not the one that is kept; its revision, if there is one.
    Differs(&'a Snapshot, Option<u32>),
}

/// What a job did.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct JobSummary {
    /// Snapshots written.
    pub written: usize,
    /// Snapshots that were there already, or came out as they are kept.
    pub skipped: usize,
    /// Windows without rows among those written.
    pub empty: usize,
    /// Test suites written with a failed test.
    pub failed: usize,
    /// Test suites written with a test that could not be computed.
    pub errors: usize,
    /// Rows of the source.
    pub rows: u64,
    /// Time of the run, in seconds.
    pub seconds: f64,
}

/// A monitor with its plans and its reference.
struct Monitor<'a> {
    config: &'a MonitorConfig,
    planned: Vec<Planned>,
    reference: Option<ReferenceKind>,
    digest: String,
}

/// Computes every due window and writes its snapshots into the workspace.
///
/// `base` is where relative paths begin; it is kept in the workspace with `yaml`, the text of the configuration.
///
/// # Errors
/// [`MonitorError`] if the data cannot be read, a snapshot cannot be written, or the configuration does not fit the data.
/// What was written before stays, and the next run goes on from there.
pub async fn run(
    config: &ProjectConfig,
    yaml: &str,
    base: &Path,
    workspace: &Workspace,
    options: &JobOptions,
    on_event: &mut (dyn for<'e> FnMut(JobEvent<'e>) + Send),
) -> Result<JobSummary, MonitorError> {
    let clock = std::time::Instant::now();
    let timezone = config.data.timezone()?;
    let input = Input::open(config, base, workspace).await?;
    let source = &input.source;
    let timestamp = config.data.timestamp.as_deref().unwrap_or_default();
    let times = source.time_range(timestamp, &timezone).await?;
    let rules = input.rules(config, times.range.map_or(0, |(_, last)| last), BTreeSet::new());
    let data = input.data(config, &timezone, rules.as_ref());
    let notes = notes_of(source, timestamp, &times);
    for note in &notes {
        on_event(JobEvent::Warning(note.clone()));
    }
    let Some((first, last)) = times.range else {
        return Err(MonitorError::Nothing(format!(
            "`{}` holds no row with a time in `{timestamp}`",
            source.name()
        )));
    };
    if !options.kept {
        workspace.write_project_base(&config.project, base)?;
        workspace.write_project_config(&config.project, yaml)?;
    }
    let existing = workspace.existing(&config.project)?;
    let monitors = monitors(config, base, &input, |_| true).await?;
    let mut summary = JobSummary {
        rows: times.rows,
        ..JobSummary::default()
    };
    let bounds = (micros(first)?, micros(last + 1)?);
    for every in config.window_lengths() {
        let group: Vec<&Monitor<'_>> = monitors.iter().filter(|m| m.config.every == every).collect();
        let windows = due_windows(every, &group, bounds, options, &timezone)?;
        let run = Run {
            config,
            base,
            data: &data,
            workspace,
            existing: &existing,
            options,
            notes: &notes,
            started_at: Timestamp::now(),
            rules: rules.as_ref(),
            only: None,
            write: Write::Always,
        };
        run.windows(every, &group, &windows, times.rows, &mut summary, on_event)
            .await?;
    }
    summary.seconds = clock.elapsed().as_secs_f64();
    Ok(summary)
}

fn micros(at: i64) -> Result<Timestamp, MonitorError> {
    Timestamp::from_microsecond(at).map_err(|e| MonitorError::Nothing(format!("a time is out of range: {e}")))
}

/// The chosen monitors of a project, with their plans and references.
async fn monitors<'a>(
    config: &'a ProjectConfig,
    base: &Path,
    input: &Input,
    chosen: impl Fn(&MonitorConfig) -> bool,
) -> Result<Vec<Monitor<'a>>, MonitorError> {
    let timezone = config.data.timezone()?;
    let mut monitors = Vec::new();
    for monitor in config.monitors.iter().filter(|m| chosen(m)) {
        let reference = monitor.reference.as_ref().or(config.reference.as_ref());
        let reference = reference.map(|r| r.settle(&timezone)).transpose()?;
        let planned = plans(
            &monitor.name,
            &monitor.report,
            &monitor.tests,
            &input.definition,
            reference.is_some(),
        )?;
        let (source, labels) = (&input.source, input.labels.as_ref());
        let digest = digest(config, monitor, source, labels, reference.as_ref(), base).await?;
        monitors.push(Monitor {
            config: monitor,
            planned,
            reference,
            digest,
        });
    }
    Ok(monitors)
}

/// Computes some windows of one length again, whatever was done before, and writes the snapshots that came out otherwise.
///
/// `starts` are microseconds since the Unix epoch; without names it is done for all monitors of the length.
pub(crate) async fn recompute(
    config: &ProjectConfig,
    base: &Path,
    workspace: &Workspace,
    input: &Input,
    rules: Option<&LabelRules>,
    (every, starts): (Granularity, &BTreeSet<i64>),
    named: &BTreeSet<String>,
) -> Result<JobSummary, MonitorError> {
    let timezone = config.data.timezone()?;
    let data = input.data(config, &timezone, rules);
    let chosen = |m: &MonitorConfig| m.every == every && (named.is_empty() || named.contains(&m.name));
    let monitors = monitors(config, base, input, chosen).await?;
    let group: Vec<&Monitor<'_>> = monitors.iter().collect();
    let mut windows = Vec::with_capacity(starts.len());
    for start in starts {
        windows.push(every.window_at(micros(*start)?, &timezone)?);
    }
    let existing = workspace.existing(&config.project)?;
    let run = Run {
        config,
        base,
        data: &data,
        workspace,
        existing: &existing,
        options: &JobOptions::default(),
        notes: &[],
        started_at: Timestamp::now(),
        rules,
        only: Some(starts),
        write: Write::Changed,
    };
    let mut summary = JobSummary::default();
    run.windows(every, &group, &windows, 0, &mut summary, &mut |_| ())
        .await?;
    Ok(summary)
}

/// Windows that are computed again.
pub(crate) struct Range<'a> {
    pub request: &'a BackfillRequest,
    /// Says whether a window still takes rows.
    pub is_open: &'a (dyn Fn(Granularity, i64) -> bool + Sync),
    /// Leaves out windows without rows that have no snapshot.
    pub skips_empty: bool,
}

/// Computes the windows of a range again and holds them against what is kept; writes those that differ, unless the request is
/// to tell of them only.
pub(crate) async fn compare(
    config: &ProjectConfig,
    base: &Path,
    workspace: &Workspace,
    input: &Input,
    rules: Option<&LabelRules>,
    range: &Range<'_>,
    on_event: &mut (dyn for<'e> FnMut(JobEvent<'e>) + Send),
) -> Result<Backfill, MonitorError> {
    let request = range.request;
    let timezone = config.data.timezone()?;
    let timestamp = config.data.timestamp.as_deref().unwrap_or_default();
    let times = input.source.time_range(timestamp, &timezone).await?;
    let notes = notes_of(&input.source, timestamp, &times);
    let mut found = Backfill {
        dry_run: request.dry_run,
        ..Backfill::default()
    };
    let Some((first, last)) = times.range else {
        return Ok(found);
    };
    // Where there are no rows there is nothing to compute.
    let (from, to) = (request.from.max(micros(first)?), request.to.min(micros(last + 1)?));
    if from >= to {
        return Ok(found);
    }
    let data = input.data(config, &timezone, rules);
    let monitors = monitors(config, base, input, |m| request.takes(&m.name)).await?;
    let existing = workspace.existing(&config.project)?;
    let options = JobOptions {
        force: true,
        ..JobOptions::default()
    };
    let run = Run {
        config,
        base,
        data: &data,
        workspace,
        existing: &existing,
        options: &options,
        notes: if rules.is_some() { &[] } else { &notes },
        started_at: Timestamp::now(),
        rules,
        only: None,
        write: if request.dry_run { Write::Never } else { Write::Changed },
    };
    let mut summary = JobSummary::default();
    for every in config.window_lengths() {
        let group: Vec<&Monitor<'_>> = monitors.iter().filter(|m| m.config.every == every).collect();
        if group.is_empty() {
            continue;
        }
        let mut windows = every.windows(from, to, &timezone)?;
        windows.retain(|window| !(range.is_open)(every, window.start.as_microsecond()));
        found.windows += windows.len() as u64;
        if found.windows > MOST_WINDOWS as u64 {
            return Err(MonitorError::TooManyWindows { most: MOST_WINDOWS });
        }
        let changes = &mut found.changes;
        let mut listen = |event: JobEvent<'_>| match event {
            JobEvent::Differs(snapshot, before) => {
                if !(range.skips_empty && before.is_none() && snapshot.run.rows == 0) {
                    changes.extend(change(snapshot, before));
                }
            }
            other => on_event(other),
        };
        run.windows(every, &group, &windows, times.rows, &mut summary, &mut listen)
            .await?;
    }
    found.unchanged = summary.skipped as u64;
    let order = |c: &BackfillChange| (c.monitor.clone(), c.start, c.kind);
    found.changes.sort_by_cached_key(order);
    Ok(found)
}

/// What is to be said of the rows beside their numbers.
fn notes_of(source: &Source, timestamp: &str, times: &TimeRange) -> Vec<String> {
    let mut notes = time_notes(timestamp, times);
    notes.extend(source.notes().iter().cloned());
    notes
}

/// What is left out for want of a time.
fn time_notes(timestamp: &str, times: &TimeRange) -> Vec<String> {
    let mut notes = Vec::new();
    if times.nulls > 0 {
        notes.push(format!(
            "{} of {} rows of the source have no `{timestamp}` and are left out",
            times.nulls, times.rows
        ));
    }
    if times.unreadable > 0 {
        let examples: Vec<String> = times.examples.iter().map(|e| format!("`{e}`")).collect();
        notes.push(format!(
            "{} of {} rows of the source have a `{timestamp}` that is no moment and are left out, such as {}",
            times.unreadable,
            times.rows,
            examples.join(", ")
        ));
    }
    notes
}

/// A digest of everything that a monitor's numbers depend on but the window.
async fn digest(
    config: &ProjectConfig,
    monitor: &MonitorConfig,
    source: &Source,
    labels: Option<&Source>,
    reference: Option<&ReferenceKind>,
    base: &Path,
) -> Result<String, MonitorError> {
    let mut parts = vec![
        env!("CARGO_PKG_VERSION").to_owned(),
        monitor.every.to_string(),
        serde_json::to_string(&(&config.data, &monitor.report, &monitor.tests)).unwrap_or_default(),
        format!("{reference:?}"),
        source.fingerprint(),
    ];
    parts.extend(labels.map(Source::fingerprint));
    if let Some(ReferenceKind::Source(spec)) = reference {
        parts.push(Source::open(spec, base).await?.fingerprint());
    }
    Ok(format!("{:032x}", xxh3_128(parts.join("\u{0}").as_bytes())))
}

fn due_windows(
    every: Granularity,
    group: &[&Monitor<'_>],
    (first, end): (Timestamp, Timestamp),
    options: &JobOptions,
    timezone: &jiff::tz::TimeZone,
) -> Result<Vec<Window>, MonitorError> {
    let to = options.to.unwrap_or(end);
    if let Some(from) = options.from {
        return Ok(every.windows(from, to, timezone)?);
    }
    // The reference's own rows are not held against themselves.
    let after = group.iter().filter_map(|m| match &m.reference {
        Some(ReferenceKind::Range { to, .. }) => Some(*to),
        _ => None,
    });
    let after = after.min().filter(|after| *after < to && *after > first);
    let mut windows = every.windows(after.unwrap_or(first), to, timezone)?;
    if let Some(after) = after {
        windows.retain(|w| w.start >= after);
    }
    Ok(windows)
}

/// The fixed reference of a monitor as each of its plans has prepared it.
type Prepared<'a> = Vec<Option<Reference<'a>>>;

/// What stays the same while a project's windows are computed.
struct Run<'a> {
    config: &'a ProjectConfig,
    base: &'a Path,
    data: &'a Data<'a>,
    workspace: &'a Workspace,
    existing: &'a HashMap<String, String>,
    options: &'a JobOptions,
    notes: &'a [String],
    started_at: Timestamp,
    /// What windows are held against whose labels come late.
    rules: Option<&'a LabelRules>,
    /// Starts of the windows that are computed, whatever was done before.
    only: Option<&'a BTreeSet<i64>>,
    write: Write,
}

/// Which snapshots are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    /// All.
    Always,
    /// Those that are not as they are kept.
    Changed,
    /// None.
    Never,
}

/// A snapshot that was computed.
struct Made {
    snapshot: Snapshot,
    /// The revision that is kept.
    before: Option<u32>,
    differs: bool,
    /// Its files, if they are written.
    files: Option<Unindexed>,
}

impl Run<'_> {
    fn is_done(&self, monitor: &Monitor<'_>, planned: &Planned, window: &Window) -> bool {
        if let Some(only) = self.only {
            return !only.contains(&window.start.as_microsecond());
        }
        let id = Snapshot::make_id(window.start, planned.kind, &monitor.config.name);
        !self.options.force && self.existing.get(&id) == Some(&monitor.digest)
    }

    async fn windows(
        &self,
        every: Granularity,
        group: &[&Monitor<'_>],
        windows: &[Window],
        rows: u64,
        summary: &mut JobSummary,
        on_event: &mut (dyn for<'e> FnMut(JobEvent<'e>) + Send),
    ) -> Result<(), MonitorError> {
        let due = |w: &Window| group.iter().any(|m| m.planned.iter().any(|p| !self.is_done(m, p, w)));
        let wanted: Vec<&Window> = windows.iter().filter(|w| due(w)).collect();
        on_event(JobEvent::Planned {
            every,
            windows: wanted.len(),
            done: windows.len() - wanted.len(),
            rows,
        });
        let snapshots = |w: &Window| {
            group
                .iter()
                .flat_map(|m| m.planned.iter().map(move |p| (m, p)))
                .filter(|(m, p)| self.is_done(m, p, w))
                .count()
        };
        summary.skipped += windows.iter().map(snapshots).sum::<usize>();
        let (Some(first), Some(last)) = (wanted.first(), wanted.last()) else {
            return Ok(());
        };
        // Windows before the first are read where they are a reference, and not computed.
        let since = first.start;
        let due = |w: &Window| w.start >= since && due(w);
        let rules = self.rules.iter().flat_map(|r| r.requires());
        let plan = profile_plan(group.iter().flat_map(|m| &m.planned), rules);
        let mut references = Vec::new();
        for monitor in group {
            let learns = monitor.planned.iter().any(|p| p.plan.learns());
            references.push(References::open(monitor.reference.as_ref(), self.data, self.base, &plan, learns).await?);
        }
        // What derived bounds need of a fixed reference is computed once.
        let fixed: Vec<Option<Arc<Slice>>> = references
            .iter()
            .map(|r| {
                if let References::Fixed(slice) = r {
                    Some(Arc::clone(slice))
                } else {
                    None
                }
            })
            .collect();
        let mut prepared: Vec<Prepared<'_>> = Vec::new();
        for (monitor, slice) in group.iter().zip(&fixed) {
            let Some(slice) = slice else {
                prepared.push(monitor.planned.iter().map(|_| None).collect());
                continue;
            };
            let kind = monitor.reference.as_ref();
            let lessons = lessons(kind, self.data, self.base, every, slice, &monitor.planned).await?;
            let taught = monitor.planned.iter().zip(&lessons);
            let reference =
                |(p, lessons): (&'_ Planned, _)| Some(p.plan.reference(&slice.profile).with_lessons(lessons));
            prepared.push(taught.map(reference).collect());
        }
        // Earlier windows are read too where they are the reference.
        let length = seconds_between(first.start, first.end);
        let lead = group
            .iter()
            .map(|m| References::lead_seconds(m.reference.as_ref(), length))
            .fold(0.0, f64::max);
        let read: Vec<Window> = if lead > 0.0 {
            let lead = first
                .start
                .saturating_sub(SignedDuration::from_secs_f64(lead))
                .unwrap_or(first.start);
            every.windows(lead, last.end, self.data.timezone)?
        } else {
            wanted.iter().map(|w| (*w).clone()).collect()
        };
        let cuts = read
            .iter()
            .map(|w| (w.start.as_microsecond(), w.end.as_microsecond()))
            .collect();
        let mut next = 0;
        // Progress and snapshots are told to the same listener, from the same thread.
        let listener = std::cell::RefCell::new(on_event);
        self.data
            .windows(cuts)
            .profile(
                &plan,
                |progress| (listener.borrow_mut())(JobEvent::Progress(progress)),
                |profiles| {
                    let end = profiles.last().map_or(next, |p| p.window + 1);
                    let batch = complete(&plan, next..end, profiles);
                    next = end;
                    let listen = &mut **listener.borrow_mut();
                    self.evaluate(group, &read, &mut references, &prepared, batch, &due, summary, listen)
                },
            )
            .await?;
        let rest = complete(&plan, next..read.len(), Vec::new());
        let listen = &mut **listener.borrow_mut();
        self.evaluate(group, &read, &mut references, &prepared, rest, &due, summary, listen)
    }

    /// Evaluates windows in order, in parallel as far as their references allow, and writes their snapshots.
    #[allow(clippy::too_many_arguments, reason = "one call, and the borrows differ")]
    fn evaluate(
        &self,
        group: &[&Monitor<'_>],
        read: &[Window],
        references: &mut [References],
        prepared: &[Prepared<'_>],
        batch: Vec<(usize, Profile)>,
        due: &(dyn Fn(&Window) -> bool + Sync),
        summary: &mut JobSummary,
        on_event: &mut (dyn for<'e> FnMut(JobEvent<'e>) + Send),
    ) -> Result<(), MonitorError> {
        // Where a reference moves along, each window's own is made first.
        let mut tasks: Vec<(usize, Profile, Vec<Option<Slice>>)> = Vec::with_capacity(batch.len());
        for (at, profile) in batch {
            let window = &read[at];
            let mut own = Vec::with_capacity(references.len());
            for reference in references.iter_mut() {
                own.push(match reference {
                    References::Earlier(earlier) => {
                        let slice = if due(window) { earlier.before(window)? } else { None };
                        earlier.keep(window, &profile)?;
                        slice
                    }
                    _ => None,
                });
            }
            if due(window) {
                tasks.push((at, profile, own));
            }
        }
        let references = &*references;
        for chunk in chunks(tasks, 16) {
            let mut made: Vec<Result<Vec<Made>, MonitorError>> = chunk
                .into_par_iter()
                .map(|(at, mut profile, own)| {
                    let window = &read[at];
                    let mut snapshots = Vec::new();
                    for (((monitor, reference), own), prepared) in group.iter().zip(references).zip(&own).zip(prepared)
                    {
                        let slice = match reference {
                            References::None => None,
                            References::Fixed(slice) => Some(&**slice),
                            References::Earlier(_) => own.as_ref(),
                        };
                        for (planned, prepared) in monitor.planned.iter().zip(prepared) {
                            if !self.is_done(monitor, planned, window) {
                                let reference = (slice, prepared.as_ref());
                                snapshots.push(self.snapshot(monitor, planned, window, &profile, reference));
                            }
                        }
                    }
                    profile.compact();
                    let stored = profile.to_stored();
                    snapshots
                        .into_iter()
                        .map(|(snapshot, before)| {
                            let differs = self.write == Write::Always
                                || before.as_ref().is_none_or(|before| !is_same(before, &snapshot));
                            let writes = differs && self.write != Write::Never;
                            let files = writes
                                .then(|| self.workspace.write_revision_files(&snapshot, Some(&stored)))
                                .transpose()?;
                            Ok(Made {
                                snapshot,
                                before: before.map(|before| before.revision),
                                differs,
                                files,
                            })
                        })
                        .collect()
                })
                .collect();
            // What is written is indexed, whatever becomes of the others.
            let written = made.iter_mut().flatten().flatten();
            self.workspace.index(written.filter_map(|made| made.files.take()));
            for snapshots in made {
                for made in snapshots? {
                    let snapshot = made.snapshot;
                    if !made.differs {
                        summary.skipped += 1;
                        continue;
                    }
                    if self.write != Write::Always {
                        on_event(JobEvent::Differs(&snapshot, made.before));
                    }
                    if self.write == Write::Never {
                        continue;
                    }
                    summary.written += 1;
                    summary.empty += usize::from(snapshot.run.rows == 0);
                    match snapshot.summary().worst() {
                        Some(Status::Fail) => summary.failed += 1,
                        Some(Status::Error) => summary.errors += 1,
                        _ => {}
                    }
                    on_event(JobEvent::Written(&snapshot));
                }
            }
        }
        Ok(())
    }

    fn snapshot(
        &self,
        monitor: &Monitor<'_>,
        planned: &Planned,
        window: &Window,
        profile: &Profile,
        (reference, prepared): (Option<&Slice>, Option<&Reference<'_>>),
    ) -> (Snapshot, Option<Snapshot>) {
        let header = Header {
            project: self.config.project.clone(),
            monitor: monitor.config.name.clone(),
            kind: planned.kind,
            tags: monitor.config.tags.clone(),
            metadata: monitor.config.metadata.clone(),
            started_at: self.started_at,
            source: self.data.source.name().to_owned(),
            notes: self.notes.to_vec(),
        };
        let id = Snapshot::make_id(window.start, planned.kind, &monitor.config.name);
        let kept = self.existing.contains_key(&id);
        let before = kept.then(|| self.workspace.read_snapshot(&self.config.project, &id));
        // One that cannot be read is replaced.
        let before = before.and_then(Result::ok);
        let mut snapshot = snapshot(
            &header,
            planned,
            profile,
            reference,
            prepared,
            Some(window),
            monitor.digest.clone(),
            before.as_ref().map_or(0, |before| before.revision) + 1,
        );
        if let Some(rules) = self.rules {
            rules.settle(&mut snapshot, profile);
        }
        (snapshot, before)
    }
}

/// Profiles of a run of windows, with empty ones where no row fell.
fn complete(
    plan: &Arc<ProfilePlan>,
    windows: std::ops::Range<usize>,
    profiles: Vec<plimsoll_query::WindowProfile>,
) -> Vec<(usize, Profile)> {
    let mut found: HashMap<usize, Profile> = profiles.into_iter().map(|p| (p.window, p.profile)).collect();
    windows
        .map(|at| (at, found.remove(&at).unwrap_or_else(|| Profile::empty(plan))))
        .collect()
}

/// Cuts a list into owned pieces, so that a long one is not evaluated before the first result is written.
fn chunks<T>(list: Vec<T>, size: usize) -> Vec<Vec<T>> {
    let mut list = list.into_iter();
    std::iter::from_fn(|| {
        let piece: Vec<T> = list.by_ref().take(size).collect();
        (!piece.is_empty()).then_some(piece)
    })
    .collect()
}
