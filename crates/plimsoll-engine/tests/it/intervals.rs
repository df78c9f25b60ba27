//! Sampling intervals hold the true value as often as they say: 95 of 100 samples, within what 2,000 samples can tell.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use plimsoll_engine::{ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Params, Role, Task};

use crate::frames::{Frame, column};

const SAMPLES: u64 = 2_000;

/// Numbers that look random; the same for the same seed.
struct Numbers(u64);

impl Numbers {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (radius, angle) = ((-2.0 * (1.0 - self.uniform()).ln()).sqrt(), self.uniform());
        radius * (std::f64::consts::TAU * angle).cos()
    }
}

/// The share of samples whose interval holds the truth.
fn coverage(
    (id, params): (&str, &str),
    definition: &DataDefinition,
    truth: f64,
    sample: impl Fn(&mut Numbers) -> Frame,
) -> f64 {
    let params: Params = serde_json::from_str(params).expect("parameters");
    let metric = (find_metric(id).expect("a metric").parse)(&params, definition).expect("roles");
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let mut held = 0;
    for seed in 0..SAMPLES {
        let frame = sample(&mut Numbers(seed << 32));
        let found = metric.run(&Profiles {
            current: &frame.profile(&plan),
            reference: None,
            reference_windows: 1.0,
            definition,
        });
        let found = found.expect("a value");
        let end = |field: &str| {
            let point = found.points.iter().find(|p| p.field == field);
            point.and_then(|p| p.value).expect("an end")
        };
        held += u64::from((end("lower")..=end("upper")).contains(&truth));
    }
    held as f64 / SAMPLES as f64
}

/// Two standard errors of a share of 0.95 of 2,000 are 0.01; approximations may be off by as much again.
fn assert_near_nominal(id: &str, coverage: f64) {
    assert!((0.93..=0.97).contains(&coverage), "{id}: {coverage}");
}

fn numbers(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(Float64Array::from_iter_values(values))
}

fn texts(values: impl IntoIterator<Item = bool>) -> ArrayRef {
    let text = |v| Some(if v { "yes" } else { "no" });
    Arc::new(values.into_iter().map(text).collect::<StringArray>())
}

fn definition(task: Task, columns: Vec<plimsoll_model::ColumnSpec>) -> DataDefinition {
    DataDefinition {
        columns,
        task: Some(task),
        ..DataDefinition::default()
    }
}

fn binary() -> Task {
    Task::Binary {
        positive: "yes".to_owned(),
        threshold: 0.5,
    }
}

#[test]
fn of_the_coefficient_of_determination() {
    let numeric = |name, role| column(name, ColumnKind::Numeric, role);
    let of = definition(
        Task::Regression,
        vec![numeric("p", Role::Prediction), numeric("y", Role::Target)],
    );
    // y = x + z has twice the variance of z, or, with x ten times as wide, 101 times.
    for (wide, truth) in [(1.0, 0.5), (10.0, 100.0 / 101.0)] {
        let covered = coverage(("regression.r2", "{}"), &of, truth, |random| {
            let x: Vec<f64> = (0..200).map(|_| wide * random.normal()).collect();
            let y: Vec<f64> = x.iter().map(|x| 100.0 + x + random.normal()).collect();
            Frame::of(vec![("p", numbers(x.iter().map(|x| 100.0 + x))), ("y", numbers(y))])
        });
        assert_near_nominal("regression.r2", covered);
    }
}

#[test]
fn of_losses_and_of_the_first_rows() {
    let of = definition(
        binary(),
        vec![
            column("s", ColumnKind::Numeric, Role::Score(None)),
            column("y", ColumnKind::Categorical, Role::Target),
        ],
    );
    // Scores are uniform and true: ∫ p (1 − p) is 1/6, −∫ p ln p + (1 − p) ln (1 − p) is 1/2.
    let sample = |random: &mut Numbers| {
        let scores: Vec<f64> = (0..300).map(|_| random.uniform()).collect();
        let came: Vec<bool> = scores.iter().map(|s| random.uniform() < *s).collect();
        Frame::of(vec![("s", numbers(scores)), ("y", texts(came))])
    };
    assert_near_nominal(
        "brier",
        coverage(("classification.brier", "{}"), &of, 1.0 / 6.0, sample),
    );
    assert_near_nominal(
        "log_loss",
        coverage(("classification.log_loss", "{}"), &of, 0.5, sample),
    );
    // Of the upper third of the scores 5/6 come true; that the third begins elsewhere in each sample is not in the interval.
    let first = r#"{"share": 0.3333333333333333}"#;
    let covered = coverage(("classification.top_k", first), &of, 5.0 / 6.0, sample);
    assert!((0.9..=0.97).contains(&covered), "top_k: {covered}");
}

#[test]
fn of_means_over_users() {
    let of = definition(
        Task::Ranking { k: 5 },
        vec![
            column("item", ColumnKind::Categorical, Role::Item),
            column("s", ColumnKind::Numeric, Role::Score(None)),
            column("user", ColumnKind::Categorical, Role::User),
            column("y", ColumnKind::Numeric, Role::Target),
        ],
    );
    let all = r#"{"no_feedback_users": true}"#;
    // Each of ten items is relevant to a user with a chance that is the user's own, uniform from 0 to 1.
    let sample = |random: &mut Numbers| {
        let (mut users, mut items, mut targets) = (Vec::new(), Vec::new(), Vec::new());
        for user in 0..80 {
            let chance = random.uniform();
            for item in 0..10 {
                users.push(Some(format!("u{user}")));
                items.push(Some(format!("i{item}")));
                targets.push(f64::from(u8::from(random.uniform() < chance)));
            }
        }
        let text = |values: Vec<Option<String>>| Arc::new(values.into_iter().collect::<StringArray>()) as ArrayRef;
        Frame::of(vec![
            ("item", text(items)),
            ("s", numbers((0..800).map(|row| f64::from(row % 10)))),
            ("user", text(users)),
            ("y", numbers(targets)),
        ])
    };
    assert_near_nominal("precision", coverage(("ranking.precision", all), &of, 0.5, sample));
    // Without a relevant item at chance p: (1 − p)⁵, 1/6 on average.
    assert_near_nominal("hit_rate", coverage(("ranking.hit_rate", all), &of, 5.0 / 6.0, sample));
    // Recall is 1/2 of those with a relevant item, and 0 of the 1/11 without.
    let recall = 0.5 * 10.0 / 11.0;
    let f1 = 2.0 * 0.5 * recall / (0.5 + recall);
    assert_near_nominal("f_beta", coverage(("ranking.f_beta", all), &of, f1, sample));
}

#[test]
fn of_differences_of_groups() {
    let of = definition(
        binary(),
        vec![
            column("group", ColumnKind::Categorical, Role::Feature),
            column("p", ColumnKind::Categorical, Role::Prediction),
            column("y", ColumnKind::Categorical, Role::Target),
        ],
    );
    let covered = coverage(
        ("fairness.demographic_parity", r#"{"column": "group"}"#),
        &of,
        0.3,
        |random| {
            let groups: Vec<bool> = (0..300).map(|_| random.uniform() < 0.4).collect();
            let chosen: Vec<bool> = groups
                .iter()
                .map(|g| random.uniform() < if *g { 0.6 } else { 0.3 })
                .collect();
            Frame::of(vec![
                ("group", texts(groups)),
                ("p", texts(chosen.clone())),
                ("y", texts(chosen)),
            ])
        },
    );
    assert_near_nominal("demographic_parity", covered);
}
