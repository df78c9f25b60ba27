//! `text_evals`.

use plimsoll_model::{ColumnSpec, DataDefinition, MetricSpec};

use super::{Preset, comparable, data_quality::summary, of_column};

pub(super) const PRESET: Preset = Preset {
    name: "text_evals",
    doc: "A summary of every column that is derived from texts, and with a reference its drift",
    report: Some(report),
    compared: Some(compared),
    tests: None,
};

fn is_derived(definition: &DataDefinition) -> impl Fn(&&ColumnSpec) -> bool {
    |column| definition.is_derived(&column.name)
}

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    summary(definition.monitored().filter(is_derived(definition)))
}

fn compared(definition: &DataDefinition) -> Vec<MetricSpec> {
    let derived = comparable(definition).filter(is_derived(definition));
    derived.map(|column| of_column("drift.column", column)).collect()
}
