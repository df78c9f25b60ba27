//! `plimsoll serve`.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use plimsoll_model::config::ProjectConfig;
use plimsoll_monitor::{CollectorOptions, Collectors, SystemClock, scheduler::Scheduler};
use plimsoll_server::{Access, Live, ServerError, check_reach};
use plimsoll_store::Workspace;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::output::{CommandError, Outcome, print, read};

/// Serves the dashboard and the API of a workspace, runs its jobs on schedule and takes rows in
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    pub service: ServiceArgs,
}

/// Where a service works and listens.
#[derive(Debug, clap::Args)]
pub struct ServiceArgs {
    /// Directory that keeps the snapshots
    #[arg(long, default_value = "workspace")]
    pub workspace: PathBuf,
    /// Address and port
    #[arg(long, default_value = "127.0.0.1:8000")]
    pub listen: SocketAddr,
    /// Project file (YAML) that is taken into the workspace first; may be given several times
    #[arg(long, value_name = "FILE")]
    pub config: Vec<PathBuf>,
    /// Answers whoever asks, without a token, also at an address that other machines reach
    #[arg(long)]
    pub allow_anonymous: bool,
    /// Memory of a project's collector for rows on their way into windows and store, in MiB; beyond it rows are pushed back
    #[arg(long, value_name = "MIB", default_value_t = 384, value_parser = clap::value_parser!(u32).range(8..=1_048_576))]
    pub collector_memory: u32,
}

impl ServiceArgs {
    /// Who may use the service.
    pub fn access(&self) -> Access {
        Access {
            is_anonymous_allowed: self.allow_anonymous,
            ..Access::default()
        }
    }

    /// How collectors are run.
    pub fn collector(&self) -> CollectorOptions {
        CollectorOptions::within((self.collector_memory as usize) << 20)
    }
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    let workspace = open(&args.service)?;
    let listener = listen(args.service.listen).await?;
    let how = (args.service.access(), args.service.collector());
    serve(workspace, listener, Show::All, how).await
}

/// What a service does beside taking rows in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Shows the dashboard and runs jobs.
    All,
    /// Nothing.
    Api,
}

/// Listens on an address.
pub async fn listen(listen: SocketAddr) -> Result<TcpListener, CommandError> {
    let failed = |source| ServerError::Listen { listen, source };
    Ok(TcpListener::bind(listen).await.map_err(failed)?)
}

/// Opens the workspace and takes project files into it, if callers can show who they are or need not.
pub fn open(args: &ServiceArgs) -> Result<Workspace, CommandError> {
    check_reach(args.listen, &args.workspace, args.allow_anonymous)?;
    if args.config.is_empty() {
        return Ok(Workspace::open(&args.workspace)?);
    }
    let mut files = Vec::new();
    for path in &args.config {
        let yaml = read(path)?;
        let config = ProjectConfig::parse(&yaml).map_err(|source| CommandError::Config {
            path: path.display().to_string(),
            source,
        })?;
        files.push((path, config.project, yaml));
    }
    let workspace = Workspace::create(&args.workspace)?;
    for (path, project, yaml) in files {
        workspace.write_project_base(&project, path.parent().unwrap_or(Path::new("")))?;
        workspace.write_project_config(&project, &yaml)?;
    }
    Ok(workspace)
}

/// Serves a workspace until the process is told to stop.
pub async fn serve(
    workspace: Workspace,
    listener: TcpListener,
    show: Show,
    (access, collector): (Access, CollectorOptions),
) -> Outcome {
    // Whoever reads the address may send a signal at once.
    let stopped = stopped()?;
    let address = listener.local_addr().map_err(ServerError::Serve)?;
    // A handle of its own: what is written by this process is told to listeners like everything else.
    let own = Arc::new(Workspace::open(workspace.dir())?);
    let scheduler = Scheduler::new(Arc::clone(&own), Arc::new(SystemClock));
    if show == Show::All {
        scheduler
            .start()
            .map_err(|e| CommandError::Message(format!("cannot start threads: {e}")))?;
    }
    let collectors = Collectors::new(own, collector);
    collectors.refresh().await;
    print(&format!("Plimsoll is at http://{address}\n"));
    let live = Live {
        scheduler: (show == Show::All).then(|| scheduler.clone()),
        collectors: Some(collectors.clone()),
        is_page_hidden: show == Show::Api,
        access,
    };
    let served = plimsoll_server::serve(Arc::new(workspace), live, listener, stopped).await;
    scheduler.stop();
    collectors.stop().await;
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Ctrl-C and the request to end, which are heard from this call on, not from when somebody waits for them.
fn stopped() -> Result<impl Future<Output = ()>, CommandError> {
    let heard = |kind| signal(kind).map_err(|e| CommandError::Message(format!("cannot listen for signals: {e}")));
    let (mut interrupt, mut terminate) = (heard(SignalKind::interrupt())?, heard(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => (),
            _ = terminate.recv() => (),
        }
    })
}
