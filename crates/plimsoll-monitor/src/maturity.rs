//! How far a window's labels have come in, and what its snapshot is called for it.

use std::collections::BTreeSet;

use plimsoll_engine::{LabelColumns, Profile, StatisticSpec};
use plimsoll_model::{ColumnKind, DataDefinition, Role, Snapshot, SnapshotStatus};

/// What a window whose labels come late is held against.
#[derive(Debug, Clone)]
pub(crate) struct LabelRules {
    columns: LabelColumns,
    /// Age of a window's end at which it is final, in microseconds.
    final_after: i64,
    /// The moment that counts as the present, in microseconds since the Unix epoch.
    now: i64,
    /// Starts of windows that still take rows.
    open: BTreeSet<i64>,
}

impl LabelRules {
    /// The rules of a data definition; `None` if it has no target.
    pub fn new(definition: &DataDefinition, final_after: i64, now: i64, open: BTreeSet<i64>) -> Option<Self> {
        let target = definition.target()?.name.clone();
        let score = definition.columns.iter().find(|c| matches!(c.role, Role::Score(None)));
        let judged = score.or_else(|| definition.prediction());
        let judged = judged
            .filter(|c| c.kind == ColumnKind::Numeric || c.kind.is_categorical())
            .map(|c| (c.name.clone(), c.kind));
        Some(Self {
            columns: LabelColumns { target, judged },
            final_after,
            now,
            open,
        })
    }

    /// The statistics that are needed beside those of the metrics.
    pub fn requires(&self) -> Vec<StatisticSpec> {
        self.columns.requires()
    }

    /// The target.
    pub fn target(&self) -> &str {
        &self.columns.target
    }

    /// The moment that counts as the present, in microseconds since the Unix epoch.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The column by which labelled rows are compared with all rows.
    pub fn judged(&self) -> Option<&str> {
        self.columns.judged.as_ref().map(|(name, _)| name.as_str())
    }

    /// Writes coverage, delays and status into a snapshot of a finished profile.
    pub fn settle(&self, snapshot: &mut Snapshot, profile: &Profile) {
        let Some(window) = &snapshot.window else { return };
        let (start, end) = (window.start.as_microsecond(), window.end.as_microsecond());
        let maturity = self.columns.maturity(profile);
        let open = self.open.contains(&start);
        let aged = self.now.saturating_sub(end) >= self.final_after;
        let complete = maturity.labelled == maturity.rows;
        snapshot.status = if !open && (aged || complete) {
            SnapshotStatus::Final
        } else if maturity.labelled == 0 {
            SnapshotStatus::Estimated
        } else {
            SnapshotStatus::Provisional
        };
        if open {
            snapshot.notes.insert(0, plimsoll_model::OPEN_WINDOW.to_owned());
        }
        snapshot.maturity = Some(maturity);
    }
}
