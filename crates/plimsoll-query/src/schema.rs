//! Columns and types of files, and of several files together.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    fs::File,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use arrow::{
    compute::kernels::cast_utils::Parser,
    datatypes::{DataType, Date32Type, Field, Float64Type, Int64Type, Schema, TimestampMicrosecondType},
};
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;

use crate::files::Format;

/// Where a row stands in its file, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Line(u64),
    Row(u64),
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Row(number) => write!(f, "row {number}"),
        }
    }
}

/// The first value of a column that is of another type than those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Oddity {
    pub column: String,
    pub place: Number,
}

/// Columns and types of a file.
#[derive(Debug)]
pub(crate) struct Inferred {
    pub schema: Schema,
    /// Columns of a JSON file whose values are of several types; they are read as text.
    pub mixed: BTreeSet<String>,
    /// The first value of each column that is not of the type of those before.
    pub odd: Vec<Oddity>,
}

impl From<Schema> for Inferred {
    fn from(schema: Schema) -> Self {
        Self {
            schema,
            mixed: BTreeSet::new(),
            odd: Vec::new(),
        }
    }
}

/// Rows of a text file from which the types of its columns are inferred.
pub(crate) const INFERENCE_ROWS: usize = 100_000;

/// Opens a text file, unpacked.
pub(crate) fn reader(path: &Path, compression: FileCompressionType) -> Result<impl BufRead, String> {
    let file = File::open(path).map_err(|e| e.to_string())?;
    Ok(BufReader::new(
        compression.convert_read(file).map_err(|e| e.to_string())?,
    ))
}

/// Says whether a JSON file is one array; otherwise each line is an object.
pub(crate) fn is_array(path: &Path, compression: FileCompressionType) -> Result<bool, String> {
    for byte in reader(path, compression)?.bytes() {
        match byte.map_err(|e| e.to_string())? {
            b'[' => return Ok(true),
            white if white.is_ascii_whitespace() => {}
            _ => return Ok(false),
        }
    }
    Ok(false)
}

/// Columns and types of a CSV file; cells may hold line ends. Types follow from the first rows and become wider where a later
/// cell does not fit, so that one odd cell makes a column of text and does not end the reading.
pub(crate) fn of_csv(path: &Path, compression: FileCompressionType, delimiter: u8) -> Result<Inferred, String> {
    let format = arrow::csv::reader::Format::default()
        .with_header(true)
        .with_delimiter(delimiter);
    let (schema, seen) = format
        .infer_schema(reader(path, compression)?, Some(INFERENCE_ROWS))
        .map_err(|e| e.to_string())?;
    if seen < INFERENCE_ROWS {
        return Ok(schema.into());
    }
    let mut odd = Vec::new();
    let mut types: Vec<DataType> = schema.fields().iter().map(|f| f.data_type().clone()).collect();
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(reader(path, compression)?);
    let mut row = csv::ByteRecord::new();
    let mut read = 0;
    // What is no row at all is told by the reading itself, with its line.
    while rows.read_byte_record(&mut row).is_ok_and(|more| more) {
        read += 1;
        if read > INFERENCE_ROWS {
            for (at, (cell, kind)) in row.iter().zip(&mut types).enumerate() {
                let is_text = *kind == DataType::Utf8;
                widen(kind, cell);
                if !is_text && *kind == DataType::Utf8 && schema.field(at).data_type() != &DataType::Null {
                    odd.push(Oddity {
                        column: schema.field(at).name().clone(),
                        place: Number::Line(row.position().map_or(0, csv::Position::line)),
                    });
                }
            }
        }
    }
    let fields = schema.fields().iter().zip(types);
    let fields = fields.map(|(field, kind)| field.as_ref().clone().with_data_type(kind));
    let schema = Schema::new(fields.collect::<Vec<_>>());
    Ok(Inferred { odd, ..schema.into() })
}

/// Makes a type wide enough for a cell.
fn widen(kind: &mut DataType, cell: &[u8]) {
    if cell.is_empty() || *kind == DataType::Utf8 {
        return;
    }
    let text = std::str::from_utf8(cell).unwrap_or_default();
    let wider = |kind: &DataType| match kind {
        DataType::Null => DataType::Int64,
        DataType::Int64 => DataType::Float64,
        _ => DataType::Utf8,
    };
    while !fits(kind, text) {
        *kind = wider(kind);
    }
}

/// Says whether the reader of CSV takes a cell for a value of a type.
fn fits(kind: &DataType, cell: &str) -> bool {
    match kind {
        DataType::Null => false,
        DataType::Int64 => Int64Type::parse(cell).is_some(),
        DataType::Float64 => Float64Type::parse(cell).is_some(),
        DataType::Boolean => cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("false"),
        DataType::Date32 => Date32Type::parse(cell).is_some(),
        DataType::Timestamp(..) => TimestampMicrosecondType::parse(cell).is_some(),
        _ => true,
    }
}

/// The first name that stands twice.
pub(crate) fn twice(schema: &Schema) -> Option<&str> {
    let mut seen = HashSet::new();
    schema
        .fields()
        .iter()
        .map(|f| f.name().as_str())
        .find(|name| !seen.insert(*name))
}

/// Columns of the files so far and of one more.
///
/// Types of text files are inferred for each alone, so that they are joined: whole numbers and numbers to numbers, dates
/// and times to times, else to text. Other files must agree.
pub(crate) fn join(format: Format, known: &Schema, own: &Schema) -> Result<Schema, String> {
    let names = |schema: &Schema| {
        schema
            .fields()
            .iter()
            .map(|f| format!("`{}`", f.name()))
            .collect::<Vec<_>>()
    };
    match format {
        Format::Parquet | Format::Arrow => {
            let merged = Schema::try_merge([known.clone(), own.clone()]);
            return merged.map_err(|e| format!("other types than in the files before: {e}"));
        }
        // Cells of CSV are told by their place alone.
        Format::Csv | Format::Tsv if names(known) != names(own) => {
            let (own, known) = (names(own).join(", "), names(known).join(", "));
            return Err(format!(
                "its columns are {own}, those of the files before {known}; expected the same in the same order"
            ));
        }
        Format::Csv | Format::Tsv | Format::Json => {}
    }
    let mut fields: Vec<Field> = known.fields().iter().map(|f| f.as_ref().clone()).collect();
    for field in own.fields() {
        match fields.iter_mut().find(|f| f.name() == field.name()) {
            Some(before) => {
                let joined = join_types(before.data_type(), field.data_type()).ok_or_else(|| {
                    format!(
                        "column `{}` is {}, in the files before {}",
                        field.name(),
                        field.data_type(),
                        before.data_type()
                    )
                })?;
                *before = before.clone().with_data_type(joined).with_nullable(true);
            }
            None => fields.push(field.as_ref().clone()),
        }
    }
    Ok(Schema::new(fields))
}

fn join_types(a: &DataType, b: &DataType) -> Option<DataType> {
    use DataType::{Date32, Null, Timestamp, Utf8};
    if a == b {
        return Some(a.clone());
    }
    let simple = |t: &DataType| t.is_primitive() || matches!(t, DataType::Boolean | Utf8);
    match (a, b) {
        (Null, other) | (other, Null) => Some(other.clone()),
        (Timestamp(x, None), Timestamp(y, None)) => Some(Timestamp(*x.max(y), None)),
        (Timestamp(unit, None), Date32) | (Date32, Timestamp(unit, None)) => Some(Timestamp(*unit, None)),
        (a, b) if a.is_numeric() && b.is_numeric() => Some(DataType::Float64),
        (a, b) if simple(a) && simple(b) => Some(Utf8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use arrow::datatypes::TimeUnit;

    use super::*;

    #[test]
    fn types_of_text_files_join() {
        let seconds = DataType::Timestamp(TimeUnit::Second, None);
        for (a, b, both) in [
            (DataType::Int64, DataType::Int64, DataType::Int64),
            (DataType::Int64, DataType::Float64, DataType::Float64),
            (DataType::Null, DataType::Boolean, DataType::Boolean),
            (DataType::Date32, seconds.clone(), seconds.clone()),
            (DataType::Int64, seconds, DataType::Utf8),
        ] {
            assert_eq!(join_types(&a, &b), Some(both.clone()));
            assert_eq!(join_types(&b, &a), Some(both));
        }
        assert_eq!(join_types(&DataType::Int64, &DataType::Struct([].into())), None);
    }

    #[test]
    fn types_widen_to_what_a_cell_needs() {
        use DataType::{Boolean, Date32, Float64, Int64, Null, Utf8};
        for (kind, cell, wider) in [
            (Int64, "", Int64),
            (Int64, "12", Int64),
            (Int64, "1.5", Float64),
            (Float64, "-1e9", Float64),
            (Float64, "many", Utf8),
            (Int64, "many", Utf8),
            (Null, "3", Int64),
            (Null, "3.5", Float64),
            (Null, "x", Utf8),
            (Boolean, "True", Boolean),
            (Boolean, "2", Utf8),
            (Date32, "2024-02-30", Utf8),
        ] {
            let mut kind = kind;
            widen(&mut kind, cell.as_bytes());
            assert_eq!(kind, wider, "{cell}");
        }
    }

    #[test]
    fn columns_of_csv_files_keep_their_places() {
        let schema = |names: [&str; 2]| Schema::new(names.map(|n| Field::new(n, DataType::Int64, true)).to_vec());
        let error = join(Format::Csv, &schema(["x", "y"]), &schema(["y", "x"])).unwrap_err();
        assert!(
            error.contains("its columns are `y`, `x`, those of the files before `x`, `y`"),
            "{error}"
        );
        assert_eq!(
            join(Format::Json, &schema(["x", "y"]), &schema(["y", "z"]))
                .unwrap()
                .fields()
                .len(),
            3
        );
        assert_eq!(twice(&schema(["x", "x"])), Some("x"));
    }
}
