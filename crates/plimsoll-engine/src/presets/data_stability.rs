//! `data_stability`.

use plimsoll_model::{DataDefinition, MetricSpec, TestSpec};

use super::{Preset, column_stability, test};

pub(super) const PRESET: Preset = Preset {
    name: "data_stability",
    doc: "Rows, columns, missing values, ranges, categories and means stay as in the reference",
    report: None,
    compared: None,
    tests: Some(tests),
};

fn tests(definition: &DataDefinition) -> Vec<TestSpec> {
    let mut tests = vec![
        test(MetricSpec::new("dataset.rows"), None),
        test(MetricSpec::new("dataset.columns"), None),
    ];
    tests.extend(column_stability(definition));
    tests
}
