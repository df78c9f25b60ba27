//! Comparison of the files with the metric store.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    thread,
};

use plimsoll_model::{FORMAT_VERSION, Snapshot};
use serde::Deserialize;

use crate::{
    Change, ScanReport, SkippedFile, SnapshotChange, StoreError,
    files::{self, Files, Listed, Stamp},
    metrics::{IndexedFile, MetricStore},
    version,
};

/// Snapshots read at once and written in one transaction; bounds the memory that a rebuild needs.
const BATCH: usize = 128;

/// Fewer files than this are not worth a thread.
const FILES_PER_THREAD: usize = 32;

/// The state of every snapshot file by project and path, as one handle last saw it.
pub(crate) type Seen = BTreeMap<(String, String), Stamp>;

/// What one handle has seen and said.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// `None` before the first comparison.
    seen: Option<Seen>,
    /// Files that were warned of, with their state then.
    warned: HashMap<PathBuf, Option<Stamp>>,
}

/// Brings the index up to date with the files.
pub(crate) fn sync(files: &Files, metrics: &MetricStore, memory: &mut Memory) -> Result<ScanReport, StoreError> {
    // The index is read before the listing: what another process adds in between is then found twice, never lost.
    let mut indexed = metrics.indexed()?;
    let (projects, foreign) = files.projects()?;
    let mut skipped: Vec<(SkippedFile, Option<Stamp>)> = foreign
        .into_iter()
        .map(|path| {
            (
                SkippedFile {
                    path,
                    reason: "the folder's name is no escaped project id".to_owned(),
                },
                None,
            )
        })
        .collect();

    let mut before = Seen::new();
    let (mut stale, mut gone, mut whole) = (Vec::new(), Vec::new(), Seen::new());
    for project in projects {
        let mut known = indexed.remove(&project).unwrap_or_default();
        let (listed, doubles) = without_doubles(files.snapshots(&project)?);
        for double in doubles {
            let path = files.snapshot_file(&project, &double.path)?;
            let reason = "another file of this project has the same snapshot id".to_owned();
            skipped.push((SkippedFile { path, reason }, Some(double.stamp)));
            if known.snapshots.remove(&double.path).is_some() {
                gone.push((project.clone(), double.path));
            }
        }
        for file in listed {
            if let Some(stamp) = known.snapshots.remove(&file.path) {
                before.insert((project.clone(), file.path.clone()), stamp);
                if stamp == file.stamp {
                    whole.insert((project.clone(), file.path), stamp);
                } else {
                    stale.push(file);
                }
                continue;
            }
            match known.skipped.remove(&file.path) {
                Some((stamp, reason)) if stamp == file.stamp => {
                    let path = files.snapshot_file(&project, &file.path)?;
                    skipped.push((SkippedFile { path, reason }, Some(stamp)));
                }
                _ => stale.push(file),
            }
        }
        for (path, stamp) in known.snapshots {
            before.insert((project.clone(), path.clone()), stamp);
            gone.push((project.clone(), path));
        }
        gone.extend(known.skipped.into_keys().map(|path| (project.clone(), path)));
    }
    for (project, known) in indexed {
        for (path, stamp) in known.snapshots {
            before.insert((project.clone(), path.clone()), stamp);
            gone.push((project.clone(), path));
        }
        gone.extend(known.skipped.into_keys().map(|path| (project.clone(), path)));
    }

    if !gone.is_empty() {
        metrics.forget(&gone)?;
    }
    for batch in stale.chunks(BATCH) {
        let read = read_all(files, batch)?;
        metrics.index(&read)?;
        for file in read {
            match file.content {
                Ok(_) => drop(whole.insert((file.project, file.path), file.stamp)),
                Err(reason) => {
                    let path = files.snapshot_file(&file.project, &file.path)?;
                    skipped.push((SkippedFile { path, reason }, Some(file.stamp)));
                }
            }
        }
    }

    skipped.sort_by(|a, b| a.0.path.cmp(&b.0.path));
    memory.warn(&skipped);
    let changes = differences(memory.seen.as_ref().unwrap_or(&before), &whole);
    let snapshots = whole.len();
    memory.seen = Some(whole);
    Ok(ScanReport {
        changes,
        skipped: skipped.into_iter().map(|(file, _)| file).collect(),
        snapshots,
    })
}

impl Memory {
    /// Logs each skipped file once a state.
    fn warn(&mut self, skipped: &[(SkippedFile, Option<Stamp>)]) {
        for (file, stamp) in skipped {
            if self.warned.get(&file.path) != Some(stamp) {
                tracing::warn!("skipped `{}`: {}", file.path.display(), file.reason);
            }
        }
        self.warned = skipped
            .iter()
            .map(|(file, stamp)| (file.path.clone(), *stamp))
            .collect();
    }
}

/// Of files with the same id the one with the last path is kept, so that the result does not depend on the listing.
fn without_doubles(mut listed: Vec<Listed>) -> (Vec<Listed>, Vec<Listed>) {
    listed.sort_by(|a, b| (files::stem(&a.path), &a.path).cmp(&(files::stem(&b.path), &b.path)));
    let mut kept: Vec<Listed> = Vec::with_capacity(listed.len());
    let mut doubles = Vec::new();
    for file in listed {
        match kept.last_mut() {
            Some(last) if files::stem(&last.path) == files::stem(&file.path) => {
                doubles.push(std::mem::replace(last, file));
            }
            _ => kept.push(file),
        }
    }
    (kept, doubles)
}

fn differences(before: &Seen, after: &Seen) -> Vec<SnapshotChange> {
    let change = |(project, path): &(String, String), change| SnapshotChange {
        project: project.clone(),
        id: files::stem(path).to_owned(),
        change,
    };
    let mut changes: Vec<SnapshotChange> = after
        .iter()
        .filter_map(|(key, stamp)| match before.get(key) {
            None => Some(change(key, Change::Added)),
            Some(old) if old != stamp => Some(change(key, Change::Changed)),
            Some(_) => None,
        })
        .chain(
            before
                .keys()
                .filter(|key| !after.contains_key(*key))
                .map(|key| change(key, Change::Removed)),
        )
        .collect();
    changes.sort();
    changes
}

/// Reads files on as many threads as the machine has; files that vanish meanwhile are left out.
fn read_all(files: &Files, batch: &[Listed]) -> Result<Vec<IndexedFile>, StoreError> {
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(batch.len() / FILES_PER_THREAD)
        .max(1);
    let read = |part: &[Listed]| {
        part.iter()
            .filter_map(|file| read_one(files, file).transpose())
            .collect()
    };
    if threads == 1 {
        return read(batch);
    }
    let parts: Vec<Result<Vec<IndexedFile>, StoreError>> = thread::scope(|scope| {
        let workers: Vec<_> = batch
            .chunks(batch.len().div_ceil(threads))
            .map(|part| scope.spawn(move || read(part)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|e| std::panic::resume_unwind(e)))
            .collect()
    });
    let parts: Vec<Vec<IndexedFile>> = parts.into_iter().collect::<Result<_, _>>()?;
    Ok(parts.into_iter().flatten().collect())
}

fn read_one(files: &Files, file: &Listed) -> Result<Option<IndexedFile>, StoreError> {
    let path = files.snapshot_file(&file.project, &file.path)?;
    let (stamp, content) = match files::read(&path) {
        Ok(None) => return Ok(None),
        Ok(Some((bytes, stamp))) => (
            stamp,
            parse(&bytes, &file.project, files::stem(&file.path)).map(without_details),
        ),
        // One unreadable file does not hide the others.
        Err(e) => (file.stamp, Err(e.to_string())),
    };
    Ok(Some(IndexedFile {
        project: file.project.clone(),
        path: file.path.clone(),
        stamp,
        content,
    }))
}

/// Drops what only a page of the snapshot itself needs, to hold a batch in little memory.
pub(crate) fn without_details(mut snapshot: Snapshot) -> Snapshot {
    for measurement in &mut snapshot.measurements {
        measurement.detail = None;
    }
    snapshot
}

/// Reads the bytes of a snapshot file, or says why they are none.
pub(crate) fn parse(bytes: &[u8], project: &str, id: &str) -> Result<Snapshot, String> {
    #[derive(Deserialize)]
    struct Head {
        version: u32,
    }
    let unlike = |found: u32| {
        let mend =
            "an older plimsoll wrote it: compute the window again with `plimsoll run --force` or `plimsoll backfill`";
        version::unlike(found, FORMAT_VERSION, mend)
    };
    let snapshot: Snapshot = match serde_json::from_slice(bytes) {
        Ok(snapshot) => snapshot,
        Err(e) => {
            return Err(match serde_json::from_slice::<Head>(bytes) {
                Ok(head) if head.version != FORMAT_VERSION => unlike(head.version),
                _ if bytes.is_empty() => "it is empty".to_owned(),
                _ if e.is_eof() => format!("it ends too early: {e}"),
                _ if e.is_syntax() => format!("it is not JSON: {e}"),
                _ => format!("it is not a snapshot: {e}"),
            });
        }
    };
    if snapshot.version != FORMAT_VERSION {
        Err(unlike(snapshot.version))
    } else if snapshot.project != project {
        Err(format!(
            "it belongs to project `{}`, expected `{project}`",
            snapshot.project
        ))
    } else if snapshot.id != id {
        Err(format!(
            "it holds the id `{}`, expected `{id}` as in its file name",
            snapshot.id
        ))
    } else {
        Ok(snapshot)
    }
}
