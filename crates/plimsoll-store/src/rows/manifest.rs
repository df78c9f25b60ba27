//! Manifests: numbered files that are only ever created, of which the newest counts.

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, sync::Arc, time::Duration};

use super::{Place, RowsError};
use crate::{log::Position, version::unlike};

/// Version of the manifest's form that this program writes.
const VERSION: u32 = 1;

/// Manifests that are kept, so that a reader that has just listed them still finds one.
pub(super) const KEPT: u64 = 5;

pub(super) const FOLDER: &str = "manifest";

/// A table of the prediction store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Predictions, in folders by the UTC date of the event.
    Predictions,
    /// Labels, in folders by the UTC date of their arrival.
    Labels,
}

impl Table {
    /// Both tables.
    pub const ALL: [Self; 2] = [Self::Predictions, Self::Labels];

    /// The table's folder.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Predictions => "predictions",
            Self::Labels => "labels",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A Parquet file of rows of one date, sorted by time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Below the place of the store: `predictions/date=2026-11-23/part-….parquet`.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// First event time, or arrival of labels, in microseconds since the Unix epoch.
    pub first: i64,
    /// Last event time, or arrival of labels, in microseconds since the Unix epoch.
    pub last: i64,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Part {
    /// The date of the part's folder, as written there.
    #[must_use]
    pub fn date(&self) -> &str {
        let folder = self.path.split('/').find_map(|name| name.strip_prefix("date="));
        folder.unwrap_or_default()
    }

    /// Says whether the part may hold rows of `[from, to)`.
    pub(super) fn overlaps(&self, between: Option<(i64, i64)>) -> bool {
        between.is_none_or(|(from, to)| self.last >= from && self.first < to)
    }
}

/// A part that was replaced or dropped, and is deleted when no reader can be on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    /// As [`Part::path`].
    pub path: String,
    /// Manifest that no longer named it.
    pub number: u64,
    /// When that was written.
    pub at: Timestamp,
}

/// A column that some part of a table has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredColumn {
    /// Name.
    pub name: String,
    /// Arrow type as text: `Float64`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// What the prediction store of a project holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this form.
    pub version: u32,
    /// Grows by one from manifest to manifest; 0 before the first.
    pub number: u64,
    /// Which open store wrote it.
    pub writer: String,
    /// When it was written.
    pub written_at: Timestamp,
    /// Records of the log below this position are in the parts.
    pub log_position: Position,
    /// Parts of the predictions, in order of their first event.
    pub predictions: Vec<Part>,
    /// Parts of the labels, in order of their first arrival.
    pub labels: Vec<Part>,
    /// All columns that predictions have had.
    pub prediction_columns: Vec<StoredColumn>,
    /// All columns that labels have had.
    pub label_columns: Vec<StoredColumn>,
    /// Parts that wait for their deletion.
    pub retired: Vec<Retired>,
    /// What the collector keeps beside the rows: windows to be restated, counters, known columns.
    pub state: Value,
}

impl Manifest {
    /// What a store holds into which nothing has been written.
    pub(super) fn empty() -> Self {
        Self {
            version: VERSION,
            number: 0,
            writer: String::new(),
            written_at: Timestamp::UNIX_EPOCH,
            log_position: Position(0),
            predictions: Vec::new(),
            labels: Vec::new(),
            prediction_columns: Vec::new(),
            label_columns: Vec::new(),
            retired: Vec::new(),
            state: Value::Null,
        }
    }

    /// The parts of a table.
    #[must_use]
    pub fn parts(&self, table: Table) -> &[Part] {
        match table {
            Table::Predictions => &self.predictions,
            Table::Labels => &self.labels,
        }
    }

    pub(super) fn parts_mut(&mut self, table: Table) -> &mut Vec<Part> {
        match table {
            Table::Predictions => &mut self.predictions,
            Table::Labels => &mut self.labels,
        }
    }

    /// All parts of both tables.
    pub(super) fn all_parts(&self) -> impl Iterator<Item = &Part> {
        self.predictions.iter().chain(&self.labels)
    }

    /// Bytes of all parts.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.all_parts().map(|p| p.bytes).sum()
    }

    /// Rows of a table.
    #[must_use]
    pub fn rows(&self, table: Table) -> u64 {
        self.parts(table).iter().map(|p| p.rows).sum()
    }

    /// All columns that the parts of a table have had, each able to be null.
    ///
    /// # Errors
    /// [`RowsError::Rows`] if the manifest names a type that this program does not know.
    pub fn schema(&self, table: Table) -> Result<SchemaRef, RowsError> {
        let columns = match table {
            Table::Predictions => &self.prediction_columns,
            Table::Labels => &self.label_columns,
        };
        let fields: Result<Vec<Field>, _> = columns
            .iter()
            .map(|c| c.kind.parse().map(|kind: DataType| Field::new(&c.name, kind, true)))
            .collect();
        let fields = fields.map_err(RowsError::rows("read the column types of the manifest"))?;
        Ok(Arc::new(Schema::new(fields)))
    }

    pub(super) fn set_schema(&mut self, table: Table, schema: &Schema) {
        let columns = schema
            .fields()
            .iter()
            .map(|f| StoredColumn {
                name: f.name().clone(),
                kind: f.data_type().to_string(),
            })
            .collect();
        match table {
            Table::Predictions => self.prediction_columns = columns,
            Table::Labels => self.label_columns = columns,
        }
    }

    /// Notes parts that the next manifest no longer names, to be deleted when they are due.
    pub(super) fn retire(&mut self, paths: impl IntoIterator<Item = String>, now: Timestamp) {
        let number = self.number + 1;
        let retired = paths.into_iter().map(|path| Retired { path, number, at: now });
        self.retired.extend(retired);
    }

    /// Takes out the retired parts that may be deleted: those that the last manifest no longer named, and that have
    /// been retired for a while.
    pub(super) fn take_due(&mut self, now: Timestamp, grace: Duration) -> Vec<String> {
        let number = self.number;
        let due = |r: &Retired| r.number < number && r.at.checked_add(grace).is_ok_and(|t| t <= now);
        let (due, kept) = std::mem::take(&mut self.retired).into_iter().partition(due);
        self.retired = kept;
        let due: Vec<Retired> = due;
        due.into_iter().map(|r| r.path).collect()
    }

    /// Puts the parts in order.
    pub(super) fn sort(&mut self) {
        for table in Table::ALL {
            self.parts_mut(table)
                .sort_by(|a, b| (a.first, a.last, &a.path).cmp(&(b.first, b.last, &b.path)));
        }
    }
}

/// The path of a manifest.
pub(super) fn path(number: u64) -> String {
    format!("{FOLDER}/{number:020}.json")
}

/// Numbers of the manifests that are there, smallest first.
pub(super) async fn numbers(place: &Place) -> Result<Vec<u64>, RowsError> {
    let listed = place.list(FOLDER).await?;
    let number = |name: &str| -> Option<u64> {
        let number = name.rsplit('/').next()?.strip_suffix(".json")?.parse().ok()?;
        (path(number) == name).then_some(number)
    };
    let mut numbers: Vec<u64> = listed.iter().filter_map(|(name, _)| number(name)).collect();
    numbers.sort_unstable();
    Ok(numbers)
}

/// The newest manifest.
pub(super) async fn newest(place: &Place) -> Result<Manifest, RowsError> {
    const ATTEMPTS: usize = 10;
    let mut last = 0;
    for _ in 0..ATTEMPTS {
        let Some(number) = numbers(place).await?.last().copied() else {
            return Ok(Manifest::empty());
        };
        // If it vanished, others have been written meanwhile.
        if let Some(bytes) = place.read(&path(number)).await? {
            return parse(place, number, &bytes);
        }
        last = number;
    }
    Err(RowsError::Manifest {
        location: place.locate(&path(last)),
        reason: "it is listed, but cannot be found".to_owned(),
    })
}

pub(super) fn parse(place: &Place, number: u64, bytes: &[u8]) -> Result<Manifest, RowsError> {
    #[derive(Deserialize)]
    struct Head {
        version: u32,
    }
    let unfit = |reason: String| RowsError::Manifest {
        location: place.locate(&path(number)),
        reason,
    };
    let head: Head = serde_json::from_slice(bytes).map_err(|e| unfit(e.to_string()))?;
    if head.version != VERSION {
        let mend = "an older plimsoll wrote it: start that one again, or move the project's folders `manifest`, `predictions` and \
                    `labels` away and send the rows in their Parquet files anew with `plimsoll send`";
        return Err(unfit(unlike(head.version, VERSION, mend)));
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|e| unfit(e.to_string()))?;
    if manifest.number != number {
        return Err(unfit(format!("it holds the number {}", manifest.number)));
    }
    Ok(manifest)
}
