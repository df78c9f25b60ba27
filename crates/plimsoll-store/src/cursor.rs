//! Page cursors: a place in a list, in hexadecimal so that nobody builds on its form.

use std::fmt::Write;

use crate::StoreError;

/// Makes a cursor of the sort key of the last entry on a page.
#[must_use]
pub fn encode(key: &str) -> String {
    key.bytes().fold(String::with_capacity(key.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The sort key of a cursor.
///
/// # Errors
/// [`StoreError::Cursor`] if [`encode`] did not make it.
pub fn decode(cursor: &str) -> Result<String, StoreError> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    let bytes: Option<Vec<u8>> = cursor.as_bytes().chunks(2).map(byte).collect();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| StoreError::Cursor {
            cursor: cursor.to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_back_and_other_text_is_refused() {
        for key in ["", "1296518400000000:20110201T000000Z-report-daily", "🚢"] {
            assert_eq!(decode(&encode(key)).unwrap(), key);
        }
        for bad in ["f", "zz", "ff", "🚢"] {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }
}
