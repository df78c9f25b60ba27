//! From the bytes that a model service sends to rows.
//!
//! [`decode`] turns a body of any [`Format`] into one Arrow batch with the columns of the data definition ([`Expected`]).
//! A row is rejected only if it cannot be placed: if it is no row, lacks its event time or its id, or is too large.
//! A value of another type becomes missing; it, and columns that the definition does not know, are kept as JSON in the
//! column [`EXTRA`], and counted as [`Odd`].

mod arrays;
mod batches;
mod binary;
mod column;
mod decoded;
mod delimited;
mod error;
mod expected;
mod extra;
mod format;
mod infer;
mod json;
mod payload;
mod plain;
mod table;
mod value;

pub use decoded::{Decoded, Odd, Reject, RejectCode};
pub use error::IngestError;
pub use expected::{Expected, ExpectedColumn, Limits, data_type};
pub use format::{Format, decompress};
pub use infer::infer;
pub use payload::{concat, decode_batch, encode_batch};
pub use plimsoll_model::EXTRA;

/// Reads the rows of a body.
///
/// # Missing values
/// Null, NaN, `"NaN"` and empty text where a number, truth value or moment is expected, and empty cells of CSV.
///
/// # Errors
/// [`IngestError`] if no row can be read; rows that are rejected are no error.
///
/// # Examples
/// ```
/// use plimsoll_ingest::{Expected, ExpectedColumn, Format, Limits, RejectCode, decode};
/// use plimsoll_model::ColumnKind;
///
/// let age = ExpectedColumn { name: "age".to_owned(), kind: ColumnKind::Numeric, required: false };
/// let expected = Expected::new(vec![age], None, Some("id"), jiff::tz::TimeZone::UTC);
/// let body = br#"[{"id": 7, "age": 31}, {"age": 52}, {"id": 9, "age": "old"}]"#;
/// let decoded = decode(body, Format::Json, &expected, &Limits::default()).unwrap();
/// assert_eq!(decoded.batch.num_rows(), 2);
/// assert_eq!((decoded.rejects[0].row, decoded.rejects[0].code), (1, RejectCode::IdMissing));
/// assert_eq!(decoded.odd[0].example, r#""old""#);
/// ```
pub fn decode(body: &[u8], format: Format, expected: &Expected, limits: &Limits) -> Result<Decoded, IngestError> {
    if body.len() > limits.body_bytes {
        return Err(IngestError::TooLarge {
            what: "the body",
            limit: limits.body_bytes,
        });
    }
    match format {
        Format::Json => json::decode(body, expected, limits),
        Format::NdJson => json::decode_lines(body, expected, limits),
        Format::Csv => delimited::decode(body, expected, limits),
        Format::ArrowStream | Format::ArrowFile | Format::Parquet => {
            let mut batches = batches::Batches::new(expected, limits, format);
            binary::read(body, format, limits, |batch| batches.add(&batch))?;
            batches.finish()
        }
    }
}
