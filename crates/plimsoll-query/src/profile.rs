//! One plan for all windows: each row goes into the Profile of its window.

use std::{
    collections::{BTreeMap, VecDeque},
    ops::Range,
    sync::Arc,
    time::Duration,
};

use arrow::{array::AsArray, datatypes::DataType};
use datafusion::prelude::Expr;
use jiff::tz::TimeZone;
use plimsoll_engine::{Profile, ProfilePlan};
use rayon::prelude::*;
use tokio::task::JoinHandle;

use crate::{
    QueryError, Source,
    aggregate::{RowCounter, counted},
    fold::Folding,
    groups::Group,
    labels::{Labels, LateLabels},
    layout::RowGroup,
    source::column,
};

/// Rows may be read this many times in all, where that lowers the number of windows that are open together.
pub(crate) const MOST_READS: u64 = 4;
/// Cells (rows × columns) of open windows for which the rows are not read again.
const OPEN_CELLS: f64 = 24_000_000.0;
/// How often progress is told while nothing else happens.
pub(crate) const TICK: Duration = Duration::from_millis(100);
/// A day in microseconds: local times lie at most so far from UTC.
pub(crate) const DAY: i64 = 86_400_000_000;

/// The Profile of one window.
#[derive(Debug)]
pub struct WindowProfile {
    /// Which of the windows.
    pub window: usize,
    /// Finished profile of its rows.
    pub profile: Profile,
}

/// How far reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows read.
    pub rows: u64,
    /// Windows done.
    pub windows: usize,
}

/// Windows over a source, ready to be read.
#[derive(Debug)]
pub struct Windows<'a> {
    pub(crate) source: &'a Source,
    pub(crate) labels: Option<Labels<'a>>,
    pub(crate) timestamp: &'a str,
    pub(crate) timezone: TimeZone,
    /// Starts and ends in microseconds since the Unix epoch, ascending, not overlapping.
    pub(crate) cuts: Vec<(i64, i64)>,
}

impl<'a> Windows<'a> {
    /// Takes windows as `[start, end)` in microseconds since the Unix epoch, ascending and not overlapping.
    #[must_use]
    pub fn new(source: &'a Source, timestamp: &'a str, timezone: &TimeZone, cuts: Vec<(i64, i64)>) -> Self {
        Self {
            source,
            labels: None,
            timestamp,
            timezone: timezone.clone(),
            cuts,
        }
    }

    /// Joins the columns of another source by an id column that both have; of equal ids the later row holds.
    #[must_use]
    pub fn with_labels(mut self, labels: &'a Source, id: &'a str) -> Self {
        self.labels = Some(Labels::File(labels, id));
        self
    }

    /// Joins the labels of a prediction store; the columns [`plimsoll_engine::LABEL_DELAY`] and, of the judged column,
    /// [`plimsoll_engine::labelled`] are there to be read too.
    #[must_use]
    pub fn with_late_labels(mut self, labels: LateLabels<'a>) -> Self {
        self.labels = Some(Labels::Late(Arc::new(labels)));
        self
    }

    /// Reads the rows once and hands over the Profiles of windows, in order, as soon as they are complete; windows without
    /// rows are not among them. Memory is bounded by the windows that are open together.
    ///
    /// # Errors
    /// [`QueryError`] if reading fails or `done` does.
    pub async fn profile<E: From<QueryError>>(
        &self,
        plan: &Arc<ProfilePlan>,
        progress: impl FnMut(Progress),
        done: impl FnMut(Vec<WindowProfile>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.labels.is_none()
            && !self.cuts.is_empty()
            && let Some(groups) = self.placed_groups()?
        {
            return self.by_groups(plan, groups, progress, done).await;
        }
        self.in_waves(plan, progress, done).await
    }

    /// How much later or earlier than a file says its rows may lie: local times are told without their zone.
    pub(crate) fn slack(&self) -> i64 {
        let field = self.source.schema().column_with_name(self.timestamp);
        let is_local = matches!(field.map(|(_, f)| f.data_type()), Some(DataType::Timestamp(_, None)));
        if is_local && self.timezone != TimeZone::UTC {
            DAY
        } else {
            0
        }
    }

    /// The row groups of local Parquet files in the order of time; `None` where files do not tell where they lie.
    fn placed_groups(&self) -> Result<Option<Vec<(RowGroup, Group)>>, QueryError> {
        let Some(groups) = self.source.groups()? else {
            return Ok(None);
        };
        let slack = self.slack();
        let placed = groups.into_iter().map(|group| {
            let place = group.place(self.timestamp)?;
            Some((place.wider(slack), group))
        });
        let mut placed: Option<Vec<_>> = placed.collect();
        // Equal places keep the order of the files, so that the order of merges is the same each time.
        if let Some(placed) = &mut placed {
            placed.sort_by_key(|(place, _)| (place.first, place.last));
        }
        Ok(placed)
    }

    /// Reads row groups in the order of time, some at the same time, and merges what they give in that order. A window is
    /// complete once no group to come touches it.
    async fn by_groups<E: From<QueryError>>(
        &self,
        plan: &Arc<ProfilePlan>,
        groups: Vec<(RowGroup, Group)>,
        mut progress: impl FnMut(Progress),
        mut done: impl FnMut(Vec<WindowProfile>) -> Result<(), E>,
    ) -> Result<(), E> {
        let places: Vec<RowGroup> = groups.iter().map(|(place, _)| *place).collect();
        let counter = RowCounter::default();
        let mut finished = 0;
        for pass in self.passes(&places, plan.columns().len()) {
            let cuts = &self.cuts[pass.clone()];
            let folding = Folding::whole(self.source, plan, &counter).windows(
                self.source,
                self.timestamp,
                &self.timezone,
                cuts.to_vec(),
            )?;
            let wanted: Vec<&(RowGroup, Group)> = groups
                .iter()
                .filter(|(place, _)| cuts.iter().any(|cut| place.touches(*cut)))
                .collect();
            let mut readers = Readers::new(Arc::new(folding), wanted.iter().map(|(_, group)| group.clone()));
            let mut open = Parts::new();
            let mut read = 0;
            loop {
                let told = || {
                    progress(Progress {
                        rows: counter.rows(),
                        windows: finished,
                    });
                };
                let Some(parts) = readers.next(told).await? else { break };
                merge(&mut open, parts)?;
                read += 1;
                // Groups are in the order of their first rows.
                let horizon = wanted.get(read).map_or(i64::MAX, |(place, _)| place.first);
                let later = open.split_off(&cuts.partition_point(|(_, end)| *end <= horizon));
                let mut complete: Vec<WindowProfile> = std::mem::replace(&mut open, later)
                    .into_iter()
                    .map(|(window, profile)| WindowProfile {
                        window: pass.start + window,
                        profile,
                    })
                    .collect();
                if complete.is_empty() {
                    continue;
                }
                complete.par_iter_mut().for_each(|w| w.profile.finish());
                finished += complete.len();
                done(complete)?;
                progress(Progress {
                    rows: counter.rows(),
                    windows: finished,
                });
            }
        }
        Ok(())
    }

    /// Cuts the windows into runs that are read one after the other. One run is enough where rows are in the order of time;
    /// where they are not, all windows of a run are open together, and more runs need less memory.
    fn passes(&self, groups: &[RowGroup], columns: usize) -> Vec<Range<usize>> {
        let rows: Vec<f64> = self
            .cuts
            .iter()
            .map(|cut| groups.iter().map(|g| g.rows_within(*cut)).sum())
            .collect();
        let cut_into = |runs: u64| {
            let share = (rows.iter().sum::<f64>() / runs as f64).max(1.0);
            let (mut cut, mut start, mut before) = (Vec::new(), 0, 0.0);
            for (at, rows) in rows.iter().enumerate() {
                before += rows;
                if before >= share * (cut.len() + 1) as f64 && at + 1 < self.cuts.len() {
                    cut.push(start..at + 1);
                    start = at + 1;
                }
            }
            cut.push(start..self.cuts.len());
            cut
        };
        // Rows of the windows that are open while a group is read.
        let open = |run: &Range<usize>| {
            let mut change: Vec<f64> = vec![0.0; groups.len() + 1];
            for at in run.clone() {
                let touched = |g: &RowGroup| g.touches(self.cuts[at]);
                if let (Some(first), Some(last)) = (groups.iter().position(touched), groups.iter().rposition(touched)) {
                    change[first] += rows[at];
                    change[last + 1] -= rows[at];
                }
            }
            let mut now = 0.0;
            let sums = change.into_iter().map(|by| {
                now += by;
                now
            });
            sums.fold(0.0, f64::max)
        };
        let most = |runs: &Vec<Range<usize>>| runs.iter().map(open).fold(0.0, f64::max) * columns.max(1) as f64;
        let mut best = cut_into(1);
        let mut least = most(&best);
        for runs in 2..=MOST_READS {
            if least <= OPEN_CELLS {
                break;
            }
            let cut = cut_into(runs);
            let open = most(&cut);
            if open < 0.9 * least {
                (best, least) = (cut, open);
            }
        }
        best
    }
}

/// The unfinished Profiles of the windows that have rows in a row group.
type Parts = BTreeMap<usize, Profile>;

/// Reads row groups at the same time, as many as there are cores, and hands over what they give in their order.
struct Readers<I> {
    folding: Arc<Folding>,
    waiting: I,
    running: VecDeque<JoinHandle<Result<Parts, QueryError>>>,
    most: usize,
}

impl<I: Iterator<Item = Group>> Readers<I> {
    fn new(folding: Arc<Folding>, waiting: I) -> Self {
        Self {
            folding,
            waiting,
            running: VecDeque::new(),
            most: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }

    /// What the next group gives; tells progress while it waits.
    async fn next(&mut self, mut told: impl FnMut()) -> Result<Option<Parts>, QueryError> {
        while self.running.len() < self.most
            && let Some(group) = self.waiting.next()
        {
            let folding = Arc::clone(&self.folding);
            self.running
                .push_back(tokio::task::spawn_blocking(move || folding.fold(&group)));
        }
        let Some(mut reader) = self.running.pop_front() else {
            return Ok(None);
        };
        let mut tick = tokio::time::interval(TICK);
        loop {
            tokio::select! {
                read = &mut reader => {
                    let stopped = |e: tokio::task::JoinError| Err(QueryError::Stopped(e.to_string()));
                    return read.unwrap_or_else(stopped).map(Some);
                }
                _ = tick.tick() => told(),
            }
        }
    }
}

/// Adds what a group gave to the open windows.
fn merge(open: &mut Parts, parts: Parts) -> Result<(), QueryError> {
    for (window, part) in parts {
        match open.get_mut(&window) {
            Some(whole) => whole.merge(part)?,
            None => drop(open.insert(window, part)),
        }
    }
    Ok(())
}

impl Source {
    /// The Profile of all rows, whatever their time.
    ///
    /// # Errors
    /// [`QueryError`] if reading fails.
    pub async fn profile_all(&self, plan: &Arc<ProfilePlan>) -> Result<Profile, QueryError> {
        if let Some(groups) = self.groups()? {
            let folding = Folding::whole(self, plan, &RowCounter::default());
            let mut readers = Readers::new(Arc::new(folding), groups.into_iter());
            let mut open = Parts::new();
            while let Some(parts) = readers.next(|| ()).await? {
                merge(&mut open, parts)?;
            }
            let mut whole = open.remove(&0).unwrap_or_else(|| Profile::empty(plan));
            whole.finish();
            return Ok(whole);
        }
        let engine = |e: datafusion::error::DataFusionError| self.engine(&e);
        let columns: Vec<String> = plan
            .columns()
            .iter()
            .filter(|c| self.columns().any(|own| own == *c))
            .cloned()
            .collect();
        // Without any column of the plan the rows are still counted.
        let names = if columns.is_empty() {
            self.columns().take(1).map(str::to_owned).collect()
        } else {
            columns
        };
        let arguments: Vec<Expr> = names.iter().map(|c| column(c)).collect();
        let profile = counted(plan, &names, RowCounter::default())
            .call(arguments)
            .alias("\u{1}profile");
        let batches = self
            .frame()
            .aggregate(Vec::new(), vec![profile])
            .map_err(engine)?
            .collect()
            .await
            .map_err(engine)?;
        let mut whole = match batches.iter().find(|b| b.num_rows() > 0) {
            Some(batch) => Profile::from_bytes(plan, batch.column(0).as_binary::<i64>().value(0))?,
            None => Profile::empty(plan),
        };
        whole.finish();
        Ok(whole)
    }
}
