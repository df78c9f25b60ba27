//! Near alternatives for a name that was not found.

/// Up to three of the candidates that resemble `name`, best first.
///
/// Resemblance is the Jaro–Winkler similarity of the lower-case names; below 0.8 nothing is offered.
///
/// # Examples
/// ```
/// assert_eq!(plimsoll_model::near("tmep", ["temp", "hum", "season"]), ["temp"]);
/// assert!(plimsoll_model::near("zzz", ["temp"]).is_empty());
/// ```
pub fn near<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = name.to_lowercase();
    let mut scored: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|c| (strsim::jaro_winkler(&wanted, &c.to_lowercase()), c))
        .filter(|(score, _)| *score >= 0.8)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, c)| c.to_owned()).collect()
}

/// `; did you mean …?`, or nothing without an alternative.
#[must_use]
pub fn near_text(near: &[String]) -> String {
    if near.is_empty() {
        String::new()
    } else {
        let names: Vec<_> = near.iter().map(|n| format!("`{n}`")).collect();
        format!("; did you mean {}?", names.join(" or "))
    }
}
