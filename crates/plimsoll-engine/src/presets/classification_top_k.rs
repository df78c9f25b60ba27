//! `classification_top_k`.

use plimsoll_model::{DataDefinition, MetricSpec, TestSpec};

use super::{Preset, comparable, of_column, test};

pub(super) const PRESET: Preset = Preset {
    name: "classification_top_k",
    doc: "Quality of a binary classification where the rows with the highest scores are acted on: a tenth of them, or the `k` of `classification.top_k`",
    report: Some(report),
    compared: None,
    tests: Some(tests),
};

const IDS: [&str; 4] = [
    "classification.top_k",
    "classification.roc_auc",
    "classification.log_loss",
    "classification.calibration",
];

fn report(_: &DataDefinition) -> Vec<MetricSpec> {
    IDS.into_iter().map(MetricSpec::new).collect()
}

fn tests(definition: &DataDefinition) -> Vec<TestSpec> {
    let top = ["accuracy", "precision", "recall", "f1"].map(|field| test(MetricSpec::new(IDS[0]), Some(field)));
    let target = definition.target().map(|t| t.name.as_str());
    let drift = comparable(definition).filter(|c| Some(c.name.as_str()) == target);
    let drift = drift.map(|c| test(of_column("drift.column", c), Some("score")));
    let scores = IDS[1..3].iter().map(|id| test(MetricSpec::new(*id), None));
    top.into_iter().chain(drift).chain(scores).collect()
}
