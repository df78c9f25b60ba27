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

/// The share of samples whose interval holds the truth; without one, what the samples come to on average.
fn coverage(
    (id, params): (&str, &str),
    definition: &DataDefinition,
    truth: impl Into<Option<f64>>,
    sample: impl Fn(&mut Numbers) -> Frame,
) -> f64 {
    let params: Params = serde_json::from_str(params).expect("parameters");
    let metric = (find_metric(id).expect("a metric").parse)(&params, definition).expect("roles");
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let interval = |seed: u64| {
        let frame = sample(&mut Numbers(seed << 32));
        let found = metric.run(&Profiles {
            current: &frame.profile(&plan),
            reference: None,
            reference_windows: 1.0,
            definition,
        });
        let found = found.expect("a value");
        ["value", "lower", "upper"].map(|field| {
            let point = found.points.iter().find(|p| p.field == field && p.labels.is_empty());
            let point = point.or_else(|| found.points.iter().find(|p| p.field == field));
            point.and_then(|p| p.value)
        })
    };
    let intervals: Vec<[Option<f64>; 3]> = (0..SAMPLES).map(interval).collect();
    let truth = truth.into().unwrap_or_else(|| {
        let values = intervals.iter().map(|[value, ..]| value.expect("a value"));
        values.sum::<f64>() / SAMPLES as f64
    });
    let held = intervals
        .iter()
        .filter(|[_, lower, upper]| (lower.expect("an end")..=upper.expect("an end")).contains(&truth));
    held.count() as f64 / SAMPLES as f64
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
fn of_means_of_errors() {
    let numeric = |name, role| column(name, ColumnKind::Numeric, role);
    let of = definition(
        Task::Regression,
        vec![numeric("p", Role::Prediction), numeric("y", Role::Target)],
    );
    // Errors are normal about 1/2; √(1/4 + 1) is the root of their mean square.
    let sample = |random: &mut Numbers| {
        let y: Vec<f64> = (0..200).map(|_| 50.0 + 10.0 * random.uniform()).collect();
        let p: Vec<f64> = y.iter().map(|y| y + 0.5 + random.normal()).collect();
        Frame::of(vec![("p", numbers(p)), ("y", numbers(y))])
    };
    for (id, truth) in [
        ("regression.me", Some(0.5)),
        ("regression.rmse", Some(1.25_f64.sqrt())),
        ("regression.mae", None),
        ("regression.mape", None),
    ] {
        assert_near_nominal(id, coverage((id, "{}"), &of, truth, sample));
    }
}

/// Of 40 errors with heavy tails: the largest of others is beyond `lower` in more than 97.5 of 100 cases.
#[test]
fn of_the_largest_error() {
    let numeric = |name, role| column(name, ColumnKind::Numeric, role);
    let of = definition(
        Task::Regression,
        vec![numeric("p", Role::Prediction), numeric("y", Role::Target)],
    );
    let metric = find_metric("regression.max_error").expect("a metric");
    let metric = (metric.parse)(&Params::new(), &of).expect("roles");
    let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
    let exceeded = (0..SAMPLES).filter(|seed| {
        let mut random = Numbers(seed << 32);
        let mut errors = || -> Vec<f64> { (0..40).map(|_| random.normal() / random.uniform()).collect() };
        let (own, others) = (errors(), errors());
        let frame = Frame::of(vec![("p", numbers(own)), ("y", numbers(vec![0.0; 40]))]);
        let found = metric.run(&Profiles {
            current: &frame.profile(&plan),
            reference: None,
            reference_windows: 1.0,
            definition: &of,
        });
        let points = found.expect("a value").points;
        let lower = points.iter().find(|p| p.field == "lower").and_then(|p| p.value);
        others.iter().any(|e| e.abs() > lower.expect("an end"))
    });
    let share = exceeded.count() as f64 / SAMPLES as f64;
    assert!((0.975..=0.995).contains(&share), "{share}");
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
    // At 1/2 a score is as often above as a row is positive, and 3/4 of either are both; a row's pair is in order 5 times of 6.
    for (id, truth) in [
        ("classification.roc_auc", 5.0 / 6.0),
        ("classification.precision", 0.75),
        ("classification.recall", 0.75),
        ("classification.f1", 0.75),
        ("classification.accuracy", 0.75),
    ] {
        assert_near_nominal(id, coverage((id, "{}"), &of, truth, sample));
    }
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
    for id in ["ranking.recall", "ranking.map", "ranking.mrr", "ranking.ndcg"] {
        assert_near_nominal(id, coverage((id, all), &of, None, sample));
    }
    // The values of 80 users are skewed: few of them have most of the sum, so that the interval is somewhat narrow.
    let covered = coverage(("ranking.mar", all), &of, None, sample);
    assert!((0.9..=0.97).contains(&covered), "mar: {covered}");
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
    let by_group = r#"{"column": "group"}"#;
    let groups = |random: &mut Numbers| -> Vec<bool> { (0..300).map(|_| random.uniform() < 0.4).collect() };
    let chosen = |groups: &[bool], random: &mut Numbers| -> Vec<bool> {
        let chance = |group: bool| if group { 0.6 } else { 0.3 };
        groups.iter().map(|group| random.uniform() < chance(*group)).collect()
    };
    // Whatever a row is, it is chosen with the chance of its group.
    let sample = |random: &mut Numbers| {
        let groups = groups(random);
        let chosen = chosen(&groups, random);
        let is_positive: Vec<bool> = groups.iter().map(|_| random.uniform() < 0.5).collect();
        Frame::of(vec![
            ("group", texts(groups)),
            ("p", texts(chosen)),
            ("y", texts(is_positive)),
        ])
    };
    for id in ["fairness.demographic_parity", "fairness.equal_opportunity"] {
        assert_near_nominal(id, coverage((id, by_group), &of, 0.3, sample));
    }
    // The larger of two differences counts; that of the false positives is nought here, for only positive rows are chosen.
    let sample = |random: &mut Numbers| {
        let groups = groups(random);
        let is_positive: Vec<bool> = groups.iter().map(|_| random.uniform() < 0.5).collect();
        let chosen = chosen(&groups, random).into_iter().zip(&is_positive);
        let chosen: Vec<bool> = chosen.map(|(chosen, is_positive)| chosen && *is_positive).collect();
        Frame::of(vec![
            ("group", texts(groups)),
            ("p", texts(chosen)),
            ("y", texts(is_positive)),
        ])
    };
    let id = "fairness.equalized_odds";
    assert_near_nominal(id, coverage((id, by_group), &of, 0.3, sample));
}
