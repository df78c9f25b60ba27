//! The router over a temporary workspace.

mod api;
mod description;
mod events;
mod jobs;
mod page;
mod support;
