//! Sends rows to a collector and tells how many it takes, how long an answer takes, and what that costs.
//!
//! ```text
//! cargo build --release -p plimsoll -p plimsoll-load
//! target/release/plimsoll-load speed --plimsoll target/release/plimsoll --folder bench
//! target/release/plimsoll-load soak  --plimsoll target/release/plimsoll --folder bench --seconds 1800
//! ```
//!
//! `speed` prints a table: single rows, 100, 1,000 and 10,000 rows a request, as JSON and as Arrow, each of 27 features, beside a
//! handler that does nothing and the fsync of the disk under `--folder`. `soak` sends at a steady rate, with labels,
//! and fails if memory still grows in the last third.

mod bodies;
mod client;
mod service;

use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use axum::{Router, routing::post};
use bytes::Bytes;
use clap::{Args, Parser, Subcommand};
use jiff::{SignedDuration, Timestamp};

use bodies::{Form, Template, project};
use client::{Connection, Failure, Times, drive};
use service::Service;

const PREDICTIONS: &str = "/api/v1/projects/load/predictions";
const LABELS: &str = "/api/v1/projects/load/labels";

/// Event time of the first rows: 2026-03-01.
const BEGIN: i64 = 1_772_323_200;

/// Sends rows to a collector.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prints rows per second and times of answers.
    Speed {
        #[command(flatten)]
        common: Common,
        /// Only lines whose name holds this text, such as `collector, 100 ×`.
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Sends for long and watches memory.
    Soak {
        #[command(flatten)]
        common: Common,
        /// Rows a second.
        #[arg(long, default_value_t = 10_000)]
        rate: u64,
    },
}

#[derive(Debug, Args)]
struct Common {
    /// The binary that collects.
    #[arg(long)]
    plimsoll: PathBuf,
    /// Folder on the disk that is to be measured; what is written there is removed.
    #[arg(long)]
    folder: PathBuf,
    /// Length of a measurement, or of the soak.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Speed { common, only } => speed(&common, &only).await,
        Command::Soak { common, rate } => soak(&common, rate).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}

fn moment(seconds: u64) -> Timestamp {
    let begin = Timestamp::from_second(BEGIN).unwrap_or(Timestamp::UNIX_EPOCH);
    begin + SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0))
}

fn start(common: &Common, folder: &Path) -> Result<Service, Failure> {
    let (yaml, reference) = project();
    Service::start(&common.plimsoll.canonicalize()?, folder, &yaml, &reference)
}

/// Waits until the collector takes rows: a row of its own is accepted.
async fn ready(address: SocketAddr) -> Result<(), Failure> {
    let body = Template::predictions(Form::Json, 1).body(99_999_999_999_999, moment(0));
    let mut connection = Connection::open(address).await?;
    while !connection
        .post(PREDICTIONS, Form::Json.content_type(), body.clone())
        .await?
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

async fn speed(common: &Common, only: &str) -> Result<(), Failure> {
    let length = Duration::from_secs(common.seconds);
    println!("| | connections | requests/s | rows/s | p50 ms | p99 ms | pushed back | CPU s of the service | MiB |");
    println!("|---|---|---|---|---|---|---|---|---|");
    let name = "fsync of 4 KiB";
    if name.contains(only) {
        line(name, 1, 1, &mut fsync(&common.folder, length)?, None);
    }
    let nothing = nothing().await?;
    for (form, rows, connections) in [(Form::Json, 1, 64), (Form::Json, 100, 16), (Form::Arrow, 10_000, 4)] {
        let name = format!("handler that does nothing, {rows} × {form:?}");
        if !name.contains(only) {
            continue;
        }
        let template = Template::predictions(form, rows as usize);
        let body = move |n| template.body(n * rows, moment(0));
        let mut times = drive(nothing, "/", form.content_type(), connections, length, body).await?;
        line(&name, connections, rows, &mut times, None);
    }
    for form in [Form::Json, Form::Arrow] {
        // What one client sees of large requests, and what several bring together.
        for (rows, connections) in [(1, 64), (100, 16), (1_000, 4), (10_000, 1), (10_000, 4)] {
            let name = format!("collector, {rows} × {form:?}");
            if !name.contains(only) {
                continue;
            }
            let folder = tempfile::tempdir_in(&common.folder)?;
            let service = start(common, folder.path())?;
            ready(service.address).await?;
            let template = Template::predictions(form, rows as usize);
            // Event time goes on by a second with each 2,000 rows.
            let body = move |n| template.body(n * rows, moment(n * rows / 2_000));
            let before = service.seconds()?;
            let mut times = drive(
                service.address,
                PREDICTIONS,
                form.content_type(),
                connections,
                length,
                body,
            )
            .await?;
            let cost = (service.seconds()? - before, service.memory()?);
            line(&name, connections, rows, &mut times, Some(cost));
        }
    }
    Ok(())
}

fn line(what: &str, connections: usize, rows: u64, times: &mut Times, cost: Option<(f64, f64)>) {
    let rate = times.requests() as f64 / times.elapsed.as_secs_f64();
    let (cpu, memory) = cost.map_or_else(Default::default, |(cpu, memory)| {
        (format!("{cpu:.1}"), format!("{memory:.0}"))
    });
    println!(
        "| {what} | {connections} | {rate:.0} | {:.0} | {:.2} | {:.2} | {} | {cpu} | {memory} |",
        rate * rows as f64,
        times.quantile(0.5),
        times.quantile(0.99),
        times.refused,
    );
}

/// Appends and syncs, as a log does.
fn fsync(folder: &Path, length: Duration) -> Result<Times, Failure> {
    let mut file: File = tempfile::tempfile_in(folder)?;
    let (began, mut times) = (Instant::now(), Times::default());
    while began.elapsed() < length {
        let one = Instant::now();
        file.write_all(&[7; 4_096])?;
        file.sync_data()?;
        times.add(one.elapsed());
    }
    times.elapsed = began.elapsed();
    Ok(times)
}

/// A service that reads a body and answers.
async fn nothing() -> Result<SocketAddr, Failure> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new()
        .route("/", post(async |body: Bytes| body.len().to_string()))
        .layer(axum::extract::DefaultBodyLimit::disable());
    tokio::spawn(axum::serve(listener, router).into_future());
    Ok(address)
}

/// Rows of a request of the soak.
const SOAK_ROWS: u64 = 100;

async fn soak(common: &Common, rate: u64) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(&common.folder)?;
    let service = start(common, folder.path())?;
    ready(service.address).await?;
    let (predictions, labels) = (
        Template::predictions(Form::Json, SOAK_ROWS as usize),
        Template::labels(SOAK_ROWS as usize),
    );
    let mut connection = Connection::open(service.address).await?;
    let mut pace = tokio::time::interval(Duration::from_secs_f64(SOAK_ROWS as f64 / rate as f64));
    let (began, length) = (Instant::now(), Duration::from_secs(common.seconds));
    let mut seen: Vec<f64> = Vec::new();
    let mut refused = 0_u64;
    println!("| s | rows | MiB | CPU s | pushed back |\n|---|---|---|---|---|");
    for n in 0.. {
        pace.tick().await;
        if began.elapsed() > length {
            break;
        }
        // An hour of event time passes in a minute, so that windows close and labels come to closed ones.
        let at = began.elapsed().as_secs() * 60;
        let sent = [
            (PREDICTIONS, predictions.body(n * SOAK_ROWS, moment(at))),
            (LABELS, labels.body((n / 2) * SOAK_ROWS, moment(at))),
        ];
        for (path, body) in sent {
            while !connection.post(path, Form::Json.content_type(), body.clone()).await? {
                refused += 1;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let due = common.seconds as f64 / 30.0 * (seen.len() + 1) as f64;
        if began.elapsed().as_secs_f64() >= due {
            let (memory, seconds) = (service.memory()?, service.seconds()?);
            println!(
                "| {due:.0} | {} | {memory:.0} | {seconds:.0} | {refused} |",
                (n + 1) * SOAK_ROWS
            );
            seen.push(memory);
        }
    }
    let largest = |part: &[f64]| part.iter().copied().fold(0.0, f64::max);
    let third = seen.len() / 3;
    let (middle, last) = (largest(&seen[third..2 * third]), largest(&seen[2 * third..]));
    if last > middle * 1.15 {
        return Err(format!("memory grows: {middle:.0} MiB in the middle, {last:.0} MiB in the end").into());
    }
    println!("memory is flat: {middle:.0} MiB in the middle, {last:.0} MiB in the end");
    Ok(())
}
