//! Where rows are kept: a directory, or a prefix on an object store.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path as FilePath, PathBuf},
    sync::Arc,
};

use futures::TryStreamExt;
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload,
    aws::{AmazonS3Builder, S3ConditionalPut},
    local::LocalFileSystem,
    path::Path,
};
use tokio::task::spawn_blocking;

use super::RowsError;

/// A directory, or a prefix on an object store.
///
/// Both are read and written alike. A directory takes more care: what is written there is synced, because the object
/// store's layer for local files does not.
#[derive(Debug, Clone)]
pub struct Place {
    store: Arc<dyn ObjectStore>,
    root: Path,
    /// What stands before the paths in [`Place::locate`].
    address: String,
    /// The directory, if it is one.
    dir: Option<PathBuf>,
}

impl Place {
    /// A directory. It is made if it is not there.
    ///
    /// # Errors
    /// [`RowsError::Object`] if it cannot be made.
    pub fn local(dir: &FilePath) -> Result<Self, RowsError> {
        let location = || dir.display().to_string();
        let refused = |doing: &'static str| {
            move |source| RowsError::Object {
                doing,
                location: location(),
                source,
            }
        };
        let made = crate::files::make_dir(dir).and_then(|()| {
            dir.canonicalize()
                .map_err(crate::StoreError::io("find the folder", dir))
        });
        let dir = made.map_err(|e| RowsError::Place {
            url: location(),
            reason: e.to_string(),
        })?;
        let store = LocalFileSystem::new_with_prefix(&dir).map_err(refused("open"))?;
        Ok(Self {
            store: Arc::new(store),
            root: Path::default(),
            address: dir.display().to_string(),
            dir: Some(dir),
        })
    }

    /// A prefix of a store that the caller has opened. `address` is what readers put before a path, such as
    /// `s3://bucket`.
    pub fn remote(store: Arc<dyn ObjectStore>, root: Path, address: &str) -> Self {
        Self {
            store,
            root,
            address: address.trim_end_matches('/').to_owned(),
            dir: None,
        }
    }

    /// A prefix on S3 or on a server that speaks its language, by a text such as `s3://bucket/workspace`.
    ///
    /// Credentials, region and the address of the server come from the environment (`AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`, `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP`) or from the
    /// machine's role.
    ///
    /// # Errors
    /// [`RowsError::Place`] if the text is none or a setting is missing.
    pub fn s3(url: &str) -> Result<Self, RowsError> {
        let unfit = |reason: String| RowsError::Place {
            url: url.to_owned(),
            reason,
        };
        let (bucket, prefix) = url
            .strip_prefix("s3://")
            .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
            .filter(|(bucket, _)| !bucket.is_empty())
            .ok_or_else(|| unfit("it names no bucket".to_owned()))?;
        let root = Path::parse(prefix.trim_end_matches('/')).map_err(|e| unfit(e.to_string()))?;
        let store = AmazonS3Builder::from_env()
            .with_bucket_name(bucket)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .build()
            .map_err(|e| unfit(e.to_string()))?;
        Ok(Self::remote(Arc::new(store), root, &format!("s3://{bucket}")))
    }

    /// A folder inside.
    ///
    /// # Errors
    /// As [`Place::local`].
    pub fn join(&self, name: &str) -> Result<Self, RowsError> {
        if let Some(dir) = &self.dir {
            return Self::local(&dir.join(name));
        }
        let below = Path::parse(name).map_err(|e| RowsError::Place {
            url: self.locate(name),
            reason: e.to_string(),
        })?;
        Ok(Self {
            root: self.root.parts().chain(below.parts()).collect(),
            ..self.clone()
        })
    }

    /// The store below the paths of [`Place::object_path`].
    #[must_use]
    pub fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    /// The directory, if it is one.
    #[must_use]
    pub fn dir(&self) -> Option<&FilePath> {
        self.dir.as_deref()
    }

    /// Where a path lies in the store.
    #[must_use]
    pub fn object_path(&self, path: &str) -> Path {
        self.root.parts().chain(Path::from(path).parts()).collect()
    }

    /// Where a path lies for other programs: a file's path, or an address such as `s3://bucket/prefix/path`.
    #[must_use]
    pub fn locate(&self, path: &str) -> String {
        match &self.dir {
            Some(dir) => dir.join(path).display().to_string(),
            None => format!("{}/{}", self.address, self.object_path(path)),
        }
    }

    pub(super) fn error(&self, doing: &'static str, path: &str) -> impl FnOnce(object_store::Error) -> RowsError {
        let location = self.locate(path);
        move |source| RowsError::Object {
            doing,
            location,
            source,
        }
    }

    /// The objects below a folder, with paths as [`Place::object_path`] takes them.
    pub(super) async fn list(&self, folder: &str) -> Result<Vec<(String, ObjectMeta)>, RowsError> {
        let below = self.object_path(folder);
        let strip = self.root.as_ref().len() + usize::from(!self.root.as_ref().is_empty());
        let listed: Result<Vec<ObjectMeta>, _> = self.store.list(Some(&below)).try_collect().await;
        let listed = listed.map_err(self.error("list", folder))?;
        Ok(listed
            .into_iter()
            .filter_map(|meta| Some((meta.location.as_ref().get(strip..)?.to_owned(), meta)))
            .collect())
    }

    /// The bytes of an object; `None` if there is none.
    pub(super) async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, RowsError> {
        let found = match self.store.get(&self.object_path(path)).await {
            Ok(found) => found.bytes().await,
            Err(e) => Err(e),
        };
        match found {
            Ok(bytes) => Ok(Some(bytes.to_vec())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(self.error("read", path)(e)),
        }
    }

    /// Writes an object that is not there yet, whole and durable; `false` if there is one.
    pub(super) async fn create(&self, path: &str, bytes: Vec<u8>) -> Result<bool, RowsError> {
        let created = if let Some(dir) = &self.dir {
            let file = dir.join(path);
            let written = spawn_blocking(move || create_file(&file, &bytes))
                .await
                .map_err(RowsError::Ended)?;
            written.map_err(|e| object_store::Error::Generic {
                store: "LocalFileSystem",
                source: Box::new(e),
            })
        } else {
            let (object, options) = (self.object_path(path), PutOptions::from(PutMode::Create));
            match self.store.put_opts(&object, PutPayload::from(bytes), options).await {
                Ok(_) => Ok(true),
                Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => Ok(false),
                Err(e) => Err(e),
            }
        };
        created.map_err(self.error("write", path))
    }

    /// Removes an object if it is there.
    pub(super) async fn remove(&self, path: &str) -> Result<(), RowsError> {
        match self.store.delete(&self.object_path(path)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(self.error("remove", path)(e)),
        }
    }

    /// Makes objects durable that were written through [`Place::store`]. An object store's are so when written.
    pub(super) async fn make_durable(&self, paths: Vec<String>) -> Result<(), RowsError> {
        let Some(dir) = self.dir.clone() else {
            return Ok(());
        };
        spawn_blocking(move || sync_files(&dir, &paths))
            .await
            .map_err(RowsError::Ended)?
            .map_err(|(path, e)| {
                self.error("make durable", &path)(object_store::Error::Generic {
                    store: "LocalFileSystem",
                    source: Box::new(e),
                })
            })
    }

    /// Removes what interrupted writes left in a directory and its folders, which listing does not show.
    pub(super) async fn remove_unfinished(&self, folder: &str) -> Result<(), RowsError> {
        let Some(dir) = self.dir.as_ref().map(|dir| dir.join(folder)) else {
            return Ok(());
        };
        spawn_blocking(move || remove_staged(&dir))
            .await
            .map_err(RowsError::Ended)?
            .map_err(|e| {
                self.error("clean", folder)(object_store::Error::Generic {
                    store: "LocalFileSystem",
                    source: Box::new(e),
                })
            })
    }
}

/// Writes a file under a name that must be free: temporary file, fsync, link, fsync of the folder.
fn create_file(path: &FilePath, bytes: &[u8]) -> io::Result<bool> {
    let (Some(dir), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidFilename.into());
    };
    fs::create_dir_all(dir)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", super::token()?));
    let temporary = dir.join(hidden);
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        match fs::hard_link(&temporary, path) {
            Ok(()) => match sync_dirs(dir.parent().into_iter().chain([dir])) {
                Ok(()) => Ok(true),
                Err(e) => {
                    // What is not durable must not be found.
                    let _ = fs::remove_file(path);
                    Err(e)
                }
            },
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(e) => Err(e),
        }
    };
    let written = write();
    // The first error is the one that matters.
    let _ = fs::remove_file(&temporary);
    written
}

fn sync_files(root: &FilePath, paths: &[String]) -> Result<(), (String, io::Error)> {
    let mut dirs = BTreeSet::new();
    for path in paths {
        let file = root.join(path);
        File::open(&file)
            .and_then(|f| f.sync_all())
            .map_err(|e| (path.clone(), e))?;
        dirs.extend(
            file.ancestors()
                .skip(1)
                .take_while(|d| d.starts_with(root))
                .map(PathBuf::from),
        );
    }
    sync_dirs(dirs.iter().map(PathBuf::as_path)).map_err(|e| (String::new(), e))
}

#[cfg(unix)]
fn sync_dirs<'a>(dirs: impl IntoIterator<Item = &'a FilePath>) -> io::Result<()> {
    dirs.into_iter().try_for_each(|dir| File::open(dir)?.sync_all())
}

/// Folders cannot be opened as files elsewhere.
#[cfg(not(unix))]
fn sync_dirs<'a>(_: impl IntoIterator<Item = &'a FilePath>) -> io::Result<()> {
    Ok(())
}

/// Removes the files that a local object store and [`create_file`] write before they rename them.
fn remove_staged(dir: &FilePath) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_staged(&entry.path())?;
        } else if is_staged(&entry.file_name().to_string_lossy()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Names as [`create_file`] and a local object store give them, letter by letter.
fn is_staged(name: &str) -> bool {
    let staged = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let own = name
        .strip_prefix('.')
        .is_some_and(|rest| rest.strip_suffix(".tmp").is_some());
    own || name.rsplit_once(".parquet#").is_some_and(|(_, d)| staged(d))
}
