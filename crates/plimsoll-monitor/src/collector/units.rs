//! What the monitors of a project compute, by length of their windows.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use plimsoll_engine::{Lessons, Profile};
use plimsoll_model::{
    Snapshot, SnapshotStatus, Window,
    config::{MonitorConfig, ProjectConfig, ReferenceKind},
};

use super::lane::Lane;
use crate::{
    MonitorError,
    input::Input,
    lessons::lessons,
    maturity::LabelRules,
    plan::{Planned, plans, profile_plan},
    reference::References,
    snapshot::{Header, snapshot},
};

/// A monitor with its plans and its reference.
#[derive(Debug)]
struct Unit {
    config: MonitorConfig,
    planned: Vec<Planned>,
    reference: References,
    /// What the windows of the reference teach, by plan; none of a reference that moves.
    lessons: Vec<Arc<Lessons>>,
}

/// The monitors with windows of one length.
#[derive(Debug)]
pub(crate) struct Units {
    project: String,
    units: Vec<Unit>,
}

/// Plans the lanes of a project and what each evaluates.
pub(crate) async fn lanes(
    config: &ProjectConfig,
    base: &Path,
    input: &Input,
) -> Result<(Vec<Lane>, Vec<Units>), MonitorError> {
    let timezone = config.data.timezone()?;
    let collector = config.collector();
    let rules = input.rules(config, 0, std::collections::BTreeSet::new());
    let data = input.data(config, &timezone, rules.as_ref());
    let (mut lanes, mut all) = (Vec::new(), Vec::new());
    for every in config.window_lengths() {
        let group: Vec<&MonitorConfig> = config.monitors.iter().filter(|m| m.every == every).collect();
        let mut planned = Vec::with_capacity(group.len());
        for monitor in &group {
            planned.push(plans(
                &monitor.name,
                &monitor.report,
                &monitor.tests,
                &input.definition,
                monitor.reference.is_some() || config.reference.is_some(),
            )?);
        }
        let plan = profile_plan(planned.iter().flatten(), rules.iter().flat_map(LabelRules::requires));
        let mut units = Vec::with_capacity(group.len());
        let (mut moving, mut reach) = (false, 0);
        for (monitor, planned) in group.iter().zip(planned) {
            let reference = monitor.reference.as_ref().or(config.reference.as_ref());
            let kind = reference.map(|r| r.settle(&timezone)).transpose()?;
            // A range of the stream itself may not have come yet; its windows are computed from stored rows.
            let own = !matches!(kind, None | Some(ReferenceKind::Source(_)));
            moving |= own;
            // The window before is as long as this one, or a day of a clock change longer.
            let length = every.window_at(Timestamp::UNIX_EPOCH, &timezone)?;
            reach = reach.max(match &kind {
                Some(ReferenceKind::Previous) => length.end.as_microsecond() - length.start.as_microsecond(),
                Some(ReferenceKind::Trailing { seconds }) => seconds.saturating_mul(1_000_000),
                _ => 0,
            });
            let opened = if own { None } else { kind };
            let reference = References::open(opened.as_ref(), &data, base, &plan, false).await?;
            let mut taught = Vec::new();
            if let References::Fixed(slice) = &reference {
                taught = lessons(opened.as_ref(), &data, base, every, slice, &planned).await?;
            }
            units.push(Unit {
                config: (*monitor).clone(),
                planned,
                reference,
                lessons: taught,
            });
        }
        let triggers = group.iter().map(|m| m.trigger.unwrap_or_default()).collect();
        lanes.push(Lane::new(
            every,
            &timezone,
            &plan,
            triggers,
            collector.lateness.micros(),
            moving,
            reach,
        ));
        all.push(Units {
            project: config.project.clone(),
            units,
        });
    }
    Ok((lanes, all))
}

impl Units {
    /// The snapshots of some monitors for the finished running Profile of a window.
    pub fn snapshots(
        &self,
        monitors: &[usize],
        window: &Window,
        profile: &Profile,
        rules: Option<&LabelRules>,
        open: bool,
        now: i64,
    ) -> Vec<Snapshot> {
        let started_at = Timestamp::from_microsecond(now).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut made = Vec::new();
        for unit in monitors.iter().filter_map(|at| self.units.get(*at)) {
            let slice = match &unit.reference {
                References::Fixed(slice) => Some(&**slice),
                _ => None,
            };
            for (at, planned) in unit.planned.iter().enumerate() {
                let lessons = unit.lessons.get(at);
                let prepared = slice
                    .zip(lessons)
                    .map(|(s, lessons)| planned.plan.reference(&s.profile).with_lessons(lessons));
                let header = Header {
                    project: self.project.clone(),
                    monitor: unit.config.name.clone(),
                    kind: planned.kind,
                    tags: unit.config.tags.clone(),
                    metadata: unit.config.metadata.clone(),
                    started_at,
                    source: plimsoll_model::config::COLLECTOR.to_owned(),
                    notes: Vec::new(),
                };
                // The batch job computes it again from stored rows if it is asked to.
                let fingerprint = format!("running-{}", profile.rows());
                let mut one = snapshot(
                    &header,
                    planned,
                    profile,
                    slice,
                    prepared.as_ref(),
                    Some(window),
                    fingerprint,
                    1,
                );
                match rules {
                    Some(rules) => rules.settle(&mut one, profile),
                    None if open => {
                        one.status = SnapshotStatus::Provisional;
                        one.notes.insert(0, plimsoll_model::OPEN_WINDOW.to_owned());
                    }
                    None => {}
                }
                made.push(one);
            }
        }
        made
    }
}
