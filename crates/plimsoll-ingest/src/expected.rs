//! What the rows of a project are expected to hold, and how much of it.

use std::{collections::HashMap, sync::Arc};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use jiff::tz::TimeZone;
use plimsoll_model::{ColumnKind, DataDefinition, EXTRA, Role};

use crate::IngestError;

/// A column that a body is expected to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedColumn {
    /// Name in the body and in the decoded rows.
    pub name: String,
    /// How its values are read.
    pub kind: ColumnKind,
    /// A row without a value here is rejected.
    pub required: bool,
}

/// The columns that rows are read into.
#[derive(Debug, Clone)]
pub struct Expected {
    columns: Vec<ExpectedColumn>,
    timestamp: Option<usize>,
    id: Option<usize>,
    timezone: TimeZone,
    places: HashMap<String, u32>,
    /// Names as JSON writes them.
    quoted: Vec<Vec<u8>>,
    schema: SchemaRef,
}

impl Expected {
    /// Columns of which one may hold the event time and one the id; those two are added where `columns` lacks them.
    #[must_use]
    pub fn new(
        mut columns: Vec<ExpectedColumn>,
        timestamp: Option<&str>,
        id: Option<&str>,
        timezone: TimeZone,
    ) -> Self {
        // The decoded rows have a column of that name already.
        columns.retain(|c| c.name != EXTRA);
        let mut place = |name: Option<&str>, kind: ColumnKind| {
            let name = name?;
            let at = columns.iter().position(|c| c.name == name).unwrap_or_else(|| {
                columns.push(ExpectedColumn {
                    name: name.to_owned(),
                    kind,
                    required: true,
                });
                columns.len() - 1
            });
            columns[at].kind = kind;
            Some(at)
        };
        let timestamp = place(timestamp, ColumnKind::Datetime);
        let id = place(id, ColumnKind::Text);
        let mut fields: Vec<Field> = columns
            .iter()
            .map(|c| Field::new(&c.name, data_type(c.kind), true))
            .collect();
        fields.push(Field::new(EXTRA, DataType::Utf8, true));
        let quoted = columns.iter().map(|c| quoted(&c.name)).collect();
        let places = columns.iter().zip(0..).map(|(c, at)| (c.name.clone(), at)).collect();
        Self {
            columns,
            timestamp,
            id,
            timezone,
            places,
            quoted,
            schema: Arc::new(Schema::new(fields)),
        }
    }

    /// What rows of predictions hold: every column of the definition that is not derived. Event time and id, where the definition has
    /// them, are required.
    ///
    /// # Examples
    /// ```
    /// use plimsoll_ingest::Expected;
    /// use plimsoll_model::{ColumnKind, ColumnSpec, DataDefinition, Role};
    /// let columns = vec![ColumnSpec { name: "at".to_owned(), kind: ColumnKind::Datetime, role: Role::Timestamp }];
    /// let expected = Expected::predictions(&DataDefinition { columns, ..DataDefinition::default() }, jiff::tz::TimeZone::UTC);
    /// assert_eq!(expected.timestamp(), Some("at"));
    /// ```
    #[must_use]
    pub fn predictions(definition: &DataDefinition, timezone: TimeZone) -> Self {
        let name = |role: &Role| definition.with_role(role).map(|c| c.name.as_str());
        let columns = definition.given().map(|c| ExpectedColumn {
            name: c.name.clone(),
            kind: c.kind,
            required: matches!(c.role, Role::Timestamp | Role::Id),
        });
        Self::new(columns.collect(), name(&Role::Timestamp), name(&Role::Id), timezone)
    }

    /// What rows of labels hold: id and target, both required, and the time at which the label became known where the
    /// rows have one in `label_time`.
    ///
    /// # Errors
    /// [`IngestError::NoRole`] if the definition has no id or no target.
    pub fn labels(
        definition: &DataDefinition,
        label_time: Option<&str>,
        timezone: TimeZone,
    ) -> Result<Self, IngestError> {
        let column = |role: Role, name: &'static str| {
            definition
                .with_role(&role)
                .map(|c| ExpectedColumn {
                    name: c.name.clone(),
                    kind: c.kind,
                    required: true,
                })
                .ok_or(IngestError::NoRole { role: name })
        };
        let (id, target) = (column(Role::Id, "id")?, column(Role::Target, "target")?);
        let id_name = id.name.clone();
        let mut columns = vec![id, target];
        columns.extend(label_time.map(|name| ExpectedColumn {
            name: name.to_owned(),
            kind: ColumnKind::Datetime,
            required: false,
        }));
        Ok(Self::new(columns, label_time, Some(&id_name), timezone))
    }

    /// The columns, in the order of the decoded rows.
    #[must_use]
    pub fn columns(&self) -> &[ExpectedColumn] {
        &self.columns
    }

    /// Name of the column with the event time.
    #[must_use]
    pub fn timestamp(&self) -> Option<&str> {
        self.timestamp.map(|at| self.columns[at].name.as_str())
    }

    /// Name of the column with the id.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.map(|at| self.columns[at].name.as_str())
    }

    /// Zone in which times without offset are read.
    #[must_use]
    pub fn timezone(&self) -> &TimeZone {
        &self.timezone
    }

    /// Columns and types of the decoded rows: the expected columns, then [`EXTRA`].
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Place of the column of that name.
    pub(crate) fn place(&self, name: &str) -> Option<u32> {
        self.places.get(name).copied()
    }

    /// Name of the column of that place as JSON writes it.
    pub(crate) fn quoted(&self, place: usize) -> Option<&[u8]> {
        self.quoted.get(place).map(Vec::as_slice)
    }

    pub(crate) fn is_timestamp(&self, place: usize) -> bool {
        self.timestamp == Some(place)
    }

    pub(crate) fn is_id(&self, place: usize) -> bool {
        self.id == Some(place)
    }
}

/// Text as a JSON string.
pub(crate) fn quoted(text: &str) -> Vec<u8> {
    // Writing a string into memory cannot fail.
    serde_json::to_vec(text).unwrap_or_default()
}

/// The Arrow type in which a kind is kept.
#[must_use]
pub fn data_type(kind: ColumnKind) -> DataType {
    match kind {
        ColumnKind::Numeric => DataType::Float64,
        ColumnKind::Boolean => DataType::Boolean,
        ColumnKind::Datetime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnKind::Embedding => DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true))),
        // Lists are kept as JSON text.
        ColumnKind::Categorical | ColumnKind::Text | ColumnKind::List => DataType::Utf8,
    }
}

/// How much a body may hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Size of the unpacked body, and of all that goes into [`EXTRA`]; below 2 GiB. Unit: bytes.
    pub body_bytes: usize,
    /// Rows of a body.
    pub rows: usize,
    /// Columns of a body.
    pub columns: usize,
    /// Text of a row. Unit: bytes.
    pub row_bytes: usize,
    /// Rejected rows that are listed; the others are counted.
    pub listed_rejects: usize,
    /// Moment given to rows that have none, in microseconds since the Unix epoch; `None` rejects them.
    pub stamp_missing: Option<i64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 64 << 20,
            rows: 1_000_000,
            columns: 4_096,
            row_bytes: 1 << 20,
            listed_rejects: 1_000,
            stamp_missing: None,
        }
    }
}
