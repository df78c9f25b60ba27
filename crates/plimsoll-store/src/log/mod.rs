//! The write-ahead log: what is appended is on disk when the call returns, and is read back after a crash.
//!
//! A log is a folder of segment files that only grow at the end of the last one. Records are numbered without a gap;
//! the number is a record's [`Position`]. The log is synchronous: its caller is one thread that commits for many.
//!
//! **After a failed write** the segment is cut back to its last durable byte. **After a failed fsync** nothing is known
//! of the pages that were to be written, and asking again would succeed without writing them; so the segment is left
//! as it is and the next record begins another one, on other pages. A segment ends where the next one starts, so that
//! what an abandoned segment may hold behind that point is no record.

mod disk;
mod error;
mod record;
mod replay;
#[cfg(any(test, feature = "sim"))]
pub mod sim;
#[cfg(test)]
mod tests;

use std::{
    any::Any,
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

pub use disk::{Disk, DiskFile, LocalDisk};
pub use error::LogError;
pub use replay::Replay;

use record::{Found, SEGMENT_HEADER, Scan};

/// The number of a record: it grows by one from record to record and is never used twice.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How a log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogOptions {
    /// A segment that is as long begins another one.
    pub segment_bytes: u64,
    /// Position of the next record, if the log holds none that is as high: a log that was deleted must not give out
    /// numbers again that its reader has done with.
    pub start: Position,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            start: Position(0),
        }
    }
}

/// Records that were durable and cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Where the whole records of the segment end, in bytes.
    pub offset: u64,
    /// Positions that are lost.
    pub lost: Range<u64>,
}

/// What opening a log found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Bytes of a write that was interrupted, and that nobody was told of. They are cut off.
    pub torn_bytes: u64,
    /// Records between `first` and `last`.
    pub records: u64,
    /// The first record kept.
    pub first: Option<Position>,
    /// The last record.
    pub last: Option<Position>,
    /// Damage to the last segment. Older segments are checked when they are replayed.
    pub damage: Vec<Damage>,
}

/// A segment file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Segment {
    /// Position of its first record.
    first: u64,
    path: PathBuf,
    /// Durable bytes.
    bytes: u64,
}

/// A write-ahead log, open for writing.
#[derive(Debug)]
pub struct Log {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    segment_bytes: u64,
    /// Oldest first.
    segments: Vec<Segment>,
    /// The last segment; `None` if the next record must begin another one.
    active: Option<Box<dyn DiskFile>>,
    /// Position of the next record.
    next: u64,
    buffer: Vec<u8>,
    /// Held until the log is dropped.
    _lock: Box<dyn Any + Send + Sync>,
}

/// Memory that is kept between groups.
const BUFFER_KEPT: usize = 1 << 20;

impl Log {
    /// Opens the log of a folder, which is made if it is not there, and cuts off what a crash left half-written.
    ///
    /// # Errors
    /// [`LogError::Held`] if the log is open elsewhere, [`LogError::Version`] if a newer program wrote it,
    /// [`LogError::Io`] if the file system refuses. Damage is no error: it is reported here and by [`Log::replay`].
    pub fn open(dir: &Path, options: LogOptions) -> Result<(Self, Recovery), LogError> {
        Self::open_on(Arc::new(LocalDisk), dir, options)
    }

    /// Opens a log on a given file system.
    ///
    /// # Errors
    /// As [`Log::open`].
    pub fn open_on(disk: Arc<dyn Disk>, dir: &Path, options: LogOptions) -> Result<(Self, Recovery), LogError> {
        disk.make_dir(dir).map_err(LogError::io("make the folder", dir))?;
        let lock_path = dir.join("lock");
        let lock = disk.lock(&lock_path).map_err(|refused| match refused {
            Ok(holder) => LogError::Held {
                dir: dir.to_owned(),
                holder,
            },
            Err(e) => LogError::io("lock", lock_path)(e),
        })?;
        let segments = list(disk.as_ref(), dir)?;
        let mut log = Self {
            disk,
            dir: dir.to_owned(),
            segment_bytes: options.segment_bytes,
            segments,
            active: None,
            next: 0,
            buffer: Vec::new(),
            _lock: lock,
        };
        let mut recovery = Recovery::default();
        log.recover(&mut recovery)?;
        if log.next < options.start.0 {
            log.active = None;
            log.next = options.start.0;
        }
        Ok((log, recovery))
    }

    /// Appends records and makes them durable with one fsync. The answer is their positions.
    ///
    /// # Errors
    /// [`LogError::TooLong`] if a payload is longer than 1 GiB. [`LogError::Io`] if the file system refuses: then none
    /// of the records counts as appended, the log is as before, and the call may be repeated. After an unclean end of
    /// the process in that state, some of them may yet be found, each of them whole.
    pub fn append_all(&mut self, payloads: &[impl AsRef<[u8]>]) -> Result<Range<Position>, LogError> {
        let first = self.next;
        if payloads.is_empty() {
            return Ok(Position(first)..Position(first));
        }
        self.buffer.clear();
        for (n, payload) in payloads.iter().enumerate() {
            let payload = payload.as_ref();
            if payload.len() > record::MAX_PAYLOAD {
                return Err(LogError::TooLong { bytes: payload.len() });
            }
            record::write_record(&mut self.buffer, first + n as u64, n as u32, payload);
        }
        let written = self.write_group();
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_KEPT);
        written?;
        self.next = first + payloads.len() as u64;
        Ok(Position(first)..Position(self.next))
    }

    /// Reads the records from a position on, as they are at this moment.
    ///
    /// Damage comes as one error for each damaged stretch; reading goes on behind it.
    ///
    /// # Errors
    /// [`LogError::Released`] if the position has been released.
    pub fn replay(&self, from: Position) -> Result<Replay, LogError> {
        let first = self.segments.first().map_or(self.next, |s| s.first);
        if from.0 < first {
            return Err(LogError::Released {
                dir: self.dir.clone(),
                from,
                first: Position(first),
            });
        }
        Ok(Replay::new(Arc::clone(&self.disk), &self.segments, from.0, self.next))
    }

    /// Deletes the segments all of whose records lie before a position. The last segment stays.
    ///
    /// # Errors
    /// [`LogError::Io`] if a file cannot be removed; the rest of the log is as before.
    pub fn release(&mut self, before: Position) -> Result<(), LogError> {
        while self.segments.get(1).is_some_and(|second| second.first <= before.0) {
            let path = &self.segments[0].path;
            self.disk.remove(path).map_err(LogError::io("remove", path))?;
            self.segments.remove(0);
        }
        Ok(())
    }

    /// Position of the next record.
    #[must_use]
    pub fn next_position(&self) -> Position {
        Position(self.next)
    }

    /// Bytes of all the segments.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|s| s.bytes).sum()
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Finds the end of the log and cuts off what lies behind it.
    fn recover(&mut self, recovery: &mut Recovery) -> Result<(), LogError> {
        while let Some(last) = self.segments.last_mut() {
            let path = last.path.clone();
            let bytes = self.disk.read(&path).map_err(LogError::io("read", &path))?;
            let version = record::segment_version(&bytes);
            if let Some(version) = version.filter(|v| !record::is_known(*v)) {
                return Err(LogError::Version { path, version });
            }
            let mut scan = Scan::new(last.first, None);
            let mut records = 0;
            while let Some(found) = scan.step(&bytes) {
                match found {
                    Found::Record { .. } => records += 1,
                    Found::Damage(damage) => recovery.damage.push(damage),
                    Found::Torn => break,
                }
            }
            if records == 0 && version.is_none() {
                // The crash came while the segment was made.
                recovery.torn_bytes += bytes.len() as u64;
                self.disk.remove(&path).map_err(LogError::io("remove", &path))?;
                self.segments.pop();
                continue;
            }
            last.bytes = scan.offset() as u64;
            self.next = scan.next_position();
            let mut file = self.disk.open(&path).map_err(LogError::io("open", &path))?;
            let torn = bytes.len() as u64 - last.bytes;
            recovery.torn_bytes += torn;
            if torn > 0 {
                file.truncate(last.bytes)
                    .map_err(LogError::io("cut the torn end off", &path))?;
            }
            // A killed process may have left a group that is not durable, or one whose fsync failed and that only the
            // cache of the system holds. It is promised from here on, so it is given to the disk once more.
            let group = scan.last_group()..scan.offset();
            file.rewrite(group.start as u64, &bytes[group])
                .and_then(|()| file.sync())
                .map_err(LogError::io("make durable the end of", &path))?;
            self.active = Some(file);
            break;
        }
        // A segment that was removed, here or before a kill, must not come back and end the one before it.
        self.disk
            .sync_dir(&self.dir)
            .map_err(LogError::io("write", &self.dir))?;
        if let Some(first) = self
            .segments
            .first()
            .map(|s| s.first)
            .filter(|first| *first < self.next)
        {
            recovery.first = Some(Position(first));
            recovery.last = Some(Position(self.next - 1));
            let lost: u64 = recovery.damage.iter().map(|d| d.lost.end - d.lost.start).sum();
            recovery.records = self.next - first - lost;
        }
        Ok(())
    }

    /// Writes the buffer to the end of the log and makes it durable.
    fn write_group(&mut self) -> Result<(), LogError> {
        let full = |s: &Segment| s.bytes > SEGMENT_HEADER as u64 && s.bytes >= self.segment_bytes;
        if self.segments.last().is_some_and(full) {
            self.active = None;
        }
        if self.active.is_none() {
            self.begin_segment()?;
        }
        let (Some(file), Some(segment)) = (self.active.as_mut(), self.segments.last_mut()) else {
            return Err(LogError::io("write", &self.dir)(std::io::ErrorKind::NotFound.into()));
        };
        let durable = segment.bytes;
        if let Err(e) = file.append(&self.buffer) {
            let error = LogError::io("write", &segment.path)(e);
            if file.truncate(durable).is_err() {
                self.abandon();
            }
            return Err(error);
        }
        if let Err(e) = file.sync() {
            let error = LogError::io("make durable what was written to", &segment.path)(e);
            // The bytes are given back if that still works; whether it did, the next start finds out.
            let _ = file.truncate(durable);
            self.abandon();
            return Err(error);
        }
        segment.bytes += self.buffer.len() as u64;
        Ok(())
    }

    /// Begins a segment behind the last record.
    fn begin_segment(&mut self) -> Result<(), LogError> {
        let path = self.dir.join(file_name(self.next));
        let make = || {
            let mut file = self.disk.create(&path)?;
            let made = file
                .append(&record::segment_header(self.next))
                .and_then(|()| self.disk.sync_dir(&self.dir));
            if made.is_err() {
                // The first error is the one that matters.
                let _ = self.disk.remove(&path);
            }
            made.map(|()| file)
        };
        self.active = Some(make().map_err(LogError::io("make", &path))?);
        self.segments.push(Segment {
            first: self.next,
            path,
            bytes: SEGMENT_HEADER as u64,
        });
        Ok(())
    }

    /// Lets the next record begin another segment. One without records is removed, for the next has the same name.
    fn abandon(&mut self) {
        self.active = None;
        if self.segments.last().is_some_and(|s| s.first == self.next)
            && let Some(empty) = self.segments.pop()
        {
            // If it stays, making the next one says so.
            let _ = self.disk.remove(&empty.path);
        }
    }
}

fn file_name(first: u64) -> String {
    format!("{first:020}.log")
}

/// The segments of a folder, oldest first.
fn list(disk: &dyn Disk, dir: &Path) -> Result<Vec<Segment>, LogError> {
    let names = disk.list(dir).map_err(LogError::io("list", dir))?;
    let mut segments = Vec::new();
    for name in names {
        let Some(first) = name.strip_suffix(".log").and_then(|stem| stem.parse().ok()) else {
            continue;
        };
        if name != file_name(first) {
            continue;
        }
        let path = dir.join(name);
        let bytes = disk.length(&path).map_err(LogError::io("read", &path))?;
        segments.push(Segment { first, path, bytes });
    }
    segments.sort_by_key(|s| s.first);
    Ok(segments)
}
