//! Covariances of pairs of columns.

use crate::{Batch, Numbers, ProfileError, Reader, Statistic, StatisticError, Writer, statistic::same};

/// Moments of two columns over the rows where both are finite.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Pair {
    n: f64,
    mean_x: f64,
    mean_y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Pair {
    fn join(&mut self, other: &Self) {
        let n = self.n + other.n;
        if n == 0.0 {
            return;
        }
        let (dx, dy, weight) = (
            other.mean_x - self.mean_x,
            other.mean_y - self.mean_y,
            self.n * other.n / n,
        );
        self.xx += other.xx + dx * dx * weight;
        self.yy += other.yy + dy * dy * weight;
        self.xy += other.xy + dx * dy * weight;
        self.mean_x += dx * other.n / n;
        self.mean_y += dy * other.n / n;
        self.n = n;
    }

    fn of(x: &Numbers<'_>, y: &Numbers<'_>) -> Self {
        let rows = || (0..x.values.len()).filter_map(|row| Some((x.finite(row)?, y.finite(row)?)));
        let (n, sum_x, sum_y) = rows().fold((0.0, 0.0, 0.0), |(n, a, b), (x, y)| (n + 1.0, a + x, b + y));
        if n == 0.0 {
            return Self::default();
        }
        let (mean_x, mean_y) = (sum_x / n, sum_y / n);
        rows().fold(
            Self {
                n,
                mean_x,
                mean_y,
                ..Self::default()
            },
            |mut pair, (x, y)| {
                let (dx, dy) = (x - mean_x, y - mean_y);
                pair.xx += dx * dx;
                pair.yy += dy * dy;
                pair.xy += dx * dy;
                pair
            },
        )
    }

    fn fields(&mut self) -> [&mut f64; 6] {
        [
            &mut self.n,
            &mut self.mean_x,
            &mut self.mean_y,
            &mut self.xx,
            &mut self.yy,
            &mut self.xy,
        ]
    }
}

/// Covariances and Pearson correlations of every pair of numeric columns, each over the rows where both are finite.
#[derive(Debug, Clone, PartialEq)]
pub struct CoMoments {
    columns: Vec<String>,
    /// The pairs `(i, j)` with `i < j`, by `i`, then `j`.
    pairs: Vec<Pair>,
}

impl CoMoments {
    pub(super) fn new(columns: &[String]) -> Self {
        let k = columns.len();
        Self {
            columns: columns.to_vec(),
            pairs: vec![Pair::default(); k * k.saturating_sub(1) / 2],
        }
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    fn pair(&self, i: usize, j: usize) -> Option<&Pair> {
        let (i, j, k) = (i.min(j), i.max(j), self.columns.len());
        (i < j && j < k).then(|| &self.pairs[i * (2 * k - i - 1) / 2 + j - i - 1])
    }

    /// Rows where both columns are finite.
    #[must_use]
    pub fn n(&self, i: usize, j: usize) -> u64 {
        self.pair(i, j).map_or(0, |p| p.n as u64)
    }

    /// Covariance with divisor `n − 1`; `None` with fewer than two rows.
    #[must_use]
    pub fn covariance(&self, i: usize, j: usize) -> Option<f64> {
        self.pair(i, j).filter(|p| p.n > 1.0).map(|p| p.xy / (p.n - 1.0))
    }

    /// Pearson's correlation; 1 of a column with itself, `None` if a column is constant.
    #[must_use]
    pub fn pearson(&self, i: usize, j: usize) -> Option<f64> {
        if i == j {
            return Some(1.0);
        }
        let pair = self.pair(i, j)?;
        let scale = (pair.xx * pair.yy).sqrt();
        (scale > 0.0).then(|| (pair.xy / scale).clamp(-1.0, 1.0))
    }
}

impl Statistic for CoMoments {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|c| batch.numbers(c))
            .collect::<Result<_, _>>()?;
        let pairs = (0..columns.len()).flat_map(|i| (i + 1..columns.len()).map(move |j| (i, j)));
        for (pair, (i, j)) in self.pairs.iter_mut().zip(pairs) {
            pair.join(&Pair::of(columns[i], columns[j]));
        }
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        let other = same::<Self>("co_moments", other)?;
        for (mine, theirs) in self.pairs.iter_mut().zip(&other.pairs) {
            mine.join(theirs);
        }
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        for mut pair in self.pairs.iter().copied() {
            for v in pair.fields() {
                writer.f64(*v);
            }
        }
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        for pair in &mut self.pairs {
            for v in pair.fields() {
                *v = reader.f64()?;
            }
        }
        Ok(())
    }
}
