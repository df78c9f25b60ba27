//! The nouns of Plimsoll: data definition, metric and test specifications, measurements, snapshot, series,
//! dashboard, project configuration.
//!
//! Every type here is plain data with a stable serialised form. Nothing in this crate reads a file, a clock or an
//! Arrow array.

mod backfill;
mod bound;
mod data;
mod detail;
mod infer;
mod learned;
mod live;
mod measurement;
mod moment;
mod preparation;
mod series;
mod snapshot;
mod spec;
mod suggest;
mod token;
mod window;

pub mod config;
pub mod dashboard;

pub use backfill::{Backfill, BackfillChange};
pub use bound::{Approx, Bound, ReferenceTolerance, Threshold};
pub use data::{ColumnKind, ColumnSpec, DataDefinition, DataError, InferredColumn, Role, Task};
pub use detail::{
    Bin2d, CategoryShare, ClassCurves, ConfusionMatrix, CurvePoint, Detail, FeatureBin, FeatureBins, Histogram,
    Quantile, ReliabilityBin,
};
pub use infer::{kind_of_text, role_of_name};
pub use learned::Learned;
pub use live::{
    Arrivals, DataSample, JobAccepted, JobRun, Jobs, LabelFlow, LiveData, LiveState, LiveTotals, ProjectData, Rejects,
    Schedule, SchemaChange, SchemaChangeKind,
};
pub use measurement::{Labels, Measurement, MeasurementError, Point, SEGMENT, rounded, significant};
pub use moment::{LocalClock, epoch_micros, epoch_micros_of_float, parse_moment};
pub use preparation::{DescriptorSpec, EXTRA, Preparation};
pub use series::{
    Series, SeriesBound, SeriesPoint, SeriesQuery, SnapshotFilter, TestHistory, TestHistoryCell, TestHistoryRow,
};
pub use snapshot::{
    FORMAT_VERSION, Maturity, OPEN_WINDOW, ReferenceInfo, Representative, Revision, Revisions, RunInfo, Snapshot,
    SnapshotKind, SnapshotStatus, Status, TestResult, TestSummary,
};
pub use spec::{MetricSpec, Params, ReportItem, Severity, TestItem, TestSpec};
pub use suggest::{near, near_text};
pub use token::{Scope, Token};
pub use window::{Granularity, Window, WindowError};
