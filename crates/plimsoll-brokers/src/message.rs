//! What passes between a broker and its handler.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use plimsoll_ingest::{Format, IngestError};
use thiserror::Error;

/// Header of a dead letter that says why the message could not be read.
pub const REASON_HEADER: &str = "plimsoll-reason";
/// Header of a dead letter that says which message it was: the [`Message::key`].
pub const SOURCE_HEADER: &str = "plimsoll-source";
/// How long to wait before a broker that failed is tried again.
pub(crate) const RETRY: Duration = Duration::from_millis(500);
/// Messages given to the handler at once.
pub(crate) const GROUP: usize = 512;
/// Bytes of messages given to the handler at once.
pub(crate) const GROUP_BYTES: usize = 32 << 20;

/// How a source treats its broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How long a broker waits for a process that died before it delivers its messages again.
    pub redeliver_after: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            redeliver_after: Duration::from_secs(30),
        }
    }
}

/// What the rows of a message are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Predictions.
    Predictions,
    /// Labels.
    Labels,
}

/// A message that holds rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What the rows are.
    pub kind: Kind,
    /// The rows, packed as `encoding` says.
    pub body: Bytes,
    /// How the rows are written: the header `content-type`, else JSON.
    pub format: Format,
    /// The header `content-encoding`.
    pub encoding: Option<String>,
    /// Where the message lies in the broker, and when it was published; the same each time it is delivered, and of no
    /// other message, even if a stream or topic is deleted and made again.
    pub key: String,
}

/// A message that cannot be read, however often it is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poison {
    /// Why.
    pub reason: String,
}

/// That nothing can be taken at the moment: the messages are given again after a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotYet {
    /// How long to wait.
    pub retry_after: Duration,
}

/// What the handler says of a group, when all that it accepts is durable: one verdict a message, in their order.
pub type Verdicts = Result<Vec<Result<(), Poison>>, NotYet>;

/// Why a broker cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokerError {
    /// An address or name that no broker takes.
    #[error("`collector.broker` cannot be used: {problem}")]
    Config {
        /// What is wrong.
        problem: String,
    },
}

/// What a source has done so far; shown while it works.
#[derive(Debug, Default)]
pub struct Progress {
    accepted: AtomicU64,
    poison: AtomicU64,
    problem: Mutex<Option<String>>,
}

impl Progress {
    /// Messages whose rows are durable.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Messages that went to the dead letters.
    #[must_use]
    pub fn poison(&self) -> u64 {
        self.poison.load(Ordering::Relaxed)
    }

    /// What keeps the source from working; `None` while it works.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.problem.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what keeps the source from working.
    pub fn fails(&self, problem: String) {
        let mut known = self.problem.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_ref() != Some(&problem) {
            tracing::warn!("message broker: {problem}");
        }
        *known = Some(problem);
    }

    pub(crate) fn works(&self) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    pub(crate) fn count(&self, verdict: &Result<(), Poison>) {
        let counter = if verdict.is_ok() { &self.accepted } else { &self.poison };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// The format that a message's headers name, or why it cannot be read.
pub(crate) fn format_of(content_type: Option<&str>) -> Result<Format, Poison> {
    content_type
        .map_or(Ok(Format::Json), Format::of_content_type)
        .map_err(|e: IngestError| Poison { reason: e.to_string() })
}

/// Asks the handler until it has a verdict on each message; `wait` is called while it cannot take them.
pub(crate) async fn judge<H, F>(
    handler: &H,
    progress: &Progress,
    messages: Vec<Result<Message, Poison>>,
    mut wait: impl AsyncFnMut(),
) -> Vec<Result<(), Poison>>
where
    H: Fn(Vec<Message>) -> F,
    F: Future<Output = Verdicts>,
{
    let readable: Vec<Message> = messages.iter().filter_map(|m| m.as_ref().ok().cloned()).collect();
    let verdicts = loop {
        if readable.is_empty() {
            break Vec::new();
        }
        match handler(readable.clone()).await {
            Ok(verdicts) if verdicts.len() == readable.len() => break verdicts,
            Ok(verdicts) => {
                let problem = format!(
                    "{} verdicts on {} messages; expected one each",
                    verdicts.len(),
                    readable.len()
                );
                progress.fails(problem);
                tokio::time::sleep(RETRY).await;
            }
            Err(NotYet { retry_after }) => {
                progress.fails("the collector cannot take rows at the moment".to_owned());
                wait().await;
                tokio::time::sleep(retry_after).await;
            }
        }
    };
    progress.works();
    let mut verdicts = verdicts.into_iter();
    messages
        .into_iter()
        .map(|message| message.and_then(|_| verdicts.next().unwrap_or(Ok(()))))
        .collect()
}
