//! The merge law: rows read at once, in batches, in parts that are merged in any order, with every part written to bytes
//! and read back, or shuffled first, give the same state for every statistic and the same numbers for every metric.

mod damage;
mod params;

use std::sync::Arc;

use plimsoll_engine::{
    DESCRIPTORS, DynMetric, EvaluateError, Evaluation, LabelSource, METRICS, Preparer, Profile, ProfileOptions,
    ProfilePlan, Profiles, StatisticSpec, find_metric, statistics::CoMoments,
};
use plimsoll_model::{ColumnKind, DescriptorSpec, Params, Preparation};
use proptest::prelude::*;
use serde_json::Value;

use crate::frames::{Dice, Frame, MODELS, Model, ODD_NAME, definition, fixed_frame, frames};

use params::PARAMS;

/// Sizes at which a few hundred rows leave nothing exact.
pub fn small() -> ProfileOptions {
    ProfileOptions {
        exact_limit: 50,
        sketch_points: 16,
        category_limit: 10,
    }
}

/// Every kind of request, by the place of its name in this list.
const KINDS: [&str; 19] = [
    "categories",
    "co_moments",
    "conflicts",
    "confusion",
    "count",
    "distinct",
    "distribution",
    "error_products",
    "errors",
    "group_outcomes",
    "incomplete",
    "log_loss",
    "moments",
    "ranked_lists",
    "row_sample",
    "rows",
    "scores",
    "sql",
    "types",
];

/// Says whether equal rows give equal bytes, whatever the order. A new statistic does not compile without an answer.
fn is_exact(spec: &StatisticSpec) -> bool {
    match spec {
        StatisticSpec::Count { .. }
        | StatisticSpec::Distribution { .. }
        | StatisticSpec::Categories { .. }
        | StatisticSpec::Distinct { .. }
        | StatisticSpec::Scores { .. }
        | StatisticSpec::Conflicts { .. }
        | StatisticSpec::Confusion { .. }
        | StatisticSpec::GroupOutcomes { .. }
        | StatisticSpec::RankedLists { .. }
        | StatisticSpec::Sql { .. }
        | StatisticSpec::RowSample { .. }
        | StatisticSpec::Rows { .. }
        | StatisticSpec::Incomplete { .. }
        | StatisticSpec::Types { .. }
        | StatisticSpec::Moments { .. }
        | StatisticSpec::Errors { .. }
        | StatisticSpec::ErrorProducts { .. }
        | StatisticSpec::LogLoss { .. } => true,
        StatisticSpec::CoMoments { .. } => false,
    }
}

/// Requests of every kind over every type of column.
pub fn specs() -> Vec<StatisticSpec> {
    crate::toy_sql::enable();
    let text = |s: &str| s.to_owned();
    let all = [
        "n", "small", "constant", "nothing", "zeros", "i", "c", "b", "t", "d", ODD_NAME, "l", "s",
    ];
    let numeric = ["n", "small", "constant", "nothing", "zeros", "i", "b", "d", ODD_NAME];
    let mut specs = Vec::new();
    for column in all.map(text) {
        specs.push(StatisticSpec::Count { column: column.clone() });
        specs.push(StatisticSpec::Categories { column: column.clone() });
        specs.push(StatisticSpec::Types { column: column.clone() });
        specs.push(StatisticSpec::Distinct { column });
    }
    for column in numeric.map(text) {
        specs.push(StatisticSpec::Moments { column: column.clone() });
        specs.push(StatisticSpec::Distribution { column });
    }
    let classes = || ["a", "b", "c"].map(|c| (text(c), format!("s{c}"))).to_vec();
    for predicted in [
        LabelSource::Column(text("q")),
        LabelSource::Threshold {
            score: text("s"),
            positive: text("a"),
            threshold_bits: 0.5_f64.to_bits(),
        },
        LabelSource::ArgMax { scores: classes() },
    ] {
        let target = text("l");
        for (group, target) in [("b", Some(target.clone())), ("c", None)] {
            specs.push(StatisticSpec::GroupOutcomes {
                group: text(group),
                target,
                predicted: predicted.clone(),
                positive: text("a"),
            });
        }
        specs.push(StatisticSpec::Confusion { target, predicted });
    }
    for (descending, item, features) in [(true, Some("i"), vec!["n", "small"]), (false, None, Vec::new())] {
        specs.push(StatisticSpec::RankedLists {
            user: text("c"),
            item: item.map(text),
            order: text("small"),
            descending,
            target: Some(text("y")),
            features: features.into_iter().map(text).collect(),
        });
    }
    for scores in [classes(), vec![(text("a"), text("s"))]] {
        let target = text("l");
        specs.push(StatisticSpec::LogLoss { target, scores });
    }
    specs.push(StatisticSpec::CoMoments {
        columns: ["n", "i", "y", "p", ODD_NAME].map(text).to_vec(),
    });
    for features in [vec![text("small")], ["zeros", "b", "c"].map(text).to_vec()] {
        let label = text("q");
        specs.push(StatisticSpec::Conflicts { features, label });
    }
    specs.push(StatisticSpec::Sql {
        expression: text("sum(n)"),
        columns: vec![(text("n"), ColumnKind::Numeric)],
    });
    specs.push(StatisticSpec::ErrorProducts {
        target: text("y"),
        prediction: text("p"),
    });
    specs.push(StatisticSpec::Errors {
        target: text("y"),
        prediction: text("p"),
    });
    specs.push(StatisticSpec::Scores {
        target: text("l"),
        class: text("a"),
        score: text("s"),
    });
    for columns in [vec![text("small")], vec![text("zeros")], all.map(text).to_vec()] {
        specs.push(StatisticSpec::RowSample {
            columns: columns.clone(),
            size: 20,
            seed: 7,
        });
        specs.push(StatisticSpec::Incomplete {
            columns: columns.clone(),
        });
        specs.push(StatisticSpec::Rows { columns });
    }
    specs
}

#[test]
fn the_laws_cover_every_statistic() {
    let mut covered: Vec<&str> = specs().iter().map(StatisticSpec::name).collect();
    covered.sort_unstable();
    covered.dedup();
    assert_eq!(covered, KINDS);
}

/// The same rows by every way; the first is one pass. All are finished.
fn ways(frame: &Frame, plan: &Arc<ProfilePlan>, seed: u64) -> Vec<(&'static str, Profile)> {
    let mut dice = Dice(seed);
    let batch = 1 + dice.below(64);
    let mut order: Vec<usize> = (0..frame.rows()).collect();
    dice.shuffle(&mut order);
    let mut parts: Vec<Vec<usize>> = vec![Vec::new(); 1 + dice.below(6)];
    for row in &order {
        let part = dice.below(parts.len());
        parts[part].push(*row);
    }
    let read = |rows: &Vec<usize>| frame.take(rows).read(plan, batch);
    let mut merged = parts.iter().map(read).reduce(merge).expect("a part");
    let mut tree: Vec<Profile> = parts.iter().map(read).collect();
    while tree.len() > 1 {
        let (at, other) = (dice.below(tree.len()), dice.below(tree.len() - 1));
        let left = tree.swap_remove(at);
        let right = tree.swap_remove(other.min(tree.len() - 1));
        tree.push(merge(left, right));
    }
    let through_bytes = |profile: Profile| {
        let mut profile = profile;
        profile.finish();
        Profile::from_bytes(plan, &profile.to_bytes()).expect("own bytes")
    };
    let written = parts
        .iter()
        .map(|rows| through_bytes(read(rows)))
        .reduce(|a, b| through_bytes(merge(a, b)));
    let mut batched = frame.read(plan, batch);
    let mut shuffled = frame.take(&order).read(plan, usize::MAX);
    for profile in [&mut merged, &mut tree[0], &mut batched, &mut shuffled] {
        profile.finish();
    }
    let again = through_bytes(frame.profile(plan));
    let mut written = written.expect("a part");
    written.finish();
    vec![
        ("one pass", frame.profile(plan)),
        ("batches", batched),
        ("merged parts", merged),
        ("merged as a tree", tree.remove(0)),
        ("parts through bytes", written),
        ("through bytes", again),
        ("shuffled rows", shuffled),
    ]
}

fn merge(mut left: Profile, right: Profile) -> Profile {
    left.merge(right).expect("one plan");
    left
}

/// Equal, or nearly so for numbers whose last digits depend on the order of a sum.
fn alike(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}

fn all_alike(a: &[Option<f64>], b: &[Option<f64>]) -> bool {
    let pair = |(a, b): (&Option<f64>, &Option<f64>)| match (a, b) {
        (Some(a), Some(b)) => alike(*a, *b, 1e-9),
        (None, None) => true,
        _ => false,
    };
    a.len() == b.len() && a.iter().zip(b).all(pair)
}

/// Everything that a statistic built of rounded sums can tell.
fn told(profile: &Profile, spec: &StatisticSpec) -> Vec<Option<f64>> {
    let StatisticSpec::CoMoments { columns } = spec else {
        panic!("{} is compared by its bytes", spec.name());
    };
    let state: &CoMoments = profile.get(spec).expect("co-moments");
    let pairs = (0..columns.len()).flat_map(|i| (0..columns.len()).map(move |j| (i, j)));
    pairs
        .flat_map(|(i, j)| [Some(state.n(i, j) as f64), state.covariance(i, j), state.pearson(i, j)])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn every_statistic_obeys_the_merge_law(frame in frames(260), seed in any::<u64>()) {
        let (exact, sums): (Vec<_>, Vec<_>) = specs().into_iter().partition(is_exact);
        for options in [ProfileOptions::default(), small()] {
            let plan = |specs: &[StatisticSpec]| Arc::new(ProfilePlan::new(specs.to_vec(), options.clone()));
            let all = ways(&frame, &plan(&exact), seed);
            for (way, other) in &all {
                prop_assert_eq!(other.rows(), frame.rows() as u64);
                if other.to_bytes() != all[0].1.to_bytes() {
                    let differs = exact.iter().find(|spec| {
                        let alone = ways(&frame, &plan(&[(*spec).clone()]), seed);
                        alone.iter().any(|(_, p)| p.to_bytes() != alone[0].1.to_bytes())
                    });
                    prop_assert!(false, "{way}: {differs:?}");
                }
            }
            let all = ways(&frame, &plan(&sums), seed);
            for (way, other) in &all {
                for spec in &sums {
                    let (a, b) = (told(&all[0].1, spec), told(other, spec));
                    prop_assert!(all_alike(&a, &b), "{way}: {spec:?}\n{a:?}\n{b:?}");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn every_metric_obeys_the_merge_law(current in frames(200), reference in frames(260), seed in any::<u64>()) {
        for model in MODELS {
            let metrics = metrics(model);
            for options in [ProfileOptions::default(), small()] {
                let specs = metrics.iter().flat_map(|m| m.required());
                let plan = Arc::new(ProfilePlan::new(specs, options));
                let (now, before) = (ways(&current, &plan, seed), ways(&reference, &plan, seed ^ 1));
                for metric in &metrics {
                    let one = run(&**metric, model, &now[0].1, Some(&before[0].1));
                    let points = one.iter().flat_map(|evaluation| &evaluation.points);
                    for point in points {
                        let range = metric.range(&point.field);
                        let within = point.value.is_none_or(|v| range.least - 1e-9 <= v && v <= range.most + 1e-9);
                        prop_assert!(within || point.value.is_some_and(f64::is_nan), "{} {point:?} {range:?}", metric.id());
                    }
                    for ((way, now), (_, before)) in now.iter().zip(&before) {
                        let other = run(&**metric, model, now, Some(before));
                        let same = same(&one, &other);
                        prop_assert!(same, "{way}: {} {:?}\n{one:?}\n{other:?}", metric.id(), metric.params());
                    }
                }
            }
        }
    }
}

/// A descriptor of every kind over `t`, and cells that stand for missing.
fn preparer() -> Preparer {
    let spec = |id: &str| {
        let more = match id {
            "text.begins" | "text.contains" | "text.ends" => r#""items": ["a", "b"]"#,
            "text.regex" => r#""pattern": "[x-z]""#,
            "text.trigger_words" => r#""words": ["a", "go"]"#,
            _ => r#""column": "t""#,
        };
        let params = serde_json::from_str(&format!(r#"{{"column": "t", {more}}}"#)).expect("parameters");
        let id = id.to_owned();
        (format!("of {id}"), DescriptorSpec { id, params })
    };
    let texts = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
    let preparation = Preparation {
        numeric: ["t".to_owned()].into(),
        missing: texts(&["-3", "k1", "0.25", "a"]),
        missing_in: [("b".to_owned(), texts(&["true"]))].into(),
        descriptors: DESCRIPTORS.iter().map(|d| spec(d.id)).collect(),
    };
    Preparer::new(&preparation).expect("descriptors")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn prepared_rows_obey_the_merge_law(frame in frames(200), seed in any::<u64>()) {
        let preparer = preparer();
        let mut specs: Vec<_> = specs().into_iter().filter(is_exact).collect();
        for descriptor in DESCRIPTORS {
            let column = format!("of {}", descriptor.id);
            specs.push(StatisticSpec::Count { column: column.clone() });
            specs.push(StatisticSpec::Moments { column: column.clone() });
            specs.push(StatisticSpec::Categories { column: column.clone() });
            specs.push(StatisticSpec::Distribution { column });
        }
        let plan = ProfilePlan::new(specs, small())
            .prepared(&preparer)
            .with_segments(&[vec!["of text.regex".to_owned()]]);
        let plan = Arc::new(plan);
        prop_assert!(!plan.columns().iter().any(|c| c.starts_with("of ")));
        let all = ways(&frame, &plan, seed);
        for (way, other) in &all {
            prop_assert!(other.to_bytes() == all[0].1.to_bytes(), "{way}");
            // The preparation is stored with the profile, so that what is read merges with what comes.
            let mut stored = Profile::from_stored(&other.to_stored()).expect("own bytes");
            prop_assert!(stored.merge(frame.profile(&plan)).is_ok());
        }
    }
}

fn run(
    metric: &dyn DynMetric,
    model: Model,
    current: &Profile,
    reference: Option<&Profile>,
) -> Result<Evaluation, EvaluateError> {
    metric.run(&Profiles {
        current,
        reference,
        reference_windows: 1.0,
        definition: &definition(model),
    })
}

/// The same points, notes and pictures, but for the last digits of sums; the same error.
fn same(a: &Result<Evaluation, EvaluateError>, b: &Result<Evaluation, EvaluateError>) -> bool {
    match (a, b) {
        (Ok(a), Ok(b)) => {
            let points = a.points.len() == b.points.len()
                && a.points
                    .iter()
                    .zip(&b.points)
                    .all(|(a, b)| a.field == b.field && a.labels == b.labels && all_alike(&[a.value], &[b.value]));
            let json = |e: &Evaluation| serde_json::to_value((&e.detail, &e.resolved)).expect("JSON");
            points && a.notes == b.notes && a.exact == b.exact && near(&json(a), &json(b))
        }
        (Err(a), Err(b)) => a == b,
        _ => false,
    }
}

/// Pictures carry six digits, so that a last digit of a sum may show in the sixth.
fn near(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| near(v, w)))
        }
        (Value::Number(a), Value::Number(b)) => match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => alike(a, b, 2e-5),
            _ => a == b,
        },
        _ => a == b,
    }
}

/// Every metric that the model takes, with each of its parameters. Data metrics are parsed for one model only.
pub fn metrics(model: Model) -> Vec<Arc<dyn DynMetric>> {
    crate::toy_sql::enable();
    let definition = definition(model);
    let mut metrics = Vec::new();
    for (id, params) in PARAMS {
        let of_model = ["classification.", "explain", "fairness.", "ranking.", "regression."]
            .iter()
            .any(|family| id.starts_with(family));
        if !of_model && model != Model::Regression {
            continue;
        }
        for text in *params {
            let params: Params = serde_json::from_str(text).expect("parameters");
            match (find_metric(id).expect("a metric").parse)(&params, &definition) {
                Ok(metric) => metrics.push(metric),
                Err(error) => assert!(of_model, "{id} {text}: {error}"),
            }
        }
    }
    metrics
}

#[test]
fn the_laws_cover_every_metric() {
    let ids: Vec<&str> = PARAMS.iter().map(|(id, _)| *id).collect();
    let registry: Vec<&str> = METRICS.iter().map(|m| m.id).collect();
    assert_eq!(ids, registry);
    let parsed: Vec<&str> = MODELS.into_iter().flat_map(metrics).map(|m| m.id()).collect();
    for id in ids {
        assert!(parsed.contains(&id), "{id} was parsed for no model");
    }
}

/// Different values beyond what is counted exactly: the estimate is the same by every way, and near.
#[test]
fn estimates_beyond_the_limits_do_not_depend_on_the_order() {
    use arrow::array::{ArrayRef, Int64Array, StringArray};
    let rows: u32 = 150_000;
    let numbers: ArrayRef = Arc::new((0..i64::from(rows)).map(Some).collect::<Int64Array>());
    let names: ArrayRef = Arc::new((0..rows).map(|i| Some(format!("name {i}"))).collect::<StringArray>());
    let frame = Frame::of(vec![("k", names), ("n", numbers)]);
    let of = |column: &str| {
        let column = column.to_owned();
        [
            StatisticSpec::Distinct { column: column.clone() },
            StatisticSpec::Categories { column },
        ]
    };
    let specs = of("k").into_iter().chain(of("n"));
    let plan = Arc::new(ProfilePlan::new(specs, ProfileOptions::default()));
    let all = ways(&frame, &plan, 3);
    for (way, profile) in &all {
        assert!(profile.to_bytes() == all[0].1.to_bytes(), "{way}");
    }
    for column in ["k", "n"] {
        let [distinct, categories] = of(column);
        let distinct: &plimsoll_engine::statistics::Distinct = all[0].1.get(&distinct).expect("distinct");
        let error = (distinct.count() as f64 / f64::from(rows) - 1.0).abs();
        assert!(
            !distinct.is_exact() && error < 5.0 * distinct.relative_error(),
            "{error}"
        );
        let categories: &plimsoll_engine::statistics::Categories = all[0].1.get(&categories).expect("categories");
        assert!(!categories.is_exact() && categories.total() == u64::from(rows));
    }
}

#[test]
fn finishing_twice_and_reading_on_after_it_change_nothing() {
    let frame = fixed_frame(220);
    for options in [ProfileOptions::default(), small()] {
        let plan = Arc::new(ProfilePlan::new(specs().into_iter().filter(is_exact), options));
        let one = frame.profile(&plan);
        let mut twice = frame.profile(&plan);
        twice.finish();
        assert!(one.to_bytes() == twice.to_bytes());
        let (first, second): (Vec<usize>, Vec<usize>) = (0..frame.rows()).partition(|row| row % 3 == 0);
        let mut interrupted = frame.take(&first).profile(&plan);
        interrupted.merge(frame.take(&second).profile(&plan)).expect("one plan");
        interrupted.finish();
        assert!(one.to_bytes() == interrupted.to_bytes());
    }
}

/// Profiles that are stored beside a snapshot are shrunk: they still answer every metric that they answered before.
#[test]
fn compacted_profiles_still_evaluate_every_metric() {
    let frame = fixed_frame(3_000);
    let reference = fixed_frame(2_500);
    for model in MODELS {
        let metrics = metrics(model);
        let plan = Arc::new(ProfilePlan::new(
            metrics.iter().flat_map(|m| m.required()),
            ProfileOptions::default(),
        ));
        let (now, before) = (frame.profile(&plan), reference.profile(&plan));
        let compacted = |frame: &Frame| {
            let mut profile = frame.profile(&plan);
            profile.compact();
            let once = profile.to_bytes();
            profile.compact();
            assert!(once == profile.to_bytes(), "compacting twice changes the profile");
            Profile::from_stored(&profile.to_stored()).expect("own bytes")
        };
        let (small_now, small_before) = (compacted(&frame), compacted(&reference));
        if model == Model::Regression {
            let (small, large) = (small_now.to_bytes().len(), now.to_bytes().len());
            assert!(small * 2 < large, "{small} bytes of {large}");
        }
        for metric in &metrics {
            let (id, params) = (metric.id(), metric.params());
            let whole = run(&**metric, model, &now, Some(&before));
            let small = run(&**metric, model, &small_now, Some(&small_before));
            let (Ok(whole), Ok(small)) = (&whole, &small) else {
                assert_eq!(whole.as_ref().err(), small.as_ref().err(), "{id} {params:?}");
                continue;
            };
            let names = |e: &Evaluation| -> Vec<_> {
                // Which bins deviate most depends on the rows that remain of a sample.
                let lasting = e.points.iter().filter(|p| !p.labels.contains_key("bin"));
                lasting
                    .map(|p| (p.field.clone(), p.labels.clone(), p.value.is_some()))
                    .collect()
            };
            assert_eq!(names(whole), names(small), "{id} {params:?}");
        }
    }
}
