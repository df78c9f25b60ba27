//! The workspace, its metric store and its log on a real directory.

mod files;
mod history;
mod lists;
mod log;
mod series;
mod support;
mod sync;
