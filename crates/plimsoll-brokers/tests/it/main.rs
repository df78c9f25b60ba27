//! Brokers as they are: a NATS server, and the Kafka cluster that librdkafka brings for tests (no Kafka broker, but its
//! protocol).

#[cfg(feature = "kafka")]
mod kafka;
mod nats;
mod nats_server;
mod support;
