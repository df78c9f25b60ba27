//! What is said of files of a form that this program does not read.

/// The version that was found, the one that is read, and what to do; `mend` is what helps where the file is too old.
///
/// The caller names the file.
pub(crate) fn unlike(found: u32, read: u32, mend: &str) -> String {
    let advice = if found > read {
        "a newer plimsoll wrote it: use that version or a later one"
    } else {
        mend
    };
    format!("it has format version {found}, expected {read}; {advice}")
}

#[cfg(test)]
mod tests {
    use super::unlike;

    #[test]
    fn what_to_do_depends_on_which_is_newer() {
        assert_eq!(
            unlike(3, 2, "compute it again"),
            "it has format version 3, expected 2; a newer plimsoll wrote it: use that version or a later one"
        );
        assert_eq!(
            unlike(1, 2, "compute it again"),
            "it has format version 1, expected 2; compute it again"
        );
    }
}
