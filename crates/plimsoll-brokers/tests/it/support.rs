//! Handlers that remember what they were given.

use std::{future::pending, time::Duration};

use plimsoll_brokers::{Message, Options, Poison, Progress, Verdicts, run};
use plimsoll_model::config::BrokerConfig;
use tokio::sync::{mpsc, oneshot};

/// Longest time that a test waits for what must happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a handler is to do with messages.
#[derive(Clone, Copy)]
pub enum Conduct {
    /// Accept all but those whose body holds `poison`.
    Accept,
    /// Never answer, as if the process died while it wrote.
    Hang,
}

/// A running source, and what its handler was given.
pub struct Source {
    stop: oneshot::Sender<()>,
    pub seen: mpsc::UnboundedReceiver<Message>,
    task: tokio::task::JoinHandle<()>,
}

impl Source {
    pub fn start(config: &BrokerConfig, conduct: Conduct) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (sender, seen) = mpsc::unbounded_channel();
        let config = config.clone();
        let runtime = tokio::runtime::Handle::current();
        let task = tokio::task::spawn_blocking(move || {
            let handler = move |messages: Vec<Message>| {
                let sender = sender.clone();
                async move {
                    let poison = |m: &Message| m.body.windows(6).any(|part| part == b"poison");
                    let verdicts: Verdicts = Ok(messages
                        .iter()
                        .map(|m| {
                            if poison(m) {
                                Err(Poison {
                                    reason: "it is\npoison".to_owned(),
                                })
                            } else {
                                Ok(())
                            }
                        })
                        .collect());
                    for message in messages {
                        sender.send(message).ok();
                    }
                    match conduct {
                        Conduct::Accept => verdicts,
                        Conduct::Hang => pending().await,
                    }
                }
            };
            let stopped = async {
                stopped.await.ok();
            };
            let options = Options {
                redeliver_after: Duration::from_secs(6),
            };
            let progress = Progress::default();
            let work = run(&config, "loans", &options, handler, &progress, stopped);
            runtime.block_on(work).unwrap();
        });
        Self { stop, seen, task }
    }

    /// The next messages, by body, in the order in which the handler got them.
    pub async fn next(&mut self, count: usize) -> Vec<Message> {
        let mut messages = Vec::new();
        while messages.len() < count {
            messages.push(within(self.seen.recv()).await.unwrap());
        }
        messages
    }

    pub async fn stop(self) {
        self.stop.send(()).ok();
        within(self.task).await.unwrap();
    }
}

/// Waits, but not for ever.
pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.unwrap()
}

pub fn bodies(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|m| str::from_utf8(&m.body).unwrap()).collect()
}
