//! The answer to a recomputation of the past: which snapshots differ from those that are kept.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SnapshotKind;

/// What a recomputation changed, or would change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Backfill {
    /// Says that nothing was written.
    pub dry_run: bool,
    /// Windows that were computed.
    pub windows: u64,
    /// Snapshots that came out as they are kept, and were left alone.
    pub unchanged: u64,
    /// Snapshots that came out otherwise, by monitor, window and kind.
    pub changes: Vec<BackfillChange>,
}

/// A snapshot that differs from the one that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackfillChange {
    /// Id of the snapshot.
    pub snapshot: String,
    /// Monitor.
    pub monitor: String,
    /// Report or test suite.
    pub kind: SnapshotKind,
    /// First moment of the window.
    #[schemars(with = "String")]
    pub start: Timestamp,
    /// First moment after it.
    #[schemars(with = "String")]
    pub end: Timestamp,
    /// Rows of the window.
    pub rows: u64,
    /// The revision that is kept; `None` if there is no such snapshot.
    pub before: Option<u32>,
    /// The revision that is written.
    pub revision: u32,
}
