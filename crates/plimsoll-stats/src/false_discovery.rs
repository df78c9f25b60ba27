//! P-values of many tests at once.

/// P-values adjusted so that rejecting those below α makes the expected share of false rejections at most α.
///
/// # Definition
/// Of the i-th smallest of m p-values min over j ≥ i of m / j · p₍ⱼ₎, at most 1. In the order that they came in.
///
/// # Examples
/// ```
/// let adjusted = plimsoll_stats::benjamini_hochberg(&[0.01, 0.04, 0.03, 0.5]);
/// let rounded: Vec<f64> = adjusted.iter().map(|p| (p * 1e6).round() / 1e6).collect();
/// assert_eq!(rounded, [0.04, 0.053333, 0.053333, 0.5]);
/// ```
///
/// # Source
/// Benjamini and Hochberg 1995; SciPy `false_discovery_control(method="bh")`.
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (rank, at) in order.into_iter().enumerate().rev() {
        least = least.min(p_values[at] * p_values.len() as f64 / (rank + 1) as f64);
        adjusted[at] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::benjamini_hochberg;

    #[test]
    fn adjusted_values_keep_the_order_and_are_not_smaller() {
        assert!(benjamini_hochberg(&[]).is_empty());
        assert_eq!(benjamini_hochberg(&[0.2]), [0.2]);
        let p = [0.9, 0.001, 0.04, 0.04, 0.2, 1.0, 0.0];
        let adjusted = benjamini_hochberg(&p);
        for (a, p) in adjusted.iter().zip(p) {
            assert!(*a >= p && *a <= 1.0);
        }
        for i in 0..p.len() {
            for j in 0..p.len() {
                assert!(p[i] > p[j] || adjusted[i] <= adjusted[j]);
            }
        }
    }
}
