//! What a monitor computes: evaluation plans of its report and its test suite.

use std::sync::Arc;

use plimsoll_engine::{EvaluationPlan, ProfileOptions, ProfilePlan, StatisticSpec, expand_report, expand_tests};
use plimsoll_model::{DataDefinition, ReportItem, SnapshotKind, TestItem};

use crate::MonitorError;

/// One kind of snapshot with its plan.
#[derive(Debug)]
pub(crate) struct Planned {
    pub kind: SnapshotKind,
    pub plan: EvaluationPlan,
}

/// The plans of a monitor: a report, a test suite, or both; a report tells more where there is a reference.
pub(crate) fn plans(
    monitor: &str,
    report: &[ReportItem],
    tests: &[TestItem],
    definition: &DataDefinition,
    has_reference: bool,
) -> Result<Vec<Planned>, MonitorError> {
    let named = |source| MonitorError::Spec {
        monitor: monitor.to_owned(),
        source: Box::new(source),
    };
    plimsoll_query::enable_sql();
    let options = ProfileOptions::default;
    let mut planned = Vec::new();
    if !report.is_empty() {
        let metrics = expand_report(report, definition, has_reference).map_err(named)?;
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

/// What one reading must supply for several plans of the same data, and for whoever else needs statistics of it.
pub(crate) fn profile_plan<'p>(
    planned: impl Iterator<Item = &'p Planned>,
    more: impl IntoIterator<Item = StatisticSpec>,
) -> Arc<ProfilePlan> {
    let plans: Vec<&ProfilePlan> = planned.map(|p| &**p.plan.profile()).collect();
    let specs = plans.iter().flat_map(|p| p.specs().iter().cloned());
    let plan = ProfilePlan::new(specs.chain(more), ProfileOptions::default());
    let groupings = plans.iter().map(|p| p.segments()).max_by_key(|g| g.len());
    let plan = plan.with_segments(groupings.unwrap_or_default());
    // All are of one definition and prepare rows alike.
    Arc::new(match plans.first() {
        Some(own) => plan.prepared(own.preparer()),
        None => plan,
    })
}
