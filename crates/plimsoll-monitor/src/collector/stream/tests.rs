//! The stream against a simple oracle: rows in any order, twice, late, with labels before, after and corrected.

use std::collections::{BTreeMap, HashSet};

use arrow::array::{Float64Array, StringArray};
use plimsoll_engine::{ProfileOptions, ProfilePlan, StatisticSpec};
use plimsoll_store::log::Position;
use proptest::prelude::*;

use super::*;
use crate::collector::record::{Header, Record};

const SECOND: i64 = 1_000_000;
const YAML: &str = "
project: p
data: {source: collector, timestamp: at, id: id, task: regression, target: y, prediction: x}
collector: {lateness: 2s, recent_ids: 1000, labels: {final_after: 1h, hold: 1h}}
monitors: [{name: live, every: 10s, report: [data_quality]}]
";

/// Rows that were flushed.
#[derive(Debug, Default)]
struct Store {
    rows: Vec<(String, i64)>,
    labels: Vec<(String, Option<i64>)>,
}

impl Lookup for Store {
    fn find(&self, ids: &[&str], between: Option<(i64, i64)>) -> Result<HashMap<String, i64>, CollectError> {
        let within = |at: i64| between.is_none_or(|(from, to)| (from..to).contains(&at));
        Ok(self
            .rows
            .iter()
            .filter(|(id, at)| ids.contains(&id.as_str()) && within(*at))
            .cloned()
            .collect())
    }
}

fn lanes() -> Vec<Lane> {
    let spec = StatisticSpec::Moments { column: "x".to_owned() };
    let plan = Arc::new(ProfilePlan::new([spec], ProfileOptions::default()));
    let zone = jiff::tz::TimeZone::UTC;
    vec![Lane::new(
        Granularity::Seconds(10),
        &zone,
        &plan,
        vec![plimsoll_model::config::Trigger::default()],
        2 * SECOND,
        false,
        0,
    )]
}

fn stream(state: State, position: u64) -> Stream {
    let mut stream = Stream::new(&ProjectConfig::parse(YAML).unwrap(), state, position);
    stream.lanes = lanes();
    stream
}

fn moments_of(seconds: &[i64]) -> ArrayRef {
    let micros: Vec<i64> = seconds.iter().map(|s| s * SECOND).collect();
    Arc::new(TimestampMicrosecondArray::from(micros).with_timezone("UTC"))
}

fn record(position: u64, rows: &[(&str, i64)], labels: &[(&str, i64)]) -> Committed {
    let names = |of: &[(&str, i64)]| -> ArrayRef { Arc::new(of.iter().map(|r| Some(r.0)).collect::<StringArray>()) };
    let times = |of: &[(&str, i64)]| moments_of(&of.iter().map(|r| r.1).collect::<Vec<_>>());
    let numbers = |of: &[(&str, i64)]| -> ArrayRef { Arc::new(Float64Array::from(vec![1.0; of.len()])) };
    let table = |of: &[(&str, i64)], value: &str| {
        let columns = [("at", times(of)), ("id", names(of)), (value, numbers(of))];
        (!of.is_empty()).then(|| RecordBatch::try_from_iter(columns).unwrap())
    };
    Committed {
        position: Position(position),
        record: Record {
            header: Header {
                arrival: 1_000_000 * SECOND,
                ..Header::default()
            },
            predictions: table(rows, "x"),
            labels: table(labels, "y"),
        },
        bytes: 0,
    }
}

/// Rows on their way into the store, with what is kept beside them, and windows to be computed after them.
struct Leaving {
    predictions: Vec<RecordBatch>,
    labels: Vec<RecordBatch>,
    durable: (State, u64),
    restatement: Option<Restatement>,
}

impl Leaving {
    fn of(stream: &mut Stream, store: &Store, restatement: Option<Restatement>) -> Self {
        stream.place_labels(0, store).unwrap();
        let (predictions, labels) = stream.tables().unwrap();
        let durable = (stream.checkpoint(), stream.position);
        stream.storing();
        Self {
            predictions,
            labels,
            durable,
            restatement,
        }
    }

    fn land(&self, store: &mut Store) {
        for batch in &self.predictions {
            let (ids, times) = (strings(batch, "id").unwrap(), moments(batch, "at").unwrap());
            let rows = ids.iter().zip(times);
            store
                .rows
                .extend(rows.map(|(id, at)| (id.unwrap().to_owned(), at.unwrap())));
        }
        for batch in &self.labels {
            let (ids, times) = (strings(batch, "id").unwrap(), moments(batch, PREDICTED_AT).unwrap());
            let rows = ids.iter().zip(times);
            store.labels.extend(rows.map(|(id, at)| (id.unwrap().to_owned(), at)));
        }
    }
}

#[test]
fn a_label_turns_its_window_to_the_stored_rows() {
    let (mut stream, store) = (stream(State::default(), 0), Store::default());
    stream.fold(&record(0, &[("a", 3), ("b", 4)], &[]), 0, &store).unwrap();
    assert_eq!(stream.restating(), 0);
    stream.fold(&record(1, &[], &[("a", 9)]), 0, &store).unwrap();
    assert!(!stream.lanes[0].get_mut(0).unwrap().is_running());
    assert_eq!(stream.restating(), 1);
    assert!(
        stream.restatement(SECOND).is_none(),
        "reasons are collected for a while"
    );
    let restatement = stream.restatement(3 * SECOND).unwrap();
    assert_eq!((restatement.starts, restatement.open.len()), (BTreeSet::from([0]), 1));
}

#[test]
fn a_label_waits_for_its_prediction_and_is_given_up_in_time() {
    let (mut stream, store) = (stream(State::default(), 0), Store::default());
    stream
        .fold(&record(0, &[("z", 1)], &[("a", 3), ("b", 3)]), 0, &store)
        .unwrap();
    stream.place_labels(0, &store).unwrap();
    assert_eq!((stream.labels_waiting(), stream.restating()), (2, 0));
    stream.fold(&record(1, &[("a", 12)], &[]), 0, &store).unwrap();
    assert_eq!((stream.labels_waiting(), stream.restating()), (1, 1));
    stream.age(3 * SECOND + 3_600 * SECOND + 1);
    assert_eq!(
        (stream.labels_waiting(), stream.state.activity.totals.labels_expired),
        (0, 1)
    );
}

#[test]
fn a_window_that_changes_while_it_is_computed_is_computed_again() {
    let (mut stream, store) = (stream(State::default(), 0), Store::default());
    stream.fold(&record(0, &[("a", 3)], &[("a", 5)]), 0, &store).unwrap();
    stream.restatement(5 * SECOND).unwrap();
    stream.fold(&record(1, &[("b", 4)], &[]), 5 * SECOND, &store).unwrap();
    stream.restated(true, 0, 6 * SECOND);
    assert_eq!(stream.restating(), 1);
    stream.restatement(9 * SECOND).unwrap();
    stream.restated(true, 0, 9 * SECOND);
    assert_eq!(stream.restating(), 0);
}

#[test]
fn old_windows_become_final_once() {
    let (mut stream, store) = (stream(State::default(), 0), Store::default());
    stream.fold(&record(0, &[("a", 3)], &[("a", 5)]), 0, &store).unwrap();
    stream.restatement(5 * SECOND).unwrap();
    stream.restated(true, 0, 5 * SECOND);
    stream
        .fold(&record(1, &[("b", 4_000)], &[]), 6 * SECOND, &store)
        .unwrap();
    stream.age(7 * SECOND);
    let last = stream.restatement(10 * SECOND).unwrap();
    assert_eq!((last.starts, last.now), (BTreeSet::from([0]), 4_000 * SECOND));
    stream.restated(true, 0, 10 * SECOND);
    stream.age(20 * SECOND);
    assert!(!stream.state.unsettled.contains(Granularity::Seconds(10), 0));
    assert!(stream.restatement(30 * SECOND).is_none());
    // A label of a final window is too late.
    stream
        .fold(&record(2, &[], &[("a", 3_900)]), 31 * SECOND, &store)
        .unwrap();
    assert_eq!(stream.state.activity.totals.labels_too_late, 1);
}

/// Counts rows and labelled rows of windows in the store.
fn compute(
    restatement: &Restatement,
    store: &Store,
    written: &mut BTreeMap<i64, u64>,
    restated: &mut BTreeMap<i64, (u64, usize)>,
) {
    let labelled: HashSet<&String> = store.labels.iter().map(|(id, _)| id).collect();
    for start in &restatement.starts {
        let within = |at: i64| (*start..start + 10 * SECOND).contains(&at);
        let rows: Vec<&String> = store
            .rows
            .iter()
            .filter(|(_, at)| within(*at))
            .map(|(id, _)| id)
            .collect();
        let labels = rows.iter().filter(|id| labelled.contains(**id)).count();
        restated.insert(*start, (rows.len() as u64, labels));
        written.insert(*start, rows.len() as u64);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Row(u8, i64),
    Label(u8),
    /// Rows begin to be stored, unless some are on their way.
    Store,
    /// Rows on their way are stored, or not.
    Stored(bool),
    /// The process dies; rows on their way are in the store, or not.
    Restart(bool),
    Tick,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0_u8..40, 0_i64..60).prop_map(|(id, at)| Step::Row(id, at)),
        3 => (0_u8..40).prop_map(Step::Label),
        2 => Just(Step::Store),
        2 => prop::bool::weighted(0.7).prop_map(Step::Stored),
        1 => any::<bool>().prop_map(Step::Restart),
        3 => Just(Step::Tick),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// Whatever the order of rows, duplicates, late rows, labels, writes that succeed or fail, and restarts: each id is stored once, with its
    /// first time; a running Profile holds the rows of its window, all of them; every window with a label, and every one
    /// whose running Profile is gone before its snapshot was written, is computed from stored rows.
    #[test]
    fn rows_are_counted_once_and_windows_are_complete(steps in proptest::collection::vec(step(), 1..120)) {
        let mut live = stream(State::default(), 0);
        let mut store = Store::default();
        let (mut position, mut now) = (0_u64, 0_i64);
        let mut log: Vec<Committed> = Vec::new();
        let mut durable = (State::default(), 0_u64);
        // The oracle: first time of each id, ids with labels, windows by how they were last written.
        let mut first: BTreeMap<u8, i64> = BTreeMap::new();
        let mut labelled: HashSet<u8> = HashSet::new();
        let mut written: BTreeMap<i64, u64> = BTreeMap::new();
        let mut restated: BTreeMap<i64, (u64, usize)> = BTreeMap::new();
        let rows_of = |first: &BTreeMap<u8, i64>, start: i64| {
            first.values().filter(|at| **at * SECOND >= start && **at * SECOND < start + 10 * SECOND).count() as u64
        };
        let labels_of = |first: &BTreeMap<u8, i64>, labelled: &HashSet<u8>, start: i64| {
            first.iter().filter(|(id, at)| {
                labelled.contains(id) && **at * SECOND >= start && **at * SECOND < start + 10 * SECOND
            }).count()
        };
        let mut all = steps;
        // The end: everything is stored and computed.
        all.extend([Step::Stored(true), Step::Store, Step::Stored(true)]);
        all.extend([Step::Tick, Step::Tick, Step::Tick, Step::Tick]);
        let mut leaving: Option<Leaving> = None;
        for step in all {
            now += SECOND;
            match step {
                Step::Row(id, at) => {
                    let name = id.to_string();
                    let committed = record(position, &[(&name, at)], &[]);
                    live.fold(&committed, now, &store).unwrap();
                    log.push(committed);
                    position += 1;
                    first.entry(id).or_insert(at);
                }
                Step::Label(id) => {
                    let name = id.to_string();
                    let committed = record(position, &[], &[(&name, 61)]);
                    live.fold(&committed, now, &store).unwrap();
                    log.push(committed);
                    position += 1;
                    labelled.insert(id);
                }
                Step::Store => {
                    if leaving.is_none() {
                        let restatement = live.restatement(now);
                        leaving = Some(Leaving::of(&mut live, &store, restatement));
                    }
                }
                Step::Stored(done) => {
                    if let Some(left) = leaving.take() {
                        live.stored(done);
                        if done {
                            left.land(&mut store);
                            durable = left.durable;
                        }
                        if let Some(restatement) = left.restatement {
                            if done {
                                compute(&restatement, &store, &mut written, &mut restated);
                            }
                            live.restated(done, 0, now);
                        }
                    }
                }
                Step::Restart(landed) => {
                    if let Some(left) = leaving.take() && landed {
                        left.land(&mut store);
                        durable = left.durable;
                    }
                    let (state, from) = durable.clone();
                    live = stream(state, from);
                    for (id, at) in store.rows.iter().rev() {
                        live.warm(id, *at);
                    }
                    for (id, at) in &store.labels {
                        if at.is_none() && !store.rows.iter().any(|(known, _)| known == id) {
                            live.wait_for(id, 61 * SECOND);
                        }
                    }
                    // Windows that took rows are computed from stored rows, as if labels were stored.
                    let every = Granularity::Seconds(10);
                    let open: Vec<i64> = live.state.open.of(every).collect();
                    for start in open {
                        let window = live.lanes[0].window_at(start).unwrap();
                        if !live.lanes[0].is_past(window.end.as_microsecond(), live.state.watermark) {
                            live.lanes[0].reopen(window, None, now);
                        }
                        live.soil(every, start, now);
                    }
                    for committed in log.iter().filter(|c| c.position.0 >= from) {
                        live.fold(committed, now, &store).unwrap();
                    }
                }
                Step::Tick => {
                    now += 10 * SECOND;
                    for (lane, due) in live.due(now) {
                        let rows = live.open_window(lane, due.start).unwrap().profile().unwrap().rows();
                        prop_assert_eq!(rows, rows_of(&first, due.start), "running profile of {}", due.start);
                        written.insert(due.start, rows);
                        if due.closes {
                            live.close(lane, due.start, false);
                        }
                    }
                    while leaving.is_none() && let Some(restatement) = live.restatement(now) {
                        let left = Leaving::of(&mut live, &store, None);
                        left.land(&mut store);
                        durable = left.durable;
                        live.stored(true);
                        compute(&restatement, &store, &mut written, &mut restated);
                        live.restated(true, 0, now);
                    }
                }
            }
        }
        let mut stored: Vec<(String, i64)> = store.rows.clone();
        stored.sort();
        let mut expected: Vec<(String, i64)> = first.iter().map(|(id, at)| (id.to_string(), at * SECOND)).collect();
        expected.sort();
        prop_assert_eq!(stored, expected);
        for start in (0..60).step_by(10).map(|s| s * SECOND) {
            let rows = rows_of(&first, start);
            prop_assert_eq!(written.get(&start).copied().unwrap_or(0), rows, "rows of window {}", start);
            let labels = labels_of(&first, &labelled, start);
            if labels > 0 {
                prop_assert_eq!(restated.get(&start).copied(), Some((rows, labels)), "labels of window {}", start);
            }
        }
    }
}
