//! Event time: from whatever a column holds to microseconds since the Unix epoch.

use arrow::{
    array::{Array, ArrayRef, AsArray, Int64Array},
    compute::cast,
    datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType},
};
use jiff::tz::TimeZone;
use plimsoll_model::{LocalClock, epoch_micros, epoch_micros_of_float, parse_moment};

/// Examples of what could not be read that are kept.
const EXAMPLES: usize = 3;

/// Moments of a column, and what was no moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventTimes {
    /// Microseconds since the Unix epoch; null where there is no moment.
    pub micros: Vec<Option<i64>>,
    /// Rows that hold something that is no moment.
    pub unreadable: u64,
    /// The first of them.
    pub examples: Vec<String>,
}

/// First and last moment of a source, and how many rows have one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeRange {
    /// Earliest and latest moment, in microseconds since the Unix epoch; `None` without rows.
    pub range: Option<(i64, i64)>,
    /// Rows.
    pub rows: u64,
    /// Rows without a value.
    pub nulls: u64,
    /// Rows that hold something that is no moment.
    pub unreadable: u64,
    /// The first of them.
    pub examples: Vec<String>,
}

impl TimeRange {
    pub(crate) fn add(&mut self, array: &ArrayRef, timezone: &TimeZone) -> bool {
        let Some(times) = event_times(array, timezone) else {
            return false;
        };
        self.rows += array.len() as u64;
        self.nulls += array.logical_null_count() as u64;
        self.unreadable += times.unreadable;
        self.examples.extend(times.examples);
        self.examples.truncate(EXAMPLES);
        for moment in times.micros.into_iter().flatten() {
            let (first, last) = self.range.unwrap_or((moment, moment));
            self.range = Some((first.min(moment), last.max(moment)));
        }
        true
    }
}

/// Reads moments: dates, timestamps with or without zone (then in `timezone`), numbers of seconds, milliseconds,
/// microseconds or nanoseconds since the Unix epoch (told apart by size), and text in ISO form.
///
/// `None` if the column's type holds no moments at all.
#[must_use]
pub fn event_times(array: &ArrayRef, timezone: &TimeZone) -> Option<EventTimes> {
    let micros = |zone| cast(array, &DataType::Timestamp(TimeUnit::Microsecond, zone)).ok();
    match array.data_type() {
        DataType::Timestamp(_, Some(zone)) => {
            let typed = micros(Some(zone.clone()))?;
            Some(all(typed.as_primitive::<TimestampMicrosecondType>().iter()))
        }
        DataType::Timestamp(_, None) | DataType::Date32 | DataType::Date64 => {
            let typed = micros(None)?;
            let local = typed.as_primitive::<TimestampMicrosecondType>();
            if *timezone == TimeZone::UTC {
                return Some(all(local.iter()));
            }
            let mut clock = LocalClock::new(timezone);
            Some(all(local.iter().map(|v| v.and_then(|v| clock.utc(v)))))
        }
        t if t.is_integer() => {
            let typed = cast(array, &DataType::Int64).ok()?;
            let numbers: &Int64Array = typed.as_primitive::<Int64Type>();
            Some(all(numbers.iter().map(|v| v.map(epoch_micros))))
        }
        t if t.is_floating() => {
            let typed = cast(array, &DataType::Float64).ok()?;
            let numbers = typed.as_primitive::<Float64Type>();
            Some(all(numbers
                .iter()
                .map(|v| v.filter(|v| v.is_finite()).map(epoch_micros_of_float))))
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
            let typed = cast(array, &DataType::Utf8).ok()?;
            let texts = typed.as_string::<i32>();
            let mut times = EventTimes::default();
            for text in texts {
                let moment = text.map(|t| parse_moment(t, timezone));
                if let (Some(text), Some(None)) = (text, moment) {
                    times.unreadable += 1;
                    if times.examples.len() < EXAMPLES {
                        times.examples.push(text.to_owned());
                    }
                }
                times.micros.push(moment.flatten());
            }
            Some(times)
        }
        DataType::Null => Some(all((0..array.len()).map(|_| None))),
        _ => None,
    }
}

fn all(micros: impl Iterator<Item = Option<i64>>) -> EventTimes {
    EventTimes {
        micros: micros.collect(),
        ..EventTimes::default()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Date32Array, StringArray, TimestampMillisecondArray};
    use jiff::Timestamp;

    use super::*;

    const MOMENT: i64 = 1_296_554_400_000_000; // 2011-02-01T10:00:00Z

    #[allow(clippy::needless_pass_by_value, reason = "reads better below")]
    fn first(array: ArrayRef, zone: &str) -> Option<i64> {
        event_times(&array, &TimeZone::get(zone).unwrap()).unwrap().micros[0]
    }

    #[test]
    fn every_type_tells_the_same_moment() {
        let seconds = MOMENT / 1_000_000;
        for number in [seconds, seconds * 1_000, seconds * 1_000_000, seconds * 1_000_000_000] {
            assert_eq!(first(Arc::new(Int64Array::from(vec![number])), "UTC"), Some(MOMENT));
        }
        for text in [
            "2011-02-01T10:00:00Z",
            "2011-02-01 11:00:00",
            "2011-02-01T05:00:00-05:00",
        ] {
            assert_eq!(
                first(Arc::new(StringArray::from(vec![text])), "Europe/Berlin"),
                Some(MOMENT),
                "{text}"
            );
        }
        let naive = TimestampMillisecondArray::from(vec![MOMENT / 1_000 + 3_600_000]);
        assert_eq!(first(Arc::new(naive.clone()), "Europe/Berlin"), Some(MOMENT));
        let zoned = TimestampMillisecondArray::from(vec![MOMENT / 1_000]).with_timezone("Asia/Tokyo");
        assert_eq!(first(Arc::new(zoned), "Europe/Berlin"), Some(MOMENT));
        let day = Date32Array::from(vec![15_006]);
        assert_eq!(first(Arc::new(day), "Europe/Berlin"), Some(MOMENT - 11 * 3_600_000_000));
    }

    #[test]
    fn clocks_may_move_by_half_an_hour() {
        // On Lord Howe Island 2:00 became 2:30 on 6 October 2024: from UTC+10:30 to UTC+11.
        let local = "2024-10-06T02:45:00Z".parse::<Timestamp>().unwrap().as_millisecond();
        let naive: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![local - 3_600_000, local]));
        let times = event_times(&naive, &TimeZone::get("Australia/Lord_Howe").unwrap()).unwrap();
        assert_eq!(times.micros[1].unwrap() - times.micros[0].unwrap(), 30 * 60_000_000);
    }

    #[test]
    fn what_is_no_moment_is_counted_with_examples() {
        let array: ArrayRef = Arc::new(StringArray::from(vec![
            Some("soon"),
            None,
            Some("2011-02-01"),
            Some("31.1."),
        ]));
        let times = event_times(&array, &TimeZone::UTC).unwrap();
        assert_eq!(
            (times.unreadable, times.examples),
            (2, vec!["soon".to_owned(), "31.1.".to_owned()])
        );
        assert!(times.micros[2].is_some());
    }
}
