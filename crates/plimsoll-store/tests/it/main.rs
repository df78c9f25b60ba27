//! The workspace, its metric store, its log and its prediction store in real places.

mod beside;
mod files;
mod history;
mod lists;
mod log;
mod rows;
mod s3_server;
mod series;
mod support;
mod sync;
mod tokens;
