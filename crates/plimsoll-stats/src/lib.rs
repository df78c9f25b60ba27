//! Mathematics on slices: two-sample tests, distances, curves.
//!
//! Everything here takes sorted samples or counts and returns numbers; it knows neither Arrow nor JSON. Adding a
//! two-sample test is one file in `tests/` and one line in [`TESTS`].

mod align;
mod baseline;
mod binary;
mod bins;
mod error;
mod sample;
pub mod tests;

pub use align::align_values;
pub use baseline::{max_error_baseline, mean_absolute_error_baseline, percentage_error_baseline};
pub use binary::{BinaryScores, Counts, CurvePoint, ReliabilityBin};
pub use bins::{decile_edges, linear_edges, sturges_edges};
pub use error::StatsError;
pub use sample::Sample;
pub use tests::{
    Bins, CategoryCounts, Direction, InputKind, Outcome, ScoreKind, TESTS, TestKind, TestOptions, TwoSamples,
    default_test, find_test,
};
