//! `no_target`.

use plimsoll_model::{DataDefinition, MetricSpec, Role, TestSpec};

use super::{Preset, column_stability, comparable, of_column, test};

pub(super) const PRESET: Preset = Preset {
    name: "no_target",
    doc: "What can be held against the reference before labels come: drift of the predictions and stability of the data",
    report: None,
    compared: None,
    tests: Some(tests),
};

fn tests(definition: &DataDefinition) -> Vec<TestSpec> {
    let mut tests: Vec<TestSpec> = comparable(definition)
        .filter(|c| matches!(c.role, Role::Prediction | Role::Score(_)))
        .map(|c| test(of_column("drift.column", c), Some("score")))
        .collect();
    tests.push(test(MetricSpec::new("drift.dataset"), Some("share")));
    tests.push(test(MetricSpec::new("dataset.columns"), None));
    let labels = definition.target().map(|c| c.name.clone());
    let about_target =
        |t: &TestSpec| labels.is_some() && t.metric.params.get("column").and_then(|c| c.as_str()) == labels.as_deref();
    tests.extend(column_stability(definition).into_iter().filter(|t| !about_target(t)));
    tests
}
