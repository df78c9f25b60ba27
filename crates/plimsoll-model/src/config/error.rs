//! What can be wrong with a configuration.

use thiserror::Error;

/// Why a configuration file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// There is nothing in the file.
    #[error("the file is empty; `plimsoll inspect DATA` prints a `data` block to begin with")]
    Empty,
    /// The text is no YAML, or a key or value does not fit.
    #[error("line {line}, column {column}: {problem}\n{line:>5} | {text}")]
    Syntax {
        /// Line, from 1.
        line: u64,
        /// Column, from 1.
        column: u64,
        /// What is wrong, what was expected, near alternatives.
        problem: String,
        /// The line.
        text: String,
    },
    /// A value that can be read makes no sense.
    #[error("`{key}`: {problem}")]
    Invalid {
        /// Path of the key.
        key: String,
        /// What is wrong and what was expected.
        problem: String,
    },
    /// The file and the data do not fit.
    #[error(transparent)]
    Data(#[from] crate::DataError),
}

impl ConfigError {
    pub(super) fn syntax(yaml: &str, error: &serde_saphyr::Error) -> Self {
        let location = error.location();
        let (line, column) = location.map_or((1, 1), |l| (l.line(), l.column()));
        let message = error.to_string();
        let first = message.lines().next().unwrap_or_default();
        // `error: line 3 column 3: unknown field …`: the place is told apart from the problem.
        let place = format!("line {line} column {column}: ");
        let problem = first.split_once(&place).map_or(first, |(_, problem)| problem);
        let problem = in_words(error).unwrap_or_else(|| problem.to_owned());
        let text = yaml
            .lines()
            .nth(usize::try_from(line).map_or(0, |l| l.saturating_sub(1)))
            .unwrap_or_default();
        Self::Syntax {
            line,
            column,
            problem: with_alternatives(&problem),
            text: text.to_owned(),
        }
    }
}

/// What the reader says in its own terms, in the words of the file.
fn in_words(error: &serde_saphyr::Error) -> Option<String> {
    match error.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => Some(format!("key `{key}` is given twice")),
        serde_saphyr::Error::Unexpected { expected, .. } => match *expected {
            "sequence start" => Some("expected a list, such as `[data_drift]`".to_owned()),
            "mapping start" => Some("expected keys with values".to_owned()),
            "string scalar" => Some("expected one word or text".to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// Adds the near ones among the names that were expected.
fn with_alternatives(problem: &str) -> String {
    let Some((found, expected)) = problem.split_once(", expected one of ") else {
        return problem.to_owned();
    };
    let Some(found) = found.split('`').nth(1) else {
        return problem.to_owned();
    };
    let names = expected.split(", ").map(|n| n.trim_matches('`'));
    match crate::near(found, names).first() {
        Some(near) => format!("{problem}; did you mean `{near}`?"),
        None => problem.to_owned(),
    }
}
