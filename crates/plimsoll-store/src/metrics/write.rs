//! Indexing of snapshots: what enters and leaves the tables.

use std::{collections::HashMap, fmt::Write};

use plimsoll_model::{DataDefinition, Snapshot};
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    MetricStore,
    codec::{micros, severity_text, snapshot_status_text, to_json},
};
use crate::{StoreError, files::Stamp};

/// A snapshot file as it was read.
#[derive(Debug)]
pub(crate) struct IndexedFile {
    pub project: String,
    /// Below `snapshots/`.
    pub path: String,
    pub stamp: Stamp,
    /// The snapshot, or why the file is none.
    pub content: Result<Snapshot, String>,
}

/// What the index knows of the files of one project, by path.
#[derive(Debug, Default)]
pub(crate) struct IndexedProject {
    pub snapshots: HashMap<String, Stamp>,
    pub skipped: HashMap<String, (Stamp, String)>,
}

impl MetricStore {
    /// What the index knows of the files, by project.
    pub(crate) fn indexed(&self) -> Result<HashMap<String, IndexedProject>, StoreError> {
        self.read(|c| {
            let mut projects: HashMap<String, IndexedProject> = HashMap::new();
            let mut statement = c.prepare_cached("SELECT project, path, mtime_ns, size FROM snapshots")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let project = of_project(&mut projects, row.get_ref(0)?.as_str()?);
                project.snapshots.insert(
                    row.get(1)?,
                    Stamp {
                        mtime_ns: row.get(2)?,
                        size: row.get(3)?,
                    },
                );
            }
            let mut statement = c.prepare_cached("SELECT project, path, mtime_ns, size, reason FROM skipped")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let project = of_project(&mut projects, row.get_ref(0)?.as_str()?);
                let stamp = Stamp {
                    mtime_ns: row.get(2)?,
                    size: row.get(3)?,
                };
                project.skipped.insert(row.get(1)?, (stamp, row.get(4)?));
            }
            Ok(projects)
        })
    }

    /// Takes files into the index, in one transaction. What is there in the same state stays.
    pub(crate) fn index(&self, batch: &[IndexedFile]) -> Result<(), StoreError> {
        self.write(|tx| {
            let mut writer = Writer {
                tx,
                series: HashMap::new(),
                definitions: HashMap::new(),
                key: String::new(),
            };
            for file in batch {
                writer.file(file)?;
            }
            Ok(())
        })
    }

    /// Takes files out of the index, by project and path.
    pub(crate) fn forget(&self, gone: &[(String, String)]) -> Result<(), StoreError> {
        self.write(|tx| {
            gone.iter()
                .try_for_each(|(project, path)| forget(tx, project, path, None))
        })
    }

    /// The path of a snapshot's file below `snapshots/`.
    pub(crate) fn path_of(&self, project: &str, id: &str) -> Result<Option<String>, StoreError> {
        self.read(|c| {
            c.prepare_cached("SELECT path FROM snapshots WHERE project = ?1 AND id = ?2")?
                .query_row(params![project, id], |row| row.get(0))
                .optional()
        })
    }
}

fn of_project<'a>(projects: &'a mut HashMap<String, IndexedProject>, name: &str) -> &'a mut IndexedProject {
    if !projects.contains_key(name) {
        projects.insert(name.to_owned(), IndexedProject::default());
    }
    projects.entry(name.to_owned()).or_default()
}

/// Removes a file's rows, by its path and, if given, by its snapshot's id.
fn forget(tx: &Connection, project: &str, path: &str, id: Option<&str>) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM skipped WHERE project = ?1 AND path = ?2")?
        .execute(params![project, path])?;
    let rows: Vec<(i64, String, i64)> = tx
        .prepare_cached(
            "SELECT rowid, monitor, at FROM snapshots WHERE project = ?1 AND id = ?2
             UNION SELECT rowid, monitor, at FROM snapshots WHERE project = ?1 AND path = ?3",
        )?
        .query_map(params![project, id, path], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<Result<_, _>>()?;
    for (rowid, monitor, at) in rows {
        tx.prepare_cached(
            "DELETE FROM points WHERE at = ?3 AND snapshot = ?4
             AND series IN (SELECT id FROM series WHERE project = ?1 AND monitor = ?2)",
        )?
        .execute(params![project, monitor, at, rowid])?;
        tx.prepare_cached("DELETE FROM tests WHERE snapshot = ?1")?
            .execute([rowid])?;
        tx.prepare_cached("DELETE FROM snapshots WHERE rowid = ?1")?
            .execute([rowid])?;
    }
    Ok(())
}

/// One writing transaction with the ids that it has looked up.
struct Writer<'a> {
    tx: &'a Transaction<'a>,
    series: HashMap<String, i64>,
    definitions: HashMap<String, i64>,
    /// Buffer for keys of `series`.
    key: String,
}

impl Writer<'_> {
    fn file(&mut self, file: &IndexedFile) -> rusqlite::Result<()> {
        let snapshot = match &file.content {
            Ok(snapshot) => snapshot,
            Err(reason) => {
                forget(self.tx, &file.project, &file.path, None)?;
                self.tx
                    .prepare_cached(
                        "INSERT INTO skipped (project, path, mtime_ns, size, reason) VALUES (?1, ?2, ?3, ?4, ?5)",
                    )?
                    .execute(params![
                        file.project,
                        file.path,
                        file.stamp.mtime_ns,
                        file.stamp.size,
                        reason
                    ])?;
                return Ok(());
            }
        };
        let known: Option<i64> = self
            .tx
            .prepare_cached(
                "SELECT rowid FROM snapshots
                 WHERE project = ?1 AND id = ?2 AND path = ?3 AND mtime_ns = ?4 AND size = ?5",
            )?
            .query_row(
                params![
                    file.project,
                    snapshot.id,
                    file.path,
                    file.stamp.mtime_ns,
                    file.stamp.size
                ],
                |row| row.get(0),
            )
            .optional()?;
        if known.is_some() {
            return Ok(());
        }
        forget(self.tx, &file.project, &file.path, Some(&snapshot.id))?;
        let rowid = self.snapshot(file, snapshot)?;
        self.points(&file.project, snapshot, rowid)?;
        self.tests(&file.project, snapshot, rowid)
    }

    fn snapshot(&mut self, file: &IndexedFile, s: &Snapshot) -> rusqlite::Result<i64> {
        let definition = self.definition(&s.definition)?;
        let summary = s.summary();
        let reference = s.reference.as_ref().map(to_json).transpose()?;
        let maturity = s.maturity.as_ref().map(to_json).transpose()?;
        self.tx
            .prepare_cached(
                "INSERT INTO snapshots (project, path, mtime_ns, size, id, monitor, kind, at, win_end, granularity,
                     timezone, revision, status, rows, outcome, total, pass, warn, fail, error, skipped, reference,
                     tags, started_at, seconds, fingerprint, maturity, coverage, definition)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20,
                     ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29)",
            )?
            .execute(params![
                file.project,
                file.path,
                file.stamp.mtime_ns,
                file.stamp.size,
                s.id,
                s.monitor,
                s.kind.as_str(),
                at(s),
                s.window.as_ref().map(|w| micros(w.end)),
                s.window.as_ref().map(|w| w.granularity.to_string()),
                s.window.as_ref().map(|w| w.timezone.as_str()),
                s.revision,
                snapshot_status_text(s.status),
                integer(s.run.rows),
                summary.worst().map(plimsoll_model::Status::as_str),
                summary.total,
                summary.pass,
                summary.warn,
                summary.fail,
                summary.error,
                summary.skipped,
                reference,
                to_json(&s.tags)?,
                s.run.started_at.to_string(),
                s.run.seconds,
                s.run.fingerprint,
                maturity,
                s.maturity.as_ref().map(|m| m.coverage),
                definition,
            ])?;
        Ok(self.tx.last_insert_rowid())
    }

    fn points(&mut self, project: &str, s: &Snapshot, rowid: i64) -> rusqlite::Result<()> {
        let at = at(s);
        for m in &s.measurements {
            let params = to_json(&m.params)?;
            for p in &m.points {
                let series = self.series([project, &m.id, &p.field, &s.monitor, &to_json(&p.labels)?, &params])?;
                self.tx
                    .prepare_cached(
                        "INSERT OR REPLACE INTO points (series, at, snapshot, value) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![series, at, rowid, p.value])?;
            }
        }
        Ok(())
    }

    fn tests(&mut self, project: &str, s: &Snapshot, rowid: i64) -> rusqlite::Result<()> {
        let mut counts: HashMap<(i64, &str), i64> = HashMap::new();
        for (ordinal, t) in s.tests.iter().enumerate() {
            let (labels, params) = (to_json(&t.labels)?, to_json(&t.params)?);
            let series = self.series([project, &t.metric, &t.field, &s.monitor, &labels, &params])?;
            let severity = severity_text(t.severity);
            let nth = counts.entry((series, severity)).or_default();
            *nth += 1;
            self.tx
                .prepare_cached(
                    "INSERT INTO tests (snapshot, ordinal, series, nth, bound, observed, status, severity, message)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                )?
                .execute(params![
                    rowid,
                    integer(ordinal as u64),
                    series,
                    *nth,
                    to_json(&t.bound)?,
                    t.observed,
                    t.status.as_str(),
                    severity,
                    t.message
                ])?;
        }
        Ok(())
    }

    /// The id of a series by project, metric, field, monitor, labels and parameters.
    fn series(&mut self, name: [&str; 6]) -> rusqlite::Result<i64> {
        self.key.clear();
        for part in name {
            // A length before each part keeps the parts apart.
            let _ = write!(self.key, "{}:{part}", part.len());
        }
        if let Some(id) = self.series.get(&self.key) {
            return Ok(*id);
        }
        let [project, metric, field, monitor, labels, params] = name;
        let values = params![project, metric, field, monitor, labels, params];
        let known = self
            .tx
            .prepare_cached(
                "SELECT id FROM series WHERE project = ?1 AND metric = ?2 AND field = ?3 AND monitor = ?4
                 AND labels = ?5 AND params = ?6",
            )?
            .query_row(values, |row| row.get(0))
            .optional()?;
        let id = if let Some(id) = known {
            id
        } else {
            self.tx
                .prepare_cached(
                    "INSERT INTO series (project, metric, field, monitor, labels, params) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(values)?;
            self.tx.last_insert_rowid()
        };
        self.series.insert(self.key.clone(), id);
        Ok(id)
    }

    fn definition(&mut self, definition: &DataDefinition) -> rusqlite::Result<i64> {
        let json = to_json(definition)?;
        if let Some(id) = self.definitions.get(&json) {
            return Ok(*id);
        }
        self.tx
            .prepare_cached("INSERT OR IGNORE INTO definitions (json) VALUES (?1)")?
            .execute([&json])?;
        let id = self
            .tx
            .prepare_cached("SELECT id FROM definitions WHERE json = ?1")?
            .query_row([&json], |row| row.get(0))?;
        self.definitions.insert(json, id);
        Ok(id)
    }
}

/// When a snapshot stands in time: at its window's start, else at its run.
fn at(snapshot: &Snapshot) -> i64 {
    micros(snapshot.window.as_ref().map_or(snapshot.run.started_at, |w| w.start))
}

/// Integers of `SQLite` are signed.
fn integer(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
