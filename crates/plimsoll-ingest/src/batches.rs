//! Batches of any columns as rows of the expected columns.

use std::sync::Arc;

use arrow::{
    array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, TimestampMicrosecondArray, new_null_array},
    compute::{cast, concat_batches, filter},
    datatypes::{DataType, Field, FieldRef, TimestampMicrosecondType},
    error::ArrowError,
};
use plimsoll_model::{ColumnKind, SchemaChangeKind};

use crate::{
    Decoded, Expected, Format, IngestError, Limits, Odd, Reject, RejectCode,
    arrays::{Converted, convert, found},
    column::{Column, Values},
    data_type,
    decoded::{lack, shorten},
    extra::JsonWriter,
    table::write_text,
};

/// Batches on their way into the expected columns.
pub(crate) struct Batches<'e> {
    expected: &'e Expected,
    limits: &'e Limits,
    format: Format,
    accepted: Vec<RecordBatch>,
    /// Rows seen.
    seen: usize,
    /// Text in the extra column. Unit: bytes.
    extra_bytes: usize,
    rejects: Vec<Reject>,
    rejected: u64,
    odd: Vec<Odd>,
}

/// A column of the body.
struct Sent {
    field: FieldRef,
    array: ArrayRef,
    /// Place among the expected columns.
    place: Option<usize>,
    /// Type as it was sent.
    found: &'static str,
}

impl<'e> Batches<'e> {
    pub(crate) fn new(expected: &'e Expected, limits: &'e Limits, format: Format) -> Self {
        Self {
            expected,
            limits,
            format,
            accepted: Vec::new(),
            seen: 0,
            extra_bytes: 0,
            rejects: Vec::new(),
            rejected: 0,
            odd: Vec::new(),
        }
    }

    /// Takes the rows of a batch.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<(), IngestError> {
        let format = self.format;
        let malformed = move |e: ArrowError| IngestError::malformed(format, &e);
        if self.seen + batch.num_rows() > self.limits.rows {
            return Err(IngestError::TooManyRows {
                limit: self.limits.rows,
            });
        }
        if batch.num_columns() > self.limits.columns {
            return Err(IngestError::TooManyColumns {
                limit: self.limits.columns,
            });
        }
        let mut sent = self.columns(batch)?;
        let mut converted = self.convert(&sent, batch.num_rows()).map_err(malformed)?;
        if let Some(keep) = self.judge(&sent, &mut converted, batch.num_rows()).map_err(malformed)? {
            for column in &mut sent {
                column.array = filter(&column.array, &keep).map_err(malformed)?;
            }
            for column in &mut converted {
                column.array = filter(&column.array, &keep).map_err(malformed)?;
                let mut kept = keep.values().iter();
                column.odd.retain(|_| kept.next().unwrap_or_default());
            }
        }
        self.seen += batch.num_rows();
        let rows = converted.first().map_or(batch.num_rows(), |c| c.array.len());
        let extra = self.extra(&sent, &converted, rows).map_err(malformed)??;
        let arrays = converted.into_iter().map(|c| c.array).chain([extra]).collect();
        let rows = RecordBatch::try_new(self.expected.schema().clone(), arrays).map_err(malformed)?;
        self.accepted.push(rows);
        Ok(())
    }

    /// The columns of a batch in plain types; of two of one name the last.
    fn columns(&self, batch: &RecordBatch) -> Result<Vec<Sent>, IngestError> {
        let schema = batch.schema();
        let mut columns: Vec<Sent> = Vec::with_capacity(batch.num_columns());
        for (field, array) in schema.fields().iter().zip(batch.columns()) {
            if text_bytes(array) > self.limits.body_bytes {
                return Err(IngestError::TooLarge {
                    what: "the unpacked text of a column",
                    limit: self.limits.body_bytes,
                });
            }
            let plain = plain(array).map_err(|e| IngestError::malformed(self.format, &e))?;
            let column = Sent {
                field: Arc::new(Field::new(field.name(), plain.data_type().clone(), true)),
                found: found(array.data_type()),
                array: plain,
                place: self.expected.place(field.name()).map(|at| at as usize),
            };
            match columns.iter_mut().find(|c| c.field.name() == field.name()) {
                Some(before) => *before = column,
                None => columns.push(column),
            }
        }
        Ok(columns)
    }

    fn convert(&self, sent: &[Sent], rows: usize) -> Result<Vec<Converted>, ArrowError> {
        let expected = self.expected.columns().iter().enumerate();
        let convert = |(at, spec): (usize, &crate::ExpectedColumn)| match sent.iter().find(|c| c.place == Some(at)) {
            Some(column) => convert(&column.array, spec.kind, self.expected.timezone()),
            None => Ok(Converted {
                array: new_null_array(&data_type(spec.kind), rows),
                odd: Vec::new(),
            }),
        };
        expected.map(convert).collect()
    }

    /// Lists rows that cannot be placed, and says which rows remain; `None` if all do.
    fn judge(
        &mut self,
        sent: &[Sent],
        converted: &mut [Converted],
        rows: usize,
    ) -> Result<Option<BooleanArray>, ArrowError> {
        let mut why: Vec<Option<(RejectCode, Option<usize>, String)>> = Vec::new();
        let mut rejects = |row: usize, reject: (RejectCode, Option<usize>, String)| {
            why.resize(rows, None);
            why[row].get_or_insert(reject);
        };
        for row in self.too_large(sent, rows) {
            let reason = format!("its text is longer than {} bytes", self.limits.row_bytes);
            rejects(row, (RejectCode::TooLarge, None, reason));
        }
        for (at, spec) in self.expected.columns().iter().enumerate() {
            if !spec.required {
                continue;
            }
            if self.expected.is_timestamp(at) {
                self.stamp(&mut converted[at]);
            }
            let column = &converted[at];
            let texts = self.expected.is_id(at).then(|| column.array.as_string::<i32>());
            let missing = |row: usize| column.array.is_null(row) || texts.is_some_and(|t| t.value(row).is_empty());
            if column.array.null_count() == 0 && texts.is_none() {
                continue;
            }
            let original = sent.iter().find(|c| c.place == Some(at));
            for row in (0..rows).filter(|row| missing(*row)) {
                let value = match original {
                    Some(original) if column.is_odd(row) => {
                        let mut json = Vec::new();
                        JsonWriter::new(&original.field, &original.array)?.write(row, &mut json);
                        Some(String::from_utf8_lossy(&json).into_owned())
                    }
                    _ => None,
                };
                let (code, reason) = lack(self.expected, at, value.as_deref());
                rejects(row, (code, Some(at), reason));
            }
        }
        if why.is_empty() {
            return Ok(None);
        }
        let keep: BooleanArray = why.iter().map(|w| Some(w.is_none())).collect();
        for (row, why) in why.into_iter().enumerate() {
            let Some((code, column, reason)) = why else { continue };
            self.rejected += 1;
            if self.rejects.len() < self.limits.listed_rejects {
                self.rejects.push(Reject {
                    row: (self.seen + row) as u64,
                    code,
                    column: column.map(|at| self.expected.columns()[at].name.clone()),
                    reason,
                });
            }
        }
        Ok(Some(keep))
    }

    /// Gives rows without an event time the moment of the limits.
    fn stamp(&self, column: &mut Converted) {
        let Some(moment) = self.limits.stamp_missing else {
            return;
        };
        if column.array.null_count() == 0 {
            return;
        }
        let typed = column.array.as_primitive::<TimestampMicrosecondType>();
        let stamped = typed.iter().enumerate().map(|(row, sent)| {
            // What was sent and is no moment is not stamped.
            sent.or_else(|| (!column.is_odd(row)).then_some(moment))
        });
        let stamped: TimestampMicrosecondArray = stamped.collect();
        column.array = Arc::new(stamped.with_timezone("UTC"));
    }

    /// Rows whose text is longer than allowed.
    fn too_large(&self, sent: &[Sent], rows: usize) -> Vec<usize> {
        let texts: Vec<_> = sent.iter().filter_map(|c| c.array.as_string_opt::<i32>()).collect();
        let total: usize = texts.iter().map(|t| t.value_data().len()).sum();
        if total <= self.limits.row_bytes {
            return Vec::new();
        }
        (0..rows)
            .filter(|row| texts.iter().map(|t| t.value_length(*row) as usize).sum::<usize>() > self.limits.row_bytes)
            .collect()
    }

    /// The extra column: what the expected columns did not take.
    fn extra(
        &mut self,
        sent: &[Sent],
        converted: &[Converted],
        rows: usize,
    ) -> Result<Result<ArrayRef, IngestError>, ArrowError> {
        let mut writers = Vec::new();
        for column in sent {
            let taken = column.place.map(|at| &converted[at]);
            if taken.is_some_and(|c| c.odd.is_empty()) {
                continue;
            }
            let mut name = Vec::new();
            write_text(&mut name, column.field.name());
            name.push(b':');
            writers.push((column, taken, name, JsonWriter::new(&column.field, &column.array)?));
        }
        if writers.is_empty() {
            return Ok(Ok(new_null_array(&DataType::Utf8, rows)));
        }
        let mut counts: Vec<(u64, String)> = vec![(0, String::new()); writers.len()];
        let mut extra = Column::new(ColumnKind::Text);
        let mut cell = Vec::new();
        for row in 0..rows {
            let Values::Texts(texts) = &mut extra.values else { break };
            let mut any = false;
            for ((_, taken, name, writer), (count, example)) in writers.iter_mut().zip(&mut counts) {
                cell.clear();
                if taken.is_some_and(|c| !c.is_odd(row)) || !writer.write(row, &mut cell) {
                    continue;
                }
                if *count == 0 {
                    *example = shorten(&String::from_utf8_lossy(&cell));
                }
                *count += 1;
                texts.extend(if any { b"," } else { b"{" });
                texts.extend(name);
                texts.extend(&cell);
                self.extra_bytes += name.len() + cell.len() + 1;
                any = true;
            }
            if self.extra_bytes > self.limits.body_bytes {
                return Ok(Err(IngestError::TooLarge {
                    what: "the text of columns that the data definition does not know",
                    limit: self.limits.body_bytes,
                }));
            }
            if any {
                texts.extend(b"}");
                texts.end();
                extra.pushed();
            } else {
                extra.push_null();
            }
        }
        let counted: Vec<Odd> = writers
            .iter()
            .zip(counts)
            .map(|((column, _, _, _), (rows, example))| Odd {
                column: column.field.name().clone(),
                change: if column.place.is_some() {
                    SchemaChangeKind::Type
                } else {
                    SchemaChangeKind::New
                },
                expected: column.place.map(|at| self.expected.columns()[at].kind),
                found: column.found.to_owned(),
                rows,
                example,
            })
            .collect();
        for odd in counted {
            self.count(odd);
        }
        Ok(Ok(extra.finish()?))
    }

    fn count(&mut self, odd: Odd) {
        if odd.rows == 0 {
            return;
        }
        match self
            .odd
            .iter_mut()
            .find(|o| o.column == odd.column && o.found == odd.found)
        {
            Some(known) => known.rows += odd.rows,
            None => self.odd.push(odd),
        }
    }

    /// All rows that were accepted.
    pub(crate) fn finish(self) -> Result<Decoded, IngestError> {
        let batch = concat_batches(self.expected.schema(), &self.accepted)
            .map_err(|e| IngestError::malformed(self.format, &e))?;
        Ok(Decoded {
            batch,
            rejects: self.rejects,
            rejected: self.rejected,
            odd: self.odd,
        })
    }
}

/// Bytes of text that an array of shared texts unpacks to; 0 of other types.
fn text_bytes(array: &ArrayRef) -> usize {
    match array.data_type() {
        DataType::Utf8View => array.as_string_view().lengths().map(|l| l as usize).sum(),
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            let Ok(values) = plain(dictionary.values()) else {
                return usize::MAX;
            };
            let Some(texts) = values.as_string_opt::<i32>() else {
                // Each value of another type is taken as often as a key names it.
                return values.get_array_memory_size() / values.len().max(1) * array.len();
            };
            if texts.is_empty() {
                return 0;
            }
            let valid = |(row, _): &(usize, usize)| array.is_valid(*row);
            let keys = dictionary.normalized_keys().into_iter().enumerate().filter(valid);
            keys.map(|(_, key)| texts.value_length(key) as usize).sum()
        }
        _ => 0,
    }
}

/// The array in a type that has one form for text and one for moments with a zone.
fn plain(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match array.data_type() {
        DataType::Dictionary(_, values) => plain(&cast(array, values)?),
        DataType::LargeUtf8 | DataType::Utf8View => cast(array, &DataType::Utf8),
        // The same moments; Arrow prints those of named zones only with a database of zones.
        DataType::Timestamp(unit, Some(_)) => cast(array, &DataType::Timestamp(*unit, Some("+00:00".into()))),
        _ => Ok(array.clone()),
    }
}
