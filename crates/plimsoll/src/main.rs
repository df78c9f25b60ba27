//! The `plimsoll` command: one file per command, results on stdout, progress and messages on stderr.

mod catalogue;
mod commands;
mod output;
mod render;
mod replay;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Monitors machine-learning models: evaluates every time window of predictions against a reference and shows it over time.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(commands::demo::Args),
    Run(commands::run::Args),
    Backfill(commands::backfill::Args),
    Report(commands::adhoc::Args),
    Test(commands::adhoc::TestArgs),
    Serve(commands::serve::Args),
    Collect(commands::collect::Args),
    Send(commands::send::Args),
    Token(commands::token::Args),
    Inspect(commands::inspect::Args),
    Metrics(commands::metrics::Args),
    Schema(commands::schema::Args),
    Reindex(commands::reindex::Args),
    Completions(commands::completions::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    output::logging();
    if matches!(cli.command, Command::Demo(_) | Command::Serve(_) | Command::Collect(_)) {
        plimsoll_system::share_heaps();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::fail(&format!("cannot start threads: {error}")),
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Demo(args) => commands::demo::run(args).await,
            Command::Run(args) => commands::run::run(args).await,
            Command::Backfill(args) => commands::backfill::run(args).await,
            Command::Report(args) => commands::adhoc::report(args).await,
            Command::Test(args) => commands::adhoc::test(args).await,
            Command::Serve(args) => commands::serve::run(args).await,
            Command::Collect(args) => commands::collect::run(args).await,
            Command::Send(args) => commands::send::run(args).await,
            Command::Token(args) => commands::token::run(args),
            Command::Inspect(args) => commands::inspect::run(args).await,
            Command::Metrics(args) => commands::metrics::run(args).await,
            Command::Schema(args) => commands::schema::run(&args),
            Command::Reindex(args) => commands::reindex::run(&args),
            Command::Completions(args) => commands::completions::run(&args),
        }
    });
    // Reading that was interrupted is not waited for.
    runtime.shutdown_background();
    match outcome {
        Ok(code) => code,
        Err(error) => output::fail(&error.to_string()),
    }
}
