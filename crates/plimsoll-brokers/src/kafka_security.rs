//! TLS and SASL of a project file, as librdkafka calls them.

use std::path::Path;

use plimsoll_model::config::{KafkaSasl, KafkaTls, SaslMechanism};

use crate::BrokerError;

/// Names and values of librdkafka's configuration. They hold secrets, and are given to nothing but the client.
pub(crate) type Settings = Vec<(&'static str, String)>;

/// What a client is told; secrets are read here.
pub(crate) fn settings(tls: Option<&KafkaTls>, sasl: Option<&KafkaSasl>) -> Result<Settings, BrokerError> {
    let unusable = |problem| BrokerError::Config { problem };
    let protocol = match (tls, sasl) {
        (None, None) => return Ok(Settings::new()),
        (Some(_), None) => "ssl",
        (None, Some(_)) => "sasl_plaintext",
        (Some(_), Some(_)) => "sasl_ssl",
    };
    let mut settings = vec![("security.protocol", protocol.to_owned())];
    if let Some(tls) = tls {
        for (key, file) in [
            ("ssl.ca.location", &tls.ca),
            ("ssl.certificate.location", &tls.certificate),
            ("ssl.key.location", &tls.key),
        ] {
            if let Some(file) = file {
                settings.push((key, readable(file)?));
            }
        }
        if let Some(password) = &tls.key_password {
            settings.push(("ssl.key.password", password.read().map_err(unusable)?));
        }
    }
    if let Some(sasl) = sasl {
        let mechanism = match sasl.mechanism {
            SaslMechanism::Plain => "PLAIN",
            SaslMechanism::ScramSha256 => "SCRAM-SHA-256",
            SaslMechanism::ScramSha512 => "SCRAM-SHA-512",
        };
        settings.push(("sasl.mechanism", mechanism.to_owned()));
        settings.push(("sasl.username", sasl.username.clone()));
        settings.push(("sasl.password", sasl.password.read().map_err(unusable)?));
    }
    Ok(settings)
}

/// The path of a file that is there; librdkafka's own message tells little.
fn readable(file: &Path) -> Result<String, BrokerError> {
    let shown = file.display();
    std::fs::File::open(file).map_err(|e| BrokerError::Config {
        problem: format!("`{shown}` cannot be read: {e}"),
    })?;
    Ok(shown.to_string())
}
