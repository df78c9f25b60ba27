//! Tokens in the workspace's file.

use std::{collections::BTreeSet, fs};

use jiff::{SignedDuration, Timestamp};
use plimsoll_model::{Scope, Token};
use plimsoll_store::{StoreError, Tokens};
use tempfile::TempDir;

use crate::support::time;

fn token(name: &str, expires_at: Option<Timestamp>) -> Token {
    Token {
        name: name.to_owned(),
        project: None,
        scopes: BTreeSet::from([Scope::Read]),
        created_at: time("2026-01-01T00:00:00Z"),
        expires_at,
    }
}

#[test]
fn another_handle_sees_what_one_makes_and_revokes() {
    let dir = TempDir::new().unwrap();
    let (one, other) = (Tokens::of(dir.path()), Tokens::of(dir.path()));
    let now = time("2026-01-01T00:00:00Z");
    assert!(!other.are_kept().unwrap());
    let secret = one.create(&token("a", None)).unwrap();
    assert_eq!(other.find(&secret, now).unwrap().unwrap().name, "a");
    let second = other.create(&token("b", None)).unwrap();
    assert_eq!(one.list().unwrap().len(), 2);
    one.revoke("a").unwrap();
    assert_eq!(other.find(&secret, now).unwrap(), None);
    assert!(other.find(&second, now).unwrap().is_some());
    one.revoke("b").unwrap();
    // A service that asked for tokens does not open up because the last one was revoked.
    assert!(other.are_kept().unwrap() && other.list().unwrap().is_empty());
}

#[test]
fn a_token_ends_when_it_expires() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::of(dir.path());
    let end = time("2026-02-01T00:00:00Z");
    let secret = tokens.create(&token("a", Some(end))).unwrap();
    assert!(
        tokens
            .find(&secret, end - SignedDuration::from_nanos(1))
            .unwrap()
            .is_some()
    );
    assert_eq!(tokens.find(&secret, end).unwrap(), None);
}

#[test]
fn the_file_holds_no_secret_and_belongs_to_its_owner() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::of(dir.path());
    let secret = tokens.create(&token("a", None)).unwrap();
    let path = dir.path().join("tokens.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(!text.contains(&secret) && text.contains("sha256"), "{text}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn names_are_checked_and_errors_name_near_ones() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::of(dir.path());
    for name in ["", "a b", "a/b", "ä"] {
        let refused = tokens.create(&token(name, None));
        assert!(matches!(refused, Err(StoreError::TokenName { .. })), "{name}");
    }
    tokens.create(&token("scorer", None)).unwrap();
    assert!(matches!(
        tokens.create(&token("scorer", None)),
        Err(StoreError::TokenTaken { .. })
    ));
    let unknown = tokens.revoke("scoer").unwrap_err().to_string();
    assert!(unknown.contains("did you mean `scorer`"), "{unknown}");
}

#[test]
fn a_damaged_file_lets_nobody_in() {
    let dir = TempDir::new().unwrap();
    let tokens = Tokens::of(dir.path());
    let secret = tokens.create(&token("a", None)).unwrap();
    fs::write(dir.path().join("tokens.json"), "{").unwrap();
    assert!(matches!(
        tokens.find(&secret, Timestamp::UNIX_EPOCH),
        Err(StoreError::Tokens { .. })
    ));
    assert!(tokens.are_kept().is_err());
    fs::write(dir.path().join("tokens.json"), r#"{"version": 9, "tokens": []}"#).unwrap();
    let other = tokens.list().unwrap_err().to_string();
    assert!(
        other.contains("it has format version 9, expected 1; a newer plimsoll wrote it"),
        "{other}"
    );
}

#[test]
fn tokens_made_at_once_are_all_kept() {
    let dir = TempDir::new().unwrap();
    std::thread::scope(|scope| {
        for i in 0..8 {
            let tokens = Tokens::of(dir.path());
            scope.spawn(move || tokens.create(&token(&format!("t{i}"), None)).unwrap());
        }
    });
    assert_eq!(Tokens::of(dir.path()).list().unwrap().len(), 8);
}

#[test]
fn what_is_lent_is_known_to_one_handle_and_stands_in_no_file() {
    let dir = TempDir::new().unwrap();
    let mut tokens = Tokens::of(dir.path());
    let secret = tokens.lend(token("own", None)).unwrap();
    assert!(tokens.find(&secret, Timestamp::UNIX_EPOCH).unwrap().is_some());
    assert!(!tokens.are_kept().unwrap() && tokens.list().unwrap().is_empty());
    let other = Tokens::of(dir.path());
    assert_eq!(other.find(&secret, Timestamp::UNIX_EPOCH).unwrap(), None);
}
