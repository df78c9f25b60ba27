//! Series: the points of one metric over time.

use std::collections::{BTreeMap, HashMap, HashSet};

use plimsoll_model::{Labels, Params, SEGMENT, Series, SeriesPoint, SeriesQuery, SnapshotKind, SnapshotStatus};
use rusqlite::{Connection, params};
use serde_json::Value;

use super::{
    MetricStore,
    bounds::Bounds,
    codec::{from_json, kind, micros, snapshot_status, timestamp},
    thin::thin,
};
use crate::StoreError;

/// Longest answer a series unless the query says otherwise.
const MAX_POINTS: u32 = 1_000;

/// Fields that choose the windows which a metric's series keep.
const LEADING: [&str; 2] = ["value", "score"];

/// A row of the table `series`.
pub(super) struct SeriesRow {
    pub id: i64,
    /// The same for series that differ in their field alone.
    group: String,
    pub field: String,
    pub monitor: String,
    pub labels: Labels,
    pub params: Params,
}

/// A point before its window and snapshot are looked up.
struct RawPoint {
    at: i64,
    snapshot: i64,
    value: Option<f64>,
}

/// What a point needs to know of its snapshot.
#[derive(Clone)]
pub(super) struct PointSource {
    id: String,
    kind: SnapshotKind,
    status: SnapshotStatus,
    end: Option<i64>,
    pub granularity: Option<String>,
    coverage: Option<f64>,
}

impl MetricStore {
    /// Points of one metric over time, one series for each distinct field, monitor, label set and parameter set.
    ///
    /// Points stand by window start; a snapshot without a window stands at the time of its run. If a report and a test
    /// suite of one monitor hold the same point, the report's is shown. Series without points in the period are left out.
    ///
    /// `bounds` are the tests of the latest window that hold this metric, field and labels with agreeing parameters, of
    /// every monitor with windows of the same length. Where no test holds a `drift.column` score, the metric's own
    /// threshold is the bound.
    ///
    /// # Errors
    /// [`StoreError::Index`] if the store fails.
    pub fn series(&self, project: &str, query: &SeriesQuery) -> Result<Vec<Series>, StoreError> {
        self.read(|c| {
            let (from, to) = (query.from.map_or(i64::MIN, micros), query.to.map_or(i64::MAX, micros));
            let bounds = Bounds::load(c, project, &query.metric, to)?;
            let mut sources = Sources {
                connection: c,
                known: HashMap::new(),
            };
            let mut read = Vec::new();
            for row in matching(c, project, query)? {
                let raw = single(raw_points(c, row.id, from, to)?, &mut sources)?;
                if !raw.is_empty() {
                    read.push((row, raw));
                }
            }
            let kept = kept_snapshots(&read, query.max_points.unwrap_or(MAX_POINTS) as usize);
            let mut found = Vec::new();
            for (row, raw) in read {
                let Some(last) = raw.last() else { continue };
                let latest = sources.of(last.snapshot)?;
                let stays = |p: &&RawPoint| kept.get(&row.group).is_none_or(|kept| kept.contains(&p.snapshot));
                let points = raw
                    .iter()
                    .filter(stays)
                    .map(|p| sources.point(p))
                    .collect::<rusqlite::Result<Vec<_>>>()?;
                let values = || raw.iter().filter_map(|p| p.value);
                let windows = values().count() as u64;
                found.push(Series {
                    bounds: bounds.of(&row, latest.granularity.as_deref())?,
                    thinned: points.len() < raw.len(),
                    windows,
                    mean: (windows > 0).then(|| values().sum::<f64>() / windows as f64),
                    metric: query.metric.clone(),
                    field: row.field,
                    labels: row.labels,
                    params: row.params,
                    monitor: row.monitor,
                    points,
                });
            }
            Ok(found)
        })
    }
}

/// The snapshots whose points stay, by group of series, of groups in which one has more than `max` points.
fn kept_snapshots(read: &[(SeriesRow, Vec<RawPoint>)], max: usize) -> HashMap<String, HashSet<i64>> {
    let moments = || {
        read.iter()
            .flat_map(|(_, raw)| raw.first().into_iter().chain(raw.last()))
            .map(|p| p.at)
    };
    let (Some(first), Some(last)) = (moments().min(), moments().max()) else {
        return HashMap::new();
    };
    let mut groups: BTreeMap<&str, Vec<&(SeriesRow, Vec<RawPoint>)>> = BTreeMap::new();
    for series in read {
        groups.entry(&series.0.group).or_default().push(series);
    }
    let long = groups
        .into_iter()
        .filter(|(_, group)| group.iter().any(|(_, raw)| raw.len() > max));
    long.map(|(name, group)| {
        let named = LEADING
            .iter()
            .find_map(|field| group.iter().find(|(row, _)| row.field == *field));
        let (_, leading) = named.unwrap_or(&group[0]);
        let points: Vec<(i64, Option<f64>)> = leading.iter().map(|p| (p.at, p.value)).collect();
        let stay = thin(&points, max, (first, last))
            .into_iter()
            .map(|at| leading[at].snapshot);
        (name.to_owned(), stay.collect())
    })
    .collect()
}

/// Series of the query, by field, monitor, labels and parameters.
fn matching(c: &Connection, project: &str, query: &SeriesQuery) -> rusqlite::Result<Vec<SeriesRow>> {
    let mut statement = c.prepare_cached(
        "SELECT id, field, monitor, labels, params FROM series
         WHERE project = ?1 AND metric = ?2 AND (?3 IS NULL OR field = ?3) AND (?4 IS NULL OR monitor = ?4)
         ORDER BY field, monitor, labels, params",
    )?;
    let mut rows = statement.query(params![project, query.metric, query.field, query.monitor])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (own, given) = (row.get_ref(3)?.as_str()?, row.get_ref(4)?.as_str()?);
        let (labels, params): (Labels, Params) = (from_json(3, own)?, from_json(4, given)?);
        // Segments are asked for by their label; a series of the whole does not show them beside it.
        let fits = (!query.exact_labels || labels.len() == query.labels.len())
            && (!labels.contains_key(SEGMENT) || query.labels.contains_key(SEGMENT))
            && (query.labels.iter())
                .all(|(name, value)| labels.get(name).is_some_and(|own| value == "*" || own == value))
            && query
                .params
                .iter()
                .all(|(name, value)| params.get(name).is_some_and(|p| same(p, value)));
        if fits {
            let monitor: String = row.get(2)?;
            found.push(SeriesRow {
                id: row.get(0)?,
                field: row.get(1)?,
                group: format!("{monitor}\n{own}\n{given}"),
                monitor,
                labels,
                params,
            });
        }
    }
    Ok(found)
}

/// Says whether two parameters agree; `1` and `1.0` do.
pub(super) fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
        _ => a == b,
    }
}

fn raw_points(c: &Connection, series: i64, from: i64, to: i64) -> rusqlite::Result<Vec<RawPoint>> {
    c.prepare_cached("SELECT at, snapshot, value FROM points WHERE series = ?1 AND at >= ?2 AND at < ?3 ORDER BY at")?
        .query_map([series, from, to], |row| {
            Ok(RawPoint {
                at: row.get(0)?,
                snapshot: row.get(1)?,
                value: row.get(2)?,
            })
        })?
        .collect()
}

/// Leaves one point a window: the report's before the test suite's.
fn single(points: Vec<RawPoint>, sources: &mut Sources<'_>) -> rusqlite::Result<Vec<RawPoint>> {
    let mut kept: Vec<RawPoint> = Vec::with_capacity(points.len());
    for point in points {
        let Some(before) = kept.last_mut().filter(|k| k.at == point.at) else {
            kept.push(point);
            continue;
        };
        let (own, other) = (sources.of(point.snapshot)?, sources.of(before.snapshot)?);
        if own.end != other.end {
            kept.push(point);
        } else if (own.kind, &own.id) < (other.kind, &other.id) {
            *before = point;
        }
    }
    Ok(kept)
}

/// Snapshots by row, each looked up once.
struct Sources<'a> {
    connection: &'a Connection,
    known: HashMap<i64, PointSource>,
}

impl Sources<'_> {
    fn of(&mut self, snapshot: i64) -> rusqlite::Result<PointSource> {
        if let Some(source) = self.known.get(&snapshot) {
            return Ok(source.clone());
        }
        let source = self
            .connection
            .prepare_cached("SELECT id, kind, status, win_end, granularity, coverage FROM snapshots WHERE rowid = ?1")?
            .query_row([snapshot], |row| {
                Ok(PointSource {
                    id: row.get(0)?,
                    kind: kind(1, row.get_ref(1)?.as_str()?)?,
                    status: snapshot_status(2, row.get_ref(2)?.as_str()?)?,
                    end: row.get(3)?,
                    granularity: row.get(4)?,
                    coverage: row.get(5)?,
                })
            })?;
        self.known.insert(snapshot, source.clone());
        Ok(source)
    }

    fn point(&mut self, raw: &RawPoint) -> rusqlite::Result<SeriesPoint> {
        let source = self.of(raw.snapshot)?;
        Ok(SeriesPoint {
            start: timestamp(0, raw.at)?,
            end: timestamp(3, source.end.unwrap_or(raw.at))?,
            value: raw.value,
            snapshot: source.id,
            status: source.status,
            coverage: source.coverage,
        })
    }
}
