//! Who may ask a service for what: scopes and the facts of a token. The secret itself is nobody's noun.

use std::{collections::BTreeSet, fmt, str::FromStr};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::near;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Sends predictions and labels.
    Ingest,
    /// Reads everything.
    Read,
    /// Runs jobs, recomputes, makes and revokes tokens; reads everything.
    Write,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Ingest, Self::Read, Self::Write];

    /// The scope's name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    /// Says whether this scope allows what another one does: each itself, and `write` also what `read` does.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        self == other || (self == Self::Write && other == Self::Read)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text.trim());
        found.ok_or_else(|| {
            let near = near(text, Self::ALL.iter().map(|scope| scope.as_str()));
            let near = crate::near_text(&near);
            format!("`{text}` is no scope, expected `ingest`, `read` or `write`{near}")
        })
    }
}

/// A token without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Token {
    /// Name by which it is listed and revoked.
    pub name: String,
    /// The only project it reaches; every project if absent.
    pub project: Option<String>,
    /// What it allows.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    #[schemars(with = "String")]
    pub created_at: Timestamp,
    /// From when on it is refused; never if absent.
    #[schemars(with = "Option<String>")]
    pub expires_at: Option<Timestamp>,
}

impl Token {
    /// Says whether the token allows what a scope does.
    #[must_use]
    pub fn allows(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|own| own.includes(scope))
    }

    /// Says whether the token reaches a project, or every project if none is given.
    #[must_use]
    pub fn reaches(&self, project: Option<&str>) -> bool {
        self.project.is_none() || self.project.as_deref() == project
    }

    /// Says whether the token is refused at a moment because of its age.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn write_reads_and_nothing_else_includes_another() {
        for own in Scope::ALL {
            for other in Scope::ALL {
                let expected = own == other || (own, other) == (Scope::Write, Scope::Read);
                assert_eq!(own.includes(other), expected, "{own} {other}");
            }
            assert_eq!(own.as_str().parse(), Ok(own));
        }
        assert!("reed".parse::<Scope>().unwrap_err().contains("`read`"));
    }

    #[test]
    fn a_token_of_a_project_reaches_no_other_and_not_all() {
        let token = |project: Option<&str>| Token {
            name: "t".to_owned(),
            project: project.map(ToOwned::to_owned),
            scopes: BTreeSet::from([Scope::Read]),
            created_at: Timestamp::UNIX_EPOCH,
            expires_at: Timestamp::from_second(60).ok(),
        };
        assert!(token(None).reaches(None) && token(None).reaches(Some("a")));
        assert!(token(Some("a")).reaches(Some("a")));
        assert!(!token(Some("a")).reaches(Some("b")) && !token(Some("a")).reaches(None));
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(!token(None).is_expired(at(59)) && token(None).is_expired(at(60)));
    }
}
