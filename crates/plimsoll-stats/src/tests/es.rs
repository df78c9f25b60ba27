//! Epps–Singleton test.

use statrs::function::gamma::checked_gamma_ur;

use super::{Direction, InputKind, Outcome, ScoreKind, TestKind, TestOptions, TwoSamples, finite, numeric};
use crate::{Sample, StatsError, align_values};

pub const TEST: TestKind = TestKind {
    id: "es",
    title: "Epps–Singleton test",
    input: InputKind::Numeric,
    score: ScoreKind::PValue,
    threshold: 0.05,
    direction: Direction::Below,
    run,
    doc: "Compares the empirical characteristic functions at t = 0.4 and 0.8, in units of half the pooled interquartile \
          range: W = N g' V⁻¹ g with g the difference of the means of (cos, sin) and V its covariance; χ² with as many \
          degrees of freedom as V has rank. It also works for discrete values. Needs five values on either side and an \
          interquartile range above 0. Source: Epps and Singleton, Journal of Statistical Computation and Simulation 26 \
          (1986), with the small-sample correction of Goerg and Kaiser, Stata Journal 9 (2009); agrees with \
          scipy.stats.epps_singleton_2samp. DIFFERENCE: of values with few different ones SciPy can take rounding for rank.",
};

/// Points of the characteristic functions.
const T: [f64; 2] = [0.4, 0.8];

/// Eigenvalues below this share of the largest one are rounding.
const SINGULAR: f64 = 1e-14;

/// Squares of cosines and sines below this are rounding.
const ROUNDING: f64 = 1e-24;

type Vector = [f64; 4];
type Matrix = [Vector; 4];

fn run(data: &TwoSamples<'_>, _: &TestOptions) -> Result<Outcome, StatsError> {
    let (reference, current) = numeric("es", data)?;
    if reference.n().min(current.n()) < 5 {
        return Err(StatsError::Undefined(
            "the Epps–Singleton test needs at least five values on either side",
        ));
    }
    let (values, r, c) = align_values(reference, current);
    let ranks: Vec<u64> = r
        .iter()
        .zip(&c)
        .scan(0, |upto, (r, c)| {
            *upto += r + c;
            Some(*upto)
        })
        .collect();
    let pooled = Sample::ranked(&values, &ranks);
    let sigma = match (pooled.quantile(0.25), pooled.quantile(0.75)) {
        (Some(low), Some(high)) => (high - low) / 2.0,
        _ => 0.0,
    };
    if !(sigma > 0.0 && sigma.is_finite()) {
        return Err(StatsError::Undefined(
            "the Epps–Singleton test needs an interquartile range above 0: half of the values are the same; choose `ks`",
        ));
    }
    let (n, m) = (reference.n() as f64, current.n() as f64);
    let total = n + m;
    let features = |x: f64| -> Vector {
        let [a, b] = T.map(|t| (t / sigma * x).sin_cos());
        [a.1, b.1, a.0, b.0]
    };
    let (mean_r, cov_r) = moments(&values, &r, features);
    let (mean_c, cov_c) = moments(&values, &c, features);
    let mut covariance = Matrix::default();
    for (i, row) in covariance.iter_mut().enumerate() {
        for (j, cell) in row.iter_mut().enumerate() {
            *cell = total / n * cov_r[i][j] + total / m * cov_c[i][j];
        }
    }
    let (roots, vectors) = eigen(covariance);
    let largest = roots.iter().copied().fold(0.0, f64::max);
    let (mut w, mut rank) = (0.0, 0_u8);
    for (root, vector) in roots.iter().zip(&vectors) {
        if *root > (SINGULAR * largest).max(ROUNDING) {
            let along: f64 = (0..4).map(|i| vector[i] * (mean_r[i] - mean_c[i])).sum();
            w += total * along * along / root;
            rank += 1;
        }
    }
    if n.max(m) < 25.0 {
        w /= 1.0 + total.powf(-0.45) + 10.1 * (n.powf(-1.7) + m.powf(-1.7));
    }
    if rank == 0 {
        // Both sides constant, at different values as the interquartile range is above 0.
        let apart: f64 = (0..4).map(|i| (mean_r[i] - mean_c[i]).powi(2)).sum();
        return Ok(f64::from(u8::from(apart <= ROUNDING)).into());
    }
    if w == 0.0 {
        return Ok(1.0.into());
    }
    checked_gamma_ur(f64::from(rank) / 2.0, w / 2.0).map_or_else(|_| finite(f64::NAN), finite)
}

/// Mean and population covariance of the features of one side.
fn moments(values: &[f64], counts: &[u64], features: impl Fn(f64) -> Vector) -> (Vector, Matrix) {
    let n = counts.iter().sum::<u64>() as f64;
    let rows = || {
        values
            .iter()
            .zip(counts)
            .filter(|(_, c)| **c > 0)
            .map(|(v, c)| (features(*v), *c as f64))
    };
    let (mut mean, mut covariance) = (Vector::default(), Matrix::default());
    for (row, count) in rows() {
        for i in 0..4 {
            mean[i] += row[i] * count;
        }
    }
    mean = mean.map(|sum| sum / n);
    for (row, count) in rows() {
        for i in 0..4 {
            for j in 0..4 {
                covariance[i][j] += (row[i] - mean[i]) * (row[j] - mean[j]) * count;
            }
        }
    }
    (mean, covariance.map(|row| row.map(|sum| sum / n)))
}

/// Eigenvalues and eigenvectors (as rows) of a symmetric matrix, by Jacobi's rotations.
fn eigen(mut a: Matrix) -> (Vector, Matrix) {
    let mut vectors = Matrix::default();
    for (i, row) in vectors.iter_mut().enumerate() {
        row[i] = 1.0;
    }
    // Converges quadratically; far fewer sweeps are needed.
    for _ in 0..30 {
        for p in 0..3 {
            for q in p + 1..4 {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let cos = 1.0 / t.hypot(1.0);
                let sin = t * cos;
                for row in &mut a {
                    (row[p], row[q]) = (cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]);
                }
                for k in 0..4 {
                    (a[p][k], a[q][k]) = (cos * a[p][k] - sin * a[q][k], sin * a[p][k] + cos * a[q][k]);
                    (vectors[p][k], vectors[q][k]) = (
                        cos * vectors[p][k] - sin * vectors[q][k],
                        sin * vectors[p][k] + cos * vectors[q][k],
                    );
                }
            }
        }
    }
    (std::array::from_fn(|i| a[i][i]), vectors)
}

#[cfg(test)]
mod checks {
    use super::*;

    /// Of two values the covariance has rank 1, and the test is Wald's test of two shares.
    #[test]
    fn two_values_make_a_test_of_their_shares() {
        let side = |zeros: usize, ones: usize| [vec![0.0; zeros], vec![1.0; ones]].concat();
        let (a, b) = (side(300, 200), side(180, 170));
        let data = TwoSamples::Numeric {
            reference: Sample::from_sorted(&a),
            current: Sample::from_sorted(&b),
        };
        let (p, q): (f64, f64) = (200.0 / 500.0, 170.0 / 350.0);
        let z = (p - q) / (p * (1.0 - p) / 500.0 + q * (1.0 - q) / 350.0).sqrt();
        let expected = statrs::function::erf::erfc(z.abs() / std::f64::consts::SQRT_2);
        let found = run(&data, &TestOptions::default()).unwrap().score;
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }

    #[test]
    fn eigenvectors_give_the_matrix_back() {
        let a = [
            [4.0, 1.0, -2.0, 0.5],
            [1.0, 3.0, 0.0, 1.0],
            [-2.0, 0.0, 5.0, -1.0],
            [0.5, 1.0, -1.0, 2.0],
        ];
        let (roots, vectors) = eigen(a);
        for i in 0..4 {
            for j in 0..4 {
                let cell: f64 = (0..4).map(|k| roots[k] * vectors[k][i] * vectors[k][j]).sum();
                assert!((cell - a[i][j]).abs() < 1e-13);
            }
        }
    }
}
