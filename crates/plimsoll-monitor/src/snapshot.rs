//! From an evaluation to a snapshot.

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use plimsoll_engine::{Profile, Reference};
use plimsoll_model::{
    FORMAT_VERSION, ReferenceInfo, RunInfo, Snapshot, SnapshotKind, SnapshotStatus, Window, significant,
};
use serde_json::Value;

use crate::{lessons::lessons_of_parts, plan::Planned, reference::Slice};

/// What is the same for every snapshot of a monitor and kind.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub project: String,
    pub monitor: String,
    pub kind: SnapshotKind,
    pub tags: Vec<String>,
    pub metadata: BTreeMap<String, Value>,
    pub started_at: Timestamp,
    pub source: String,
    pub notes: Vec<String>,
}

/// Significant digits of a number in a snapshot: more than any sampling error lets tell apart.
const DIGITS: i32 = 10;

/// A number as a snapshot keeps it; whole numbers stay as they are.
fn kept(value: f64) -> f64 {
    if value.fract() == 0.0 {
        value
    } else {
        significant(value, DIGITS)
    }
}

/// Evaluates a finished profile. `prepared` is the reference's profile as the plan has prepared it, where that was done.
#[allow(clippy::too_many_arguments, reason = "what a snapshot is made of")]
pub(crate) fn snapshot(
    header: &Header,
    planned: &Planned,
    profile: &Profile,
    reference: Option<&Slice>,
    prepared: Option<&Reference<'_>>,
    window: Option<&Window>,
    fingerprint: String,
    revision: u32,
) -> Snapshot {
    let clock = std::time::Instant::now();
    let plan = &planned.plan;
    let length = window.map(|w| crate::reference::seconds_between(w.start, w.end));
    let windows = match (reference.and_then(|r| r.seconds), length) {
        (Some(reference), Some(length)) => reference / length,
        _ => 1.0,
    };
    let own = reference.map(|r| {
        let own = prepared.map_or_else(|| plan.reference(&r.profile), Reference::clone);
        let moves = prepared.is_none() && plan.learns() && window.is_some();
        let own = if moves {
            own.with_lessons(&Arc::new(lessons_of_parts(planned, &own, r)))
        } else {
            own
        };
        own.spanning(windows)
    });
    let mut evaluated = plan.evaluate(profile, own.as_ref());
    let points = evaluated.measurements.iter_mut().flat_map(|m| &mut m.points);
    points.for_each(|point| point.value = point.value.map(kept));
    for test in &mut evaluated.tests {
        test.observed = test.observed.map(kept);
    }
    let mut notes = header.notes.clone();
    if profile.rows() == 0 {
        notes.insert(0, "no rows in this window".to_owned());
    }
    let start = window.map_or(header.started_at, |w| w.start);
    Snapshot {
        version: FORMAT_VERSION,
        id: Snapshot::make_id(start, header.kind, &header.monitor),
        project: header.project.clone(),
        monitor: header.monitor.clone(),
        kind: header.kind,
        window: window.cloned(),
        revision,
        status: SnapshotStatus::Final,
        maturity: None,
        reference: reference.map(|r| ReferenceInfo::clone(&r.info)),
        run: RunInfo {
            started_at: header.started_at,
            seconds: (clock.elapsed().as_secs_f64() * 1e6).round() / 1e6,
            rows: profile.rows(),
            engine_version: env!("CARGO_PKG_VERSION").to_owned(),
            source: header.source.clone(),
            fingerprint,
        },
        tags: header.tags.clone(),
        metadata: header.metadata.clone(),
        definition: plan.definition().clone(),
        notes,
        measurements: evaluated.measurements,
        tests: evaluated.tests,
    }
}
