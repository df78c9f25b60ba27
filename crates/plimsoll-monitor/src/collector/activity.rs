//! What arrived at a project: totals, arrivals by hour, rejects by reason, changes of the schema.

use std::collections::BTreeMap;

use jiff::Timestamp;
use plimsoll_model::{Arrivals, Rejects, SchemaChange};
use serde::{Deserialize, Serialize};

/// Hours of arrivals that are kept.
const HOURS: usize = 14 * 24;
/// Different reasons of rejects, and different changes of the schema, that are kept.
const KINDS: usize = 200;
const HOUR: i64 = 3_600_000_000;

/// Counts since the project's first row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Rows taken in.
    pub accepted: u64,
    /// Rows refused, with a reason each.
    pub rejected: u64,
    /// Rows whose prediction id was known; the first row of an id holds.
    pub duplicates: u64,
    /// Rows that came after their window had closed.
    pub late: u64,
    /// Labels taken in.
    pub labels: u64,
    /// Labels that found their prediction.
    pub labels_joined: u64,
    /// Labels that waited longer for their prediction than they are held.
    pub labels_expired: u64,
    /// Labels that came after their window was final.
    pub labels_too_late: u64,
}

/// What arrived within an hour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hour {
    /// Rows taken in.
    pub rows: u64,
    /// Labels taken in.
    pub labels: u64,
    /// Rows refused.
    pub rejected: u64,
}

/// What arrived at a project; bounded in size.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Activity {
    /// Counts since the first row.
    pub totals: Totals,
    /// Arrivals by start of the hour, in microseconds since the Unix epoch.
    pub hours: BTreeMap<i64, Hour>,
    /// Reasons of rejects.
    pub rejects: Vec<Rejects>,
    /// Columns that are not as described.
    pub schema_changes: Vec<SchemaChange>,
    /// Arrival of the latest rows, in microseconds since the Unix epoch.
    pub last_arrival: Option<i64>,
}

impl Activity {
    /// Counts what one record brought.
    pub fn arrived(&mut self, at: i64, new: Hour) {
        self.totals.accepted += new.rows;
        self.totals.labels += new.labels;
        self.totals.rejected += new.rejected;
        let hour = self.hours.entry(at.div_euclid(HOUR) * HOUR).or_default();
        hour.rows += new.rows;
        hour.labels += new.labels;
        hour.rejected += new.rejected;
        while self.hours.len() > HOURS {
            self.hours.pop_first();
        }
        self.last_arrival = self.last_arrival.max(Some(at));
    }

    /// Counts refused rows of one reason.
    pub fn refused(&mut self, at: Timestamp, code: &str, column: Option<&str>, count: u64, example: &str) {
        let same = |r: &&mut Rejects| r.reason == code && r.column.as_deref() == column;
        if let Some(known) = self.rejects.iter_mut().find(same) {
            known.count += count;
            example.clone_into(&mut known.example);
            known.last_at = at;
        } else if self.rejects.len() < KINDS {
            self.rejects.push(Rejects {
                reason: code.to_owned(),
                column: column.map(str::to_owned),
                count,
                example: example.to_owned(),
                last_at: at,
            });
        }
    }

    /// The arrivals by hour, oldest first.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arrivals> {
        let hour = |(at, hour): (&i64, &Hour)| {
            Some(Arrivals {
                hour: Timestamp::from_microsecond(*at).ok()?,
                rows: hour.rows,
                labels: hour.labels,
                rejected: hour.rejected,
            })
        };
        self.hours.iter().filter_map(hour).collect()
    }

    /// Notes a column that is not as described.
    pub fn changed(&mut self, change: SchemaChange) {
        let same =
            |c: &&mut SchemaChange| (&c.column, &c.change, &c.found) == (&change.column, &change.change, &change.found);
        if let Some(known) = self.schema_changes.iter_mut().find(same) {
            known.rows += change.rows;
            known.last_at = change.last_at;
        } else if self.schema_changes.len() < KINDS {
            self.schema_changes.push(change);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_kept_for_two_weeks() {
        let mut activity = Activity::default();
        for hour in 0..400_i64 {
            let new = Hour {
                rows: 2,
                ..Hour::default()
            };
            activity.arrived(hour * HOUR + 5, new);
        }
        assert_eq!((activity.hours.len(), activity.totals.accepted), (HOURS, 800));
        assert_eq!(
            activity.hours.first_key_value().map(|(at, _)| *at),
            Some((400 - 14 * 24) * HOUR)
        );
    }

    #[test]
    fn reasons_are_counted_by_code_and_column() {
        let second = |s| Timestamp::from_second(s).unwrap();
        let mut activity = Activity::default();
        activity.refused(second(1), "time", Some("at"), 2, "`soon` is no moment");
        activity.refused(second(2), "time", Some("at"), 3, "`later` is no moment");
        activity.refused(second(3), "id", Some("id"), 1, "`id` is missing");
        let counts: Vec<_> = activity
            .rejects
            .iter()
            .map(|r| (r.count, r.last_at.as_second()))
            .collect();
        assert_eq!(counts, [(5, 2), (1, 3)]);
        assert_eq!(activity.rejects[0].example, "`later` is no moment");
    }
}
