//! The workspace: one directory with everything that Plimsoll keeps.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use plimsoll_model::{Revision, Snapshot};

use crate::{
    MetricStore, ScanReport, StoreError,
    files::{self, Files},
    metrics::IndexedFile,
    scan::{self, Memory},
};

/// File of a project that names the folder where relative paths of its project file begin.
const BASE: &str = "base";

/// The newest revisions of a snapshot that all stay readable; of older ones the last of each day does, and the first.
const NEWEST_REVISIONS: usize = 100;

/// Revisions beyond these that may gather before they are thinned out, so that few files are read for each that is written.
const REVISIONS_AT_ONCE: usize = 50;

/// A workspace directory and its metric store.
///
/// Files are the truth: a snapshot is kept once its file is, whatever becomes of the metric store. Several handles, also
/// in different processes, may read and write one workspace.
#[derive(Debug)]
pub struct Workspace {
    files: Files,
    metrics: MetricStore,
    memory: Mutex<Memory>,
}

/// A snapshot whose files are written and that the index does not know yet.
#[derive(Debug)]
#[must_use = "it is not found before `Workspace::index`"]
pub struct Unindexed(IndexedFile);

impl Workspace {
    /// Opens a workspace.
    ///
    /// # Errors
    /// [`StoreError::NotAWorkspace`] if the directory has no folder `projects`.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, StoreError> {
        let files = Files::new(dir.as_ref());
        if !files.projects_dir().is_dir() {
            return Err(StoreError::NotAWorkspace {
                path: dir.as_ref().to_owned(),
            });
        }
        let metrics = MetricStore::open(&files.database())?;
        Ok(Self {
            files,
            metrics,
            memory: Mutex::default(),
        })
    }

    /// Opens a workspace; makes it if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Io`] if a folder cannot be made.
    pub fn create(dir: impl AsRef<Path>) -> Result<Self, StoreError> {
        files::make_dir(&Files::new(dir.as_ref()).projects_dir())?;
        Self::open(dir)
    }

    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.files.root()
    }

    /// The folder of one project: its configuration, snapshots and profiles.
    ///
    /// # Errors
    /// [`StoreError::ProjectId`] if the text cannot name a project.
    pub fn project_dir(&self, project: &str) -> Result<PathBuf, StoreError> {
        self.files.project_dir(project)
    }

    /// The folder of a project's log.
    ///
    /// # Errors
    /// [`StoreError::ProjectId`] if the text cannot name a project.
    pub fn log_dir(&self, project: &str) -> Result<PathBuf, StoreError> {
        let project = self.files.project_dir(project)?;
        let name = project.file_name().unwrap_or_default();
        Ok(self.files.root().join("wal").join(name))
    }

    /// The index of the snapshots. It knows what was written through this handle; [`Workspace::sync`] brings in the rest.
    #[must_use]
    pub fn metrics(&self) -> &MetricStore {
        &self.metrics
    }

    /// Ids of the projects, sorted.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the workspace cannot be listed.
    pub fn projects(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.files.projects()?.0)
    }

    /// Makes sure that a project exists.
    ///
    /// # Errors
    /// [`StoreError::UnknownProject`] with similar ids.
    pub fn require_project(&self, project: &str) -> Result<(), StoreError> {
        if self.files.has_project(project) {
            return Ok(());
        }
        let projects = self.projects()?;
        let near = plimsoll_model::near(project, projects.iter().map(String::as_str));
        Err(StoreError::UnknownProject {
            project: project.to_owned(),
            near,
        })
    }

    /// The project file's text, if there is one.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it cannot be read.
    pub fn project_config(&self, project: &str) -> Result<Option<String>, StoreError> {
        let path = self.files.config_file(project)?;
        let Some((bytes, _)) = files::read(&path)? else {
            return Ok(None);
        };
        String::from_utf8(bytes).map(Some).map_err(|e| {
            StoreError::io("read", path)(std::io::Error::new(std::io::ErrorKind::InvalidData, e.utf8_error()))
        })
    }

    /// Writes the project file; makes the project if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it cannot be written.
    pub fn write_project_config(&self, project: &str, yaml: &str) -> Result<(), StoreError> {
        files::write(&self.files.config_file(project)?, yaml.as_bytes()).map(drop)
    }

    /// Reads a file that belongs to a project and is no snapshot, such as `runs.json`; `None` if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it cannot be read.
    pub fn project_file(&self, project: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.files.project_dir(project)?.join(name);
        Ok(files::read(&path)?.map(|(bytes, _)| bytes))
    }

    /// Writes a file that belongs to a project and is no snapshot; a reader finds the old or the new one.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it cannot be written.
    pub fn write_project_file(&self, project: &str, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        files::write(&self.files.project_dir(project)?.join(name), bytes).map(drop)
    }

    /// The folder where relative paths of the project file begin: the one that it came from, else the workspace.
    ///
    /// # Errors
    /// [`StoreError::Io`] if it cannot be read.
    pub fn project_base(&self, project: &str) -> Result<PathBuf, StoreError> {
        let Some(bytes) = self.project_file(project, BASE)? else {
            return Ok(self.dir().to_owned());
        };
        let text = String::from_utf8_lossy(&bytes);
        Ok(self.dir().join(text.trim_end_matches('\n')))
    }

    /// Keeps the folder where relative paths of the project file begin; within the workspace as a relative path, so that
    /// a workspace can be moved.
    ///
    /// # Errors
    /// [`StoreError::Io`] if there is no such folder, or if it cannot be written.
    pub fn write_project_base(&self, project: &str, base: &Path) -> Result<(), StoreError> {
        let here = Path::new(".");
        let whole = |path: &Path| {
            let path = if path.as_os_str().is_empty() { here } else { path };
            path.canonicalize().map_err(StoreError::io("find", path))
        };
        let base = whole(base)?;
        let within = base.strip_prefix(whole(self.dir())?).unwrap_or(&base);
        let text = within
            .to_str()
            .ok_or_else(|| StoreError::io("keep the name of", within)(std::io::ErrorKind::InvalidFilename.into()))?;
        self.write_project_file(project, BASE, format!("{text}\n").as_bytes())
    }

    /// Writes a snapshot and its profile, and indexes it. A snapshot of the same id is replaced.
    ///
    /// A reader finds the old or the new snapshot, never a part of one, and never a snapshot before its profile. If only
    /// the indexing fails, a warning is logged and the next [`Workspace::sync`] does it.
    ///
    /// # Errors
    /// [`StoreError::Io`] if a file cannot be written; [`StoreError::SnapshotId`] or [`StoreError::ProjectId`] if a name
    /// is not fit for one.
    pub fn write_snapshot(&self, snapshot: &Snapshot, profile: Option<&[u8]>) -> Result<(), StoreError> {
        let written = self.write_files(snapshot, profile)?;
        self.index([written]);
        Ok(())
    }

    fn write_files(&self, snapshot: &Snapshot, profile: Option<&[u8]>) -> Result<Unindexed, StoreError> {
        let project = &snapshot.project;
        let path = files::snapshot_path(snapshot)?;
        let what = || format!("snapshot `{}`", snapshot.id);
        let json = serde_json::to_vec(snapshot).map_err(|source| StoreError::Json { what: what(), source })?;
        let profile_file = self.files.profile_file(project, &path)?;
        if let Some(bytes) = profile {
            files::write(&profile_file, bytes)?;
        }
        // An ad hoc report of the same id may lie under another day.
        let former = self
            .metrics
            .path_of(project, &snapshot.id)
            .ok()
            .flatten()
            .filter(|former| *former != path);
        let stamp = files::write(&self.files.snapshot_file(project, &path)?, &json)?;
        if profile.is_none() {
            files::remove(&profile_file)?;
        }
        if let Some(former) = former {
            files::remove(&self.files.snapshot_file(project, &former)?)?;
            files::remove(&self.files.profile_file(project, &former)?)?;
        }
        Ok(Unindexed(IndexedFile {
            project: project.clone(),
            path,
            stamp,
            content: Ok(scan::without_details(snapshot.clone())),
        }))
    }

    /// Takes written snapshots into the index, all at once. Where that fails they are found later by their files.
    pub fn index(&self, written: impl IntoIterator<Item = Unindexed>) {
        let files: Vec<IndexedFile> = written.into_iter().map(|written| written.0).collect();
        if let Err(e) = self.metrics.index(&files) {
            let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
            tracing::warn!("written, but not yet indexed: `{}`: {e}", paths.join("`, `"));
        }
    }

    /// Writes a snapshot as [`Workspace::write_snapshot`] does; the revision that it replaces stays readable, unless its
    /// window still took rows or it is the same revision. Labels that drop in for weeks would leave thousands of revisions, so
    /// the newest hundred stay, and of older ones the last of each day (UTC) and the first.
    ///
    /// # Errors
    /// As [`Workspace::write_snapshot`].
    pub fn write_revision(&self, snapshot: &Snapshot, profile: Option<&[u8]>) -> Result<(), StoreError> {
        let written = self.write_revision_files(snapshot, profile)?;
        self.index([written]);
        Ok(())
    }

    /// Does what [`Workspace::write_revision`] does, but for [`Workspace::index`]: many snapshots are indexed best together.
    ///
    /// # Errors
    /// As [`Workspace::write_snapshot`].
    pub fn write_revision_files(&self, snapshot: &Snapshot, profile: Option<&[u8]>) -> Result<Unindexed, StoreError> {
        let project = &snapshot.project;
        let path = files::snapshot_path(snapshot)?;
        if let Some((bytes, _)) = files::read(&self.files.snapshot_file(project, &path)?)? {
            match scan::parse(&bytes, project, &snapshot.id) {
                Ok(former) if former.revision < snapshot.revision && !former.is_open() => {
                    let kept = self.files.revisions_dir(project, &path)?;
                    files::write(&kept.join(format!("{:08}.json", former.revision)), &bytes)?;
                    thin_out(&kept, project, &snapshot.id)?;
                }
                // Nobody could read a damaged file later either.
                Ok(_) | Err(_) => {}
            }
        }
        self.write_files(snapshot, profile)
    }

    /// The revisions of a snapshot that can be read, oldest first, each with its bytes.
    fn kept_revisions(&self, project: &str, id: &str) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        let (file, newest) = self.read_file(project, id)?;
        let parsed = scan::parse(&newest, project, id).map_err(|reason| StoreError::Damaged { path: file, reason })?;
        let path = files::snapshot_path(&parsed)?;
        let mut kept = Vec::new();
        for file in files::names_in(&self.files.revisions_dir(project, &path)?)? {
            if let Some((bytes, _)) = files::read(&file)? {
                match scan::parse(&bytes, project, id) {
                    Ok(snapshot) => kept.push((snapshot.as_revision(), bytes)),
                    Err(reason) => tracing::warn!("skipped `{}`: {reason}", file.display()),
                }
            }
        }
        kept.push((parsed.as_revision(), newest));
        kept.sort_by_key(|(revision, _)| revision.revision);
        Ok(kept)
    }

    /// The revisions of a snapshot that can be read, oldest first.
    ///
    /// # Errors
    /// As [`Workspace::read_snapshot`].
    pub fn revisions(&self, project: &str, id: &str) -> Result<Vec<Revision>, StoreError> {
        let kept = self.kept_revisions(project, id)?;
        Ok(kept.into_iter().map(|(revision, _)| revision).collect())
    }

    /// The file of the revision that held at a moment; `None` if the snapshot was first made later.
    ///
    /// # Errors
    /// As [`Workspace::read_snapshot`].
    pub fn read_snapshot_as_of(&self, project: &str, id: &str, at: Timestamp) -> Result<Option<Vec<u8>>, StoreError> {
        let kept = self.kept_revisions(project, id)?;
        let held = kept.into_iter().rev().find(|(revision, _)| revision.at <= at);
        Ok(held.map(|(_, bytes)| bytes))
    }

    /// Reads a snapshot.
    ///
    /// # Errors
    /// [`StoreError::UnknownSnapshot`] if there is none of this id, [`StoreError::Damaged`] if its file is none.
    pub fn read_snapshot(&self, project: &str, id: &str) -> Result<Snapshot, StoreError> {
        let (path, bytes) = self.read_file(project, id)?;
        scan::parse(&bytes, project, id).map_err(|reason| StoreError::Damaged { path, reason })
    }

    /// Reads a snapshot file as it stands.
    ///
    /// # Errors
    /// [`StoreError::UnknownSnapshot`] if there is none of this id.
    pub fn read_snapshot_bytes(&self, project: &str, id: &str) -> Result<Vec<u8>, StoreError> {
        Ok(self.read_file(project, id)?.1)
    }

    /// Reads the profile that was written with a snapshot, if there was one.
    ///
    /// # Errors
    /// [`StoreError::UnknownSnapshot`] if there is no snapshot of this id.
    pub fn read_profile(&self, project: &str, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        for path in self.paths(project, id) {
            if files::stamp(&self.files.snapshot_file(project, &path)?).is_some() {
                return Ok(files::read(&self.files.profile_file(project, &path)?)?.map(|(bytes, _)| bytes));
            }
        }
        Err(StoreError::UnknownSnapshot {
            project: project.to_owned(),
            id: id.to_owned(),
        })
    }

    /// Fingerprints of configuration and data by snapshot id, of a project's files as they are at this moment.
    ///
    /// # Errors
    /// As [`Workspace::sync`].
    pub fn existing(&self, project: &str) -> Result<HashMap<String, String>, StoreError> {
        self.sync()?;
        self.metrics.existing(project)
    }

    /// Compares the files with the metric store and indexes what differs.
    ///
    /// Files that are no readable snapshots are skipped, logged once and named in the report.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the workspace cannot be listed, [`StoreError::Index`] if the metric store fails.
    pub fn sync(&self) -> Result<ScanReport, StoreError> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        scan::sync(&self.files, &self.metrics, &mut memory)
    }

    /// Empties the metric store and fills it from the files.
    ///
    /// # Errors
    /// As [`Workspace::sync`].
    pub fn reindex(&self) -> Result<ScanReport, StoreError> {
        self.metrics.clear()?;
        self.sync()
    }

    fn read_file(&self, project: &str, id: &str) -> Result<(PathBuf, Vec<u8>), StoreError> {
        for path in self.paths(project, id) {
            let path = self.files.snapshot_file(project, &path)?;
            if let Some((bytes, _)) = files::read(&path)? {
                return Ok((path, bytes));
            }
        }
        Err(StoreError::UnknownSnapshot {
            project: project.to_owned(),
            id: id.to_owned(),
        })
    }

    /// Where the snapshot may lie: as the index says, else as its id says.
    fn paths(&self, project: &str, id: &str) -> impl Iterator<Item = String> {
        let indexed = self.metrics.path_of(project, id).ok().flatten();
        indexed.into_iter().chain(files::path_of_id(id))
    }
}

/// Removes old revisions but the first and the last of each day.
fn thin_out(dir: &Path, project: &str, id: &str) -> Result<(), StoreError> {
    let mut files = files::names_in(dir)?;
    if files.len() < NEWEST_REVISIONS + REVISIONS_AT_ONCE {
        return Ok(());
    }
    files.truncate(files.len() - NEWEST_REVISIONS);
    let mut days = Vec::with_capacity(files.len());
    for file in &files {
        let day = match files::read(file)? {
            Some((bytes, _)) => scan::parse(&bytes, project, id).ok(),
            None => None,
        };
        days.push(day.map(|snapshot| snapshot.run.started_at.as_second().div_euclid(86_400)));
    }
    // One that cannot be read is nobody's last of a day, and is left for a person to see.
    for at in 1..files.len().saturating_sub(1) {
        if days[at].is_some() && days[at] == days[at + 1] {
            files::remove(&files[at])?;
        }
    }
    Ok(())
}
