//! `plimsoll reindex`.

use std::{path::PathBuf, process::ExitCode};

use plimsoll_store::Workspace;

use crate::output::{Outcome, print};

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
    print(&format!("{report:?}\n"));
    Ok(ExitCode::SUCCESS)
}
