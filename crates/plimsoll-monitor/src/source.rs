//! Rows from a message broker: they go the way of rows over HTTP, and the broker is told when they are durable.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use plimsoll_brokers::{Kind, Message, NotYet, Options, Poison, Progress, Verdicts, run};
use plimsoll_ingest::decompress;
use tokio::{
    runtime::Handle,
    sync::oneshot,
    task::{JoinHandle, spawn_blocking},
};

use crate::{CollectError, Collector, Request, Table};

/// Longest body when it is unpacked, in bytes.
const UNPACKED_LIMIT: usize = 128 << 20;

/// How long a broker's messages wait when the collector cannot take them.
const RETRY: Duration = Duration::from_millis(500);

/// A project's broker that is being read.
#[derive(Debug)]
pub(crate) struct Source {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Source {
    /// Begins to read the broker that the project names, if any.
    pub fn start(collector: &Arc<Collector>) -> Option<Self> {
        let broker = collector.config().collector().broker.clone()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let progress = Arc::new(Progress::default());
        collector.follow(Arc::clone(&progress));
        let (collector, runtime) = (Arc::clone(collector), Handle::current());
        // On a thread of its own, for the compiler cannot tell that this work may move between threads.
        let task = spawn_blocking(move || {
            let project = &collector.config().project;
            let handler = |messages| take(Arc::clone(&collector), messages);
            let stopped = async {
                // It is also over when the other end is gone.
                let _ = stopped.await;
            };
            let options = Options {
                redeliver_after: collector.options().redeliver_after,
            };
            let work = run(&broker, project, &options, handler, &progress, stopped);
            if let Err(error) = runtime.block_on(work) {
                progress.fails(error.to_string());
            }
        });
        Some(Self { stop, task })
    }

    /// Stops reading. Messages that are not acknowledged come again.
    pub async fn stop(self) {
        // The task may have ended before.
        let _ = self.stop.send(());
        if let Err(error) = self.task.await {
            tracing::error!("the source of a message broker was not stopped in order: {error}");
        }
    }
}

/// Gives messages to the collector all at once, so that they share a group commit.
async fn take(collector: Arc<Collector>, messages: Vec<Message>) -> Verdicts {
    let runtime = Handle::current();
    let work = move || runtime.block_on(join_all(messages.iter().map(|message| submit(&collector, message))));
    // Decoding may take a while.
    let answers = spawn_blocking(work).await.map_err(|_| NotYet { retry_after: RETRY })?;
    answers.into_iter().collect()
}

async fn submit(collector: &Collector, message: &Message) -> Result<Result<(), Poison>, NotYet> {
    let taken = async {
        let body = decompress(&message.body, message.encoding.as_deref(), UNPACKED_LIMIT)?;
        let request = Request {
            table: match message.kind {
                Kind::Predictions => Table::Predictions,
                Kind::Labels => Table::Labels,
            },
            body: &body,
            format: message.format,
            key: Some(&message.key),
            stamp: false,
        };
        collector.submit(request).await
    };
    let reason = match taken.await {
        // Of a message whose rows are all refused nothing would be left.
        Ok(receipt) if receipt.accepted == 0 && receipt.rejected > 0 => {
            let first = receipt.rejects.into_iter().next().map(|r| r.reason);
            format!("every row is refused, the first for: {}", first.unwrap_or_default())
        }
        Ok(_) => return Ok(Ok(())),
        Err(error) if error.is_temporary() || matches!(error, CollectError::Stopped(_)) => {
            return Err(NotYet { retry_after: RETRY });
        }
        Err(error) => error.to_string(),
    };
    Ok(Err(Poison { reason }))
}
