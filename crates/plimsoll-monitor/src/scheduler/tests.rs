use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicI64, Ordering},
};

use super::*;

fn project(name: &str, source: &str, extra: &str) -> String {
    format!(
        "project: {name}\ndata: {{source: {source}, timestamp: at}}\n{extra}\n\
         monitors: [{{name: hourly, every: 1h, report: [dataset.rows]}}]\n"
    )
}

#[derive(Debug)]
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst) * 1_000_000
    }
}

/// A workspace and a scheduler on it, whose clock shows seconds.
struct Bench {
    dir: tempfile::TempDir,
    now: Arc<TestClock>,
    scheduler: Scheduler,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let workspace = Arc::new(Workspace::create(dir.path()).unwrap());
        let now = Arc::new(TestClock(AtomicI64::new(1_700_000_000)));
        let clock: Arc<dyn Clock> = Arc::<TestClock>::clone(&now);
        let scheduler = Scheduler::new(workspace, clock);
        Self { dir, now, scheduler }
    }

    fn add(&self, name: &str, yaml: &str) {
        self.scheduler.inner.workspace.write_project_config(name, yaml).unwrap();
    }

    fn later(&self, seconds: i64) {
        self.now.0.fetch_add(seconds, Ordering::SeqCst);
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

fn rows(path: &Path, hours: u32) {
    let rows: Vec<String> = (0..hours).map(|h| format!("2024-01-01 {h:02}:30:00,{h}")).collect();
    fs::write(path, format!("at,x\n{}\n", rows.join("\n"))).unwrap();
}

#[tokio::test]
async fn a_job_runs_when_it_is_due_and_its_runs_survive_the_service() {
    let bench = Bench::new();
    rows(&bench.path().join("rows.csv"), 3);
    bench.add("a", &project("a", "rows.csv", "schedule: 15m"));
    assert_eq!(bench.scheduler.turn().await, 1);
    assert_eq!(bench.scheduler.turn().await, 0);
    let jobs = bench.scheduler.jobs("a");
    assert_eq!(
        (jobs.history[0].written, jobs.history[0].error.as_deref(), jobs.running),
        (3, None, false)
    );
    let schedule = jobs.schedule.unwrap();
    assert_eq!(schedule.every, "15m");
    assert_eq!(schedule.next_run.unwrap().as_second(), 1_700_000_900);
    bench.later(899);
    assert_eq!(bench.scheduler.turn().await, 0);
    bench.later(1);
    assert_eq!(bench.scheduler.turn().await, 1);
    let again = Scheduler::new(
        Arc::clone(&bench.scheduler.inner.workspace),
        Arc::clone(&bench.scheduler.inner.clock),
    );
    assert_eq!(again.turn().await, 0);
    let history = again.jobs("a").history;
    let seen: Vec<_> = history.iter().map(|r| (r.id.as_str(), r.written, r.skipped)).collect();
    assert_eq!(seen, [("2", 0, 3), ("1", 3, 0)]);
}

#[tokio::test]
async fn a_failing_job_tells_why_and_stops_no_other() {
    let bench = Bench::new();
    rows(&bench.path().join("rows.csv"), 1);
    bench.add("a", &project("a", "absent.csv", ""));
    bench.add("b", &project("b", "rows.csv", ""));
    bench.add("c", "not: [yaml");
    bench.add("d", &project("d", "collector", ""));
    bench.add("e", &project("e", "rows.csv", "schedule: off"));
    assert_eq!(bench.scheduler.turn().await, 2);
    let error = bench.scheduler.jobs("a").history[0].error.clone().unwrap();
    assert!(error.contains("absent.csv"), "{error}");
    assert_eq!(bench.scheduler.jobs("b").history[0].error, None);
    assert_eq!(bench.scheduler.jobs("b").schedule.unwrap().every, "1h");
    for silent in ["c", "d", "e"] {
        assert_eq!(bench.scheduler.jobs(silent), Jobs::default());
    }
    for none in ["c", "d", "nobody"] {
        assert_eq!(bench.scheduler.ask(none), Err(RunRefused::NoJob(none.to_owned())));
    }
}

#[tokio::test]
async fn a_run_can_be_asked_for_once_at_a_time() {
    let bench = Bench::new();
    rows(&bench.path().join("rows.csv"), 1);
    bench.add("a", &project("a", "rows.csv", "schedule: off"));
    assert_eq!(bench.scheduler.turn().await, 0);
    assert_eq!(bench.scheduler.ask("a").unwrap(), "1");
    assert_eq!(bench.scheduler.ask("a"), Err(RunRefused::Running("a".to_owned())));
    assert_eq!(bench.scheduler.turn().await, 1);
    let jobs = bench.scheduler.jobs("a");
    assert_eq!((jobs.history[0].id.as_str(), jobs.schedule), ("1", None));
    assert_eq!(bench.scheduler.ask("a").unwrap(), "2");
}

#[tokio::test]
async fn paths_begin_where_the_project_file_lay_and_a_changed_file_runs_at_once() {
    let bench = Bench::new();
    let elsewhere = tempfile::tempdir().unwrap();
    rows(&elsewhere.path().join("rows.csv"), 2);
    bench.add("a", &project("a", "rows.csv", ""));
    let workspace = &bench.scheduler.inner.workspace;
    workspace.write_project_base("a", elsewhere.path()).unwrap();
    assert_eq!(bench.scheduler.turn().await, 1);
    assert_eq!(bench.scheduler.jobs("a").history[0].written, 2);
    bench.add("a", &project("a", "rows.csv", "schedule: 2h"));
    assert_eq!(bench.scheduler.turn().await, 1);
    assert_eq!(bench.scheduler.jobs("a").history.len(), 2);
    // Within the workspace the folder is kept so that it can be moved.
    fs::create_dir(bench.path().join("data")).unwrap();
    workspace.write_project_base("a", &bench.path().join("data")).unwrap();
    assert_eq!(workspace.project_file("a", "base").unwrap().unwrap(), b"data\n");
    assert_eq!(workspace.project_base("a").unwrap(), bench.path().join("data"));
}
