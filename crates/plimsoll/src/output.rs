//! What every command does alike: messages, exit codes, numbers for people.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use serde::Serialize;
use thiserror::Error;

/// Why a command could not do its work; the exit code is then 2.
#[derive(Debug, Error)]
pub enum CommandError {
    /// The job failed.
    #[error(transparent)]
    Monitor(#[from] plimsoll_monitor::MonitorError),
    /// The workspace failed.
    #[error(transparent)]
    Store(#[from] plimsoll_store::StoreError),
    /// The data cannot be read.
    #[error(transparent)]
    Query(#[from] plimsoll_query::QueryError),
    /// The service failed.
    #[error(transparent)]
    Server(#[from] plimsoll_server::ServerError),
    /// A configuration file is wrong.
    #[error("{path}: {source}")]
    Config {
        /// The file.
        path: String,
        /// What is wrong.
        source: plimsoll_model::config::ConfigError,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Anything else, said in full.
    #[error("{0}")]
    Message(String),
}

/// How a command ends.
pub type Outcome = Result<ExitCode, CommandError>;

/// Reads a text file.
///
/// # Errors
/// [`CommandError::File`] names it.
pub fn read(path: &std::path::Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path).map_err(|source| CommandError::File {
        path: path.display().to_string(),
        source,
    })
}

/// Writes a file.
///
/// # Errors
/// [`CommandError::File`] names it.
pub fn write(path: &std::path::Path, bytes: &[u8]) -> Result<(), CommandError> {
    std::fs::write(path, bytes).map_err(|source| CommandError::File {
        path: path.display().to_string(),
        source,
    })
}

/// Prints a result. A closed pipe is no failure.
pub fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints a result as JSON.
///
/// # Errors
/// [`CommandError::Message`] if it cannot be written as JSON.
pub fn print_json(value: &impl Serialize) -> Result<(), CommandError> {
    let text = serde_json::to_string_pretty(value).map_err(|e| CommandError::Message(e.to_string()))?;
    print(&format!("{text}\n"));
    Ok(())
}

/// Prints an error and gives the exit code of a command that could not do its work.
pub fn fail(message: &str) -> ExitCode {
    eprintln!("error: {message}");
    ExitCode::from(2)
}

/// Sends log lines to stderr; `RUST_LOG` chooses them.
pub fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .init();
}

/// A count with thin separators: `12 345`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
