//! `plimsoll serve`.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use plimsoll_server::ServerError;
use plimsoll_store::Workspace;
use tokio::net::TcpListener;

use crate::output::{Outcome, print};

/// Serves the dashboard and the API of a workspace
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
    print(&format!("Plimsoll is at http://{address}\n"));
    plimsoll_server::serve(Arc::new(workspace), listener, stopped()).await?;
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
