//! What a collector tells about itself while it works.

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::activity::Activity;

/// Records between the committer and the stream.
pub(crate) const AHEAD: usize = 64;
/// The part of what may wait beyond which the committer pauses between groups.
const EASY: f64 = 0.25;
/// Pause of the committer where all waits that may.
const LONGEST_PAUSE: Duration = Duration::from_millis(75);

/// Rows that are taken in and not yet folded into windows.
#[derive(Debug)]
pub(crate) struct Pressure {
    /// Their memory, in bytes.
    used: AtomicUsize,
    most: usize,
    /// Arrivals of the durable records among them, in microseconds since the Unix epoch, oldest first.
    arrivals: Mutex<VecDeque<i64>>,
    /// Says that nothing more is taken, whatever is used.
    held: AtomicBool,
}

impl Pressure {
    pub fn new(most: usize) -> Self {
        Self {
            used: AtomicUsize::new(0),
            most,
            arrivals: Mutex::default(),
            held: AtomicBool::new(false),
        }
    }

    /// Takes memory; `false` if there is not enough. A request larger than all of it is taken when nothing else is.
    pub fn take(&self, bytes: usize) -> bool {
        if self.held.load(Ordering::Acquire) {
            return false;
        }
        let fits = |used: usize| (used == 0 || used + bytes <= self.most).then_some(used + bytes);
        self.used
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, fits)
            .is_ok()
    }

    /// Takes nothing more, or does again.
    pub fn hold(&self, held: bool) {
        self.held.store(held, Ordering::Release);
    }

    /// Gives memory back.
    pub fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::AcqRel);
    }

    fn arrivals(&self) -> MutexGuard<'_, VecDeque<i64>> {
        self.arrivals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a durable record waits for the stream.
    pub fn queued(&self, arrival: i64) {
        self.arrivals().push_back(arrival);
    }

    /// Notes that the stream has taken in the record that waited longest, and gives its memory back.
    pub fn folded(&self, bytes: usize) {
        self.arrivals().pop_front();
        self.release(bytes);
    }

    /// Arrival of the record that waits longest, in microseconds since the Unix epoch.
    pub fn oldest(&self) -> Option<i64> {
        self.arrivals().front().copied()
    }

    /// How long the committer should pause before the next group. It grows with what waits for the stream: whoever sends faster
    /// than the stream takes is slowed down evenly, instead of being stopped for as long as the stream is at something else.
    pub fn pause(&self) -> Duration {
        let part = |used: usize, most: usize| used as f64 / most as f64;
        let memory = part(self.used.load(Ordering::Acquire), self.most);
        let full = memory.max(part(self.arrivals().len(), AHEAD)).min(1.0);
        LONGEST_PAUSE.mul_f64(((full - EASY) / (1.0 - EASY)).max(0.0))
    }
}

/// What the collector of a project is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Reads its log after a start.
    #[default]
    Recovering,
    /// Takes rows in.
    Running,
    /// Cannot go on; the last error says why.
    Failed,
    /// Was told to stop.
    Stopped,
}

/// What a collector is doing and what it has seen.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// What it is doing.
    pub phase: Phase,
    /// The last thing that went wrong.
    pub last_error: Option<String>,
    /// Messages of a broker that could not be read and went to the dead letters, since the start.
    pub dead_letters: u64,
    /// Rows that are in the log and not yet in the prediction store.
    pub buffered_rows: u64,
    /// Their memory, in bytes.
    pub buffered_bytes: u64,
    /// Size of the log, in bytes.
    pub log_bytes: u64,
    /// Arrival of the oldest record that is not yet folded into windows, in microseconds since the Unix epoch.
    pub oldest_pending: Option<i64>,
    /// Newest event time, in microseconds since the Unix epoch.
    pub watermark: Option<i64>,
    /// Windows that take rows.
    pub open_windows: u64,
    /// Windows that wait to be computed from stored rows.
    pub restating: u64,
    /// Windows computed from stored rows since the start.
    pub restated: u64,
    /// Labels that wait for their prediction.
    pub labels_waiting: u64,
    /// What arrived.
    pub activity: Activity,
}

/// A status that several threads share.
#[derive(Debug, Default)]
pub(crate) struct Board(Mutex<Status>);

impl Board {
    pub fn lock(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committer_pauses_the_longer_the_more_waits() {
        let pressure = Pressure::new(1_000);
        for at in (0..).take(AHEAD / 4) {
            pressure.queued(at);
        }
        assert!(pressure.take(250));
        assert_eq!(pressure.pause(), Duration::ZERO);
        // By records and by memory, whichever is more.
        for at in (100..).take(AHEAD * 3 / 8) {
            pressure.queued(at);
        }
        assert_eq!(pressure.oldest(), Some(0));
        assert_eq!(pressure.pause(), LONGEST_PAUSE / 2);
        assert!(pressure.take(750));
        assert_eq!(pressure.pause(), LONGEST_PAUSE);
        pressure.folded(1);
        assert_eq!(pressure.oldest(), Some(1));
        for _ in 1..AHEAD * 5 / 8 {
            pressure.folded(1);
        }
        assert_eq!(pressure.oldest(), None);
        pressure.release(900);
        assert_eq!(pressure.pause(), Duration::ZERO);
    }

    #[test]
    fn memory_is_bounded_but_a_large_request_comes_through_alone() {
        let pressure = Pressure::new(100);
        assert!(pressure.take(60) && !pressure.take(50) && pressure.take(40));
        pressure.release(100);
        assert!(pressure.take(500) && !pressure.take(1));
        pressure.release(500);
        pressure.hold(true);
        assert!(!pressure.take(1));
        pressure.hold(false);
        assert!(pressure.take(1));
    }
}
