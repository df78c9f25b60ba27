//! The form of a segment file, and the reading of one that may be torn or damaged.
//!
//! ```text
//! segment = magic "PLIMSLOG", version u32, first position u64, CRC-32 of the 20 bytes before, records
//! record  = position u64, length u32, place in its group u32, CRC-32 of the payload,
//!           CRC-32 of the 20 bytes before, payload
//! ```
//!
//! Integers are little-endian. A group is what one fsync made durable: all the records before a group were durable when
//! the first byte of it was written. That tells a torn tail, which nobody was told of, from damage to what was promised.

use std::ops::Range;

use super::Damage;

const MAGIC: &[u8; 8] = b"PLIMSLOG";
pub(super) const VERSION: u32 = 1;

/// Bytes before the first record of a segment.
pub(super) const SEGMENT_HEADER: usize = 24;

/// Bytes before the payload of a record.
const RECORD_HEADER: usize = 24;

/// Longest payload of a record, in bytes.
pub(super) const MAX_PAYLOAD: usize = 1 << 30;

/// The first bytes of a segment.
pub(super) fn segment_header(first: u64) -> [u8; SEGMENT_HEADER] {
    let mut bytes = [0; SEGMENT_HEADER];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[12..20].copy_from_slice(&first.to_le_bytes());
    let crc = crc32fast::hash(&bytes[..20]);
    bytes[20..].copy_from_slice(&crc.to_le_bytes());
    bytes
}

/// The version of a segment whose header is whole.
pub(super) fn segment_version(bytes: &[u8]) -> Option<u32> {
    let header = bytes.get(..SEGMENT_HEADER)?;
    let whole = header.starts_with(MAGIC) && u32_at(header, 20) == Some(crc32fast::hash(&header[..20]));
    whole.then(|| u32_at(header, 8)).flatten()
}

/// Says whether this program reads segments of a version.
pub(super) fn is_known(version: u32) -> bool {
    version == VERSION
}

/// Appends a record to a buffer. The payload is at most [`MAX_PAYLOAD`] bytes long.
pub(super) fn write_record(buffer: &mut Vec<u8>, position: u64, in_group: u32, payload: &[u8]) {
    let start = buffer.len();
    buffer.extend_from_slice(&position.to_le_bytes());
    buffer.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    buffer.extend_from_slice(&in_group.to_le_bytes());
    buffer.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    let crc = crc32fast::hash(&buffer[start..]);
    buffer.extend_from_slice(&crc.to_le_bytes());
    buffer.extend_from_slice(payload);
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// A record that is whole.
struct Whole {
    position: u64,
    /// Position of the first record of its group.
    group: u64,
    payload: Range<usize>,
}

/// The record that begins at `at`, if it is whole.
fn whole_at(bytes: &[u8], at: usize) -> Option<Whole> {
    let header = bytes.get(at..at.checked_add(RECORD_HEADER)?)?;
    let position = u64_at(header, 0)?;
    let length = u32_at(header, 8)? as usize;
    let group = position.checked_sub(u64::from(u32_at(header, 12)?))?;
    let start = at + RECORD_HEADER;
    if length > MAX_PAYLOAD || length > bytes.len() - start || u32_at(header, 20)? != crc32fast::hash(&header[..20]) {
        return None;
    }
    let payload = start..start + length;
    (u32_at(header, 16)? == crc32fast::hash(&bytes[payload.clone()])).then_some(Whole {
        position,
        group,
        payload,
    })
}

/// What is found in a segment, from front to back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A whole record.
    Record {
        /// Its position.
        position: u64,
        /// Where its payload lies in the segment.
        payload: Range<usize>,
    },
    /// Records that were durable cannot be read.
    Damage(Damage),
    /// What lies behind was never acknowledged. Nothing follows.
    Torn,
}

/// Reads the records of a segment.
#[derive(Debug)]
pub(super) struct Scan {
    offset: usize,
    /// Position that is expected at `offset`.
    next: u64,
    /// First position of the segment behind this one; `None` in the last segment.
    until: Option<u64>,
    /// Group of the last record that was found, and where its first whole record begins.
    group: Option<(u64, usize)>,
    done: bool,
}

impl Scan {
    /// Begins to read a segment whose first record has position `first`.
    pub(super) fn new(first: u64, until: Option<u64>) -> Self {
        Self {
            offset: SEGMENT_HEADER,
            next: first,
            until,
            group: None,
            done: false,
        }
    }

    /// Position behind the last record that was found or lost.
    pub(super) fn next_position(&self) -> u64 {
        self.next
    }

    /// Where the whole records end, so far.
    pub(super) fn offset(&self) -> usize {
        self.offset
    }

    /// Where the group of the last record begins. All the groups before it were durable when it was written.
    pub(super) fn last_group(&self) -> usize {
        self.group.map_or(self.offset, |(_, offset)| offset)
    }

    /// Reads on. `bytes` is the whole segment, the same at each call.
    pub(super) fn step(&mut self, bytes: &[u8]) -> Option<Found> {
        // What an abandoned segment holds from `until` on was never acknowledged.
        if self.done || self.until.is_some_and(|until| self.next >= until) {
            return None;
        }
        if let Some(record) = whole_at(bytes, self.offset).filter(|r| r.position == self.next) {
            self.next += 1;
            if self.group.is_none_or(|(group, _)| group != record.group) {
                self.group = Some((record.group, self.offset));
            }
            self.offset = record.payload.end;
            return Some(Found::Record {
                position: record.position,
                payload: record.payload,
            });
        }
        if self.until.is_none() && self.offset >= bytes.len() {
            self.done = true;
            return None;
        }
        let offset = self.offset;
        let lost = if let Some((at, position)) = self.resume(bytes) {
            self.offset = at;
            self.next..position
        } else {
            self.done = true;
            let Some(until) = self.until else {
                return Some(Found::Torn);
            };
            self.next..until
        };
        self.next = lost.end;
        Some(Found::Damage(Damage {
            offset: offset as u64,
            lost,
        }))
    }

    /// The next whole record that proves that the expected one was durable: where it begins, and its position.
    fn resume(&self, bytes: &[u8]) -> Option<(usize, u64)> {
        (self.offset..bytes.len()).find_map(|at| {
            let record = whole_at(bytes, at)?;
            let proves = match self.until {
                Some(until) => record.position > self.next && record.position < until,
                None => record.group > self.next,
            };
            proves.then_some((at, record.position))
        })
    }
}
