//! Comparison of files and index: changes by others, damage, rebuilding, several handles at once.

use std::{fs, thread};

use plimsoll_model::{SeriesQuery, SnapshotFilter, SnapshotKind};
use plimsoll_store::{Change, ScanReport, Workspace};

use crate::support::{file_of, snapshot, workspace, write_day};

fn changes(report: &ScanReport) -> Vec<(&str, Change)> {
    report.changes.iter().map(|c| (c.id.as_str(), c.change)).collect()
}

#[test]
fn changes_by_another_handle_are_noticed() {
    let (dir, watching) = workspace();
    assert_eq!(watching.sync().unwrap(), ScanReport::default());
    let writing = Workspace::open(dir.path()).unwrap();
    let mut written = snapshot("bikes", "daily", SnapshotKind::Report, 0);
    let id = written.id.clone();
    writing.write_snapshot(&written, None).unwrap();
    let report = watching.sync().unwrap();
    assert_eq!(changes(&report), [(id.as_str(), Change::Added)]);
    assert_eq!(report.changes[0].project, "bikes");
    assert!(watching.sync().unwrap().changes.is_empty());

    written.tags.push("a second word".to_owned());
    writing.write_snapshot(&written, None).unwrap();
    assert_eq!(changes(&watching.sync().unwrap()), [(id.as_str(), Change::Changed)]);

    fs::remove_file(file_of(&writing, &written)).unwrap();
    assert_eq!(changes(&watching.sync().unwrap()), [(id.as_str(), Change::Removed)]);
    assert!(watching.metrics().existing("bikes").unwrap().is_empty());
    // The writer still remembers its own file.
    assert!(writing.sync().unwrap().changes.is_empty());
}

#[test]
fn files_that_were_copied_in_are_indexed() {
    let (_source_dir, source) = workspace();
    let (_dir, target) = workspace();
    let written = snapshot("bikes", "daily", SnapshotKind::Report, 0);
    source.write_snapshot(&written, None).unwrap();
    let file = file_of(&target, &written);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::copy(file_of(&source, &written), &file).unwrap();
    assert_eq!(target.existing("bikes").unwrap()[&written.id], "f1");
    // A file that is edited in place.
    let edited = fs::read_to_string(&file)
        .unwrap()
        .replace("\"f1\"", "\"fingerprint 2\"");
    fs::write(&file, edited).unwrap();
    assert_eq!(target.existing("bikes").unwrap()[&written.id], "fingerprint 2");
    fs::remove_dir_all(target.project_dir("bikes").unwrap()).unwrap();
    assert!(target.existing("bikes").unwrap().is_empty());
}

#[test]
fn a_damaged_file_is_skipped_and_named() {
    let (_dir, workspace) = workspace();
    write_day(&workspace, "bikes", 0, 1.0).unwrap();
    let good = snapshot("bikes", "other", SnapshotKind::Report, 0);
    let day = file_of(&workspace, &good).parent().unwrap().to_owned();
    let json = serde_json::to_string(&good).unwrap();
    let newer = json.replacen("\"version\":1", "\"version\":99", 1);
    let files = [
        ("empty.json", "", "is empty"),
        ("foreign.json", "{\"a\": 1}", "not a snapshot"),
        ("half.json", &json[..json.len() / 2], "ends too early"),
        ("newer.json", &newer, "version 99, expected 1; a newer plimsoll"),
        ("noise.json", "\u{1}\u{2}", "not JSON"),
        ("renamed.json", &json, "expected `renamed`"),
    ];
    for (name, content, _) in files {
        fs::write(day.join(name), content).unwrap();
    }
    // Leftovers of a writer that was killed, and files of other kinds, are no snapshots.
    fs::write(day.join(".x.json.1-2.tmp"), "{").unwrap();
    fs::write(day.join("notes.txt"), "?").unwrap();
    fs::create_dir(workspace.dir().join("projects/not escaped")).unwrap();
    let report = workspace.sync().unwrap();
    assert_eq!(report.snapshots, 2);
    let (last, first) = report.skipped.split_last().unwrap();
    assert!(last.path.ends_with("not escaped"));
    assert_eq!(first.len(), files.len());
    for (skipped, (name, _, reason)) in first.iter().zip(files) {
        assert!(
            skipped.path.ends_with(name) && skipped.reason.contains(reason),
            "{skipped:?}"
        );
    }
    // They stay skipped without being read again, also for another handle, until they are mended.
    assert_eq!(workspace.sync().unwrap().skipped, report.skipped);
    assert_eq!(
        Workspace::open(workspace.dir()).unwrap().sync().unwrap().skipped,
        report.skipped
    );
    fs::rename(day.join("renamed.json"), file_of(&workspace, &good)).unwrap();
    let mended = workspace.sync().unwrap();
    assert_eq!(changes(&mended), [(good.id.as_str(), Change::Added)]);
    assert_eq!(mended.skipped.len(), files.len());
    fs::write(file_of(&workspace, &good), "{").unwrap();
    assert_eq!(
        changes(&workspace.sync().unwrap()),
        [(good.id.as_str(), Change::Removed)]
    );
}

#[test]
fn of_two_files_with_one_id_the_later_day_counts() {
    let (_dir, workspace) = workspace();
    let written = snapshot("bikes", "daily", SnapshotKind::Report, 0);
    workspace.write_snapshot(&written, None).unwrap();
    let file = file_of(&workspace, &written);
    let later = file.parent().unwrap().with_file_name("02");
    fs::create_dir(&later).unwrap();
    fs::copy(&file, later.join(file.file_name().unwrap())).unwrap();
    for _ in 0..3 {
        let report = workspace.sync().unwrap();
        assert_eq!((report.snapshots, report.skipped.len()), (1, 1));
        assert_eq!(report.skipped[0].path, file);
    }
}

/// Everything that the index answers about a project.
fn answers(workspace: &Workspace) -> impl PartialEq + std::fmt::Debug + use<> {
    let metrics = workspace.metrics();
    let query = SeriesQuery {
        metric: "regression.mae".to_owned(),
        ..SeriesQuery::default()
    };
    (
        metrics.series("bikes", &query).unwrap(),
        metrics.test_history("bikes", None, None, None).unwrap(),
        metrics.health("bikes", None, None, None).unwrap(),
        metrics
            .snapshots("bikes", &SnapshotFilter::default(), None, 1_000)
            .unwrap(),
        metrics.project_summaries(&["bikes".to_owned()]).unwrap(),
    )
}

#[test]
fn rebuilding_equals_indexing_step_by_step() {
    let (dir, workspace) = workspace();
    for n in [5, 3, 9, 0, 3, 5] {
        write_day(&workspace, "bikes", n, f64::from(i32::try_from(n).unwrap()) * 10.0).unwrap();
    }
    fs::remove_file(file_of(
        &workspace,
        &snapshot("bikes", "daily-report", SnapshotKind::Report, 9),
    ))
    .unwrap();
    workspace.sync().unwrap();
    let step_by_step = answers(&workspace);
    let report = workspace.reindex().unwrap();
    assert_eq!((report.snapshots, report.changes.len()), (7, 0));
    assert_eq!(answers(&workspace), step_by_step);

    // A store of another version, a damaged one and one that is no file are all rebuilt.
    let database = dir.path().join("metrics.db");
    drop(workspace);
    rusqlite::Connection::open(&database)
        .unwrap()
        .pragma_update(None, "user_version", 7)
        .unwrap();
    for damage in ["version", "noise", "folder"] {
        let clear = || {
            for name in ["metrics.db", "metrics.db-wal", "metrics.db-shm"] {
                let _ = fs::remove_file(dir.path().join(name));
            }
        };
        match damage {
            "noise" => {
                clear();
                fs::write(&database, "this is no database, by any means".repeat(100)).unwrap();
            }
            "folder" => {
                clear();
                fs::create_dir(&database).unwrap();
            }
            _ => {}
        }
        let opened = Workspace::open(dir.path()).unwrap();
        assert_eq!(opened.sync().unwrap().snapshots, 7, "{damage}");
        assert_eq!(answers(&opened), step_by_step, "{damage}");
    }
}

#[test]
fn two_handles_write_and_watch_at_once() {
    let (dir, first) = workspace();
    let second = Workspace::open(dir.path()).unwrap();
    thread::scope(|scope| {
        for (handle, from) in [(&first, 0), (&second, 100)] {
            scope.spawn(move || (from..from + 40).for_each(|n| write_day(handle, "bikes", n, 1.0).unwrap()));
            scope.spawn(move || {
                for _ in 0..20 {
                    handle.sync().unwrap();
                    handle.metrics().project_summaries(&["bikes".to_owned()]).unwrap();
                }
            });
        }
    });
    for handle in [&first, &second] {
        let report = handle.sync().unwrap();
        assert_eq!((report.snapshots, report.skipped.len()), (160, 0));
        assert_eq!(handle.metrics().existing("bikes").unwrap().len(), 160);
    }
    let incremental = answers(&first);
    second.reindex().unwrap();
    assert_eq!(answers(&second), incremental);
}
