//! `correlations`.

use plimsoll_model::{ColumnKind, DataDefinition, MetricSpec, Params, TestSpec};

use super::{Preset, test};

pub(super) const PRESET: Preset = Preset {
    name: "correlations",
    doc: "Correlations of the numeric and of the categorical columns, and those that differ from the reference's",
    report: Some(report),
    compared: None,
    tests: Some(tests),
};

/// The metric by one method, against one column if there is one.
pub(super) fn correlation(method: &str, with: Option<&str>) -> MetricSpec {
    let method = std::iter::once(("method".to_owned(), method.into()));
    let with = with.map(|column| ("with".to_owned(), column.into()));
    MetricSpec {
        id: "correlation".to_owned(),
        params: method.chain(with).collect::<Params>(),
    }
}

/// Says whether there are two columns to compare.
pub(super) fn has_pair(definition: &DataDefinition, fits: fn(ColumnKind) -> bool) -> bool {
    definition.monitored().filter(|c| fits(c.kind)).nth(1).is_some()
}

pub(super) fn is_numeric(kind: ColumnKind) -> bool {
    kind == ColumnKind::Numeric
}

fn methods(definition: &DataDefinition, numeric: &[&'static str]) -> Vec<&'static str> {
    let numeric = numeric.iter().filter(|_| has_pair(definition, is_numeric));
    let categorical = has_pair(definition, ColumnKind::is_categorical).then_some("cramer_v");
    numeric.copied().chain(categorical).collect()
}

fn report(definition: &DataDefinition) -> Vec<MetricSpec> {
    let methods = methods(definition, &["pearson", "spearman", "kendall"]);
    methods.into_iter().map(|method| correlation(method, None)).collect()
}

fn tests(definition: &DataDefinition) -> Vec<TestSpec> {
    let of = |method| ["changed", "largest"].map(|field| test(correlation(method, None), Some(field)));
    methods(definition, &["pearson"]).into_iter().flat_map(of).collect()
}
