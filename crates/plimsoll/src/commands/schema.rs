//! `plimsoll schema`.

use std::process::ExitCode;

use crate::output::{CommandError, Outcome, print_json};

/// Prints the JSON Schema of project files, of files for report and test, or of snapshots
#[derive(Debug, clap::Args)]
pub struct Args {
    /// project, report or snapshot
    #[arg(default_value = "project")]
    what: String,
}

/// Runs the command.
pub fn run(args: &Args) -> Outcome {
    let schemas = plimsoll_model::config::schemas();
    let schema = schemas.get(args.what.as_str()).ok_or_else(|| {
        let known: Vec<&str> = schemas.keys().copied().collect();
        CommandError::Message(format!(
            "no schema `{}`; expected one of {}",
            args.what,
            known.join(", ")
        ))
    })?;
    print_json(schema)?;
    Ok(ExitCode::SUCCESS)
}
