//! `plimsoll report` and `plimsoll test`.

use std::{path::PathBuf, process::ExitCode};

use plimsoll_engine::PRESETS;
use plimsoll_model::{
    ReportItem, Snapshot, SnapshotKind, Status, TestItem,
    config::{AdHocConfig, DataConfig},
};
use plimsoll_monitor::{AdHoc, evaluate_files};

use crate::{
    output::{CommandError, Outcome, print, read, write},
    render::{Form, json, totals, worst_first},
};

/// Computes a report on files, without a workspace
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File, directory or glob with the current rows
    #[arg(long, value_name = "F")]
    current: String,
    /// File, directory or glob with the reference rows
    #[arg(long, value_name = "F")]
    reference: Option<String>,
    /// File (YAML) with `data`, `report` and `tests`
    #[arg(long, value_name = "SPEC.yaml", conflicts_with = "preset")]
    config: Option<PathBuf>,
    /// Presets, such as data_drift
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    preset: Vec<String>,
    /// File to write: .json or .html; of a test suite also .xml (JUnit) or .md. `md` alone prints
    #[arg(long, value_name = "X.json|X.html")]
    out: Option<PathBuf>,
}

/// Computes a test suite on files; exit code 0: all pass, 1: a test failed, 2: could not run
#[derive(Debug, clap::Args)]
pub struct TestArgs {
    #[command(flatten)]
    args: Args,
    /// Prints the snapshot as JSON instead of the table
    #[arg(long)]
    json: bool,
}

fn request(args: &Args, kind: SnapshotKind) -> Result<AdHoc, CommandError> {
    if let Some(out) = &args.out {
        Form::of(out, kind)?;
    }
    let mut request = AdHoc {
        current: args.current.clone(),
        reference: args.reference.clone(),
        ..AdHoc::default()
    };
    let (mut report, mut tests) = (Vec::new(), Vec::new());
    if let Some(path) = &args.config {
        let named = |source| CommandError::Config {
            path: path.display().to_string(),
            source,
        };
        let config = AdHocConfig::parse(&read(path)?).map_err(named)?;
        request.data = DataConfig {
            source: None,
            ..config.data
        };
        (report, tests) = (config.report, config.tests);
    }
    report.extend(args.preset.iter().cloned().map(ReportItem::Name));
    tests.extend(args.preset.iter().cloned().map(TestItem::Name));
    match kind {
        SnapshotKind::Report if report.is_empty() => report.extend(
            ["data_drift", "data_quality"]
                .into_iter()
                .filter(|name| *name != "data_drift" || args.reference.is_some())
                .map(|name| ReportItem::Name(name.to_owned())),
        ),
        SnapshotKind::TestSuite if tests.is_empty() => {
            let name = if args.reference.is_some() {
                "data_stability"
            } else {
                "data_quality"
            };
            tests.push(TestItem::Name(name.to_owned()));
        }
        _ => {}
    }
    match kind {
        SnapshotKind::Report => request.report = report,
        SnapshotKind::TestSuite => request.tests = tests,
    }
    Ok(request)
}

async fn evaluate(args: &Args, kind: SnapshotKind) -> Result<Snapshot, CommandError> {
    let request = request(args, kind)?;
    let found = evaluate_files(&request).await?.into_iter().next();
    found.ok_or_else(|| {
        let names: Vec<&str> = PRESETS.iter().map(|p| p.name).collect();
        CommandError::Message(format!("nothing to compute; presets are {}", names.join(", ")))
    })
}

/// Writes the file that was asked for; says whether it did. The word `md` alone asks for Markdown on stdout.
fn written(args: &Args, snapshot: &Snapshot) -> Result<bool, CommandError> {
    let Some(out) = &args.out else {
        return Ok(false);
    };
    let text = Form::of(out, snapshot.kind)?.render(snapshot)?;
    if out.as_os_str() == "md" {
        print(&text);
    } else {
        write(out, text.as_bytes())?;
        eprintln!("wrote {} ({} measurements)", out.display(), snapshot.measurements.len());
    }
    Ok(true)
}

/// Runs `plimsoll report`.
pub async fn report(args: Args) -> Outcome {
    let snapshot = evaluate(&args, SnapshotKind::Report).await?;
    if !written(&args, &snapshot)? {
        print(&json(&snapshot)?);
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs `plimsoll test`.
pub async fn test(args: TestArgs) -> Outcome {
    let snapshot = evaluate(&args.args, SnapshotKind::TestSuite).await?;
    written(&args.args, &snapshot)?;
    if args.json {
        print(&json(&snapshot)?);
    } else if args.args.out.as_ref().is_none_or(|out| out.as_os_str() != "md") {
        print(&table(&snapshot));
    }
    let summary = snapshot.summary();
    Ok(match summary.worst() {
        _ if summary.fail > 0 => ExitCode::from(1),
        Some(Status::Error) | None => ExitCode::from(2),
        _ => ExitCode::SUCCESS,
    })
}

fn table(snapshot: &Snapshot) -> String {
    let mut text = String::new();
    for test in worst_first(snapshot) {
        text.push_str(&format!(
            "{:<8} {}\n",
            test.status.as_str().to_uppercase(),
            test.message
        ));
    }
    text + &totals(snapshot) + "\n"
}
