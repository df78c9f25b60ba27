//! Projects at a glance.

use plimsoll_model::{DataDefinition, SnapshotKind};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    MetricStore,
    codec::{from_json, kind, timestamp},
    health::{length, strip},
    snapshots::count,
};
use crate::{Health, MonitorSummary, Period, ProjectFacts, ProjectSummary, StoreError};

/// Windows in the strip of a project.
const STRIP_WINDOWS: usize = 60;

impl MetricStore {
    /// Projects at a glance, in the order given. The title is the id: the store does not read project files.
    ///
    /// # Errors
    /// [`StoreError::Index`] if the store fails.
    pub fn project_summaries(&self, projects: &[String]) -> Result<Vec<ProjectSummary>, StoreError> {
        self.read(|c| projects.iter().map(|project| summary(c, project)).collect())
    }

    /// What the snapshots of a project tell about it: columns, monitors, period.
    ///
    /// # Errors
    /// [`StoreError::Index`] if the store fails.
    pub fn project_facts(&self, project: &str) -> Result<ProjectFacts, StoreError> {
        self.read(|c| {
            let monitors = monitors(c, project)?;
            Ok(ProjectFacts {
                definition: definition(c, project)?.unwrap_or_default(),
                first: monitors.iter().filter_map(|m| m.first).min(),
                last: monitors.iter().filter_map(|m| m.last).max(),
                monitors,
            })
        })
    }
}

fn summary(c: &Connection, project: &str) -> rusqlite::Result<ProjectSummary> {
    let strip = strip(c, project, None, i64::MIN, i64::MAX, STRIP_WINDOWS)?;
    let health = strip
        .iter()
        .rev()
        .map(|cell| cell.status)
        .find(|s| *s > Health::Empty)
        .unwrap_or(Health::None);
    let last_data: Option<i64> = c
        .prepare_cached(
            "SELECT win_end FROM snapshots WHERE project = ?1 AND rows > 0 AND win_end IS NOT NULL
             ORDER BY at DESC LIMIT 1",
        )?
        .query_row([project], |row| row.get(0))
        .optional()?;
    let drifted_share: Option<f64> = c
        .prepare_cached(
            "SELECT p.value FROM series s JOIN points p ON p.series = s.id
             WHERE s.project = ?1 AND s.metric = 'drift.dataset' AND s.field = 'share' AND s.labels = '{}'
             ORDER BY p.at DESC LIMIT 1",
        )?
        .query_row([project], |row| row.get(0))
        .optional()?
        .flatten();
    let snapshots = c
        .prepare_cached("SELECT count(*) FROM snapshots WHERE project = ?1")?
        .query_row([project], |row| count(row, 0))?;
    Ok(ProjectSummary {
        id: project.to_owned(),
        title: project.to_owned(),
        task: definition(c, project)?.and_then(|d| d.task),
        timezone: timezone(c, project)?,
        health,
        last_window: strip.last().map(|cell| Period {
            start: cell.start,
            end: cell.end,
        }),
        last_data_time: last_data.map(|at| timestamp(0, at)).transpose()?,
        rows: strip.last().map(|cell| cell.rows),
        drifted_share,
        snapshots,
        strip,
    })
}

/// The time zone of the newest window; `UTC` without one.
fn timezone(c: &Connection, project: &str) -> rusqlite::Result<String> {
    let found: Option<String> = c
        .prepare_cached(
            "SELECT timezone FROM snapshots WHERE project = ?1 AND timezone IS NOT NULL
             ORDER BY at DESC, id DESC LIMIT 1",
        )?
        .query_row([project], |row| row.get(0))
        .optional()?;
    Ok(found.unwrap_or_else(|| "UTC".to_owned()))
}

/// The data definition of the newest snapshot.
fn definition(c: &Connection, project: &str) -> rusqlite::Result<Option<DataDefinition>> {
    c.prepare_cached(
        "SELECT d.json FROM snapshots s JOIN definitions d ON d.id = s.definition
         WHERE s.project = ?1 ORDER BY s.at DESC, s.id DESC LIMIT 1",
    )?
    .query_row([project], |row| from_json(0, row.get_ref(0)?.as_str()?))
    .optional()
}

fn monitors(c: &Connection, project: &str) -> rusqlite::Result<Vec<MonitorSummary>> {
    let mut statement = c.prepare_cached(
        "SELECT monitor, kind, granularity, count(DISTINCT at), min(at), max(win_end) FROM snapshots
         WHERE project = ?1 GROUP BY monitor, kind, granularity ORDER BY monitor, kind",
    )?;
    let mut rows = statement.query(params![project])?;
    let mut monitors: Vec<MonitorSummary> = Vec::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let kind: SnapshotKind = kind(1, row.get_ref(1)?.as_str()?)?;
        let every: Option<String> = row.get(2)?;
        let last: Option<i64> = row.get(5)?;
        let every_parsed = every.as_deref().and_then(|e| e.parse().ok());
        let windows = if every.is_some() { count(row, 3)? } else { 0 };
        let first = every.is_some().then(|| timestamp(4, row.get(4)?)).transpose()?;
        let last = last.map(|at| timestamp(5, at)).transpose()?;
        match monitors.last_mut().filter(|m| m.name == name) {
            None => monitors.push(MonitorSummary {
                name,
                every: every_parsed,
                kinds: vec![kind],
                windows,
                first,
                last,
            }),
            Some(m) => {
                if !m.kinds.contains(&kind) {
                    m.kinds.push(kind);
                }
                // After a change of the length, the shorter one names the monitor.
                let known = m.every.map_or(i64::MAX, |e| length(&e.to_string()));
                if every.as_deref().is_some_and(|e| length(e) < known) {
                    m.every = every_parsed;
                }
                m.windows = m.windows.max(windows);
                m.first = [m.first, first].into_iter().flatten().min();
                m.last = m.last.max(last);
            }
        }
    }
    Ok(monitors)
}
