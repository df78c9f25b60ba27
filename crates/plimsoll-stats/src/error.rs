//! Why mathematics refuses an input.

use thiserror::Error;

/// Why mathematics refuses an input.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StatsError {
    /// A sample holds no values.
    #[error("the {side} sample has no values")]
    Empty {
        /// `reference` or `current`.
        side: &'static str,
    },
    /// The test does not take this kind of data.
    #[error("test `{test}` takes {expected} data, found {found}")]
    Kind {
        /// Id of the test.
        test: &'static str,
        /// What it takes.
        expected: &'static str,
        /// What was given.
        found: &'static str,
    },
    /// No test has that id.
    #[error("no two-sample test `{id}`; did you mean {}?", .near.join(" or "))]
    UnknownTest {
        /// Id that was asked for.
        id: String,
        /// Similar ids, or all of them.
        near: Vec<String>,
    },
    /// The test compares fewer categories than there are.
    #[error("test `{test}` compares at most {most} categories, found {found}; `chisquare` takes any number")]
    Categories {
        /// Id of the test.
        test: &'static str,
        /// Categories that it compares.
        most: usize,
        /// Categories of both sides together.
        found: usize,
    },
    /// The result is not defined on this input.
    #[error("{0}")]
    Undefined(&'static str),
}
