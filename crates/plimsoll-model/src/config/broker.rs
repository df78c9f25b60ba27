//! The `collector.broker` block: rows from a message broker.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::secret::{Secret, WRITTEN_OUT};

/// Rows from a message broker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum BrokerConfig {
    /// NATS JetStream: a durable pull consumer on each subject.
    Nats {
        /// Address, such as `nats://127.0.0.1:4222`, or `tls://…`; without name and password.
        url: String,
        /// How the client proves who it is. Default: not at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        login: Option<NatsLogin>,
        /// Stream that holds the subjects.
        stream: String,
        /// Subject of predictions.
        predictions: String,
        /// Subject of labels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        labels: Option<String>,
        /// Subject for messages that cannot be read. Default: the subject with `.dead` behind it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dead_letters: Option<String>,
    },
    /// Kafka: a consumer group on each topic.
    Kafka {
        /// Addresses, separated by commas.
        brokers: String,
        /// Consumer group. Default `plimsoll-<project>`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        group: Option<String>,
        /// Topic of predictions.
        predictions: String,
        /// Topic of labels.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        labels: Option<String>,
        /// Topic for messages that cannot be read. Default: the topic with `.dead` behind it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dead_letters: Option<String>,
        /// How the connection is encrypted. Default: not at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tls: Option<KafkaTls>,
        /// Name and password. Default: none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sasl: Option<KafkaSasl>,
    },
}

/// How a client of NATS proves who it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NatsLogin {
    /// Name and password.
    User {
        /// Name of the user.
        name: String,
        /// Where the password is kept.
        password: Secret,
    },
    /// Where a token is kept.
    Token(Secret),
    /// File with the user's JWT and seed, as `nsc` writes it.
    Credentials(PathBuf),
}

/// How a connection to Kafka is encrypted; `tls: {}` trusts the certificates that the machine trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KafkaTls {
    /// PEM file of the authorities that the broker's certificate must come from. Default: those of the machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PathBuf>,
    /// PEM file of the certificate that the client shows, for brokers that ask for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// PEM file of the certificate's private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// Password of the private key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_password: Option<Secret>,
}

/// How a client of Kafka proves who it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SaslMechanism {
    /// The password is sent as it is; only together with `tls`.
    #[default]
    #[serde(rename = "plain")]
    Plain,
    /// The password is proved and not sent, with SHA-256.
    #[serde(rename = "scram-sha-256")]
    ScramSha256,
    /// The password is proved and not sent, with SHA-512.
    #[serde(rename = "scram-sha-512")]
    ScramSha512,
}

/// Name and password for Kafka.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KafkaSasl {
    /// How the password is proved. Default `plain`.
    #[serde(default)]
    pub mechanism: SaslMechanism,
    /// Name of the user.
    pub username: String,
    /// Where the password is kept.
    pub password: Secret,
}

impl BrokerConfig {
    /// What cannot be used, as key below `collector` and problem.
    pub(super) fn problem(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Nats { url, login, .. } => nats_problem(url, login.as_ref()),
            Self::Kafka { tls, sasl, .. } => kafka_problem(tls.as_ref(), sasl.as_ref()),
        }
    }
}

fn relative(path: &Path) -> Option<String> {
    (!path.is_absolute()).then(|| format!("is `{}`, expected an absolute path", path.display()))
}

fn nats_problem(url: &str, login: Option<&NatsLogin>) -> Option<(&'static str, String)> {
    let server = url.split_once("://").map_or(url, |(_, server)| server);
    if server.contains('@') {
        // Not shown, for it holds a secret.
        let problem = "holds a name, a password or a token before `@`, expected the address alone and them in `login`";
        return Some(("broker.nats.url", problem.to_owned()));
    }
    let (secret, key) = match login? {
        NatsLogin::User { password, .. } => (password, "broker.nats.login.user.password"),
        NatsLogin::Token(token) => (token, "broker.nats.login.token"),
        NatsLogin::Credentials(path) => return Some(("broker.nats.login.credentials", relative(path)?)),
    };
    match secret {
        Secret::WrittenOut => Some((key, WRITTEN_OUT.to_owned())),
        Secret::File(path) => Some((key, relative(path)?)),
        Secret::Env(_) => None,
    }
}

fn kafka_problem(tls: Option<&KafkaTls>, sasl: Option<&KafkaSasl>) -> Option<(&'static str, String)> {
    let files = tls.map_or([const { (None, "") }; 3], |tls| {
        [
            (tls.ca.as_deref(), "broker.kafka.tls.ca"),
            (tls.certificate.as_deref(), "broker.kafka.tls.certificate"),
            (tls.key.as_deref(), "broker.kafka.tls.key"),
        ]
    });
    let secrets = [
        (sasl.map(|s| &s.password), "broker.kafka.sasl.password"),
        (
            tls.and_then(|t| t.key_password.as_ref()),
            "broker.kafka.tls.key_password",
        ),
    ];
    if let Some((_, key)) = secrets.iter().find(|(s, _)| *s == Some(&Secret::WrittenOut)) {
        return Some((key, WRITTEN_OUT.to_owned()));
    }
    let secrets = secrets.map(|(secret, key)| match secret {
        Some(Secret::File(path)) => (Some(path.as_path()), key),
        _ => (None, key),
    });
    let found = |(path, key): &(Option<&Path>, &'static str)| Some((*key, relative((*path)?)?));
    if let Some(found) = files.iter().chain(&secrets).find_map(found) {
        return Some(found);
    }
    if let Some(tls) = tls
        && tls.certificate.is_some() != tls.key.is_some()
    {
        let problem = "has one of `certificate` and `key`, expected both or none".to_owned();
        return Some(("broker.kafka.tls", problem));
    }
    if let (None, Some(sasl)) = (tls, sasl)
        && sasl.mechanism == SaslMechanism::Plain
    {
        let problem = "sends the password unencrypted; add `tls: {}`, or use `scram-sha-256` or `scram-sha-512`";
        return Some(("broker.kafka.sasl.mechanism", problem.to_owned()));
    }
    None
}
