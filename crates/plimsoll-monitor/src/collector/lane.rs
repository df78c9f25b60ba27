//! The open windows of one length.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{
    array::{Array, ArrayRef, UInt32Array},
    compute::{concat, take},
};
use jiff::{Timestamp, tz::TimeZone};
use plimsoll_engine::{Batch, Profile, ProfilePlan};
use plimsoll_model::{Granularity, Window, WindowError, config::Trigger};

use super::state::WindowSet;

/// Time between two writings of an open window if nothing else is asked for, in microseconds.
const DEFAULT_TRIGGER: i64 = 5_000_000;
/// A window whose end has passed by the clock is not closed before no row came for this long, in microseconds.
const IDLE: i64 = 5_000_000;

/// Rows that are taken into a running Profile together: small requests cost little more than their share of a large one.
const TOGETHER: usize = 1_024;

/// A running Profile with rows that it has not taken in.
#[derive(Debug)]
struct Running {
    profile: Profile,
    /// By part, one array a column of the plan.
    waiting: Vec<Vec<ArrayRef>>,
    /// Rows that wait.
    rows: usize,
}

impl Running {
    fn of(profile: Profile) -> Self {
        Self {
            profile,
            waiting: Vec::new(),
            rows: 0,
        }
    }

    fn add(&mut self, arrays: &[ArrayRef]) {
        self.rows += arrays.first().map_or(0, Array::len);
        self.waiting.push(arrays.to_vec());
        if self.rows >= TOGETHER {
            self.settle();
        }
    }

    /// Takes in what waits.
    fn settle(&mut self) {
        self.rows = 0;
        let parts = std::mem::take(&mut self.waiting);
        let plan = Arc::clone(self.profile.plan());
        let column = |at: usize| {
            let parts: Vec<&dyn Array> = parts.iter().map(|part| part[at].as_ref()).collect();
            concat(&parts)
        };
        // Parts of other types, such as those that lack a column, are taken in one by one.
        let joined: Result<Vec<ArrayRef>, _> = match &parts[..] {
            [] => return,
            [one] => Ok(one.clone()),
            _ => (0..plan.columns().len()).map(column).collect(),
        };
        let parts = joined.map_or(parts, |joined| vec![joined]);
        for part in parts {
            self.profile.update(&Batch::new(plan.columns(), &part));
        }
    }
}

/// A window that takes rows.
#[derive(Debug)]
pub(crate) struct Open {
    /// The window.
    pub window: Window,
    /// `None` if the window is computed from stored rows.
    running: Option<Running>,
    /// By monitor: rows since its snapshot was written, and when that was.
    written: Vec<(u64, i64)>,
    /// When the last row came, by the clock.
    touched: i64,
}

impl Open {
    /// The running Profile with all rows that came; `None` if the window is computed from stored rows.
    pub fn profile(&mut self) -> Option<&mut Profile> {
        let running = self.running.as_mut()?;
        running.settle();
        Some(&mut running.profile)
    }

    /// Says whether the window has a running Profile.
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Lets the window be computed from stored rows.
    pub fn give_up(&mut self) {
        self.running = None;
    }
}

/// What became of the rows of a batch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Windows that got rows in another way than into a running Profile: their starts.
    pub stored: Vec<i64>,
    /// Rows that came after their window had closed.
    pub late: u64,
}

/// A snapshot that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    /// Start of the window.
    pub start: i64,
    /// Monitors, by index.
    pub monitors: Vec<usize>,
    /// Says that the window takes no more rows in the ordinary way.
    pub closes: bool,
}

/// The open windows of one length, for all monitors with that length.
#[derive(Debug)]
pub(crate) struct Lane {
    /// Length of the windows.
    pub every: Granularity,
    timezone: TimeZone,
    plan: Arc<ProfilePlan>,
    /// By monitor.
    triggers: Vec<Trigger>,
    lateness: i64,
    /// Says that windows are always computed from stored rows, because the reference is one of them.
    stored_only: bool,
    /// How far back a reference that moves along reaches, in microseconds; 0 without one.
    reach: i64,
    open: BTreeMap<i64, Open>,
    /// The window that was looked up last.
    last: Option<(i64, i64)>,
}

fn micros(window: &Window) -> (i64, i64) {
    (window.start.as_microsecond(), window.end.as_microsecond())
}

impl Lane {
    pub fn new(
        every: Granularity,
        timezone: &TimeZone,
        plan: &Arc<ProfilePlan>,
        triggers: Vec<Trigger>,
        lateness: i64,
        stored_only: bool,
        reach: i64,
    ) -> Self {
        Self {
            every,
            timezone: timezone.clone(),
            plan: Arc::clone(plan),
            triggers,
            lateness,
            stored_only,
            reach,
            open: BTreeMap::new(),
            last: None,
        }
    }

    /// The statistics of a running Profile.
    pub fn plan(&self) -> &Arc<ProfilePlan> {
        &self.plan
    }

    /// The window that holds a moment, in microseconds since the Unix epoch.
    pub fn window_at(&self, at: i64) -> Result<Window, WindowError> {
        let moment = Timestamp::from_microsecond(at).map_err(|e| WindowError::Range(e.to_string()))?;
        self.every.window_at(moment, &self.timezone)
    }

    fn bounds(&mut self, at: i64) -> Result<(i64, i64), WindowError> {
        if let Some((start, end)) = self.last
            && (start..end).contains(&at)
        {
            return Ok((start, end));
        }
        let bounds = micros(&self.window_at(at)?);
        self.last = Some(bounds);
        Ok(bounds)
    }

    /// Says whether a window that ends then has closed by the newest event time.
    pub fn is_past(&self, end: i64, watermark: Option<i64>) -> bool {
        watermark.is_some_and(|w| w.saturating_sub(self.lateness) >= end)
    }

    /// Later windows that are compared with this one and have begun, by start.
    pub fn compared_with(&self, start: i64, watermark: Option<i64>) -> Vec<i64> {
        let mut later = Vec::new();
        let Ok(own) = self.window_at(start) else { return later };
        let mut next = own.end.as_microsecond();
        while self.reach > 0 && next <= start.saturating_add(self.reach) && watermark.is_some_and(|w| next <= w) {
            let Ok(window) = self.window_at(next) else { break };
            later.push(next);
            next = window.end.as_microsecond();
        }
        later
    }

    /// The open windows, oldest first.
    pub fn open(&self) -> impl Iterator<Item = &Open> {
        self.open.values()
    }

    /// An open window.
    pub fn get_mut(&mut self, start: i64) -> Option<&mut Open> {
        self.open.get_mut(&start)
    }

    /// Opens a window with what is known of it, as after a restart.
    pub fn reopen(&mut self, window: Window, profile: Option<Profile>, now: i64) {
        let written = vec![(1, now - DEFAULT_TRIGGER); self.triggers.len()];
        let profile = profile.filter(|_| !self.stored_only);
        self.open.insert(
            window.start.as_microsecond(),
            Open {
                window,
                running: profile.map(Running::of),
                written,
                touched: now,
            },
        );
    }

    /// Takes in rows. `arrays` are the columns that the plan reads, in its order, `times` the event times.
    ///
    /// `known` holds the windows that had rows before; those that get their first are added to it.
    pub fn place(
        &mut self,
        arrays: &[ArrayRef],
        times: &[i64],
        watermark: Option<i64>,
        now: i64,
        known: &mut WindowSet,
    ) -> Result<Placed, WindowError> {
        let mut placed = Placed::default();
        let mut starts = Vec::with_capacity(times.len());
        for at in times {
            starts.push(self.bounds(*at)?.0);
        }
        if starts.windows(2).all(|pair| pair[0] == pair[1]) {
            if let Some(start) = starts.first() {
                self.put(*start, arrays, times.len() as u64, (watermark, now), known, &mut placed)?;
            }
            return Ok(placed);
        }
        let mut order: Vec<u32> = (0..starts.len() as u32).collect();
        order.sort_by_key(|row| starts[*row as usize]);
        for run in order.chunk_by(|a, b| starts[*a as usize] == starts[*b as usize]) {
            let indices = UInt32Array::from(run.to_vec());
            let rows: Vec<ArrayRef> = arrays
                .iter()
                .map(|a| take(a, &indices, None))
                .collect::<Result<_, _>>()
                .map_err(|e| WindowError::Range(e.to_string()))?;
            let start = starts[run[0] as usize];
            self.put(start, &rows, run.len() as u64, (watermark, now), known, &mut placed)?;
        }
        Ok(placed)
    }

    #[allow(clippy::too_many_arguments, reason = "one step of `place`")]
    fn put(
        &mut self,
        start: i64,
        arrays: &[ArrayRef],
        rows: u64,
        (watermark, now): (Option<i64>, i64),
        known: &mut WindowSet,
        placed: &mut Placed,
    ) -> Result<(), WindowError> {
        if !self.open.contains_key(&start) {
            let window = self.window_at(start)?;
            let past = self.is_past(window.end.as_microsecond(), watermark);
            let new = known.insert(self.every, start);
            if past || !new {
                placed.late += if past { rows } else { 0 };
                placed.stored.push(start);
                return Ok(());
            }
            let running = (!self.stored_only).then(|| Running::of(Profile::empty(&self.plan)));
            let written = vec![(0, now); self.triggers.len()];
            self.open.insert(
                start,
                Open {
                    window,
                    running,
                    written,
                    touched: now,
                },
            );
        }
        let Some(open) = self.open.get_mut(&start) else {
            return Ok(());
        };
        open.touched = now;
        for (since, _) in &mut open.written {
            *since += rows;
        }
        match &mut open.running {
            Some(running) => running.add(arrays),
            None => placed.stored.push(start),
        }
        Ok(())
    }

    /// The snapshots that are to be written at this moment; windows that close are no longer open afterwards if they have
    /// no running Profile.
    pub fn due(&mut self, watermark: Option<i64>, now: i64) -> Vec<Due> {
        let mut due = Vec::new();
        for (start, open) in &mut self.open {
            let end = open.window.end.as_microsecond();
            let by_rows = watermark.is_some_and(|w| w.saturating_sub(self.lateness) >= end);
            let by_clock = now >= end.saturating_add(self.lateness) && now - open.touched >= self.lateness.max(IDLE);
            let closes = by_rows || by_clock;
            let mut monitors = Vec::new();
            for (at, (trigger, (rows, written))) in self.triggers.iter().zip(&mut open.written).enumerate() {
                let fallback = trigger.rows.is_none().then_some(DEFAULT_TRIGGER);
                let every = trigger.every.map(plimsoll_model::config::Seconds::micros).or(fallback);
                let waited = every.is_some_and(|every| now - *written >= every);
                let filled = trigger.rows.is_some_and(|most| *rows >= most);
                if closes || (*rows > 0 && (waited || filled)) {
                    monitors.push(at);
                    (*rows, *written) = (0, now);
                }
            }
            if !monitors.is_empty() {
                due.push(Due {
                    start: *start,
                    monitors,
                    closes,
                });
            }
        }
        due
    }

    /// The open windows with rows that no snapshot of their running Profile shows.
    pub fn unwritten(&self) -> Vec<Due> {
        let due = |(start, open): (&i64, &Open)| {
            let behind = open.written.iter().enumerate().filter(|(_, (rows, _))| *rows > 0);
            Due {
                start: *start,
                monitors: behind.map(|(at, _)| at).collect(),
                closes: false,
            }
        };
        let running = self.open.iter().filter(|(_, open)| open.is_running());
        running.map(due).filter(|due| !due.monitors.is_empty()).collect()
    }

    /// Takes a window out of the open ones.
    pub fn close(&mut self, start: i64) -> Option<Open> {
        self.open.remove(&start)
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::Float64Array;
    use plimsoll_engine::{ProfileOptions, StatisticSpec};
    use plimsoll_model::config::Seconds;

    use super::*;

    const SECOND: i64 = 1_000_000;

    fn lane(trigger: Trigger) -> Lane {
        let spec = StatisticSpec::Moments { column: "x".to_owned() };
        let plan = Arc::new(ProfilePlan::new([spec], ProfileOptions::default()));
        Lane::new(
            Granularity::Seconds(10),
            &TimeZone::UTC,
            &plan,
            vec![trigger],
            2 * SECOND,
            false,
            0,
        )
    }

    fn place(lane: &mut Lane, seconds: &[i64], watermark: i64, known: &mut WindowSet) -> Placed {
        let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0; seconds.len()]));
        let times: Vec<i64> = seconds.iter().map(|s| s * SECOND).collect();
        lane.place(&[values], &times, Some(watermark * SECOND), 0, known)
            .unwrap()
    }

    #[test]
    fn rows_go_to_the_windows_of_their_time() {
        let (mut lane, mut known) = (lane(Trigger::default()), WindowSet::default());
        let placed = place(&mut lane, &[3, 14, 5, 11], 5, &mut known);
        assert_eq!(placed, Placed::default());
        let mut rows = |start: i64| lane.get_mut(start).unwrap().profile().unwrap().rows();
        assert_eq!([rows(0), rows(10 * SECOND)], [2, 2]);
    }

    #[test]
    fn rows_that_come_one_by_one_are_taken_in_together() {
        let (mut lane, mut known) = (lane(Trigger::default()), WindowSet::default());
        for _ in 0..TOGETHER + 3 {
            place(&mut lane, &[3], 3, &mut known);
        }
        let running = lane.get_mut(0).unwrap().running.as_ref().unwrap();
        assert_eq!((running.profile.rows(), running.rows), (TOGETHER as u64, 3));
        // A part that lacks the column comes with another type.
        let nothing = arrow::array::new_null_array(&arrow::datatypes::DataType::Null, 2);
        lane.place(&[nothing], &[0, 0], Some(0), 0, &mut known).unwrap();
        let profile = lane.get_mut(0).unwrap().profile().unwrap();
        assert_eq!(profile.rows(), TOGETHER as u64 + 5);
    }

    #[test]
    fn rows_behind_the_lateness_reopen_their_window() {
        let (mut lane, mut known) = (lane(Trigger::default()), WindowSet::default());
        place(&mut lane, &[3, 12], 3, &mut known);
        let due = lane.due(Some(12 * SECOND), 6 * SECOND);
        assert!(due[0].closes && !due[1].closes);
        lane.close(0);
        assert_eq!(
            place(&mut lane, &[4], 12, &mut known),
            Placed {
                stored: vec![0],
                late: 1
            }
        );
    }

    #[test]
    fn a_window_that_closed_for_idleness_is_never_begun_anew() {
        let (mut lane, mut known) = (lane(Trigger::default()), WindowSet::default());
        place(&mut lane, &[3], 3, &mut known);
        assert!(lane.due(Some(3 * SECOND), 20 * SECOND)[0].closes);
        lane.close(0);
        // The newest row is of second 3, so that the row is not late; what came before lies in the store alone.
        assert_eq!(
            place(&mut lane, &[5], 5, &mut known),
            Placed {
                stored: vec![0],
                late: 0
            }
        );
    }

    #[test]
    fn windows_that_are_compared_with_one_are_known() {
        let mut lane = lane(Trigger::default());
        assert!(lane.compared_with(0, Some(99 * SECOND)).is_empty());
        lane.reach = 20 * SECOND;
        assert_eq!(lane.compared_with(0, Some(99 * SECOND)), [10 * SECOND, 20 * SECOND]);
        assert_eq!(lane.compared_with(0, Some(15 * SECOND)), [10 * SECOND]);
    }

    #[test]
    fn triggers_wait_for_time_or_rows_whichever_is_first() {
        let trigger = Trigger {
            every: Some(Seconds(60)),
            rows: Some(3),
        };
        let (mut lane, mut known) = (lane(trigger), WindowSet::default());
        place(&mut lane, &[1, 2], 2, &mut known);
        assert!(lane.due(Some(2 * SECOND), SECOND).is_empty());
        place(&mut lane, &[3], 3, &mut known);
        assert_eq!(lane.due(Some(3 * SECOND), SECOND).len(), 1);
        assert!(lane.due(Some(3 * SECOND), 2 * SECOND).is_empty());
    }
}
