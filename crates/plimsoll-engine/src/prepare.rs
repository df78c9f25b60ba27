//! What is done to rows before anything reads them: cells that stand for missing become null, texts of numeric columns numbers,
//! and columns are derived.

use std::{
    collections::BTreeMap,
    hash::{Hash, Hasher},
    sync::Arc,
};

use arrow::{
    array::{ArrayRef, AsArray, BooleanArray, Float64Array, StringArray},
    compute::{cast, nullif},
    datatypes::DataType,
};
use plimsoll_model::{DescriptorSpec, EXTRA, Preparation};
use serde_json::Value;

use crate::{Batch, DynDescriptor, SpecError, StatisticError, descriptors::descriptor, maturity::unlabelled};

/// The preparation of a data definition, ready to be applied to rows.
#[derive(Debug, Clone, Default)]
pub struct Preparer {
    preparation: Preparation,
    /// The descriptors by name of the derived column.
    derived: BTreeMap<String, Arc<dyn DynDescriptor>>,
}

impl PartialEq for Preparer {
    fn eq(&self, other: &Self) -> bool {
        self.preparation == other.preparation
    }
}

impl Eq for Preparer {}

impl Hash for Preparer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        serde_json::to_string(&self.preparation).unwrap_or_default().hash(state);
    }
}

/// Rows with the columns that were asked for.
#[derive(Debug)]
pub(crate) struct Prepared {
    names: Vec<String>,
    arrays: Vec<ArrayRef>,
    /// Texts of the columns whose numbers are among the arrays.
    texts: Vec<(String, ArrayRef)>,
    /// Columns that could not be derived, and why.
    failed: Vec<(String, StatisticError)>,
}

impl Prepared {
    /// The rows.
    pub fn batch(&self) -> Batch<'_> {
        Batch::new(&self.names, &self.arrays)
            .without(&self.failed)
            .with_texts(&self.texts)
    }
}

impl Preparer {
    /// Builds the descriptors.
    ///
    /// # Errors
    /// [`SpecError`] if a descriptor is unknown or a parameter is wrong.
    pub fn new(preparation: &Preparation) -> Result<Self, SpecError> {
        let build = |(name, spec): (&String, &DescriptorSpec)| Ok((name.clone(), descriptor(spec)?));
        let derived = preparation.descriptors.iter().map(build);
        Ok(Self {
            derived: derived.collect::<Result<_, SpecError>>()?,
            preparation: preparation.clone(),
        })
    }

    /// What is done to rows.
    #[must_use]
    pub fn preparation(&self) -> &Preparation {
        &self.preparation
    }

    /// The columns of the data from which the named columns are made, sorted.
    #[must_use]
    pub fn reads(&self, names: &[String]) -> Vec<String> {
        let base = |name: &String| match self.derived.get(name) {
            Some(descriptor) => descriptor.base().to_owned(),
            None => name.clone(),
        };
        let mut columns: Vec<String> = names.iter().map(base).collect();
        columns.sort();
        columns.dedup();
        columns
    }

    /// Rows with those of the named columns that are derived; `None` if they stay as they are.
    pub(crate) fn prepare(&self, batch: &Batch<'_>, names: &[String]) -> Option<Prepared> {
        if self.preparation.is_empty() {
            return None;
        }
        let given = self.without_marked(batch);
        let wanted: Vec<_> = names
            .iter()
            .filter_map(|name| Some((name, self.derived.get(name)?)))
            .collect();
        let numbers = self.numbers(batch.names(), given.as_deref().unwrap_or_else(|| batch.arrays()));
        if given.is_none() && wanted.is_empty() && numbers.is_empty() {
            return None;
        }
        let mut given = given.unwrap_or_else(|| batch.arrays().to_vec());
        let mut replaced = Vec::with_capacity(numbers.len());
        for (at, array) in numbers {
            replaced.push((batch.names()[at].clone(), std::mem::replace(&mut given[at], array)));
        }
        let texts = Batch::new(batch.names(), &given);
        let mut columns: Vec<(String, ArrayRef)> = batch.names().iter().cloned().zip(given.iter().cloned()).collect();
        let mut failed = Vec::new();
        for (name, descriptor) in wanted {
            match descriptor.derive(&texts) {
                Ok(array) => columns.push((name.clone(), array)),
                Err(error) => failed.push((name.clone(), error)),
            }
        }
        // Sorted names are found fastest.
        columns.sort_by(|a, b| a.0.cmp(&b.0));
        let (names, arrays) = columns.into_iter().unzip();
        Some(Prepared {
            names,
            arrays,
            texts: replaced,
            failed,
        })
    }

    /// The numbers of numeric columns that come as text, by place; cells that are no numbers are null.
    fn numbers(&self, names: &[String], arrays: &[ArrayRef]) -> Vec<(usize, ArrayRef)> {
        let numeric = &self.preparation.numeric;
        let columns = names.iter().zip(arrays).enumerate();
        let texts = columns.filter(|(_, (name, array))| {
            // A copy of a column for the rows with a label is what the column is.
            is_text(array.data_type()) && numeric.contains(unlabelled(name))
        });
        let read = texts.filter_map(|(at, (_, array))| {
            let text = cast(array, &DataType::Utf8).ok()?;
            let numbers = text.as_string::<i32>().iter().map(|cell| number_of(cell?));
            let numbers: Float64Array = numbers.collect();
            Some((at, Arc::new(numbers) as ArrayRef))
        });
        read.collect()
    }

    /// The columns with null for cells that stand for missing; `None` if there is no such cell.
    fn without_marked(&self, batch: &Batch<'_>) -> Option<Vec<ArrayRef>> {
        let preparation = &self.preparation;
        let mut arrays = None;
        for (at, (name, array)) in batch.names().iter().zip(batch.arrays()).enumerate() {
            // A copy of a column for the rows with a label is marked as the column is.
            let own = preparation.missing_in.get(unlabelled(name)).into_iter().flatten();
            let markers: Vec<&str> = preparation.missing.iter().chain(own).map(String::as_str).collect();
            let Some(mask) = marked(batch, name, array, &markers) else {
                continue;
            };
            if let Ok(cleared) = nullif(array, &mask) {
                arrays.get_or_insert_with(|| batch.arrays().to_vec())[at] = cleared;
            }
        }
        if let Some((at, cleared)) = self.without_marked_extra(batch) {
            arrays.get_or_insert_with(|| batch.arrays().to_vec())[at] = cleared;
        }
        arrays
    }

    /// The values that did not fit the columns of a stream, without those that stand for missing; `None` if there are none.
    fn without_marked_extra(&self, batch: &Batch<'_>) -> Option<(usize, ArrayRef)> {
        if self.preparation.missing.is_empty() && self.preparation.missing_in.is_empty() {
            return None;
        }
        let at = batch.names().iter().position(|name| name == EXTRA)?;
        let labels = batch.labels(EXTRA).ok()?;
        let cleared: Vec<Option<String>> = labels
            .names()
            .iter()
            .map(|text| self.without_marked_entries(text))
            .collect();
        let rows = (0..labels.len()).map(|row| {
            let key = labels.key(row)?;
            Some(cleared[key].as_ref().unwrap_or(&labels.names()[key]).as_str())
        });
        cleared
            .iter()
            .any(Option::is_some)
            .then(|| (at, Arc::new(rows.collect::<StringArray>()) as ArrayRef))
    }

    /// A row's values as JSON without those that stand for missing; `None` if all stay.
    fn without_marked_entries(&self, text: &str) -> Option<String> {
        let mut entries: BTreeMap<String, Value> = serde_json::from_str(text).ok()?;
        let before = entries.len();
        entries.retain(|name, value| {
            let own = self.preparation.missing_in.get(name).into_iter().flatten();
            let mut markers = self.preparation.missing.iter().chain(own);
            match value {
                Value::String(text) => markers.all(|marker| marker != text),
                Value::Bool(truth) => markers.all(|marker| *marker != truth.to_string()),
                Value::Number(number) => markers.all(|marker| marker.parse().ok() != number.as_f64()),
                _ => true,
            }
        });
        (entries.len() < before).then(|| serde_json::to_string(&entries).unwrap_or_default())
    }
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// The number that a text is.
pub(crate) fn number_of(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Which cells stand for missing; `None` if there is none. Cells that cannot be read stay.
fn marked(batch: &Batch<'_>, name: &str, array: &ArrayRef, markers: &[&str]) -> Option<BooleanArray> {
    let kind = array.data_type();
    if markers.is_empty() || kind.is_nested() {
        return None;
    }
    if kind.is_numeric() {
        let wanted: Vec<f64> = markers.iter().filter_map(|m| m.parse().ok()).collect();
        let values = &batch.numbers(name).ok()?.values;
        let is_marked = |v: &f64| wanted.contains(v);
        return values
            .iter()
            .any(is_marked)
            .then(|| values.iter().map(|v| Some(is_marked(v))).collect());
    }
    let labels = batch.labels(name).ok()?;
    let is_marked: Vec<bool> = labels.names().iter().map(|n| markers.contains(&n.as_str())).collect();
    let rows = (0..labels.len()).map(|row| Some(labels.key(row).is_some_and(|key| is_marked[key])));
    is_marked.contains(&true).then(|| rows.collect())
}
