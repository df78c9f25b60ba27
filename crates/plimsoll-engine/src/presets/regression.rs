//! `regression`.

use plimsoll_model::{DataDefinition, MetricSpec, TestSpec};

use super::{Preset, test};

pub(super) const PRESET: Preset = Preset {
    name: "regression",
    doc: "Quality of a regression: mean error, absolute and squared errors, R², and with a reference what is expected of labels that have not come",
    report: Some(report),
    compared: Some(compared),
    tests: Some(tests),
};

fn report(_: &DataDefinition) -> Vec<MetricSpec> {
    let ids = [
        "regression.mae",
        "regression.rmse",
        "regression.me",
        "regression.mape",
        "regression.r2",
        "regression.max_error",
    ];
    ids.into_iter().map(MetricSpec::new).collect()
}

/// What is expected of the labels that have not come yet.
fn compared(_: &DataDefinition) -> Vec<MetricSpec> {
    vec![MetricSpec::new("regression.estimated")]
}

fn tests(_: &DataDefinition) -> Vec<TestSpec> {
    let ids = ["regression.me", "regression.mae", "regression.rmse", "regression.mape"];
    ids.into_iter().map(|id| test(MetricSpec::new(id), None)).collect()
}
