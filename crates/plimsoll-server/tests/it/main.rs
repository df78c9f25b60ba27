//! The router over a temporary workspace.

mod api;
mod description;
mod events;
mod page;
mod support;
