//! `dataset_stats`.

use plimsoll_model::{DataDefinition, MetricSpec};

use super::{Preset, data_quality::DATASET};

pub(super) const PRESET: Preset = Preset {
    name: "dataset_stats",
    doc: "The data set as a whole: rows, columns, missing cells, duplicates, constants and empty rows and columns, contradicting rows",
    report: Some(report),
    compared: None,
    tests: None,
};

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    let conflicts = [
        ("dataset.target_conflicts", definition.target()),
        ("dataset.prediction_conflicts", definition.prediction()),
    ];
    let has_features = definition
        .columns
        .iter()
        .any(|c| c.role == plimsoll_model::Role::Feature);
    let conflicts = conflicts
        .into_iter()
        .filter(|(_, label)| has_features && label.is_some());
    DATASET
        .iter()
        .copied()
        .chain(["dataset.almost_duplicated_columns"])
        .chain(conflicts.map(|(id, _)| id))
        .map(MetricSpec::new)
        .collect()
}
