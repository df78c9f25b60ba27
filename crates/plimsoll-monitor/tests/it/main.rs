//! The collector with real files: durable rows, windows, labels, restarts, and the batch job over what it stored.

mod collector;
mod compare;
mod crash;
