//! Reading the records of a log back.

use std::{collections::VecDeque, path::PathBuf, sync::Arc};

use super::{
    Disk, LogError, Position, Segment,
    record::{self, Found, Scan},
};

/// The records of a log from a position on, as they were when [`super::Log::replay`] was called.
///
/// Damage comes as one error for each damaged stretch, and reading goes on behind it; after any other error it ends.
/// One segment is in memory at a time.
#[derive(Debug)]
pub struct Replay {
    disk: Arc<dyn Disk>,
    /// Segments to be read, with the position that ends each.
    pending: VecDeque<(Segment, u64)>,
    open: Option<Open>,
    from: u64,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    bytes: Vec<u8>,
    scan: Scan,
}

impl Replay {
    pub(super) fn new(disk: Arc<dyn Disk>, segments: &[Segment], from: u64, next: u64) -> Self {
        let ends = segments.iter().skip(1).map(|s| s.first).chain([next]);
        let pending = segments
            .iter()
            .cloned()
            .zip(ends)
            .filter(|(_, end)| *end > from)
            .collect();
        Self {
            disk,
            pending,
            open: None,
            from,
        }
    }

    fn open(&mut self) -> Option<Result<(), LogError>> {
        let (segment, end) = self.pending.pop_front()?;
        let path = segment.path;
        let read = self.disk.read(&path).map_err(LogError::io("read", &path));
        Some(read.and_then(|bytes| {
            if let Some(version) = record::segment_version(&bytes).filter(|v| !record::is_known(*v)) {
                return Err(LogError::Version { path, version });
            }
            self.open = Some(Open {
                path,
                bytes,
                scan: Scan::new(segment.first, Some(end)),
            });
            Ok(())
        }))
    }
}

impl Iterator for Replay {
    type Item = Result<(Position, Vec<u8>), LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let Some(Open { path, bytes, scan }) = &mut self.open else {
                match self.open()? {
                    Ok(()) => continue,
                    Err(e) => {
                        self.pending.clear();
                        return Some(Err(e));
                    }
                }
            };
            match scan.step(bytes) {
                Some(Found::Record { position, payload }) if position >= self.from => {
                    return Some(Ok((Position(position), bytes[payload].to_vec())));
                }
                Some(Found::Damage(damage)) if damage.lost.end > self.from => {
                    return Some(Err(LogError::Damaged {
                        path: path.clone(),
                        offset: damage.offset,
                        lost: damage.lost.start.max(self.from)..damage.lost.end,
                    }));
                }
                // Below what was asked for.
                Some(Found::Record { .. } | Found::Damage(_)) => {}
                Some(Found::Torn) | None => self.open = None,
            }
        }
    }
}
