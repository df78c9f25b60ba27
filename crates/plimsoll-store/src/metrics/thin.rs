//! Thinning of long series.

/// Indices of the points to keep so that at most `max` remain: first, last and the extremes of each bucket between.
///
/// Undefined values are kept where a bucket holds nothing else, so that a long gap stays a gap.
pub(super) fn thin(values: &[Option<f64>], max: usize) -> Vec<usize> {
    let n = values.len();
    if n <= max {
        return (0..n).collect();
    }
    if max < 2 {
        return n.checked_sub(1).into_iter().collect();
    }
    let buckets = (max - 2) / 2;
    let mut kept = Vec::with_capacity(max);
    kept.push(0);
    let inner = n - 2;
    for b in 0..buckets {
        let (from, to) = (1 + inner * b / buckets, 1 + inner * (b + 1) / buckets);
        let defined = || (from..to).filter_map(|i| values[i].map(|v| (i, v)));
        let low = defined().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i);
        let high = defined().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i);
        match (low, high) {
            (Some(low), Some(high)) if low == high => kept.push(low),
            (Some(low), Some(high)) => kept.extend([low.min(high), low.max(high)]),
            _ => kept.extend((from < to).then_some(from)),
        }
    }
    kept.push(n - 1);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_last_and_extremes_stay_and_the_limit_holds() {
        let mut values: Vec<Option<f64>> = (0..10_000).map(|i| Some(f64::from(i % 7))).collect();
        values[4_321] = Some(99.0);
        values[8_765] = Some(-99.0);
        for max in [0, 1, 2, 3, 4, 5, 100, 1_000, 9_999] {
            let kept = thin(&values, max);
            assert!(kept.len() <= max.max(1), "{max}: {}", kept.len());
            assert!(kept.windows(2).all(|w| w[0] < w[1]));
            assert_eq!(kept.last(), Some(&9_999));
        }
        let kept = thin(&values, 100);
        assert!(kept.contains(&0) && kept.contains(&4_321) && kept.contains(&8_765));
        assert_eq!(thin(&values, 10_000).len(), 10_000);
        assert!(thin(&[], 10).is_empty());
    }

    #[test]
    fn a_gap_stays_a_gap() {
        let values: Vec<Option<f64>> = (0..1_000).map(|i| (i < 500).then_some(1.0)).collect();
        assert!(thin(&values, 20).iter().any(|&i| values[i].is_none() && i < 999));
    }
}
