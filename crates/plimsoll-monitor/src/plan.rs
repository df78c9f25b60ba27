//! What a monitor computes: evaluation plans of its report and its test suite.

use plimsoll_engine::{EvaluationPlan, ProfileOptions, expand_report, expand_tests};
use plimsoll_model::{DataDefinition, ReportItem, SnapshotKind, TestItem};

use crate::MonitorError;

/// One kind of snapshot with its plan.
#[derive(Debug)]
pub(crate) struct Planned {
    pub kind: SnapshotKind,
    pub plan: EvaluationPlan,
}

/// The plans of a monitor: a report, a test suite, or both.
pub(crate) fn plans(
    monitor: &str,
    report: &[ReportItem],
    tests: &[TestItem],
    definition: &DataDefinition,
) -> Result<Vec<Planned>, MonitorError> {
    let named = |source| MonitorError::Spec {
        monitor: monitor.to_owned(),
        source: Box::new(source),
    };
    let options = ProfileOptions::default;
    let mut planned = Vec::new();
    if !report.is_empty() {
        let metrics = expand_report(report, definition).map_err(named)?;
        let plan = EvaluationPlan::new(&metrics, &[], definition, options()).map_err(named)?;
        planned.push(Planned {
            kind: SnapshotKind::Report,
            plan,
        });
    }
    if !tests.is_empty() {
        let tests = expand_tests(tests, definition).map_err(named)?;
        let plan = EvaluationPlan::new(&[], &tests, definition, options()).map_err(named)?;
        planned.push(Planned {
            kind: SnapshotKind::TestSuite,
            plan,
        });
    }
    Ok(planned)
}
