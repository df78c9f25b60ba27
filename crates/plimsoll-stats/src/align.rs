//! Numbers treated as categories.

use crate::Sample;

/// The union of distinct values, ascending, with the count of each on either side.
///
/// # Examples
/// ```
/// use plimsoll_stats::{Sample, align_values};
/// let (v, r, c) = align_values(Sample::from_sorted(&[1.0, 1.0, 2.0]), Sample::from_sorted(&[2.0, 3.0]));
/// assert_eq!((v, r, c), (vec![1.0, 2.0, 3.0], vec![2, 1, 0], vec![0, 1, 1]));
/// ```
#[must_use]
pub fn align_values(reference: Sample<'_>, current: Sample<'_>) -> (Vec<f64>, Vec<u64>, Vec<u64>) {
    let (mut values, mut r, mut c) = (Vec::new(), Vec::new(), Vec::new());
    let (mut left, mut right) = (reference.runs().peekable(), current.runs().peekable());
    loop {
        let value = match (left.peek(), right.peek()) {
            (None, None) => break,
            (Some((v, _)), None) | (None, Some((v, _))) => *v,
            (Some((a, _)), Some((b, _))) => a.min(*b),
        };
        values.push(value);
        r.push(left.next_if(|(v, _)| *v == value).map_or(0, |(_, n)| n));
        c.push(right.next_if(|(v, _)| *v == value).map_or(0, |(_, n)| n));
    }
    (values, r, c)
}
