//! Cells of Arrow arrays as JSON text.

use std::sync::LazyLock;

use arrow::{
    array::{Array, ArrayRef},
    datatypes::{DataType, FieldRef},
    error::ArrowError,
    json::writer::{EncoderOptions, NullableEncoder, make_encoder},
    util::display::{ArrayFormatter, FormatOptions},
};

use crate::table::write_text;

static OPTIONS: LazyLock<EncoderOptions> = LazyLock::new(EncoderOptions::default);

/// Writes cells of an array as JSON.
pub(crate) enum JsonWriter<'a> {
    Json(NullableEncoder<'a>),
    /// As text, for types that JSON has no form for.
    Text(&'a ArrayRef, ArrayFormatter<'a>),
}

impl<'a> JsonWriter<'a> {
    /// A writer for the array, which is the field's.
    ///
    /// # Errors
    /// If the type has no textual form at all.
    pub(crate) fn new(field: &'a FieldRef, array: &'a ArrayRef) -> Result<Self, ArrowError> {
        // Years beyond four digits have no form in JSON, and the encoder would write its error.
        if !array.data_type().is_temporal()
            && !matches!(array.data_type(), DataType::Union(_, _))
            && let Ok(encoder) = make_encoder(field, array, &OPTIONS)
        {
            return Ok(Self::Json(encoder));
        }
        Ok(Self::Text(
            array,
            ArrayFormatter::try_new(array, &FormatOptions::default())?,
        ))
    }

    /// Appends the cell of that row; false, and nothing appended, if it is null.
    pub(crate) fn write(&mut self, row: usize, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Json(encoder) => {
                if encoder.is_null(row) {
                    return false;
                }
                encoder.encode(row, out);
            }
            Self::Text(array, formatter) => {
                if array.is_null(row) {
                    return false;
                }
                write_text(out, &formatter.value(row).to_string());
            }
        }
        true
    }
}
