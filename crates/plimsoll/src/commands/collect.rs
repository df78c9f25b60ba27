//! `plimsoll collect`.

use super::serve::{ServiceArgs, Show, listen, open, serve};
use crate::output::Outcome;

/// Takes rows in and serves the API of a workspace, without the dashboard and without jobs
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    service: ServiceArgs,
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    let workspace = open(&args.service)?;
    let listener = listen(args.service.listen).await?;
    let how = (args.service.access(), args.service.collector());
    serve(workspace, listener, Show::Api, how).await
}
