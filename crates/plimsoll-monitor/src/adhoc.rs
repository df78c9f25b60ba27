//! Reports and test suites on files, without a workspace.

use std::path::Path;

use jiff::Timestamp;
use plimsoll_engine::define;
use plimsoll_model::{ReferenceInfo, ReportItem, Snapshot, TestItem, config::DataConfig};
use plimsoll_query::Source;

use crate::{
    MonitorError,
    plan::{plans, profile_plan},
    reference::Slice,
    snapshot::{Header, snapshot},
};

/// What to compute on files.
#[derive(Debug, Clone, Default)]
pub struct AdHoc {
    /// File, directory or glob with the current rows.
    pub current: String,
    /// File, directory or glob with the reference rows.
    pub reference: Option<String>,
    /// Roles and kinds of the columns.
    pub data: DataConfig,
    /// Metrics and presets of the report.
    pub report: Vec<ReportItem>,
    /// Tests and presets of the test suite.
    pub tests: Vec<TestItem>,
}

/// Evaluates files: one snapshot for the report, one for the test suite, where they are asked for.
///
/// # Errors
/// [`MonitorError`] if a file cannot be read, or a metric, preset, parameter or column is unknown.
pub async fn evaluate_files(request: &AdHoc) -> Result<Vec<Snapshot>, MonitorError> {
    let started_at = Timestamp::now();
    let here = Path::new("");
    let current = Source::open(&request.current, here).await?;
    let definition = define(&request.data, &current.kinds(&request.data.preparation()?).await?)?;
    let planned = plans(
        "ad hoc",
        &request.report,
        &request.tests,
        &definition,
        request.reference.is_some(),
    )?;
    let plan = profile_plan(planned.iter(), []);
    let profile = current.profile_all(&plan).await?;
    let reference = match &request.reference {
        None => None,
        Some(spec) => {
            let profile = Source::open(spec, here).await?.profile_all(&plan).await?;
            let info = ReferenceInfo {
                description: spec.clone(),
                rows: profile.rows(),
            };
            Some(Slice {
                profile,
                info,
                seconds: None,
                parts: Vec::new(),
            })
        }
    };
    let header = |kind| Header {
        project: "ad-hoc".to_owned(),
        monitor: "ad-hoc".to_owned(),
        kind,
        tags: Vec::new(),
        metadata: std::collections::BTreeMap::new(),
        started_at,
        source: request.current.clone(),
        notes: Vec::new(),
    };
    Ok(planned
        .iter()
        .map(|p| {
            snapshot(
                &header(p.kind),
                p,
                &profile,
                reference.as_ref(),
                None,
                None,
                String::new(),
                1,
            )
        })
        .collect())
}
