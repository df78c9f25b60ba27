//! Arrow IPC and Parquet bodies.
//!
//! Lengths and offsets in such a body are claims of the sender. Readers get slices of the body and never allocate what a
//! claim says; what unpacks to more than it takes (compressed buffers, dictionaries) is measured before it is unpacked.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use arrow::{
    array::RecordBatch,
    buffer::Buffer,
    datatypes::{DataType, Field, Schema},
    error::ArrowError,
    ipc::{
        Block, MessageHeader,
        convert::fb_to_schema,
        reader::{FileDecoder, StreamDecoder, read_footer_length},
        root_as_footer, root_as_message,
    },
};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use crate::{Format, IngestError, Limits};

/// Rows of a Parquet file that are unpacked at once.
const PARQUET_BATCH: usize = 4_096;
/// Marks the beginning of a message in an Arrow stream.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Length of the end of an Arrow file: length of the footer, magic bytes.
const TRAILER: usize = 10;

/// Reads the batches of a body one by one.
pub(crate) fn read(
    body: &[u8],
    format: Format,
    limits: &Limits,
    mut take: impl FnMut(RecordBatch) -> Result<(), IngestError>,
) -> Result<(), IngestError> {
    // The readers check what they read, but some checks are assertions: a body that breaks one is malformed as well.
    let outcome = catch_unwind(AssertUnwindSafe(|| match format {
        Format::ArrowFile => file(body, limits, &mut take),
        Format::Parquet => parquet(body, limits, &mut take),
        _ => stream(body, limits, &mut take),
    }));
    match outcome {
        Ok(Ok(())) => Ok(()),
        Ok(Err(Failure::Stop(stop))) => Err(stop),
        Ok(Err(Failure::Malformed(problem))) => Err(IngestError::malformed(format, &problem)),
        Err(_) => Err(IngestError::malformed(
            format,
            &"its lengths and offsets contradict each other",
        )),
    }
}

enum Failure {
    Stop(IngestError),
    Malformed(String),
}

impl From<IngestError> for Failure {
    fn from(stop: IngestError) -> Self {
        Self::Stop(stop)
    }
}

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Self {
        Self::Malformed(error.to_string())
    }
}

#[allow(clippy::needless_pass_by_value, reason = "an argument of map_err")]
fn malformed(problem: impl ToString) -> Failure {
    Failure::Malformed(problem.to_string())
}

type Take<'t> = dyn FnMut(RecordBatch) -> Result<(), IngestError> + 't;

fn stream(body: &[u8], limits: &Limits, take: &mut Take<'_>) -> Result<(), Failure> {
    check_stream(body, limits)?;
    let mut buffer = Buffer::from(body);
    let mut decoder = StreamDecoder::new();
    while let Some(batch) = decoder.decode(&mut buffer)? {
        take(batch)?;
    }
    decoder.finish()?;
    Ok(())
}

/// Checks the messages of a stream, without reading columns.
fn check_stream(body: &[u8], limits: &Limits) -> Result<(), Failure> {
    let mut rest = body;
    let mut unpacked = 0;
    let mut first = true;
    loop {
        let rest_of_header = rest.strip_prefix(&CONTINUATION).unwrap_or(rest);
        let Some((length, after)) = rest_of_header.split_first_chunk::<4>() else {
            // The end mark may be left out.
            return if rest.is_empty() && !first {
                Ok(())
            } else {
                Err(malformed("it ends within a message"))
            };
        };
        let length = u32::from_le_bytes(*length) as usize;
        if length == 0 && !first {
            return Ok(());
        }
        let message = after
            .get(..length)
            .ok_or_else(|| malformed("it ends within a message"))?;
        let body_length = check_message(message, &after[length..], limits, &mut unpacked)?;
        rest = &after[length + body_length..];
        first = false;
    }
}

/// Checks that a message lies within the bytes that follow it and does not unpack to too much; returns the length of
/// its body.
fn check_message(message: &[u8], after: &[u8], limits: &Limits, unpacked: &mut usize) -> Result<usize, Failure> {
    let message = root_as_message(message).map_err(malformed)?;
    let body = usize::try_from(message.bodyLength())
        .ok()
        .and_then(|length| after.get(..length))
        .ok_or_else(|| malformed("it ends within a batch"))?;
    let batch = match message.header_type() {
        MessageHeader::RecordBatch => message.header_as_record_batch(),
        MessageHeader::DictionaryBatch => message.header_as_dictionary_batch().and_then(|d| d.data()),
        _ => None,
    };
    let Some(batch) = batch else { return Ok(body.len()) };
    if !is_at_most(batch.length(), limits.rows) {
        return Err(IngestError::TooManyRows { limit: limits.rows }.into());
    }
    for buffer in batch.buffers().into_iter().flatten() {
        let part = usize::try_from(buffer.offset())
            .ok()
            .zip(usize::try_from(buffer.length()).ok())
            .and_then(|(offset, length)| body.get(offset..offset.checked_add(length)?))
            .ok_or_else(|| malformed("a column lies outside of its batch"))?;
        if batch.compression().is_some()
            && let Some(length) = part.first_chunk::<8>()
        {
            // Minus one marks a buffer that is not packed.
            let length = i64::from_le_bytes(*length);
            let length = if length == -1 {
                0
            } else {
                usize::try_from(length).unwrap_or(usize::MAX)
            };
            *unpacked = unpacked.saturating_add(length);
            if *unpacked > limits.body_bytes {
                return Err(too_large(limits).into());
            }
        }
    }
    for node in batch.nodes().into_iter().flatten() {
        // Columns of nulls have a length and take no bytes.
        if !is_at_most(node.length(), limits.body_bytes) {
            return Err(malformed("a column is longer than the body"));
        }
    }
    Ok(body.len())
}

/// Says whether a claimed number is none that is negative or above the limit.
fn is_at_most(claimed: i64, limit: usize) -> bool {
    usize::try_from(claimed).is_ok_and(|claimed| claimed <= limit)
}

fn too_large(limits: &Limits) -> IngestError {
    IngestError::TooLarge {
        what: "the unpacked body",
        limit: limits.body_bytes,
    }
}

fn file(body: &[u8], limits: &Limits, take: &mut Take<'_>) -> Result<(), Failure> {
    let no_footer = || malformed("it has no footer");
    let (front, trailer) = body.split_last_chunk::<TRAILER>().ok_or_else(no_footer)?;
    let length = read_footer_length(*trailer)?;
    let start = front.len().checked_sub(length).ok_or_else(no_footer)?;
    let footer = root_as_footer(&front[start..]).map_err(malformed)?;
    let schema = Arc::new(fb_to_schema(
        footer.schema().ok_or_else(|| malformed("it has no schema"))?,
    ));
    let buffer = Buffer::from(body);
    let mut decoder = FileDecoder::new(schema, footer.version());
    let mut unpacked = 0;
    let mut slice = |block: &Block| -> Result<Buffer, Failure> {
        let outside = || malformed("a batch lies outside of the file");
        let offset = usize::try_from(block.offset()).map_err(|_| outside())?;
        let meta = usize::try_from(block.metaDataLength()).map_err(|_| outside())?;
        let length = usize::try_from(block.bodyLength()).map_err(|_| outside())?;
        let total = meta.checked_add(length).ok_or_else(outside)?;
        let bytes = offset
            .checked_add(total)
            .and_then(|end| body.get(offset..end))
            .ok_or_else(outside)?;
        let (message, after) = bytes.split_at(meta);
        let message = message.strip_prefix(&CONTINUATION).unwrap_or(message);
        let message = message.get(4..).ok_or_else(outside)?;
        check_message(message, after, limits, &mut unpacked)?;
        Ok(buffer.slice_with_length(offset, total))
    };
    for block in footer.dictionaries().into_iter().flatten() {
        decoder.read_dictionary(block, &slice(block)?)?;
    }
    for block in footer.recordBatches().into_iter().flatten() {
        if let Some(batch) = decoder.read_record_batch(block, &slice(block)?)? {
            take(batch)?;
        }
    }
    Ok(())
}

fn parquet(body: &[u8], limits: &Limits, take: &mut Take<'_>) -> Result<(), Failure> {
    let body = Bytes::copy_from_slice(body);
    // The types of Parquet are enough; those that Arrow adds may be dictionaries.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::load(&body, options.clone()).map_err(malformed)?;
    let claimed = metadata.metadata();
    if !is_at_most(claimed.file_metadata().num_rows(), limits.rows) {
        return Err(IngestError::TooManyRows { limit: limits.rows }.into());
    }
    let sizes = claimed.row_groups().iter().map(|g| g.total_byte_size().max(0) as usize);
    if sizes.fold(0, usize::saturating_add) > limits.body_bytes {
        return Err(too_large(limits).into());
    }
    // Views share the text of dictionary pages; copies could be many times as large as the body.
    let fields: Vec<Field> = metadata
        .schema()
        .fields()
        .iter()
        .map(|f| match f.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 => f.as_ref().clone().with_data_type(DataType::Utf8View),
            _ => f.as_ref().clone(),
        })
        .collect();
    let options = options.with_schema(Arc::new(Schema::new(fields)));
    let metadata = ArrowReaderMetadata::try_new(claimed.clone(), options).map_err(malformed)?;
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(body, metadata)
        .with_batch_size(PARQUET_BATCH)
        .build()
        .map_err(malformed)?;
    for batch in reader {
        take(batch?)?;
    }
    Ok(())
}
