//! Event time as services and files write it, in microseconds since the Unix epoch.

use jiff::{Timestamp, civil, tz::TimeZone};

/// Numbers below this are too small to be told from other numbers where they stand as text.
const SMALLEST_EPOCH_TEXT: u64 = 100_000_000;

/// Microseconds of a whole number of seconds, milliseconds, microseconds or nanoseconds since the Unix epoch.
///
/// The unit is told by the size: seconds up to the year 5138, then milliseconds, microseconds, nanoseconds.
///
/// # Examples
/// ```
/// use plimsoll_model::epoch_micros;
/// assert_eq!(epoch_micros(1_296_554_400), 1_296_554_400_000_000);
/// assert_eq!(epoch_micros(1_296_554_400_000), 1_296_554_400_000_000);
/// ```
#[must_use]
pub fn epoch_micros(value: i64) -> i64 {
    match value.unsigned_abs() {
        0..100_000_000_000 => value.saturating_mul(1_000_000),
        100_000_000_000..100_000_000_000_000 => value.saturating_mul(1_000),
        100_000_000_000_000..100_000_000_000_000_000 => value,
        _ => value / 1_000,
    }
}

/// [`epoch_micros`] of a number with a fraction.
#[must_use]
pub fn epoch_micros_of_float(value: f64) -> i64 {
    let scale = match value.abs() {
        v if v < 1e11 => 1e6,
        v if v < 1e14 => 1e3,
        v if v < 1e17 => 1.0,
        _ => 1e-3,
    };
    (value * scale).round() as i64
}

/// Reads RFC 3339, ISO dates and times without offset (then in `timezone`), and whole numbers since the Unix epoch.
///
/// # Output
/// Microseconds since the Unix epoch; `None` if the text is no moment.
///
/// # Examples
/// ```
/// use plimsoll_model::parse_moment;
/// let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
/// assert_eq!(parse_moment("2011-02-01 11:00:00", &berlin), Some(1_296_554_400_000_000));
/// assert_eq!(parse_moment("soon", &berlin), None);
/// ```
#[must_use]
pub fn parse_moment(text: &str, timezone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_microsecond());
    }
    let local = text
        .parse::<civil::DateTime>()
        .or_else(|_| text.parse::<civil::Date>().map(civil::DateTime::from));
    match local {
        Ok(local) => timezone.to_timestamp(local).ok().map(Timestamp::as_microsecond),
        Err(_) => text
            .parse::<i64>()
            .ok()
            .filter(|n| n.unsigned_abs() >= SMALLEST_EPOCH_TEXT)
            .map(epoch_micros),
    }
}

/// Turns local clock times into moments; the offset is looked up once a quarter of an hour, the shortest step in which
/// clocks are moved.
#[derive(Debug)]
pub struct LocalClock<'a> {
    timezone: &'a TimeZone,
    quarter: i64,
    shift: i64,
}

impl<'a> LocalClock<'a> {
    /// A clock in that zone.
    #[must_use]
    pub fn new(timezone: &'a TimeZone) -> Self {
        Self {
            timezone,
            quarter: i64::MIN,
            shift: 0,
        }
    }

    /// Microseconds since the Unix epoch at which the clock shows `local`, itself in microseconds since its own 1970;
    /// `None` beyond the calendar.
    ///
    /// # Examples
    /// ```
    /// let berlin = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    /// assert_eq!(plimsoll_model::LocalClock::new(&berlin).utc(3_600_000_000), Some(0));
    /// ```
    pub fn utc(&mut self, local: i64) -> Option<i64> {
        const QUARTER: i64 = 900_000_000;
        let quarter = local.div_euclid(QUARTER);
        if quarter != self.quarter {
            let start = Timestamp::from_microsecond(quarter.checked_mul(QUARTER)?).ok()?;
            let civil = TimeZone::UTC.to_datetime(start);
            let moment = self.timezone.to_timestamp(civil).ok()?;
            self.shift = moment.as_microsecond() - start.as_microsecond();
            self.quarter = quarter;
        }
        local.checked_add(self.shift)
    }
}
