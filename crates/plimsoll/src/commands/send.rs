//! `plimsoll send`.

use std::{
    io::IsTerminal,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};
use plimsoll_query::Source;

use crate::{
    output::{CommandError, Outcome, count, print},
    replay::{Client, Table},
};

/// Sends the rows of a file to a service, in order of their time
#[derive(Debug, clap::Args)]
pub struct Args {
    /// File, directory or glob
    file: String,
    /// Project that the rows belong to
    #[arg(long)]
    project: String,
    /// Address of the service
    #[arg(long, default_value = "http://127.0.0.1:8000")]
    url: String,
    /// The rows are labels
    #[arg(long)]
    labels: bool,
    /// Rows a second [default: as many as the service takes]
    #[arg(long, value_name = "N", value_parser = rate)]
    rate: Option<f64>,
    /// Times faster than the rows came to be, such as 60x
    #[arg(long, value_name = "N", value_parser = speed, conflicts_with = "rate")]
    speed: Option<f64>,
    /// Rows a request
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch: u32,
    /// Token with the scopes `ingest` and `read` [default: the environment variable PLIMSOLL_TOKEN]
    #[arg(long)]
    token: Option<String>,
}

fn positive(text: &str, example: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && f64::is_finite(number) => Ok(number),
        _ => Err(format!("expected a number above 0, such as {example}")),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    positive(text.trim_end_matches("/s"), "1000 or 1000/s")
}

fn speed(text: &str) -> Result<f64, String> {
    positive(text.trim_end_matches('x'), "60x")
}

/// Runs the command.
pub async fn run(args: Args) -> Outcome {
    let token = args.token.clone().or_else(|| std::env::var("PLIMSOLL_TOKEN").ok());
    let mut client = Client::new(&args.url, &args.project, token)?;
    let config = client.config().await?;
    let timezone = config
        .data
        .timezone()
        .map_err(|e| CommandError::Message(e.to_string()))?;
    let source = Source::open(&args.file, Path::new("")).await?;
    let timestamp = config.data.timestamp.as_deref();
    // Labels may come without a time of their own.
    let timestamp = timestamp.filter(|name| !args.labels || source.columns().any(|c| c == *name));
    let (rows, times) = source.in_time_order(timestamp, &timezone).await?;
    let table = if args.labels { Table::Labels } else { Table::Predictions };
    let bar = bar(rows.num_rows() as u64);
    let begin = Instant::now();
    let (mut at, mut accepted, mut rejected, mut example) = (0, 0, 0, None);
    while at < rows.num_rows() {
        let end = (at + args.batch as usize).min(rows.num_rows());
        let due = match (args.rate, args.speed) {
            (Some(rate), _) => {
                tokio::time::sleep_until((begin + Duration::from_secs_f64(at as f64 / rate)).into()).await;
                end
            }
            (None, Some(speed)) => {
                let moment = |row: usize| {
                    let since = times[row].zip(times[0]).map_or(0, |(time, first)| time - first);
                    begin + Duration::from_secs_f64(since.max(0) as f64 / 1e6 / speed)
                };
                tokio::time::sleep_until(moment(at).into()).await;
                let now = Instant::now();
                (at + 1..end).find(|row| moment(*row) > now).unwrap_or(end)
            }
            (None, None) => end,
        };
        let part = rows.slice(at, due - at);
        let sent = tokio::select! {
            sent = client.send(table, &part) => sent?,
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::from(130)),
        };
        accepted += sent.accepted;
        rejected += sent.rejected;
        example = example.or_else(|| {
            let first = sent.rejects.into_iter().next()?;
            Some(format!("row {}: {}", at as u64 + first.row + 1, first.reason))
        });
        at = due;
        if let Some(bar) = &bar {
            bar.set_position(at as u64);
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    print(&format!(
        "{}: {} rows accepted, {} rejected, {:.1} s\n",
        args.project,
        count(accepted),
        count(rejected),
        begin.elapsed().as_secs_f64()
    ));
    if let Some(example) = example {
        eprintln!("warning: rows were rejected, such as {example}");
    }
    Ok(ExitCode::SUCCESS)
}

/// A progress bar, if a person looks on.
fn bar(rows: u64) -> Option<ProgressBar> {
    std::io::stderr().is_terminal().then(|| {
        let bar = ProgressBar::new(rows);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30} {human_pos} of {human_len} rows, {per_sec}, {eta} left")
        {
            bar.set_style(style);
        }
        bar
    })
}
