//! The log on the file system of this machine.

use std::{fs, path::Path};

use plimsoll_store::log::{Log, LogError, LogOptions, Position};
use tempfile::TempDir;

fn open(dir: &Path) -> Result<Log, LogError> {
    Log::open(dir, LogOptions::default()).map(|(log, _)| log)
}

fn read(log: &Log) -> Vec<Vec<u8>> {
    log.replay(Position(0)).unwrap().map(|r| r.unwrap().1).collect()
}

#[test]
fn a_torn_end_is_cut_off_a_real_file() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("log/bikes");
    let mut log = open(&folder).unwrap();
    log.append_all(&["one", "two"]).unwrap();
    drop(log);
    let file = folder.join("00000000000000000000.log");
    let whole = fs::read(&file).unwrap();
    for length in 0..40 {
        let mut torn = whole.clone();
        torn.extend_from_slice(&whole[24..][..length.min(20)]);
        torn.extend(std::iter::repeat_n(0, length.saturating_sub(20)));
        fs::write(&file, &torn).unwrap();
        let (log, recovery) = Log::open(&folder, LogOptions::default()).unwrap();
        assert_eq!((recovery.torn_bytes, recovery.records), (length as u64, 2));
        assert_eq!(read(&log), [b"one", b"two"]);
        assert_eq!(fs::read(&file).unwrap(), whole);
        assert_eq!(log.bytes(), whole.len() as u64);
    }
    let mut log = open(&folder).unwrap();
    assert_eq!(log.append_all(&["three"]).unwrap().start, Position(2));
    assert_eq!(read(&log).len(), 3);
}

#[test]
fn a_second_holder_is_told_who_is_first() {
    let dir = TempDir::new().unwrap();
    let log = open(dir.path()).unwrap();
    let error = open(dir.path()).unwrap_err();
    assert!(matches!(&error, LogError::Held { holder, .. } if *holder == format!("process {}", std::process::id())));
    let text = error.to_string();
    assert!(
        text.contains(&dir.path().display().to_string()) && text.contains("one collector at a time"),
        "{text}"
    );
    drop(log);
    open(dir.path()).unwrap();
}

#[test]
fn foreign_files_are_left_alone() {
    let dir = TempDir::new().unwrap();
    for name in ["notes.txt", "7.log", "x.log"] {
        fs::write(dir.path().join(name), "mine").unwrap();
    }
    let mut log = open(dir.path()).unwrap();
    log.append_all(&["one"]).unwrap();
    log.release(Position(1)).unwrap();
    assert_eq!(read(&log), [b"one"]);
    assert_eq!(fs::read(dir.path().join("7.log")).unwrap(), b"mine");
}
