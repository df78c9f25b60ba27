//! What the columns of a source look like.

use std::collections::{BTreeMap, BTreeSet};

use arrow::{
    array::{Array, ArrayRef, RecordBatch},
    compute::concat_batches,
    datatypes::DataType,
    util::display::{ArrayFormatter, FormatOptions},
};
use plimsoll_engine::Batch;
use plimsoll_model::{ColumnKind, InferredColumn, Preparation, kind_of_text, role_of_name};

use crate::{QueryError, Source, source::column};

/// Rows that are looked at.
const SAMPLE_ROWS: usize = 20_000;

/// Share of a column's texts that are numbers, from which on the others are taken for mistakes.
const NUMBERS: f64 = 0.95;
/// Share of a column's texts that are numbers, from which on another text that comes again and again is taken for a missing value.
const MARKED_NUMBERS: f64 = 0.5;
/// Fewest numbers that tell a column's kind beside texts that are none.
const FEWEST_NUMBERS: usize = 20;

/// The columns of a source as its first rows show them.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Texts that seem to stand for missing, by numeric column.
    pub markers: BTreeMap<String, String>,
    /// Columns in the order of the data.
    pub columns: Vec<InferredColumn>,
    /// Rows that were looked at.
    pub rows: usize,
}

impl Source {
    /// Looks at the first rows of every column.
    ///
    /// # Errors
    /// [`QueryError`] if reading fails.
    pub async fn inspect(&self) -> Result<Inspection, QueryError> {
        let sample = self.sample(self.columns().map(str::to_owned).collect()).await?;
        let (mut columns, mut markers) = (Vec::new(), BTreeMap::new());
        for (field, array) in sample.schema().fields().iter().zip(sample.columns()) {
            let name = field.name();
            let mut column = look(name, array);
            let is_text = kind_of(array.data_type()).is_none() && self.may_be_numbers(name);
            match numbers_but(name, array, &[]) {
                Reads::Numbers if is_text => column.kind = ColumnKind::Numeric,
                Reads::NumbersOr(marker) if is_text => {
                    column.kind = ColumnKind::Numeric;
                    markers.insert(name.clone(), marker);
                }
                _ => {}
            }
            columns.push(column);
        }
        Ok(Inspection {
            markers,
            columns,
            rows: sample.num_rows(),
        })
    }

    /// Kinds of the columns; only text has to be looked at. Texts that are numbers but for the cells that stand for missing, or
    /// but for few others in a file that does not tell types, make a numeric column.
    ///
    /// # Errors
    /// [`QueryError`] if reading fails.
    pub async fn kinds(&self, preparation: &Preparation) -> Result<Vec<InferredColumn>, QueryError> {
        let fields = self.schema().fields();
        let texts: Vec<String> = fields
            .iter()
            .filter(|f| kind_of(f.data_type()).is_none())
            .map(|f| f.name().clone())
            .collect();
        let sample = if texts.is_empty() {
            None
        } else {
            Some(self.sample(texts).await?)
        };
        Ok(fields
            .iter()
            .map(|field| match (kind_of(field.data_type()), &sample) {
                (None, Some(sample)) => match sample.column_by_name(field.name()) {
                    Some(array) => {
                        let name = field.name();
                        let own = preparation.missing_in.get(name).into_iter().flatten();
                        let missing: Vec<&str> = preparation.missing.iter().chain(own).map(String::as_str).collect();
                        let marked = holds(name, array, &missing);
                        let is_numeric = (marked || self.may_be_numbers(name))
                            && matches!(numbers_but(name, array, &missing), Reads::Numbers);
                        let kind = if is_numeric {
                            ColumnKind::Numeric
                        } else {
                            look(name, array).kind
                        };
                        InferredColumn::new(name, kind)
                    }
                    None => InferredColumn::new(field.name(), ColumnKind::Text),
                },
                (kind, _) => InferredColumn::new(field.name(), kind.unwrap_or(ColumnKind::Text)),
            })
            .collect())
    }

    async fn sample(&self, columns: Vec<String>) -> Result<RecordBatch, QueryError> {
        let selected: Vec<_> = columns.iter().map(|c| column(c)).collect();
        let engine = |e: datafusion::error::DataFusionError| self.engine(&e);
        // File by file, so that the first rows are the same each time.
        let (mut batches, mut left) = (Vec::new(), SAMPLE_ROWS);
        for frame in self.in_order() {
            let first = frame?
                .select(selected.clone())
                .and_then(|f| f.limit(0, Some(left)))
                .map_err(engine)?;
            let rows = first.collect().await.map_err(engine)?;
            left = left.saturating_sub(rows.iter().map(RecordBatch::num_rows).sum());
            batches.extend(rows);
            if left == 0 {
                break;
            }
        }
        if let Some(first) = batches.first() {
            concat_batches(&first.schema(), &batches).map_err(|e| self.engine(&e))
        } else {
            let indices: Vec<usize> = columns.iter().filter_map(|c| self.schema().index_of(c).ok()).collect();
            let schema = self.schema().project(&indices).map_err(|e| self.engine(&e))?;
            Ok(RecordBatch::new_empty(schema.into()))
        }
    }
}

/// The kind that a type tells; `None` for text, whose values must be looked at.
fn kind_of(data_type: &DataType) -> Option<ColumnKind> {
    match data_type {
        DataType::Boolean => Some(ColumnKind::Boolean),
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, _) => Some(ColumnKind::Datetime),
        DataType::FixedSizeList(item, _) if item.data_type().is_numeric() => Some(ColumnKind::Embedding),
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(_, _) => Some(ColumnKind::List),
        // Without any value there is nothing to tell the kind by; numbers are the most common.
        DataType::Null => Some(ColumnKind::Numeric),
        t if t.is_numeric() => Some(ColumnKind::Numeric),
        _ => None,
    }
}

/// Says whether a column of text has one of these cells.
fn holds(name: &str, array: &ArrayRef, cells: &[&str]) -> bool {
    let (names, arrays) = ([name.to_owned()], [array.clone()]);
    let batch = Batch::new(&names, &arrays);
    batch
        .labels(name)
        .is_ok_and(|labels| labels.names().iter().any(|text| cells.contains(&text.as_str())))
}

/// What the texts of a column are.
enum Reads {
    /// Numbers, but for a few at most.
    Numbers,
    /// Numbers, but for one text that comes again and again.
    NumbersOr(String),
    /// Anything else.
    Text,
}

/// Looks at the texts of a column, those in `missing` aside.
fn numbers_but(name: &str, array: &ArrayRef, missing: &[&str]) -> Reads {
    let (names, arrays) = ([name.to_owned()], [array.clone()]);
    let batch = Batch::new(&names, &arrays);
    let Ok(labels) = batch.labels(name) else {
        return Reads::Text;
    };
    let mut counts = vec![0_usize; labels.names().len()];
    for key in (0..labels.len()).filter_map(|row| labels.key(row)) {
        counts[key] += 1;
    }
    let (mut numbers, mut all, mut others) = (0, 0, Vec::new());
    for (text, count) in labels.names().iter().zip(counts) {
        if missing.contains(&text.as_str()) {
            continue;
        }
        all += count;
        if text.trim().parse::<f64>().is_ok() {
            numbers += count;
        } else {
            others.push(text);
        }
    }
    let share = numbers as f64 / all.max(1) as f64;
    match others.as_slice() {
        [] if numbers > 0 => Reads::Numbers,
        _ if numbers < FEWEST_NUMBERS => Reads::Text,
        [other] if all - numbers > 1 && share >= MARKED_NUMBERS => Reads::NumbersOr((*other).clone()),
        _ if share >= NUMBERS => Reads::Numbers,
        _ => Reads::Text,
    }
}

fn look(name: &str, array: &ArrayRef) -> InferredColumn {
    let names = [name.to_owned()];
    let arrays = [array.clone()];
    let batch = Batch::new(&names, &arrays);
    let hashes: BTreeSet<u64> = batch
        .hashes(name)
        .map(|h| h.iter().copied().filter(|h| *h != 0).collect())
        .unwrap_or_default();
    let nulls = array.logical_null_count();
    let (distinct, present) = (hashes.len(), array.len() - nulls);
    let kind = kind_of(array.data_type()).unwrap_or_else(|| kind_of_text(distinct as u64, present as u64));
    let example = (0..array.len()).find(|row| array.is_valid(*row)).and_then(|row| {
        let formatter = ArrayFormatter::try_new(array, &FormatOptions::default()).ok()?;
        let text: String = formatter.value(row).to_string().chars().take(40).collect();
        Some(text)
    });
    let moments = kind == ColumnKind::Datetime || reads_as_time(array);
    InferredColumn {
        name: name.to_owned(),
        kind: if moments && kind != ColumnKind::Numeric {
            ColumnKind::Datetime
        } else {
            kind
        },
        data_type: array.data_type().to_string(),
        role: role_of_name(name, kind, moments, present > 0 && distinct == present),
        distinct: distinct as u64,
        nulls: nulls as u64,
        example,
    }
}

/// Says whether text holds moments: the first values do.
fn reads_as_time(array: &ArrayRef) -> bool {
    if kind_of(array.data_type()).is_some() {
        return false;
    }
    let first = array.slice(0, array.len().min(100));
    crate::time::event_times(&first, &jiff::tz::TimeZone::UTC)
        .is_some_and(|t| t.unreadable == 0 && t.micros.iter().any(Option::is_some))
}
