//! Distances between points and between clouds of points.

/// How far apart two points are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorDistance {
    /// √(Σ (a − b)²).
    Euclidean,
    /// 1 − a · b / (|a| |b|).
    Cosine,
    /// Σ |a − b|.
    Cityblock,
    /// max |a − b|.
    Chebyshev,
}

impl VectorDistance {
    /// The distance of two points with as many coordinates; not a number for the cosine of a point without length.
    ///
    /// # Examples
    /// ```
    /// use plimsoll_stats::VectorDistance::{Chebyshev, Cityblock, Cosine, Euclidean};
    /// let found = [Euclidean, Cosine, Cityblock, Chebyshev].map(|d| d.between(&[1.0, 0.0], &[4.0, 4.0]));
    /// assert_eq!([found[0], found[2], found[3]], [5.0, 7.0, 4.0]);
    /// assert!((found[1] - (1.0 - 0.5_f64.sqrt())).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn between(self, a: &[f64], b: &[f64]) -> f64 {
        let apart = || a.iter().zip(b).map(|(a, b)| (a - b).abs());
        match self {
            Self::Euclidean => apart().map(|d| d * d).sum::<f64>().sqrt(),
            Self::Cosine => {
                let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
                1.0 - (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()).clamp(-1.0, 1.0)
            }
            Self::Cityblock => apart().sum(),
            Self::Chebyshev => apart().fold(0.0, f64::max),
        }
    }
}

/// Squared maximum mean discrepancy between two clouds of points.
///
/// # Definition
/// The unbiased estimate: mean k(x, x′) over pairs within the first, plus that within the second, less twice the mean k(x, y)
/// between both, with k(a, b) = exp(−|a − b|² / (2 σ²)) and σ² the median squared distance over all pairs of both. 0 if all
/// points are equal; around 0, and below it by chance, for clouds of one distribution.
///
/// `None` with fewer than two points on a side, or if distances are no numbers.
///
/// # Accuracy
/// Exact. Costs the square of the points.
///
/// # Source
/// Gretton et al., JMLR 13 (2012), equation 3.
#[must_use]
pub fn mean_discrepancy(x: &[Vec<f64>], y: &[Vec<f64>]) -> Option<f64> {
    if x.len().min(y.len()) < 2 {
        return None;
    }
    let square = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    let all: Vec<&Vec<f64>> = x.iter().chain(y).collect();
    let pairs = (0..all.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
    let squares: Vec<(usize, usize, f64)> = pairs.map(|(i, j)| (i, j, square(all[i], all[j]))).collect();
    let mut sorted: Vec<f64> = squares.iter().map(|(_, _, s)| *s).collect();
    let middle = sorted.len() / 2;
    let (_, median, _) = sorted.select_nth_unstable_by(middle, f64::total_cmp);
    // Where half of the pairs are equal the mean still tells the others apart.
    let mean = squares.iter().map(|(_, _, s)| s / squares.len() as f64).sum::<f64>();
    let width = if *median > 0.0 { *median } else { mean };
    if width == 0.0 {
        return Some(0.0);
    }
    if !width.is_finite() {
        return None;
    }
    let (mut within_x, mut within_y, mut between) = (0.0, 0.0, 0.0);
    for (i, j, square) in squares {
        let kernel = (-square / (2.0 * width)).exp();
        match (i < x.len(), j < x.len()) {
            (true, true) => within_x += kernel,
            (false, false) => within_y += kernel,
            _ => between += kernel,
        }
    }
    let pairs = |n: usize| (n * (n - 1)) as f64 / 2.0;
    let (n, m) = (x.len(), y.len());
    Some(within_x / pairs(n) + within_y / pairs(m) - 2.0 * between / (n * m) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud(n: u64, shift: f64) -> Vec<Vec<f64>> {
        let at = |i: u64| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / (1_u64 << 24) as f64;
        (0..n)
            .map(|i| (0..4).map(|c| at(i * 4 + c) + shift).collect())
            .collect()
    }

    #[test]
    fn discrepancy_is_near_nothing_of_one_kind_and_grows_with_the_shift() {
        let (x, y) = cloud(400, 0.0)
            .into_iter()
            .partition::<Vec<_>, _>(|row| row[0] * 1e4 % 2.0 < 1.0);
        assert!(mean_discrepancy(&x, &y).unwrap().abs() < 0.01);
        let near = mean_discrepancy(&cloud(100, 0.0), &cloud(100, 0.2)).unwrap();
        let far = mean_discrepancy(&cloud(100, 0.0), &cloud(100, 2.0)).unwrap();
        assert!(0.01 < near && near < far && far < 2.0, "{near} {far}");
    }

    #[test]
    fn discrepancy_of_points_that_are_equal_or_no_numbers() {
        assert_eq!(
            mean_discrepancy(&[vec![1.0], vec![1.0]], &[vec![1.0], vec![1.0]]),
            Some(0.0)
        );
        assert_eq!(mean_discrepancy(&[vec![1.0]], &[vec![1.0], vec![1.0]]), None);
        let wide = vec![vec![f64::MAX], vec![-f64::MAX]];
        assert_eq!(mean_discrepancy(&wide, &wide), None);
        // Two of two and one of two: k = 1 within, and half of it between.
        let found = mean_discrepancy(&[vec![0.0], vec![0.0]], &[vec![0.0], vec![3.0]]).unwrap();
        assert!(found.is_finite());
    }
}
