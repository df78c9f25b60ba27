//! Little-endian bytes for states: a writer that cannot fail and a reader that never panics.

use crate::ProfileError;

/// Appends values to a byte buffer.
#[derive(Debug, Default)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Appends one byte.
    pub fn u8(&mut self, v: u8) {
        self.0.push(v);
    }
    /// Appends four bytes.
    pub fn u32(&mut self, v: u32) {
        self.0.extend_from_slice(&v.to_le_bytes());
    }
    /// Appends eight bytes.
    pub fn u64(&mut self, v: u64) {
        self.0.extend_from_slice(&v.to_le_bytes());
    }
    /// Appends the eight bytes of a float.
    pub fn f64(&mut self, v: f64) {
        self.u64(v.to_bits());
    }
    /// Appends bytes without a length.
    pub fn bytes(&mut self, v: &[u8]) {
        self.0.extend_from_slice(v);
    }
    /// Appends a length and the text.
    pub fn string(&mut self, v: &str) {
        self.u64(v.len() as u64);
        self.bytes(v.as_bytes());
    }
    /// Appends a length and the floats.
    pub fn f64s(&mut self, v: &[f64]) {
        self.u64(v.len() as u64);
        self.0.reserve(v.len() * 8);
        self.0.extend(v.iter().flat_map(|x| x.to_le_bytes()));
    }
    /// Appends a length and the integers.
    pub fn u64s(&mut self, v: &[u64]) {
        self.u64(v.len() as u64);
        self.0.reserve(v.len() * 8);
        self.0.extend(v.iter().flat_map(|x| x.to_le_bytes()));
    }
    /// Appends an integer in as few bytes as it needs (LEB128).
    pub fn varint(&mut self, mut v: u64) {
        while v >= 0x80 {
            self.u8(v as u8 | 0x80);
            v >>= 7;
        }
        self.u8(v as u8);
    }
    /// Appends a length and the integers, each in as few bytes as it needs.
    pub fn varints(&mut self, v: &[u64]) {
        self.varint(v.len() as u64);
        for x in v {
            self.varint(*x);
        }
    }
    /// Appends a length and ascending integers as differences.
    pub fn ascending(&mut self, v: &[u64]) {
        self.varint(v.len() as u64);
        let mut before = 0;
        for x in v {
            self.varint(x - before);
            before = *x;
        }
    }
    /// The bytes written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Reads values from bytes.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
    /// The bytes that are left.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Takes the next `n` bytes.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] if fewer are left.
    pub fn take(&mut self, n: usize) -> Result<&'a [u8], ProfileError> {
        let slice = self
            .at
            .checked_add(n)
            .and_then(|end| self.bytes.get(self.at..end))
            .ok_or_else(|| self.damaged(format!("{n} bytes expected, {} left", self.bytes.len() - self.at)))?;
        self.at += n;
        Ok(slice)
    }
    /// An error at the current position.
    #[must_use]
    pub fn damaged(&self, problem: impl Into<String>) -> ProfileError {
        ProfileError::Damaged {
            at: self.at,
            problem: problem.into(),
        }
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], ProfileError> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }
    /// Reads one byte.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] at the end of the bytes, as for every method here.
    pub fn u8(&mut self) -> Result<u8, ProfileError> {
        Ok(self.array::<1>()?[0])
    }
    /// Reads four bytes.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`].
    pub fn u32(&mut self) -> Result<u32, ProfileError> {
        Ok(u32::from_le_bytes(self.array()?))
    }
    /// Reads eight bytes.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`].
    pub fn u64(&mut self) -> Result<u64, ProfileError> {
        Ok(u64::from_le_bytes(self.array()?))
    }
    /// Reads a float.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`].
    pub fn f64(&mut self) -> Result<f64, ProfileError> {
        Ok(f64::from_bits(self.u64()?))
    }
    /// Reads a length that counts items of `size` bytes and checks that they can follow.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`].
    pub fn len(&mut self, size: usize) -> Result<usize, ProfileError> {
        let n = self.u64()?;
        let left = self.bytes.len() - self.at;
        usize::try_from(n)
            .ok()
            .filter(|n| n.checked_mul(size).is_some_and(|bytes| bytes <= left))
            .ok_or_else(|| self.damaged(format!("length {n} exceeds the {left} bytes left")))
    }
    /// Reads a text.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`].
    pub fn string(&mut self) -> Result<String, ProfileError> {
        let n = self.len(1)?;
        let bytes = self.take(n)?;
        std::str::from_utf8(bytes)
            .map(str::to_owned)
            .map_err(|_| self.damaged("text is not UTF-8"))
    }
    /// Reads floats.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`].
    pub fn f64s(&mut self) -> Result<Vec<f64>, ProfileError> {
        let n = self.len(8)?;
        Ok(self
            .take(n * 8)?
            .as_chunks::<8>()
            .0
            .iter()
            .map(|c| f64::from_le_bytes(*c))
            .collect())
    }
    /// Reads integers.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`].
    pub fn u64s(&mut self) -> Result<Vec<u64>, ProfileError> {
        let n = self.len(8)?;
        Ok(self
            .take(n * 8)?
            .as_chunks::<8>()
            .0
            .iter()
            .map(|c| u64::from_le_bytes(*c))
            .collect())
    }
    /// Reads an integer that [`Writer::varint`] wrote.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`].
    pub fn varint(&mut self) -> Result<u64, ProfileError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.damaged("an integer does not end"))
    }
    /// Reads integers that [`Writer::varints`] wrote.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`].
    pub fn varints(&mut self) -> Result<Vec<u64>, ProfileError> {
        let n = self.varint()?;
        if n > (self.bytes.len() - self.at) as u64 {
            return Err(self.damaged(format!("length {n} exceeds the bytes left")));
        }
        (0..n).map(|_| self.varint()).collect()
    }
    /// Reads integers that [`Writer::ascending`] wrote.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`].
    pub fn ascending(&mut self) -> Result<Vec<u64>, ProfileError> {
        let mut values = self.varints()?;
        for at in 1..values.len() {
            values[at] = values[at - 1]
                .checked_add(values[at])
                .ok_or_else(|| self.damaged("ascending integers overflow"))?;
        }
        Ok(values)
    }
}
