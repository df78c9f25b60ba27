//! The workspace and its metric store on a real directory.

mod files;
mod history;
mod lists;
mod series;
mod support;
mod sync;
