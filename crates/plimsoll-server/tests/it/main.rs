//! The router over a temporary workspace.

mod access;
mod api;
mod description;
mod events;
mod ingest;
mod jobs;
mod logs;
mod page;
mod support;
