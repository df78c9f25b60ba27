//! What metrics work out from a profile, so that it is worked out once.

use std::{
    any::Any,
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

type Value = Arc<dyn Any + Send + Sync>;

/// Values by key, for one state of a profile.
#[derive(Debug)]
pub(crate) struct Derived {
    state: u64,
    known: Mutex<HashMap<String, Value>>,
}

impl Default for Derived {
    fn default() -> Self {
        static STATES: AtomicU64 = AtomicU64::new(0);
        Self {
            state: STATES.fetch_add(1, Ordering::Relaxed),
            known: Mutex::default(),
        }
    }
}

impl Derived {
    /// Tells this state of this profile from every other: the key of what is worked out from two profiles.
    pub fn state(&self) -> u64 {
        self.state
    }

    /// The value of a key, made if it is not there. Two threads may make it at the same time; one of both is kept.
    pub fn get<T: Any + Send + Sync>(&self, key: String, make: impl FnOnce() -> T) -> Arc<T> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known().get(&key).cloned();
        if let Some(value) = found.and_then(|value| value.downcast().ok()) {
            return value;
        }
        let value = Arc::new(make());
        known().insert(key, Arc::clone(&value) as Value);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_a_key_and_type() {
        let derived = Derived::default();
        let first = derived.get("a".to_owned(), || 1_u8);
        assert!(Arc::ptr_eq(&first, &derived.get("a".to_owned(), || 2)));
        assert_eq!(*derived.get("b".to_owned(), || 3_u8), 3);
        assert_eq!(*derived.get("a".to_owned(), || "text"), "text");
        assert_ne!(derived.state(), Derived::default().state());
    }
}
