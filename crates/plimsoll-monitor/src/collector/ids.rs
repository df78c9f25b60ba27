//! Prediction ids in memory: which rows were seen before, and when a label's prediction was made.

use hashbrown::{HashMap, hash_map::Entry};
use xxhash_rust::xxh3::xxh3_128;

/// The ids of the latest rows, by a hash of 128 bits, each with the row's event time.
///
/// Two generations of equal size: when the younger is full, the older is forgotten as a whole. Memory is bounded by the
/// limit (about 40 bytes an id), and an id is known for at least half as many rows. Ids of rows that are not yet stored,
/// where nothing else knows them, are never forgotten.
#[derive(Debug)]
pub(crate) struct RecentIds {
    young: HashMap<u128, i64>,
    old: HashMap<u128, i64>,
    half: usize,
    /// Ids whose rows are not stored; they came last.
    unstored: usize,
    forgotten_until: i64,
}

/// The key of an id.
pub(crate) fn key(id: &str) -> u128 {
    xxh3_128(id.as_bytes())
}

impl RecentIds {
    /// Remembers up to `limit` ids.
    pub fn new(limit: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            half: (limit / 2).max(1),
            unstored: 0,
            forgotten_until: i64::MIN,
        }
    }

    /// Remembers an id with its event time in microseconds; `false` if it is known, and the first time stays.
    pub fn insert(&mut self, id: u128, at: i64) -> bool {
        if self.old.contains_key(&id) {
            return false;
        }
        if self.young.len() >= self.half.max(self.unstored) {
            if self.young.contains_key(&id) {
                return false;
            }
            let room = HashMap::with_capacity(self.young.len());
            let forgotten = std::mem::replace(&mut self.old, std::mem::replace(&mut self.young, room));
            if let Some(last) = forgotten.values().max() {
                self.forget_until(*last);
            }
        }
        match self.young.entry(id) {
            Entry::Occupied(_) => return false,
            Entry::Vacant(place) => place.insert(at),
        };
        self.unstored += 1;
        true
    }

    /// Ids whose rows are not stored.
    pub fn unstored(&self) -> usize {
        self.unstored
    }

    /// Says that the rows of so many ids, the first of those that were not stored, are stored.
    pub fn stored(&mut self, ids: usize) {
        self.unstored = self.unstored.saturating_sub(ids);
    }

    /// Event time of a known id.
    pub fn get(&self, id: u128) -> Option<i64> {
        self.young.get(&id).or_else(|| self.old.get(&id)).copied()
    }

    /// Says that ids of rows up to this time are not all in memory.
    pub fn forget_until(&mut self, at: i64) {
        self.forgotten_until = self.forgotten_until.max(at);
    }

    /// Rows at or before this time may have ids that were forgotten.
    pub fn forgotten_until(&self) -> i64 {
        self.forgotten_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_time_of_an_id_stays() {
        let mut ids = RecentIds::new(10);
        assert!(ids.insert(key("a"), 1));
        assert!(!ids.insert(key("a"), 2));
        assert_eq!((ids.get(key("a")), ids.get(key("b"))), (Some(1), None));
    }

    #[test]
    fn memory_is_bounded_and_what_is_forgotten_is_said() {
        let mut ids = RecentIds::new(4);
        for at in 0..4 {
            assert!(ids.insert(key(&at.to_string()), at));
            ids.stored(1);
        }
        assert_eq!(ids.forgotten_until(), i64::MIN);
        for at in 4..6 {
            ids.insert(key(&at.to_string()), at);
        }
        // Ids of the times 0 and 1 went; those of 2 to 5 are known.
        assert_eq!(ids.forgotten_until(), 1);
        assert_eq!((ids.get(key("1")), ids.get(key("2"))), (None, Some(2)));
        assert!(ids.young.len() + ids.old.len() <= 4);
    }

    #[test]
    fn ids_of_rows_that_are_not_stored_stay() {
        let mut ids = RecentIds::new(4);
        for at in 0..100 {
            ids.insert(key(&at.to_string()), at);
        }
        assert_eq!((ids.get(key("0")), ids.forgotten_until()), (Some(0), i64::MIN));
    }
}
