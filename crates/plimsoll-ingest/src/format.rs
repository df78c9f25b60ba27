//! How the rows of a body are written and packed.

use std::{
    borrow::Cow,
    fmt,
    io::{self, Read},
};

use crate::IngestError;

/// How the rows of a body are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// One JSON value: an array of rows, one row, `{"rows": […]}` or `{"columns": {…}}`.
    Json,
    /// One JSON object a line.
    NdJson,
    /// Comma-separated values with a header.
    Csv,
    /// Arrow IPC stream.
    ArrowStream,
    /// Arrow IPC file (Feather version 2).
    ArrowFile,
    /// Parquet file.
    Parquet,
}

/// Media types by format; the first of a format is the one that is written.
static CONTENT_TYPES: &[(&str, Format)] = &[
    ("application/json", Format::Json),
    ("application/x-ndjson", Format::NdJson),
    ("application/jsonl", Format::NdJson),
    ("text/csv", Format::Csv),
    ("application/vnd.apache.arrow.stream", Format::ArrowStream),
    ("application/vnd.apache.arrow.file", Format::ArrowFile),
    ("application/vnd.apache.parquet", Format::Parquet),
];

impl Format {
    /// The format that a `Content-Type` names; parameters such as `charset` are ignored.
    ///
    /// # Errors
    /// [`IngestError::ContentType`] with the list of what is read.
    ///
    /// # Examples
    /// ```
    /// use plimsoll_ingest::Format;
    /// assert_eq!(Format::of_content_type("text/csv; charset=utf-8").unwrap(), Format::Csv);
    /// assert!(Format::of_content_type("text/html").unwrap_err().to_string().contains("`application/json`"));
    /// ```
    pub fn of_content_type(content_type: &str) -> Result<Self, IngestError> {
        let media = content_type.split(';').next().unwrap_or_default().trim();
        CONTENT_TYPES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(media))
            .map(|(_, format)| *format)
            .ok_or_else(|| IngestError::ContentType {
                found: content_type.to_owned(),
            })
    }

    /// The media type.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        CONTENT_TYPES
            .iter()
            .find(|(_, format)| *format == self)
            .map_or("application/octet-stream", |(name, _)| name)
    }

    /// The media types that are read, for messages.
    pub(crate) fn known() -> String {
        let names: Vec<String> = CONTENT_TYPES.iter().map(|(name, _)| format!("`{name}`")).collect();
        names.join(", ")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "JSON",
            Self::NdJson => "NDJSON",
            Self::Csv => "CSV",
            Self::ArrowStream => "Arrow stream",
            Self::ArrowFile => "Arrow file",
            Self::Parquet => "Parquet file",
        })
    }
}

/// Unpacks a body by its `Content-Encoding`: `gzip`, `zstd`, or none.
///
/// # Errors
/// [`IngestError::Encoding`] if the encoding is another, [`IngestError::TooLarge`] as soon as more than `limit` bytes
/// come out, [`IngestError::Damaged`] if the packed bytes are damaged.
///
/// # Examples
/// ```
/// use plimsoll_ingest::decompress;
/// assert_eq!(&*decompress(b"[]", None, 1_000).unwrap(), b"[]");
/// ```
pub fn decompress<'a>(body: &'a [u8], encoding: Option<&str>, limit: usize) -> Result<Cow<'a, [u8]>, IngestError> {
    let name = encoding.unwrap_or_default().trim();
    if name.is_empty() || name.eq_ignore_ascii_case("identity") {
        return Ok(Cow::Borrowed(body));
    }
    let unpacked = if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
        read_at_most(flate2::read::MultiGzDecoder::new(body), body.len(), limit)
    } else if name.eq_ignore_ascii_case("zstd") {
        zstd::stream::read::Decoder::with_buffer(body).and_then(|reader| read_at_most(reader, body.len(), limit))
    } else {
        return Err(IngestError::Encoding { found: name.to_owned() });
    };
    match unpacked {
        Ok(Some(bytes)) => Ok(Cow::Owned(bytes)),
        Ok(None) => Err(IngestError::TooLarge {
            what: "the unpacked body",
            limit,
        }),
        Err(e) => Err(IngestError::Damaged {
            encoding: name.to_owned(),
            problem: e.to_string(),
        }),
    }
}

/// All bytes of a reader; `None` if there are more than `limit`.
fn read_at_most(reader: impl Read, packed: usize, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::with_capacity(packed.saturating_mul(4).min(limit));
    reader.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() <= limit).then_some(bytes))
}
