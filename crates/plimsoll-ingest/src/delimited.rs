//! CSV bodies.

use csv::{ByteRecord, ReaderBuilder};

use crate::{
    Decoded, Expected, Format, IngestError, Limits, RejectCode,
    json::without_bom,
    table::{Cell, Table},
};

/// Reads comma-separated values with a header; a line with too few or too many cells is a rejected row.
pub(crate) fn decode(body: &[u8], expected: &Expected, limits: &Limits) -> Result<Decoded, IngestError> {
    let malformed = |problem: String| IngestError::malformed(Format::Csv, &problem);
    let body = without_bom(body);
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(body);
    let header = match reader.headers() {
        Ok(header) if header.is_empty() => return Err(malformed("it is empty; expected a header".to_owned())),
        Ok(header) => header.clone(),
        Err(e) => return Err(malformed(format!("its header cannot be read: {e}"))),
    };
    let mut table = Table::new(expected, limits);
    let mut record = ByteRecord::new();
    while reader
        .read_byte_record(&mut record)
        .map_err(|e| malformed(e.to_string()))?
    {
        if table.begin().is_err() {
            break;
        }
        let line = record.position().map_or(0, |at| line_of(at, body));
        if record.len() != header.len() {
            let reason = format!(
                "line {line} has {} cells; expected {} as in the header",
                record.len(),
                header.len()
            );
            table.reject(RejectCode::Malformed, None, reason);
            continue;
        }
        let mut problem = None;
        for (name, cell) in header.iter().zip(&record) {
            match str::from_utf8(cell) {
                Ok("") => {
                    let key = table.key(name);
                    table.put(key, Cell::Null);
                }
                Ok(text) => {
                    let key = table.key(name);
                    table.put(key, Cell::Untyped(text));
                }
                Err(e) => problem = Some(format!("line {line}: the cell of `{name}` is no UTF-8: {e}")),
            }
        }
        if let Some(problem) = problem {
            table.reject(RejectCode::Malformed, None, problem);
        } else if table.end().is_err() {
            break;
        }
    }
    match table.stopped() {
        Some(stop) => Err(stop),
        None => table.finish(),
    }
}

/// The line on which a record begins; one that follows a line end of two characters begins at the second.
fn line_of(at: &csv::Position, body: &[u8]) -> u64 {
    let begins_late = usize::try_from(at.byte()).is_ok_and(|byte| body.get(byte) == Some(&b'\n'));
    at.line() + u64::from(begins_late)
}
