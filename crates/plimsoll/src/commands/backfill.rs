//! `plimsoll backfill`.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use plimsoll_model::{Backfill, BackfillChange, config::ProjectConfig};
use plimsoll_monitor::{BackfillRequest, Collector, CollectorOptions, MonitorError, Phase, backfill};
use plimsoll_store::{Workspace, log::LogError};
use serde_json::json;

use crate::{
    output::{CommandError, Outcome, count, print, print_json, read},
    replay::Client,
};

/// Changes that are told one by one; of the others their number.
const TOLD: usize = 20;

/// Computes a range of windows again, and writes a new revision where a result is another one
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Project file (YAML); else the project of the workspace that `--project` names
    #[arg(required_unless_present = "project", conflicts_with = "project")]
    config: Option<PathBuf>,
    /// Project of the workspace or of the service
    #[arg(long)]
    project: Option<String>,
    /// First moment, such as 2011-02-01; the first window is the one that holds it
    #[arg(long, value_name = "T")]
    from: String,
    /// First moment after the last window
    #[arg(long, value_name = "T")]
    to: String,
    /// Monitor; may be given several times [default: all]
    #[arg(long, value_name = "NAME")]
    monitor: Vec<String>,
    /// Tells what would be written, and writes nothing
    #[arg(long)]
    dry_run: bool,
    /// Does not ask
    #[arg(long, conflicts_with = "dry_run")]
    yes: bool,
    /// Prints what was done as JSON
    #[arg(long)]
    json: bool,
    /// Directory that keeps the snapshots
    #[arg(long, default_value = "workspace")]
    workspace: PathBuf,
    /// Address of the service that collects for the project, such as http://127.0.0.1:8000
    #[arg(long, requires = "project", conflicts_with = "workspace")]
    url: Option<String>,
    /// Token with the scope `write`, for `--url` [default: the environment variable PLIMSOLL_TOKEN]
    #[arg(long)]
    token: Option<String>,
}

/// Who computes.
enum Worker {
    /// This process, from files.
    Files {
        config: Box<ProjectConfig>,
        base: PathBuf,
        workspace: Box<Workspace>,
    },
    /// This process, from the prediction store.
    Rows(Box<Collector>),
    /// A service.
    Service(Client),
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    if !(args.dry_run || args.yes || std::io::stdin().is_terminal()) {
        return Err(CommandError::Message(
            "nobody can be asked here; say `--dry-run` to see what would be written, or `--yes` to write it".to_owned(),
        ));
    }
    let worker = Worker::open(&args).await?;
    let outcome = tokio::select! {
        outcome = work(&args, &worker) => outcome,
        _ = tokio::signal::ctrl_c() => {
            eprintln!("interrupted; what was written is kept");
            Ok(ExitCode::from(130))
        }
    };
    if let Worker::Rows(collector) = worker {
        // Its threads end in order.
        let _ = tokio::task::spawn_blocking(move || collector.stop()).await;
    }
    outcome
}

async fn work(args: &Args, worker: &Worker) -> Outcome {
    if !args.yes {
        let plan = worker.ask(args, true).await?;
        if args.json {
            print_json(&plan)?;
        } else {
            print(&told(&plan));
        }
        if args.dry_run || plan.changes.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        if !is_agreed()? {
            eprintln!("nothing was written");
            return Ok(ExitCode::SUCCESS);
        }
    }
    let done = worker.ask(args, false).await?;
    if args.json {
        print_json(&done)?;
    } else {
        print(&told(&done));
    }
    Ok(ExitCode::SUCCESS)
}

impl Worker {
    async fn open(args: &Args) -> Result<Self, CommandError> {
        if let (Some(url), Some(project)) = (&args.url, &args.project) {
            let token = args.token.clone().or_else(|| std::env::var("PLIMSOLL_TOKEN").ok());
            return Ok(Self::Service(Client::new(url, project, token)?));
        }
        let workspace = Workspace::open(&args.workspace)?;
        let (path, yaml, base) = match (&args.config, &args.project) {
            (Some(path), _) => (
                path.display().to_string(),
                read(path)?,
                path.parent().unwrap_or(Path::new("")).to_owned(),
            ),
            (None, project) => {
                let project = project.as_deref().unwrap_or_default();
                workspace.require_project(project)?;
                let yaml = workspace.project_config(project)?.ok_or_else(|| {
                    CommandError::Message(format!(
                        "project `{project}` has no project file; name one: `plimsoll backfill FILE`"
                    ))
                })?;
                (format!("project `{project}`"), yaml, workspace.project_base(project)?)
            }
        };
        let config = ProjectConfig::parse(&yaml).map_err(|source| CommandError::Config { path, source })?;
        if !config.is_collected() {
            return Ok(Self::Files {
                config: Box::new(config),
                base,
                workspace: Box::new(workspace),
            });
        }
        let project = config.project.clone();
        let options = CollectorOptions::default();
        match Collector::start(config, &base, Arc::new(workspace), options).await {
            Ok(collector) => Ok(Self::Rows(Box::new(collector))),
            Err(MonitorError::Log(held @ LogError::Held { .. })) => Err(CommandError::Message(format!(
                "{held}; or ask the service that collects for `{project}`: `--project {project} --url http://127.0.0.1:8000`"
            ))),
            Err(e) => Err(e.into()),
        }
    }

    async fn ask(&self, args: &Args, dry_run: bool) -> Result<Backfill, CommandError> {
        let range = (args.from.as_str(), args.to.as_str());
        let request = |config| BackfillRequest::try_new(config, range, args.monitor.clone(), dry_run);
        match self {
            Self::Files {
                config,
                base,
                workspace,
            } => Ok(backfill(config, base, workspace, &request(config)?, &mut |_| ()).await?),
            Self::Rows(collector) => {
                // The log is read first.
                while collector.status().phase == Phase::Recovering {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Ok(collector.backfill(&request(collector.config())?).await?)
            }
            Self::Service(client) => {
                let (from, to) = range;
                let body = json!({"from": from, "to": to, "monitors": args.monitor, "dry_run": dry_run});
                client.ask("backfill", &body).await
            }
        }
    }
}

/// Asks whether what was told is to be written.
fn is_agreed() -> Result<bool, CommandError> {
    let failed = |source| CommandError::File {
        path: "the terminal".to_owned(),
        source,
    };
    eprint!("Write these revisions? [y/N] ");
    std::io::stderr().flush().map_err(failed)?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(failed)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

fn told(done: &Backfill) -> String {
    let mut text = String::new();
    for change in done.changes.iter().take(TOLD) {
        text.push_str(&line(change));
    }
    if done.changes.len() > TOLD {
        let more = count((done.changes.len() - TOLD) as u64);
        text.push_str(&format!("… and {more} more; `--json` tells all\n"));
    }
    let verb = if done.dry_run { "would be written" } else { "written" };
    text.push_str(&format!(
        "{} windows computed: {} revisions {verb}, {} snapshots as they are kept\n",
        count(done.windows),
        count(done.changes.len() as u64),
        count(done.unchanged)
    ));
    text
}

fn line(change: &BackfillChange) -> String {
    let revision = match change.before {
        None => "new".to_owned(),
        Some(before) => format!("revision {before} → {}", change.revision),
    };
    format!(
        "{} {} {} to {}: {} rows, {revision}\n",
        change.monitor,
        change.kind.as_str().replace('_', " "),
        change.start,
        change.end,
        count(change.rows)
    )
}
