//! Why a job stops.

use jiff::Timestamp;
use plimsoll_engine::SpecError;
use plimsoll_model::{WindowError, config::ConfigError, near_text};
use plimsoll_query::QueryError;
use plimsoll_store::StoreError;
use thiserror::Error;

/// Why a job or a report cannot be computed. What concerns one column or window never gets here.
#[derive(Debug, Error)]
pub enum MonitorError {
    /// The configuration does not fit the data.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data cannot be read.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A snapshot cannot be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log of the collector cannot be used.
    #[error(transparent)]
    Log(#[from] plimsoll_store::log::LogError),
    /// The prediction store cannot be used.
    #[error(transparent)]
    Rows(#[from] plimsoll_store::rows::RowsError),
    /// A monitor asks for something that is not there.
    #[error("monitor `{monitor}`: {source}")]
    Spec {
        /// Name of the monitor.
        monitor: String,
        /// The metric, preset, parameter or column.
        source: Box<SpecError>,
    },
    /// No monitor has this name.
    #[error("`{project}` has no monitor `{monitor}`{}", near_text(.near))]
    UnknownMonitor {
        /// Project.
        project: String,
        /// Name that was asked for.
        monitor: String,
        /// Similar names, best first.
        near: Vec<String>,
    },
    /// There is nothing between two moments.
    #[error("the first moment, {from}, is not before the last, {to}")]
    EmptyRange {
        /// First moment.
        from: Timestamp,
        /// First moment after the range.
        to: Timestamp,
    },
    /// A range holds more windows than are computed again at once.
    #[error("the range holds more than {most} windows; choose a shorter one, or some of the monitors")]
    TooManyWindows {
        /// Windows that are computed at once.
        most: usize,
    },
    /// The collector of the project refuses.
    #[error(transparent)]
    Collect(#[from] crate::CollectError),
    /// Time is out of range.
    #[error(transparent)]
    Window(#[from] WindowError),
    /// There is nothing to evaluate.
    #[error("{0}")]
    Nothing(String),
}
