//! Messages of a real NATS server become rows of a project, each once, over a restart in the middle.

use std::{path::Path, sync::Arc, time::Duration};

use async_nats::jetstream::{self, Context, consumer::PullConsumer, stream::Config};
use plimsoll_monitor::{CollectorOptions, Collectors, Phase};
use plimsoll_store::Workspace;

use crate::{
    compare::{compare_windows, settled, stored},
    nats_server::Server,
};

/// Messages of predictions.
pub const MESSAGES: i64 = 120;
/// Rows of a message.
pub const ROWS: i64 = 10;

/// A project that reads a broker.
pub fn yaml(broker: &str) -> String {
    format!(
        "
project: crash
data: {{source: collector, timestamp: at, id: id, task: regression, target: y, prediction: x, columns: {{size: numeric}}}}
collector:
  flush_every: 1s
  broker: {broker}
monitors: [{{name: hourly, every: 1h, report: [data_quality, regression]}}]
"
    )
}

fn at(row: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_772_323_200 + row * 10).unwrap()
}

fn rows(message: i64, row: impl Fn(i64) -> String) -> String {
    (message * ROWS..(message + 1) * ROWS).map(row).collect()
}

pub fn predictions(message: i64) -> String {
    rows(message, |n| {
        format!(
            "{{\"id\":\"r{n}\",\"at\":\"{}\",\"size\":{},\"x\":{}}}\n",
            at(n),
            n % 17,
            n % 5
        )
    })
}

pub fn labels(message: i64) -> String {
    rows(message, |n| {
        format!("{{\"id\":\"r{n}\",\"at\":\"{}\",\"y\":{}}}\n", at(n + 60), n % 7)
    })
}

async fn publish(context: &Context, subject: &'static str, body: String) {
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("content-type", "application/x-ndjson");
    let sent = context.publish_with_headers(subject, headers, body.into()).await;
    sent.unwrap().await.unwrap();
}

pub async fn start(workspace: &Arc<Workspace>, options: CollectorOptions) -> Collectors {
    let collectors = Collectors::new(Arc::clone(workspace), options);
    collectors.refresh().await;
    let collector = collectors.find("crash").unwrap().unwrap();
    while collector.status().phase == Phase::Recovering {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    collectors
}

/// Messages that are neither acknowledged nor delivered.
async fn left(context: &Context) -> u64 {
    let stream = context.get_stream("loans").await.unwrap();
    let mut left = 0;
    for name in ["predictions", "labels"] {
        // A consumer is made when the source has found the server.
        let Ok(mut consumer) = stream
            .get_consumer::<jetstream::consumer::pull::Config>(&format!("plimsoll-crash-{name}"))
            .await
        else {
            return u64::MAX;
        };
        let consumer: &mut PullConsumer = &mut consumer;
        let info = consumer.info().await.unwrap();
        left += info.num_ack_pending as u64 + info.num_pending;
    }
    left
}

async fn until_all_are_taken(context: &Context) {
    let all = async {
        while left(context).await > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), all).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_become_rows_each_once_over_a_restart() {
    let Some(mut server) = Server::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let yaml = yaml(&format!(
        "{{nats: {{url: '{}', stream: loans, predictions: loans.predictions, labels: loans.labels}}}}",
        server.url()
    ));
    let workspace = Arc::new(Workspace::create(folder.path()).unwrap());
    workspace.write_project_config("crash", &yaml).unwrap();
    let context = jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let subjects = vec!["loans.predictions".to_owned(), "loans.labels".to_owned()];
    context
        .create_stream(Config {
            name: "loans".to_owned(),
            subjects,
            ..Config::default()
        })
        .await
        .unwrap();

    let options = CollectorOptions {
        redeliver_after: Duration::from_secs(2),
        ..CollectorOptions::default()
    };
    // What was there before the start is taken too.
    publish(&context, "loans.predictions", predictions(0)).await;
    let collectors = start(&workspace, options.clone()).await;
    for message in 1..MESSAGES / 2 {
        publish(&context, "loans.predictions", predictions(message)).await;
        publish(&context, "loans.labels", labels(message)).await;
    }
    // It is stopped with messages on their way, some of them taken in and not acknowledged; so is the server.
    collectors.stop().await;
    server.restart();
    let context = jetstream::new(async_nats::connect(server.url()).await.unwrap());
    publish(&context, "loans.predictions", "no JSON".to_owned()).await;
    publish(&context, "loans.labels", labels(0)).await;
    // The same rows in another message, as a client sends them that was not answered.
    publish(&context, "loans.predictions", predictions(3)).await;
    for message in MESSAGES / 2..MESSAGES {
        publish(&context, "loans.labels", labels(message)).await;
        publish(&context, "loans.predictions", predictions(message)).await;
    }
    let collectors = start(&workspace, options).await;
    until_all_are_taken(&context).await;
    let collector = collectors.find("crash").unwrap().unwrap();
    settled(&collector).await;
    assert_eq!(collector.status().dead_letters, 1);
    assert_eq!(collector.status().last_error, None);
    let sample = collectors.sample("crash", 2).await.unwrap();
    let id = sample.columns.iter().position(|name| name == "id").unwrap();
    let newest: Vec<_> = sample.rows.iter().map(|row| row[id].as_str().unwrap()).collect();
    assert_eq!(newest, ["r1199", "r1198"]);
    collectors.stop().await;

    check(folder.path(), &yaml).await;
    let dead = context.get_stream("loans-dead").await.unwrap();
    assert_eq!(dead.cached_info().state.messages, 1);
}

/// Every row is stored once, and the windows are those of the rows.
pub async fn check(folder: &Path, yaml: &str) {
    let all = || (0..MESSAGES * ROWS).map(|row| format!("r{row}"));
    let rows = stored(folder, "predictions");
    assert_eq!(rows, all().map(|id| (id, 1)).collect());
    assert_eq!(stored(folder, "labels"), all().map(|id| (id, 1)).collect());
    compare_windows(folder, yaml, rows.len() as u64).await;
}
