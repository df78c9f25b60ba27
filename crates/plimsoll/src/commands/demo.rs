//! `plimsoll demo`.

mod live;

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf, process::ExitCode};

use jiff::Timestamp;
use plimsoll_model::{Scope, Token, config::ProjectConfig};
use plimsoll_monitor::{CollectorOptions, JobOptions};
use plimsoll_server::{Access, check_reach};
use plimsoll_store::{Tokens, Workspace};

use super::{
    run::job,
    serve::{Show, listen, serve},
};
use crate::output::{CommandError, Outcome, write};

/// A bundled data file: name and bytes.
const FILES: &[(&str, &[u8])] = &[
    (
        "bike_demand.parquet",
        include_bytes!("../../../../data/bike_demand.parquet"),
    ),
    (
        "car_loan_analysis.parquet",
        include_bytes!("../../../../data/car_loan_analysis.parquet"),
    ),
    (
        "car_loan_analysis_target.parquet",
        include_bytes!("../../../../data/car_loan_analysis_target.parquet"),
    ),
    (
        "car_loan_reference.parquet",
        include_bytes!("../../../../data/car_loan_reference.parquet"),
    ),
];

/// Project files of the demo, as a user would write them.
const PROJECTS: &[&str] = &[
    include_str!("../../../../examples/bike-demand.yaml"),
    include_str!("../../../../examples/car-loan.yaml"),
];

/// A project to which rows are sent while the demo is shown.
const LIVE: &str = include_str!("../../../../examples/car-loan-live.yaml");

/// Makes a workspace from the bundled real data and serves it
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Directory for the workspace
    #[arg(long, default_value = "demo-workspace")]
    workspace: PathBuf,
    /// Address and port
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    /// Answers whoever asks, without a token, also at an address that other machines reach
    #[arg(long)]
    allow_anonymous: bool,
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    check_reach(args.listen, &args.workspace, args.allow_anonymous)?;
    let data = args.workspace.join("data");
    std::fs::create_dir_all(&data).map_err(|source| CommandError::File {
        path: data.display().to_string(),
        source,
    })?;
    for (name, bytes) in FILES {
        let path = data.join(name);
        // A file that is there already keeps its time of change, so that nothing is computed twice.
        if std::fs::metadata(&path).is_ok_and(|m| m.len() == bytes.len() as u64) {
            continue;
        }
        write(&path, bytes)?;
    }
    let workspace = Workspace::create(&args.workspace)?;
    // Project files lie beside the data as in the repository, so that both run by themselves.
    let examples = args.workspace.join("examples");
    std::fs::create_dir_all(&examples).map_err(|source| CommandError::File {
        path: examples.display().to_string(),
        source,
    })?;
    for yaml in PROJECTS {
        let config = ProjectConfig::parse(yaml).map_err(|source| CommandError::Config {
            path: "demo".to_owned(),
            source,
        })?;
        let options = JobOptions::default();
        write(&examples.join(format!("{}.yaml", config.project)), yaml.as_bytes())?;
        let work = job(&config, yaml, &examples, &workspace, &options);
        let summary = tokio::select! {
            summary = work => summary?,
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::from(130)),
        };
        eprintln!(
            "{}: {} snapshots written, {} already there",
            config.project, summary.written, summary.skipped
        );
    }
    let config = ProjectConfig::parse(LIVE).map_err(|source| CommandError::Config {
        path: "demo".to_owned(),
        source,
    })?;
    workspace.write_project_base(&config.project, &examples)?;
    workspace.write_project_config(&config.project, LIVE)?;
    let listener = listen(args.listen).await?;
    let address = listener.local_addr().map_err(plimsoll_server::ServerError::Serve)?;
    let mut tokens = Tokens::of(&args.workspace);
    let secret = tokens.lend(Token {
        name: "demo".to_owned(),
        project: Some(config.project.clone()),
        scopes: BTreeSet::from([Scope::Ingest]),
        created_at: Timestamp::now(),
        expires_at: None,
    })?;
    let access = Access {
        is_anonymous_allowed: args.allow_anonymous,
        tokens: Some(tokens),
    };
    let replay = tokio::spawn(async move {
        if let Err(e) = live::replay(address, &config, &data, secret).await {
            eprintln!("warning: the live project of the demo stands still: {e}");
        }
    });
    let served = serve(workspace, listener, Show::All, (access, CollectorOptions::default())).await;
    replay.abort();
    served
}
