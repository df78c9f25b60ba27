//! What the best constant prediction would achieve: the dummy models that a regression must beat.

use crate::Sample;

/// Mean absolute error of predicting the median.
#[must_use]
pub fn mean_absolute_error_baseline(target: Sample<'_>) -> Option<f64> {
    let median = target.quantile(0.5)?;
    let n = target.n() as f64;
    Some(target.iter().map(|(v, c)| (v - median).abs() * c as f64).sum::<f64>() / n)
}

/// Mean absolute percentage error of the best constant, in percent: the median weighted by `1/|target|`, over
/// non-zero targets.
#[must_use]
pub fn percentage_error_baseline(target: Sample<'_>) -> Option<f64> {
    let weighted: Vec<(f64, f64, f64)> = target
        .iter()
        .filter(|(v, _)| *v != 0.0)
        .map(|(v, c)| (v, c as f64 / v.abs(), c as f64))
        .collect();
    let half = weighted.iter().map(|(_, w, _)| w).sum::<f64>() / 2.0;
    let mut seen = 0.0;
    let constant = weighted.iter().find(|(_, w, _)| {
        seen += w;
        seen >= half
    })?;
    let n: f64 = weighted.iter().map(|(_, _, c)| c).sum();
    Some(100.0 * weighted.iter().map(|(v, w, _)| (v - constant.0).abs() * w).sum::<f64>() / n)
}

/// Largest absolute error of predicting the median.
#[must_use]
pub fn max_error_baseline(target: Sample<'_>) -> Option<f64> {
    let median = target.quantile(0.5)?;
    Some((target.max()? - median).max(median - target.min()?))
}
