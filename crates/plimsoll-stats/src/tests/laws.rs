//! Laws that every test in the registry keeps, on simulated data.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

use super::*;

/// All kinds of data in one hand.
enum Pair {
    Numbers(Vec<f64>, Vec<f64>),
    Counts(Vec<u64>, Vec<u64>),
    Texts(Vec<String>, Vec<String>),
}

fn numbers(reference: &[f64], current: &[f64]) -> Pair {
    let sorted = |values: &[f64]| {
        let mut values = values.to_vec();
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    Pair::Numbers(sorted(reference), sorted(current))
}

impl Pair {
    fn run(&self, test: &TestKind) -> Result<Outcome, StatsError> {
        let data = match self {
            Self::Numbers(reference, current) => TwoSamples::Numeric {
                reference: Sample::from_sorted(reference),
                current: Sample::from_sorted(current),
            },
            Self::Counts(reference, current) => TwoSamples::Categorical(CategoryCounts { reference, current }),
            Self::Texts(reference, current) => TwoSamples::Text(TextSamples { reference, current }),
        };
        (test.run)(&data, &TestOptions::default())
    }

    fn score(&self, test: &TestKind) -> f64 {
        self.run(test).unwrap_or_else(|e| panic!("{}: {e}", test.id)).score
    }

    fn swapped(&self) -> Self {
        match self {
            Self::Numbers(a, b) => Self::Numbers(b.clone(), a.clone()),
            Self::Counts(a, b) => Self::Counts(b.clone(), a.clone()),
            Self::Texts(a, b) => Self::Texts(b.clone(), a.clone()),
        }
    }
}

fn tests(input: &[InputKind]) -> impl Iterator<Item = &'static TestKind> {
    TESTS.iter().filter(move |t| input.contains(&t.input))
}

fn normal(chance: &mut Pcg64, n: usize, mean: f64) -> Vec<f64> {
    let draw = |_| {
        let (u, v): (f64, f64) = (chance.random(), chance.random());
        mean + (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    };
    (0..n).map(draw).collect()
}

/// Counts of `n` rows over categories with these shares.
fn counts(chance: &mut Pcg64, n: usize, shares: &[f64]) -> Vec<u64> {
    let mut counts = vec![0; shares.len()];
    for _ in 0..n {
        let mut left: f64 = chance.random();
        let at = shares.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        counts[at.unwrap_or(0)] += 1;
    }
    counts
}

/// `n` texts of eight words of thirty; the larger the shift, the more of the last ones.
fn texts(chance: &mut Pcg64, n: usize, shift: f64) -> Vec<String> {
    let mut word = || {
        format!(
            "word{}",
            (30.0 * chance.random::<f64>().powf(1.0 / (1.0 + shift))) as u32
        )
    };
    let text = |_| (0..8).map(|_| word()).collect::<Vec<_>>().join(" ");
    (0..n).map(text).collect()
}

/// A pair for the test; `shift` moves the current side away from the reference.
fn pair(test: &TestKind, chance: &mut Pcg64, shift: f64) -> Pair {
    if test.input == InputKind::Text {
        Pair::Texts(texts(chance, 60, 0.0), texts(chance, 50, shift))
    } else if test.input == InputKind::Categorical {
        let moved = 0.2 * shift;
        let (r, c): (&[f64], &[f64]) = if matches!(test.id, "fisher_exact" | "z") {
            (&[0.4, 0.6], &[0.4 + moved, 0.6 - moved])
        } else {
            (&[0.3, 0.3, 0.4], &[0.3 + moved, 0.3, 0.4 - moved])
        };
        Pair::Counts(counts(chance, 60, r), counts(chance, 50, c))
    } else {
        numbers(&normal(chance, 30, 0.0), &normal(chance, 26, shift))
    }
}

fn near(a: f64, b: f64, relative: f64) -> bool {
    (a - b).abs() <= relative * a.abs().max(b.abs()) + 1e-12
}

#[test]
fn the_sides_can_be_exchanged() {
    let mut chance = Pcg64::seed_from_u64(1);
    // These take bins or a scale from the reference.
    let of_reference = |id: &str| matches!(id, "empirical_mmd" | "kl_div" | "psi" | "wasserstein");
    for test in TESTS.iter().filter(|t| !of_reference(t.id)) {
        for shift in [0.0, 0.7] {
            let pair = pair(test, &mut chance, shift);
            let (there, back) = (pair.score(test), pair.swapped().score(test));
            assert!(near(there, back, 1e-9), "{}: {there} {back}", test.id);
        }
    }
}

#[test]
fn identical_samples_show_no_drift_at_all() {
    let mut chance = Pcg64::seed_from_u64(2);
    for test in TESTS {
        let same = match pair(test, &mut chance, 0.0) {
            Pair::Numbers(a, _) => Pair::Numbers(a.clone(), a),
            Pair::Counts(a, _) => Pair::Counts(a.clone(), a),
            Pair::Texts(a, _) => Pair::Texts(a.clone(), a),
        };
        let score = same.score(test);
        match (test.id, test.score) {
            // The table ends there.
            ("anderson", _) => assert_eq!(score, 0.25),
            // Unbiased, so that deals can be as close.
            ("empirical_mmd", _) => assert!(score > 0.95, "{score}"),
            (id, ScoreKind::PValue) => assert!(near(score, 1.0, 1e-12), "{id}: {score}"),
            (id, ScoreKind::Distance) => assert!(score.abs() < 1e-12, "{id}: {score}"),
            (id, ScoreKind::Area) => assert!(near(score, 0.5, 1e-12), "{id}: {score}"),
        }
    }
}

#[test]
fn the_order_of_categories_does_not_matter() {
    let (r, c) = (vec![40, 3, 0, 17, 9], vec![31, 8, 2, 30, 0]);
    let order = [3, 0, 4, 2, 1];
    let shuffled = |v: &[u64]| order.map(|i: usize| v[i]).to_vec();
    let (given, other) = (
        Pair::Counts(r.clone(), c.clone()),
        Pair::Counts(shuffled(&r), shuffled(&c)),
    );
    for test in tests(&[InputKind::Categorical, InputKind::Both]) {
        // Fisher's test takes two categories, the z-test compares the first one.
        if !matches!(test.id, "fisher_exact" | "z") {
            assert!(near(given.score(test), other.score(test), 1e-12), "{}", test.id);
        }
    }
}

#[test]
fn scores_follow_the_scale_of_the_values_as_they_claim() {
    let mut chance = Pcg64::seed_from_u64(3);
    let (a, b) = (normal(&mut chance, 40, 0.0), normal(&mut chance, 30, 0.6));
    let mapped = |f: fn(f64) -> f64| {
        let all = |v: &[f64]| v.iter().map(|x| f(*x)).collect::<Vec<_>>();
        numbers(&all(&a), &all(&b))
    };
    let given = numbers(&a, &b);
    for test in tests(&[InputKind::Numeric, InputKind::Both]) {
        let score = given.score(test);
        let other = |f| mapped(f).score(test);
        match test.id {
            // Ranks alone count.
            "anderson" | "cramer_von_mises" | "ks" | "mannw" => assert_eq!(score, other(f64::exp), "{}", test.id),
            // In the root of the unit.
            "ed" => assert!(near(2.0 * score, other(|x| 4.0 * x - 9.0), 1e-9), "{}", test.id),
            // Other values, other deals.
            "empirical_mmd" => assert!((score - other(|x| 4.0 * x)).abs() < 0.1, "{}", test.id),
            _ => assert!(near(score, other(|x| 4.0 * x), 1e-9), "{}", test.id),
        }
    }
}

#[test]
fn false_alarms_are_as_frequent_as_the_level_says() {
    const PAIRS: u32 = 2_000;
    for test in TESTS.iter().filter(|t| t.score == ScoreKind::PValue) {
        let mut chance = Pcg64::seed_from_u64(4);
        let (mut at_5, mut at_20) = (0, 0);
        for _ in 0..PAIRS {
            let p = pair(test, &mut chance, 0.0).score(test);
            assert!((0.0..=1.0).contains(&p), "{}: {p}", test.id);
            at_5 += u32::from(p <= 0.05);
            at_20 += u32::from(p <= 0.20);
        }
        let share = |alarms: u32| f64::from(alarms) / f64::from(PAIRS);
        let (at_5, at_20) = (share(at_5), share(at_20));
        println!("{}: {at_5} at 0.05, {at_20} at 0.2", test.id);
        let (range_5, range_20) = match test.id {
            // Few values: the exact test stays below the level, by as much as one table weighs.
            "fisher_exact" => (0.015..=0.05, 0.09..=0.2),
            // Few values: its chi-square distribution holds for large samples, from which it is a little off.
            "es" => (0.035..=0.075, 0.165..=0.26),
            _ => (0.035..=0.065, 0.165..=0.235),
        };
        assert!(range_5.contains(&at_5), "{}: {at_5} at 0.05", test.id);
        assert!(range_20.contains(&at_20), "{}: {at_20} at 0.2", test.id);
    }
}

#[test]
fn power_grows_with_the_shift() {
    const PAIRS: u32 = 120;
    for test in TESTS {
        // The least shift counts drift by chance as well: a distance has no level.
        let mut chance = Pcg64::seed_from_u64(5);
        let mut mean = |shift: f64| {
            let scores = (0..PAIRS).map(|_| pair(test, &mut chance, shift).score(test));
            scores.sum::<f64>() / f64::from(PAIRS)
        };
        let means = [0.0, 0.6, 1.2, 1.8].map(&mut mean);
        let grows = |w: &[f64]| match test.score {
            ScoreKind::PValue => w[1] < w[0],
            ScoreKind::Distance | ScoreKind::Area => w[1] > w[0],
        };
        assert!(means.windows(2).all(grows), "{}: {means:?}", test.id);
        if test.score == ScoreKind::PValue {
            assert!(means[3] < 0.02, "{}: {means:?}", test.id);
        }
    }
}

#[test]
fn degenerate_input_has_a_value_or_a_reason() {
    let ramp: Vec<f64> = (0..30).map(f64::from).collect();
    let lone = [1.0];
    let constant = [5.0; 20];
    let halves: Vec<f64> = (0..20).map(|i| f64::from(i % 2)).collect();
    let huge = [-1.7e308, -1.0, 0.0, 1.0, 1.7e308, 1.7e308];
    let tiny: Vec<f64> = (0..20).map(|i| f64::from(i) * 5e-324).collect();
    let sides: [&[f64]; 7] = [&[], &lone, &constant, &halves, &huge, &tiny, &ramp];
    let mut pairs = Vec::new();
    for a in sides {
        for b in sides {
            pairs.push(numbers(a, b));
        }
    }
    let many = vec![1_u64; 100_000];
    let disjoint = |first: u64, second: u64| [vec![first; 500], vec![second; 500]].concat();
    pairs.push(Pair::Counts(many.clone(), many.clone()));
    pairs.push(Pair::Counts(disjoint(3, 0), disjoint(0, 7)));
    pairs.push(Pair::Counts(vec![1_000_000, 1], vec![1, 1_000_000]));
    pairs.push(Pair::Counts(vec![7], vec![9]));
    pairs.push(Pair::Counts(vec![0, 7, 0], vec![0, 9, 0]));
    pairs.push(Pair::Counts(vec![0, 7], vec![9, 0]));
    let some = |text: &str, n: usize| vec![text.to_owned(); n];
    let all = [
        some("", 9),
        some("a b", 3),
        some("one two", 40),
        some("🦀 \u{0} straße 東", 5),
        vec![],
    ];
    for a in &all {
        for b in &all {
            pairs.push(Pair::Texts(a.clone(), b.clone()));
        }
    }
    for test in TESTS {
        for pair in &pairs {
            match pair.run(test) {
                Ok(found) => assert!(
                    found.score >= 0.0 || found.score.abs() < 1e-12,
                    "{}: {}",
                    test.id,
                    found.score
                ),
                Err(reason) => assert!(reason.to_string().len() > 20, "{}: {reason}", test.id),
            }
        }
    }
}

#[test]
fn chance_alone_is_beyond_its_quantile_as_often_as_the_level_says() {
    const PAIRS: u32 = 400;
    let test = find_test("perc_text_content_drift").unwrap();
    let mut chance = Pcg64::seed_from_u64(7);
    let mut alarms = 0;
    for _ in 0..PAIRS {
        let found = pair(test, &mut chance, 0.0).run(test).unwrap();
        let bar = found.chance.unwrap().quantile(0.8);
        alarms += u32::from(test.is_drifted(found.score, bar));
    }
    let share = f64::from(alarms) / f64::from(PAIRS);
    assert!((0.13..=0.27).contains(&share), "{share}");
    let chance = Chance { mean: 0.5, std: 0.1 };
    assert_eq!(
        [0.0, 0.5, 1.0, 7.0].map(|level| chance.quantile(level)),
        [0.0, 0.5, 1.0, 1.0]
    );
}

#[test]
fn the_order_of_texts_does_not_matter_and_the_seed_does() {
    let mut chance = Pcg64::seed_from_u64(8);
    let (a, b) = (texts(&mut chance, 70, 0.0), texts(&mut chance, 65, 0.8));
    let test = find_test("abs_text_content_drift").unwrap();
    let given = Pair::Texts(a.clone(), b.clone()).score(test);
    let turned = |v: &[String]| v.iter().rev().cloned().collect::<Vec<_>>();
    assert_eq!(given, Pair::Texts(turned(&a), turned(&b)).score(test));
    let seeded = |seed| {
        let data = TwoSamples::Text(TextSamples {
            reference: &a,
            current: &b,
        });
        let options = TestOptions {
            seed,
            ..TestOptions::default()
        };
        (test.run)(&data, &options).unwrap().score
    };
    assert_eq!(seeded(0), given);
    assert_ne!(seeded(1), given);
}

#[test]
fn randomised_tests_follow_the_seed() {
    let mut chance = Pcg64::seed_from_u64(6);
    let (a, b) = (normal(&mut chance, 900, 0.0), normal(&mut chance, 800, 0.05));
    for (id, pair) in [
        ("empirical_mmd", numbers(&a, &b)),
        ("tvd", Pair::Counts(vec![30, 20, 25, 9], vec![21, 30, 20, 14])),
    ] {
        let test = find_test(id).unwrap();
        let first = pair.run(test).unwrap();
        assert_eq!(first, pair.run(test).unwrap(), "{id}");
        if id == "empirical_mmd" {
            assert_eq!(
                first.notes,
                ["compares 500 of 900 reference and 500 of 800 current values"]
            );
        }
    }
}
