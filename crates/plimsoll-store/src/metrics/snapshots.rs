//! Lists of snapshots.

use std::collections::HashMap;

use jiff::Timestamp;
use plimsoll_model::{SnapshotFilter, Status, TestSummary, Window};
use rusqlite::{Connection, OptionalExtension, Row, params, types::Type};

use super::{
    MetricStore,
    codec::{from_json, kind, micros, snapshot_status, status, timestamp, unreadable},
};
use crate::{Page, SnapshotContext, SnapshotMeta, StoreError, cursor};

/// Columns that [`meta`] reads.
const COLUMNS: &str = "id, monitor, kind, at, win_end, granularity, timezone, revision, status, rows, outcome, total, \
                       pass, warn, fail, error, skipped, reference, tags, started_at, seconds, maturity";

impl MetricStore {
    /// Snapshots of a project, newest first.
    ///
    /// `cursor` is the `next_cursor` of the page before; `limit` is the page's length.
    ///
    /// # Errors
    /// [`StoreError::Cursor`] for a cursor that was not given out, [`StoreError::Index`] if the store fails.
    pub fn snapshots(
        &self,
        project: &str,
        filter: &SnapshotFilter,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<SnapshotMeta>, StoreError> {
        let after = cursor.map(parse_place).transpose()?;
        let limit = limit.max(1);
        let mut items = self.read(|c| {
            c.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM snapshots WHERE project = ?1
                 AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR monitor = ?3) AND (?4 IS NULL OR outcome = ?4)
                 AND at >= ?5 AND at < ?6
                 AND (?7 IS NULL OR EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?7))
                 AND (?8 IS NULL OR (at, id) < (?8, ?9))
                 ORDER BY at DESC, id DESC LIMIT ?10"
            ))?
            .query_map(
                params![
                    project,
                    filter.kind.map(plimsoll_model::SnapshotKind::as_str),
                    filter.monitor,
                    filter.outcome.map(Status::as_str),
                    filter.from.map_or(i64::MIN, micros),
                    filter.to.map_or(i64::MAX, micros),
                    filter.tag,
                    after.as_ref().map(|(at, _)| *at),
                    after.as_ref().map(|(_, id)| id),
                    i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1,
                ],
                meta,
            )?
            .collect::<Result<Vec<_>, _>>()
        })?;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = if more { items.last().map(place) } else { None };
        Ok(Page { items, next_cursor })
    }

    /// The snapshots before, after and beside one snapshot.
    ///
    /// # Errors
    /// [`StoreError::UnknownSnapshot`] if there is none of this id, [`StoreError::Index`] if the store fails.
    pub fn context(&self, project: &str, id: &str) -> Result<SnapshotContext, StoreError> {
        let context = self.read(|c| {
            let Some(own) = one(c, "project = ?1 AND id = ?2", params![project, id])? else {
                return Ok(None);
            };
            let at = micros(own.window.as_ref().map_or(own.started_at, |w| w.start));
            let kind = own.kind.as_str();
            let same = "project = ?1 AND monitor = ?2 AND kind = ?3";
            let neighbour = |condition: &str| {
                one(
                    c,
                    &format!("{same} AND {condition}"),
                    params![project, own.monitor, kind, at, id],
                )
            };
            let previous = neighbour("(at, id) < (?4, ?5) ORDER BY at DESC, id DESC")?;
            let next = neighbour("(at, id) > (?4, ?5) ORDER BY at, id")?;
            let siblings = match &own.window {
                None => Vec::new(),
                Some(window) => c
                    .prepare_cached(&format!(
                        "SELECT {COLUMNS} FROM snapshots WHERE project = ?1 AND at = ?2 AND win_end = ?3 AND id <> ?4
                         ORDER BY id"
                    ))?
                    .query_map(params![project, at, micros(window.end), id], meta)?
                    .collect::<Result<_, _>>()?,
            };
            Ok(Some(SnapshotContext {
                previous,
                next,
                siblings,
            }))
        })?;
        context.ok_or_else(|| StoreError::UnknownSnapshot {
            project: project.to_owned(),
            id: id.to_owned(),
        })
    }

    /// Fingerprints of configuration and data by snapshot id: what need not be computed again.
    ///
    /// # Errors
    /// [`StoreError::Index`] if the store fails.
    pub fn existing(&self, project: &str) -> Result<HashMap<String, String>, StoreError> {
        self.read(|c| {
            c.prepare_cached("SELECT id, fingerprint FROM snapshots WHERE project = ?1")?
                .query_map([project], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
    }
}

fn one(c: &Connection, condition: &str, values: &[&dyn rusqlite::ToSql]) -> rusqlite::Result<Option<SnapshotMeta>> {
    c.prepare_cached(&format!("SELECT {COLUMNS} FROM snapshots WHERE {condition} LIMIT 1"))?
        .query_row(values, meta)
        .optional()
}

fn meta(row: &Row<'_>) -> rusqlite::Result<SnapshotMeta> {
    let text = |column: usize| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
    let started_at: Timestamp = text(19)?
        .parse()
        .map_err(|e: jiff::Error| unreadable(19, Type::Text, e))?;
    let window = match row.get(4)? {
        None => None,
        Some(end) => Some(Window {
            start: timestamp(3, row.get(3)?)?,
            end: timestamp(4, end)?,
            granularity: text(5)?
                .parse()
                .map_err(|e| unreadable(5, Type::Text, Box::<dyn std::error::Error + Send + Sync>::from(e)))?,
            timezone: row.get(6)?,
        }),
    };
    let outcome: Option<String> = row.get(10)?;
    let reference: Option<String> = row.get(17)?;
    let maturity: Option<String> = row.get(21)?;
    Ok(SnapshotMeta {
        id: row.get(0)?,
        monitor: row.get(1)?,
        kind: kind(2, text(2)?)?,
        window,
        revision: row.get(7)?,
        status: snapshot_status(8, text(8)?)?,
        maturity: maturity.map(|m| from_json(21, &m)).transpose()?,
        rows: count(row, 9)?,
        outcome: outcome.map(|o| status(10, &o)).transpose()?,
        summary: TestSummary {
            total: row.get(11)?,
            pass: row.get(12)?,
            warn: row.get(13)?,
            fail: row.get(14)?,
            error: row.get(15)?,
            skipped: row.get(16)?,
        },
        reference: reference.map(|r| from_json(17, &r)).transpose()?,
        tags: from_json(18, text(18)?)?,
        started_at,
        seconds: row.get(20)?,
    })
}

/// A count, which `SQLite` keeps as a signed integer.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let n: i64 = row.get(column)?;
    u64::try_from(n).map_err(|e| unreadable(column, Type::Integer, e))
}

/// The place behind a snapshot.
fn place(last: &SnapshotMeta) -> String {
    let at = micros(last.window.as_ref().map_or(last.started_at, |w| w.start));
    cursor::encode(&format!("{at}:{}", last.id))
}

fn parse_place(text: &str) -> Result<(i64, String), StoreError> {
    let key = cursor::decode(text)?;
    let parts = key
        .split_once(':')
        .and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
    parts.ok_or_else(|| StoreError::Cursor {
        cursor: text.to_owned(),
    })
}
