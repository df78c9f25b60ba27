//! Count, mean, variance, sum and extremes.

use super::exact::{Integer, scaled};
use crate::{Batch, ProfileError, Reader, Statistic, StatisticError, Writer, statistic::same};

/// Bits of a double's fraction.
const FRACTION: u32 = 52;
/// A double is a whole number of these: two to this power is the smallest positive one.
const UNIT: i32 = -1_074;
/// Values whose squares, of 106 bits, are added up in 127.
const CHUNK: usize = 1 << 20;

/// Moments of the finite values of a numeric column.
///
/// # Accuracy
/// The sums of the values and of their squares are kept as integers without rounding, so that neither the order of rows
/// nor the way parts were merged can be seen in the state, and nothing cancels. Each number that is read from it is
/// rounded at most three times.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    column: String,
    n: u64,
    /// In units of 2^[`UNIT`].
    sum: Integer,
    /// In units of 2^(2·[`UNIT`]).
    squares: Integer,
    min: f64,
    max: f64,
}

impl Default for Moments {
    fn default() -> Self {
        Self {
            column: String::new(),
            n: 0,
            sum: Integer::default(),
            squares: Integer::default(),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }
}

/// Exponent field of a double; 1 for the numbers below the normal ones, whose unit is the same.
fn exponent(bits: u64) -> u32 {
    ((bits >> FRACTION) as u32 & 0x7ff).max(1)
}

impl Moments {
    pub(super) fn of(column: &str) -> Self {
        Self {
            column: column.to_owned(),
            ..Self::default()
        }
    }

    /// Takes in finite values.
    pub(super) fn add(&mut self, values: &[f64]) {
        self.n += values.len() as u64;
        values.chunks(CHUNK).for_each(|chunk| self.add_chunk(chunk));
    }

    fn add_chunk(&mut self, values: &[f64]) {
        let (mut min, mut max, mut nearest) = (f64::INFINITY, f64::NEG_INFINITY, f64::INFINITY);
        for v in values {
            // Adding zero turns −0 into 0, so that the first of both does not show.
            let (v, size) = (v + 0.0, v.abs());
            min = if v < min { v } else { min };
            max = if v > max { v } else { max };
            nearest = if size > 0.0 && size < nearest { size } else { nearest };
        }
        (self.min, self.max) = (self.min.min(min), self.max.max(max));
        if nearest.is_infinite() {
            return;
        }
        // Values of one exponent are added as integers, and what they come to is shifted to its place once.
        let lowest = exponent(nearest.to_bits());
        let highest = exponent(min.abs().max(max.abs()).to_bits());
        let mut by_exponent = vec![(0_i128, 0_u128); (highest - lowest) as usize + 1];
        for v in values {
            let bits = v.to_bits();
            let field = (bits >> FRACTION) & 0x7ff;
            let whole = (bits & ((1 << FRACTION) - 1)) | (u64::from(field != 0) << FRACTION);
            let signed = if *v < 0.0 {
                -whole.cast_signed()
            } else {
                whole.cast_signed()
            };
            // Zeros go to the lowest place, where they add nothing.
            let (sum, squares) = &mut by_exponent[(field as u32).saturating_sub(lowest) as usize];
            *sum += i128::from(signed);
            *squares += u128::from(whole) * u128::from(whole);
        }
        for (at, (sum, squares)) in by_exponent.into_iter().enumerate() {
            if squares > 0 {
                let bit = lowest + at as u32 - 1;
                self.sum.add(sum, bit);
                self.squares.add(squares.cast_signed(), 2 * bit);
            }
        }
    }

    /// Takes in the values that another state has seen.
    pub(super) fn join(&mut self, other: &Self) {
        self.n += other.n;
        self.sum.join(&other.sum);
        self.squares.join(&other.squares);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Finite values.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Their sum.
    #[must_use]
    pub fn sum(&self) -> f64 {
        let (sum, exponent) = self.sum.rounded();
        scaled(sum, exponent + UNIT)
    }

    /// Their mean; `None` without values.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let (sum, exponent) = self.sum.rounded();
        (self.n > 0).then(|| scaled(sum / self.n as f64, exponent + UNIT))
    }

    /// Their variance with divisor `n − ddof`; `None` if that is not positive.
    #[must_use]
    pub fn variance(&self, ddof: u8) -> Option<f64> {
        let divisor = self.n as f64 - f64::from(ddof);
        (divisor > 0.0).then(|| {
            // n Σx² − (Σx)² is n times the sum of squared distances from the mean.
            let (distances, exponent) = self.squares.times(self.n).less(&self.sum.square()).rounded();
            scaled(distances / self.n as f64 / divisor, exponent + 2 * UNIT)
        })
    }

    /// Square root of the variance.
    #[must_use]
    pub fn std(&self, ddof: u8) -> Option<f64> {
        self.variance(ddof).map(f64::sqrt)
    }

    /// The smallest value.
    #[must_use]
    pub fn min(&self) -> Option<f64> {
        (self.n > 0).then_some(self.min)
    }

    /// The largest value.
    #[must_use]
    pub fn max(&self) -> Option<f64> {
        (self.n > 0).then_some(self.max)
    }
}

impl Statistic for Moments {
    fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        self.add(batch.finite(&self.column)?);
        Ok(())
    }

    fn merge(&mut self, other: Box<dyn Statistic>) -> Result<(), StatisticError> {
        self.join(&*same::<Self>("moments", other)?);
        Ok(())
    }

    fn finish(&mut self) {}

    fn write(&self, writer: &mut Writer) {
        writer.u64(self.n);
        self.sum.write(writer);
        self.squares.write(writer);
        writer.f64(self.min);
        writer.f64(self.max);
    }

    fn read(&mut self, reader: &mut Reader<'_>) -> Result<(), ProfileError> {
        self.n = reader.u64()?;
        self.sum = Integer::read(reader)?;
        self.squares = Integer::read(reader)?;
        self.min = reader.f64()?;
        self.max = reader.f64()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f64]) -> Moments {
        let mut moments = Moments::default();
        moments.add(values);
        moments
    }

    #[test]
    fn nothing_cancels() {
        // Seconds since 1970 a millisecond apart: (x − mean)² is below the last digit of x².
        let m = moments(&[1.7e9, 1.7e9 + 1.0 / 1024.0, 1.7e9 + 2.0 / 1024.0]);
        assert_eq!(m.variance(1), Some(1.0 / 1024.0 / 1024.0));
        let m = moments(&[1e300, 1.0, -1e300, 5e-324]);
        assert_eq!((m.sum(), m.mean()), (1.0, Some(0.25)));
        assert_eq!(moments(&[0.1; 10]).variance(0), Some(0.0));
    }

    #[test]
    fn the_whole_range_of_doubles_is_taken() {
        let m = moments(&[f64::MAX, f64::MAX, f64::MAX]);
        assert_eq!(
            (m.sum(), m.mean(), m.variance(0)),
            (f64::INFINITY, Some(f64::MAX), Some(0.0))
        );
        let m = moments(&[5e-324, -5e-324, 1e-323, -0.0]);
        assert_eq!((m.sum(), m.min(), m.max()), (1e-323, Some(-5e-324), Some(1e-323)));
    }

    #[test]
    fn the_order_does_not_show() {
        let values: Vec<f64> = (0..999)
            .map(|i| (f64::from(i) * 0.7).sin() * 10_f64.powi(i % 37 - 18))
            .collect();
        let written = |m: &Moments| {
            let mut writer = Writer::default();
            m.write(&mut writer);
            writer.into_bytes()
        };
        let whole = moments(&values);
        let mut parts = moments(&[]);
        for part in values.rchunks(7) {
            parts.join(&moments(part));
        }
        assert_eq!(written(&whole), written(&parts));
        assert!((whole.sum() - values.iter().sum::<f64>()).abs() <= 1e-9 * whole.sum().abs());
    }
}
