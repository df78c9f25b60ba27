//! `data_drift`.

use plimsoll_model::{ColumnKind, ColumnSpec, DataDefinition, MetricSpec, Role, TestSpec};

use super::{Preset, of_column, test};

pub(super) const PRESET: Preset = Preset {
    name: "data_drift",
    doc: "Drift of every numeric, categorical, boolean and text column, and the share of drifted columns",
    report: Some(report),
    compared: None,
    tests: Some(tests),
};

/// Columns whose drift can be tested, in the order of the data.
fn tested(definition: &DataDefinition) -> impl Iterator<Item = &ColumnSpec> {
    let fits = |kind: ColumnKind| matches!(kind, ColumnKind::Numeric | ColumnKind::Text) || kind.is_categorical();
    definition.monitored().filter(move |c| fits(c.kind))
}

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    std::iter::once(MetricSpec::new("drift.dataset"))
        .chain(tested(definition).map(|c| of_column("drift.column", c)))
        .collect()
}

/// The share first, then target and prediction, then the rest.
fn tests(definition: &DataDefinition) -> Vec<TestSpec> {
    let mut columns: Vec<_> = tested(definition).collect();
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
