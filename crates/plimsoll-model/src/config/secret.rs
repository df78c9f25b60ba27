//! Secrets: a project file names where they are kept and never holds them, for it is shown by the API and kept in logs of runs.

use std::{env, fs, path::PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

/// Where a secret is kept: `{env: NAME}` or `{file: /path}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Secret {
    /// An environment variable of the process.
    Env(String),
    /// A file, of which one line break at the end does not count.
    File(PathBuf),
    /// Anything else that was written, which is not kept; [`super::ProjectConfig::parse`] refuses it with its key. A message of
    /// the reader of YAML would show the line, and the secret in it.
    #[serde(skip)]
    WrittenOut,
}

/// What is said of [`Secret::WrittenOut`].
pub(super) const WRITTEN_OUT: &str = "holds a secret, expected where one is kept: `{env: NAME}` or `{file: /path}`";

impl Secret {
    /// The secret itself, read at the moment of use.
    ///
    /// # Errors
    /// A message that names the variable or the file, and never what is in it.
    pub fn read(&self) -> Result<String, String> {
        let secret = match self {
            Self::Env(name) => {
                env::var(name).map_err(|_| format!("{} is not set; expected a secret in it", self.place()))?
            }
            Self::File(path) => {
                let text = fs::read_to_string(path).map_err(|e| format!("{} cannot be read: {e}", self.place()))?;
                let line = text.strip_suffix('\n').unwrap_or(&text);
                line.strip_suffix('\r').unwrap_or(line).to_owned()
            }
            Self::WrittenOut => return Err(format!("the project file {WRITTEN_OUT}")),
        };
        if secret.is_empty() {
            return Err(format!("{} is empty; expected a secret in it", self.place()));
        }
        Ok(secret)
    }

    fn place(&self) -> String {
        match self {
            Self::Env(name) => format!("environment variable `{name}`"),
            Self::File(path) => format!("secret file `{}`", path.display()),
            Self::WrittenOut => "the project file".to_owned(),
        }
    }
}

/// What is written in the project file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Place(Place),
    Other(de::IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    Env(String),
    File(PathBuf),
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Place(Place::Env(name)) => Self::Env(name),
            Written::Place(Place::File(path)) => Self::File(path),
            Written::Other(_) => Self::WrittenOut,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_where_it_is_kept() {
        let folder = env::temp_dir().join(format!("plimsoll-secret-{}", std::process::id()));
        fs::write(&folder, "hush hush\r\n").unwrap();
        assert_eq!(Secret::File(folder.clone()).read().unwrap(), "hush hush");
        fs::write(&folder, "\n").unwrap();
        assert!(Secret::File(folder.clone()).read().unwrap_err().contains("is empty"));
        fs::remove_file(&folder).unwrap();
        let missing = Secret::File(folder).read().unwrap_err();
        assert!(missing.starts_with("secret file `"), "{missing}");
        assert_eq!(
            Secret::Env("PATH".to_owned()).read().unwrap(),
            env::var("PATH").unwrap()
        );
        assert_eq!(
            Secret::Env("PLIMSOLL_NO_SUCH_SECRET".to_owned()).read().unwrap_err(),
            "environment variable `PLIMSOLL_NO_SUCH_SECRET` is not set; expected a secret in it"
        );
    }

    #[test]
    fn a_secret_that_was_written_out_is_not_kept() {
        for written in ["\"hunter2\"", "{\"value\": \"hunter2\"}", "7"] {
            let secret: Secret = serde_json::from_str(written).unwrap();
            assert_eq!(secret, Secret::WrittenOut);
            assert!(secret.read().is_err());
        }
        let kept: Secret = serde_json::from_str("{\"env\": \"KAFKA_PASSWORD\"}").unwrap();
        assert_eq!(serde_json::to_string(&kept).unwrap(), "{\"env\":\"KAFKA_PASSWORD\"}");
    }
}
