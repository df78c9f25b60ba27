//! Mathematics on slices: two-sample tests and distances.
//!
//! Everything here takes sorted samples or counts and returns numbers; it knows neither Arrow nor JSON. Adding a
//! two-sample test is one file in `tests/` and one line in [`TESTS`].

mod align;
mod bins;
mod boosted;
mod calibration;
mod correlation;
mod domain;
mod error;
mod false_discovery;
mod principal;
mod roc;
mod sample;
pub mod tests;
mod vectors;

pub use align::align_values;
pub use bins::{decile_edges, linear_edges, sturges_edges};
pub use boosted::{BoostOptions, Boosted, Feature, Loss};
pub use calibration::{Isotonic, calibration_helps};
pub use correlation::{Centered, Ordered, cramer_v, kendall, pearson, spearman};
pub use domain::{DomainArea, domain_area};
pub use error::StatsError;
pub use false_discovery::benjamini_hochberg;
pub use principal::Principal;
pub use roc::{RocArea, ScoreCount};
pub use sample::Sample;
pub use tests::{
    Bins, CategoryCounts, Chance, Direction, InputKind, Outcome, ScoreKind, TESTS, TestKind, TestOptions, TextSamples,
    TwoSamples, default_test, default_text_test, find_test,
};
pub use vectors::{VectorDistance, mean_discrepancy};
