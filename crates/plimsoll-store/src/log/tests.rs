//! The log on a disk that fails: what was acknowledged is read back, and never a part of a record.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use proptest::prelude::*;

use super::{
    sim::{Faults, SimDisk},
    *,
};

const DIR: &str = "/log";

fn open(disk: &SimDisk, segment_bytes: u64) -> (Log, Recovery) {
    open_from(disk, segment_bytes, 0).unwrap()
}

fn open_from(disk: &SimDisk, segment_bytes: u64, start: u64) -> Result<(Log, Recovery), LogError> {
    let options = LogOptions {
        segment_bytes,
        start: Position(start),
    };
    Log::open_on(Arc::new(disk.clone()), Path::new(DIR), options)
}

fn segment(first: u64) -> PathBuf {
    Path::new(DIR).join(file_name(first))
}

fn read(log: &Log, from: u64) -> Vec<(u64, Vec<u8>)> {
    let records = log.replay(Position(from)).unwrap();
    records.map(|r| r.map(|(p, bytes)| (p.0, bytes)).unwrap()).collect()
}

/// Fills a log with `records` records of 10 bytes, one a group.
fn filled(disk: &SimDisk, segment_bytes: u64, records: u64) -> Log {
    let (mut log, _) = open(disk, segment_bytes);
    for n in 0..records {
        log.append_all(&[payload(n, 10)]).unwrap();
    }
    log
}

/// A payload that tells which it is and whether it is whole.
fn payload(n: u64, length: usize) -> Vec<u8> {
    n.to_le_bytes().iter().copied().cycle().take(length).collect()
}

#[test]
fn records_come_back_by_number_over_segments_and_starts() {
    let disk = SimDisk::new();
    let mut log = filled(&disk, 100, 10);
    assert_eq!(
        log.append_all(&[b"x".as_slice(), b"", b"z"]).unwrap(),
        Position(10)..Position(13)
    );
    assert_eq!(log.append_all(&[] as &[&[u8]]).unwrap(), Position(13)..Position(13));
    assert!(disk.list(Path::new(DIR)).unwrap().len() > 3);
    drop(log);
    let (log, recovery) = open(&disk, 100);
    assert_eq!(
        recovery,
        Recovery {
            records: 13,
            first: Some(Position(0)),
            last: Some(Position(12)),
            ..Recovery::default()
        }
    );
    assert_eq!(log.bytes(), disk.used() as u64);
    let records = read(&log, 9);
    assert_eq!(
        records,
        [
            (9, payload(9, 10)),
            (10, b"x".to_vec()),
            (11, Vec::new()),
            (12, b"z".to_vec())
        ]
    );
    assert!(read(&log, 13).is_empty());
}

#[test]
fn one_group_costs_one_sync() {
    let disk = SimDisk::new();
    let mut log = filled(&disk, 1 << 20, 1);
    let before = disk.syncs();
    log.append_all(&vec![payload(1, 100); 500]).unwrap();
    assert_eq!(disk.syncs(), before + 1);
}

#[test]
fn released_segments_go_and_numbers_go_on() {
    let disk = SimDisk::new();
    let mut log = filled(&disk, 100, 10);
    log.release(Position(7)).unwrap();
    let kept = read(&log, 7);
    assert_eq!(kept.first().map(|r| r.0), Some(7));
    let error = log.replay(Position(0)).unwrap_err().to_string();
    assert!(error.contains("record 0") && error.contains("released"), "{error}");
    log.release(Position(10)).unwrap();
    drop(log);
    let (mut log, _) = open(&disk, 100);
    assert_eq!(log.append_all(&[b"x"]).unwrap(), Position(10)..Position(11));
}

#[test]
fn a_log_that_was_deleted_gives_out_no_number_twice() {
    let (mut log, _) = open_from(&SimDisk::new(), 100, 500).unwrap();
    assert_eq!(log.append_all(&[b"x"]).unwrap(), Position(500)..Position(501));
    assert_eq!(read(&log, 500), [(500, b"x".to_vec())]);
    // One that is behind its reader (restored from a copy) goes on where the reader is, and says what is missing.
    let disk = SimDisk::new();
    drop(filled(&disk, 1000, 3));
    let (mut log, _) = open_from(&disk, 1000, 5).unwrap();
    log.append_all(&[b"x"]).unwrap();
    assert_eq!(read(&log, 5), [(5, b"x".to_vec())]);
    let errors = log.replay(Position(0)).unwrap().filter_map(Result::err);
    let lost: Vec<_> = errors
        .map(|e| match e {
            LogError::Damaged { lost, .. } => lost,
            other => panic!("{other}"),
        })
        .collect();
    assert_eq!((lost.len(), lost[0].clone()), (1, 3..5));
}

#[test]
fn a_full_disk_refuses_and_takes_again_when_there_is_room() {
    let disk = SimDisk::new();
    let mut log = filled(&disk, 1 << 20, 3);
    for room in [0, 1, 23, 24, 30, 33] {
        disk.set_faults(Faults {
            capacity: Some(disk.used() + room),
            ..Faults::default()
        });
        let error = log.append_all(&[payload(3, 10)]).unwrap_err();
        assert!(error.is_full());
        let text = error.to_string();
        assert!(text.contains(DIR) && text.contains("free some space"), "{text}");
        assert_eq!(
            log.bytes(),
            disk.used() as u64,
            "the part that was written is given back"
        );
    }
    disk.set_faults(Faults::default());
    log.append_all(&[payload(3, 10)]).unwrap();
    assert_eq!(read(&log, 0).len(), 4);
}

#[test]
fn a_full_disk_at_the_change_of_segments_leaves_no_empty_segment() {
    let disk = SimDisk::new();
    let mut log = filled(&disk, 34, 2);
    for room in 0..58 {
        disk.set_faults(Faults {
            capacity: Some(disk.used() + room),
            // The part that was written cannot be cut off either.
            failing_truncates: 1,
            ..Faults::default()
        });
        log.append_all(&[payload(2, 10)]).unwrap_err();
    }
    disk.set_faults(Faults::default());
    log.append_all(&[payload(2, 10)]).unwrap();
    drop(log);
    let (log, recovery) = open(&disk, 34);
    assert_eq!((recovery.torn_bytes, read(&log, 0).len()), (0, 3));
}

#[test]
fn after_a_failed_sync_the_next_record_stands_on_other_pages() {
    let disk = SimDisk::new();
    let mut log = filled(&disk, 1 << 20, 2);
    disk.set_faults(Faults {
        failing_syncs: 1,
        failing_truncates: 1,
        ..Faults::default()
    });
    let error = log.append_all(&[b"not promised"]).unwrap_err().to_string();
    assert!(error.contains("make durable"), "{error}");
    log.append_all(&[b"promised"]).unwrap();
    assert_eq!(read(&log, 2), [(2, b"promised".to_vec())]);
    drop(log);
    disk.crash(|| false);
    let (log, _) = open(&disk, 1 << 20);
    assert_eq!(read(&log, 2), [(2, b"promised".to_vec())]);
}

#[test]
fn damage_costs_its_record_and_no_other() {
    let disk = SimDisk::new();
    drop(filled(&disk, 200, 12));
    let starts: Vec<u64> = disk
        .list(Path::new(DIR))
        .unwrap()
        .iter()
        .map(|name| name.trim_end_matches(".log").parse().unwrap())
        .collect();
    let sound = disk.read(&segment(starts[0])).unwrap();
    for at in SEGMENT_HEADER..sound.len() {
        disk.damage(&segment(starts[0]), |bytes| bytes[at] ^= 0x10).unwrap();
        let (log, recovery) = open(&disk, 200);
        assert!(
            recovery.damage.is_empty(),
            "older segments are checked when they are read"
        );
        let hit = ((at - SEGMENT_HEADER) / 34) as u64;
        let (good, bad): (Vec<_>, Vec<_>) = log.replay(Position(0)).unwrap().partition(Result::is_ok);
        assert_eq!(good.len(), 11);
        let error = bad[0].as_ref().unwrap_err();
        assert!(
            matches!(error, LogError::Damaged { lost, .. } if *lost == (hit..hit + 1)),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .contains("00000000000000000000.log` is damaged at byte")
        );
        assert_eq!(bad.len(), 1);
        disk.damage(&segment(starts[0]), |bytes| bytes.clone_from(&sound))
            .unwrap();
    }
}

#[test]
fn damage_to_what_was_promised_is_not_taken_for_a_torn_tail() {
    let disk = SimDisk::new();
    drop(filled(&disk, 1 << 20, 5));
    disk.damage(&segment(0), |bytes| bytes[SEGMENT_HEADER + 34 + 30] ^= 1)
        .unwrap();
    let (mut log, recovery) = open(&disk, 1 << 20);
    assert_eq!((recovery.torn_bytes, recovery.records), (0, 4));
    assert_eq!(recovery.damage, [Damage { offset: 58, lost: 1..2 }]);
    log.append_all(&[payload(5, 10)]).unwrap();
    let whole: Vec<u64> = log.replay(Position(0)).unwrap().flatten().map(|r| r.0.0).collect();
    assert_eq!(whole, [0, 2, 3, 4, 5]);
}

#[test]
fn a_torn_group_is_cut_off_even_if_its_end_is_whole() {
    let disk = SimDisk::new();
    let mut log = filled(&disk, 1 << 20, 1);
    log.append_all(&[payload(1, 10), payload(2, 10), payload(3, 10)])
        .unwrap();
    drop(log);
    disk.damage(&segment(0), |bytes| bytes[SEGMENT_HEADER + 34 + 30] ^= 1)
        .unwrap();
    let (log, recovery) = open(&disk, 1 << 20);
    assert_eq!((recovery.torn_bytes, recovery.records), (3 * 34, 1));
    assert_eq!(read(&log, 0), [(0, payload(0, 10))]);
}

#[test]
fn a_segment_of_another_version_is_refused_by_name() {
    let disk = SimDisk::new();
    drop(filled(&disk, 1 << 20, 1));
    disk.damage(&segment(0), |bytes| {
        bytes[8] = 9;
        let crc = crc32fast::hash(&bytes[..20]);
        bytes[20..24].copy_from_slice(&crc.to_le_bytes());
    })
    .unwrap();
    let error = open_from(&disk, 1 << 20, 0).unwrap_err().to_string();
    assert!(
        error.contains("version 9") && error.contains("newer plimsoll"),
        "{error}"
    );
}

#[test]
fn one_at_a_time_holds_a_log() {
    let disk = SimDisk::new();
    let (log, _) = open(&disk, 100);
    let error = open_from(&disk, 100, 0).unwrap_err().to_string();
    assert!(error.contains("in use by a test"), "{error}");
    drop(log);
    open(&disk, 100);
}

/// One thing that happens to a log.
#[derive(Debug, Clone)]
enum Event {
    Append(Vec<usize>),
    /// Bytes of room on the disk, and whether the part that was written can be cut off.
    AppendFull(Vec<usize>, usize, bool),
    AppendUnsynced(Vec<usize>, bool),
    /// The process is killed: what it wrote is seen by the next one.
    Kill,
    /// The machine dies after so many bytes of a write; the bits say what the disk kept.
    Crash(Vec<usize>, usize, u64),
    Release(u8),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let group = || prop::collection::vec(0..60usize, 1..6);
    let event = prop_oneof![
        4 => group().prop_map(Event::Append),
        2 => (group(), 0..200usize, any::<bool>()).prop_map(|(g, room, cut)| Event::AppendFull(g, room, cut)),
        2 => (group(), any::<bool>()).prop_map(|(g, cut)| Event::AppendUnsynced(g, cut)),
        1 => Just(Event::Kill),
        3 => (group(), 0..300usize, any::<u64>()).prop_map(|(g, bytes, bits)| Event::Crash(g, bytes, bits)),
        1 => any::<u8>().prop_map(Event::Release),
    ];
    prop::collection::vec(event, 1..40)
}

/// What must be, and what may be, in the log.
struct Oracle {
    acknowledged: BTreeMap<u64, Vec<u8>>,
    attempted: BTreeSet<Vec<u8>>,
    released: u64,
    made: u64,
}

impl Oracle {
    fn group(&mut self, lengths: &[usize]) -> Vec<Vec<u8>> {
        let payloads: Vec<Vec<u8>> = lengths
            .iter()
            .map(|length| {
                self.made += 1;
                payload(self.made, 8 + length)
            })
            .collect();
        self.attempted.extend(payloads.iter().cloned());
        payloads
    }

    fn append(&mut self, log: &mut Log, lengths: &[usize]) {
        let payloads = self.group(lengths);
        if let Ok(positions) = log.append_all(&payloads) {
            let numbers = positions.start.0..positions.end.0;
            self.acknowledged.extend(numbers.zip(payloads));
        }
    }

    /// Holds the log against what was promised. What is found beyond it is promised from here on.
    fn check(&mut self, log: &Log) -> Result<(), TestCaseError> {
        let mut found = BTreeMap::new();
        let mut expected = self.released;
        for record in log.replay(Position(self.released)).unwrap() {
            let (position, bytes) = record.map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(position.0, expected);
            expected += 1;
            prop_assert!(self.attempted.contains(&bytes), "half a record at {}", position);
            found.insert(position.0, bytes);
        }
        prop_assert_eq!(expected.max(self.released), log.next_position().0);
        for (position, bytes) in self.acknowledged.range(self.released..) {
            prop_assert_eq!(found.get(position), Some(bytes), "record {}", position);
        }
        self.acknowledged = found;
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn what_was_acknowledged_outlives_any_crash(events in events(), segment_bytes in 50..400u64) {
        let disk = SimDisk::new();
        let mut oracle = Oracle {
            acknowledged: BTreeMap::new(),
            attempted: BTreeSet::new(),
            released: 0,
            made: 0,
        };
        let mut log = open(&disk, segment_bytes).0;
        for event in events {
            match event {
                Event::Append(group) => oracle.append(&mut log, &group),
                Event::AppendFull(group, room, cut) => {
                    let capacity = Some(disk.used() + room);
                    disk.set_faults(Faults { capacity, failing_truncates: usize::from(!cut), ..Faults::default() });
                    oracle.append(&mut log, &group);
                }
                Event::AppendUnsynced(group, cut) => {
                    disk.set_faults(Faults { failing_syncs: 1, failing_truncates: usize::from(!cut), ..Faults::default() });
                    oracle.append(&mut log, &group);
                }
                Event::Kill => {
                    drop(log);
                    log = open(&disk, segment_bytes).0;
                }
                Event::Crash(group, bytes, bits) => {
                    disk.set_faults(Faults { dies_after: Some(bytes), ..Faults::default() });
                    oracle.append(&mut log, &group);
                    drop(log);
                    let mut bits = bits;
                    disk.crash(|| {
                        bits = bits.rotate_left(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                        bits >> 63 == 1
                    });
                    let (opened, recovery) = open(&disk, segment_bytes);
                    prop_assert!(recovery.damage.is_empty(), "{:?}", recovery);
                    log = opened;
                }
                Event::Release(share) => {
                    let next = log.next_position().0;
                    oracle.released += (next - oracle.released) * u64::from(share) / 255;
                    log.release(Position(oracle.released)).unwrap();
                }
            }
            disk.set_faults(Faults::default());
            oracle.check(&log)?;
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(tail in prop::collection::vec(any::<u8>(), 0..400), flips in prop::collection::vec((0..1000usize, any::<u8>()), 0..8)) {
        let disk = SimDisk::new();
        drop(filled(&disk, 300, 20));
        for name in disk.list(Path::new(DIR)).unwrap() {
            disk.damage(&Path::new(DIR).join(name), |bytes| {
                bytes.extend_from_slice(&tail);
                for (at, value) in &flips {
                    let at = at % bytes.len();
                    bytes[at] ^= value;
                }
            }).unwrap();
        }
        if let Ok((log, _)) = open_from(&disk, 300, 0) {
            let whole: Vec<_> = log.replay(Position(0)).into_iter().flatten().flatten().collect();
            prop_assert!(whole.iter().all(|(p, bytes)| *bytes == payload(p.0, 10)));
        }
    }
}
