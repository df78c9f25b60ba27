//! Thinning of long series.

/// Indices of the points to keep so that at most `max` remain, from their moments, ascending, and values: the first, the last two
/// and the extremes of each of as many equal stretches of the period (first and last moment) as there is room for.
///
/// Undefined values are kept where a stretch holds nothing else, so that a long gap stays a gap.
pub(super) fn thin(points: &[(i64, Option<f64>)], max: usize, period: (i64, i64)) -> Vec<usize> {
    let n = points.len();
    if n <= max {
        return (0..n).collect();
    }
    let last = n.saturating_sub(max.clamp(1, 2));
    if max < 3 {
        return (last..n).collect();
    }
    let stretches = (max - 3) / 2;
    let length = i128::from(period.1) - i128::from(period.0) + 1;
    let stretch = |i: usize| ((i128::from(points[i].0) - i128::from(period.0)) * stretches as i128 / length) as usize;
    let mut kept = Vec::with_capacity(max);
    kept.push(0);
    let mut from = 1;
    while stretches > 0 && from < last {
        let own = stretch(from);
        let to = (from..last).find(|i| stretch(*i) != own).unwrap_or(last);
        let defined = || (from..to).filter_map(|i| points[i].1.map(|v| (i, v)));
        let low = defined().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i);
        let high = defined().max_by(|a, b| a.1.total_cmp(&b.1)).map(|(i, _)| i);
        match (low, high) {
            (Some(low), Some(high)) if low == high => kept.push(low),
            (Some(low), Some(high)) => kept.extend([low.min(high), low.max(high)]),
            _ => kept.push(from),
        }
        from = to;
    }
    kept.extend(last..n);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thinned(values: &[Option<f64>], max: usize) -> Vec<usize> {
        let points: Vec<(i64, Option<f64>)> = (0..).zip(values.iter().copied()).collect();
        let last = points.last().map_or(0, |(at, _)| *at);
        thin(&points, max, (0, last))
    }

    #[test]
    fn first_last_and_extremes_stay_and_the_limit_holds() {
        let mut values: Vec<Option<f64>> = (0..10_000).map(|i| Some(f64::from(i % 7))).collect();
        values[4_321] = Some(99.0);
        values[8_765] = Some(-99.0);
        for max in [0, 1, 2, 3, 4, 5, 100, 1_000, 9_999] {
            let kept = thinned(&values, max);
            assert!(kept.len() <= max.max(1), "{max}: {}", kept.len());
            assert!(kept.windows(2).all(|w| w[0] < w[1]));
            assert_eq!(kept.last(), Some(&9_999));
            assert!(max < 2 || kept.contains(&9_998), "the last change stays");
        }
        let kept = thinned(&values, 100);
        assert!(kept.contains(&0) && kept.contains(&4_321) && kept.contains(&8_765));
        assert_eq!(thinned(&values, 10_000).len(), 10_000);
        assert!(thinned(&[], 10).is_empty());
    }

    #[test]
    fn a_gap_stays_a_gap() {
        let values: Vec<Option<f64>> = (0..1_000).map(|i| (i < 500).then_some(1.0)).collect();
        assert!(thinned(&values, 20).iter().any(|&i| values[i].is_none() && i < 998));
    }

    #[test]
    fn stretches_are_those_of_the_period() {
        // Few points in the first half, many in the second; the period begins before.
        let points: Vec<(i64, Option<f64>)> = (0..10)
            .map(|i| i * 50)
            .chain(500..1_000)
            .map(|at| (at, Some(at as f64)))
            .collect();
        let kept = thin(&points, 43, (-1_000, 999));
        let early = kept.iter().filter(|i| **i < 10).count();
        assert_eq!((early, kept.len()), (10, 22));
    }
}
