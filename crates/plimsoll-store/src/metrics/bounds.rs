//! Bounds of series: what the tests of the latest window hold them against.

use plimsoll_model::{Bound, Labels, Params, SeriesBound, Severity, Threshold};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    codec::{from_json, severity},
    series::{SeriesRow, same},
};

/// Drift tests whose score is a p-value, so that a *small* score is the bad one; the others are distances.
const P_VALUE_TESTS: [&str; 12] = [
    "anderson",
    "chisquare",
    "cramer_von_mises",
    "ed",
    "empirical_mmd",
    "es",
    "fisher_exact",
    "g_test",
    "ks",
    "mannw",
    "t_test",
    "z",
];

/// A test of some monitor's latest window.
struct LatestTest {
    monitor: String,
    granularity: Option<String>,
    field: String,
    labels: Labels,
    params: Params,
    bound: Bound,
    severity: Severity,
}

/// All the bounds on one metric of a project.
pub(super) struct Bounds<'a> {
    connection: &'a Connection,
    project: &'a str,
    metric: &'a str,
    to: i64,
    tests: Vec<LatestTest>,
}

impl<'a> Bounds<'a> {
    /// Reads the tests on a metric in each monitor's latest tested window that starts before `to`.
    pub(super) fn load(
        connection: &'a Connection,
        project: &'a str,
        metric: &'a str,
        to: i64,
    ) -> rusqlite::Result<Self> {
        let monitors: Vec<String> = connection
            .prepare_cached("SELECT DISTINCT monitor FROM snapshots WHERE project = ?1")?
            .query_map([project], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut tests = Vec::new();
        for monitor in monitors {
            let latest: Option<(i64, Option<String>)> = connection
                .prepare_cached(
                    "SELECT rowid, granularity FROM snapshots
                     WHERE project = ?1 AND monitor = ?2 AND kind = 'test_suite' AND at < ?3 AND total > 0
                     ORDER BY at DESC, id DESC LIMIT 1",
                )?
                .query_row(params![project, monitor, to], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((snapshot, granularity)) = latest else {
                continue;
            };
            let mut statement = connection.prepare_cached(
                "SELECT s.field, s.labels, s.params, t.bound, t.severity
                 FROM tests t JOIN series s ON s.id = t.series
                 WHERE t.snapshot = ?1 AND s.metric = ?2 ORDER BY t.ordinal",
            )?;
            let mut rows = statement.query(params![snapshot, metric])?;
            while let Some(row) = rows.next()? {
                tests.push(LatestTest {
                    monitor: monitor.clone(),
                    granularity: granularity.clone(),
                    field: row.get(0)?,
                    labels: from_json(1, row.get_ref(1)?.as_str()?)?,
                    params: from_json(2, row.get_ref(2)?.as_str()?)?,
                    bound: from_json(3, row.get_ref(3)?.as_str()?)?,
                    severity: severity(4, row.get_ref(4)?.as_str()?)?,
                });
            }
        }
        Ok(Self {
            connection,
            project,
            metric,
            to,
            tests,
        })
    }

    /// The bounds on one series whose latest window has this granularity.
    pub(super) fn of(&self, series: &SeriesRow, granularity: Option<&str>) -> rusqlite::Result<Vec<SeriesBound>> {
        let mut bounds: Vec<SeriesBound> = Vec::new();
        // The series' own monitor comes first, so that it is the one named where several hold the same bound.
        let own_first = |own: bool| self.tests.iter().filter(move |t| (t.monitor == series.monitor) == own);
        for test in own_first(true).chain(own_first(false)) {
            let holds = test.granularity.as_deref() == granularity
                && test.field == series.field
                && test.labels == series.labels
                && agree(&test.params, &series.params)
                && !test.bound.is_empty();
            if holds
                && !bounds
                    .iter()
                    .any(|b| b.bound == test.bound && b.severity == test.severity)
            {
                bounds.push(SeriesBound {
                    bound: test.bound.clone(),
                    severity: test.severity,
                    monitor: test.monitor.clone(),
                });
            }
        }
        if bounds.is_empty() && self.metric == "drift.column" && series.field == "score" {
            bounds.extend(self.own_threshold(series)?);
        }
        Ok(bounds)
    }

    /// The threshold that `drift.column` itself reports beside its score in the latest window.
    fn own_threshold(&self, series: &SeriesRow) -> rusqlite::Result<Option<SeriesBound>> {
        let threshold: Option<f64> = self
            .connection
            .prepare_cached(
                "SELECT p.value FROM series s JOIN series own ON own.id = ?1 JOIN points p ON p.series = s.id
                 WHERE s.project = ?2 AND s.metric = ?3 AND s.field = 'threshold' AND s.monitor = own.monitor
                 AND s.labels = own.labels AND s.params = own.params AND p.at < ?4
                 ORDER BY p.at DESC LIMIT 1",
            )?
            .query_row(params![series.id, self.project, self.metric, self.to], |row| row.get(0))
            .optional()?
            .flatten();
        Ok(threshold.map(|threshold| {
            let test = series
                .params
                .get("test")
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default();
            let threshold = Some(Threshold::Number(threshold));
            let bound = if P_VALUE_TESTS.contains(&test) {
                Bound {
                    gte: threshold,
                    ..Bound::default()
                }
            } else {
                Bound {
                    lt: threshold,
                    ..Bound::default()
                }
            };
            SeriesBound {
                bound,
                severity: Severity::Warning,
                monitor: series.monitor.clone(),
            }
        }))
    }
}

/// Says whether the parameters that both sides name are equal.
fn agree(a: &Params, b: &Params) -> bool {
    a.iter()
        .all(|(name, value)| b.get(name).is_none_or(|other| same(value, other)))
}
