//! Row groups of local Parquet files, each read by one reader from start to end.

use std::{fs::File, path::PathBuf, sync::Arc};

use arrow::{
    array::{ArrayRef, new_null_array},
    compute::cast,
    datatypes::{DataType, Field, FieldRef, Schema, SchemaRef},
};
use parquet::{
    arrow::{
        ProjectionMask,
        arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder},
        parquet_to_arrow_schema,
    },
    basic::Encoding,
    file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader},
};

use crate::{QueryError, error::first_line, layout::RowGroup};

/// Rows of a batch: few enough that the columns of a statistic stay in the cache.
const BATCH_ROWS: usize = 8_192;

/// A row group of a file.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    path: Arc<PathBuf>,
    metadata: Arc<ParquetMetaData>,
    schema: SchemaRef,
    index: usize,
}

/// The row groups of a file, in order.
///
/// # Errors
/// [`QueryError::Unreadable`] if the file is no Parquet.
pub(crate) fn groups_of(path: &PathBuf) -> Result<Vec<Group>, QueryError> {
    let unreadable = |problem: String| QueryError::Unreadable {
        path: path.clone(),
        problem,
    };
    let file = File::open(path).map_err(|e| unreadable(e.to_string()))?;
    let metadata = ParquetMetaDataReader::new()
        .parse_and_finish(&file)
        .map_err(|e| unreadable(first_line(&e)))?;
    let about = metadata.file_metadata();
    let schema = parquet_to_arrow_schema(about.schema_descr(), about.key_value_metadata())
        .map_err(|e| unreadable(first_line(&e)))?;
    let (schema, path, metadata) = (Arc::new(schema), Arc::new(path.clone()), Arc::new(metadata));
    let group = |index| Group {
        path: Arc::clone(&path),
        metadata: Arc::clone(&metadata),
        schema: Arc::clone(&schema),
        index,
    };
    Ok((0..metadata.num_row_groups()).map(group).collect())
}

impl Group {
    /// Where in time the group lies by a column; `None` if the file does not tell.
    pub fn place(&self, timestamp: &str) -> Option<RowGroup> {
        let (_, field) = self.schema.column_with_name(timestamp)?;
        RowGroup::of(self.metadata.row_group(self.index), timestamp, field.data_type())
    }

    /// Hands over the rows of some columns of a table, batch by batch in their order. A column that the file lacks is null;
    /// one of another type is cast; text may come with a dictionary.
    ///
    /// # Errors
    /// [`QueryError::Unreadable`] if the file changed or is damaged, and what `each` says.
    pub fn read(
        &self,
        fields: &[FieldRef],
        mut each: impl FnMut(&[ArrayRef]) -> Result<(), QueryError>,
    ) -> Result<(), QueryError> {
        let parquet = |e: parquet::errors::ParquetError| self.unreadable(&e);
        let metadata = self.reader_metadata().map_err(parquet)?;
        let roots: Vec<Option<usize>> = fields
            .iter()
            .map(|f| metadata.schema().index_of(f.name()).ok())
            .collect();
        let mask = ProjectionMask::roots(metadata.parquet_schema(), roots.iter().copied().flatten());
        let file = File::open(self.path.as_path()).map_err(|e| self.unreadable(&e))?;
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
            .with_row_groups(vec![self.index])
            .with_projection(mask)
            .with_batch_size(BATCH_ROWS)
            .build()
            .map_err(parquet)?;
        for batch in reader {
            let batch = batch.map_err(|e| self.unreadable(&e))?;
            let column = |field: &FieldRef| match batch.column_by_name(field.name()) {
                None => Ok(new_null_array(field.data_type(), batch.num_rows())),
                Some(array) if is_same(array.data_type(), field.data_type()) => Ok(Arc::clone(array)),
                Some(array) => cast(array, field.data_type()).map_err(|e| self.unreadable(&e)),
            };
            let arrays: Vec<ArrayRef> = fields.iter().map(column).collect::<Result<_, _>>()?;
            each(&arrays)?;
        }
        Ok(())
    }

    /// The error of a file that cannot be read.
    pub fn unreadable(&self, problem: &impl ToString) -> QueryError {
        QueryError::Unreadable {
            path: self.path.as_ref().clone(),
            problem: first_line(problem),
        }
    }

    /// How the group is read: text whose pages are all dictionary-encoded keeps its dictionary, so that each different text is
    /// looked at once and not once a row.
    fn reader_metadata(&self) -> Result<ArrowReaderMetadata, parquet::errors::ParquetError> {
        let (parquet, group) = (
            self.metadata.file_metadata().schema_descr(),
            self.metadata.row_group(self.index),
        );
        let has_dictionary = |root: usize| {
            let mut leaves = (0..parquet.num_columns()).filter(|leaf| parquet.get_column_root_idx(*leaf) == root);
            leaves.all(|leaf| is_dictionary(group.column(leaf)))
        };
        let fields: Vec<FieldRef> = self
            .schema
            .fields()
            .iter()
            .enumerate()
            .map(|(root, field)| {
                if is_text(field.data_type()) && has_dictionary(root) {
                    let keyed = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
                    Arc::new(Field::clone(field).with_data_type(keyed))
                } else {
                    Arc::clone(field)
                }
            })
            .collect();
        let schema = Schema::new_with_metadata(fields, self.schema.metadata().clone());
        let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
        ArrowReaderMetadata::try_new(Arc::clone(&self.metadata), options)
    }
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Says whether an array can stand for a column: all forms of text read the same.
fn is_same(found: &DataType, wanted: &DataType) -> bool {
    let text = match found {
        DataType::Dictionary(_, values) => is_text(values),
        other => is_text(other),
    };
    found == wanted || text && is_text(wanted)
}

/// Says whether every page of values refers to the dictionary.
fn is_dictionary(column: &ColumnChunkMetaData) -> bool {
    column.dictionary_page_offset().is_some()
        && column
            .page_encoding_stats_mask()
            .is_some_and(|mask| mask.is_only(Encoding::RLE_DICTIONARY) || mask.is_only(Encoding::PLAIN_DICTIONARY))
}
