//! The workspace: snapshots, profiles and the metric store.
