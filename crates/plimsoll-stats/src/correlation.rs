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
    let (x, y) = (deviations(x)?, deviations(y)?);
    let sum = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(a, b)| a * b).sum::<f64>();
    // One root for both, so that columns that follow each other exactly give exactly one.
    let correlation = sum(&x, &y) / (sum(&x, &x) * sum(&y, &y)).sqrt();
    correlation.is_finite().then(|| correlation.clamp(-1.0, 1.0))
}

/// Distances from the mean, scaled by the largest: squares of very large or small numbers have no place.
fn deviations(values: &[f64]) -> Option<Vec<f64>> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let mut apart: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let largest = apart.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    // Equal values differ from their mean by rounding alone.
    let is_constant = values.iter().all(|v| *v == values[0]);
    if is_constant || largest == 0.0 || !largest.is_finite() {
        return None;
    }
    for v in &mut apart {
        *v /= largest;
    }
    Some(apart)
}

/// Spearman's correlation: Pearson's of the ranks, equal values by their mean rank.
///
/// # Examples
/// ```
/// assert_eq!(plimsoll_stats::spearman(&[1.0, 10.0, 100.0], &[3.0, 2.0, 1.0]), Some(-1.0));
/// ```
#[must_use]
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    pearson(&ranks(x), &ranks(y))
}

/// Rank of each value, from 1; equal values share their mean rank.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for run in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let rank = below as f64 + (run.len() + 1) as f64 / 2.0;
        for at in run {
            ranks[*at] = rank;
        }
        below += run.len();
    }
    ranks
}

/// Kendall's τ-b: ordered less unordered pairs of rows, over the geometric mean of the pairs that either column tells
/// apart.
///
/// `None` if a side is constant. O(n log n): the unordered pairs are the exchanges of a merge sort (Knight, Journal of
/// the American Statistical Association 61, 1966).
///
/// # Examples
/// ```
/// // Of 6 pairs, 5 are ordered and 1 is not.
/// let tau = plimsoll_stats::kendall(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0]);
/// assert!((tau.unwrap() - 4.0 / 6.0).abs() < 1e-15);
/// ```
#[must_use]
pub fn kendall(x: &[f64], y: &[f64]) -> Option<f64> {
    let mut rows: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    rows.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.total_cmp(&b.1)));
    let pairs = |n: usize| (n as u128) * (n as u128).saturating_sub(1) / 2;
    let all = pairs(rows.len());
    let tied_x: u128 = rows.chunk_by(|a, b| a.0 == b.0).map(|run| pairs(run.len())).sum();
    let tied_both: u128 = rows.chunk_by(|a, b| a == b).map(|run| pairs(run.len())).sum();
    let mut values: Vec<f64> = rows.iter().map(|(_, y)| *y).collect();
    let mut spare = values.clone();
    let exchanges = sort_counting(&mut values, &mut spare);
    let tied_y: u128 = values.chunk_by(|a, b| a == b).map(|run| pairs(run.len())).sum();
    let (told_x, told_y) = ((all - tied_x) as f64, (all - tied_y) as f64);
    if told_x == 0.0 || told_y == 0.0 {
        return None;
    }
    let ordered_less_unordered = (all + tied_both) as f64 - (tied_x + tied_y + 2 * exchanges) as f64;
    Some((ordered_less_unordered / told_x.sqrt() / told_y.sqrt()).clamp(-1.0, 1.0))
}

/// Sorts and returns how many pairs were in descending order.
fn sort_counting(values: &mut [f64], spare: &mut [f64]) -> u128 {
    let n = values.len();
    if n < 2 {
        return 0;
    }
    let half = n / 2;
    let (left, right) = values.split_at_mut(half);
    let (spare_left, spare_right) = spare.split_at_mut(half);
    let mut exchanges = sort_counting(left, spare_left) + sort_counting(right, spare_right);
    let (mut i, mut j) = (0, 0);
    for slot in spare.iter_mut() {
        let from_left = j == right.len() || (i < left.len() && left[i] <= right[j]);
        if from_left {
            *slot = left[i];
            i += 1;
        } else {
            *slot = right[j];
            j += 1;
            exchanges += (left.len() - i) as u128;
        }
    }
    values.copy_from_slice(spare);
    exchanges
}

/// Cramér's V of a table of counts, rows by columns: √(χ² / n / (min(rows, columns) − 1)), 0 to 1, without correction of
/// its bias. `None` unless at least two rows and two columns have a count.
///
/// # Examples
/// ```
/// assert_eq!(plimsoll_stats::cramer_v(&[vec![5, 0], vec![0, 7]]), Some(1.0));
/// assert_eq!(plimsoll_stats::cramer_v(&[vec![2, 4], vec![3, 6]]), Some(0.0));
/// ```
#[must_use]
pub fn cramer_v(table: &[Vec<u64>]) -> Option<f64> {
    let columns = table.iter().map(Vec::len).max().unwrap_or(0);
    let rows: Vec<f64> = table.iter().map(|row| row.iter().sum::<u64>() as f64).collect();
    let totals: Vec<f64> = (0..columns)
        .map(|at| table.iter().map(|row| row.get(at).copied().unwrap_or(0)).sum::<u64>() as f64)
        .collect();
    let used = |sums: &[f64]| sums.iter().filter(|n| **n > 0.0).count();
    let freedom = used(&rows).min(used(&totals)).checked_sub(1).filter(|f| *f > 0)?;
    // χ² / n = Σ observed² / (row total · column total) − 1.
    let mut share = 0.0;
    for (row, sum) in table.iter().zip(&rows) {
        for (count, total) in row.iter().zip(&totals) {
            if *count > 0 {
                share += (*count as f64 / sum) * (*count as f64 / total);
            }
        }
    }
    let freedom = freedom as f64;
    // Rounding of the sum to 1 shows as its root.
    let above = share - 1.0;
    let above = if above < 1e-14 { 0.0 } else { above };
    Some((above / freedom).sqrt().min(1.0))
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
        assert_eq!(cramer_v(&[]), None);
        assert_eq!(cramer_v(&[vec![3, 4]]), None);
        assert_eq!(cramer_v(&[vec![3, 4], vec![0, 0]]), None);
    }
}
