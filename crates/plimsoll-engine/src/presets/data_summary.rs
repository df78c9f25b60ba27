//! `data_summary`.

use plimsoll_model::{DataDefinition, MetricSpec};

use super::{Preset, data_quality};

pub(super) const PRESET: Preset = Preset {
    name: "data_summary",
    doc: "Everything of `data_quality`, and pairs of columns that agree in nearly every row",
    report: Some(report),
    compared: None,
    tests: None,
};

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    let dataset = data_quality::DATASET
        .iter()
        .copied()
        .chain(["dataset.almost_duplicated_columns"]);
    dataset
        .map(MetricSpec::new)
        .chain(data_quality::columns(definition))
        .collect()
}
