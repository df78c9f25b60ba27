//! Sums without rounding, so that neither the order of rows nor the way parts were merged can be seen in them.

use crate::{ProfileError, Reader, Writer};

/// Limbs that the largest sum of squares of doubles can fill: 4,200 bits and room for 2^64 rows.
const LIMIT: usize = 68;

/// An integer of any size, in two's complement; limbs of 64 bits, the lowest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Integer {
    /// Limbs of zero below the first that is kept.
    skipped: usize,
    limbs: Vec<u64>,
}

/// A sign as a limb.
fn extension(limb: u64) -> u64 {
    if limb >> 63 == 1 { u64::MAX } else { 0 }
}

impl Integer {
    /// Adds `value · 2^bit`.
    pub fn add(&mut self, value: i128, bit: u32) {
        let (at, shift) = ((bit / 64) as usize, bit % 64);
        let low = value.cast_unsigned() << shift;
        // Shifted in two steps, as a shift by 128 bits is none.
        let high = (value >> (127 - shift) >> 1) as u64;
        self.add_limbs(&[low as u64, (low >> 64) as u64, high], at, 0);
    }

    /// Adds another integer.
    pub fn join(&mut self, other: &Self) {
        self.add_limbs(&other.limbs, other.skipped, 0);
    }

    /// Subtracts another integer.
    fn subtract(&mut self, other: &Self) {
        let complement: Vec<u64> = other.limbs.iter().map(|limb| !limb).collect();
        self.add_limbs(&complement, other.skipped, 1);
    }

    fn add_limbs(&mut self, limbs: &[u64], skipped: usize, carry: u64) {
        let Some(sign) = limbs.last().map(|limb| extension(*limb)) else {
            return;
        };
        self.cover(skipped, skipped + limbs.len());
        let mut carry = carry;
        for (at, limb) in self.limbs[skipped - self.skipped..].iter_mut().enumerate() {
            let own = limbs.get(at).copied().unwrap_or(sign);
            // Above the summand nothing changes once the carry and the sign cancel.
            if at >= limbs.len() && own.wrapping_add(carry) == 0 {
                return;
            }
            let (sum, first) = limb.overflowing_add(own);
            let (sum, second) = sum.overflowing_add(carry);
            *limb = sum;
            carry = u64::from(first || second);
        }
    }

    /// Makes room for a summand of limbs `from..to`, and for the sign of the sum above it.
    fn cover(&mut self, from: usize, to: usize) {
        if self.limbs.is_empty() {
            self.skipped = from;
        }
        if from < self.skipped {
            self.limbs.splice(0..0, std::iter::repeat_n(0, self.skipped - from));
            self.skipped = from;
        }
        let sign = self.limbs.last().map_or(0, |limb| extension(*limb));
        let above = self.skipped + self.limbs.len() - usize::from(self.limbs.last() == Some(&sign));
        let length = to.max(above) + 1 - self.skipped;
        if length > self.limbs.len() {
            self.limbs.resize(length, sign);
        }
    }

    fn is_negative(&self) -> bool {
        self.limbs.last().is_some_and(|limb| limb >> 63 == 1)
    }

    /// The integer without its sign.
    fn magnitude(&self) -> Self {
        if self.is_negative() {
            let mut positive = Self::default();
            positive.subtract(self);
            positive
        } else {
            self.clone()
        }
    }

    /// The square.
    pub fn square(&self) -> Self {
        let own = self.magnitude();
        own.product(&own.limbs, own.skipped)
    }

    /// The product with a count; the integer must not be negative.
    pub fn times(&self, count: u64) -> Self {
        self.product(&[count, 0], 0)
    }

    /// The product with limbs that are not negative; nor may the integer be.
    fn product(&self, limbs: &[u64], skipped: usize) -> Self {
        let mut product = vec![0_u64; self.limbs.len() + limbs.len() + 1];
        for (at, own) in self.limbs.iter().enumerate() {
            let mut carry = 0_u128;
            for (other, slot) in limbs.iter().zip(&mut product[at..]) {
                let sum = u128::from(*own) * u128::from(*other) + u128::from(*slot) + carry;
                *slot = sum as u64;
                carry = sum >> 64;
            }
            product[at + limbs.len()] = carry as u64;
        }
        Self {
            skipped: self.skipped + skipped,
            limbs: product,
        }
    }

    /// `self − other`.
    pub fn less(mut self, other: &Self) -> Self {
        self.subtract(other);
        self
    }

    /// The nearest `m · 2^e` with `m` of 53 bits, as `(m, e)`; ties go to the even one.
    pub fn rounded(&self) -> (f64, i32) {
        let own = self.magnitude();
        let Some(top) = own.limbs.iter().rposition(|limb| *limb != 0) else {
            return (0.0, 0);
        };
        let below = |at: usize| at.checked_sub(1).map_or(0, |at| own.limbs[at]);
        let shift = own.limbs[top].leading_zeros();
        let mut leading = own.limbs[top] << shift;
        if shift > 0 {
            leading |= below(top) >> (64 - shift);
        }
        let dropped = below(top) << shift != 0 || own.limbs[..top.saturating_sub(1)].iter().any(|limb| *limb != 0);
        // The lowest of 64 bits stands for everything below when 53 are kept.
        let rounded = (leading | u64::from(dropped)) as f64;
        let exponent = i32::try_from(64 * (own.skipped + top)).unwrap_or(i32::MAX) - shift.cast_signed();
        (if self.is_negative() { -rounded } else { rounded }, exponent)
    }

    /// Appends the bytes; equal integers have equal bytes.
    pub fn write(&self, writer: &mut Writer) {
        let sign = self.limbs.last().map_or(0, |limb| extension(*limb));
        let mut limbs = self.limbs.as_slice();
        while let [rest @ .., last] = limbs
            && *last == sign
            && rest.last().map_or(0, |limb| extension(*limb)) == sign
        {
            limbs = rest;
        }
        let zeros = limbs.iter().take_while(|limb| **limb == 0).count();
        let limbs = &limbs[zeros..];
        writer.u8(if limbs.is_empty() {
            0
        } else {
            (self.skipped + zeros) as u8
        });
        writer.u8(limbs.len() as u8);
        for limb in limbs {
            writer.u64(*limb);
        }
    }

    /// Reads what [`Integer::write`] wrote.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] if there are more limbs than a sum can have.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, ProfileError> {
        let (skipped, length) = (usize::from(reader.u8()?), usize::from(reader.u8()?));
        if skipped + length > LIMIT {
            return Err(reader.damaged(format!(
                "a sum has {} limbs, expected at most {LIMIT}",
                skipped + length
            )));
        }
        let limbs = (0..length).map(|_| reader.u64()).collect::<Result<_, _>>()?;
        Ok(Self { skipped, limbs })
    }
}

/// `value · 2^exponent`, rounded once where the result is a normal number.
pub(super) fn scaled(value: f64, exponent: i32) -> f64 {
    let mut value = value;
    let mut left = exponent;
    while left != 0 {
        let step = left.clamp(-1_000, 1_000);
        value *= 2_f64.powi(step);
        left -= step;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[(i128, u32)]) -> Integer {
        let mut sum = Integer::default();
        for (value, bit) in values {
            sum.add(*value, *bit);
        }
        sum
    }

    fn bytes(integer: &Integer) -> Vec<u8> {
        let mut writer = Writer::default();
        integer.write(&mut writer);
        writer.into_bytes()
    }

    #[test]
    fn what_cancels_leaves_nothing() {
        let far = of(&[(1, 4_000), (-7, 70), (1, 0), (-1, 4_000), (7, 70), (-1, 0)]);
        assert_eq!(bytes(&far), bytes(&Integer::default()));
        assert_eq!(far.rounded(), (0.0, 0));
    }

    #[test]
    fn equal_integers_have_equal_bytes_and_come_back() {
        for pair in [
            (of(&[(3, 64), (-1, 0)]), of(&[(-1, 0), (1, 65), (1, 64)])),
            (of(&[(-5, 200)]), of(&[(-4, 200), (-1, 200)])),
            (of(&[(i128::MIN, 63)]), of(&[(i128::MIN, 62), (i128::MIN, 62)])),
            (of(&[(i128::MAX, 1), (i128::MAX, 1)]), of(&[(i128::MAX, 2)])),
        ] {
            assert_eq!(bytes(&pair.0), bytes(&pair.1));
            let written = bytes(&pair.0);
            let back = Integer::read(&mut Reader::new(&written)).unwrap();
            assert_eq!((bytes(&back), back.rounded()), (written, pair.1.rounded()));
        }
        assert!(Integer::read(&mut Reader::new(&[60, 20])).is_err());
    }

    #[test]
    fn products_are_exact() {
        let small = of(&[(-3, 64), (1, 0)]);
        // (1 − 3·2^64)² = 9·2^128 − 6·2^64 + 1
        assert_eq!(bytes(&small.square()), bytes(&of(&[(9, 128), (-6, 64), (1, 0)])));
        assert_eq!(
            bytes(&of(&[(9, 128), (1, 0)]).times(u64::MAX)),
            bytes(&of(&[(9, 192), (-9, 128), (1, 64), (-1, 0)]))
        );
        assert_eq!(
            bytes(&of(&[(9, 70)]).less(&of(&[(9, 70), (1, 0)]))),
            bytes(&of(&[(-1, 0)]))
        );
    }

    #[test]
    fn rounding_is_to_the_nearest_and_ties_go_to_the_even_one() {
        let value = |integer: Integer| {
            let (m, e) = integer.rounded();
            scaled(m, e)
        };
        let above = (1_i128 << 53) + 1;
        assert_eq!(value(of(&[(above, 0)])), 2_f64.powi(53));
        assert_eq!(
            value(of(&[(-above, 64), (-1, 0)])),
            -(2_f64.powi(53) + 2.0) * 2_f64.powi(64)
        );
        assert_eq!(value(of(&[(5, 900), (1, 0)])), 5.0 * 2_f64.powi(900));
        assert_eq!(scaled(1.5, -1_074), 1e-323);
        assert_eq!(scaled(1.0, 2_000), f64::INFINITY);
    }
}
