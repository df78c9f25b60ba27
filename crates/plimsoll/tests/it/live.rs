//! The service with rows that are sent to it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{plimsoll, rides};

pub const LIVE: &str = "
project: loans
data:
  source: collector
  timestamp: at
  id: id
  task: regression
  target: paid
  prediction: p
collector: {flush_every: 1s}
monitors:
  - {name: hourly, every: 1h, trigger: {every: 1s}, report: [dataset.rows, regression.mae]}
";

/// A running service; it is stopped when the test ends.
pub struct Service {
    process: Child,
    address: String,
}

impl Service {
    pub fn start(dir: &Path, command: &str) -> Self {
        Self::start_at(dir, &[command, "--listen", "127.0.0.1:0", "--config", "live.yaml"])
    }

    pub fn start_at(dir: &Path, args: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_plimsoll"))
            .current_dir(dir)
            .args(args)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().rsplit("http://").next().unwrap().to_owned();
        Self { process, address }
    }

    pub fn get(&self, path: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    fn json(&self, path: &str) -> serde_json::Value {
        let (status, body) = self.get(path);
        // A body without a length comes in chunks; small ones come whole.
        serde_json::from_str(&body).unwrap_or_else(|e| panic!("{path}: {status}: {e}: {body}"))
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends the service as a person would.
    pub fn stop(mut self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It has ended, if the test went well.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The report of the first hour once it is as wanted.
fn report(service: &Service, what: &str, is_wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    until(what, || {
        let (status, body) = service.get("/api/v1/projects/loans/snapshots/20260301T000000Z-report-hourly");
        (status == 200)
            .then(|| serde_json::from_str(&body).unwrap())
            .filter(|snapshot| is_wanted(snapshot))
    })
}

#[test]
fn rows_that_are_sent_become_a_snapshot_and_labels_correct_it() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("live.yaml"), LIVE).unwrap();
    let (mut rows, mut labels) = ("id,at,p\n".to_owned(), "id,paid,at\n".to_owned());
    for i in 0..60 {
        rows.push_str(&format!("r{i},2026-03-01 00:{i:02}:00,{i}\n"));
        labels.push_str(&format!("r{i},{},2026-03-02 00:00:00\n", i + 2));
    }
    rows.push_str("late,never,1\n");
    fs::write(dir.path().join("rows.csv"), rows).unwrap();
    fs::write(dir.path().join("labels.csv"), labels).unwrap();

    let service = Service::start(dir.path(), "serve");
    let send = |service: &Service, args: &[&str]| {
        let url = service.url();
        let mut all = vec!["send"];
        all.extend(args);
        all.extend(["--project", "loans", "--url", &url]);
        plimsoll(dir.path(), &all)
    };
    let sent = send(&service, &["rows.csv", "--batch", "25"]);
    assert_eq!(sent.code, 0, "{}", sent.err);
    assert!(
        sent.out.starts_with("loans: 60 rows accepted, 1 rejected"),
        "{}",
        sent.out
    );
    assert!(sent.err.contains("row 61"), "{}", sent.err);
    let first = report(&service, "the snapshot", |s| s["run"]["rows"] == 60);
    assert_ne!(first["status"], "final");
    // The board is a moment behind the snapshots.
    let data = until("the count of rows", || {
        let data = service.json("/api/v1/projects/loans/data");
        (data["live"]["totals"]["accepted"] == 60).then_some(data)
    });
    assert_eq!(data["rejects"][0]["column"], "at");
    service.stop();

    let service = Service::start(dir.path(), "collect");
    assert_eq!(service.get("/").0, 404);
    let known = send(&service, &["labels.csv", "--labels"]);
    assert_eq!(known.code, 0, "{}", known.err);
    let corrected = report(&service, "the revision", |s| {
        s["maturity"]["labelled"] == 60 && s["revision"].as_u64() > first["revision"].as_u64()
    });
    assert_eq!(crate::support::value(&corrected, "regression.mae", "value"), Some(2.0));
    until("the count of rows", || {
        let metrics = service.get("/metrics").1;
        let accepted = "plimsoll_ingest_records_total{project=\"loans\",result=\"accepted\"} 60";
        metrics.contains(accepted).then_some(())
    });
    let unknown = send(&service, &["nothing.csv"]);
    assert!(
        unknown.code == 2 && unknown.err.contains("nothing.csv"),
        "{}",
        unknown.err
    );
    service.stop();
}

#[test]
fn the_service_runs_the_job_of_a_project() {
    let dir = tempfile::tempdir().unwrap();
    rides(dir.path(), |i| Some(crate::support::row(i)));
    fs::rename(dir.path().join("project.yaml"), dir.path().join("live.yaml")).unwrap();
    let service = Service::start(dir.path(), "serve");
    let jobs = until("the first run", || {
        let jobs = service.json("/api/v1/projects/rides/jobs");
        (jobs["running"] == false && jobs["history"][0].is_object()).then_some(jobs)
    });
    assert_eq!(
        (&jobs["history"][0]["written"], &jobs["schedule"]["every"]),
        (&14.into(), &"1d".into()),
        "{jobs}"
    );
    service.stop();
}
