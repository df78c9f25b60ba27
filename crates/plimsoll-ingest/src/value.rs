//! How single values are read: the rules that all formats share.

use jiff::{Timestamp, tz::TimeZone};
use plimsoll_model::{epoch_micros, epoch_micros_of_float, parse_moment};

/// What text says where a number, a truth value or a moment is expected.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Read<T> {
    /// A value.
    Value(T),
    /// That there is none.
    Missing,
    /// Something else.
    Other,
}

/// A number; empty text and `NaN` are missing.
pub(crate) fn number_of_text(text: &str) -> Read<f64> {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(value) if value.is_nan() => Read::Missing,
        Ok(value) => Read::Value(value),
        Err(_) if text.is_empty() => Read::Missing,
        Err(_) => Read::Other,
    }
}

/// A truth value: `true`, `false`, 1, 0.
pub(crate) fn boolean_of_text(text: &str) -> Read<bool> {
    match text.trim() {
        "" => Read::Missing,
        "1" => Read::Value(true),
        "0" => Read::Value(false),
        t if t.eq_ignore_ascii_case("true") => Read::Value(true),
        t if t.eq_ignore_ascii_case("false") => Read::Value(false),
        _ => Read::Other,
    }
}

/// A number as truth value: 1, 0.
pub(crate) fn boolean_of_number(value: f64) -> Option<bool> {
    match value {
        1.0 => Some(true),
        0.0 => Some(false),
        _ => None,
    }
}

/// A moment in microseconds since the Unix epoch.
pub(crate) fn moment_of_text(text: &str, timezone: &TimeZone) -> Read<i64> {
    if text.trim().is_empty() {
        return Read::Missing;
    }
    parse_moment(text, timezone).map_or(Read::Other, Read::Value)
}

/// A moment as cells without types write it: numbers since the Unix epoch may have a fraction.
pub(crate) fn moment_of_cell(text: &str, timezone: &TimeZone) -> Read<i64> {
    match moment_of_text(text, timezone) {
        Read::Other => text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|v| v.abs() >= 1e8)
            .and_then(moment_of_number)
            .map_or(Read::Other, Read::Value),
        read => read,
    }
}

/// A number since the Unix epoch as moment.
pub(crate) fn moment_of_integer(value: i64) -> Option<i64> {
    within_calendar(epoch_micros(value))
}

/// A number since the Unix epoch as moment.
pub(crate) fn moment_of_number(value: f64) -> Option<i64> {
    value
        .is_finite()
        .then(|| epoch_micros_of_float(value))
        .and_then(within_calendar)
}

/// The moment, if a calendar can show it.
pub(crate) fn within_calendar(micros: i64) -> Option<i64> {
    Timestamp::from_microsecond(micros).is_ok().then_some(micros)
}

/// Writes a number as a label, as the engine reads it: whole numbers without a fraction. NaN has no label.
pub(crate) fn label_of_number(value: f64) -> Option<String> {
    if value.is_nan() {
        None
    } else if value == 0.0 {
        Some("0".to_owned())
    } else {
        Some(value.to_string())
    }
}

/// A label as cells without types write it: a whole number with a fraction of zero is that number, and Python's truth
/// values are those of JSON.
pub(crate) fn label_of_cell(text: &str) -> &str {
    match text {
        "True" => return "true",
        "False" => return "false",
        _ => {}
    }
    match text.split_once('.') {
        Some((whole, fraction)) if !fraction.is_empty() && fraction.bytes().all(|b| b == b'0') => {
            let digits = whole.strip_prefix('-').unwrap_or(whole);
            let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            // `-0` is no label of a number, and `007` is no number.
            if number && (digits == "0" && whole == digits || !digits.starts_with('0')) {
                whole
            } else {
                text
            }
        }
        _ => text,
    }
}
