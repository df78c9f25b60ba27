//! `data_quality`.

use plimsoll_model::{ColumnKind, ColumnSpec, DataDefinition, MetricSpec, TestSpec};

use super::{Preset, comparable, of_column, test};

pub(super) const PRESET: Preset = Preset {
    name: "data_quality",
    doc: "Missing values, duplicates, constants and mismatched types of the data set, and a summary of every column",
    report: Some(report),
    compared: None,
    tests: Some(tests),
};

/// Metrics of the data set as a whole.
pub(super) const DATASET: &[&str] = &[
    "dataset.rows",
    "dataset.columns",
    "dataset.missing_cells",
    "dataset.duplicated_rows",
    "dataset.duplicated_columns",
    "dataset.constant_columns",
    "dataset.almost_constant_columns",
    "dataset.empty_rows",
    "dataset.empty_columns",
];

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    let dataset = DATASET.iter().copied().chain(["dataset.type_mismatches"]);
    let mut specs: Vec<MetricSpec> = dataset.map(MetricSpec::new).collect();
    specs.extend(columns(definition));
    specs
}

/// The summary of every column.
pub(super) fn columns(definition: &DataDefinition) -> Vec<MetricSpec> {
    summary(definition.monitored())
}

/// The summary of some columns.
pub(super) fn summary<'c>(columns: impl Iterator<Item = &'c ColumnSpec>) -> Vec<MetricSpec> {
    let mut specs = Vec::new();
    for column in columns {
        let ids: &[&str] = match column.kind {
            ColumnKind::Numeric => &[
                "column.missing",
                "column.distinct",
                "column.min",
                "column.quantile",
                "column.max",
                "column.mean",
                "column.std",
                "column.infinite",
            ],
            ColumnKind::Categorical | ColumnKind::Boolean | ColumnKind::Text => {
                &["column.missing", "column.distinct", "column.most_common"]
            }
            ColumnKind::Datetime => &["column.missing", "column.distinct", "column.min", "column.max"],
            ColumnKind::Embedding | ColumnKind::List => &["column.missing"],
        };
        specs.extend(ids.iter().map(|id| of_column(id, column)));
    }
    specs
}

fn tests(definition: &DataDefinition) -> Vec<TestSpec> {
    let dataset = [
        ("dataset.missing_cells", "share"),
        ("dataset.constant_columns", "count"),
        ("dataset.duplicated_columns", "count"),
        ("dataset.duplicated_rows", "share"),
    ];
    let mut tests: Vec<TestSpec> = dataset
        .into_iter()
        .map(|(id, field)| test(MetricSpec::new(id), Some(field)))
        .collect();
    for column in comparable(definition) {
        tests.push(test(of_column("column.missing", column), Some("share")));
        tests.push(test(of_column("column.most_common", column), Some("share")));
    }
    tests
}
