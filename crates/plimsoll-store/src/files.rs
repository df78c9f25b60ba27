//! The file layer: where things lie in the workspace directory, and how they are written so that they are whole.
//!
//! Nothing outside this module touches the file system.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::UNIX_EPOCH,
};

use jiff::{Timestamp, tz::TimeZone};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use plimsoll_model::Snapshot;

use crate::StoreError;

/// What is escaped in the directory name of a project: all but ASCII letters, digits, `-`, `_` and `.`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// Longest file name that common file systems take, in bytes.
const NAME_MAX: usize = 255;

/// State of a file by which a change is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Time of modification in nanoseconds since the Unix epoch.
    pub mtime_ns: i64,
    /// Length in bytes.
    pub size: i64,
}

impl Stamp {
    pub(crate) fn of(metadata: &fs::Metadata) -> Self {
        let mtime_ns = metadata
            .modified()
            .ok()
            .and_then(|t| t.duration_since(UNIX_EPOCH).ok())
            .and_then(|d| i64::try_from(d.as_nanos()).ok())
            .unwrap_or(0);
        Self {
            mtime_ns,
            size: i64::try_from(metadata.len()).unwrap_or(i64::MAX),
        }
    }
}

/// A snapshot file as the directory lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Project, decoded.
    pub project: String,
    /// Path below `snapshots/` of the project, such as `2011/02/01/20110201T000000Z-report-daily.json`.
    pub path: String,
    /// State when listed.
    pub stamp: Stamp,
}

/// The id of the snapshot that a listed path should hold: its stem.
pub(crate) fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".json").unwrap_or(name)
}

/// The workspace directory.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    root: PathBuf,
}

impl Files {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Folder of all projects.
    pub(crate) fn projects_dir(&self) -> PathBuf {
        self.root.join("projects")
    }

    /// The metric store's file.
    pub(crate) fn database(&self) -> PathBuf {
        self.root.join("metrics.db")
    }

    /// Folder of one project.
    pub(crate) fn project_dir(&self, project: &str) -> Result<PathBuf, StoreError> {
        Ok(self.projects_dir().join(encode(project)?))
    }

    /// Where a snapshot lies, by its path below `snapshots/`.
    pub(crate) fn snapshot_file(&self, project: &str, path: &str) -> Result<PathBuf, StoreError> {
        Ok(self.project_dir(project)?.join("snapshots").join(path))
    }

    /// Where the profile of a snapshot lies, by the snapshot's path.
    pub(crate) fn profile_file(&self, project: &str, path: &str) -> Result<PathBuf, StoreError> {
        let path = Path::new(path).with_extension("plpf");
        Ok(self.project_dir(project)?.join("profiles").join(path))
    }

    /// Where the former revisions of a snapshot lie, by the snapshot's path.
    pub(crate) fn revisions_dir(&self, project: &str, path: &str) -> Result<PathBuf, StoreError> {
        let path = path.strip_suffix(".json").unwrap_or(path);
        Ok(self.project_dir(project)?.join("revisions").join(path))
    }

    /// Where the configuration of a project lies.
    pub(crate) fn config_file(&self, project: &str) -> Result<PathBuf, StoreError> {
        Ok(self.project_dir(project)?.join("project.yaml"))
    }

    /// Projects in order of their ids, and directory names that are none.
    pub(crate) fn projects(&self) -> Result<(Vec<String>, Vec<PathBuf>), StoreError> {
        let dir = self.projects_dir();
        let (mut projects, mut foreign) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(&dir).map_err(StoreError::io("list", &dir))? {
            let path = entry.map_err(StoreError::io("list", &dir))?.path();
            if !path.is_dir() {
                continue;
            }
            let name = path.file_name().and_then(|n| n.to_str());
            match name.and_then(decode) {
                Some(project) => projects.push(project),
                None if name.is_some_and(|n| n.starts_with('.')) => {}
                None => foreign.push(path),
            }
        }
        projects.sort();
        foreign.sort();
        Ok((projects, foreign))
    }

    /// Says whether the project has a folder.
    pub(crate) fn has_project(&self, project: &str) -> bool {
        self.project_dir(project).is_ok_and(|dir| dir.is_dir())
    }

    /// Lists the snapshot files of a project, in no order. Hidden files, temporary files and links are left out.
    pub(crate) fn snapshots(&self, project: &str) -> Result<Vec<Listed>, StoreError> {
        let mut listed = Vec::new();
        let mut pending = vec![(self.project_dir(project)?.join("snapshots"), String::new())];
        while let Some((dir, below)) = pending.pop() {
            let entries = match fs::read_dir(&dir) {
                Ok(entries) => entries,
                // The folder is not there yet, or was removed while this runs.
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => return Err(StoreError::io("list", dir)(e)),
            };
            for entry in entries {
                let entry = entry.map_err(StoreError::io("list", &dir))?;
                let name = entry.file_name();
                let Some(name) = name.to_str().filter(|n| !n.starts_with('.')) else {
                    continue;
                };
                let path = if below.is_empty() {
                    name.to_owned()
                } else {
                    format!("{below}/{name}")
                };
                let kind = entry.file_type().map_err(StoreError::io("read", entry.path()))?;
                if kind.is_dir() {
                    pending.push((entry.path(), path));
                } else if kind.is_file() && Path::new(name).extension().is_some_and(|e| e == "json") {
                    match entry.metadata() {
                        Ok(m) => listed.push(Listed {
                            project: project.to_owned(),
                            path,
                            stamp: Stamp::of(&m),
                        }),
                        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                        Err(e) => return Err(StoreError::io("read", entry.path())(e)),
                    }
                }
            }
        }
        Ok(listed)
    }
}

/// Where a snapshot belongs below `snapshots/`: the day of its window's start (else of its run) and its id.
pub(crate) fn snapshot_path(snapshot: &Snapshot) -> Result<String, StoreError> {
    let id = &snapshot.id;
    let unfit = |c: char| c == '/' || c == '\\' || c.is_control();
    if id.is_empty() || id.len() > 200 || id.starts_with('.') || id.contains(unfit) {
        return Err(StoreError::SnapshotId { id: id.clone() });
    }
    let at = snapshot.window.as_ref().map_or(snapshot.run.started_at, |w| w.start);
    Ok(format!("{}/{id}.json", day(at)))
}

/// Where a snapshot lies whose id begins with its window's start: `20110201T…` lies in `2011/02/01`.
pub(crate) fn path_of_id(id: &str) -> Option<String> {
    let date = id.get(..8).filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    let fit = id.as_bytes().get(8) == Some(&b'T') && !id.contains(['/', '\\', '\0']);
    fit.then(|| format!("{}/{}/{}/{id}.json", &date[..4], &date[4..6], &date[6..]))
}

fn day(at: Timestamp) -> String {
    at.to_zoned_datetime(TimeZone::UTC).strftime("%Y/%m/%d").to_string()
}

fn encode(project: &str) -> Result<String, StoreError> {
    let error = |reason| StoreError::ProjectId {
        name: project.to_owned(),
        reason,
    };
    if project.is_empty() {
        return Err(error("it is empty"));
    }
    let mut name = utf8_percent_encode(project, ESCAPED).to_string();
    if let Some(rest) = name.strip_prefix('.') {
        // `.`, `..` and hidden names.
        name = format!("%2E{rest}");
    }
    if name.len() > NAME_MAX {
        return Err(error(
            "it is too long for a directory name; expected at most 255 bytes after escaping",
        ));
    }
    Ok(name)
}

/// The project of a directory name, unless [`encode`] would write it differently.
fn decode(name: &str) -> Option<String> {
    let project = percent_decode_str(name).decode_utf8().ok()?.into_owned();
    (encode(&project).ok()? == name).then_some(project)
}

/// The bytes of a file and its state, or `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<(Vec<u8>, Stamp)>, StoreError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => return Ok(None),
        Err(e) => return Err(StoreError::io("read", path)(e)),
    };
    // The state is taken before the bytes: a change in between shows as another state at the next listing.
    let stamp = Stamp::of(&file.metadata().map_err(StoreError::io("read", path))?);
    let mut bytes = Vec::with_capacity(usize::try_from(stamp.size).unwrap_or(0));
    file.read_to_end(&mut bytes).map_err(StoreError::io("read", path))?;
    Ok(Some((bytes, stamp)))
}

/// The state of a file, or `None` if there is no such file.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    fs::metadata(path)
        .ok()
        .filter(fs::Metadata::is_file)
        .map(|m| Stamp::of(&m))
}

/// Removes a file if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(StoreError::io("remove", path)(e)),
        _ => Ok(()),
    }
}

/// Moves a file out of the way, under the same name with `.damaged` added.
pub(crate) fn set_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".damaged");
    let aside = PathBuf::from(name);
    fs::rename(path, &aside).map_err(StoreError::io("move", path))?;
    Ok(aside)
}

/// Writes a file so that a reader finds either the old or the whole new content, also after a loss of power.
///
/// Temporary file in the same folder, fsync, rename, fsync of the folder.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<Stamp, StoreError> {
    write_with(path, bytes, |_| Ok(()))
}

/// Writes a file as [`write`] does, so that nobody but its owner may read or change it.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<Stamp, StoreError> {
    write_with(path, bytes, make_private)
}

#[cfg(unix)]
fn make_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

/// Elsewhere a file has the rights of its folder.
#[cfg(not(unix))]
fn make_private(_: &File) -> io::Result<()> {
    Ok(())
}

/// Writes a file; `prepare` sees the temporary file before anything is in it.
fn write_with(path: &Path, bytes: &[u8], prepare: fn(&File) -> io::Result<()>) -> Result<Stamp, StoreError> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let (Some(dir), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str())) else {
        return Err(StoreError::io("write", path)(io::ErrorKind::InvalidFilename.into()));
    };
    make_dir(dir)?;
    let n = COUNTER.fetch_add(1, Ordering::Relaxed);
    // Names of 255 bytes must still fit with the suffix.
    let short: String = name.chars().take(40).collect();
    let temporary = dir.join(format!(".{short}.{}-{n}.tmp", std::process::id()));
    let written = write_and_rename(&temporary, path, bytes, prepare);
    if written.is_err() {
        // The first error is the one that matters.
        let _ = fs::remove_file(&temporary);
    }
    written
        .map_err(StoreError::io("write", path))
        .and_then(|stamp| sync_dir(dir).map(|()| stamp))
}

fn write_and_rename(
    temporary: &Path,
    path: &Path,
    bytes: &[u8],
    prepare: fn(&File) -> io::Result<()>,
) -> io::Result<Stamp> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .open(temporary)?;
    prepare(&file)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let stamp = Stamp::of(&file.metadata()?);
    fs::rename(temporary, path)?;
    Ok(stamp)
}

/// The JSON files of a folder, sorted; none if it is not there.
pub(crate) fn names_in(dir: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(StoreError::io("list", dir))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(StoreError::io("list", dir))?.path();
        if path.extension().is_some_and(|e| e == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Makes a folder and those above it.
pub(crate) fn make_dir(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    let parent = dir.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_dir(parent)?;
    }
    match fs::create_dir(dir) {
        Ok(()) => parent.map_or(Ok(()), sync_dir),
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => Ok(()),
        Err(e) => Err(StoreError::io("make the folder", dir)(e)),
    }
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    File::open(dir)
        .and_then(|d| d.sync_all())
        .map_err(StoreError::io("write", dir))
}

/// Folders cannot be opened as files elsewhere; the rename alone must do.
#[cfg(not(unix))]
fn sync_dir(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_project_id_becomes_one_directory_name_and_back() {
        for id in [
            "bike-demand",
            "a b",
            "a/b",
            "..",
            ".",
            ".hidden",
            "q\"'<>|?*\\",
            "🚢 Plimsoll",
            "a%2Fb",
            "a.b",
            "ü",
        ] {
            let name = encode(id).unwrap();
            assert!(!name.contains('/') && !name.starts_with('.'), "{name}");
            assert_eq!(decode(&name).as_deref(), Some(id));
        }
        assert!(encode("").is_err() && encode(&"🚢".repeat(40)).is_err());
        assert_eq!(decode("my project"), None);
    }

    #[test]
    fn ids_that_begin_with_a_date_name_their_folder() {
        let id = "20110201T000000Z-report-daily";
        assert_eq!(
            path_of_id(id).as_deref(),
            Some("2011/02/01/20110201T000000Z-report-daily.json")
        );
        assert_eq!(path_of_id("20110201T/../../x"), None);
        assert_eq!(path_of_id("adhoc"), None);
    }
}
