//! Segments of the log, as a crash or a broken disk may leave them.

use std::{path::Path, sync::Arc};

use plimsoll_store::log::{Disk, Log, LogError, LogOptions, Position, sim::SimDisk};

use crate::Target;

const SEGMENT: &str = "/log/00000000000000000000.log";

pub(crate) const LOG: Target = Target {
    name: "read_log",
    run: read,
    seeds: || {
        let disk = SimDisk::new();
        let (mut log, _) = open(&disk).expect("an empty folder is a log");
        let mut seeds = Vec::new();
        for group in [&[&b"one"[..]][..], &[b"", b"two"], &[&[7; 300], b"three", b"four"]] {
            log.append_all(group).expect("there is room");
            seeds.push(disk.read(Path::new(SEGMENT)).expect("the log has a segment"));
        }
        seeds
    },
};

fn open(disk: &SimDisk) -> Result<(Log, plimsoll_store::log::Recovery), LogError> {
    Log::open_on(Arc::new(disk.clone()), Path::new("/log"), LogOptions::default())
}

/// The records that can be read, with their positions.
fn records(log: &Log) -> Vec<(Position, Vec<u8>)> {
    let replay = log.replay(Position(0)).expect("nothing was released");
    replay.filter_map(Result::ok).collect()
}

/// Opens a log of one segment with these bytes; what can be read stays so, whatever is appended.
fn read(bytes: &[u8]) {
    let disk = SimDisk::new();
    disk.make_dir(Path::new("/log")).expect("the disk works");
    let mut file = disk.create(Path::new(SEGMENT)).expect("the disk works");
    file.append(bytes).and_then(|()| file.sync()).expect("the disk works");
    drop(file);
    let (mut log, recovery) = match open(&disk) {
        Ok(opened) => opened,
        Err(LogError::Version { .. }) => return,
        Err(e) => panic!("{e}"),
    };
    let before = records(&log);
    assert!(before.is_sorted_by(|a, b| a.0 < b.0), "{before:?}");
    // Between damages a whole record may be found that does not prove what was durable.
    assert!(before.len() as u64 >= recovery.records);
    let next = log.append_all(&[b"new"]).expect("there is room").start;
    assert!(before.last().is_none_or(|(last, _)| *last < next));
    drop(log);
    let (log, _) = open(&disk).expect("it was opened before");
    let mut expected = before;
    expected.push((next, b"new".to_vec()));
    assert_eq!(records(&log), expected);
}
