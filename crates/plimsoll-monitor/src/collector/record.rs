//! One record of the log: the rows of a group of requests, and what is to be said about them.

use arrow::array::RecordBatch;
use plimsoll_ingest::{Odd, decode_batch, encode_batch};
use plimsoll_model::ColumnKind;
use serde::{Deserialize, Serialize};

use super::CollectError;

/// Version of the record's form that this program writes.
const VERSION: u32 = 1;

/// Rows that were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    pub code: String,
    pub column: Option<String>,
    pub count: u64,
    pub example: String,
}

/// What a record says beside its rows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Version of the form; [`Record::write`] sets it.
    #[serde(default)]
    pub version: u32,
    /// Arrival, in microseconds since the Unix epoch.
    pub arrival: i64,
    /// Idempotency keys of the requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// Rows that were refused, by reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// Columns and types that were not expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<Odd>,
    /// Columns that the first rows showed, where nothing describes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learned: Option<Vec<(String, ColumnKind)>>,
}

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub header: Header,
    pub predictions: Option<RecordBatch>,
    pub labels: Option<RecordBatch>,
}

#[allow(clippy::needless_pass_by_value, reason = "an argument of `map_err`")]
fn damaged(problem: impl ToString) -> CollectError {
    CollectError::Record(problem.to_string())
}

/// A part of the bytes with its length before it.
fn put(bytes: &mut Vec<u8>, part: &[u8]) -> Result<(), CollectError> {
    let length = u32::try_from(part.len()).map_err(|_| damaged("a part is larger than 4 GiB"))?;
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(part);
    Ok(())
}

fn take<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], CollectError> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(|| damaged("it ends early"))?;
    let length = u32::from_le_bytes(*length) as usize;
    let (part, rest) = rest.split_at_checked(length).ok_or_else(|| damaged("it ends early"))?;
    *bytes = rest;
    Ok(part)
}

fn rows(part: &[u8]) -> Result<Option<RecordBatch>, CollectError> {
    (!part.is_empty())
        .then(|| decode_batch(part).map_err(damaged))
        .transpose()
}

impl Record {
    /// The record's bytes.
    pub fn write(&self) -> Result<Vec<u8>, CollectError> {
        let header = Header {
            version: VERSION,
            ..self.header.clone()
        };
        let mut bytes = Vec::new();
        put(&mut bytes, &serde_json::to_vec(&header).map_err(damaged)?)?;
        for rows in [&self.predictions, &self.labels] {
            match rows {
                None => put(&mut bytes, &[])?,
                Some(batch) => put(&mut bytes, &encode_batch(batch).map_err(damaged)?)?,
            }
        }
        Ok(bytes)
    }

    /// Reads what [`Record::write`] wrote.
    pub fn read(mut bytes: &[u8]) -> Result<Self, CollectError> {
        let header: Header = serde_json::from_slice(take(&mut bytes)?).map_err(damaged)?;
        if header.version != VERSION {
            return Err(damaged(format!(
                "its version is {}, expected {VERSION}",
                header.version
            )));
        }
        let predictions = rows(take(&mut bytes)?)?;
        let labels = rows(take(&mut bytes)?)?;
        Ok(Self {
            header: Header { version: 0, ..header },
            predictions,
            labels,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array};
    use proptest::prelude::*;

    use super::*;

    fn record() -> Record {
        let values: ArrayRef = Arc::new(Float64Array::from(vec![Some(1.5), None]));
        Record {
            header: Header {
                arrival: 7,
                keys: vec!["k".to_owned()],
                refused: vec![Refused {
                    code: "id_missing".to_owned(),
                    column: None,
                    count: 2,
                    example: "it has no id in `id`".to_owned(),
                }],
                learned: Some(vec![("x".to_owned(), ColumnKind::Numeric)]),
                ..Header::default()
            },
            predictions: Some(RecordBatch::try_from_iter([("x", values)]).unwrap()),
            labels: None,
        }
    }

    #[test]
    fn a_record_comes_back_from_its_bytes() {
        assert_eq!(Record::read(&record().write().unwrap()).unwrap(), record());
    }

    proptest! {
        #[test]
        fn other_bytes_are_an_error_and_no_panic(at in 0_usize..600, flip in 1_u8.., cut in 0_usize..600) {
            let mut bytes = record().write().unwrap();
            let at = at % bytes.len();
            bytes[at] ^= flip;
            bytes.truncate(bytes.len() - cut % bytes.len());
            let _ = Record::read(&bytes);
        }
    }
}
