//! `plimsoll run`.

use std::{
    io::IsTerminal,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use jiff::Timestamp;
use plimsoll_model::config::{ProjectConfig, parse_time};
use plimsoll_monitor::{JobEvent, JobOptions, JobSummary};
use plimsoll_store::Workspace;

use crate::output::{CommandError, Outcome, count, print, print_json, read};

/// Computes every due window of a project and writes its snapshots
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Project file (YAML)
    config: PathBuf,
    /// Directory that keeps the snapshots
    #[arg(long, default_value = "workspace")]
    workspace: PathBuf,
    /// First moment, such as 2011-02-01 [default: the end of the reference, else the first row]
    #[arg(long, value_name = "T")]
    from: Option<String>,
    /// First moment after the last window [default: after the last row]
    #[arg(long, value_name = "T")]
    to: Option<String>,
    /// Computes windows again that are done
    #[arg(long)]
    force: bool,
    /// Prints the summary as JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    let yaml = read(&args.config)?;
    let named = |source| CommandError::Config {
        path: args.config.display().to_string(),
        source,
    };
    let config = ProjectConfig::parse(&yaml).map_err(named)?;
    let timezone = config.data.timezone().map_err(named)?;
    let moment = |text: &Option<String>| -> Result<Option<Timestamp>, CommandError> {
        text.as_deref()
            .map(|t| parse_time(t, &timezone))
            .transpose()
            .map_err(|e| CommandError::Message(e.to_string()))
    };
    let options = JobOptions {
        from: moment(&args.from)?,
        to: moment(&args.to)?,
        force: args.force,
        kept: false,
    };
    if let (Some(from), Some(to)) = (options.from, options.to)
        && from >= to
    {
        return Err(CommandError::Message(format!(
            "`--from` ({from}) is not before `--to` ({to})"
        )));
    }
    let base = args.config.parent().unwrap_or(Path::new(""));
    let workspace = Workspace::create(&args.workspace)?;
    let job = job(&config, &yaml, base, &workspace, &options);
    let summary = tokio::select! {
        summary = job => summary?,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("interrupted; what was computed is kept, and the next run goes on from there");
            return Ok(ExitCode::from(130));
        }
    };
    if args.json {
        print_json(&summary)?;
    } else {
        print(&told(&config, &summary, &args.workspace));
    }
    Ok(ExitCode::SUCCESS)
}

fn told(config: &ProjectConfig, summary: &JobSummary, workspace: &Path) -> String {
    let mut text = format!(
        "{}: {} snapshots written, {} already there, {} rows, {:.1} s\n",
        config.project,
        count(summary.written as u64),
        count(summary.skipped as u64),
        count(summary.rows),
        summary.seconds
    );
    if summary.empty > 0 {
        text.push_str(&format!("{} of them for windows without rows\n", summary.empty));
    }
    if summary.failed + summary.errors > 0 {
        text.push_str(&format!(
            "{} test suites with a failed test, {} with a test that could not be computed\n",
            summary.failed, summary.errors
        ));
    }
    text.push_str(&format!(
        "See them with `plimsoll serve --workspace {}`\n",
        workspace.display()
    ));
    text
}

/// Runs the job with a progress bar on a terminal and plain lines elsewhere.
pub async fn job(
    config: &ProjectConfig,
    yaml: &str,
    base: &Path,
    workspace: &Workspace,
    options: &JobOptions,
) -> Result<JobSummary, CommandError> {
    let terminal = std::io::stderr().is_terminal();
    let mut bar: Option<ProgressBar> = None;
    let mut total = 0;
    let mut listen = |event: JobEvent<'_>| match event {
        JobEvent::Warning(text) => eprintln!("warning: {text}"),
        JobEvent::Planned {
            every,
            windows,
            done,
            rows,
        } => {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
            total = rows;
            let done = if done > 0 {
                format!(", {done} done before")
            } else {
                String::new()
            };
            if windows == 0 {
                eprintln!("{}: nothing to do for windows of {every}{done}", config.project);
            } else if terminal {
                let style = ProgressStyle::with_template(
                    "{prefix} {bar:30} {human_pos} of {human_len} rows, {per_sec}, {eta} left {msg}",
                );
                let new = ProgressBar::new(rows);
                if let Ok(style) = style {
                    new.set_style(style);
                }
                new.set_prefix(format!("{} {every}", config.project));
                new.enable_steady_tick(Duration::from_millis(120));
                bar = Some(new);
            } else {
                eprintln!(
                    "{}: {windows} windows of {every} to compute{done}, {} rows",
                    config.project,
                    count(rows)
                );
            }
        }
        JobEvent::Progress(progress) => {
            if let Some(bar) = &bar {
                bar.set_position(progress.rows.min(total));
            }
        }
        JobEvent::Written(snapshot) | JobEvent::Differs(snapshot, _) => {
            if let Some(bar) = &bar {
                bar.set_message(snapshot.id.clone());
            }
        }
    };
    let summary = plimsoll_monitor::run(config, yaml, base, workspace, options, &mut listen).await?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
        eprintln!(
            "{} done in {}",
            config.project,
            HumanDuration(Duration::from_secs_f64(summary.seconds))
        );
    }
    Ok(summary)
}
