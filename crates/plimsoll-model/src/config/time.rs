//! Moments and lengths of time as people write them.

use jiff::{Timestamp, civil, tz::TimeZone};

use super::ConfigError;
use crate::Granularity;

/// Reads `2011-01-19`, `2011-01-19T10:30`, `2011-01-19 10:30:00` (in the time zone) or RFC 3339 with an offset.
///
/// # Errors
/// [`ConfigError::Invalid`] if the text is no moment.
///
/// # Examples
/// ```
/// use plimsoll_model::config::parse_time;
/// let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
/// assert_eq!(parse_time("2011-01-19", &berlin).unwrap().to_string(), "2011-01-18T23:00:00Z");
/// assert!(parse_time("19.1.2011", &berlin).is_err());
/// ```
pub fn parse_time(text: &str, timezone: &TimeZone) -> Result<Timestamp, ConfigError> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    let local = text
        .parse::<civil::DateTime>()
        .or_else(|_| text.parse::<civil::Date>().map(civil::DateTime::from));
    local
        .and_then(|l| timezone.to_timestamp(l))
        .map_err(|_| ConfigError::Invalid {
            key: "time".to_owned(),
            problem: format!(
                "`{text}` is no moment; expected such as `2011-01-19`, `2011-01-19T10:30` or `2011-01-19T10:30:00Z`"
            ),
        })
}

/// Reads a length such as `28d` or `6h` as seconds; calendar months have none.
#[must_use]
pub fn parse_duration_seconds(text: &str) -> Option<i64> {
    match text.parse::<Granularity>().ok()? {
        Granularity::Hour => Some(3_600),
        Granularity::Day => Some(86_400),
        Granularity::Week => Some(604_800),
        Granularity::Seconds(seconds) => Some(seconds),
        Granularity::Month => None,
    }
}
