//! `plimsoll completions`.

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use crate::output::Outcome;

/// Prints completions for a shell
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shell
    shell: Shell,
}

/// Runs the command.
#[allow(clippy::unnecessary_wraps, reason = "every command ends alike")]
pub fn run(args: &Args) -> Outcome {
    clap_complete::generate(
        args.shell,
        &mut crate::Cli::command(),
        "plimsoll",
        &mut std::io::stdout(),
    );
    Ok(ExitCode::SUCCESS)
}
