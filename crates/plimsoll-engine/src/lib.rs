//! Statistics on Arrow arrays, the Profile, metrics, tests, presets and their evaluation.
//!
//! Rows are read once, by [`Statistic`]s; all the states over one slice of data are its [`Profile`]; a [`Metric`]
//! turns profiles into labelled points and never sees a row. A [`Descriptor`] derives a column of rows before all this. This crate knows no file, no clock and no runtime.

mod batch;
mod codec;
mod decode;
mod derived;
mod error;
mod lessons;
mod maturity;
mod prepare;
mod profile;
mod segments;
mod split;
mod sql;
mod statistic;

pub mod descriptors;
pub mod evaluate;
pub mod metric;
pub mod metrics;
pub mod presets;
pub mod statistics;

pub use batch::{Batch, Labels, Numbers, column_names};
pub use codec::{Reader, Writer};
pub use descriptors::{DESCRIPTORS, Descriptor, DescriptorKind, DynDescriptor, define, find_descriptor};
pub use error::{EvaluateError, ProfileError, SpecError, StatisticError};
pub use evaluate::{Evaluated, EvaluationPlan, Reference};
pub use lessons::{FEWEST_WINDOWS, Lessons};
pub use maturity::{LABEL_DELAY, LabelColumns, labelled};
pub use metric::{DynMetric, Evaluation, Metric, MetricKind, Profiles, Range};
pub use metrics::{METRICS, find_metric};
pub use prepare::Preparer;
pub use presets::{PRESETS, Preset, expand_report, expand_tests};
pub use profile::{Profile, ProfileOptions, ProfilePlan};
pub use split::by_group;
pub use sql::{SqlEngine, SqlState, set_sql_engine};
pub use statistic::{LabelSource, Statistic, StatisticSpec};

/// Every drift test, sorted by id.
#[must_use]
pub fn drift_tests() -> &'static [plimsoll_stats::TestKind] {
    plimsoll_stats::TESTS
}
