//! The share of the golden values that agrees, over every file, and proof that no entry is left unread.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::Path,
    sync::{Mutex, Once, PoisonError},
};

use serde_json::Value;

use crate::{golden_models::book, support};

/// A check of golden values, which runs once for its own test and for the sum.
struct Check {
    name: &'static str,
    body: fn(),
    once: Once,
}

impl Check {
    const fn new(name: &'static str, body: fn()) -> Self {
        Self {
            name,
            body,
            once: Once::new(),
        }
    }
}

/// Every check that says which entries it reads, by the name of its test.
static CHECKS: [Check; 18] = [
    Check::new(
        "classification_agrees_with_evidently_and_the_textbook",
        crate::golden_models::check_classification_agrees_with_evidently_and_the_textbook,
    ),
    Check::new(
        "correlations_agree_with_evidently_and_scipy",
        crate::golden_correlations::check_correlations_agree_with_evidently_and_scipy,
    ),
    Check::new(
        "data_quality_agrees_with_evidently_and_the_textbook",
        crate::golden_quality::check_data_quality_agrees_with_evidently_and_the_textbook,
    ),
    Check::new(
        "data_sets_drift_as_in_evidently_but_for_the_chi_square_test",
        crate::golden_drift::check_data_sets_drift_as_in_evidently_but_for_the_chi_square_test,
    ),
    Check::new(
        "data_summaries_agree_with_evidently_07",
        crate::golden_quality::check_data_summaries_agree_with_evidently_07,
    ),
    Check::new(
        "default_bounds_are_the_worse_half_of_evidentlys",
        crate::golden_models::check_default_bounds_are_the_worse_half_of_evidentlys,
    ),
    Check::new(
        "drift_agrees_with_evidently_07",
        crate::golden_suites::generated::check_drift_agrees_with_evidently_07,
    ),
    Check::new(
        "drift_scores_agree_with_evidently_and_the_textbook",
        crate::golden_drift::check_drift_scores_agree_with_evidently_and_the_textbook,
    ),
    Check::new(
        "every_entry_of_the_ranking_book_agrees",
        crate::golden_ranking::check_every_entry_of_the_ranking_book_agrees,
    ),
    Check::new(
        "generated_tests_agree_with_evidently_07",
        crate::golden_suites::generated::check_generated_tests_agree_with_evidently_07,
    ),
    Check::new(
        "groups_bias_and_constants_of_errors_are_evidentlys",
        crate::golden_bias::check_groups_bias_and_constants_of_errors_are_evidentlys,
    ),
    Check::new(
        "models_agree_with_evidently_07",
        crate::golden_models::check_models_agree_with_evidently_07,
    ),
    Check::new(
        "no_golden_row_contradicts_another",
        crate::golden_conflicts::check_no_golden_row_contradicts_another,
    ),
    Check::new(
        "regression_agrees_with_evidently_and_the_textbook",
        crate::golden_models::check_regression_agrees_with_evidently_and_the_textbook,
    ),
    Check::new(
        "suites_agree_with_evidently",
        crate::golden_suites::check_suites_agree_with_evidently,
    ),
    Check::new(
        "the_highest_scores_are_judged_as_in_the_textbook",
        crate::golden_bias::check_the_highest_scores_are_judged_as_in_the_textbook,
    ),
    Check::new(
        "the_ranking_metrics_of_evidently_07_agree",
        crate::golden_ranking::check_the_ranking_metrics_of_evidently_07_agree,
    ),
    Check::new(
        "the_test_suite_of_recommendations_agrees",
        crate::golden_ranking::check_the_test_suite_of_recommendations_agrees,
    ),
];

/// The golden files.
const FILES: [&str; 9] = [
    "classification.json",
    "correlations.json",
    "data_quality.json",
    "drift_datasets.json",
    "drift_tests.json",
    "evidently07.json",
    "ranking.json",
    "regression.json",
    "test_suites.json",
];

/// What became of an entry: `None` if values of it agree, else why none is compared.
type Outcome = Option<String>;

static OUTCOMES: Mutex<BTreeMap<(String, String), Outcome>> = Mutex::new(BTreeMap::new());

/// Runs the check of the test of that name, or waits for it where another thread runs it.
pub fn run(name: &str) {
    let check = CHECKS.iter().find(|c| c.name == name).expect("a check in the list");
    check.once.call_once(check.body);
}

fn note(file: &str, entry: &Value, outcome: Outcome) {
    let id = entry["id"].as_str().expect("an id").to_owned();
    let is_compared = outcome.is_none();
    let mut outcomes = OUTCOMES.lock().unwrap_or_else(PoisonError::into_inner);
    // One check may compare what another leaves out.
    let known = outcomes.entry((file.to_owned(), id)).or_insert(outcome);
    *known = known.take().filter(|_| !is_compared);
}

/// Notes that values of an entry are compared; one that differs fails the check.
pub fn agrees(file: &str, entry: &Value) {
    note(file, entry, None);
}

/// Notes why no value of an entry is compared with the golden one.
pub fn exempt(file: &str, entry: &Value, reason: &str) {
    note(file, entry, Some(reason.to_owned()));
}

/// The table, and what is wrong with it.
fn table(entries: &BTreeMap<&str, Vec<Value>>) -> (String, Vec<String>) {
    let outcomes = OUTCOMES.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut text, mut unread) = (String::new(), Vec::new());
    let mut reasons: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let (mut whole, mut agreeing) = (0, 0);
    writeln!(
        text,
        "{:<22}{:>8}{:>10}{:>8}{:>9}",
        "golden file", "entries", "agreeing", "exempt", "share"
    )
    .unwrap();
    let mut line = |name: &str, all: usize, agreeing: usize, exempt: usize| {
        let share = 100.0 * agreeing as f64 / all.max(1) as f64;
        writeln!(text, "{name:<22}{all:>8}{agreeing:>10}{exempt:>8}{share:>8.2}%").unwrap();
    };
    for (file, entries) in entries {
        let (mut own, mut exempt) = (0, 0);
        for entry in entries {
            let id = entry["id"].as_str().expect("an id");
            match outcomes.get(&((*file).to_owned(), id.to_owned())) {
                Some(None) => own += 1,
                Some(Some(reason)) => {
                    exempt += 1;
                    *reasons.entry((file, reason)).or_default() += 1;
                }
                None => unread.push(format!("{id} ({} {})", entry["kind"], entry["metric"])),
            }
        }
        line(file, entries.len(), own, exempt);
        (whole, agreeing) = (whole + entries.len(), agreeing + own);
    }
    line("all", whole, agreeing, whole - agreeing - unread.len());
    for ((file, reason), entries) in reasons {
        writeln!(text, "  {file}: {entries} exempt: {reason}").unwrap();
    }
    (text, unread)
}

/// Where the table is left for whoever runs the tests: what a passing test prints is not shown.
fn leave(text: &str) {
    println!("{text}");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join("golden-share.txt"), text).expect("a file");
}

#[test]
fn every_golden_entry_is_read_and_the_share_that_agrees_is_told() {
    let Some(folder) = support::shared("golden") else {
        leave("golden values: skipped, there is no folder `../shared/golden` beside the project\n");
        return;
    };
    for file in fs::read_dir(folder).expect("a folder") {
        let name = file.expect("a file").file_name().into_string().expect("a name");
        let known = Path::new(&name).extension().is_none_or(|e| e != "json") || FILES.contains(&name.as_str());
        assert!(
            known,
            "`{name}` is no golden file that a check reads; expected one of {FILES:?}"
        );
    }
    for check in &CHECKS {
        run(check.name);
    }
    let entries = FILES.map(|name| (name, book(name).expect("golden values")));
    let (text, unread) = table(&BTreeMap::from(entries));
    leave(&text);
    assert!(
        unread.is_empty(),
        "{} entries that no check reads: {}",
        unread.len(),
        unread.join(", ")
    );
}
