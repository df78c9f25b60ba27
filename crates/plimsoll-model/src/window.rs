//! Half-open periods of event time and the calendars that cut time into them.

use std::{fmt, str::FromStr};

use jiff::{Span, Timestamp, Unit, ZonedDateTime, ZonedDateTimeRound, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// How long windows are: a calendar unit in the project's time zone, or a fixed length counted from the Unix epoch.
///
/// Written `1h`, `1d`, `1w`, `1mo` (calendar units) or any fixed length such as `15m`, `6h`, `90s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Granularity {
    /// Clock hours.
    Hour,
    /// Days from midnight to midnight; 23 or 25 hours where the clock changes.
    Day,
    /// Weeks from Monday.
    Week,
    /// Calendar months.
    Month,
    /// A fixed number of seconds, aligned to the Unix epoch.
    Seconds(i64),
}

/// A period `[start, end)` of event time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// First moment inside.
    #[schemars(with = "String")]
    pub start: Timestamp,
    /// First moment after.
    #[schemars(with = "String")]
    pub end: Timestamp,
    /// How the window was cut.
    pub granularity: Granularity,
    /// IANA name of the time zone whose calendar was used.
    pub timezone: String,
}

/// Why a granularity or a calendar computation failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WindowError {
    /// The text is not a length of time.
    #[error("`{0}` is not a window length; expected a number and a unit, such as `15m`, `1h`, `1d`, `1w` or `1mo`")]
    Length(String),
    /// The moment lies outside the years −9999 to 9999.
    #[error("time out of range: {0}")]
    Range(String),
}

impl FromStr for Granularity {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let error = || WindowError::Length(text.to_owned());
        let trimmed = text.trim();
        let unit_at = trimmed.find(|c: char| !c.is_ascii_digit()).ok_or_else(error)?;
        let (number, unit) = trimmed.split_at(unit_at);
        let n: i64 = if number.is_empty() {
            1
        } else {
            number.parse().map_err(|_| error())?
        };
        if n < 1 {
            return Err(error());
        }
        let seconds = match unit.trim() {
            "s" | "sec" | "second" | "seconds" => 1,
            "m" | "min" | "minute" | "minutes" => 60,
            "h" | "hour" | "hours" | "hourly" => 3_600,
            "d" | "day" | "days" | "daily" => 86_400,
            "w" | "week" | "weeks" | "weekly" => 604_800,
            "mo" | "month" | "months" | "monthly" if n == 1 => return Ok(Self::Month),
            _ => return Err(error()),
        };
        Ok(match n.checked_mul(seconds).ok_or_else(error)? {
            3_600 => Self::Hour,
            86_400 => Self::Day,
            604_800 => Self::Week,
            other => Self::Seconds(other),
        })
    }
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hour => f.write_str("1h"),
            Self::Day => f.write_str("1d"),
            Self::Week => f.write_str("1w"),
            Self::Month => f.write_str("1mo"),
            Self::Seconds(s) => match s {
                s if s % 604_800 == 0 => write!(f, "{}w", s / 604_800),
                s if s % 86_400 == 0 => write!(f, "{}d", s / 86_400),
                s if s % 3_600 == 0 => write!(f, "{}h", s / 3_600),
                s if s % 60 == 0 => write!(f, "{}m", s / 60),
                s => write!(f, "{s}s"),
            },
        }
    }
}

impl Serialize for Granularity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Granularity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Granularity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Granularity".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Length of a window: a number and a unit (s, m, h, d, w), or `1mo` for calendar months.",
            "examples": ["1h", "1d", "1w", "1mo", "15m"],
        })
    }
}

impl Granularity {
    /// The window that holds a moment.
    ///
    /// # Errors
    /// [`WindowError::Range`] if the window would leave the supported years.
    ///
    /// # Examples
    /// ```
    /// use plimsoll_model::{Granularity, Window};
    /// let t: jiff::Timestamp = "2011-02-03T10:30:00Z".parse().unwrap();
    /// let w = Granularity::Week.window_at(t, &jiff::tz::TimeZone::UTC).unwrap();
    /// assert_eq!(w.start.to_string(), "2011-01-31T00:00:00Z");
    /// assert_eq!(w.end.to_string(), "2011-02-07T00:00:00Z");
    /// ```
    pub fn window_at(self, moment: Timestamp, timezone: &TimeZone) -> Result<Window, WindowError> {
        let range = |e: jiff::Error| WindowError::Range(e.to_string());
        let name = timezone.iana_name().unwrap_or("UTC").to_owned();
        let window = |start: Timestamp, end: Timestamp| Window {
            start,
            end,
            granularity: self,
            timezone: name,
        };
        if let Self::Seconds(length) = self {
            let start = moment.as_second().div_euclid(length) * length;
            let at = |s: i64| Timestamp::from_second(s).map_err(range);
            return Ok(window(at(start)?, at(start + length)?));
        }
        let local = moment.to_zoned_datetime(timezone.clone());
        let start = self.floor(&local).map_err(range)?;
        let end = match self {
            Self::Hour => start.checked_add(Span::new().hours(1)),
            Self::Day => start.tomorrow().and_then(|d| d.start_of_day()),
            Self::Week => start.checked_add(Span::new().weeks(1)).and_then(|d| d.start_of_day()),
            Self::Month | Self::Seconds(_) => start.checked_add(Span::new().months(1)).and_then(|d| d.start_of_day()),
        }
        .map_err(range)?;
        Ok(window(start.timestamp(), end.timestamp()))
    }

    fn floor(self, local: &ZonedDateTime) -> Result<ZonedDateTime, jiff::Error> {
        match self {
            Self::Hour => local.round(
                ZonedDateTimeRound::new()
                    .smallest(Unit::Hour)
                    .mode(jiff::RoundMode::Trunc),
            ),
            Self::Day => local.start_of_day(),
            Self::Week => {
                let back = i64::from(local.weekday().to_monday_zero_offset());
                local.checked_sub(Span::new().days(back))?.start_of_day()
            }
            Self::Month | Self::Seconds(_) => local.first_of_month()?.start_of_day(),
        }
    }

    /// All windows that overlap `[from, to)`, in order.
    ///
    /// # Errors
    /// [`WindowError::Range`] if a window would leave the supported years.
    pub fn windows(self, from: Timestamp, to: Timestamp, timezone: &TimeZone) -> Result<Vec<Window>, WindowError> {
        let mut windows = Vec::new();
        let mut at = from;
        while at < to {
            let window = self.window_at(at, timezone)?;
            at = window.end;
            windows.push(window);
        }
        Ok(windows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_and_write_back() {
        for (text, expected) in [
            ("1h", Granularity::Hour),
            ("24h", Granularity::Day),
            ("7d", Granularity::Week),
        ] {
            assert_eq!(text.parse::<Granularity>().unwrap(), expected);
        }
        for text in ["1h", "1d", "1w", "1mo", "15m", "6h", "90s", "2d", "3w"] {
            assert_eq!(text.parse::<Granularity>().unwrap().to_string(), text);
        }
        for text in ["", "5", "0d", "-1h", "2mo", "1y", "h1", "99999999999999999999d"] {
            assert!(text.parse::<Granularity>().is_err(), "{text}");
        }
    }

    #[test]
    fn days_follow_the_local_clock_change() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let noon: Timestamp = "2024-03-31T12:00:00Z".parse().unwrap();
        let day = Granularity::Day.window_at(noon, &berlin).unwrap();
        assert_eq!(day.end.as_second() - day.start.as_second(), 23 * 3_600);
        assert_eq!(day.timezone, "Europe/Berlin");
    }

    #[test]
    fn windows_cover_the_period_without_gap() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let (from, to) = (
            "2023-10-01T05:00:00Z".parse().unwrap(),
            "2024-04-15T00:00:00Z".parse().unwrap(),
        );
        for granularity in [
            Granularity::Hour,
            Granularity::Day,
            Granularity::Week,
            Granularity::Month,
        ] {
            let windows = granularity.windows(from, to, &berlin).unwrap();
            assert!(windows[0].start <= from && windows.last().unwrap().end >= to);
            assert!(windows.windows(2).all(|w| w[0].end == w[1].start));
        }
    }
}
