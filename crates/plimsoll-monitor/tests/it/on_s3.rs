//! A collector whose prediction store lies on S3, over a restart.
//!
//! Address and credentials come from the environment, so that the test starts itself again as another process.

use std::{path::Path, process::Command, sync::Arc, time::Duration};

use plimsoll_ingest::Format;
use plimsoll_model::config::ProjectConfig;
use plimsoll_monitor::{Collector, CollectorOptions, Phase, Request, Table};
use plimsoll_store::Workspace;

use crate::{
    compare::{compare_windows, settled},
    s3_server::Server,
};

const FOLDER: &str = "PLIMSOLL_S3_FOLDER";
const ROWS: i64 = 600;

const YAML: &str = "
project: remote
data: {source: collector, timestamp: at, id: id, task: regression, target: y, prediction: x, columns: {size: numeric}}
collector: {store: 's3://bucket/work', lateness: 5m, flush_every: 1s}
monitors: [{name: hourly, every: 1h, report: [data_quality, regression]}]
";

async fn start(folder: &Path) -> Collector {
    let workspace = Arc::new(Workspace::create(folder).unwrap());
    let config = ProjectConfig::parse(YAML).unwrap();
    let started = Collector::start(config, folder, workspace, CollectorOptions::default());
    let collector = started.await.unwrap();
    while collector.status().phase == Phase::Recovering {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    collector
}

fn at(second: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_772_323_200 + second).unwrap()
}

async fn send(collector: &Collector, table: Table, rows: std::ops::Range<i64>) {
    let line = |n: i64| match table {
        Table::Predictions => {
            let (at, size, x) = (at(n * 20), n % 17, n % 5);
            format!("{{\"id\":\"r{n}\",\"at\":\"{at}\",\"size\":{size},\"x\":{x}}}\n")
        }
        Table::Labels => format!("{{\"id\":\"r{n}\",\"at\":\"{}\",\"y\":{}}}\n", at(n * 20 + 600), n % 7),
    };
    let body: String = rows.map(line).collect();
    let request = Request {
        table,
        body: body.as_bytes(),
        format: Format::NdJson,
        key: None,
        stamp: false,
    };
    collector.submit(request).await.unwrap();
}

/// The process that collects.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_that_collects() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let folder = Path::new(&folder);
    let collector = start(folder).await;
    send(&collector, Table::Predictions, 0..ROWS / 2).await;
    send(&collector, Table::Labels, 0..ROWS / 4).await;
    settled(&collector).await;
    collector.stop();
    let collector = start(folder).await;
    // Some rows come twice, and labels find the parts of before.
    send(&collector, Table::Predictions, ROWS / 3..ROWS).await;
    send(&collector, Table::Labels, ROWS / 8..ROWS).await;
    settled(&collector).await;
    let totals = collector.status().activity.totals;
    assert_eq!(totals.duplicates, (ROWS / 2 - ROWS / 3) as u64);
    assert_eq!(collector.status().last_error, None);
    collector.stop();
    compare_windows(folder, YAML, ROWS as u64).await;
    assert!(!folder.join("projects/remote/predictions").exists(), "rows are on S3");
}

#[test]
fn rows_lie_on_s3_each_once_over_a_restart() {
    let Some(server) = Server::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let collected = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "on_s3::the_process_that_collects", "--nocapture"])
        .env(FOLDER, folder.path())
        .env("AWS_ENDPOINT_URL", &server.address)
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .status();
    assert!(collected.unwrap().success());
}
