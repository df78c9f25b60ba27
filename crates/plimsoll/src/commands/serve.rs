//! `plimsoll serve`.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use jiff::Timestamp;
use plimsoll_monitor::scheduler::Scheduler;
use plimsoll_server::{Live, ServerError};
use plimsoll_store::Workspace;
use tokio::net::TcpListener;

use crate::output::{CommandError, Outcome, print};

/// Serves the dashboard and the API of a workspace, and runs its jobs on schedule
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory that keeps the snapshots
    #[arg(long, default_value = "workspace")]
    workspace: PathBuf,
    /// Address and port
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    serve(Workspace::open(&args.workspace)?, args.listen).await
}

/// Serves a workspace until the process is told to stop.
pub async fn serve(workspace: Workspace, listen: SocketAddr) -> Outcome {
    let failed = |source| ServerError::Listen { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    // A handle of its own: what is written by this process is told to listeners like everything else.
    let scheduler = Scheduler::new(Arc::new(Workspace::open(workspace.dir())?), Arc::new(Timestamp::now));
    scheduler
        .start()
        .map_err(|e| CommandError::Message(format!("cannot start threads: {e}")))?;
    print(&format!("Plimsoll is at http://{address}\n"));
    let live = Live {
        scheduler: Some(scheduler.clone()),
    };
    let served = plimsoll_server::serve(Arc::new(workspace), live, listener, stopped()).await;
    scheduler.stop();
    served?;
    Ok(ExitCode::SUCCESS)
}

/// Waits for Ctrl-C or a request to end.
async fn stopped() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                () = interrupt => (),
                _ = terminate.recv() => (),
            }
        }
        Err(_) => interrupt.await,
    }
}
