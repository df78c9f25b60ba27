//! Random rows with everything that columns can hold, and the definitions that fit them.

use std::sync::Arc;

use arrow::{
    array::{
        ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, StringArray, TimestampMillisecondArray,
        UInt64Array,
    },
    compute::take,
};
use plimsoll_engine::{Batch, Profile, ProfilePlan};
use plimsoll_model::{ColumnKind, ColumnSpec, DataDefinition, Role, Task};
use proptest::{collection::vec, option, prelude::*};

/// A column name with everything that a name can hold.
pub const ODD_NAME: &str = "🦀 a.b \"q\" 'r' `s`";

/// Named columns of equal length.
#[derive(Debug, Clone)]
pub struct Frame {
    pub names: Vec<String>,
    pub arrays: Vec<ArrayRef>,
}

impl Frame {
    pub fn of(columns: Vec<(&str, ArrayRef)>) -> Self {
        let (names, arrays) = columns.into_iter().map(|(n, a)| (n.to_owned(), a)).unzip();
        Self { names, arrays }
    }

    pub fn rows(&self) -> usize {
        self.arrays[0].len()
    }

    /// The rows at those positions, in that order.
    pub fn take(&self, rows: &[usize]) -> Self {
        let at = UInt64Array::from_iter_values(rows.iter().map(|r| *r as u64));
        let arrays = self
            .arrays
            .iter()
            .map(|a| take(a, &at, None).expect("rows of the frame"));
        Self {
            names: self.names.clone(),
            arrays: arrays.collect(),
        }
    }

    /// The profile of all rows, read in batches; not finished.
    pub fn read(&self, plan: &Arc<ProfilePlan>, batch: usize) -> Profile {
        let mut profile = Profile::empty(plan);
        let mut start = 0;
        loop {
            let length = batch.min(self.rows() - start);
            let arrays: Vec<ArrayRef> = self.arrays.iter().map(|a| a.slice(start, length)).collect();
            profile.update(&Batch::new(&self.names, &arrays));
            start += length;
            if start >= self.rows() {
                return profile;
            }
        }
    }

    /// The finished profile of all rows, read at once.
    pub fn profile(&self, plan: &Arc<ProfilePlan>) -> Profile {
        let mut profile = self.read(plan, usize::MAX);
        profile.finish();
        profile
    }
}

/// Which model the frame's columns are read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Model {
    /// `y` and `p`.
    Regression,
    /// `l`, positive class `a`, with predicted labels `q` and without scores.
    Labels,
    /// `l`, positive class `a`, with score `s`.
    Scores,
    /// `l` with one score column a class.
    Classes,
    /// Items `i` for users `c`, ordered by `s`, relevance `y`.
    Ranking,
}

/// Every model.
pub const MODELS: [Model; 5] = [
    Model::Regression,
    Model::Labels,
    Model::Scores,
    Model::Classes,
    Model::Ranking,
];

/// Columns that are inputs whatever the model.
const FEATURES: &[(&str, ColumnKind)] = &[
    ("n", ColumnKind::Numeric),
    ("small", ColumnKind::Numeric),
    ("constant", ColumnKind::Numeric),
    ("nothing", ColumnKind::Numeric),
    ("zeros", ColumnKind::Numeric),
    ("i", ColumnKind::Numeric),
    ("c", ColumnKind::Categorical),
    ("b", ColumnKind::Boolean),
    ("t", ColumnKind::Text),
    ("d", ColumnKind::Datetime),
    (ODD_NAME, ColumnKind::Numeric),
];

pub fn column(name: &str, kind: ColumnKind, role: Role) -> ColumnSpec {
    ColumnSpec {
        name: name.to_owned(),
        kind,
        role,
    }
}

/// What a model makes of the frame's columns.
pub fn definition(model: Model) -> DataDefinition {
    use ColumnKind::{Categorical, Numeric};
    let score = |class: &str| Role::Score(Some(class.to_owned()));
    let binary = Task::Binary {
        positive: "a".to_owned(),
        threshold: 0.5,
    };
    let label = column("l", Categorical, Role::Target);
    let (task, own) = match model {
        Model::Regression => (
            Task::Regression,
            vec![
                column("y", Numeric, Role::Target),
                column("p", Numeric, Role::Prediction),
            ],
        ),
        Model::Labels => (binary, vec![label, column("q", Categorical, Role::Prediction)]),
        Model::Scores => (binary, vec![label, column("s", Numeric, Role::Score(None))]),
        Model::Classes => (
            Task::Multiclass,
            vec![
                label,
                column("sa", Numeric, score("a")),
                column("sb", Numeric, score("b")),
                column("sc", Numeric, score("c")),
            ],
        ),
        Model::Ranking => (
            Task::Ranking { k: 3 },
            vec![
                column("c", Categorical, Role::User),
                column("i", Numeric, Role::Item),
                column("s", Numeric, Role::Score(None)),
                column("y", Numeric, Role::Target),
            ],
        ),
    };
    let is_feature = |name: &&(&str, ColumnKind)| own.iter().all(|c| c.name != name.0);
    let features = FEATURES.iter().filter(is_feature);
    let features: Vec<ColumnSpec> = features
        .map(|(name, kind)| column(name, *kind, Role::Feature))
        .collect();
    DataDefinition {
        columns: features.into_iter().chain(own).collect(),
        task: Some(task),
        ..DataDefinition::default()
    }
}

fn number() -> impl Strategy<Value = Option<f64>> {
    let value = prop_oneof![
        8 => -1e3..1e3_f64,
        6 => (-40..40_i32).prop_map(|v| f64::from(v) * 0.25),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(0.0),
        1 => Just(-0.0),
        1 => Just(1e-300),
    ];
    option::weighted(0.9, value)
}

fn quarter() -> impl Strategy<Value = Option<f64>> {
    option::weighted(0.95, (-200..200_i32).prop_map(|v| f64::from(v) * 0.25))
}

fn score() -> impl Strategy<Value = Option<f64>> {
    option::weighted(0.97, (0..=64_i32).prop_map(|v| f64::from(v) / 64.0))
}

fn label(names: &'static [&'static str]) -> impl Strategy<Value = Option<&'static str>> {
    option::weighted(0.95, prop::sample::select(names))
}

type Inputs = (
    Option<f64>,
    Option<f64>,
    Option<i64>,
    Option<&'static str>,
    Option<bool>,
    Option<String>,
    Option<i64>,
    Option<f32>,
);
type Outputs = (
    Option<f64>,
    Option<f64>,
    Option<&'static str>,
    Option<&'static str>,
    Option<f64>,
    [Option<f64>; 3],
);

/// More categories than a small profile keeps by name, an empty string and a name in two scripts among them.
const CATEGORIES: &[&str] = &[
    "",
    "k1",
    "k2",
    "k3",
    "k4",
    "k5",
    "k6",
    "k7",
    "k8",
    "k9",
    "k10",
    "k11",
    "k12",
    "k13",
    "Straße 東",
    "NaN",
    "0",
];

fn row() -> impl Strategy<Value = (Inputs, Outputs)> {
    let small = option::weighted(0.9, (0..3_i32).prop_map(f64::from));
    let inputs = (
        number(),
        small,
        option::weighted(0.95, -30..30_i64),
        label(CATEGORIES),
        option::weighted(0.9, any::<bool>()),
        option::weighted(0.95, "[a-z]{1,4}( [é🦀]{1,2})?"),
        option::weighted(0.9, 1_300_000_000_000..1_300_900_000_000_i64),
        option::weighted(0.9, -8.0..8.0_f32),
    );
    let outputs = (
        quarter(),
        quarter(),
        label(&["a", "b", "c"]),
        label(&["a", "b", "c"]),
        score(),
        [score(), score(), score()],
    );
    (inputs, outputs)
}

fn zero(negative: Option<bool>, value: Option<f64>) -> Option<f64> {
    match negative {
        Some(true) => Some(-0.0),
        Some(false) => Some(0.0),
        None => value.map(|_| f64::NAN),
    }
}

fn frame(rows: &[(Inputs, Outputs)]) -> Frame {
    fn numbers(rows: &[(Inputs, Outputs)], get: impl Fn(&(Inputs, Outputs)) -> Option<f64>) -> ArrayRef {
        Arc::new(rows.iter().map(get).collect::<Float64Array>())
    }
    fn texts<'r>(rows: &'r [(Inputs, Outputs)], get: impl Fn(&'r (Inputs, Outputs)) -> Option<&'r str>) -> ArrayRef {
        Arc::new(rows.iter().map(get).collect::<StringArray>())
    }
    let odd = rows.iter().map(|(i, _)| i.7).collect::<Float32Array>();
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("n", numbers(rows, |(i, _)| i.0)),
        ("small", numbers(rows, |(i, _)| i.1)),
        ("constant", numbers(rows, |_| Some(0.1))),
        ("nothing", numbers(rows, |_| None)),
        // Zeros of both signs, and NaN beside null: cells that are equal and yet differ in their bits.
        ("zeros", numbers(rows, |(i, _)| zero(i.4, i.1))),
        ("i", Arc::new(rows.iter().map(|(i, _)| i.2).collect::<Int64Array>())),
        ("c", texts(rows, |(i, _)| i.3)),
        ("b", Arc::new(rows.iter().map(|(i, _)| i.4).collect::<BooleanArray>())),
        ("t", texts(rows, |(i, _)| i.5.as_deref())),
        (
            "d",
            Arc::new(rows.iter().map(|(i, _)| i.6).collect::<TimestampMillisecondArray>()),
        ),
        (ODD_NAME, Arc::new(odd)),
        ("y", numbers(rows, |(_, o)| o.0)),
        ("p", numbers(rows, |(_, o)| o.1)),
        ("l", texts(rows, |(_, o)| o.2)),
        ("q", texts(rows, |(_, o)| o.3)),
        ("s", numbers(rows, |(_, o)| o.4)),
    ];
    for (at, name) in ["sa", "sb", "sc"].into_iter().enumerate() {
        columns.push((name, numbers(rows, |(_, o)| o.5[at])));
    }
    // Names come sorted from files and unsorted from elsewhere; both must do.
    if rows.len().is_multiple_of(2) {
        columns.sort_by_key(|(name, _)| *name);
    }
    Frame::of(columns)
}

/// A frame with up to `most` rows.
pub fn frames(most: usize) -> impl Strategy<Value = Frame> {
    vec(row(), 0..=most).prop_map(|rows| frame(&rows))
}

/// The same frame in every run.
pub fn fixed_frame(rows: usize) -> Frame {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let tree = vec(row(), rows).new_tree(&mut runner).expect("rows");
    frame(&tree.current())
}

/// A small reproducible source of randomness for shuffles.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            let other = self.below(at + 1);
            items.swap(at, other);
        }
    }
}
