//! Segments: each is what its rows alone would give, whatever way the rows came.

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, StringArray};
use plimsoll_engine::{EvaluationPlan, Profile, ProfileOptions, ProfilePlan, StatisticSpec, expand_report};
use plimsoll_model::{
    Bound, ColumnKind, DataDefinition, Labels, MetricSpec, Point, ReportItem, Role, SEGMENT, Severity, Status, Task,
    TestSpec, Threshold,
};
use proptest::prelude::*;

use crate::frames::{Frame, column};

/// Rows of several countries and devices; in the last country the prediction is off.
fn sales(rows: usize, countries: usize, off: f64) -> Frame {
    let country = |i: usize| i * 7 % countries;
    let number = |f: &dyn Fn(usize) -> f64| Arc::new(Float64Array::from_iter_values((0..rows).map(f))) as ArrayRef;
    let text = |f: &dyn Fn(usize) -> Option<String>| Arc::new((0..rows).map(f).collect::<StringArray>()) as ArrayRef;
    let x = |i: usize| (i * 31 % 97) as f64;
    Frame::of(vec![
        ("country", text(&|i| (i % 11 != 0).then(|| format!("c{}", country(i))))),
        (
            "device",
            text(&|i| Some(if i % 3 == 0 { "mobile" } else { "desktop" }.to_owned())),
        ),
        (
            "p",
            number(&|i| x(i) + if country(i) + 1 == countries { off } else { 0.0 }),
        ),
        ("x", number(&x)),
        ("y", number(&|i| x(i) + (i % 5) as f64)),
    ])
}

fn definition(segments: &[&[&str]]) -> DataDefinition {
    use ColumnKind::{Categorical, Numeric};
    DataDefinition {
        columns: vec![
            column("country", Categorical, Role::Feature),
            column("device", Categorical, Role::Feature),
            column("p", Numeric, Role::Prediction),
            column("x", Numeric, Role::Feature),
            column("y", Numeric, Role::Target),
        ],
        task: Some(Task::Regression),
        segments: segments
            .iter()
            .map(|columns| columns.iter().map(|c| (*c).to_owned()).collect())
            .collect(),
        ..DataDefinition::default()
    }
}

fn report(definition: &DataDefinition) -> EvaluationPlan {
    let items = ["data_drift", "data_quality", "regression"].map(|name| ReportItem::Name(name.to_owned()));
    let metrics = expand_report(&items, definition, true).unwrap();
    EvaluationPlan::new(&metrics, &[], definition, ProfileOptions::default()).unwrap()
}

/// Points of all measurements by metric and parameters, without those of segments or those of one segment alone.
fn points(plan: &EvaluationPlan, now: &Profile, before: &Profile, segment: Option<&str>) -> Vec<(String, Vec<Point>)> {
    let evaluated = plan.evaluate(now, Some(&plan.reference(before)));
    let own = |p: &Point| p.labels.get(SEGMENT).map(String::as_str) == segment;
    let unlabelled = |mut p: Point| {
        p.labels.remove(SEGMENT);
        p
    };
    evaluated
        .measurements
        .into_iter()
        .map(|m| (m.id, m.points.into_iter().filter(own).map(unlabelled).collect()))
        .collect()
}

#[test]
fn a_segment_has_the_values_of_its_rows_alone() {
    let (now, before) = (sales(3_000, 4, 5.0), sales(2_000, 4, 0.0));
    let whole = report(&definition(&[&["country"], &["country", "device"]]));
    let (now_profile, before_profile) = (now.profile(whole.profile()), before.profile(whole.profile()));
    let alone = report(&definition(&[]));
    for (name, country, device) in [
        ("country=c3", Some("c3"), None),
        ("country=missing", None, None),
        ("country=c1, device=mobile", Some("c1"), Some("mobile")),
    ] {
        let rows = |frame: &Frame| {
            let column = |at: usize| frame.arrays[at].as_any().downcast_ref::<StringArray>().unwrap().clone();
            let (countries, devices) = (column(0), column(1));
            let fits = |row: &usize| {
                countries.iter().nth(*row) == Some(country) && device.is_none_or(|d| devices.value(*row) == d)
            };
            frame.take(&(0..frame.rows()).filter(fits).collect::<Vec<_>>())
        };
        let expected = points(
            &alone,
            &rows(&now).profile(alone.profile()),
            &rows(&before).profile(alone.profile()),
            None,
        );
        let found = points(&whole, &now_profile, &before_profile, Some(name));
        assert_eq!(found, expected, "{name}");
        assert!(expected.iter().map(|(_, p)| p.len()).sum::<usize>() > 50);
    }
    let (with, without) = (
        points(&whole, &now_profile, &before_profile, None),
        points(
            &alone,
            &now.profile(alone.profile()),
            &before.profile(alone.profile()),
            None,
        ),
    );
    assert_eq!(with, without, "the whole does not change by its segments");
}

fn test(labels: &[(&str, &str)], bound: Bound) -> TestSpec {
    TestSpec {
        metric: MetricSpec::new("regression.mae"),
        field: None,
        labels: labels
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect::<Labels>(),
        bound,
        severity: Severity::Critical,
    }
}

#[test]
fn tests_hold_the_whole_or_each_segment() {
    use Status::{Fail, Pass};

    let (now, before) = (sales(3_000, 4, 5.0), sales(2_000, 4, 0.0));
    let below = Bound {
        lt: Some(Threshold::Number(2.5)),
        ..Bound::default()
    };
    let tests = [
        test(&[], below.clone()),
        test(&[(SEGMENT, "*")], below),
        test(&[(SEGMENT, "country=c3")], Bound::default()),
    ];
    let plan = EvaluationPlan::new(&[], &tests, &definition(&[&["country"]]), ProfileOptions::default()).unwrap();
    let (now, before) = (now.profile(plan.profile()), before.profile(plan.profile()));
    let results = plan.evaluate(&now, Some(&plan.reference(&before))).tests;
    let told: Vec<(Option<&str>, Status)> = results
        .iter()
        .map(|r| (r.labels.get(SEGMENT).map(String::as_str), r.status))
        .collect();
    // The largest segment of the reference stands first.
    assert_eq!(
        told,
        [
            (None, Pass),
            (Some("country=c2"), Pass),
            (Some("country=c3"), Fail),
            (Some("country=c0"), Pass),
            (Some("country=c1"), Pass),
            (Some("country=missing"), Pass),
            (Some("country=c3"), Fail),
        ]
    );
}

#[test]
fn the_largest_segments_of_the_reference_are_told_apart_and_the_rest_is_one() {
    let definition = definition(&[&["country"]]);
    let metric = [MetricSpec::new("dataset.rows")];
    let plan = EvaluationPlan::new(&metric, &[], &definition, ProfileOptions::default()).unwrap();
    let (now, before) = (sales(4_000, 50, 0.0), sales(4_000, 30, 0.0));
    let (now, before) = (now.profile(plan.profile()), before.profile(plan.profile()));
    let found = plan.evaluate(&now, Some(&plan.reference(&before))).measurements;
    let rows: Vec<(&str, f64)> = found[0]
        .points
        .iter()
        .map(|p| (p.labels.get(SEGMENT).map_or("", String::as_str), p.value.unwrap()))
        .collect();
    assert_eq!(rows.len(), 1 + 20 + 1, "{rows:?}");
    let parts: f64 = rows[1..].iter().map(|(_, rows)| rows).sum();
    assert!((parts - rows[0].1).abs() < 1e-9, "{rows:?}");
    assert_eq!(rows[21].0, "country=other");
}

#[test]
fn a_grouping_that_cannot_be_read_is_told_and_nothing_else_fails() {
    let definition = definition(&[&["nowhere"], &["device"]]);
    let metric = [MetricSpec::new("regression.mae")];
    let plan = EvaluationPlan::new(&metric, &[], &definition, ProfileOptions::default()).unwrap();
    let now = sales(500, 3, 0.0).profile(plan.profile());
    let found = plan.evaluate(&now, None).measurements;
    assert!(
        found[0].notes[0].starts_with("no segments by nowhere: no column `nowhere`"),
        "{:?}",
        found[0].notes
    );
    assert_eq!(
        found[0]
            .points
            .iter()
            .filter(|p| p.field == "value" && p.labels.contains_key(SEGMENT))
            .count(),
        2
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// More segments than a slice keeps: the way of the rows does not tell which are kept.
    #[test]
    fn segments_obey_the_merge_law(rows in 1_usize..900, countries in 1_usize..400, parts in 1_usize..6, batch in 1_usize..300, seed in any::<u64>()) {
        let frame = sales(rows, countries, 1.0);
        let specs = ["x", "y"].map(|c| StatisticSpec::Distribution { column: c.to_owned() });
        let groupings = [vec!["country".to_owned()], vec!["device".to_owned(), "country".to_owned()]];
        let plan = Arc::new(ProfilePlan::new(specs, ProfileOptions::default()).with_segments(&groupings));
        let once = frame.profile(&plan).to_bytes();
        let mut merged = Profile::empty(&plan);
        for part in 0..parts {
            let own = |row: &usize| (row.wrapping_mul(0x9e37_79b9) ^ seed as usize) % parts == part;
            let rows: Vec<usize> = (0..frame.rows()).rev().filter(own).collect();
            if !rows.is_empty() {
                let mut part = frame.take(&rows).read(&plan, batch);
                part.finish();
                merged.merge(Profile::from_bytes(&plan, &part.to_bytes()).unwrap()).unwrap();
            }
        }
        merged.finish();
        prop_assert_eq!(&merged.to_bytes(), &once);
        let stored = Profile::from_stored(&merged.to_stored()).unwrap();
        prop_assert_eq!(stored.plan(), &plan);
        prop_assert_eq!(stored.to_bytes(), once);
    }
}
