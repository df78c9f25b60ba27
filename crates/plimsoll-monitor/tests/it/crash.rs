//! The process is killed at random moments under load, with writes that are torn and a disk that is full: what was
//! acknowledged is stored, once, and every window is as if computed from scratch.
//!
//! The test starts itself again as the process that is killed. `PLIMSOLL_CRASH_ROUNDS=200` is the long form.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use plimsoll_ingest::Format;
use plimsoll_model::config::ProjectConfig;
use plimsoll_monitor::{CollectError, Collector, CollectorOptions, Phase, Request, Table};
use plimsoll_store::Workspace;

use crate::compare::{compare_windows, settled, stored};

const FOLDER: &str = "PLIMSOLL_CRASH_FOLDER";
const FROM: &str = "PLIMSOLL_CRASH_FROM";
const ROUNDS: &str = "PLIMSOLL_CRASH_ROUNDS";
/// Rows of a request.
const ROWS: i64 = 25;
/// Requests that wait for their answer together.
const TOGETHER: i64 = 4;

const YAML: &str = "
project: crash
data: {source: collector, timestamp: at, id: id, task: regression, target: y, prediction: x, columns: {size: numeric}}
collector: {lateness: 5m, flush_every: 1s, recent_ids: 5000}
monitors: [{name: hourly, every: 1h, report: [data_quality, regression]}]
";

fn at(row: i64) -> jiff::Timestamp {
    // One row a second from 1 March 2026; every 50th comes four hours late.
    let second = if row % 50 == 49 { row - 14_400 } else { row };
    jiff::Timestamp::from_second(1_772_323_200 + second).unwrap()
}

fn predictions(request: i64) -> String {
    let line = |row: i64| {
        format!(
            "{{\"id\":\"r{row}\",\"at\":\"{}\",\"size\":{},\"x\":{}}}\n",
            at(row),
            row % 17,
            row % 5
        )
    };
    (request * ROWS..(request + 1) * ROWS).map(line).collect()
}

/// Labels with the time at which they became known; by their arrival they would be too late for rows of the past.
fn labels(request: i64) -> String {
    let line = |row: i64| {
        format!(
            "{{\"id\":\"r{row}\",\"at\":\"{}\",\"y\":{}}}\n",
            at(row + 1_800),
            row % 7
        )
    };
    (request * ROWS..(request + 1) * ROWS).step_by(3).map(line).collect()
}

async fn send(collector: &Collector, table: Table, body: &str, key: &str) {
    loop {
        let request = Request {
            table,
            body: body.as_bytes(),
            format: Format::NdJson,
            key: Some(key),
            stamp: false,
        };
        match collector.submit(request).await {
            Ok(_) => return,
            Err(error) => {
                assert!(error.is_temporary(), "{error}");
                if let CollectError::Log(_) = error {
                    tell("refused");
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

async fn send_both(collector: &Collector, request: i64) {
    let (rows, key) = (predictions(request), format!("p{request}"));
    send(collector, Table::Predictions, &rows, &key).await;
    send(collector, Table::Labels, &labels(request), &format!("l{request}")).await;
}

/// Tells the parent process; the test's own output may have begun a line.
fn tell(text: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{text}").unwrap();
    out.flush().unwrap();
}

async fn start(folder: &Path) -> Arc<Collector> {
    let workspace = Arc::new(Workspace::create(folder).unwrap());
    let config = ProjectConfig::parse(YAML).unwrap();
    let collector = Collector::start(config, folder, workspace, CollectorOptions::default())
        .await
        .unwrap();
    while collector.status().phase == Phase::Recovering {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        collector.status().phase,
        Phase::Running,
        "{:?}",
        collector.status().last_error
    );
    Arc::new(collector)
}

/// The process that is killed: sends requests and prints the number of each that was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_is_killed() {
    let (Ok(folder), Ok(from)) = (std::env::var(FOLDER), std::env::var(FROM)) else {
        return;
    };
    let collector = start(Path::new(&folder)).await;
    let from: i64 = from.parse().unwrap();
    for first in (from..).step_by(TOGETHER as usize) {
        let tasks: Vec<_> = (first..first + TOGETHER)
            .map(|request| {
                let collector = Arc::clone(&collector);
                tokio::spawn(async move {
                    send_both(&collector, request).await;
                    request
                })
            })
            .collect();
        for task in tasks {
            let request = task.await.unwrap();
            let (segment, bytes) = newest_segment(Path::new(&folder)).unwrap();
            tell(&format!("acknowledged {request} {bytes} {}", segment.display()));
        }
    }
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // SIGKILL: nothing of the process runs after it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What happens to the process and its files besides the kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// The last bytes of the log, which nobody was told of, are cut and garbled.
    Torn,
    /// Files cannot grow from some moment on; before the kill they can again, or not.
    Full {
        ends: bool,
    },
}

impl Fault {
    fn of(round: u64) -> Self {
        match round % 4 {
            1 => Self::Torn,
            2 => Self::Full { ends: round % 8 == 2 },
            3 if round % 8 == 3 => Self::Torn,
            _ => Self::None,
        }
    }
}

/// The newest segment of the log, with its length.
fn newest_segment(folder: &Path) -> Option<(PathBuf, u64)> {
    let files = std::fs::read_dir(folder.join("wal/crash")).unwrap();
    let segments = files.map(|e| e.unwrap().path());
    let newest = segments.filter(|p| p.extension().is_some_and(|e| e == "log")).max()?;
    let bytes = std::fs::metadata(&newest).ok()?.len();
    Some((newest, bytes))
}

/// Sets how long files of a process may become; a write that makes one longer is cut short and then fails.
fn limit_files(pid: u32, bytes: &str) {
    let limited = Command::new("prlimit")
        .args(["--pid", &pid.to_string(), &format!("--fsize={bytes}:")])
        .status();
    assert!(limited.unwrap().success());
}

/// Cuts the log somewhere behind what was acknowledged, and writes other bytes there.
fn tear(folder: &Path, durable: Option<&(PathBuf, u64)>, round: u64) {
    let Some((segment, bytes)) = newest_segment(folder) else {
        return;
    };
    let kept = match durable {
        Some((known, length)) if *known == segment => bytes.min(*length),
        // Nothing of a segment that was begun since was acknowledged.
        _ => 0,
    };
    let mut file = std::fs::OpenOptions::new().write(true).open(segment).unwrap();
    let cut = kept + (bytes - kept) * (round % 3) / 2;
    file.set_len(cut).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    let garbage: Vec<u8> = (0..round * 37 % 400).map(|n| (n * n * 31 + round * 7) as u8).collect();
    file.write_all(&garbage).unwrap();
}

/// What the outside knows.
#[derive(Default)]
struct Seen {
    acknowledged: BTreeSet<i64>,
    /// No request from this number on was sent.
    sent: i64,
    /// The newest segment of the log and its length when the last answer came.
    durable: Option<(PathBuf, u64)>,
}

impl Seen {
    fn read(&mut self, line: &str) -> bool {
        let Some(text) = line.strip_prefix("acknowledged ") else {
            return false;
        };
        let mut parts = text.splitn(3, ' ');
        let request: i64 = parts.next().unwrap().parse().unwrap();
        let bytes = parts.next().unwrap().parse().unwrap();
        self.durable = Some((PathBuf::from(parts.next().unwrap()), bytes));
        self.acknowledged.insert(request);
        self.sent = self.sent.max(request + TOGETHER * 2);
        true
    }
}

/// Starts the process, lets it work and kills it.
fn round(folder: &Path, round: u64, fault: Fault, seen: &mut Seen) {
    // Requests that were not acknowledged are sent again, as a client would.
    let from = (0..i64::MAX).find(|request| !seen.acknowledged.contains(request));
    // A file that became too long is told by an error; the signal would end the process.
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "crash::the_process_that_is_killed", "--nocapture"])
        .env(FOLDER, folder)
        .env(FROM, from.unwrap_or(0).to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Killed(child);
    let pid = child.0.id();
    let lines = BufReader::new(child.0.stdout.take().unwrap());
    // After some answers, and a pause of a pseudo-random length, so that any step may be cut.
    let (answers, pause) = (3 + round * 7 % 41, round.wrapping_mul(7_919) % 700);
    let kill = move || {
        std::thread::sleep(Duration::from_millis(pause));
        if let Fault::Full { ends: true } = fault {
            limit_files(pid, "unlimited");
            std::thread::sleep(Duration::from_millis(pause));
        }
        Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    };
    let (mut answered, mut killing) = (0, None);
    for line in lines.lines().map_while(Result::ok) {
        if seen.read(&line) {
            answered += 1;
            if answered == answers && matches!(fault, Fault::Full { .. }) {
                // The next group fits in part.
                let (_, bytes) = newest_segment(folder).unwrap();
                limit_files(pid, &(bytes + 700).to_string());
            }
        }
        let now = match fault {
            Fault::Full { .. } => line == "refused",
            Fault::None | Fault::Torn => answered == answers,
        };
        if now && killing.is_none() {
            killing = Some(std::thread::spawn(kill));
        }
    }
    killing.expect("the process ended by itself").join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_and_nothing_is_counted_twice() {
    let rounds: u64 = std::env::var(ROUNDS).ok().and_then(|r| r.parse().ok()).unwrap_or(10);
    let can_limit = Command::new("prlimit").arg("--version").output().is_ok();
    if !can_limit {
        println!("the disk is never full in this run: there is no `prlimit` on this machine");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut seen = Seen::default();
    for n in 0..rounds {
        let fault = match Fault::of(n) {
            Fault::Full { .. } if !can_limit => Fault::None,
            fault => fault,
        };
        round(folder.path(), n, fault, &mut seen);
        if fault == Fault::Torn {
            tear(folder.path(), seen.durable.as_ref(), n);
        }
    }

    // The last start reads the log; the client sends what was not acknowledged; what is left to compute is computed.
    let collector = start(folder.path()).await;
    for request in 0..seen.sent {
        if !seen.acknowledged.contains(&request) {
            send_both(&collector, request).await;
        }
    }
    settled(&collector).await;
    collector.stop();
    let (rows, given) = (stored(folder.path(), "predictions"), stored(folder.path(), "labels"));
    let sent = |step: usize| {
        let all = (0..seen.sent).flat_map(move |r| (r * ROWS..(r + 1) * ROWS).step_by(step));
        all.map(|row| format!("r{row}")).collect::<BTreeSet<_>>()
    };
    assert_eq!(rows.keys().cloned().collect::<BTreeSet<_>>(), sent(1));
    assert_eq!(given.keys().cloned().collect::<BTreeSet<_>>(), sent(3));
    assert!(rows.values().all(|n| *n == 1), "a row is stored twice");
    compare_windows(folder.path(), YAML, rows.len() as u64).await;
}
