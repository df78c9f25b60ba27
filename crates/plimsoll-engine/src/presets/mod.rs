//! Presets: names for lists of metrics or tests that fit the data. One file each, and one line in [`PRESETS`].

use plimsoll_model::{
    Bound, ColumnKind, ColumnSpec, DataDefinition, Labels, MetricSpec, Params, ReferenceTolerance, ReportItem,
    Severity, TestItem, TestSpec, Threshold,
};

use crate::{METRICS, SpecError, find_metric};

mod classification;
mod classification_top_k;
mod correlations;
mod data_drift;
mod data_quality;
mod data_stability;
mod data_summary;
mod dataset_stats;
mod dummy;
mod no_target;
mod ranking;
mod regression;
mod target_drift;
mod text_evals;

/// A name for a list of metrics, of tests, or of both.
#[derive(Debug, Clone, Copy)]
pub struct Preset {
    /// Name in configuration files.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub doc: &'static str,
    /// Metrics of a report; `None` if the preset is for test suites only.
    pub report: Option<fn(&DataDefinition) -> Vec<MetricSpec>>,
    /// Metrics that the report has as well where there is a reference.
    pub compared: Option<fn(&DataDefinition) -> Vec<MetricSpec>>,
    /// Tests of a test suite; `None` if the preset is for reports only.
    pub tests: Option<fn(&DataDefinition) -> Vec<TestSpec>>,
}

/// Every preset, sorted by name.
pub static PRESETS: &[Preset] = &[
    classification::PRESET,
    classification_top_k::PRESET,
    correlations::PRESET,
    data_drift::PRESET,
    data_quality::PRESET,
    data_stability::PRESET,
    data_summary::PRESET,
    dataset_stats::PRESET,
    dummy::PRESET,
    no_target::PRESET,
    ranking::PRESET,
    regression::PRESET,
    target_drift::PRESET,
    text_evals::PRESET,
];

fn find_preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.name == name)
}

fn unknown(what: &str, name: &str) -> SpecError {
    let names = METRICS.iter().map(|m| m.id).chain(PRESETS.iter().map(|p| p.name));
    SpecError::Unknown {
        what: what.to_owned(),
        name: name.to_owned(),
        near: plimsoll_model::near(name, names),
    }
}

/// The metrics that a `report:` list asks for, of data that are compared with a reference or not.
///
/// # Errors
/// [`SpecError::Unknown`] for a name that is neither a preset for reports nor a metric.
pub fn expand_report(
    items: &[ReportItem],
    definition: &DataDefinition,
    has_reference: bool,
) -> Result<Vec<MetricSpec>, SpecError> {
    let mut specs = Vec::new();
    for item in items {
        match item {
            ReportItem::Metric(spec) => specs.push(spec.clone()),
            ReportItem::Name(name) => match find_preset(name) {
                Some(Preset {
                    report: Some(expand),
                    compared,
                    ..
                }) => {
                    specs.extend(expand(definition));
                    let compared = compared.filter(|_| has_reference);
                    specs.extend(compared.map(|expand| expand(definition)).unwrap_or_default());
                }
                Some(_) => {
                    let problem = "is a preset for test suites; put it under `tests`".to_owned();
                    return Err(SpecError::Params {
                        metric: name.clone(),
                        problem,
                    });
                }
                None if find_metric(name).is_ok() => specs.push(MetricSpec::new(name.as_str())),
                None => return Err(unknown("metric or preset", name)),
            },
        }
    }
    Ok(specs)
}

/// The tests that a `tests:` list asks for.
///
/// # Errors
/// [`SpecError::Unknown`] for a name that is neither a preset for test suites nor a metric or its field.
pub fn expand_tests(items: &[TestItem], definition: &DataDefinition) -> Result<Vec<TestSpec>, SpecError> {
    let mut specs = Vec::new();
    for item in items {
        match item {
            TestItem::Name(name) => match find_preset(name) {
                Some(Preset {
                    tests: Some(expand), ..
                }) => specs.extend(expand(definition)),
                Some(_) => {
                    let problem = "is a preset for reports; put it under `report`".to_owned();
                    return Err(SpecError::Params {
                        metric: name.clone(),
                        problem,
                    });
                }
                None => specs.push(test_of(name)?),
            },
            TestItem::Test {
                target,
                params,
                labels,
                bound,
                severity,
            } => {
                if let Some(Preset {
                    tests: Some(expand), ..
                }) = find_preset(target)
                {
                    let learned = bound.is_learned() && params.is_empty() && labels.is_empty();
                    if !learned {
                        let problem = "is a preset and takes no parameters and no bound but a learned one, such as \
                                       `{learned: {std: 3}}`"
                            .to_owned();
                        return Err(SpecError::Params {
                            metric: target.clone(),
                            problem,
                        });
                    }
                    specs.extend(expand(definition).into_iter().map(|test| TestSpec {
                        bound: bound.clone(),
                        severity: *severity,
                        ..test
                    }));
                    continue;
                }
                let mut spec = test_of(target)?;
                spec.metric.params.clone_from(params);
                spec.labels.clone_from(labels);
                spec.bound = bound.clone();
                spec.severity = *severity;
                specs.push(spec);
            }
        }
    }
    Ok(specs)
}

/// Reads `metric.id` or `metric.id.field`.
fn test_of(target: &str) -> Result<TestSpec, SpecError> {
    if find_metric(target).is_ok() {
        return Ok(test(MetricSpec::new(target), None));
    }
    match target.rsplit_once('.') {
        Some((id, field)) if find_metric(id).is_ok() => Ok(test(MetricSpec::new(id), Some(field))),
        _ => Err(unknown("metric or preset", target)),
    }
}

/// A critical test with the derived bound.
fn test(metric: MetricSpec, field: Option<&str>) -> TestSpec {
    TestSpec {
        metric,
        field: field.map(str::to_owned),
        labels: Labels::new(),
        bound: Bound::default(),
        severity: Severity::Critical,
    }
}

/// A metric of a column.
fn of_column(id: &str, column: &ColumnSpec) -> MetricSpec {
    MetricSpec {
        id: id.to_owned(),
        params: Params::from([("column".to_owned(), column.name.clone().into())]),
    }
}

/// Columns with numbers, categories or truth values, in the order of the data.
fn comparable(definition: &DataDefinition) -> impl Iterator<Item = &ColumnSpec> {
    definition
        .monitored()
        .filter(|c| c.kind == ColumnKind::Numeric || c.kind.is_categorical())
}

/// The tests that hold for every column: missing values, range or list, mean.
fn column_stability(definition: &DataDefinition) -> Vec<TestSpec> {
    let columns = || comparable(definition);
    let numeric = || columns().filter(|c| c.kind == ColumnKind::Numeric);
    let two_sigmas = Bound {
        eq: Some(Threshold::Reference {
            reference: ReferenceTolerance {
                relative: 0.0,
                absolute: 0.0,
                sigmas: 2.0,
            },
        }),
        ..Bound::default()
    };
    let mut tests: Vec<TestSpec> = columns()
        .map(|c| test(of_column("column.missing", c), Some("share")))
        .collect();
    tests.extend(numeric().map(|c| test(of_column("column.in_range", c), Some("share"))));
    tests.extend(
        columns()
            .filter(|c| c.kind.is_categorical())
            .map(|c| test(of_column("column.new_categories", c), Some("share"))),
    );
    tests.extend(numeric().map(|c| TestSpec {
        bound: two_sigmas.clone(),
        ..test(of_column("column.mean", c), None)
    }));
    tests
}

#[cfg(test)]
mod tests {
    use super::*;
    use plimsoll_model::{Role, Task};

    fn definition() -> DataDefinition {
        let column = |name: &str, kind, role| ColumnSpec {
            name: name.to_owned(),
            kind,
            role,
        };
        DataDefinition {
            columns: vec![
                column("a", ColumnKind::Numeric, Role::Feature),
                column("b", ColumnKind::Categorical, Role::Feature),
                column("y", ColumnKind::Numeric, Role::Target),
                column("p", ColumnKind::Numeric, Role::Prediction),
            ],
            task: Some(Task::Regression),
            ..DataDefinition::default()
        }
    }

    #[test]
    fn names_are_unique_sorted_and_documented() {
        assert!(PRESETS.windows(2).all(|w| w[0].name < w[1].name));
        assert!(
            PRESETS
                .iter()
                .all(|p| p.doc.len() > 20 && (p.report.is_some() || p.tests.is_some()))
        );
    }

    #[test]
    fn every_preset_that_fits_can_be_planned() {
        let definition = definition();
        let of_others = |p: &&Preset| p.name.starts_with("classification") || p.name == "ranking";
        for preset in PRESETS.iter().filter(|p| !of_others(p)) {
            let mut report = preset.report.map(|f| f(&definition)).unwrap_or_default();
            report.extend(preset.compared.map(|f| f(&definition)).unwrap_or_default());
            let tests = preset.tests.map(|f| f(&definition)).unwrap_or_default();
            let plan = crate::EvaluationPlan::new(&report, &tests, &definition, crate::ProfileOptions::default());
            assert!(plan.is_ok(), "{}: {:?}", preset.name, plan.err());
        }
    }

    #[test]
    fn a_target_is_a_metric_with_or_without_a_field() {
        let items = [
            TestItem::Name("drift.dataset.share".to_owned()),
            TestItem::Name("regression.mae".to_owned()),
        ];
        let tests = expand_tests(&items, &definition()).unwrap();
        assert_eq!(tests[0].field.as_deref(), Some("share"));
        assert_eq!(
            (tests[1].metric.id.as_str(), &tests[1].field),
            ("regression.mae", &None)
        );
        let error = expand_tests(&[TestItem::Name("data_drfit".to_owned())], &definition()).unwrap_err();
        assert!(error.to_string().contains("`data_drift`"), "{error}");
        assert!(expand_report(&[ReportItem::Name("no_target".to_owned())], &definition(), true).is_err());
    }
}
