//! Principal components, and how far rows lie from them.

/// Rounds of rotations after which a symmetric matrix is taken as diagonal.
const SWEEPS: usize = 64;

/// The main directions of scaled columns.
///
/// # Definition
/// Columns are scaled to mean 0 and standard deviation 1 (divisor n; a constant column is only centred). The directions are the
/// eigenvectors of their covariance matrix with the largest eigenvalues, as few as together hold more than a share of the
/// variance. The reconstruction error of a row is the Euclidean distance from its scaled values to their projection on the
/// directions.
///
/// # Examples
/// ```
/// use plimsoll_stats::Principal;
/// // y = 2x: one direction holds everything, and (1, 3) is off the line.
/// let line = Principal::fit(&[vec![0.0, 1.0, 2.0], vec![0.0, 2.0, 4.0]], 0.65).unwrap();
/// assert_eq!(line.components(), 1);
/// let errors = line.errors(&[vec![1.0, 1.0], vec![2.0, 3.0]]);
/// assert!(errors[0] < 1e-9 && (errors[1] - 0.4330127).abs() < 1e-7);
/// ```
///
/// # Source
/// Jacobi's eigenvalue method; scikit-learn `StandardScaler` and `PCA(n_components=share)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    means: Vec<f64>,
    scales: Vec<f64>,
    /// Unit vectors.
    directions: Vec<Vec<f64>>,
}

impl Principal {
    /// Fits columns of equal length; `None` without rows, or if a column's spread is no number.
    #[must_use]
    pub fn fit(columns: &[Vec<f64>], share: f64) -> Option<Self> {
        let n = columns.first().map_or(0, Vec::len);
        if n == 0 {
            return None;
        }
        let mean = |column: &Vec<f64>| column.iter().sum::<f64>() / n as f64;
        let means: Vec<f64> = columns.iter().map(mean).collect();
        let scales: Vec<f64> = columns
            .iter()
            .zip(&means)
            .map(|(column, mean)| {
                let variance = column.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n as f64;
                // Equal values differ from their mean by rounding alone.
                let is_constant = column.iter().all(|v| *v == column[0]);
                if is_constant { 1.0 } else { variance.sqrt() }
            })
            .collect();
        if means.iter().chain(&scales).any(|v| !v.is_finite()) || scales.contains(&0.0) {
            return None;
        }
        let mut this = Self {
            means,
            scales,
            directions: Vec::new(),
        };
        let scaled = this.scaled(columns);
        let dot = |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / n as f64;
        let covariance = scaled
            .iter()
            .map(|a| scaled.iter().map(|b| dot(a, b)).collect())
            .collect();
        let eigen = eigen(covariance);
        let total: f64 = eigen.iter().map(|(value, _)| value.max(0.0)).sum();
        let mut held = 0.0;
        for (value, direction) in eigen {
            if value <= 0.0 || held > share * total {
                break;
            }
            held += value;
            this.directions.push(direction);
        }
        Some(this)
    }

    /// Number of directions.
    #[must_use]
    pub fn components(&self) -> usize {
        self.directions.len()
    }

    /// The reconstruction error of each row of such columns.
    #[must_use]
    pub fn errors(&self, columns: &[Vec<f64>]) -> Vec<f64> {
        let scaled = self.scaled(columns);
        let rows = scaled.first().map_or(0, Vec::len);
        (0..rows)
            .map(|row| {
                let mut rest: Vec<f64> = scaled.iter().map(|column| column[row]).collect();
                for direction in &self.directions {
                    let along: f64 = rest.iter().zip(direction).map(|(v, d)| v * d).sum();
                    for (v, d) in rest.iter_mut().zip(direction) {
                        *v -= along * d;
                    }
                }
                rest.iter().map(|v| v * v).sum::<f64>().sqrt()
            })
            .collect()
    }

    fn scaled(&self, columns: &[Vec<f64>]) -> Vec<Vec<f64>> {
        let scale = self.means.iter().zip(&self.scales);
        let columns = columns.iter().zip(scale);
        columns
            .map(|(column, (mean, scale))| column.iter().map(|v| (v - mean) / scale).collect())
            .collect()
    }
}

/// Eigenvalues of a symmetric matrix with their unit eigenvectors, the largest first.
fn eigen(mut matrix: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let k = matrix.len();
    let mut vectors: Vec<Vec<f64>> = (0..k)
        .map(|i| (0..k).map(|j| f64::from(u8::from(i == j))).collect())
        .collect();
    for _ in 0..SWEEPS {
        let off: f64 = (0..k)
            .flat_map(|i| (0..i).map(move |j| (i, j)))
            .map(|(i, j)| matrix[i][j].abs())
            .sum();
        let size: f64 = (0..k).map(|i| matrix[i][i].abs()).sum();
        if off <= size * 1e-15 {
            break;
        }
        for p in 0..k {
            for q in p + 1..k {
                rotate(&mut matrix, &mut vectors, p, q);
            }
        }
    }
    let vector = |i: usize| {
        let own: Vec<f64> = vectors.iter().map(|row| row[i]).collect();
        (matrix[i][i], own)
    };
    let mut found: Vec<(f64, Vec<f64>)> = (0..k).map(vector).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found
}

/// Turns the plane of two axes so that their off-diagonal element vanishes.
fn rotate(matrix: &mut [Vec<f64>], vectors: &mut [Vec<f64>], p: usize, q: usize) {
    let apq = matrix[p][q];
    if apq == 0.0 {
        return;
    }
    let theta = (matrix[q][q] - matrix[p][p]) / (2.0 * apq);
    let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for row in matrix.iter_mut().chain(vectors.iter_mut()) {
        let (a, b) = (row[p], row[q]);
        row[p] = cosine * a - sine * b;
        row[q] = sine * a + cosine * b;
    }
    // `p` is before `q`.
    let (upto, after) = matrix.split_at_mut(q);
    for (a, b) in upto[p].iter_mut().zip(&mut after[0]) {
        (*a, *b) = (cosine * *a - sine * *b, sine * *a + cosine * *b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvectors_make_the_matrix() {
        let matrix = vec![vec![4.0, 1.0, -2.0], vec![1.0, 2.0, 0.5], vec![-2.0, 0.5, 3.0]];
        let found = eigen(matrix.clone());
        assert!(found.windows(2).all(|w| w[0].0 >= w[1].0));
        for i in 0..3 {
            for j in 0..3 {
                let again: f64 = found.iter().map(|(value, v)| value * v[i] * v[j]).sum();
                assert!((again - matrix[i][j]).abs() < 1e-12, "{again}");
            }
        }
        let trace: f64 = found.iter().map(|(value, _)| value).sum();
        assert!((trace - 9.0).abs() < 1e-12);
    }

    #[test]
    fn columns_without_spread_and_without_bounds() {
        let constant = Principal::fit(&[vec![3.0; 4], vec![0.1; 4]], 0.65).unwrap();
        assert_eq!(constant.components(), 0);
        assert_eq!(constant.errors(&[vec![3.0, 4.0], vec![0.1, 0.1]]), [0.0, 1.0]);
        assert_eq!(Principal::fit(&[vec![f64::MAX, -f64::MAX]], 0.65), None);
        assert_eq!(Principal::fit(&[], 0.65), None);
        assert_eq!(Principal::fit(&[Vec::new()], 0.65), None);
    }
}
