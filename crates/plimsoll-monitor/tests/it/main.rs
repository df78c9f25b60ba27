//! The collector with real files: durable rows, windows, labels, restarts, and the batch job over what it stored.

mod backfill;
mod broker;
mod collector;
mod compare;
mod crash;
#[cfg(feature = "kafka")]
mod kafka;
#[path = "../../../plimsoll-brokers/tests/it/nats_server.rs"]
mod nats_server;
mod on_s3;
#[path = "../../../plimsoll-store/tests/it/s3_server.rs"]
mod s3_server;
