//! A snapshot as a file: JSON, a page of its own, or what CI systems show.

use std::path::Path;

use plimsoll_model::{Snapshot, SnapshotKind, Status, TestResult};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::output::CommandError;

/// What a file holds, by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `.json`: the snapshot.
    Json,
    /// `.html`: an interactive page that needs nothing else.
    Html,
    /// `.xml`: JUnit, of a test suite.
    Junit,
    /// `.md`, or the word `md` alone: a table in Markdown, of a test suite.
    Markdown,
}

impl Form {
    /// The form that a name asks for.
    ///
    /// # Errors
    /// [`CommandError::Message`] names the endings that are known for this kind of snapshot.
    pub fn of(out: &Path, kind: SnapshotKind) -> Result<Self, CommandError> {
        let ending = out.extension().or_else(|| out.file_name()).and_then(|e| e.to_str());
        let tests = kind == SnapshotKind::TestSuite;
        match ending {
            Some("json") => Ok(Self::Json),
            Some("html") => Ok(Self::Html),
            Some("xml") if tests => Ok(Self::Junit),
            Some("md") if tests => Ok(Self::Markdown),
            _ => {
                let known = if tests {
                    ".json, .html, .xml (JUnit) or .md"
                } else {
                    ".json or .html"
                };
                Err(CommandError::Message(format!(
                    "`--out {}` has no known format; expected a name that ends in {known}",
                    out.display()
                )))
            }
        }
    }

    /// The text of the file.
    ///
    /// # Errors
    /// [`CommandError::Message`] if this program was built without its pages.
    pub fn render(self, snapshot: &Snapshot) -> Result<String, CommandError> {
        let failed = |e: &dyn std::fmt::Display| CommandError::Message(e.to_string());
        match self {
            Self::Json => json(snapshot),
            Self::Html => Ok(plimsoll_server::report_page(snapshot)?),
            Self::Junit => junit(snapshot).to_string().map_err(|e| failed(&e)),
            Self::Markdown => Ok(markdown(snapshot)),
        }
    }
}

/// The snapshot as JSON for people.
pub fn json(snapshot: &Snapshot) -> Result<String, CommandError> {
    serde_json::to_string_pretty(snapshot)
        .map(|text| text + "\n")
        .map_err(|e| CommandError::Message(e.to_string()))
}

/// The tests, worst first.
pub fn worst_first(snapshot: &Snapshot) -> Vec<&TestResult> {
    let mut tests: Vec<_> = snapshot.tests.iter().collect();
    tests.sort_by_key(|t| std::cmp::Reverse(t.status));
    tests
}

/// How many tests ended how.
pub fn totals(snapshot: &Snapshot) -> String {
    let s = snapshot.summary();
    format!(
        "{} tests: {} passed, {} warned, {} failed, {} errors, {} skipped",
        s.total, s.pass, s.warn, s.fail, s.error, s.skipped
    )
}

/// What tells a test from the others of a suite.
fn name(test: &TestResult) -> String {
    let labels: Vec<String> = test
        .labels
        .iter()
        .map(|(label, value)| format!("{label} {value}"))
        .collect();
    let about = if labels.is_empty() {
        String::new()
    } else {
        format!(" ({})", labels.join(", "))
    };
    format!("{}.{}{about}", test.metric, test.field)
}

fn junit(snapshot: &Snapshot) -> Report {
    let mut suite = TestSuite::new(&*snapshot.run.source);
    for test in &snapshot.tests {
        let mut status = match test.status {
            Status::Pass | Status::Warn => TestCaseStatus::success(),
            Status::Fail => TestCaseStatus::non_success(NonSuccessKind::Failure),
            Status::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
            Status::Skipped => TestCaseStatus::skipped(),
        };
        status.set_message(&*test.message);
        let mut case = TestCase::new(name(test), status);
        case.set_classname(&*test.metric);
        // JUnit knows no warnings: the test passes and says what it saw.
        if test.status == Status::Warn {
            case.set_system_out(format!("warning: {}", test.message));
        }
        suite.add_test_case(case);
    }
    let mut report = Report::new("plimsoll");
    report.add_test_suite(suite);
    report
}

fn markdown(snapshot: &Snapshot) -> String {
    let mut text = format!(
        "**{}**\n\n| Status | Test | Result |\n|---|---|---|\n",
        totals(snapshot)
    );
    let cell = |text: &str| text.replace('|', "\\|").replace('\n', " ");
    for test in worst_first(snapshot) {
        let status = test.status.as_str().to_uppercase();
        text.push_str(&format!(
            "| {status} | {} | {} |\n",
            cell(&name(test)),
            cell(&test.message)
        ));
    }
    text
}
