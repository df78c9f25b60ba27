//! Files: round trip, atomic writes, names, advice.

use std::{collections::BTreeSet, fs};

use jiff::SignedDuration;
use plimsoll_model::{Snapshot, SnapshotKind};
use plimsoll_store::{StoreError, Workspace};

use crate::support::{drift, file_of, snapshot, time, workspace, write_day};

#[test]
fn what_is_written_is_read() {
    let (dir, workspace) = workspace();
    let mut written = snapshot("bikes", "daily", SnapshotKind::Report, 0);
    written.measurements = vec![drift("temp", "ks", 0.5, 0.05)];
    workspace.write_snapshot(&written, Some(b"\0profile")).unwrap();
    assert_eq!(workspace.read_snapshot("bikes", &written.id).unwrap(), written);
    assert_eq!(
        workspace.read_profile("bikes", &written.id).unwrap().as_deref(),
        Some(&b"\0profile"[..])
    );
    assert_eq!(
        workspace.read_snapshot_bytes("bikes", &written.id).unwrap(),
        fs::read(file_of(&workspace, &written)).unwrap()
    );
    let profile = dir
        .path()
        .join("projects/bikes/profiles/2011/02/01/20110201T000000Z-report-daily.plpf");
    assert!(profile.is_file());
    // Without a profile the next revision must not leave the former one behind.
    written.revision = 2;
    workspace.write_snapshot(&written, None).unwrap();
    assert_eq!(workspace.read_profile("bikes", &written.id).unwrap(), None);
    assert_eq!(workspace.read_snapshot("bikes", &written.id).unwrap().revision, 2);
}

#[test]
fn a_snapshot_of_another_process_is_read_before_it_is_indexed() {
    let (dir, workspace) = workspace();
    let written = snapshot("bikes", "daily", SnapshotKind::Report, 0);
    workspace.write_snapshot(&written, None).unwrap();
    for name in ["metrics.db", "metrics.db-wal", "metrics.db-shm"] {
        let _ = fs::remove_file(dir.path().join(name));
    }
    let other = Workspace::open(dir.path()).unwrap();
    assert_eq!(other.read_snapshot("bikes", &written.id).unwrap(), written);
}

#[test]
fn an_ad_hoc_report_moves_with_its_day() {
    let (_dir, workspace) = workspace();
    let mut written = snapshot("bikes", "daily", SnapshotKind::Report, 0);
    written.window = None;
    written.id = "adhoc".to_owned();
    workspace.write_snapshot(&written, Some(b"p")).unwrap();
    written.run.started_at = "2024-06-01T00:00:00Z".parse().unwrap();
    workspace.write_snapshot(&written, None).unwrap();
    assert_eq!(workspace.read_snapshot("bikes", "adhoc").unwrap(), written);
    let report = workspace.sync().unwrap();
    assert_eq!((report.snapshots, report.skipped.len()), (1, 0));
}

#[test]
fn any_text_can_name_a_project() {
    let (dir, workspace) = workspace();
    let names = [
        "a b",
        "a/b",
        "..",
        ".",
        "x.y",
        "it's \"quoted\"",
        "🚢",
        "a%2Fb",
        "Ünï",
        "../../etc",
    ];
    for name in names {
        workspace.write_project_config(name, "project: x\n").unwrap();
        write_day(&workspace, name, 0, 1.0).unwrap();
    }
    let mut expected: Vec<String> = names.iter().map(ToString::to_string).collect();
    expected.sort();
    assert_eq!(workspace.projects().unwrap(), expected);
    let report = Workspace::open(dir.path()).unwrap().reindex().unwrap();
    assert_eq!((report.snapshots, report.skipped.len()), (2 * names.len(), 0));
    for name in names {
        assert_eq!(workspace.project_config(name).unwrap().as_deref(), Some("project: x\n"));
        assert_eq!(workspace.metrics().existing(name).unwrap().len(), 2);
    }
    assert_eq!(
        fs::read_dir(dir.path())
            .unwrap()
            .filter(|e| e.as_ref().unwrap().path().is_dir())
            .count(),
        1
    );
}

#[test]
fn names_that_fit_nowhere_are_refused() {
    let (_dir, workspace) = workspace();
    let mut bad = snapshot("bikes", "daily", SnapshotKind::Report, 0);
    for id in ["", "../x", "a/b", ".hidden", "a\0b", &"x".repeat(201)] {
        id.clone_into(&mut bad.id);
        assert!(
            matches!(workspace.write_snapshot(&bad, None), Err(StoreError::SnapshotId { .. })),
            "{id}"
        );
    }
    for project in ["", &"🚢".repeat(30)] {
        assert!(matches!(
            workspace.write_project_config(project, ""),
            Err(StoreError::ProjectId { .. })
        ));
    }
    for id in ["../../metrics", "20110201T/../../../x", "nothing"] {
        assert!(
            matches!(
                workspace.read_snapshot("bikes", id),
                Err(StoreError::UnknownSnapshot { .. })
            ),
            "{id}"
        );
    }
    workspace.write_project_config("bike-demand", "").unwrap();
    let error = workspace.require_project("bike-demnd").unwrap_err();
    assert_eq!(
        error.to_string(),
        "no project `bike-demnd`; did you mean `bike-demand`?"
    );
}

#[test]
fn a_folder_without_projects_is_no_workspace() {
    let dir = tempfile::TempDir::new().unwrap();
    let error = Workspace::open(dir.path()).unwrap_err().to_string();
    assert!(
        error.contains("is not a workspace") && error.contains("plimsoll run"),
        "{error}"
    );
    assert!(Workspace::create(dir.path().join("deep/down")).is_ok());
}

#[test]
fn an_error_names_the_path_and_leaves_nothing_behind() {
    let (dir, workspace) = workspace();
    fs::create_dir_all(dir.path().join("projects/bikes")).unwrap();
    fs::write(dir.path().join("projects/bikes/snapshots"), "a file").unwrap();
    let error = workspace
        .write_snapshot(&snapshot("bikes", "daily", SnapshotKind::Report, 0), None)
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("projects/bikes/snapshots") && text.contains("move it away"),
        "{text}"
    );
}

#[test]
fn no_temporary_file_stays() {
    let (dir, workspace) = workspace();
    for n in 0..5 {
        write_day(&workspace, "bikes", n, 1.0).unwrap();
    }
    let mut pending = vec![dir.path().join("projects")];
    while let Some(dir) = pending.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            assert!(path.extension().is_none_or(|e| e != "tmp"), "{}", path.display());
            if path.is_dir() {
                pending.push(path);
            }
        }
    }
}

#[test]
fn former_revisions_stay_readable_but_those_of_open_windows_do_not() {
    let (_dir, workspace) = workspace();
    let mut one = snapshot("bikes", "daily", SnapshotKind::Report, 0);
    let mut write = |revision: u32, at: &str, open: bool| {
        one.revision = revision;
        one.run.started_at = time(at);
        one.notes = open
            .then(|| plimsoll_model::OPEN_WINDOW.to_owned())
            .into_iter()
            .collect();
        workspace.write_revision(&one, None).unwrap();
        one.id.clone()
    };
    write(1, "2011-02-01T12:00:00Z", true);
    write(2, "2011-02-02T00:00:00Z", false);
    // Written again without change of the number.
    write(2, "2011-02-02T00:00:01Z", false);
    let id = write(3, "2011-02-09T00:00:00Z", false);
    let kept = workspace.revisions("bikes", &id).unwrap();
    assert_eq!(kept.iter().map(|r| r.revision).collect::<Vec<_>>(), [2, 3]);
    let held = |at: &str| {
        let bytes = workspace.read_snapshot_as_of("bikes", &id, time(at)).unwrap();
        bytes.map(|b| serde_json::from_slice::<plimsoll_model::Snapshot>(&b).unwrap().revision)
    };
    assert_eq!(held("2011-02-05T00:00:00Z"), Some(2));
    assert_eq!(held("2011-02-09T00:00:00Z"), Some(3));
    assert_eq!(held("2011-02-01T00:00:00Z"), None);
    // Former revisions are no snapshots of their own.
    assert_eq!(workspace.sync().unwrap().snapshots, 1);
}

#[test]
fn revisions_are_bounded_and_each_day_stays_readable() {
    let (_dir, workspace) = workspace();
    let begin = time("2026-01-01T00:00:00Z");
    let mut written = snapshot("bikes", "daily", SnapshotKind::Report, 0);
    // Five a day for 52 days.
    for n in 1..=260 {
        written.revision = n;
        written.run.started_at = begin + SignedDuration::from_hours(i64::from(n - 1) * 24 / 5);
        workspace.write_revision(&written, None).unwrap();
    }
    let kept = workspace.revisions("bikes", &written.id).unwrap();
    let numbers: Vec<u32> = kept.iter().map(|revision| revision.revision).collect();
    assert!(kept.len() < 100 + 50 + 52, "{numbers:?}");
    assert!(
        numbers.starts_with(&[1, 5, 10, 15]) && numbers.ends_with(&[259, 260]),
        "{numbers:?}"
    );
    let newest: Vec<u32> = (160..=260).collect();
    assert!(numbers.ends_with(&newest), "{numbers:?}");
    let days: BTreeSet<i64> = kept.iter().map(|r| r.at.as_second().div_euclid(86_400)).collect();
    assert_eq!(days.len(), 52);
    let old = workspace
        .read_snapshot_as_of("bikes", &written.id, time("2026-01-03T00:00:00Z"))
        .unwrap()
        .unwrap();
    let old: Snapshot = serde_json::from_slice(&old).unwrap();
    assert_eq!(old.revision, 10);
}
