//! Sources: files, directories and globs as DataFusion tables.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::{
    catalog::streaming::StreamingTable,
    common::Column,
    datasource::{
        file_format::{
            FileFormat, arrow::ArrowFormat, csv::CsvFormat, file_compression_type::FileCompressionType,
            json::JsonFormat, parquet::ParquetFormat,
        },
        listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl},
    },
    execution::SessionState,
    physical_plan::streaming::PartitionStream,
    prelude::{DataFrame, Expr, SessionConfig, SessionContext},
};
use futures::StreamExt;
use jiff::tz::TimeZone;
use object_store::ObjectStore;

use crate::{
    QueryError, TimeRange,
    error::first_line,
    files::{DataFile, Format, list},
    groups::{Group, groups_of},
    layout::RowGroup,
    mixed::{MixedRows, Written, checked},
    schema::{INFERENCE_ROWS, Inferred, Oddity, is_array, join, of_csv, twice},
};

/// A Parquet file of a prediction store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Path in the store.
    pub path: String,
    /// Rows.
    pub rows: u64,
    /// Earliest event time, in microseconds since the Unix epoch.
    pub first: i64,
    /// Latest event time.
    pub last: i64,
}

/// Files of one format that together are one table.
pub struct Source {
    name: String,
    context: SessionContext,
    frame: DataFrame,
    schema: SchemaRef,
    files: Vec<DataFile>,
    urls: Vec<ListingTableUrl>,
    options: ListingOptions,
    /// Columns and types as the files have them.
    written: SchemaRef,
    format: Format,
    /// Columns of JSON files with values of several types.
    mixed: BTreeSet<String>,
    /// How JSON files with such columns are written.
    json: Option<Written>,
    /// What was read otherwise than its first rows promise.
    notes: Vec<String>,
    /// Where the rows lie in time, if it is known without opening the files.
    layout: Option<Vec<RowGroup>>,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .field("files", &self.files.len())
            .finish_non_exhaustive()
    }
}

/// A column by its exact name, whatever characters it holds.
pub(crate) fn column(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

fn compression_of(zipped: bool) -> FileCompressionType {
    if zipped {
        FileCompressionType::GZIP
    } else {
        FileCompressionType::UNCOMPRESSED
    }
}

/// `array`: a JSON file is one array and not an object a line.
fn file_format(format: Format, compression: FileCompressionType, array: bool) -> Arc<dyn FileFormat> {
    // A file is not split among the cores at line ends, which may stand within cells.
    let csv = || {
        CsvFormat::default()
            .with_has_header(true)
            .with_newlines_in_values(true)
            .with_file_compression_type(compression)
    };
    match format {
        Format::Csv => Arc::new(csv()),
        Format::Tsv => Arc::new(csv().with_delimiter(b'\t')),
        Format::Json => Arc::new(
            JsonFormat::default()
                .with_schema_infer_max_rec(INFERENCE_ROWS)
                .with_newline_delimited(!array)
                .with_file_compression_type(compression),
        ),
        Format::Parquet => Arc::new(ParquetFormat::default()),
        Format::Arrow => Arc::new(ArrowFormat),
    }
}

fn table_url(path: &Path) -> Result<ListingTableUrl, QueryError> {
    let unreadable = |problem: String| QueryError::Unreadable {
        path: path.to_owned(),
        problem,
    };
    let absolute = path.canonicalize().map_err(|e| unreadable(e.to_string()))?;
    let url = url::Url::from_file_path(&absolute).map_err(|()| unreadable("the path is no URL".to_owned()))?;
    ListingTableUrl::try_new(url, None).map_err(|e| unreadable(first_line(&e)))
}

/// The rows of files that are named one by one.
fn table(
    context: &SessionContext,
    urls: Vec<ListingTableUrl>,
    options: &ListingOptions,
    schema: &SchemaRef,
) -> Result<DataFrame, datafusion::error::DataFusionError> {
    let config = ListingTableConfig::new_with_multi_paths(urls)
        .with_listing_options(options.clone())
        .with_schema(Arc::clone(schema));
    context.read_table(Arc::new(ListingTable::try_new(config)?))
}

/// Columns and types of one file.
async fn inferred(
    file: &DataFile,
    url: &ListingTableUrl,
    (format, written): (Format, Written),
    options: &ListingOptions,
    state: &SessionState,
) -> Result<Inferred, QueryError> {
    let unreadable = |problem: String| QueryError::Unreadable {
        path: file.path.clone(),
        problem,
    };
    let own: Inferred = match format {
        Format::Csv => of_csv(&file.path, written.compression, b',').map_err(unreadable)?,
        Format::Tsv => of_csv(&file.path, written.compression, b'\t').map_err(unreadable)?,
        _ => {
            let first = options.infer_schema(state, url).await;
            let first = first.map_err(|e| unreadable(first_line(&e)));
            if format == Format::Json {
                // Values and objects in one column are no schema, yet the other columns can be read.
                let own = checked(&file.path, written, first.as_deref().ok()).map_err(unreadable)?;
                // What is no JSON at all has no such column either.
                if own.mixed.is_empty() {
                    first?;
                }
                own
            } else {
                first?.as_ref().clone().into()
            }
        }
    };
    match twice(&own.schema) {
        None => Ok(own),
        Some(name) => Err(unreadable(format!(
            "column `{name}` stands twice; expected a name of its own for each"
        ))),
    }
}

/// The rows of JSON files in which values of a column are of several types.
fn mixed_table(
    context: &SessionContext,
    files: &[DataFile],
    written: Written,
    schema: &SchemaRef,
) -> Result<DataFrame, datafusion::error::DataFusionError> {
    let rows = files.iter().map(|file| {
        Arc::new(MixedRows {
            path: file.path.clone(),
            written,
            schema: Arc::clone(schema),
        }) as Arc<dyn PartitionStream>
    });
    context.read_table(Arc::new(StreamingTable::try_new(Arc::clone(schema), rows.collect())?))
}

/// Columns that became text because of a file in which they are something else.
fn turned_text<'a>(joined: &'a Schema, before: [&'a Schema; 2]) -> impl Iterator<Item = String> + 'a {
    let is_other = |schema: &Schema, name: &str| {
        let field = schema.field_with_name(name).map(Field::data_type);
        field.is_ok_and(|t| !matches!(t, DataType::Utf8 | DataType::Null))
    };
    let turned = joined.fields().iter().filter(move |field| {
        field.data_type() == &DataType::Utf8 && before.iter().any(|schema| is_other(schema, field.name()))
    });
    turned.map(|field| field.name().clone())
}

fn note(path: &Path, odd: &Oddity) -> String {
    let Oddity { column, place } = odd;
    let path = path.display();
    format!(
        "column `{column}`: values of another type than before come from {place} of `{path}` on; in a numeric column what is no \
         number counts as missing and in `dataset.type_mismatches`"
    )
}

impl Source {
    /// Opens the files that a path, directory or glob names and reads their schema.
    ///
    /// Relative paths begin at `base`.
    ///
    /// # Errors
    /// [`QueryError`] if there is no such file, the formats differ, or a file cannot be read.
    pub async fn open(spec: &str, base: &Path) -> Result<Self, QueryError> {
        let (files, format, zipped) = list(spec, base)?;
        let config = SessionConfig::new()
            .with_batch_size(8_192)
            .with_collect_statistics(false);
        let context = SessionContext::new_with_config(config);
        let compression = compression_of(zipped);
        let array = |file: &DataFile| {
            let unreadable = |problem| QueryError::Unreadable {
                path: file.path.clone(),
                problem,
            };
            if format == Format::Json {
                is_array(&file.path, compression).map_err(unreadable)
            } else {
                Ok(false)
            }
        };
        let written = Written {
            compression,
            array: array(&files[0])?,
        };
        let mut options = ListingOptions::new(file_format(format, compression, written.array));
        // Every file is named; endings were checked before.
        options = options.with_file_extension("");
        let state = context.state();
        let (mut urls, mut schema): (Vec<ListingTableUrl>, Option<Schema>) = (Vec::new(), None);
        let (mut mixed, mut notes) = (BTreeSet::new(), Vec::new());
        for file in &files {
            let unreadable = |problem: String| QueryError::Unreadable {
                path: file.path.clone(),
                problem,
            };
            let url = table_url(&file.path)?;
            if format == Format::Json && array(file)? != written.array {
                let first = files[0].path.clone();
                return Err(QueryError::Mixed {
                    spec: spec.to_owned(),
                    first,
                    second: file.path.clone(),
                });
            }
            let Inferred {
                schema: own,
                odd,
                mixed: own_mixed,
            } = inferred(file, &url, (format, written), &options, &state).await?;
            mixed.extend(own_mixed);
            notes.extend(odd.iter().map(|odd| note(&file.path, odd)));
            let joined = match schema {
                None => own,
                Some(known) => {
                    let joined = join(format, &known, &own).map_err(unreadable)?;
                    if format == Format::Json {
                        mixed.extend(turned_text(&joined, [&known, &own]));
                    }
                    joined
                }
            };
            schema = Some(joined);
            urls.push(url);
        }
        let schema = Arc::new(schema.unwrap_or_else(Schema::empty));
        if schema.fields().is_empty() {
            return Err(QueryError::Empty(files[0].path.clone()));
        }
        let engine = |e: datafusion::error::DataFusionError| QueryError::Engine {
            source_name: spec.to_owned(),
            problem: first_line(&e),
        };
        let json = (!mixed.is_empty()).then_some(written);
        let frame = match json {
            Some(written) => mixed_table(&context, &files, written, &schema),
            None => table(&context, urls.clone(), &options, &schema),
        };
        let frame = frame.map_err(engine)?;
        // The table may read text as views; what the frame says is what statistics will see.
        let written = schema;
        let schema = Arc::new(frame.schema().as_arrow().clone());
        Ok(Self {
            name: spec.to_owned(),
            context,
            frame,
            schema,
            files,
            urls,
            options,
            written,
            format,
            mixed,
            json,
            notes,
            layout: None,
        })
    }

    /// The Parquet parts of a prediction store, of which each may have fewer columns than `schema`.
    ///
    /// `store` is where their paths lie; local paths and paths of a bucket are read the same way.
    ///
    /// # Errors
    /// [`QueryError::Engine`] if the engine refuses a path or the schema.
    pub fn of_parts(
        name: &str,
        store: Arc<dyn ObjectStore>,
        parts: &[Part],
        schema: &SchemaRef,
    ) -> Result<Self, QueryError> {
        let engine = |problem: String| QueryError::Engine {
            source_name: name.to_owned(),
            problem,
        };
        let config = SessionConfig::new()
            .with_batch_size(8_192)
            .with_collect_statistics(false);
        let context = SessionContext::new_with_config(config);
        // The store is known by this name in this session alone.
        let base = url::Url::parse("parts://store/").map_err(|e| engine(e.to_string()))?;
        context.register_object_store(&base, store);
        let options = ListingOptions::new(file_format(Format::Parquet, FileCompressionType::UNCOMPRESSED, false))
            .with_file_extension("");
        let urls: Vec<ListingTableUrl> = parts
            .iter()
            .map(|part| {
                let url = base.join(&part.path).map_err(|e| engine(e.to_string()))?;
                ListingTableUrl::try_new(url, None).map_err(|e| engine(first_line(&e)))
            })
            .collect::<Result<_, _>>()?;
        let frame = if urls.is_empty() {
            context.read_batch(arrow::array::RecordBatch::new_empty(Arc::clone(schema)))
        } else {
            table(&context, urls.clone(), &options, schema)
        }
        .map_err(|e| engine(first_line(&e)))?;
        let read = Arc::new(frame.schema().as_arrow().clone());
        let layout = parts
            .iter()
            .map(|part| RowGroup {
                rows: part.rows,
                nulls: 0,
                first: part.first,
                last: part.last,
            })
            .collect();
        Ok(Self {
            name: name.to_owned(),
            context,
            frame,
            schema: read,
            files: Vec::new(),
            urls,
            options,
            written: Arc::clone(schema),
            format: Format::Parquet,
            mixed: BTreeSet::new(),
            json: None,
            notes: Vec::new(),
            layout: Some(layout),
        })
    }

    /// The source as written.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What was read otherwise than the first rows promise.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Says whether texts of a column may be numbers that a file could not tell: a CSV file has no types, and JSON may mix them.
    pub(crate) fn may_be_numbers(&self, column: &str) -> bool {
        matches!(self.format, Format::Csv | Format::Tsv) || self.mixed.contains(column)
    }

    /// Columns and types.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Names of the columns.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.schema.fields().iter().map(|f| f.name().as_str())
    }

    /// Path, size and last change of every file, in order: equal texts mean unchanged data.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        if self.layout.is_some() {
            // A part never changes.
            let urls: Vec<&str> = self.urls.iter().map(ListingTableUrl::as_str).collect();
            return urls.join("\n");
        }
        let stamp = |f: &DataFile| format!("{} {} {}\n", f.path.display(), f.size, f.changed);
        self.files.iter().map(stamp).collect()
    }

    /// The files.
    pub fn paths(&self) -> impl Iterator<Item = &PathBuf> {
        self.files.iter().map(|f| &f.path)
    }

    pub(crate) fn frame(&self) -> DataFrame {
        self.frame.clone()
    }

    /// The rows of each file, in the order of the files, read by one reader.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = Result<DataFrame, QueryError>> {
        let config = SessionConfig::new()
            .with_target_partitions(1)
            .with_collect_statistics(false);
        let alone = SessionContext::new_with_config(config);
        self.urls.iter().enumerate().map(move |(at, url)| {
            let frame = match self.json {
                Some(written) => mixed_table(&alone, &self.files[at..=at], written, &self.written),
                None => table(&alone, vec![url.clone()], &self.options, &self.written),
            };
            frame.map_err(|e| self.engine(&e))
        })
    }

    pub(crate) fn context(&self) -> &SessionContext {
        &self.context
    }

    pub(crate) fn engine(&self, error: &impl ToString) -> QueryError {
        QueryError::Engine {
            source_name: self.name.clone(),
            problem: first_line(error),
        }
    }

    /// Checks that there is such a column.
    ///
    /// # Errors
    /// [`QueryError::Column`] with similar names.
    pub fn require(&self, name: &str) -> Result<(), QueryError> {
        if self.schema.column_with_name(name).is_some() {
            return Ok(());
        }
        Err(QueryError::Column {
            source_name: self.name.clone(),
            column: name.to_owned(),
            near: plimsoll_model::near(name, self.columns()),
        })
    }

    /// Row groups of Parquet files with their place in time; `None` where files do not tell.
    pub(crate) fn row_groups(&self, timestamp: &str) -> Result<Option<Vec<RowGroup>>, QueryError> {
        if let Some(layout) = &self.layout {
            return Ok(Some(layout.clone()));
        }
        let groups = self.groups()?;
        Ok(groups.and_then(|groups| groups.iter().map(|g| g.place(timestamp)).collect()))
    }

    /// Row groups of local Parquet files in the order of the files; `None` for other sources.
    pub(crate) fn groups(&self) -> Result<Option<Vec<Group>>, QueryError> {
        if self.format != Format::Parquet || self.layout.is_some() {
            return Ok(None);
        }
        let groups: Vec<Vec<Group>> = self
            .files
            .iter()
            .map(|f| groups_of(&f.path))
            .collect::<Result<_, _>>()?;
        Ok(Some(groups.into_iter().flatten().collect()))
    }

    /// First and last moment, and how many rows have none. Parquet files tell by their statistics; others are read.
    ///
    /// # Errors
    /// [`QueryError`] if there is no such column, it holds no moments, or reading fails.
    pub async fn time_range(&self, timestamp: &str, timezone: &TimeZone) -> Result<TimeRange, QueryError> {
        self.require(timestamp)?;
        let naive = matches!(
            self.schema.column_with_name(timestamp).map(|(_, f)| f.data_type()),
            Some(arrow::datatypes::DataType::Timestamp(_, None))
        );
        if (!naive || *timezone == TimeZone::UTC)
            && let Some(groups) = self.row_groups(timestamp)?
        {
            return Ok(TimeRange {
                range: groups
                    .iter()
                    .map(|g| (g.first, g.last))
                    .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))),
                rows: groups.iter().map(|g| g.rows).sum(),
                nulls: groups.iter().map(|g| g.nulls).sum(),
                ..TimeRange::default()
            });
        }
        let mut times = TimeRange::default();
        let only = self
            .frame()
            .select(vec![column(timestamp)])
            .map_err(|e| self.engine(&e))?;
        let mut stream = only.execute_stream().await.map_err(|e| self.engine(&e))?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|e| self.engine(&e))?;
            if !times.add(batch.column(0), timezone) {
                let problem = format!("the column is of type {}", batch.column(0).data_type());
                return Err(QueryError::Time {
                    column: timestamp.to_owned(),
                    problem,
                });
            }
        }
        if times.range.is_none() && times.unreadable > 0 {
            let problem = format!(
                "found {}",
                times
                    .examples
                    .iter()
                    .map(|e| format!("`{e}`"))
                    .collect::<Vec<_>>()
                    .join(", ")
            );
            return Err(QueryError::Time {
                column: timestamp.to_owned(),
                problem,
            });
        }
        Ok(times)
    }
}
