//! The router over a temporary workspace.

mod api;
mod description;
mod events;
mod ingest;
mod jobs;
mod page;
mod support;
