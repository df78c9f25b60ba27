//! Rows from message brokers.
//!
//! [`run`] takes messages in groups, gives them to a handler, and acknowledges them to the broker only when the handler has
//! said that their rows are durable. What is not acknowledged comes again: delivery is at least once, and [`Message::key`]
//! tells a message that came before. A message that cannot be read goes to a dead-letter subject with the reason in a
//! header, so that it is neither lost nor in the way of others.

#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "kafka")]
mod kafka_security;
mod message;
mod nats;

use std::{future::Future, pin::pin};

use futures::future::{Either, select};
use plimsoll_model::config::BrokerConfig;

pub use message::{
    BrokerError, Kind, Message, NotYet, Options, Poison, Progress, REASON_HEADER, SOURCE_HEADER, Verdicts,
};

/// Takes messages from a broker until `stop` resolves; `project` names the consumers.
///
/// The handler is given groups of messages of one kind, and answers when their rows are durable. While the broker is not
/// there, it is tried again and again; `progress` shows what is going on.
///
/// # Errors
/// [`BrokerError`] if the configuration cannot be used at all.
pub async fn run<H, F>(
    config: &BrokerConfig,
    project: &str,
    options: &Options,
    handler: H,
    progress: &Progress,
    stop: impl Future<Output = ()>,
) -> Result<(), BrokerError>
where
    H: Fn(Vec<Message>) -> F,
    F: Future<Output = Verdicts>,
{
    let work = async {
        match config {
            BrokerConfig::Nats {
                url,
                login,
                stream,
                predictions,
                labels,
                dead_letters,
            } => {
                let subjects = nats::Subjects {
                    url,
                    login: login.as_ref(),
                    stream,
                    predictions,
                    labels: labels.as_deref(),
                    dead_letters: dead_letters.as_deref(),
                };
                nats::run(subjects, project, options, &handler, progress).await
            }
            #[cfg(feature = "kafka")]
            BrokerConfig::Kafka {
                brokers,
                group,
                predictions,
                labels,
                dead_letters,
                tls,
                sasl,
            } => {
                let topics = kafka::Topics {
                    brokers,
                    group: group.clone().unwrap_or_else(|| format!("plimsoll-{project}")),
                    predictions,
                    labels: labels.as_deref(),
                    dead_letters: dead_letters.as_deref(),
                    security: kafka_security::settings(tls.as_ref(), sasl.as_ref())?,
                };
                kafka::run(topics, options, &handler, progress).await
            }
            #[cfg(not(feature = "kafka"))]
            BrokerConfig::Kafka { .. } => Err(BrokerError::Config {
                problem:
                    "this plimsoll was built without Kafka; build it with `cargo build --release --features kafka`"
                        .to_owned(),
            }),
        }
    };
    match select(pin!(work), pin!(stop)).await {
        Either::Left((result, _)) => result,
        Either::Right(((), _)) => Ok(()),
    }
}
