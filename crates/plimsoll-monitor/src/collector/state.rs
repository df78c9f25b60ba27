//! What a project's stream keeps in the manifest: all that cannot be told from the stored rows alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use plimsoll_model::{ColumnKind, Granularity};
use serde::{Deserialize, Serialize};

use super::activity::Activity;

/// Idempotency keys that are remembered.
const KEYS: usize = 4_096;

/// Starts of windows in microseconds since the Unix epoch, by length.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct WindowSet(BTreeMap<String, BTreeSet<i64>>);

impl WindowSet {
    /// Adds a window; `false` if it was there.
    pub fn insert(&mut self, every: Granularity, start: i64) -> bool {
        self.0.entry(every.to_string()).or_default().insert(start)
    }

    /// Takes a window out.
    pub fn remove(&mut self, every: Granularity, start: i64) -> bool {
        let name = every.to_string();
        let Some(starts) = self.0.get_mut(&name) else {
            return false;
        };
        let was = starts.remove(&start);
        if starts.is_empty() {
            self.0.remove(&name);
        }
        was
    }

    /// The starts of a length, ascending.
    pub fn of(&self, every: Granularity) -> impl DoubleEndedIterator<Item = i64> + '_ {
        self.0.get(&every.to_string()).into_iter().flatten().copied()
    }

    /// Says whether a window is in the set.
    pub fn contains(&self, every: Granularity, start: i64) -> bool {
        self.0.get(&every.to_string()).is_some_and(|s| s.contains(&start))
    }

    /// How many windows there are.
    pub fn len(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }
}

/// The part of a stream that is kept in the manifest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// Newest event time in microseconds, not later than its arrival.
    pub watermark: Option<i64>,
    /// Windows that take rows, or whose last snapshot is not written.
    pub open: WindowSet,
    /// Windows that are to be computed from stored rows.
    pub restate: WindowSet,
    /// Windows with rows whose snapshots are not final.
    pub unsettled: WindowSet,
    /// Unsettled windows whose rows got implicit labels.
    pub implied: WindowSet,
    /// Columns learned from the first rows, where nothing describes them.
    pub learned: Vec<(String, ColumnKind)>,
    /// Hashes of the latest idempotency keys, oldest first.
    pub keys: VecDeque<String>,
    /// What arrived, for people.
    pub activity: Activity,
}

impl State {
    /// Reads what the manifest holds; a state of another form is none.
    pub fn read(value: &serde_json::Value) -> Result<Self, serde_json::Error> {
        if value.is_null() {
            return Ok(Self::default());
        }
        serde_json::from_value(value.clone())
    }

    /// Remembers an idempotency key.
    pub fn keep_key(&mut self, hash: String) {
        if self.keys.len() >= KEYS {
            self.keys.pop_front();
        }
        self.keys.push_back(hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_from_its_json() {
        let mut state = State::default();
        state.restate.insert(Granularity::Day, 5);
        state.restate.insert(Granularity::Seconds(5), 7);
        state.unsettled.insert(Granularity::Month, -1);
        state.keep_key("a".to_owned());
        let json = serde_json::to_value(&state).unwrap();
        assert_eq!(State::read(&json).unwrap(), state);
        assert_eq!(State::read(&serde_json::Value::Null).unwrap(), State::default());
        assert!(State::read(&serde_json::json!({"watermark": "noon"})).is_err());
    }

    #[test]
    fn keys_are_bounded() {
        let mut state = State::default();
        for n in 0..KEYS + 10 {
            state.keep_key(n.to_string());
        }
        assert_eq!((state.keys.len(), state.keys[0].as_str()), (KEYS, "10"));
    }
}
