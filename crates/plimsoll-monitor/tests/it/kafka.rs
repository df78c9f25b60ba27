//! Messages of librdkafka's mock cluster become rows of a project, each once, over a restart in the middle.

use std::{sync::Arc, time::Duration};

use plimsoll_monitor::CollectorOptions;
use plimsoll_store::Workspace;
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{Consumer, StreamConsumer},
    message::{Header, OwnedHeaders},
    mocking::MockCluster,
    producer::{DefaultProducerContext, FutureProducer, FutureRecord},
    util::Timeout,
};

use crate::{
    broker::{MESSAGES, ROWS, check, labels, predictions, start, yaml},
    compare::{settled, stored},
};

type Cluster = MockCluster<'static, DefaultProducerContext>;

/// Longest time that the test waits for what must happen.
const PATIENCE: Duration = Duration::from_mins(2);

/// Two partitions of each topic, so that offsets are not those of one.
const PARTITIONS: i32 = 2;

fn client(cluster: &Cluster, group: &str) -> StreamConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .set("group.id", group)
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap()
}

async fn publish(producer: &FutureProducer, topic: &str, partition: i64, body: &str) {
    let headers = OwnedHeaders::new().insert(Header {
        key: "content-type",
        value: Some("application/x-ndjson"),
    });
    let record: FutureRecord<'_, (), str> = FutureRecord::to(topic)
        .partition((partition % i64::from(PARTITIONS)) as i32)
        .payload(body)
        .headers(headers);
    producer.send(record, Timeout::Never).await.unwrap();
}

/// Messages of a topic that the collector need not be given again.
async fn committed(cluster: &Cluster, topic: &'static str) -> i64 {
    let reader = client(cluster, "plimsoll-crash");
    tokio::task::spawn_blocking(move || {
        let mut partitions = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            partitions.add_partition(topic, partition);
        }
        let offsets = reader.committed_offsets(partitions, PATIENCE).unwrap();
        let offsets = offsets
            .elements()
            .into_iter()
            .map(|partition| match partition.offset() {
                Offset::Offset(offset) => offset,
                _ => 0,
            });
        offsets.sum()
    })
    .await
    .unwrap()
}

async fn until_committed(cluster: &Cluster, topic: &'static str, messages: i64) {
    let all = async {
        while committed(cluster, topic).await < messages {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_become_rows_each_once_over_a_restart() {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["predictions", "labels", "predictions.dead"] {
        cluster.create_topic(topic, PARTITIONS, 1).unwrap();
    }
    let producer: FutureProducer = ClientConfig::new()
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .create()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let yaml = yaml(&format!(
        "{{kafka: {{brokers: '{}', predictions: predictions, labels: labels}}}}",
        cluster.bootstrap_servers()
    ));
    let workspace = Arc::new(Workspace::create(folder.path()).unwrap());
    workspace.write_project_config("crash", &yaml).unwrap();

    // What was there before the start is taken too.
    publish(&producer, "predictions", 0, &predictions(0)).await;
    let options = CollectorOptions {
        // A group is not divided anew in a shorter time.
        redeliver_after: Duration::from_secs(6),
        ..CollectorOptions::default()
    };
    let collectors = start(&workspace, options.clone()).await;
    for message in 1..MESSAGES / 2 {
        publish(&producer, "predictions", message, &predictions(message)).await;
        publish(&producer, "labels", message, &labels(message)).await;
    }
    until_committed(&cluster, "predictions", 1).await;
    // It is stopped with messages on their way, some of them taken in and not committed.
    collectors.stop().await;
    let durable = i64::try_from(stored(folder.path(), "predictions").len()).unwrap();
    let promised = committed(&cluster, "predictions").await * ROWS;
    assert!(durable >= promised, "{promised} rows are committed, {durable} durable");

    publish(&producer, "predictions", 0, "no JSON").await;
    publish(&producer, "labels", 0, &labels(0)).await;
    // The same rows in another message, as a client sends them that was not answered.
    publish(&producer, "predictions", 1, &predictions(3)).await;
    for message in MESSAGES / 2..MESSAGES {
        publish(&producer, "labels", message, &labels(message)).await;
        publish(&producer, "predictions", message, &predictions(message)).await;
    }
    let collectors = start(&workspace, options).await;
    until_committed(&cluster, "predictions", MESSAGES + 2).await;
    until_committed(&cluster, "labels", MESSAGES).await;
    let collector = collectors.find("crash").unwrap().unwrap();
    settled(&collector).await;
    assert_eq!(collector.status().dead_letters, 1);
    assert_eq!(collector.status().last_error, None);
    collectors.stop().await;

    check(folder.path(), &yaml).await;
    let letters = client(&cluster, "letters");
    letters.subscribe(&["predictions.dead"]).unwrap();
    let letter = tokio::time::timeout(PATIENCE, letters.recv()).await.unwrap().unwrap();
    assert_eq!(letter.payload().unwrap(), b"no JSON");
}
