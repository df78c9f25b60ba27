//! Between the stream and the prediction store: buffered rows are written beside the stream, which goes on taking rows; windows
//! are computed from what is stored; small parts are joined.

use std::{
    sync::{Arc, PoisonError},
    time::Instant,
};

use plimsoll_store::log::Position;
use tokio::task::JoinHandle;

use super::{
    CollectError,
    stream::Restatement,
    worker::{Event, Worker},
};
use crate::job::recompute;

/// Time after which a failed write to the store is tried again, in microseconds.
const RETRY: i64 = 5_000_000;
/// Time between two tidyings of the store, in microseconds.
const TIDY: i64 = 60_000_000;

/// Rows on their way into the store.
pub(super) struct Storing {
    task: JoinHandle<Result<(), CollectError>>,
    /// The position behind the last of their records.
    position: u64,
    /// Windows to be computed once these rows are stored.
    restatement: Option<Restatement>,
}

impl Worker {
    /// Begins what the clock or the memory of unstored rows asks for.
    pub(super) fn store_what_is_due(&mut self, now: i64) {
        if self.storing.as_ref().is_some_and(|storing| storing.task.is_finished()) {
            self.end_storing(now);
        }
        let every = self.setup.config.collector().flush_every.micros();
        let old = self.stream.buffer.since.is_some_and(|since| now - since >= every);
        if old && self.storing.is_none() && now >= self.retry_at {
            self.begin_storing(None, now);
        }
        self.make_room(now);
        if now >= self.retry_at && self.storing.is_none() && !self.stream.is_restating() {
            self.restate(now);
        }
        if now - self.tidied_at >= TIDY && !self.stream.is_restating() {
            self.tidy(now);
        }
    }

    /// Keeps the rows that are not in the store within their memory: half of it is filled while the other half is written.
    pub(super) fn make_room(&mut self, now: i64) {
        let most = self.setup.options.buffer;
        if self.stream.unstored().1 > most && self.storing.is_some() {
            self.end_storing(now);
        }
        if self.stream.buffer.bytes > most / 2 && self.storing.is_none() && now >= self.retry_at {
            self.begin_storing(None, now);
        }
        // The log goes on taking rows while the store takes none.
        let full = self.stream.unstored().1 > most && self.storing.is_none();
        self.setup.pressure.hold(full);
    }

    /// Moves all buffered rows into the store and waits until they are there.
    pub(super) fn flush(&mut self) -> Result<(), CollectError> {
        let now = self.now();
        // Rows that cannot be stored are buffered again.
        self.end_storing(now);
        self.store(None, now)?;
        self.stored(now)
    }

    /// Moves what is left into the store; then nothing goes on there, so that whoever opens it next is alone with it.
    pub(super) fn end_store(&mut self) {
        if let Some(storing) = &mut self.storing {
            // It is computed after the next start.
            storing.restatement = None;
        }
        if let Err(error) = self.flush() {
            self.failed(&error);
        }
        self.end_tidying();
    }

    /// Begins to move buffered rows into the store; then windows that are due are computed.
    fn begin_storing(&mut self, restatement: Option<Restatement>, now: i64) {
        let restatement = restatement.or_else(|| self.stream.restatement(now));
        let restates = restatement.is_some();
        if let Err(error) = self.store(restatement, now) {
            self.not_stored(&error, restates, now);
        }
    }

    /// Waits until the rows on their way are stored.
    fn end_storing(&mut self, now: i64) {
        // What went wrong was told, and is tried again.
        let _ = self.stored(now);
    }

    fn not_stored(&mut self, error: &CollectError, restates: bool, now: i64) {
        self.retry_at = now + RETRY;
        self.failed(error);
        if restates {
            self.stream.restated(false, 0, now);
        }
    }

    fn store(&mut self, restatement: Option<Restatement>, now: i64) -> Result<(), CollectError> {
        let lookup = (&self.handle, &self.tables);
        self.stream.place_labels(now, &lookup)?;
        let (predictions, labels) = self.stream.tables()?;
        let position = self.stream.position;
        let state = self.stream.checkpoint();
        let tables = self.tables.clone();
        let task = self
            .handle
            .spawn(async move { tables.commit(predictions, labels, position, &state).await });
        self.stream.storing();
        self.storing = Some(Storing {
            task,
            position,
            restatement,
        });
        Ok(())
    }

    /// Waits until the rows on their way are stored; the log is then free of them.
    fn stored(&mut self, now: i64) -> Result<(), CollectError> {
        let Some(Storing {
            task,
            position,
            restatement,
        }) = self.storing.take()
        else {
            return Ok(());
        };
        let written = self.handle.block_on(task);
        let written = written.unwrap_or_else(|e| Err(CollectError::Store(e.to_string())));
        self.stream.stored(written.is_ok());
        let released = written.and_then(|()| {
            let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
            log.release(Position(position))
                .map_err(|e| CollectError::Log(e.to_string()))
        });
        if let Err(error) = &released {
            self.not_stored(error, restatement.is_some(), now);
        } else if let Some(restatement) = restatement {
            self.compute(restatement, now);
        }
        released
    }

    /// Begins to compute windows from stored rows, once all that are buffered now are among them.
    fn restate(&mut self, now: i64) {
        let Some(restatement) = self.stream.restatement(now) else {
            return;
        };
        if self.stream.buffer.rows > 0 {
            self.begin_storing(Some(restatement), now);
        } else {
            self.compute(restatement, now);
        }
    }

    fn compute(&mut self, restatement: Restatement, now: i64) {
        let input = match self.tables.input(self.stream.definition.clone()) {
            Ok(input) => input,
            Err(error) => {
                self.failed(&error);
                self.stream.restated(false, 0, now);
                return;
            }
        };
        let (config, base) = (self.setup.config.clone(), self.setup.base.clone());
        let workspace = Arc::clone(&self.setup.workspace);
        let sender = self.events.0.clone();
        let handle = self.handle.clone();
        let started = std::thread::Builder::new().name("restate".to_owned()).spawn(move || {
            let clock = Instant::now();
            let Restatement {
                every,
                starts,
                open,
                monitors,
                now,
            } = restatement;
            let rules = input.rules(&config, now, open);
            let work = recompute(
                &config,
                &base,
                &workspace,
                &input,
                rules.as_ref(),
                (every, &starts),
                &monitors,
            );
            let outcome = handle.block_on(work).map(|_| starts.len()).map_err(|e| e.to_string());
            let took = i64::try_from(clock.elapsed().as_micros()).unwrap_or(i64::MAX);
            // The stream may have ended before.
            let _ = sender.send(Event::Restated(outcome, took));
        });
        if let Err(error) = started {
            self.failed(&format!("cannot start a thread: {error}"));
            self.stream.restated(false, 0, now);
        }
    }

    /// Begins to tidy the store, unless that is still going on.
    fn tidy(&mut self, now: i64) {
        if self.tidying.as_ref().is_some_and(|tidying| !tidying.is_finished()) {
            return;
        }
        self.end_tidying();
        self.tidied_at = now;
        let at = jiff::Timestamp::from_microsecond(now).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        let (tables, config) = (self.tables.clone(), self.setup.config.clone());
        let tidying = self.handle.spawn(async move { tables.tidy(&config, at).await });
        self.tidying = Some(tidying);
    }

    /// Waits until the tidying has ended.
    fn end_tidying(&mut self) {
        if let Some(tidying) = self.tidying.take() {
            match self.handle.block_on(tidying) {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.failed(&error),
                Err(error) => self.failed(&error),
            }
        }
    }
}
