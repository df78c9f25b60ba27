//! `classification`.

use plimsoll_model::{DataDefinition, Labels, MetricSpec, Task, TestSpec};

use super::{Preset, comparable, of_column, test};

pub(super) const PRESET: Preset = Preset {
    name: "classification",
    doc: "Quality of a classification: accuracy, precision, recall, F1, confusion, with scores the area under the ROC curve and losses, and with a reference what is expected of labels that have not come",
    report: Some(report),
    compared: Some(compared),
    tests: Some(tests),
};

/// Says whether there are scores to judge: one of the positive class, or one for each of several.
fn has_scores(definition: &DataDefinition) -> bool {
    let scores = definition.scores().len();
    if matches!(definition.task, Some(Task::Binary { .. })) {
        scores > 0
    } else {
        scores > 1
    }
}

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    let mut ids = vec![
        "classification.accuracy",
        "classification.precision",
        "classification.recall",
        "classification.f1",
        "classification.confusion",
    ];
    if matches!(definition.task, Some(Task::Binary { .. })) {
        ids.extend(["classification.fpr", "classification.fnr"]);
    }
    if has_scores(definition) {
        ids.extend([
            "classification.roc_auc",
            "classification.log_loss",
            "classification.brier",
        ]);
    }
    ids.into_iter().map(MetricSpec::new).collect()
}

/// What is expected of the labels that have not come yet.
fn compared(definition: &DataDefinition) -> Vec<MetricSpec> {
    let estimated = has_scores(definition).then(|| MetricSpec::new("classification.estimated"));
    estimated.into_iter().collect()
}

fn tests(definition: &DataDefinition) -> Vec<TestSpec> {
    let mut tests: Vec<TestSpec> = ["classification.accuracy", "classification.f1"]
        .into_iter()
        .map(|id| test(MetricSpec::new(id), None))
        .collect();
    let binary = matches!(definition.task, Some(Task::Binary { .. }));
    for id in ["classification.precision", "classification.recall"] {
        let labels = if binary {
            Labels::new()
        } else {
            Labels::from([("class".to_owned(), "*".to_owned())])
        };
        tests.push(TestSpec {
            labels,
            ..test(MetricSpec::new(id), None)
        });
    }
    if has_scores(definition) {
        tests.push(test(MetricSpec::new("classification.roc_auc"), None));
        if !binary {
            tests.push(test(MetricSpec::new("classification.log_loss"), None));
        }
    }
    let target = definition.target().map(|t| t.name.as_str());
    let drift = comparable(definition).filter(|c| Some(c.name.as_str()) == target);
    tests.extend(drift.map(|c| test(of_column("drift.column", c), Some("score"))));
    tests
}
