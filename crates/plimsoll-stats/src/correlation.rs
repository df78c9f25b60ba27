//! How two columns go together.

/// Pearson's correlation: covariance over the product of the standard deviations, −1 to 1.
///
/// `None` with fewer than two pairs, or if a side is constant. Pairs are taken row by row; both slices are as long.
///
/// # Examples
/// ```
/// assert_eq!(plimsoll_stats::pearson(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]), Some(1.0));
/// assert_eq!(plimsoll_stats::pearson(&[1.0, 2.0], &[5.0, 5.0]), None);
/// ```
#[must_use]
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    Apart::of(x)?.correlation(&Apart::of(y)?)
}

/// Distances from the mean, scaled by the largest: squares of very large or small numbers have no place.
#[derive(Debug, Clone)]
struct Apart {
    distances: Vec<f64>,
    /// Sum of their squares.
    squares: f64,
}

fn products(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

impl Apart {
    /// `None` without two different values.
    fn of(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let mut distances: Vec<f64> = values.iter().map(|v| v - mean).collect();
        let largest = distances.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
        // Equal values differ from their mean by rounding alone.
        let is_constant = values.iter().all(|v| *v == values[0]);
        if is_constant || largest == 0.0 || !largest.is_finite() {
            return None;
        }
        for v in &mut distances {
            *v /= largest;
        }
        let squares = products(&distances, &distances);
        Some(Self { distances, squares })
    }

    fn correlation(&self, other: &Self) -> Option<f64> {
        // One root for both, so that columns that follow each other exactly give exactly one.
        let correlation = products(&self.distances, &other.distances) / (self.squares * other.squares).sqrt();
        correlation.is_finite().then(|| correlation.clamp(-1.0, 1.0))
    }
}

/// A column to be held against many others by Pearson's correlation, as of [`pearson`].
///
/// Rows without a value on either side are left out of a pair.
///
/// # Examples
/// ```
/// use plimsoll_stats::Centered;
/// let x = Centered::new(vec![Some(1.0), None, Some(2.0), Some(4.0)]);
/// let y = Centered::new(vec![Some(3.0), Some(9.0), Some(5.0), Some(9.0)]);
/// assert_eq!(x.pearson(&y), Some(1.0));
/// ```
#[derive(Debug, Clone)]
pub struct Centered {
    /// One a row.
    values: Vec<Option<f64>>,
    is_complete: bool,
    /// Of a column with a value in every row; `None` if that is a single one.
    apart: Option<Apart>,
}

impl Centered {
    /// Prepares a column; the values are one a row and not NaN.
    #[must_use]
    pub fn new(values: Vec<Option<f64>>) -> Self {
        let complete: Option<Vec<f64>> = values.iter().copied().collect();
        Self {
            is_complete: complete.is_some(),
            apart: complete.and_then(|values| Apart::of(&values)),
            values,
        }
    }

    /// The correlation with a column of as many rows.
    #[must_use]
    pub fn pearson(&self, other: &Self) -> Option<f64> {
        if self.is_complete && other.is_complete {
            return self.apart.as_ref()?.correlation(other.apart.as_ref()?);
        }
        let both = self.values.iter().zip(&other.values);
        let (x, y): (Vec<f64>, Vec<f64>) = both.filter_map(|(x, y)| Some(((*x)?, (*y)?))).unzip();
        pearson(&x, &y)
    }
}

/// Spearman's correlation: Pearson's of the ranks, equal values by their mean rank.
///
/// # Examples
/// ```
/// assert_eq!(plimsoll_stats::spearman(&[1.0, 10.0, 100.0], &[3.0, 2.0, 1.0]), Some(-1.0));
/// ```
#[must_use]
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    Ordered::of_all(x).spearman(&Ordered::of_all(y))
}

/// Kendall's τ-b: ordered less unordered pairs of rows, over the geometric mean of the pairs that either column tells
/// apart.
///
/// `None` if a side is constant. O(n log n): the unordered pairs are the exchanges by which one side would be sorted (Knight,
/// Journal of the American Statistical Association 61, 1966).
///
/// # Examples
/// ```
/// // Of 6 pairs, 5 are ordered and 1 is not.
/// let tau = plimsoll_stats::kendall(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0]);
/// assert!((tau.unwrap() - 4.0 / 6.0).abs() < 1e-15);
/// ```
#[must_use]
pub fn kendall(x: &[f64], y: &[f64]) -> Option<f64> {
    Ordered::of_all(x).kendall(&Ordered::of_all(y))
}

/// A column with its rows in order, to be held against many others without sorting it again.
///
/// Rows without a value on either side are left out of a pair.
///
/// # Examples
/// ```
/// use plimsoll_stats::Ordered;
/// let x = Ordered::new(&[Some(1.0), None, Some(2.0), Some(4.0)]);
/// let y = Ordered::new(&[Some(2.0), Some(9.0), Some(1.0), Some(0.0)]);
/// assert_eq!(x.spearman(&y), Some(-1.0));
/// assert_eq!(x.kendall(&y), Some(-1.0));
/// ```
#[derive(Debug, Clone)]
pub struct Ordered {
    /// Which of the different values, ascending, a row has; [`NOTHING`] without one.
    places: Vec<u32>,
    /// How many values are different.
    different: usize,
    /// The rows with a value, ascending by it.
    order: Vec<u32>,
    /// The ranks of a column with a value in every row; `None` if that is a single one.
    ranks: Option<Apart>,
}

/// The place of a row without a value.
const NOTHING: u32 = u32::MAX;

impl Ordered {
    /// Sorts a column; the values are one a row and not NaN.
    #[must_use]
    pub fn new(values: &[Option<f64>]) -> Self {
        let mut order: Vec<u32> = (0..).zip(values).filter_map(|(row, v)| v.map(|_| row)).collect();
        let at = |row: u32| values[row as usize].unwrap_or(f64::NAN);
        order.sort_unstable_by(|a, b| at(*a).total_cmp(&at(*b)));
        let mut places = vec![NOTHING; values.len()];
        let mut different = 0;
        for (place, run) in (0..).zip(order.chunk_by(|a, b| at(*a) == at(*b))) {
            for row in run {
                places[*row as usize] = place;
            }
            different += 1;
        }
        let mut ordered = Self {
            places,
            different,
            order,
            ranks: None,
        };
        if ordered.is_complete() {
            ordered.ranks = Apart::of(&ordered.ranks_of(&ordered.order));
        }
        ordered
    }

    fn of_all(values: &[f64]) -> Self {
        Self::new(&values.iter().map(|v| Some(*v)).collect::<Vec<_>>())
    }

    /// Spearman's correlation, as of [`spearman`].
    #[must_use]
    pub fn spearman(&self, other: &Self) -> Option<f64> {
        if self.is_complete() && other.is_complete() {
            return self.ranks.as_ref()?.correlation(other.ranks.as_ref()?);
        }
        pearson(
            &self.ranks_of(&self.shared(other)),
            &other.ranks_of(&other.shared(self)),
        )
    }

    /// Kendall's τ-b, as of [`kendall`].
    #[must_use]
    pub fn kendall(&self, other: &Self) -> Option<f64> {
        let rows = self.shared(other);
        let pairs = |n: usize| (n as u128) * (n as u128).saturating_sub(1) / 2;
        let mut keys: Vec<u32> = rows.iter().map(|row| other.places[*row as usize]).collect();
        let (mut tied_x, mut tied_both, mut at) = (0, 0, 0);
        for run in rows.chunk_by(|a, b| self.places[*a as usize] == self.places[*b as usize]) {
            let keys = &mut keys[at..at + run.len()];
            at += run.len();
            if run.len() > 1 {
                keys.sort_unstable();
                tied_x += pairs(run.len());
                tied_both += keys.chunk_by(|a, b| a == b).map(|tied| pairs(tied.len())).sum::<u128>();
            }
        }
        let (exchanges, counts) = exchanges(&keys, other.different);
        let tied_y: u128 = counts.iter().map(|n| pairs(*n as usize)).sum();
        let all = pairs(rows.len());
        let (told_x, told_y) = ((all - tied_x) as f64, (all - tied_y) as f64);
        if told_x == 0.0 || told_y == 0.0 {
            return None;
        }
        let ordered_less_unordered = (all + tied_both) as f64 - (tied_x + tied_y + 2 * exchanges) as f64;
        Some((ordered_less_unordered / told_x.sqrt() / told_y.sqrt()).clamp(-1.0, 1.0))
    }

    fn is_complete(&self) -> bool {
        self.order.len() == self.places.len()
    }

    /// The rows where both have a value, ascending by the own one.
    fn shared(&self, other: &Self) -> Vec<u32> {
        let has = |row: &u32| other.places[*row as usize] != NOTHING;
        self.order.iter().copied().filter(has).collect()
    }

    /// The ranks, from 1, of rows that ascend by their value, in the order of the rows; equal values share their mean rank.
    fn ranks_of(&self, ascending: &[u32]) -> Vec<f64> {
        let mut by_row = vec![f64::NAN; self.places.len()];
        let mut below = 0;
        for run in ascending.chunk_by(|a, b| self.places[*a as usize] == self.places[*b as usize]) {
            let rank = below as f64 + (run.len() + 1) as f64 / 2.0;
            for row in run {
                by_row[*row as usize] = rank;
            }
            below += run.len();
        }
        if ascending.len() < by_row.len() {
            by_row.retain(|rank| !rank.is_nan());
        }
        by_row
    }
}

/// Pairs of keys in descending order, and how often each key occurs; keys are below `different`.
fn exchanges(keys: &[u32], different: usize) -> (u128, Vec<u32>) {
    let mut counts = vec![0_u32; different];
    for key in keys {
        counts[*key as usize] += 1;
    }
    // Of equal keys the first has the lower place, so that they are in order.
    let mut places = counts.clone();
    let mut before = 0;
    for place in &mut places {
        before += std::mem::replace(place, before);
    }
    let mut lower = Lower::of(keys.len());
    let mut exchanges = 0;
    for (seen, key) in (0..).zip(keys) {
        let place = &mut places[*key as usize];
        exchanges += u128::from(seen - lower.insert(*place as usize));
        *place += 1;
    }
    (exchanges, counts)
}

/// Branches of a node of [`Lower`]: few, so that all are counted up at once.
const BRANCHES: usize = 8;

/// A set of places that tells how many of them are below another one: a tree of counts over words of 64 bits.
struct Lower {
    words: Vec<u64>,
    /// From the words up to the root: of each branch, how many places its elder siblings have.
    levels: Vec<Vec<[u32; BRANCHES]>>,
}

impl Lower {
    /// No place of so many.
    fn of(places: usize) -> Self {
        let mut size = places.div_ceil(64);
        let words = vec![0; size];
        let mut levels = Vec::new();
        while size > 1 {
            size = size.div_ceil(BRANCHES);
            levels.push(vec![[0; BRANCHES]; size]);
        }
        Self { words, levels }
    }

    /// Puts in a place and returns how many lower ones are there.
    fn insert(&mut self, place: usize) -> u32 {
        let (mut at, bit) = (place / 64, 1_u64 << (place % 64));
        let mut lower = (self.words[at] & (bit - 1)).count_ones();
        self.words[at] |= bit;
        for level in &mut self.levels {
            let (node, own) = (&mut level[at / BRANCHES], at % BRANCHES);
            lower += node[own];
            for (branch, count) in node.iter_mut().enumerate() {
                *count += u32::from(branch > own);
            }
            at /= BRANCHES;
        }
        lower
    }
}

/// Cramér's V of two categorical columns: √(χ² / n / (min(rows, columns) − 1)) of the table of counts, 0 to 1, without
/// correction of its bias.
///
/// Categories are numbers from 0, without large gaps; a row without one on either side is left out. `None` unless either side
/// has at least two. Cost: O(rows · log rows + categories), whatever the size of the table.
///
/// # Examples
/// ```
/// let [a, b] = [Some(0), Some(1)];
/// assert_eq!(plimsoll_stats::cramer_v(&[a, a, b, b, b], &[b, b, a, a, None]), Some(1.0));
/// assert_eq!(plimsoll_stats::cramer_v(&[a, a, b, b], &[a, b, a, b]), Some(0.0));
/// ```
#[must_use]
pub fn cramer_v(x: &[Option<usize>], y: &[Option<usize>]) -> Option<f64> {
    let mut pairs: Vec<(usize, usize)> = x.iter().zip(y).filter_map(|(x, y)| Some(((*x)?, (*y)?))).collect();
    let (rows, columns) = (
        totals(pairs.iter().map(|(x, _)| *x)),
        totals(pairs.iter().map(|(_, y)| *y)),
    );
    let used = |sums: &[u64]| sums.iter().filter(|n| **n > 0).count();
    let freedom = used(&rows).min(used(&columns)).checked_sub(1).filter(|f| *f > 0)?;
    pairs.sort_unstable();
    // χ² / n = Σ observed² / (row total · column total) − 1.
    let mut share = 0.0;
    for cell in pairs.chunk_by(|a, b| a == b) {
        let (row, column) = cell[0];
        let count = cell.len() as f64;
        share += (count / rows[row] as f64) * (count / columns[column] as f64);
    }
    let freedom = freedom as f64;
    // Rounding of the sum to 1 shows as its root.
    let above = share - 1.0;
    let above = if above < 1e-14 { 0.0 } else { above };
    Some((above / freedom).sqrt().min(1.0))
}

/// How often each category occurs.
fn totals(categories: impl Iterator<Item = usize>) -> Vec<u64> {
    let mut totals = Vec::new();
    for category in categories {
        if category >= totals.len() {
            totals.resize(category + 1, 0);
        }
        totals[category] += 1;
    }
    totals
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(n: usize) -> (Vec<f64>, Vec<f64>) {
        let x: Vec<f64> = (0..n).map(|i| ((i * 7919) % 31) as f64).collect();
        let y = (0..n)
            .map(|i| ((i * 104_729 + i * i) % 17) as f64 + x[i] / 8.0)
            .collect();
        (x, y)
    }

    #[test]
    fn kendall_counts_pairs() {
        let (x, y) = columns(200);
        let (mut sum, mut told_x, mut told_y) = (0.0, 0.0_f64, 0.0_f64);
        for i in 0..x.len() {
            for j in 0..i {
                let sign = |d: f64| if d == 0.0 { 0.0 } else { d.signum() };
                let (a, b) = (sign(x[i] - x[j]), sign(y[i] - y[j]));
                sum += a * b;
                told_x += a * a;
                told_y += b * b;
            }
        }
        let expected = sum / (told_x * told_y).sqrt();
        assert!((kendall(&x, &y).unwrap() - expected).abs() < 1e-14);
    }

    #[test]
    fn rows_without_a_value_are_left_out_of_their_pairs_alone() {
        let (x, y) = columns(500);
        let gaps = |v: &[f64], every: usize| -> Vec<Option<f64>> {
            v.iter()
                .enumerate()
                .map(|(i, v)| (i % every != 0).then_some(*v))
                .collect()
        };
        let (with_x, with_y) = (gaps(&x, 7), gaps(&y, 5));
        let both = with_x.iter().zip(&with_y);
        let (left_x, left_y): (Vec<f64>, Vec<f64>) = both.filter_map(|(x, y)| Some(((*x)?, (*y)?))).unzip();
        let (ordered_x, ordered_y) = (Ordered::new(&with_x), Ordered::new(&with_y));
        let (centered_x, centered_y) = (Centered::new(with_x), Centered::new(with_y));
        assert_eq!(centered_x.pearson(&centered_y), pearson(&left_x, &left_y));
        assert_eq!(ordered_x.spearman(&ordered_y), spearman(&left_x, &left_y));
        assert_eq!(ordered_x.kendall(&ordered_y), kendall(&left_x, &left_y));
    }

    #[test]
    fn correlations_are_symmetric_and_follow_their_scales() {
        let (x, y) = columns(99);
        let map = |v: &[f64], f: fn(f64) -> f64| v.iter().map(|a| f(*a)).collect::<Vec<_>>();
        for of in [pearson, spearman, kendall] {
            let value = of(&x, &y).unwrap();
            assert!((value - of(&y, &x).unwrap()).abs() < 1e-14);
            assert!((value + of(&map(&x, |a| 3.0 - 2.0 * a), &y).unwrap()).abs() < 1e-13);
            assert!((of(&x, &x).unwrap() - 1.0).abs() < 1e-14);
        }
        for of in [spearman, kendall] {
            assert_eq!(of(&x, &y), of(&map(&x, f64::exp), &y));
        }
        let shift = map(&x, |a| a + 1e9);
        assert!((pearson(&shift, &y).unwrap() - pearson(&x, &y).unwrap()).abs() < 1e-6);
    }

    #[test]
    fn what_does_not_vary_has_no_correlation() {
        let (constant, ramp) = (vec![0.1; 7], (0..7).map(f64::from).collect::<Vec<_>>());
        for of in [pearson, spearman, kendall] {
            assert_eq!(of(&constant, &ramp), None);
            assert_eq!((of(&[], &[]), of(&[1.0], &[2.0])), (None, None));
            let huge = [-f64::MAX, f64::MAX, 0.0];
            assert!(of(&huge, &[1.0, 2.0, 3.0]).is_none_or(|v| v.abs() <= 1.0));
        }
        assert_eq!(cramer_v(&[], &[]), None);
        assert_eq!(cramer_v(&[Some(1), Some(1), None], &[Some(0), Some(1), Some(1)]), None);
    }
}
