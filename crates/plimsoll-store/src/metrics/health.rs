//! Tests through the windows.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use plimsoll_model::{Granularity, Status, TestHistory, TestHistoryCell, TestHistoryRow};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    MAX_WINDOWS, MetricStore,
    codec::{from_json, micros, severity, status, timestamp},
    snapshots::count,
};
use crate::{Health, StoreError, StripCell};

impl MetricStore {
    /// Every test of a project, or of one monitor, through the windows that start in `[from, to)`.
    ///
    /// Rows are sorted worst first: by the outcome in their latest window, then by the number of windows missed. Of
    /// longer periods the newest [`MAX_WINDOWS`] windows are returned.
    ///
    /// # Errors
    /// [`StoreError::Index`] if the store fails.
    pub fn test_history(
        &self,
        project: &str,
        monitor: Option<&str>,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<TestHistory, StoreError> {
        let (from, to) = (from.map_or(i64::MIN, micros), to.map_or(i64::MAX, micros));
        self.read(|c| history(c, project, monitor, from, to))
    }

    /// How the windows that start in `[from, to)` fared, oldest first.
    ///
    /// A cell is a window with all its snapshots. Without `monitor` and with windows of several lengths, the shortest
    /// length that has tests is shown, else the shortest. Of longer periods the newest [`MAX_WINDOWS`] windows are
    /// returned.
    ///
    /// # Errors
    /// [`StoreError::Index`] if the store fails.
    pub fn health(
        &self,
        project: &str,
        monitor: Option<&str>,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Vec<StripCell>, StoreError> {
        let (from, to) = (from.map_or(i64::MIN, micros), to.map_or(i64::MAX, micros));
        self.read(|c| strip(c, project, monitor, from, to, MAX_WINDOWS))
    }
}

fn history(c: &Connection, project: &str, monitor: Option<&str>, from: i64, to: i64) -> rusqlite::Result<TestHistory> {
    // The start of the oldest window that is returned.
    let oldest: Option<i64> = c
        .prepare_cached(
            "SELECT DISTINCT at FROM snapshots
             WHERE project = ?1 AND total > 0 AND (?2 IS NULL OR monitor = ?2) AND at >= ?3 AND at < ?4
             ORDER BY at DESC LIMIT 1 OFFSET ?5",
        )?
        .query_row(
            params![
                project,
                monitor,
                from,
                to,
                i64::try_from(MAX_WINDOWS - 1).unwrap_or(i64::MAX)
            ],
            |row| row.get(0),
        )
        .optional()?;
    let mut statement = c.prepare_cached(
        "SELECT t.series, t.nth, t.severity, t.bound, t.observed, t.status, s.at, s.win_end, s.id
         FROM snapshots s CROSS JOIN tests t ON t.snapshot = s.rowid
         WHERE s.project = ?1 AND s.total > 0 AND (?2 IS NULL OR s.monitor = ?2) AND s.at >= ?3 AND s.at < ?4
         ORDER BY s.at, s.id, t.ordinal",
    )?;
    let mut rows = statement.query(params![project, monitor, oldest.unwrap_or(from), to])?;
    let mut tests: HashMap<(i64, i64, String), (String, Vec<TestHistoryCell>)> = HashMap::new();
    while let Some(row) = rows.next()? {
        let at: i64 = row.get(6)?;
        let end: Option<i64> = row.get(7)?;
        let cell = TestHistoryCell {
            start: timestamp(6, at)?,
            end: timestamp(7, end.unwrap_or(at))?,
            snapshot: row.get(8)?,
            status: status(5, row.get_ref(5)?.as_str()?)?,
            observed: row.get(4)?,
        };
        let (bound, cells) = tests.entry((row.get(0)?, row.get(1)?, row.get(2)?)).or_default();
        // Windows come by time, so the last bound is that of the latest window.
        row.get_ref(3)?.as_str()?.clone_into(bound);
        cells.push(cell);
    }
    let mut rows = Vec::with_capacity(tests.len());
    for (key, (bound, cells)) in tests {
        let (severity, bound) = (severity(2, &key.2)?, from_json(3, &bound)?);
        let row = c
            .prepare_cached("SELECT metric, field, labels, params, monitor FROM series WHERE id = ?1")?
            .query_row([key.0], |row| {
                Ok(TestHistoryRow {
                    metric: row.get(0)?,
                    field: row.get(1)?,
                    labels: from_json(2, row.get_ref(2)?.as_str()?)?,
                    params: from_json(3, row.get_ref(3)?.as_str()?)?,
                    monitor: row.get(4)?,
                    severity,
                    bound,
                    cells,
                })
            })?;
        rows.push((key, row));
    }
    let missed = |r: &TestHistoryRow| r.cells.iter().filter(|c| c.status >= Status::Warn).count();
    let latest = |r: &TestHistoryRow| r.cells.last().map(|c| c.status);
    rows.sort_by(|(a_key, a), (b_key, b)| {
        let worst = (latest(b), missed(b)).cmp(&(latest(a), missed(a)));
        let name = (&a.metric, &a.field, &a.labels, &a.monitor).cmp(&(&b.metric, &b.field, &b.labels, &b.monitor));
        worst.then(name).then(a_key.cmp(b_key))
    });
    Ok(TestHistory {
        rows: rows.into_iter().map(|(_, row)| row).collect(),
    })
}

/// The newest `limit` windows of a project or a monitor, oldest first.
pub(super) fn strip(
    c: &Connection,
    project: &str,
    monitor: Option<&str>,
    from: i64,
    to: i64,
    limit: usize,
) -> rusqlite::Result<Vec<StripCell>> {
    let granularity = shown_granularity(c, project, monitor)?;
    let mut statement = c.prepare_cached(
        "SELECT at, win_end, id, rows, outcome, total, fail + error FROM snapshots
         WHERE project = ?1 AND (?2 IS NULL OR monitor = ?2) AND granularity = ?3 AND at >= ?4 AND at < ?5
         ORDER BY at DESC, id",
    )?;
    let mut rows = statement.query(params![project, monitor, granularity, from, to])?;
    // Windows of one length may overlap if the time zone was changed, so both ends name a window.
    let mut cells: BTreeMap<(i64, i64), StripCell> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let key: (i64, i64) = (row.get(0)?, row.get(1)?);
        if cells.len() >= limit && !cells.contains_key(&key) {
            break;
        }
        let outcome = match row.get_ref(4)?.as_str_or_null()? {
            None => Health::None,
            Some(text) => status(4, text)?.into(),
        };
        let (rows_here, total, failed) = (count(row, 3)?, row.get::<_, u32>(5)?, row.get::<_, u32>(6)?);
        let id: String = row.get(2)?;
        let (start, end) = (timestamp(0, key.0)?, timestamp(1, key.1)?);
        let cell = cells.entry(key).or_insert_with(|| StripCell {
            start,
            end,
            status: Health::None,
            failed: 0,
            total: 0,
            rows: 0,
            snapshot: id.clone(),
        });
        cell.rows = cell.rows.max(rows_here);
        cell.total += total;
        cell.failed += failed;
        if outcome > cell.status {
            cell.status = outcome;
            cell.snapshot = id;
        }
    }
    let mut cells: Vec<StripCell> = cells.into_values().collect();
    for cell in &mut cells {
        if cell.rows == 0 && cell.status <= Health::Pass {
            cell.status = Health::Empty;
        }
    }
    Ok(cells)
}

/// The length of the windows that are shown together: the shortest that has tests, else the shortest.
fn shown_granularity(c: &Connection, project: &str, monitor: Option<&str>) -> rusqlite::Result<Option<String>> {
    let found: Vec<(String, bool)> = c
        .prepare_cached(
            "SELECT granularity, max(total) > 0 FROM snapshots
             WHERE project = ?1 AND (?2 IS NULL OR monitor = ?2) AND granularity IS NOT NULL GROUP BY granularity",
        )?
        .query_map(params![project, monitor], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    Ok(found
        .into_iter()
        .min_by_key(|(g, tested)| (!tested, length(g)))
        .map(|(g, _)| g))
}

/// Nominal length of a granularity in seconds, to order by.
pub(super) fn length(granularity: &str) -> i64 {
    match granularity.parse() {
        Ok(Granularity::Hour) => 3_600,
        Ok(Granularity::Day) => 86_400,
        Ok(Granularity::Week) => 604_800,
        Ok(Granularity::Month) => 2_592_000,
        Ok(Granularity::Seconds(n)) => n,
        Err(_) => i64::MAX,
    }
}
