//! librdkafka's mock cluster: the protocol of Kafka within the process.

use std::path::Path;

use plimsoll_brokers::{Kind, Options, Progress, REASON_HEADER, SOURCE_HEADER, Verdicts, run};
use plimsoll_ingest::Format;
use plimsoll_model::config::{BrokerConfig, KafkaSasl, KafkaTls, SaslMechanism, Secret};
use rdkafka::{
    ClientConfig, Message as _,
    consumer::{Consumer, StreamConsumer},
    message::{Header, Headers, OwnedHeaders},
    mocking::MockCluster,
    producer::{DefaultProducerContext, FutureProducer, FutureRecord},
    util::Timeout,
};
use tokio::{io::AsyncReadExt as _, net::TcpListener};

use crate::support::{Conduct, Source, bodies, within};

type Cluster = MockCluster<'static, DefaultProducerContext>;

fn cluster() -> (Cluster, BrokerConfig) {
    let cluster = MockCluster::new(1).unwrap();
    for topic in ["predictions", "labels", "predictions.dead"] {
        cluster.create_topic(topic, 1, 1).unwrap();
    }
    let config = BrokerConfig::Kafka {
        brokers: cluster.bootstrap_servers(),
        group: None,
        predictions: "predictions".to_owned(),
        labels: Some("labels".to_owned()),
        dead_letters: None,
        tls: None,
        sasl: None,
    };
    (cluster, config)
}

async fn send(cluster: &Cluster, topic: &str, body: &str, headers: OwnedHeaders) {
    let mut config = ClientConfig::new();
    let producer: FutureProducer = config
        .set("bootstrap.servers", cluster.bootstrap_servers())
        .create()
        .unwrap();
    let record: FutureRecord<'_, (), str> = FutureRecord::to(topic).payload(body).headers(headers);
    within(producer.send(record, Timeout::Never)).await.unwrap();
}

fn header(key: &str, value: &str) -> OwnedHeaders {
    OwnedHeaders::new().insert(Header {
        key,
        value: Some(value),
    })
}

#[tokio::test]
async fn messages_of_both_kinds_arrive_with_their_format() {
    let (cluster, config) = cluster();
    send(&cluster, "predictions", "{}", OwnedHeaders::new()).await;
    send(&cluster, "labels", "id", header("Content-Type", "text/csv")).await;
    let mut source = Source::start(&config, Conduct::Accept);
    let mut messages = source.next(2).await;
    messages.sort_by_key(|m| m.key.clone());
    assert_eq!((messages[0].kind, messages[0].format), (Kind::Labels, Format::Csv));
    assert_eq!(
        (messages[1].kind, messages[1].format),
        (Kind::Predictions, Format::Json)
    );
    assert!(
        messages[1].key.starts_with("kafka:predictions:0:0:"),
        "{}",
        messages[1].key
    );
    source.stop().await;
}

#[tokio::test]
async fn what_was_not_durable_is_delivered_again() {
    let (cluster, config) = cluster();
    send(&cluster, "predictions", "first", OwnedHeaders::new()).await;
    send(&cluster, "predictions", "second", OwnedHeaders::new()).await;
    let mut dying = Source::start(&config, Conduct::Hang);
    let before = dying.next(1).await;
    dying.stop().await;
    let mut source = Source::start(&config, Conduct::Accept);
    let again = source.next(2).await;
    assert_eq!(bodies(&again), ["first", "second"]);
    assert_eq!(again[0], before[0]);
    source.stop().await;
}

#[tokio::test]
async fn poison_becomes_a_dead_letter_and_is_not_in_the_way() {
    let (cluster, config) = cluster();
    send(&cluster, "predictions", "poison", OwnedHeaders::new()).await;
    send(&cluster, "predictions", "<p>", header("content-type", "text/html")).await;
    send(&cluster, "predictions", "good", OwnedHeaders::new()).await;
    let mut source = Source::start(&config, Conduct::Accept);
    let seen = source.next(2).await;
    assert_eq!(bodies(&seen), ["poison", "good"]);

    let mut reader = ClientConfig::new();
    reader.set("bootstrap.servers", cluster.bootstrap_servers());
    let letters: StreamConsumer = reader
        .set("group.id", "letters")
        .set("auto.offset.reset", "earliest")
        .create()
        .unwrap();
    letters.subscribe(&["predictions.dead"]).unwrap();
    let mut found = Vec::new();
    for _ in 0..2 {
        let letter = within(letters.recv()).await.unwrap();
        let header = |name: &str| {
            let headers = letter.headers().unwrap();
            let value = headers.iter().find(|h| h.key == name).and_then(|h| h.value);
            String::from_utf8(value.unwrap().to_vec()).unwrap()
        };
        let body = String::from_utf8(letter.payload().unwrap().to_vec()).unwrap();
        found.push((body, header(SOURCE_HEADER), header(REASON_HEADER)));
    }
    assert_eq!((found[0].0.as_str(), &found[0].1), ("poison", &seen[0].key));
    assert_eq!(found[1].0, "<p>");
    assert!(found[1].1.starts_with("kafka:predictions:0:1:"), "{}", found[1].1);
    assert!(found[1].2.starts_with("content type `text/html` is not read"));
    source.stop().await;
}

#[tokio::test]
async fn a_broker_that_comes_back_is_read_on() {
    let (cluster, config) = cluster();
    send(&cluster, "predictions", "before", OwnedHeaders::new()).await;
    let mut source = Source::start(&config, Conduct::Accept);
    assert_eq!(bodies(&source.next(1).await), ["before"]);
    cluster.broker_down(1).unwrap();
    cluster.broker_up(1).unwrap();
    send(&cluster, "predictions", "after", OwnedHeaders::new()).await;
    // What was not committed before the broker went away may come again.
    let mut next = source.next(1).await;
    if bodies(&next) == ["before"] {
        next = source.next(1).await;
    }
    assert_eq!(bodies(&next), ["after"]);
    source.stop().await;
}

fn secured(brokers: String, tls: Option<KafkaTls>, sasl: Option<KafkaSasl>) -> BrokerConfig {
    BrokerConfig::Kafka {
        brokers,
        group: None,
        predictions: "predictions".to_owned(),
        labels: None,
        dead_letters: None,
        tls,
        sasl,
    }
}

fn sasl(mechanism: SaslMechanism, password: &Path) -> KafkaSasl {
    KafkaSasl {
        mechanism,
        username: "plimsoll".to_owned(),
        password: Secret::File(password.to_owned()),
    }
}

/// The first bytes that a client sends, with name and password, to a broker that never answers.
async fn greeting(tls: Option<KafkaTls>, mechanism: SaslMechanism) -> [u8; 8] {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "hunter2\n").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let source = Source::start(
        &secured(address, tls, Some(sasl(mechanism, &password))),
        Conduct::Accept,
    );
    let mut bytes = [0; 8];
    let (mut connection, _) = within(listener.accept()).await.unwrap();
    within(connection.read_exact(&mut bytes)).await.unwrap();
    source.stop().await;
    bytes
}

#[tokio::test]
async fn with_tls_the_first_word_is_a_handshake() {
    // A record of the kind handshake, of any version, with a client's greeting in it.
    let bytes = greeting(Some(KafkaTls::default()), SaslMechanism::Plain).await;
    assert_eq!((bytes[0], bytes[1], bytes[5]), (22, 3, 1));
    // Without, it is Kafka's own question for versions, which is number 18.
    let bytes = greeting(None, SaslMechanism::ScramSha512).await;
    assert_eq!(bytes[4..6], [0, 18]);
}

#[tokio::test]
async fn what_is_missing_for_a_secure_connection_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let broken = folder.path().join("broken.pem");
    std::fs::write(&broken, "no certificate").unwrap();
    let address = || "127.0.0.1:9".to_owned();
    let with_ca = |ca: &Path| KafkaTls {
        ca: Some(ca.to_owned()),
        ..KafkaTls::default()
    };
    for (config, part) in [
        (
            secured(address(), None, Some(sasl(SaslMechanism::ScramSha256, &missing))),
            format!("secret file `{}` cannot be read", missing.display()),
        ),
        (
            secured(address(), Some(with_ca(&missing)), None),
            format!("`{}` cannot be read", missing.display()),
        ),
        (
            secured(address(), Some(with_ca(&broken)), None),
            "ssl.ca.location".to_owned(),
        ),
    ] {
        let handler = async |_| -> Verdicts { Ok(Vec::new()) };
        let (options, progress) = (Options::default(), Progress::default());
        let work = run(&config, "loans", &options, handler, &progress, std::future::pending());
        let error = within(Box::pin(work)).await.unwrap_err().to_string();
        assert!(error.starts_with("`collector.broker` cannot be used: "), "{error}");
        assert!(error.contains(&part), "{error}");
    }
}
