//! `dummy`.

use plimsoll_model::{DataDefinition, MetricSpec, Task};

use super::Preset;

pub(super) const PRESET: Preset = Preset {
    name: "dummy",
    doc: "What the model has to beat: the best constant predictions of a regression, random labels of a classification",
    report: Some(report),
    compared: None,
    tests: None,
};

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    let ids: &[&str] = match definition.task {
        Some(Task::Binary { .. } | Task::Multiclass) => &["classification.dummy", "classification.accuracy"],
        _ => &["regression.dummy", "regression.mae", "regression.rmse"],
    };
    ids.iter().map(|id| MetricSpec::new(*id)).collect()
}
