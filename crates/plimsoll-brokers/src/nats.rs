//! NATS JetStream: a durable pull consumer on each subject.

use std::{error::Error, future::Future};

use async_nats::{
    Client, ConnectOptions,
    jetstream::{
        self, AckKind, Context,
        consumer::{AckPolicy, PullConsumer, pull},
        stream::Config,
    },
};
use futures::{FutureExt, StreamExt, future::join};
use plimsoll_model::config::NatsLogin;

use crate::{
    BrokerError, Kind, Message, Options, Poison, Progress, REASON_HEADER, SOURCE_HEADER, Verdicts,
    message::{GROUP, GROUP_BYTES, RETRY, format_of, judge},
};

/// What is read from where.
pub(crate) struct Subjects<'a> {
    pub url: &'a str,
    pub login: Option<&'a NatsLogin>,
    pub stream: &'a str,
    pub predictions: &'a str,
    pub labels: Option<&'a str>,
    pub dead_letters: Option<&'a str>,
}

/// A subject that is read.
struct Source<'a> {
    stream: &'a str,
    subject: &'a str,
    kind: Kind,
    dead_letters: String,
    consumer: String,
}

/// A failure of the server or of the way to it; it is tried again.
type Failure = Box<dyn Error + Send + Sync>;

/// How the client is told to connect; secrets are read here.
async fn connect_options(login: Option<&NatsLogin>) -> Result<ConnectOptions, BrokerError> {
    let unusable = |problem| BrokerError::Config { problem };
    let options = ConnectOptions::new();
    Ok(match login {
        None => options,
        Some(NatsLogin::User { name, password }) => {
            options.user_and_password(name.clone(), password.read().map_err(unusable)?)
        }
        Some(NatsLogin::Token(token)) => options.token(token.read().map_err(unusable)?),
        Some(NatsLogin::Credentials(path)) => {
            let read = options.credentials_file(path).await;
            read.map_err(|e| unusable(format!("credentials `{}` cannot be used: {e}", path.display())))?
        }
    })
}

/// Takes messages until it is dropped.
pub(crate) async fn run<H, F>(
    subjects: Subjects<'_>,
    project: &str,
    options: &Options,
    handler: &H,
    progress: &Progress,
) -> Result<(), BrokerError>
where
    H: Fn(Vec<Message>) -> F,
    F: Future<Output = Verdicts>,
{
    // Waits for a server that is not there yet, and comes back to one that was restarted.
    let options_of_client = connect_options(subjects.login).await?.retry_on_initial_connect();
    let connect = options_of_client.connect(subjects.url);
    let client = connect.await.map_err(|e| BrokerError::Config {
        problem: format!("`{}`: {e}", subjects.url),
    })?;
    let follow_all = |subject, kind, name| {
        let source = Source {
            stream: subjects.stream,
            subject,
            kind,
            dead_letters: subjects
                .dead_letters
                .map_or_else(|| format!("{subject}.dead"), str::to_owned),
            consumer: format!("plimsoll-{}-{name}", consumer_part(project)),
        };
        let client = client.clone();
        async move {
            loop {
                if let Err(failure) = follow(&client, &source, options, handler, progress).await {
                    progress.fails(failure.to_string());
                }
                tokio::time::sleep(RETRY).await;
            }
        }
    };
    let labels = async {
        if let Some(subject) = subjects.labels {
            follow_all(subject, Kind::Labels, "labels").await;
        }
    };
    join(
        follow_all(subjects.predictions, Kind::Predictions, "predictions"),
        labels,
    )
    .await;
    Ok(())
}

/// Takes messages of one subject until something fails.
async fn follow<H, F>(
    client: &Client,
    source: &Source<'_>,
    options: &Options,
    handler: &H,
    progress: &Progress,
) -> Result<(), Failure>
where
    H: Fn(Vec<Message>) -> F,
    F: Future<Output = Verdicts>,
{
    let context = jetstream::new(client.clone());
    let stream = context.get_stream(source.stream).await?;
    let consumer: PullConsumer = stream
        .create_consumer(pull::Config {
            durable_name: Some(source.consumer.clone()),
            filter_subject: source.subject.to_owned(),
            ack_policy: AckPolicy::Explicit,
            ack_wait: options.redeliver_after,
            ..pull::Config::default()
        })
        .await?;
    let mut messages = consumer.stream().max_messages_per_batch(GROUP).messages().await?;
    progress.works();
    while let Some(first) = messages.next().await {
        let mut group = vec![first?];
        let mut bytes = group[0].payload.len();
        while group.len() < GROUP && bytes < GROUP_BYTES {
            let Some(Some(next)) = messages.next().now_or_never() else {
                break;
            };
            let next = next?;
            bytes += next.payload.len();
            group.push(next);
        }
        deliver(&context, source, &group, handler, progress).await?;
    }
    Ok(())
}

/// Gives a group to the handler and acknowledges what is durable or a dead letter.
async fn deliver<H, F>(
    context: &Context,
    source: &Source<'_>,
    group: &[jetstream::Message],
    handler: &H,
    progress: &Progress,
) -> Result<(), Failure>
where
    H: Fn(Vec<Message>) -> F,
    F: Future<Output = Verdicts>,
{
    let messages = group.iter().map(|m| message(m, source.kind)).collect();
    let verdicts = judge(handler, progress, messages, async || {
        for message in group {
            // One that the server delivers again all the same is known by its key.
            message.ack_with(AckKind::Progress).await.ok();
        }
    })
    .await;
    for (message, verdict) in group.iter().zip(verdicts) {
        if let Err(poison) = &verdict {
            bury(context, source, message, poison).await?;
        }
        progress.count(&verdict);
        message.ack().await?;
    }
    Ok(())
}

fn key(message: &jetstream::Message) -> Result<String, Poison> {
    let info = message.info().map_err(|e| Poison {
        reason: format!("it has no place in a stream: {e}"),
    })?;
    let published = info.published.unix_timestamp_nanos();
    Ok(format!("nats:{}:{}:{published}", info.stream, info.stream_sequence))
}

/// A project's id as a part of a consumer's name, which takes no blanks, dots and wildcards.
fn consumer_part(project: &str) -> String {
    project.bytes().fold(String::new(), |mut name, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
        name
    })
}

fn message(message: &jetstream::Message, kind: Kind) -> Result<Message, Poison> {
    // Names of headers keep their case in NATS.
    let header = |name: &str| {
        let headers = message.headers.as_ref()?;
        let mut found = headers.iter().filter(|(n, _)| n.to_string().eq_ignore_ascii_case(name));
        found
            .next()
            .and_then(|(_, values)| values.first())
            .map(ToString::to_string)
    };
    Ok(Message {
        kind,
        body: message.payload.clone(),
        format: format_of(header("content-type").as_deref())?,
        encoding: header("content-encoding"),
        key: key(message)?,
    })
}

/// Keeps a message that cannot be read among the dead letters.
async fn bury(
    context: &Context,
    source: &Source<'_>,
    message: &jetstream::Message,
    poison: &Poison,
) -> Result<(), Failure> {
    // A subject that no stream holds keeps nothing.
    if context.stream_by_subject(source.dead_letters.as_str()).await.is_err() {
        context
            .create_stream(Config {
                name: format!("{}-dead", source.stream),
                subjects: vec![source.dead_letters.clone()],
                ..Config::default()
            })
            .await?;
    }
    let mut headers = message.headers.clone().unwrap_or_default();
    // A header is one line.
    headers.insert(REASON_HEADER, poison.reason.replace(['\r', '\n'], " ").as_str());
    headers.insert(SOURCE_HEADER, key(message).unwrap_or_default().as_str());
    let subject = source.dead_letters.clone();
    context
        .publish_with_headers(subject, headers, message.payload.clone())
        .await?
        .await?;
    Ok(())
}
