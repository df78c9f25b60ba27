//! Group commit: the rows of all requests that wait become records, one fsync makes them durable, then all are answered.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender},
    },
};

use arrow::array::RecordBatch;
use plimsoll_ingest::{Decoded, Reject, concat};
use plimsoll_model::ColumnKind;
use plimsoll_store::log::{Log, Position};
use tokio::sync::oneshot;

use super::{
    Clock, CollectError, Table,
    record::{Header, Record, Refused},
    status::Pressure,
    worker::Event,
};

/// Most rows of a group.
const GROUP_ROWS: usize = 200_000;
/// Most memory of a group, in bytes.
const GROUP_BYTES: usize = 64 << 20;
/// Idempotency keys that are told apart.
const KEYS: usize = 65_536;

/// What a request is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// Rows that are durable.
    pub accepted: u64,
    /// Rows that were refused.
    pub rejected: u64,
    /// The first refused rows, with reasons.
    pub rejects: Vec<Reject>,
    /// Says that a request with the same idempotency key was taken before, and that this one changed nothing.
    pub repeated: bool,
}

/// A decoded request.
#[derive(Debug)]
pub(crate) struct Submission {
    pub content: Content,
    /// Idempotency key and a hash of the body.
    pub key: Option<(String, u64)>,
    /// Memory that is given back when the rows are folded in.
    pub bytes: usize,
    pub answer: oneshot::Sender<Result<Receipt, CollectError>>,
}

/// What a request brings.
#[derive(Debug)]
pub(crate) enum Content {
    /// Rows of a table.
    Rows(Table, Decoded),
    /// Columns that the first rows showed.
    Columns(Vec<(String, ColumnKind)>),
}

/// A durable record on its way into windows.
#[derive(Debug)]
pub(crate) struct Committed {
    pub position: Position,
    pub record: Record,
    pub bytes: usize,
}

/// Idempotency keys that were seen, with the hash of their body.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    known: HashMap<String, u64>,
    order: VecDeque<String>,
}

impl Keys {
    /// Reads a key as a record or a manifest holds it.
    pub fn remember(&mut self, stored: &str) {
        if let Some((body, key)) = stored.split_once(':')
            && let Ok(body) = u64::from_str_radix(body, 16)
        {
            self.insert(key.to_owned(), body);
        }
    }

    fn insert(&mut self, key: String, body: u64) {
        if self.known.insert(key.clone(), body).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > KEYS
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// A key as records hold it.
fn stored(key: &str, body: u64) -> String {
    format!("{body:016x}:{key}")
}

/// The committer of a project.
pub(crate) struct Committer {
    pub log: Arc<std::sync::Mutex<Log>>,
    pub keys: Keys,
    pub clock: Arc<dyn Clock>,
    pub pressure: Arc<Pressure>,
}

/// Answers by request, until the group is durable.
type Answers = Vec<(oneshot::Sender<Result<Receipt, CollectError>>, Receipt)>;

#[derive(Default)]
struct Group {
    predictions: Vec<RecordBatch>,
    labels: Vec<RecordBatch>,
    header: Header,
    bytes: usize,
}

impl Group {
    fn fits(&self, table: Table, batch: &RecordBatch) -> bool {
        let own = match table {
            Table::Predictions => &self.predictions,
            Table::Labels => &self.labels,
        };
        own.first().is_none_or(|first| first.schema() == batch.schema())
    }

    fn is_empty(&self) -> bool {
        self.predictions.is_empty() && self.labels.is_empty() && self.header == Header::default()
    }

    fn record(self, arrival: i64) -> Result<(Record, usize), CollectError> {
        let join = |batches: Vec<RecordBatch>| -> Result<Option<RecordBatch>, CollectError> {
            if batches.is_empty() {
                return Ok(None);
            }
            concat(&batches)
                .map(Some)
                .map_err(|e| CollectError::Record(e.to_string()))
        };
        let record = Record {
            header: Header { arrival, ..self.header },
            predictions: join(self.predictions)?,
            labels: join(self.labels)?,
        };
        Ok((record, self.bytes))
    }
}

impl Committer {
    /// Commits until all senders are gone.
    pub fn run(mut self, requests: &Receiver<Submission>, committed: &SyncSender<Event>) {
        while let Ok(first) = requests.recv() {
            let mut waiting = vec![first];
            let (mut rows, mut bytes) = (0, 0);
            while rows < GROUP_ROWS && bytes < GROUP_BYTES {
                let Ok(next) = requests.try_recv() else { break };
                bytes += next.bytes;
                if let Content::Rows(_, decoded) = &next.content {
                    rows += decoded.batch.num_rows();
                }
                waiting.push(next);
            }
            if !self.commit(waiting, committed) {
                return;
            }
            std::thread::sleep(self.pressure.pause());
        }
    }

    /// Commits a group; `false` if nobody takes what is committed.
    fn commit(&mut self, waiting: Vec<Submission>, committed: &SyncSender<Event>) -> bool {
        let arrival = self.clock.now();
        let mut groups = vec![Group::default()];
        let mut answers: Answers = Vec::with_capacity(waiting.len());
        // Keys of this group; they hold once the group is durable.
        let mut fresh: Vec<(String, u64)> = Vec::new();
        for submission in waiting {
            let Submission {
                content,
                key,
                bytes,
                answer,
            } = submission;
            let mut receipt = Receipt {
                accepted: 0,
                rejected: 0,
                rejects: Vec::new(),
                repeated: false,
            };
            if let Content::Rows(_, decoded) = &content {
                receipt.accepted = decoded.batch.num_rows() as u64;
                receipt.rejected = decoded.rejected;
                receipt.rejects.clone_from(&decoded.rejects);
            }
            if let Some((key, body)) = &key {
                let known = self.keys.known.get(key).copied();
                let known = known.or_else(|| fresh.iter().find(|(k, _)| k == key).map(|(_, b)| *b));
                match known {
                    Some(same) if same == *body => {
                        receipt.repeated = true;
                        self.pressure.release(bytes);
                        answers.push((answer, receipt));
                        continue;
                    }
                    Some(_) => {
                        self.pressure.release(bytes);
                        // Nobody to tell if the request is gone.
                        let _ = answer.send(Err(CollectError::KeyReused(key.clone())));
                        continue;
                    }
                    None => fresh.push((key.clone(), *body)),
                }
            }
            if groups
                .last()
                .is_none_or(|g| matches!(&content, Content::Rows(t, d) if !g.fits(*t, &d.batch)))
            {
                groups.push(Group::default());
            }
            if let Some(group) = groups.last_mut() {
                group.bytes += bytes;
                group.header.keys.extend(key.map(|(key, body)| stored(&key, body)));
                add(group, content);
            }
            answers.push((answer, receipt));
        }
        groups.retain(|g| !g.is_empty());
        let written = self.write(groups, arrival);
        match written {
            Ok(done) => {
                for (key, body) in fresh {
                    self.keys.insert(key, body);
                }
                for (answer, receipt) in answers {
                    let _ = answer.send(Ok(receipt));
                }
                done.into_iter().all(|record| {
                    self.pressure.queued(record.record.header.arrival);
                    committed.send(Event::Committed(Box::new(record))).is_ok()
                })
            }
            Err((error, bytes)) => {
                self.pressure.release(bytes);
                for (answer, _) in answers {
                    let _ = answer.send(Err(error.clone()));
                }
                true
            }
        }
    }

    fn write(&self, groups: Vec<Group>, arrival: i64) -> Result<Vec<Committed>, (CollectError, usize)> {
        let bytes = groups.iter().map(|g| g.bytes).sum();
        let records: Vec<(Record, usize)> = groups
            .into_iter()
            .map(|g| g.record(arrival))
            .collect::<Result<_, _>>()
            .map_err(|e| (e, bytes))?;
        let payloads: Vec<Vec<u8>> = records
            .iter()
            .map(|(record, _)| record.write())
            .collect::<Result<_, _>>()
            .map_err(|e| (e, bytes))?;
        if payloads.is_empty() {
            return Ok(Vec::new());
        }
        let mut log = self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let range = log
            .append_all(&payloads)
            .map_err(|e| (CollectError::Log(e.to_string()), bytes))?;
        drop(log);
        Ok(records
            .into_iter()
            .zip(range.start.0..)
            .map(|((record, bytes), position)| Committed {
                position: Position(position),
                record,
                bytes,
            })
            .collect())
    }
}

fn add(group: &mut Group, content: Content) {
    match content {
        Content::Columns(columns) => group.header.learned = Some(columns),
        Content::Rows(table, decoded) => {
            // Of the refused rows that are not listed only the number is known.
            let listed = decoded.rejects.len() as u64;
            for reject in decoded.rejects {
                let refused = &mut group.header.refused;
                let same = |r: &&mut Refused| r.code == reject.code.as_str() && r.column == reject.column;
                match refused.iter_mut().find(same) {
                    Some(known) => {
                        known.count += 1;
                        known.example = reject.reason;
                    }
                    None => refused.push(Refused {
                        code: reject.code.as_str().to_owned(),
                        column: reject.column,
                        count: 1,
                        example: reject.reason,
                    }),
                }
            }
            if decoded.rejected > listed {
                group.header.refused.push(Refused {
                    code: "not_listed".to_owned(),
                    column: None,
                    count: decoded.rejected - listed,
                    example: "beyond the rows that a request lists".to_owned(),
                });
            }
            group.header.odd.extend(decoded.odd);
            if decoded.batch.num_rows() > 0 {
                match table {
                    Table::Predictions => group.predictions.push(decoded.batch),
                    Table::Labels => group.labels.push(decoded.batch),
                }
            }
        }
    }
}
