//! Tokens and the past computed again, by the binary.

use std::{fs, path::Path};

use crate::{
    live::{LIVE, Service, until},
    support::{Said, plimsoll, rides, row},
};

fn token(dir: &Path, args: &[&str]) -> Said {
    let mut all = vec!["token"];
    all.extend(args);
    plimsoll(dir, &all)
}

#[test]
fn an_address_that_others_reach_needs_a_token_or_must_be_meant() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("live.yaml"), LIVE).unwrap();
    let outside = ["--listen", "0.0.0.0:0", "--config", "live.yaml"];
    for command in ["serve", "collect"] {
        let mut args = vec![command];
        args.extend(outside);
        let said = plimsoll(dir.path(), &args);
        assert_eq!(said.code, 2, "{}", said.out);
        assert!(
            said.err.contains("`plimsoll token create") && said.err.contains("`--allow-anonymous`"),
            "{}",
            said.err
        );
    }
    let demo = plimsoll(dir.path(), &["demo", "--listen", "0.0.0.0:0"]);
    assert!(
        demo.code == 2 && demo.err.contains("`--allow-anonymous`"),
        "{}",
        demo.err
    );
    // Nothing was made on the way.
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let open = Service::start_at(
        dir.path(),
        &[
            "serve",
            "--listen",
            "0.0.0.0:0",
            "--config",
            "live.yaml",
            "--allow-anonymous",
        ],
    );
    assert_eq!(open.get("/api/v1/projects").0, 200);
    open.stop();
    assert_eq!(token(dir.path(), &["create", "any", "--scope", "read"]).code, 0);
    let closed = Service::start_at(dir.path(), &["serve", "--listen", "0.0.0.0:0", "--config", "live.yaml"]);
    assert_eq!((closed.get("/api/v1/projects").0, closed.get("/healthz").0), (401, 200));
    closed.stop();
}

#[test]
fn tokens_are_made_listed_and_revoked_while_a_service_runs() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("live.yaml"), LIVE).unwrap();
    let service = Service::start(dir.path(), "serve");
    assert_eq!(service.get("/api/v1/projects").0, 200);
    let made = token(
        dir.path(),
        &[
            "create",
            "sender",
            "--project",
            "loans",
            "--scope",
            "ingest,read",
            "--expires",
            "90d",
        ],
    );
    let secret = made.out.trim().to_owned();
    assert!(
        made.code == 0 && secret.starts_with("plm_") && !made.err.contains(&secret),
        "{}",
        made.err
    );
    assert_eq!(service.get("/api/v1/projects").0, 401);
    fs::write(dir.path().join("rows.csv"), "id,at,p\na,2026-03-01 00:00:00,1\n").unwrap();
    let url = service.url();
    let send = |token: Option<&str>| {
        let mut args = vec!["send", "rows.csv", "--project", "loans", "--url", &url];
        args.extend(token.iter().flat_map(|token| ["--token", token]));
        plimsoll(dir.path(), &args)
    };
    let anonymous = send(None);
    assert!(
        anonymous.code == 2 && anonymous.err.contains("this needs a token"),
        "{}",
        anonymous.err
    );
    let sent = send(Some(&secret));
    assert!(
        sent.out.starts_with("loans: 1 rows accepted"),
        "{} {}",
        sent.out,
        sent.err
    );
    let list = token(dir.path(), &["list"]).out;
    assert!(
        list.contains("sender") && list.contains("ingest,read") && !list.contains(&secret),
        "{list}"
    );
    let misspelt = token(dir.path(), &["revoke", "sendre"]);
    assert!(
        misspelt.code == 2 && misspelt.err.contains("`sender`"),
        "{}",
        misspelt.err
    );
    let gone = token(dir.path(), &["revoke", "sender"]);
    assert_eq!(gone.code, 0, "{}", gone.err);
    let revoked = send(Some(&secret));
    assert!(
        revoked.code == 2 && revoked.err.contains("the token is not known"),
        "{}",
        revoked.err
    );
    let warned = token(dir.path(), &["create", "b", "--project", "lons", "--scope", "read"]);
    assert!(
        warned.code == 0 && warned.err.contains("did you mean `loans`"),
        "{}",
        warned.err
    );
    let wrong = token(dir.path(), &["create", "c", "--scope", "reed"]);
    assert!(wrong.code == 2 && wrong.err.contains("`read`"), "{}", wrong.err);
    service.stop();
}

#[test]
fn files_are_computed_again_after_a_look_at_what_would_change() {
    let dir = tempfile::tempdir().unwrap();
    rides(dir.path(), |i| Some(row(i)));
    assert_eq!(plimsoll(dir.path(), &["run", "project.yaml"]).code, 0);
    let ask = |more: &[&str]| {
        let mut args = vec!["backfill", "project.yaml", "--from", "2024-01-08", "--to", "2024-01-20"];
        args.extend(more);
        plimsoll(dir.path(), &args)
    };
    let nobody = ask(&[]);
    assert!(
        nobody.code == 2 && nobody.err.contains("`--dry-run`") && nobody.err.contains("`--yes`"),
        "{}",
        nobody.err
    );
    let same = ask(&["--dry-run"]);
    assert_eq!(
        same.out, "7 windows computed: 0 revisions would be written, 14 snapshots as they are kept\n",
        "{}",
        same.err
    );
    rides(dir.path(), |i| (i != 200).then(|| row(i)));
    let dry = ask(&["--dry-run"]);
    assert!(
        dry.out
            .contains("daily report 2024-01-09T00:00:00Z to 2024-01-10T00:00:00Z: 23 rows, revision 1 → 2"),
        "{}",
        dry.out
    );
    let done = ask(&["--yes", "--json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let done: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(
        (&done["dry_run"], done["changes"].as_array().map(Vec::len)),
        (&false.into(), Some(2)),
        "{done}"
    );
    let after = plimsoll(
        dir.path(),
        &[
            "backfill",
            "--project",
            "rides",
            "--from",
            "2024-01-08",
            "--to",
            "2024-01-20",
            "--dry-run",
        ],
    );
    assert!(
        after.out.contains("0 revisions would be written"),
        "{} {}",
        after.out,
        after.err
    );
    let unknown = ask(&["--yes", "--monitor", "dayly"]);
    assert!(
        unknown.code == 2 && unknown.err.contains("did you mean `daily`"),
        "{}",
        unknown.err
    );
}

#[test]
fn a_collected_project_is_computed_again_by_whoever_collects_for_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("live.yaml"), LIVE).unwrap();
    let rows: String = (0..120)
        .map(|i| format!("r{i},2026-03-01 0{}:{:02}:00,{i}\n", i / 60, i % 60))
        .chain(["z,2026-03-01 05:00:00,1\n".to_owned()])
        .collect();
    fs::write(dir.path().join("rows.csv"), format!("id,at,p\n{rows}")).unwrap();
    let service = Service::start(dir.path(), "serve");
    let url = service.url();
    let sent = plimsoll(dir.path(), &["send", "rows.csv", "--project", "loans", "--url", &url]);
    assert_eq!(sent.code, 0, "{}", sent.err);
    let snapshot = "/api/v1/projects/loans/snapshots/20260301T010000Z-report-hourly";
    until("the second hour", || {
        service.get(snapshot).1.contains("\"rows\":60").then_some(())
    });
    let file = dir
        .path()
        .join("workspace/projects/loans/snapshots/2026/03/01/20260301T010000Z-report-hourly.json");
    let ask = |more: &[&str]| {
        let mut args = vec![
            "backfill",
            "--project",
            "loans",
            "--from",
            "2026-03-01",
            "--to",
            "2026-03-02",
        ];
        args.extend(more);
        plimsoll(dir.path(), &args)
    };
    let held = ask(&["--dry-run"]);
    assert!(held.code == 2 && held.err.contains("--url http://"), "{}", held.err);
    fs::remove_file(&file).unwrap();
    let dry = ask(&["--dry-run", "--url", &url]);
    assert!(
        dry.out.contains("60 rows, new") && !file.exists(),
        "{} {}",
        dry.out,
        dry.err
    );
    let done = ask(&["--yes", "--url", &url]);
    assert!(
        done.out.contains("1 revisions written") && file.exists(),
        "{} {}",
        done.out,
        done.err
    );
    service.stop();
    // Without a service this process does it.
    fs::remove_file(&file).unwrap();
    let own = ask(&["--yes"]);
    assert!(
        own.out.contains("1 revisions written") && file.exists(),
        "{} {}",
        own.out,
        own.err
    );
}
