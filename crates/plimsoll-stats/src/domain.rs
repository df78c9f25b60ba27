//! Telling two slices apart by what is learned from their rows.

use rand::{SeedableRng, seq::SliceRandom};
use rand_pcg::Pcg64;

use crate::{BoostOptions, Boosted, Feature, Loss, RocArea, ScoreCount};

/// Parts into which rows are dealt: each is judged by what was learned from the others.
const FOLDS: usize = 5;

/// How well a classifier tells current rows from those of the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DomainArea {
    /// Area under the ROC curve over rows that were not learned from: 0.5 if the slices cannot be told apart, 1 if always.
    pub value: f64,
    /// Its standard error (DeLong).
    pub standard_error: f64,
}

/// Learns to tell two slices apart, in five parts of which each is judged by what the four others taught.
///
/// The rows of either slice are dealt to the parts evenly, by a seed. The features of both slices are the same, in the same order.
/// `None` if a slice has fewer rows than there are parts.
///
/// # Examples
/// ```
/// use plimsoll_stats::{BoostOptions, Feature, domain_area};
/// let rows = |from: i32| [Feature::Numbers((from..from + 100).map(|v| Some(f64::from(v))).collect())];
/// let area = domain_area(&rows(0), &rows(100), 0, &BoostOptions::default()).unwrap();
/// assert!(area.value > 0.99);
/// ```
#[must_use]
pub fn domain_area(
    reference: &[Feature],
    current: &[Feature],
    seed: u64,
    options: &BoostOptions,
) -> Option<DomainArea> {
    let rows = |features: &[Feature]| features.first().map_or(0, Feature::len);
    let (before, now) = (rows(reference), rows(current));
    if before.min(now) < FOLDS {
        return None;
    }
    let both: Vec<Feature> = reference.iter().zip(current).map(|(a, b)| a.then(b)).collect();
    let is_current = |row: usize| row >= before;
    let mut chance = Pcg64::seed_from_u64(seed);
    let mut parts = vec![Vec::new(); FOLDS];
    for slice in [0..before, before..before + now] {
        let mut order: Vec<usize> = slice.collect();
        order.shuffle(&mut chance);
        for (at, row) in order.into_iter().enumerate() {
            parts[at % FOLDS].push(row);
        }
    }
    let mut judged = Vec::with_capacity(before + now);
    for held in 0..FOLDS {
        let others = parts.iter().enumerate().filter(|(at, _)| *at != held);
        let mut others: Vec<usize> = others.flat_map(|(_, rows)| rows).copied().collect();
        others.sort_unstable();
        let take = |rows: &[usize]| both.iter().map(|f| f.take(rows)).collect::<Vec<Feature>>();
        let targets: Vec<f64> = others.iter().map(|r| f64::from(u8::from(is_current(*r)))).collect();
        let learned = Boosted::fit(&take(&others), &targets, Loss::Logistic, options)?;
        let found = learned.predict(&take(&parts[held]));
        judged.extend(found.into_iter().zip(parts[held].iter().map(|r| is_current(*r))));
    }
    let area = RocArea::of(&ScoreCount::of_rows(judged))?;
    Some(DomainArea {
        value: area.value,
        standard_error: area.standard_error(now as f64, before as f64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look drawn, and labels that follow them.
    fn rows(n: u64, salt: u64) -> [Feature; 2] {
        let mix = |v: u64| (v ^ (v >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let at = |i: u64| mix(mix((i + salt * 1_000_003).wrapping_mul(0x9e37_79b9_7f4a_7c15))) >> 40;
        let numbers = (0..n).map(|i| Some(at(i) as f64)).collect();
        let labels = (0..n).map(|i| Some(format!("k{}", at(i) % 7))).collect();
        [Feature::Numbers(numbers), Feature::Labels(labels)]
    }

    #[test]
    fn slices_of_one_kind_cannot_be_told_apart() {
        let area = domain_area(&rows(1_500, 1), &rows(1_000, 2), 7, &BoostOptions::default()).unwrap();
        assert!((area.value - 0.5).abs() < 4.0 * area.standard_error, "{area:?}");
        assert!((0.01..0.015).contains(&area.standard_error), "{area:?}");
    }

    #[test]
    fn what_is_missing_tells_slices_apart_and_few_rows_do_not() {
        let missing = [Feature::Numbers(vec![None; 200]), Feature::Labels(vec![None; 200])];
        let area = domain_area(&rows(200, 1), &missing, 0, &BoostOptions::default()).unwrap();
        assert!(area.value > 0.99, "{area:?}");
        assert_eq!(
            domain_area(&rows(4, 1), &rows(200, 2), 0, &BoostOptions::default()),
            None
        );
        assert_eq!(domain_area(&[], &[], 0, &BoostOptions::default()), None);
    }
}
