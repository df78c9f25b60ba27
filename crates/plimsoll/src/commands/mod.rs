//! The commands.

pub mod adhoc;
pub mod backfill;
pub mod collect;
pub mod completions;
pub mod demo;
pub mod inspect;
pub mod metrics;
pub mod reindex;
pub mod run;
pub mod schema;
pub mod send;
pub mod serve;
pub mod token;
