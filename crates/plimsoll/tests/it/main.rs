//! The real binary on real and on broken data.

mod adhoc;
mod catalogue;
mod job;
mod learned;
mod live;
mod safety;
mod support;
