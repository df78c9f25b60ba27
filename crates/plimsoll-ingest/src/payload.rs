//! Rows as the bytes that the log keeps.

use arrow::{array::RecordBatch, compute::concat_batches, error::ArrowError, ipc::writer::StreamWriter};

use crate::{Format, IngestError, Limits, binary};

#[allow(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn stored(error: ArrowError) -> IngestError {
    IngestError::Stored {
        problem: error.to_string(),
    }
}

/// Rows as bytes, with their columns and types.
///
/// # Errors
/// [`IngestError::Stored`] if a type cannot be written; those of [`crate::Expected`] can.
///
/// # Examples
/// ```
/// use arrow::array::{Float64Array, RecordBatch};
/// let values = std::sync::Arc::new(Float64Array::from(vec![1.5]));
/// let batch = RecordBatch::try_from_iter([("x", values as _)]).unwrap();
/// let bytes = plimsoll_ingest::encode_batch(&batch).unwrap();
/// assert_eq!(plimsoll_ingest::decode_batch(&bytes).unwrap(), batch);
/// ```
pub fn encode_batch(batch: &RecordBatch) -> Result<Vec<u8>, IngestError> {
    let mut bytes = Vec::with_capacity(batch.get_array_memory_size() + 4_096);
    let mut writer = StreamWriter::try_new(&mut bytes, &batch.schema()).map_err(stored)?;
    writer.write(batch).map_err(stored)?;
    writer.finish().map_err(stored)?;
    drop(writer);
    Ok(bytes)
}

/// Rows from the bytes of [`encode_batch`].
///
/// # Errors
/// [`IngestError::Stored`] if the bytes are others.
pub fn decode_batch(bytes: &[u8]) -> Result<RecordBatch, IngestError> {
    // Whatever could be written can be read.
    let limits = Limits {
        body_bytes: i32::MAX as usize,
        rows: i32::MAX as usize,
        ..Limits::default()
    };
    let mut only = None;
    let read = binary::read(bytes, Format::ArrowStream, &limits, |batch| {
        only = Some(batch);
        Ok(())
    });
    let problem = match (read, only) {
        (Ok(()), Some(batch)) => return Ok(batch),
        (Ok(()), None) => "they hold no rows; expected one batch".to_owned(),
        (Err(e), _) => e.to_string(),
    };
    Err(IngestError::Stored { problem })
}

/// Rows of several batches of one schema, one after the other.
///
/// # Errors
/// [`IngestError::Stored`] without any batch, or if their columns differ.
pub fn concat(batches: &[RecordBatch]) -> Result<RecordBatch, IngestError> {
    match batches {
        [] => Err(IngestError::Stored {
            problem: "there is no batch; expected at least one".to_owned(),
        }),
        [only] => Ok(only.clone()),
        [first, ..] => concat_batches(&first.schema(), batches).map_err(stored),
    }
}
