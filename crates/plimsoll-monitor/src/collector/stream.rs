//! The stream of a project: durable records become rows of windows, buffered rows of the store, and labels in their place.
//!
//! This type holds no thread and no clock; the same records at the same moments give the same state.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, TimestampMicrosecondArray, new_null_array,
    },
    compute::{concat_batches, filter_record_batch},
    datatypes::{Field, Schema, TimestampMicrosecondType},
};
use jiff::Timestamp;
use plimsoll_model::{DataDefinition, Granularity, SchemaChange, config::ProjectConfig};
use plimsoll_query::{LABEL_ORDER, LABEL_TIME, PREDICTED_AT};

use super::{
    CollectError,
    activity::Hour,
    committer::Committed,
    ids::{RecentIds, key},
    lane::{Due, Lane, Open},
    state::{State, WindowSet},
};

/// Time from the first reason to compute a window from stored rows until that is done, in microseconds.
const DEBOUNCE: i64 = 2_000_000;
/// Longest such time, where computing takes long.
const LONGEST_DEBOUNCE: i64 = 60_000_000;
/// Windows that are computed from stored rows at once.
const RESTATED_AT_ONCE: usize = 64;

/// Looks rows up in the prediction store.
pub(crate) trait Lookup {
    /// Event times of ids, of rows between two moments if these are given.
    fn find(&self, ids: &[&str], between: Option<(i64, i64)>) -> Result<HashMap<String, i64>, CollectError>;
}

/// A label that is buffered.
#[derive(Debug, Clone)]
struct Placement {
    key: u128,
    /// Event time of its prediction.
    predicted_at: Option<i64>,
    label_time: i64,
}

/// Rows that are durable in the log and not yet in the store.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    pub predictions: Vec<RecordBatch>,
    labels: Vec<RecordBatch>,
    placements: Vec<Placement>,
    pub rows: u64,
    pub bytes: usize,
    /// When the oldest of them came, by the clock.
    pub since: Option<i64>,
}

impl Buffer {
    /// Takes rows in front that came earlier.
    fn prepend(&mut self, mut earlier: Self) {
        earlier.predictions.append(&mut self.predictions);
        earlier.labels.append(&mut self.labels);
        earlier.placements.append(&mut self.placements);
        earlier.rows += self.rows;
        earlier.bytes += self.bytes;
        earlier.since = earlier.since.or(self.since);
        *self = earlier;
    }
}

/// Names that a stream reads by.
#[derive(Debug, Clone)]
struct Names {
    timestamp: String,
    id: Option<String>,
    target: Option<String>,
}

/// A window to be computed from stored rows, with all others of its length that are due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Restatement {
    pub every: Granularity,
    pub starts: BTreeSet<i64>,
    /// Those that still take rows.
    pub open: BTreeSet<i64>,
    /// Names of the monitors; all if there are none.
    pub monitors: BTreeSet<String>,
    /// The moment that counts as the present.
    pub now: i64,
}

/// The stream of a project.
#[derive(Debug)]
pub(crate) struct Stream {
    names: Names,
    final_after: i64,
    hold: i64,
    implicit_after: Option<i64>,
    /// Columns whose windows and statistics are computed; empty before the first rows of a project that nothing describes.
    pub definition: DataDefinition,
    pub lanes: Vec<Lane>,
    ids: RecentIds,
    /// Labels whose prediction has not come, with the moment at which they are given up.
    waiting: HashMap<u128, i64>,
    /// When windows first had a reason to be computed from stored rows, by the clock.
    dirty: BTreeMap<(String, i64), i64>,
    /// Windows that were asked for with names of monitors, and need not be computed for the others. They are not kept over a
    /// restart, of which whoever asked is told.
    named: BTreeMap<(String, i64), BTreeSet<String>>,
    restating: Option<Restatement>,
    /// Windows that got another reason while they were computed.
    again: BTreeSet<i64>,
    debounce: i64,
    pub state: State,
    pub buffer: Buffer,
    /// Rows that are being stored, and how many ids came with them and before.
    leaving: Option<(Buffer, usize)>,
    /// The position behind the last record taken in.
    pub position: u64,
    label_order: i64,
    aged_at: i64,
}

fn strings<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a arrow::array::StringArray> {
    batch.column_by_name(name)?.as_string_opt::<i32>()
}

fn moments<'a>(batch: &'a RecordBatch, name: &str) -> Option<&'a TimestampMicrosecondArray> {
    batch
        .column_by_name(name)?
        .as_primitive_opt::<TimestampMicrosecondType>()
}

#[allow(clippy::needless_pass_by_value, reason = "an argument of `map_err`")]
fn wrong(problem: impl ToString) -> CollectError {
    CollectError::Record(problem.to_string())
}

impl Stream {
    pub fn new(config: &ProjectConfig, state: State, position: u64) -> Self {
        let collector = config.collector();
        let data = &config.data;
        Self {
            names: Names {
                timestamp: data.timestamp.clone().unwrap_or_default(),
                id: data.id.clone(),
                target: data.target.clone(),
            },
            final_after: collector.labels.final_after.micros(),
            hold: collector.labels.hold.micros(),
            implicit_after: collector.implicit_label.map(|i| i.after.micros()),
            definition: DataDefinition::default(),
            lanes: Vec::new(),
            ids: RecentIds::new(collector.recent_ids),
            waiting: HashMap::new(),
            dirty: BTreeMap::new(),
            named: BTreeMap::new(),
            restating: None,
            again: BTreeSet::new(),
            debounce: DEBOUNCE,
            state,
            buffer: Buffer::default(),
            leaving: None,
            position,
            label_order: i64::try_from(position).unwrap_or(0) << 24,
            aged_at: 0,
        }
    }

    /// Remembers an id of a stored row; ids come newest first.
    pub fn warm(&mut self, id: &str, at: i64) {
        self.ids.insert(key(id), at);
        self.ids.stored(self.ids.unstored());
    }

    /// Says that stored rows up to this time have ids that are not in memory.
    pub fn forget_until(&mut self, at: i64) {
        self.ids.forget_until(at);
    }

    /// Remembers a stored label whose prediction has not come.
    pub fn wait_for(&mut self, id: &str, label_time: i64) {
        self.waiting.insert(key(id), label_time.saturating_add(self.hold));
    }

    /// Labels whose prediction has not come.
    pub fn labels_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The moment that counts as the present for the age of windows: the newest event time. A stream that replays the
    /// past ages as fast as it is replayed.
    pub fn present(&self) -> i64 {
        self.state.watermark.unwrap_or(i64::MIN)
    }

    /// Takes in a durable record.
    pub fn fold(&mut self, committed: &Committed, now: i64, store: &impl Lookup) -> Result<(), CollectError> {
        let header = &committed.record.header;
        let arrival = header.arrival;
        let at = Timestamp::from_microsecond(arrival).map_err(wrong)?;
        let mut arrived = Hour {
            rejected: header.refused.iter().map(|r| r.count).sum(),
            ..Hour::default()
        };
        for refused in &header.refused {
            let column = refused.column.as_deref();
            let activity = &mut self.state.activity;
            activity.refused(at, &refused.code, column, refused.count, &refused.example);
        }
        for odd in &header.odd {
            let change = SchemaChange {
                column: odd.column.clone(),
                change: odd.change,
                expected: odd.expected.map_or_else(String::new, |k| k.as_str().to_owned()),
                found: odd.found.clone(),
                rows: odd.rows,
                first_at: at,
                last_at: at,
            };
            self.state.activity.changed(change);
        }
        for stored in &header.keys {
            self.state.keep_key(stored.clone());
        }
        if let Some(rows) = &committed.record.predictions {
            arrived.rows = self.predictions(rows, arrival, now, store)?;
        }
        if let Some(rows) = &committed.record.labels {
            self.labels(rows, arrival, now)?;
            arrived.labels = rows.num_rows() as u64;
        }
        self.state.activity.arrived(arrival, arrived);
        self.position = committed.position.0 + 1;
        if self.buffer.rows > 0 {
            self.buffer.since.get_or_insert(now);
        }
        Ok(())
    }

    /// Takes in predictions; tells how many were new.
    fn predictions(
        &mut self,
        rows: &RecordBatch,
        arrival: i64,
        now: i64,
        store: &impl Lookup,
    ) -> Result<u64, CollectError> {
        let timestamp = self.names.timestamp.clone();
        let fresh = self.without_duplicates(rows, store)?;
        let Some(rows) = fresh else {
            return Ok(0);
        };
        let times = moments(&rows, &timestamp).ok_or_else(|| wrong(format!("`{timestamp}` holds no moments")))?;
        let times: Vec<i64> = times.values().to_vec();
        // A clock that is ahead must not close the windows of all others.
        let newest = times.iter().copied().filter(|t| *t <= arrival).max();
        let before = self.state.watermark;
        let waiting = self.meet_waiting(&rows, &times);
        for at in 0..self.lanes.len() {
            let lane = &mut self.lanes[at];
            let arrays: Vec<ArrayRef> = lane
                .plan()
                .columns()
                .iter()
                .map(|name| match rows.column_by_name(name) {
                    Some(array) => Arc::clone(array),
                    None => new_null_array(&arrow::datatypes::DataType::Null, rows.num_rows()),
                })
                .collect();
            let placed = lane
                .place(&arrays, &times, before, now, &mut self.state.unsettled)
                .map_err(wrong)?;
            if at == 0 {
                self.state.activity.totals.late += placed.late;
            }
            let every = lane.every;
            for start in placed.stored {
                self.soil(every, start, now);
            }
        }
        for at in waiting {
            self.label_found(at, now)?;
        }
        self.state.watermark = before.max(newest);
        self.buffer.rows += rows.num_rows() as u64;
        self.buffer.bytes += rows.get_array_memory_size();
        let count = rows.num_rows() as u64;
        self.buffer.predictions.push(rows);
        Ok(count)
    }

    /// The rows whose id was not seen; `None` if there is none.
    fn without_duplicates(
        &mut self,
        rows: &RecordBatch,
        store: &impl Lookup,
    ) -> Result<Option<RecordBatch>, CollectError> {
        let Some(id) = &self.names.id else {
            return Ok((rows.num_rows() > 0).then(|| rows.clone()));
        };
        let ids = strings(rows, id).ok_or_else(|| wrong(format!("`{id}` holds no text")))?;
        let timestamp = &self.names.timestamp;
        let times = moments(rows, timestamp).ok_or_else(|| wrong(format!("`{timestamp}` holds no moments")))?;
        // Where ids were forgotten the store is asked.
        let forgotten = self.ids.forgotten_until();
        let doubtful: Vec<usize> = (0..rows.num_rows())
            .filter(|row| times.value(*row) <= forgotten && self.ids.get(key(ids.value(*row))).is_none())
            .collect();
        let mut stored = HashMap::new();
        if !doubtful.is_empty() {
            let names: Vec<&str> = doubtful.iter().map(|row| ids.value(*row)).collect();
            let first = doubtful.iter().map(|row| times.value(*row)).min();
            let last = doubtful.iter().map(|row| times.value(*row)).max();
            stored = store.find(&names, first.zip(last.map(|l| l + 1)))?;
        }
        let mut fresh = Vec::with_capacity(rows.num_rows());
        for row in 0..rows.num_rows() {
            let (name, at) = (ids.value(row), times.value(row));
            let known = stored.get(name).is_some_and(|found| *found == at);
            fresh.push(!known && self.ids.insert(key(name), at));
        }
        let kept = fresh.iter().filter(|f| **f).count();
        self.state.activity.totals.duplicates += (fresh.len() - kept) as u64;
        if kept == fresh.len() {
            return Ok(Some(rows.clone()));
        }
        if kept == 0 {
            return Ok(None);
        }
        filter_record_batch(rows, &BooleanArray::from(fresh))
            .map(Some)
            .map_err(wrong)
    }

    /// Event times of new rows for which a label waits.
    fn meet_waiting(&mut self, rows: &RecordBatch, times: &[i64]) -> Vec<i64> {
        if self.waiting.is_empty() {
            return Vec::new();
        }
        let Some(ids) = self.names.id.as_deref().and_then(|id| strings(rows, id)) else {
            return Vec::new();
        };
        (0..rows.num_rows())
            .filter(|row| self.waiting.remove(&key(ids.value(*row))).is_some())
            .map(|row| times[row])
            .collect()
    }

    /// Takes in labels.
    fn labels(&mut self, rows: &RecordBatch, arrival: i64, now: i64) -> Result<(), CollectError> {
        let (Some(id), Some(target)) = (self.names.id.clone(), self.names.target.clone()) else {
            return Err(wrong("labels came to a project without `data.id` and `data.target`"));
        };
        let ids = strings(rows, &id).ok_or_else(|| wrong(format!("`{id}` holds no text")))?;
        let value = rows
            .column_by_name(&target)
            .ok_or_else(|| wrong(format!("labels lack `{target}`")))?;
        let own = moments(rows, &self.names.timestamp);
        let mut times = Vec::with_capacity(rows.num_rows());
        let mut orders = Vec::with_capacity(rows.num_rows());
        for row in 0..rows.num_rows() {
            let label_time = own.filter(|t| t.is_valid(row)).map_or(arrival, |t| t.value(row));
            let key = key(ids.value(row));
            let predicted_at = self.ids.get(key);
            times.push(label_time);
            orders.push(self.label_order);
            self.label_order += 1;
            self.buffer.placements.push(Placement {
                key,
                predicted_at,
                label_time,
            });
            if let Some(at) = predicted_at {
                self.label_came(at, label_time, now)?;
            }
        }
        let moment =
            |values: Vec<i64>| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(values).with_timezone("UTC")) };
        let batch = RecordBatch::try_from_iter([
            (id.as_str(), Arc::new(ids.clone()) as ArrayRef),
            (target.as_str(), Arc::clone(value)),
            (LABEL_TIME, moment(times)),
            (LABEL_ORDER, Arc::new(Int64Array::from(orders)) as _),
            (super::tables::ARRIVED_AT, moment(vec![arrival; rows.num_rows()])),
        ])
        .map_err(wrong)?;
        self.buffer.rows += batch.num_rows() as u64;
        self.buffer.bytes += batch.get_array_memory_size();
        self.buffer.labels.push(batch);
        Ok(())
    }

    /// A label of a prediction of that time came.
    fn label_came(&mut self, predicted_at: i64, label_time: i64, now: i64) -> Result<(), CollectError> {
        if label_time.saturating_sub(predicted_at) > self.final_after {
            self.state.activity.totals.labels_too_late += 1;
            return Ok(());
        }
        self.label_found(predicted_at, now)
    }

    fn label_found(&mut self, predicted_at: i64, now: i64) -> Result<(), CollectError> {
        self.state.activity.totals.labels_joined += 1;
        for at in 0..self.lanes.len() {
            let lane = &mut self.lanes[at];
            let every = lane.every;
            let start = lane.window_at(predicted_at).map_err(wrong)?.start.as_microsecond();
            // A row that was counted without its label cannot be taken back.
            if let Some(open) = lane.get_mut(start) {
                open.give_up();
            }
            self.soil(every, start, now);
        }
        Ok(())
    }

    /// Gives a window, and those that are compared with it, a reason to be computed from stored rows.
    pub fn soil(&mut self, every: Granularity, start: i64, now: i64) {
        self.soil_one(every, start, now);
        for start in self.compared_with(every, start) {
            self.soil_one(every, start, now);
        }
    }

    /// Gives a window, and those that are compared with it, a reason to be computed from stored rows for some monitors only; for
    /// all if none are named.
    pub fn soil_for(&mut self, monitors: &BTreeSet<String>, every: Granularity, start: i64, now: i64) {
        if monitors.is_empty() {
            return self.soil(every, start, now);
        }
        for start in [start].into_iter().chain(self.compared_with(every, start)) {
            if !self.state.restate.contains(every, start) {
                let named = self.named.entry((every.to_string(), start)).or_default();
                named.extend(monitors.iter().cloned());
            }
            self.touch(every, start, now);
        }
    }

    fn compared_with(&self, every: Granularity, start: i64) -> Vec<i64> {
        let lane = self.lanes.iter().find(|l| l.every == every);
        lane.map_or_else(Vec::new, |l| l.compared_with(start, self.state.watermark))
    }

    fn soil_one(&mut self, every: Granularity, start: i64, now: i64) {
        self.state.restate.insert(every, start);
        self.named.remove(&(every.to_string(), start));
        self.state.unsettled.insert(every, start);
        self.touch(every, start, now);
    }

    fn touch(&mut self, every: Granularity, start: i64, now: i64) {
        if self
            .restating
            .as_ref()
            .is_some_and(|r| r.every == every && r.starts.contains(&start))
        {
            self.again.insert(start);
        }
        self.dirty.entry((every.to_string(), start)).or_insert(now);
    }

    /// Looks for the predictions of labels that came without theirs being in memory.
    pub fn place_labels(&mut self, now: i64, store: &impl Lookup) -> Result<(), CollectError> {
        let Some(id) = self.names.id.clone() else {
            return Ok(());
        };
        let unplaced: Vec<usize> = (0..self.buffer.placements.len())
            .filter(|at| {
                let placement = &self.buffer.placements[*at];
                placement.predicted_at.is_none() && !self.waiting.contains_key(&placement.key)
            })
            .collect();
        if unplaced.is_empty() {
            return Ok(());
        }
        let mut names: HashMap<u128, &str> = HashMap::new();
        for batch in &self.buffer.labels {
            if let Some(ids) = strings(batch, &id) {
                names.extend(ids.iter().flatten().map(|name| (key(name), name)));
            }
        }
        let wanted: Vec<&str> = unplaced
            .iter()
            .filter_map(|at| names.get(&self.buffer.placements[*at].key).copied())
            .collect();
        let found = store.find(&wanted, None)?;
        let found: HashMap<u128, i64> = found.into_iter().map(|(name, at)| (key(&name), at)).collect();
        for at in unplaced {
            let placement = &mut self.buffer.placements[at];
            // The prediction may have come since.
            let predicted_at = found
                .get(&placement.key)
                .copied()
                .or_else(|| self.ids.get(placement.key));
            if let Some(predicted_at) = predicted_at {
                placement.predicted_at = Some(predicted_at);
                let label_time = placement.label_time;
                self.label_came(predicted_at, label_time, now)?;
            } else {
                let until = placement.label_time.max(now).saturating_add(self.hold);
                self.waiting.insert(placement.key, until);
            }
        }
        Ok(())
    }

    /// The buffered rows as they go into the store: predictions, and labels with the time of their prediction.
    pub fn tables(&self) -> Result<(Vec<RecordBatch>, Vec<RecordBatch>), CollectError> {
        let mut labels = Vec::new();
        if let Some(first) = self.buffer.labels.first() {
            let all = concat_batches(&first.schema(), &self.buffer.labels).map_err(wrong)?;
            let predicted: TimestampMicrosecondArray = self
                .buffer
                .placements
                .iter()
                .map(|p| p.predicted_at.or_else(|| self.ids.get(p.key)))
                .collect();
            let predicted: ArrayRef = Arc::new(predicted.with_timezone("UTC"));
            let mut fields: Vec<Arc<Field>> = all.schema().fields().iter().cloned().collect();
            fields.push(Arc::new(Field::new(PREDICTED_AT, predicted.data_type().clone(), true)));
            let mut columns = all.columns().to_vec();
            columns.push(predicted);
            labels.push(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(wrong)?);
        }
        Ok((self.buffer.predictions.clone(), labels))
    }

    /// What is to be kept beside the rows.
    pub fn checkpoint(&self) -> State {
        let mut open = WindowSet::default();
        for lane in &self.lanes {
            for window in lane.open() {
                open.insert(lane.every, window.window.start.as_microsecond());
            }
        }
        State {
            open,
            ..self.state.clone()
        }
    }

    /// The buffered rows begin to be stored.
    pub fn storing(&mut self) {
        self.leaving = Some((std::mem::take(&mut self.buffer), self.ids.unstored()));
    }

    /// The rows that were being stored are in the store, or are buffered again.
    pub fn stored(&mut self, done: bool) {
        let Some((rows, ids)) = self.leaving.take() else {
            return;
        };
        if done {
            self.ids.stored(ids);
        } else {
            self.buffer.prepend(rows);
        }
    }

    /// How many rows are not in the store, and their memory in bytes.
    pub fn unstored(&self) -> (u64, usize) {
        let (rows, bytes) = self.leaving.as_ref().map_or((0, 0), |(b, _)| (b.rows, b.bytes));
        (self.buffer.rows + rows, self.buffer.bytes + bytes)
    }

    /// The snapshots of running Profiles that are due; windows that close are closed by [`Stream::written`].
    pub fn due(&mut self, now: i64) -> Vec<(usize, Due)> {
        let watermark = self.state.watermark;
        let mut due = Vec::new();
        for at in 0..self.lanes.len() {
            let every = self.lanes[at].every;
            for item in self.lanes[at].due(watermark, now) {
                let running = self.lanes[at].get_mut(item.start).is_some_and(|o| o.is_running());
                if running {
                    due.push((at, item));
                } else if item.closes {
                    self.lanes[at].close(item.start);
                    self.soil(every, item.start, now);
                }
            }
        }
        due
    }

    /// The open window of a due snapshot.
    pub fn open_window(&mut self, lane: usize, start: i64) -> Option<&mut Open> {
        self.lanes.get_mut(lane)?.get_mut(start)
    }

    /// Closes a window whose last snapshot is written. `settled` says that its labels are complete.
    pub fn close(&mut self, lane: usize, start: i64, settled: bool) {
        let Some(lane) = self.lanes.get_mut(lane) else { return };
        let Some(open) = lane.close(start) else { return };
        let past = lane.is_past(open.window.end.as_microsecond(), self.state.watermark);
        if settled && past {
            self.state.unsettled.remove(lane.every, start);
        }
    }

    /// Windows that became old enough to be final, or to have implicit labels, get a reason to be computed again; labels
    /// whose prediction did not come in time are given up.
    pub fn age(&mut self, now: i64) {
        if now - self.aged_at < 1_000_000 {
            return;
        }
        self.aged_at = now;
        let waiting = self.waiting.len();
        self.waiting.retain(|_, until| *until > now);
        self.state.activity.totals.labels_expired += (waiting - self.waiting.len()) as u64;
        let present = self.present();
        for at in 0..self.lanes.len() {
            let lane = &self.lanes[at];
            let every = lane.every;
            let mut due = Vec::new();
            for start in self.state.unsettled.of(every) {
                let Ok(window) = lane.window_at(start) else { continue };
                let age = present.saturating_sub(window.end.as_microsecond());
                let implied =
                    self.implicit_after.is_some_and(|after| age >= after) && !self.state.implied.contains(every, start);
                if age < self.final_after && !implied {
                    // Ages grow towards the past.
                    if self.implicit_after.is_none_or(|after| age < after) {
                        break;
                    }
                    continue;
                }
                due.push((start, implied));
            }
            for (start, implied) in due {
                if implied {
                    self.state.implied.insert(every, start);
                }
                if !self.state.restate.contains(every, start) {
                    self.soil(every, start, now);
                }
            }
        }
    }

    /// Windows that are to be computed from stored rows at this moment, of one length, newest first.
    pub fn restatement(&mut self, now: i64) -> Option<Restatement> {
        if self.restating.is_some() {
            return None;
        }
        for lane in &self.lanes {
            let every = lane.every;
            let name = every.to_string();
            let ripe = |start: &i64| {
                let since = self.dirty.get(&(name.clone(), *start)).copied();
                since.is_none_or(|since| now - since >= self.debounce)
            };
            let starts: BTreeSet<i64> = self
                .state
                .restate
                .of(every)
                .rev()
                .filter(ripe)
                .take(RESTATED_AT_ONCE)
                .collect();
            let (starts, monitors) = if starts.is_empty() {
                let asked = self
                    .named
                    .range((name.clone(), i64::MIN)..=(name.clone(), i64::MAX))
                    .rev();
                let mut asked = asked.filter(|((_, start), _)| ripe(start)).peekable();
                let Some((_, monitors)) = asked.peek() else { continue };
                let monitors = BTreeSet::clone(monitors);
                // Those that were asked for with the same names.
                let alike = asked.filter(|(_, names)| **names == monitors);
                (
                    alike.map(|((_, start), _)| *start).take(RESTATED_AT_ONCE).collect(),
                    monitors,
                )
            } else {
                (starts, BTreeSet::new())
            };
            let open = lane.open().map(|o| o.window.start.as_microsecond()).collect();
            let restatement = Restatement {
                every,
                starts,
                open,
                monitors,
                now: self.present(),
            };
            self.restating = Some(restatement.clone());
            self.again.clear();
            return Some(restatement);
        }
        None
    }

    /// Windows were computed from stored rows, or not; `took` is how long that was, in microseconds.
    pub fn restated(&mut self, done: bool, took: i64, now: i64) {
        let Some(restatement) = self.restating.take() else {
            return;
        };
        self.debounce = (took * 10).clamp(DEBOUNCE, LONGEST_DEBOUNCE);
        let every = restatement.every;
        let ends: HashMap<i64, i64> = self
            .lanes
            .iter()
            .filter(|l| l.every == every)
            .flat_map(|l| {
                restatement
                    .starts
                    .iter()
                    .filter_map(|s| Some((*s, l.window_at(*s).ok()?.end.as_microsecond())))
            })
            .collect();
        for start in restatement.starts {
            let key = (every.to_string(), start);
            if !done || self.again.contains(&start) {
                self.dirty.insert(key, now);
                continue;
            }
            self.dirty.remove(&key);
            self.named.remove(&key);
            if !restatement.monitors.is_empty() {
                continue;
            }
            self.state.restate.remove(every, start);
            let end = ends.get(&start).copied().unwrap_or(i64::MAX);
            // Without a target nothing more is expected once the window has closed.
            let closed = self.names.target.is_none()
                && !restatement.open.contains(&start)
                && self
                    .lanes
                    .iter()
                    .any(|l| l.every == every && l.is_past(end, self.state.watermark));
            if closed || restatement.now.saturating_sub(end) >= self.final_after {
                self.state.unsettled.remove(every, start);
                self.state.implied.remove(every, start);
            }
        }
    }

    /// Windows that wait to be computed from stored rows.
    pub fn restating(&self) -> usize {
        self.state.restate.len() + self.named.len()
    }

    /// Says whether a window waits to be computed from stored rows, if only for some monitors.
    pub fn waits(&self, every: Granularity, start: i64) -> bool {
        self.state.restate.contains(every, start) || self.named.contains_key(&(every.to_string(), start))
    }

    /// Says whether windows are being computed from stored rows.
    pub fn is_restating(&self) -> bool {
        self.restating.is_some()
    }
}

#[cfg(test)]
mod tests;
