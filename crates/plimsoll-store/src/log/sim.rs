//! A file system in memory that fails, tears writes and forgets what was not synced, for tests of what stands on a log.

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet},
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Disk, DiskFile};

/// Bytes that a crash keeps or loses together. Small, so that short files tear in many ways.
const SECTOR: usize = 16;

/// A disk in memory. Clones are the same disk.
///
/// It behaves as badly as a real one may: a full disk takes a part of a write; after a failed sync the bytes that were
/// to be written count as written and are not; a crash keeps any selection of what was not synced, of bytes and of names.
#[derive(Debug, Clone, Default)]
pub struct SimDisk(Arc<Mutex<State>>);

/// What goes wrong next.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Bytes that all the files may hold together.
    pub capacity: Option<usize>,
    /// Syncs that fail before one succeeds again.
    pub failing_syncs: usize,
    /// Cuts that fail before one succeeds again.
    pub failing_truncates: usize,
    /// Bytes that are yet written before everything fails, until [`SimDisk::crash`].
    pub dies_after: Option<usize>,
}

#[derive(Debug, Default)]
struct State {
    nodes: Vec<Node>,
    /// What programs see.
    names: BTreeMap<PathBuf, usize>,
    /// What a crash leaves for certain.
    durable_names: BTreeMap<PathBuf, usize>,
    locked: BTreeSet<PathBuf>,
    faults: Faults,
    dead: bool,
    syncs: u64,
}

#[derive(Debug, Default)]
struct Node {
    data: Vec<u8>,
    durable: Vec<u8>,
    /// Written and not yet given to the disk.
    dirty: Vec<Range<usize>>,
    /// Length was changed and not yet given to the disk.
    cut: bool,
}

impl Node {
    fn give(&mut self, range: Range<usize>) {
        let range = range.start.min(self.data.len())..range.end.min(self.data.len());
        if self.durable.len() < range.end {
            self.durable.resize(range.end, 0);
        }
        self.durable[range.clone()].copy_from_slice(&self.data[range]);
    }

    fn sync(&mut self) {
        for range in std::mem::take(&mut self.dirty) {
            self.give(range);
        }
        self.durable.resize(self.data.len(), 0);
        self.cut = false;
    }

    fn crash(&mut self, choose: &mut dyn FnMut() -> bool) {
        if self.cut && choose() {
            self.durable.truncate(self.data.len());
        }
        for range in std::mem::take(&mut self.dirty) {
            let mut at = range.start;
            while at < range.end {
                let end = ((at / SECTOR + 1) * SECTOR).min(range.end);
                if choose() {
                    self.give(at..end);
                }
                at = end;
            }
        }
        self.data.clone_from(&self.durable);
        self.cut = false;
    }
}

fn dead() -> io::Error {
    io::Error::other("the machine has died")
}

impl SimDisk {
    /// An empty disk on which nothing fails.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn alive(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.state();
        if state.dead { Err(dead()) } else { Ok(state) }
    }

    /// Sets what goes wrong next.
    pub fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Syncs of files that succeeded.
    #[must_use]
    pub fn syncs(&self) -> u64 {
        self.state().syncs
    }

    /// Bytes of all the files.
    #[must_use]
    pub fn used(&self) -> usize {
        used(&self.state())
    }

    /// Loses power. Of what was not synced, `choose` says piece by piece what is kept. Locks and faults are gone.
    pub fn crash(&self, mut choose: impl FnMut() -> bool) {
        let mut state = self.state();
        let (names, durable) = (state.names.clone(), state.durable_names.clone());
        let mut kept = BTreeMap::new();
        for path in names.keys().chain(durable.keys()).collect::<BTreeSet<_>>() {
            let (seen, sure) = (names.get(path), durable.get(path));
            let node = if seen == sure || choose() { seen } else { sure };
            if let Some(node) = node {
                kept.insert(path.clone(), *node);
            }
        }
        for node in &mut state.nodes {
            node.crash(&mut choose);
        }
        state.names.clone_from(&kept);
        state.durable_names = kept;
        state.locked.clear();
        state.faults = Faults::default();
        state.dead = false;
    }

    /// Changes the bytes of a file behind everybody's back.
    ///
    /// # Errors
    /// `NotFound` without such a file.
    pub fn damage(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let mut state = self.state();
        let node = node_of(&state, path)?;
        let node = &mut state.nodes[node];
        change(&mut node.data);
        node.durable.clone_from(&node.data);
        Ok(())
    }
}

fn used(state: &State) -> usize {
    state.names.values().map(|n| state.nodes[*n].data.len()).sum()
}

fn node_of(state: &State, path: &Path) -> io::Result<usize> {
    state
        .names
        .get(path)
        .copied()
        .ok_or_else(|| io::ErrorKind::NotFound.into())
}

#[derive(Debug)]
struct Locked {
    disk: SimDisk,
    path: PathBuf,
}

impl Drop for Locked {
    fn drop(&mut self) {
        self.disk.state().locked.remove(&self.path);
    }
}

impl Disk for SimDisk {
    fn make_dir(&self, _: &Path) -> io::Result<()> {
        self.alive().map(drop)
    }

    fn lock(&self, path: &Path) -> Result<Box<dyn Any + Send + Sync>, Result<String, io::Error>> {
        let mut state = self.alive().map_err(Err)?;
        if !state.locked.insert(path.to_owned()) {
            return Err(Ok("a test".to_owned()));
        }
        Ok(Box::new(Locked {
            disk: self.clone(),
            path: path.to_owned(),
        }))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let state = self.alive()?;
        let inside = state.names.keys().filter(|path| path.parent() == Some(dir));
        Ok(inside
            .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
            .collect())
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        self.read(path).map(|bytes| bytes.len() as u64)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let state = self.alive()?;
        Ok(state.nodes[node_of(&state, path)?].data.clone())
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.alive()?;
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.nodes.push(Node::default());
        let node = state.nodes.len() - 1;
        state.names.insert(path.to_owned(), node);
        Ok(Box::new(SimFile {
            disk: self.clone(),
            node,
        }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let node = node_of(&*self.alive()?, path)?;
        Ok(Box::new(SimFile {
            disk: self.clone(),
            node,
        }))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.alive()?;
        state
            .names
            .remove(path)
            .map(drop)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        let mut state = self.alive()?;
        let State {
            names, durable_names, ..
        } = &mut *state;
        durable_names.retain(|path, _| path.parent() != Some(dir));
        let inside = names.iter().filter(|(path, _)| path.parent() == Some(dir));
        durable_names.extend(inside.map(|(path, node)| (path.clone(), *node)));
        Ok(())
    }
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    node: usize,
}

impl DiskFile for SimFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.alive()?;
        let room = state
            .faults
            .capacity
            .map_or(usize::MAX, |c| c.saturating_sub(used(&state)));
        let life = state.faults.dies_after.unwrap_or(usize::MAX);
        let taken = bytes.len().min(room).min(life);
        let node = &mut state.nodes[self.node];
        let start = node.data.len();
        node.data.extend_from_slice(&bytes[..taken]);
        node.dirty.push(start..start + taken);
        if let Some(left) = &mut state.faults.dies_after {
            *left -= taken;
        }
        if life < bytes.len().min(room) {
            state.dead = true;
            return Err(dead());
        }
        if taken < bytes.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    fn rewrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.alive()?;
        let node = &mut state.nodes[self.node];
        let range = at as usize..at as usize + bytes.len();
        node.data
            .get_mut(range.clone())
            .ok_or(io::ErrorKind::InvalidInput)?
            .copy_from_slice(bytes);
        node.dirty.push(range);
        Ok(())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        let mut state = self.disk.alive()?;
        if state.faults.failing_truncates > 0 {
            state.faults.failing_truncates -= 1;
            return Err(io::Error::other("a cut that fails"));
        }
        let node = &mut state.nodes[self.node];
        node.data.resize(length as usize, 0);
        let end = node.data.len();
        node.dirty.retain(|range| range.start < end);
        for range in &mut node.dirty {
            range.end = range.end.min(end);
        }
        node.cut = true;
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.alive()?;
        if state.faults.failing_syncs > 0 {
            state.faults.failing_syncs -= 1;
            // The kernel takes the pages for written.
            state.nodes[self.node].dirty.clear();
            return Err(io::Error::other("a sync that fails"));
        }
        state.nodes[self.node].sync();
        state.syncs += 1;
        Ok(())
    }
}
