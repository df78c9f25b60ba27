//! `plimsoll reindex`.

use std::{path::PathBuf, process::ExitCode};

use plimsoll_store::Workspace;

use crate::output::{Outcome, count, print};

/// Rebuilds the metric store from the snapshot files
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory that keeps the snapshots
    #[arg(long, default_value = "workspace")]
    workspace: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let report = Workspace::open(&args.workspace)?.reindex()?;
    for file in &report.skipped {
        eprintln!("warning: left out {}: {}", file.path.display(), file.reason);
    }
    print(&format!(
        "{} snapshots in the metric store, {} files left out\n",
        count(report.snapshots as u64),
        report.skipped.len()
    ));
    Ok(ExitCode::SUCCESS)
}
