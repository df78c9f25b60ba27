//! Rows of a row group into the Profiles of their windows.

use std::{collections::BTreeMap, sync::Arc};

use arrow::{array::ArrayRef, datatypes::FieldRef};
use jiff::tz::TimeZone;
use plimsoll_engine::{Batch, Profile, ProfilePlan, by_group};

use crate::{QueryError, Source, aggregate::RowCounter, groups::Group, time::event_times, window::windows_of};

/// Which rows and columns of a table go into which Profiles.
#[derive(Debug)]
pub(crate) struct Folding {
    plan: Arc<ProfilePlan>,
    /// The columns of the plan that the table has.
    columns: Vec<String>,
    /// Those columns, and the timestamp at the end.
    fields: Vec<FieldRef>,
    /// Where time matters: its zone and the windows, ascending and not overlapping; else all rows are window 0.
    windows: Option<(TimeZone, Vec<(i64, i64)>)>,
    counter: RowCounter,
}

impl Folding {
    /// Prepares to read all rows of a table into one Profile.
    pub fn whole(source: &Source, plan: &Arc<ProfilePlan>, counter: &RowCounter) -> Self {
        let has = |name: &&String| source.schema().column_with_name(name).is_some();
        let mut columns: Vec<String> = plan.columns().iter().filter(has).cloned().collect();
        if columns.is_empty() {
            // Without any column of the plan the rows are still counted.
            columns.extend(source.columns().next().map(str::to_owned));
        }
        let fields = columns.iter().filter_map(|c| field(source, c)).collect();
        Self {
            plan: Arc::clone(plan),
            columns,
            fields,
            windows: None,
            counter: counter.clone(),
        }
    }

    /// Lets rows go into the windows that hold their time.
    ///
    /// # Errors
    /// [`QueryError::Column`] if there is no such timestamp.
    pub fn windows(
        mut self,
        source: &Source,
        timestamp: &str,
        timezone: &TimeZone,
        windows: Vec<(i64, i64)>,
    ) -> Result<Self, QueryError> {
        source.require(timestamp)?;
        self.fields.extend(field(source, timestamp));
        self.windows = Some((timezone.clone(), windows));
        Ok(self)
    }

    /// The Profiles of the windows that have rows in a row group; not finished.
    ///
    /// # Errors
    /// [`QueryError`] if the file cannot be read.
    pub fn fold(&self, group: &Group) -> Result<BTreeMap<usize, Profile>, QueryError> {
        let mut profiles: BTreeMap<usize, Profile> = BTreeMap::new();
        group.read(&self.fields, |arrays| {
            let columns = &arrays[..self.columns.len()];
            let mut update = |window: usize, columns: &[ArrayRef]| {
                let batch = Batch::new(&self.columns, columns);
                self.counter.add(batch.rows());
                profiles
                    .entry(window)
                    .or_insert_with(|| Profile::empty(&self.plan))
                    .update(&batch);
            };
            let (Some((timezone, windows)), Some(times)) = (&self.windows, arrays.get(self.columns.len())) else {
                update(0, columns);
                return Ok(());
            };
            let moments = event_times(times, timezone).map(|t| t.micros).unwrap_or_default();
            let index: Vec<usize> = windows_of(&moments, windows)
                .map(|window| window.map_or(NOWHERE, |w| w as usize))
                .collect();
            let split = by_group(columns, &index, |window, columns| {
                if window != NOWHERE {
                    update(window, columns);
                }
            });
            split.map_err(|e| group.unreadable(&e))
        })?;
        Ok(profiles)
    }
}

fn field(source: &Source, name: &str) -> Option<FieldRef> {
    let field = source.schema().field_with_name(name).ok()?;
    Some(Arc::new(field.clone()))
}

/// Stands for the window of a row that is in none.
const NOWHERE: usize = usize::MAX;
