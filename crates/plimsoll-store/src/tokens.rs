//! Tokens of the API: who may ask for what, in one file of the workspace.
//!
//! A secret is 256 random bits and is shown once. The file holds its SHA-256, by which a service recognises it; as the secret
//! cannot be guessed, a slow hash would add nothing but time to each request. The file belongs to its owner alone and is replaced
//! as a whole; every handle, also in another process, notices that.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use plimsoll_model::{Token, near};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::{
    StoreError,
    files::{self, Stamp},
    version::unlike,
};

/// File of the workspace.
const FILE: &str = "tokens.json";

/// Version of the file's format.
const VERSION: u32 = 1;

/// Begin of every secret, by which scanners for leaked secrets find it.
const PREFIX: &str = "plm_";

/// The tokens of a workspace.
///
/// # Examples
/// ```
/// use std::collections::BTreeSet;
/// use jiff::Timestamp;
/// use plimsoll_model::{Scope, Token};
/// use plimsoll_store::Tokens;
///
/// let dir = tempfile::tempdir()?;
/// let tokens = Tokens::of(dir.path());
/// assert!(!tokens.are_kept()?);
/// let now = Timestamp::now();
/// let token = Token {
///     name: "scorer".to_owned(),
///     project: Some("loans".to_owned()),
///     scopes: BTreeSet::from([Scope::Ingest]),
///     created_at: now,
///     expires_at: None,
/// };
/// let secret = tokens.create(&token)?;
/// assert_eq!(tokens.find(&secret, now)?, Some(token));
/// assert_eq!(tokens.find("plm_guess", now)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Tokens {
    path: PathBuf,
    read: Mutex<Option<(Stamp, Arc<Vec<Kept>>)>>,
    lent: Vec<Kept>,
}

/// A token as the file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    token: Token,
    /// Digest of the secret, hexadecimal.
    sha256: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    version: u32,
    tokens: Vec<Kept>,
}

impl Tokens {
    /// The tokens of a workspace; nothing is read yet, and the workspace need not be there.
    #[must_use]
    pub fn of(workspace: &Path) -> Self {
        Self {
            path: workspace.join(FILE),
            read: Mutex::default(),
            lent: Vec::new(),
        }
    }

    /// Says whether tokens were ever made here. Once they were, a service asks for one, even after the last was revoked.
    ///
    /// # Errors
    /// [`StoreError::Tokens`] if the file cannot be read.
    pub fn are_kept(&self) -> Result<bool, StoreError> {
        Ok(self.kept()?.is_some())
    }

    /// The tokens by name.
    ///
    /// # Errors
    /// [`StoreError::Tokens`] if the file cannot be read.
    pub fn list(&self) -> Result<Vec<Token>, StoreError> {
        let kept = self.kept()?.unwrap_or_default();
        Ok(kept.iter().map(|kept| kept.token.clone()).collect())
    }

    /// The token of a secret; `None` if there is none, or if it has expired.
    ///
    /// How long this takes tells nothing about the secrets that are kept: their digests are compared in full, and all of them.
    ///
    /// # Errors
    /// [`StoreError::Tokens`] if the file cannot be read.
    pub fn find(&self, secret: &str, now: Timestamp) -> Result<Option<Token>, StoreError> {
        let wanted = digest(secret);
        let kept = self.kept()?.unwrap_or_default();
        let mut found = None;
        for kept in kept.iter().chain(&self.lent) {
            if bool::from(wanted.as_bytes().ct_eq(kept.sha256.as_bytes())) {
                found = Some(&kept.token);
            }
        }
        Ok(found.filter(|token| !token.is_expired(now)).cloned())
    }

    /// Keeps a token and gives its secret, which cannot be had again.
    ///
    /// # Errors
    /// [`StoreError::TokenName`] or [`StoreError::TokenTaken`] if the name will not do, [`StoreError::Io`] if the file cannot be
    /// written.
    pub fn create(&self, token: &Token) -> Result<String, StoreError> {
        let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if token.name.is_empty() || token.name.len() > 100 || !token.name.chars().all(is_fit) {
            return Err(StoreError::TokenName {
                name: token.name.clone(),
            });
        }
        let secret = secret()?;
        self.change(|tokens| {
            if tokens.iter().any(|kept| kept.token.name == token.name) {
                return Err(StoreError::TokenTaken {
                    name: token.name.clone(),
                });
            }
            tokens.push(Kept {
                token: token.clone(),
                sha256: digest(&secret),
            });
            tokens.sort_by(|a, b| a.token.name.cmp(&b.token.name));
            Ok(())
        })?;
        Ok(secret)
    }

    /// Gives a secret that this handle alone knows, and no file: the parts of a program may ask each other by it.
    ///
    /// # Errors
    /// [`StoreError::Random`] if the system gives no random numbers.
    pub fn lend(&mut self, token: Token) -> Result<String, StoreError> {
        let secret = secret()?;
        self.lent.push(Kept {
            token,
            sha256: digest(&secret),
        });
        Ok(secret)
    }

    /// Forgets a token.
    ///
    /// # Errors
    /// [`StoreError::UnknownToken`] with similar names, [`StoreError::Io`] if the file cannot be written.
    pub fn revoke(&self, name: &str) -> Result<(), StoreError> {
        self.change(|tokens| {
            let before = tokens.len();
            tokens.retain(|kept| kept.token.name != name);
            if tokens.len() < before {
                return Ok(());
            }
            Err(StoreError::UnknownToken {
                name: name.to_owned(),
                near: near(name, tokens.iter().map(|kept| kept.token.name.as_str())),
            })
        })
    }

    /// Changes the tokens while no other process does.
    fn change(&self, change: impl FnOnce(&mut Vec<Kept>) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let dir = self.path.parent().unwrap_or(Path::new(""));
        files::make_dir(dir)?;
        let path = self.path.with_extension("lock");
        let lock = File::create(&path).map_err(StoreError::io("write", &path))?;
        // Held until it is dropped.
        lock.lock().map_err(StoreError::io("lock", &path))?;
        let mut tokens = self.kept()?.map(|kept| kept.to_vec()).unwrap_or_default();
        change(&mut tokens)?;
        let contents = Contents {
            version: VERSION,
            tokens,
        };
        let json = serde_json::to_vec_pretty(&contents).map_err(|source| StoreError::Json {
            what: format!("`{FILE}`"),
            source,
        })?;
        files::write_private(&self.path, &json).map(drop)
    }

    /// The tokens as the file has them at this moment; `None` if there is no file.
    fn kept(&self) -> Result<Option<Arc<Vec<Kept>>>, StoreError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let now = match fs::metadata(&self.path) {
            Ok(metadata) => Stamp::of(&metadata),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                *read = None;
                return Ok(None);
            }
            Err(e) => return Err(StoreError::io("read", &self.path)(e)),
        };
        if let Some((stamp, kept)) = &*read
            && *stamp == now
        {
            return Ok(Some(Arc::clone(kept)));
        }
        let Some((bytes, stamp)) = files::read(&self.path)? else {
            *read = None;
            return Ok(None);
        };
        let damaged = |reason: String| StoreError::Tokens {
            path: self.path.clone(),
            reason,
        };
        let contents: Contents = serde_json::from_slice(&bytes).map_err(|e| damaged(e.to_string()))?;
        if contents.version != VERSION {
            let mend = "an older plimsoll wrote it";
            return Err(damaged(unlike(contents.version, VERSION, mend)));
        }
        let kept = Arc::new(contents.tokens);
        *read = Some((stamp, Arc::clone(&kept)));
        Ok(Some(kept))
    }
}

/// A secret that nobody has had before.
fn secret() -> Result<String, StoreError> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(StoreError::Random)?;
    Ok(format!("{PREFIX}{}", hex(&bytes)))
}

fn digest(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_the_standard() {
        // FIPS 180-2, B.1.
        assert_eq!(
            digest("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn no_two_secrets_are_alike() {
        let (a, b) = (secret().unwrap(), secret().unwrap());
        assert!(a != b && a.starts_with(PREFIX) && a.len() == PREFIX.len() + 64);
    }
}
