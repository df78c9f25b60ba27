//! `target_drift`.

use plimsoll_model::{ColumnKind, ColumnSpec, DataDefinition, MetricSpec, Role, TestSpec};

use super::{
    Preset, comparable,
    correlations::{correlation, has_pair, is_numeric},
    of_column, test,
};

pub(super) const PRESET: Preset = Preset {
    name: "target_drift",
    doc: "Drift of target, prediction and scores, and how target and prediction go together with the other columns",
    report: Some(report),
    compared: None,
    tests: Some(tests),
};

fn labels(definition: &DataDefinition) -> impl Iterator<Item = &ColumnSpec> {
    comparable(definition).filter(|c| matches!(c.role, Role::Target | Role::Prediction | Role::Score(_)))
}

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    let drift = labels(definition).map(|c| of_column("drift.column", c));
    let correlations = labels(definition)
        .filter(|c| matches!(c.role, Role::Target | Role::Prediction))
        .filter_map(|c| {
            let (method, fits): (_, fn(ColumnKind) -> bool) = if is_numeric(c.kind) {
                ("pearson", is_numeric)
            } else {
                ("cramer_v", ColumnKind::is_categorical)
            };
            has_pair(definition, fits).then(|| correlation(method, Some(&c.name)))
        });
    drift.chain(correlations).collect()
}

fn tests(definition: &DataDefinition) -> Vec<TestSpec> {
    labels(definition)
        .map(|c| test(of_column("drift.column", c), Some("score")))
        .collect()
}
