//! A real NATS server with JetStream.

use async_nats::{
    ConnectOptions, HeaderMap,
    jetstream::{
        self, Context,
        stream::{Config, StorageType},
    },
};
use futures::StreamExt;
use plimsoll_brokers::{Kind, REASON_HEADER, SOURCE_HEADER};
use plimsoll_ingest::Format;
use plimsoll_model::config::{BrokerConfig, NatsLogin, Secret};

use crate::nats_server::Server;
use crate::support::{Conduct, Source, bodies, within};

/// A connection to the server.
async fn connect(server: &Server) -> Context {
    jetstream::new(async_nats::connect(server.url()).await.unwrap())
}

/// A stream with both subjects, and what a project writes to read it.
async fn stream(server: &Server) -> (Context, BrokerConfig) {
    let context = connect(server).await;
    let config = stream_of(server, &context).await;
    (context, config)
}

async fn stream_of(server: &Server, context: &Context) -> BrokerConfig {
    context
        .create_stream(Config {
            name: "loans".to_owned(),
            subjects: vec!["loans.predictions".to_owned(), "loans.labels".to_owned()],
            storage: StorageType::File,
            ..Config::default()
        })
        .await
        .unwrap();
    BrokerConfig::Nats {
        url: server.url(),
        login: None,
        stream: "loans".to_owned(),
        predictions: "loans.predictions".to_owned(),
        labels: Some("loans.labels".to_owned()),
        dead_letters: None,
    }
}

async fn send(context: &Context, subject: &'static str, body: &'static str) {
    within(async { context.publish(subject, body.into()).await.unwrap().await.unwrap() }).await;
}

/// Messages of a durable consumer that are neither acknowledged nor delivered.
async fn unacknowledged(context: &Context, name: &str) -> usize {
    let stream = context.get_stream("loans").await.unwrap();
    let mut consumer: jetstream::consumer::PullConsumer =
        stream.get_consumer(&format!("plimsoll-loans-{name}")).await.unwrap();
    let info = consumer.info().await.unwrap();
    info.num_ack_pending + info.num_pending as usize
}

#[tokio::test]
async fn messages_of_both_kinds_arrive_with_their_format() {
    let Some(server) = Server::start() else { return };
    let (context, config) = stream(&server).await;
    send(&context, "loans.predictions", "{}").await;
    let mut headers = HeaderMap::new();
    headers.insert("Content-Type", "text/csv");
    headers.insert("content-encoding", "gzip");
    let sent = context.publish_with_headers("loans.labels", headers, "id".into()).await;
    sent.unwrap().await.unwrap();
    let mut source = Source::start(&config, Conduct::Accept);
    let mut messages = source.next(2).await;
    messages.sort_by_key(|m| m.key.clone());
    assert_eq!(
        (messages[0].kind, messages[0].format),
        (Kind::Predictions, Format::Json)
    );
    assert_eq!((messages[1].kind, messages[1].format), (Kind::Labels, Format::Csv));
    assert_eq!(
        (messages[0].encoding.as_deref(), messages[1].encoding.as_deref()),
        (None, Some("gzip"))
    );
    assert!(messages[0].key.starts_with("nats:loans:1:"), "{}", messages[0].key);
    assert!(messages[1].key.starts_with("nats:loans:2:"), "{}", messages[1].key);
    source.stop().await;
}

#[tokio::test]
async fn a_server_that_asks_for_a_login_gets_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "hush\n").unwrap();
    let secret = Secret::File(file);
    let user = NatsLogin::User {
        name: "plimsoll".to_owned(),
        password: secret.clone(),
    };
    let by_user = ConnectOptions::with_user_and_password("plimsoll".to_owned(), "hush".to_owned());
    let by_token = ConnectOptions::with_token("hush".to_owned());
    let ways: [(&[&str], _, _); 2] = [
        (&["--user", "plimsoll", "--pass", "hush"], user, by_user),
        (&["--auth", "hush"], NatsLogin::Token(secret), by_token),
    ];
    for (arguments, way, own) in ways {
        let Some(server) = Server::start_with(arguments) else {
            return;
        };
        assert!(async_nats::connect(server.url()).await.is_err());
        let context = jetstream::new(own.connect(server.url()).await.unwrap());
        let mut config = stream_of(&server, &context).await;
        if let BrokerConfig::Nats { login, .. } = &mut config {
            *login = Some(way);
        }
        send(&context, "loans.predictions", "{}").await;
        let mut source = Source::start(&config, Conduct::Accept);
        assert_eq!(bodies(&source.next(1).await), ["{}"]);
        source.stop().await;
    }
}

#[tokio::test]
async fn what_was_not_durable_is_delivered_again() {
    let Some(server) = Server::start() else { return };
    let (context, config) = stream(&server).await;
    send(&context, "loans.predictions", "first").await;
    send(&context, "loans.predictions", "second").await;
    let mut dying = Source::start(&config, Conduct::Hang);
    let before = dying.next(1).await;
    assert!(before[0].key.starts_with("nats:loans:1:"), "{}", before[0].key);
    dying.stop().await;
    assert_eq!(unacknowledged(&context, "predictions").await, 2);

    let mut source = Source::start(&config, Conduct::Accept);
    let mut again = source.next(2).await;
    again.sort_by_key(|m| m.key.clone());
    assert_eq!(bodies(&again), ["first", "second"]);
    assert_eq!(again[0], before[0]);
    source.stop().await;
}

#[tokio::test]
async fn poison_becomes_a_dead_letter_and_is_not_in_the_way() {
    let Some(server) = Server::start() else { return };
    let (context, config) = stream(&server).await;
    send(&context, "loans.predictions", "poison").await;
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "text/html");
    let sent = context
        .publish_with_headers("loans.predictions", headers, "<p>".into())
        .await;
    sent.unwrap().await.unwrap();
    send(&context, "loans.predictions", "good").await;
    let mut source = Source::start(&config, Conduct::Accept);
    let seen = source.next(2).await;
    assert_eq!(bodies(&seen), ["poison", "good"]);

    // The stream of the dead letters is made when the first comes.
    let dead = within(async {
        loop {
            if let Ok(stream) = context.get_stream("loans-dead").await {
                break stream;
            }
        }
    })
    .await;
    let consumer: jetstream::consumer::PullConsumer = dead
        .create_consumer(jetstream::consumer::pull::Config::default())
        .await
        .unwrap();
    let mut letters = within(consumer.messages()).await.unwrap();
    let first = within(letters.next()).await.unwrap().unwrap();
    assert_eq!(&*first.payload, b"poison");
    let headers = first.headers.clone().unwrap();
    assert_eq!(headers.get(REASON_HEADER).unwrap().as_str(), "it is poison");
    assert_eq!(headers.get(SOURCE_HEADER).unwrap().as_str(), seen[0].key);
    let second = within(letters.next()).await.unwrap().unwrap();
    assert_eq!(&*second.payload, b"<p>");
    let reason = second.headers.clone().unwrap().get(REASON_HEADER).unwrap().to_string();
    assert!(reason.starts_with("content type `text/html` is not read"), "{reason}");

    within(async { while unacknowledged(&context, "predictions").await > 0 {} }).await;
    source.stop().await;
}

#[tokio::test]
async fn a_server_that_comes_back_is_read_on() {
    let Some(mut server) = Server::start() else { return };
    let (context, config) = stream(&server).await;
    send(&context, "loans.predictions", "before").await;
    let mut source = Source::start(&config, Conduct::Accept);
    assert_eq!(bodies(&source.next(1).await), ["before"]);
    within(async { while unacknowledged(&context, "predictions").await > 0 {} }).await;
    server.restart();
    let context = connect(&server).await;
    send(&context, "loans.predictions", "after").await;
    assert_eq!(bodies(&source.next(1).await), ["after"]);
    source.stop().await;
}
