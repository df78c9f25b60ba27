//! Kafka: a consumer group on the topics.

use std::{collections::BTreeMap, future::Future};

use bytes::Bytes;
use futures::FutureExt;
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{CommitMode, Consumer, StreamConsumer},
    error::KafkaError,
    message::{BorrowedMessage, Header, Headers, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
    util::Timeout,
};

use crate::{
    BrokerError, Kind, Message, Options, Poison, Progress, REASON_HEADER, SOURCE_HEADER, Verdicts,
    kafka_security::Settings,
    message::{GROUP, GROUP_BYTES, RETRY, format_of, judge},
};

/// What is read from where.
pub(crate) struct Topics<'a> {
    pub brokers: &'a str,
    pub group: String,
    pub predictions: &'a str,
    pub labels: Option<&'a str>,
    pub dead_letters: Option<&'a str>,
    pub security: Settings,
}

/// A message with its place.
struct Placed {
    topic: String,
    partition: i32,
    offset: i64,
    key: String,
    body: Bytes,
    headers: Option<OwnedHeaders>,
    message: Result<Message, Poison>,
}

/// Takes messages until it is dropped.
pub(crate) async fn run<H, F>(
    topics: Topics<'_>,
    options: &Options,
    handler: &H,
    progress: &Progress,
) -> Result<(), BrokerError>
where
    H: Fn(Vec<Message>) -> F,
    F: Future<Output = Verdicts>,
{
    let unusable = |e: KafkaError| BrokerError::Config { problem: e.to_string() };
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", topics.brokers);
    for (key, value) in &topics.security {
        config.set(*key, value);
    }
    let producer: FutureProducer = config.create().map_err(unusable)?;
    let consumer: StreamConsumer = config
        .set("group.id", &topics.group)
        .set("enable.auto.commit", "false")
        .set("auto.offset.reset", "earliest")
        .set("session.timeout.ms", options.redeliver_after.as_millis().to_string())
        .create()
        .map_err(unusable)?;
    let names: Vec<&str> = [topics.predictions].into_iter().chain(topics.labels).collect();
    consumer.subscribe(&names).map_err(unusable)?;
    loop {
        let mut group = Vec::new();
        let mut bytes = 0;
        match consumer.recv().await {
            Ok(first) => {
                progress.works();
                group.push(placed(&first, &topics));
                bytes += first.payload_len();
            }
            Err(e) => {
                // The client goes on by itself when the brokers are back.
                progress.fails(e.to_string());
                tokio::time::sleep(RETRY).await;
                continue;
            }
        }
        while group.len() < GROUP && bytes < GROUP_BYTES {
            // What fails here fails again at the next message.
            let Some(Ok(next)) = consumer.recv().now_or_never() else {
                break;
            };
            bytes += next.payload_len();
            group.push(placed(&next, &topics));
        }
        deliver(&consumer, &producer, &topics, group, handler, progress).await;
    }
}

/// Gives a group to the handler and commits its offsets when all of it is durable or among the dead letters.
async fn deliver<H, F>(
    consumer: &StreamConsumer,
    producer: &FutureProducer,
    topics: &Topics<'_>,
    group: Vec<Placed>,
    handler: &H,
    progress: &Progress,
) where
    H: Fn(Vec<Message>) -> F,
    F: Future<Output = Verdicts>,
{
    // One group may hold both kinds; the handler takes one at a time.
    let (predictions, labels): (Vec<_>, Vec<_>) = group.into_iter().partition(|p| p.topic == topics.predictions);
    let mut ends: BTreeMap<(String, i32), i64> = BTreeMap::new();
    for part in [predictions, labels] {
        let messages = part.iter().map(|p| p.message.clone()).collect();
        let verdicts = judge(handler, progress, messages, async || ()).await;
        for (placed, verdict) in part.into_iter().zip(verdicts) {
            if let Err(poison) = &verdict {
                bury(producer, topics, &placed, poison, progress).await;
            }
            progress.count(&verdict);
            let end = ends.entry((placed.topic, placed.partition)).or_default();
            *end = (*end).max(placed.offset + 1);
        }
    }
    let mut offsets = TopicPartitionList::new();
    for ((topic, partition), end) in ends {
        if let Err(e) = offsets.add_partition_offset(&topic, partition, Offset::Offset(end)) {
            progress.fails(e.to_string());
        }
    }
    // What is not committed, for the group was divided anew or the broker went away, comes again.
    if let Err(e) = consumer.commit(&offsets, CommitMode::Async) {
        progress.fails(e.to_string());
    }
}

fn placed(message: &BorrowedMessage<'_>, topics: &Topics<'_>) -> Placed {
    let header = |name: &str| {
        let mut headers = message.headers()?.iter();
        let value = headers.find(|h| h.key.eq_ignore_ascii_case(name))?.value?;
        Some(String::from_utf8_lossy(value).into_owned())
    };
    let (topic, partition, offset) = (message.topic(), message.partition(), message.offset());
    let published = message.timestamp().to_millis().unwrap_or_default();
    let key = format!("kafka:{topic}:{partition}:{offset}:{published}");
    let body = Bytes::copy_from_slice(message.payload().unwrap_or_default());
    Placed {
        topic: topic.to_owned(),
        partition,
        offset,
        body: body.clone(),
        key: key.clone(),
        headers: message.headers().map(rdkafka::message::BorrowedHeaders::detach),
        message: format_of(header("content-type").as_deref()).map(|format| Message {
            kind: if topic == topics.predictions {
                Kind::Predictions
            } else {
                Kind::Labels
            },
            body,
            format,
            encoding: header("content-encoding"),
            key,
        }),
    }
}

/// Keeps a message that cannot be read among the dead letters; tries until it is kept, for the offsets behind it cannot be
/// committed before.
async fn bury(producer: &FutureProducer, topics: &Topics<'_>, placed: &Placed, poison: &Poison, progress: &Progress) {
    let topic = topics
        .dead_letters
        .map_or_else(|| format!("{}.dead", placed.topic), str::to_owned);
    let headers = placed.headers.clone().unwrap_or_default();
    let headers = headers
        .insert(Header {
            key: REASON_HEADER,
            value: Some(&poison.reason),
        })
        .insert(Header {
            key: SOURCE_HEADER,
            value: Some(&placed.key),
        });
    loop {
        let record: FutureRecord<'_, (), [u8]> = FutureRecord::to(&topic)
            .payload(&placed.body[..])
            .headers(headers.clone());
        match producer.send(record, Timeout::Never).await {
            Ok(_) => return,
            Err((e, _)) => {
                progress.fails(format!("dead letters: {e}"));
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}
