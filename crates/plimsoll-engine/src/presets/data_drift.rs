//! `data_drift`.

use plimsoll_model::{DataDefinition, MetricSpec, Role, TestSpec};

use super::{Preset, comparable, of_column, test};

pub(super) const PRESET: Preset = Preset {
    name: "data_drift",
    doc: "Drift of every numeric, categorical and boolean column, and the share of drifted columns",
    report: Some(report),
    compared: None,
    tests: Some(tests),
};

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    std::iter::once(MetricSpec::new("drift.dataset"))
        .chain(comparable(definition).map(|c| of_column("drift.column", c)))
        .collect()
}

/// The share first, then target and prediction, then the rest.
fn tests(definition: &DataDefinition) -> Vec<TestSpec> {
    let mut columns: Vec<_> = comparable(definition).collect();
    columns.sort_by_key(|c| match c.role {
        Role::Target => 0,
        Role::Prediction | Role::Score(_) => 1,
        _ => 2,
    });
    std::iter::once(test(MetricSpec::new("drift.dataset"), Some("share")))
        .chain(
            columns
                .into_iter()
                .map(|c| test(of_column("drift.column", c), Some("score"))),
        )
        .collect()
}
