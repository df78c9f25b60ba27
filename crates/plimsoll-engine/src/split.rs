//! Rows cut into groups.

use arrow::{
    array::{ArrayRef, UInt32Array},
    compute::take,
    error::ArrowError,
};

/// Splits rows by group: whole runs where rows of a group stand together, gathered rows where they do not.
///
/// # Errors
/// What Arrow says when rows cannot be gathered.
pub fn by_group(
    values: &[ArrayRef],
    groups: &[usize],
    mut each: impl FnMut(usize, &[ArrayRef]),
) -> Result<(), ArrowError> {
    let mut runs = |values: &[ArrayRef], groups: &[usize]| {
        let mut start = 0;
        for run in groups.chunk_by(|a, b| a == b) {
            let slices: Vec<ArrayRef> = values.iter().map(|v| v.slice(start, run.len())).collect();
            each(run[0], &slices);
            start += run.len();
        }
    };
    let mut seen: Vec<usize> = groups.chunk_by(|a, b| a == b).map(|run| run[0]).collect();
    let number = seen.len();
    seen.sort_unstable();
    seen.dedup();
    if number <= seen.len() * 2 {
        runs(values, groups);
        return Ok(());
    }
    let mut order: Vec<u32> = (0..groups.len() as u32).collect();
    order.sort_by_key(|row| groups[*row as usize]);
    let sorted: Vec<usize> = order.iter().map(|row| groups[*row as usize]).collect();
    let indices = UInt32Array::from(order);
    let gathered: Vec<ArrayRef> = values
        .iter()
        .map(|v| take(v, &indices, None))
        .collect::<Result<_, _>>()?;
    runs(&gathered, &sorted);
    Ok(())
}
