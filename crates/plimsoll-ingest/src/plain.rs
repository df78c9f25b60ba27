//! Plain JSON rows, read several times as fast as any JSON is.
//!
//! Nearly all rows are objects of numbers, truth values and texts without escapes, with the same keys in the same order as
//! the row before. Those are read here, byte by byte, with one comparison a key. Whatever is not so plain – a list, an
//! escape, a number that does not fit, a mistake – is left to the reader of any JSON, which decides what it means: this
//! one only ever takes what both read alike.

use crate::table::{Cell, Table};

/// Powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];
/// Whole numbers up to this are doubles.
const EXACT: u64 = 1 << 53;
/// Decimal digits that always fit into 64 bits.
const DIGITS: usize = 19;

/// Reads the fields of the object at the beginning of `text` into the row that was begun; returns what follows it.
///
/// `None` if it is not plain; the row then has some of its fields, and is to be taken back.
pub(crate) fn read_row<'t>(text: &'t str, table: &mut Table<'_>) -> Option<&'t str> {
    let mut at = Cursor { text, at: 0 };
    at.take(b'{')?;
    at.skip_white();
    loop {
        let key = at.key(table)?;
        at.skip_white();
        at.take(b':')?;
        at.skip_white();
        let cell = at.cell()?;
        table.put(key, cell);
        at.skip_white();
        match at.next()? {
            b',' => at.skip_white(),
            b'}' => return text.get(at.at..),
            _ => return None,
        }
    }
}

/// Without the white space of JSON at the beginning.
pub(crate) fn trim_start(text: &str) -> &str {
    text.trim_start_matches([' ', '\n', '\r', '\t'])
}

struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn skip_white(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// A quoted name; first the one that is expected here.
    fn key(&mut self, table: &mut Table<'_>) -> Option<u32> {
        let rest = &self.text.as_bytes()[self.at..];
        if let Some((key, quoted)) = table.guess()
            && rest.starts_with(quoted)
        {
            self.at += quoted.len();
            table.guessed(key);
            return Some(key);
        }
        self.take(b'"')?;
        let name = self.text_to_quote()?;
        Some(table.key(name))
    }

    /// Text up to a quote, without escapes.
    fn text_to_quote(&mut self) -> Option<&'t str> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20))?;
        if rest[length] != b'"' {
            return None;
        }
        let text = self.text.get(self.at..self.at + length);
        self.at += length + 1;
        text
    }

    fn cell(&mut self) -> Option<Cell<'t>> {
        match self.peek()? {
            b'"' => {
                self.at += 1;
                self.text_to_quote().map(Cell::Text)
            }
            b'-' | b'0'..=b'9' => self.number(),
            b't' => self.word("true", Cell::Boolean(true)),
            b'f' => self.word("false", Cell::Boolean(false)),
            b'n' => self.word("null", Cell::Null),
            _ => None,
        }
    }

    fn word(&mut self, word: &str, cell: Cell<'t>) -> Option<Cell<'t>> {
        let found = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        self.at += word.len();
        found.then_some(cell)
    }

    /// Digits, added to those before; returns how many.
    fn digits(&mut self, mantissa: &mut u64) -> usize {
        let start = self.at;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            *mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
            self.at += 1;
        }
        self.at - start
    }

    /// A number, rounded correctly: by one division if both of its parts are exact, else by the standard library.
    fn number(&mut self) -> Option<Cell<'t>> {
        let start = self.at;
        let negative = self.peek() == Some(b'-');
        self.at += usize::from(negative);
        let leads_with_zero = self.peek() == Some(b'0');
        let mut mantissa = 0;
        let whole = self.digits(&mut mantissa);
        if whole == 0 || leads_with_zero && whole > 1 {
            return None;
        }
        let mut fraction = 0;
        let mut is_float = false;
        if self.peek() == Some(b'.') {
            self.at += 1;
            is_float = true;
            fraction = self.digits(&mut mantissa);
            if fraction == 0 {
                return None;
            }
        }
        let mut has_exponent = false;
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            has_exponent = true;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            if self.digits(&mut 0) == 0 {
                return None;
            }
        }
        let fits = whole + fraction <= DIGITS;
        if !is_float && !has_exponent {
            // Minus zero and what is larger than 64 bits are left to the other reader.
            let number = i64::try_from(mantissa)
                .ok()
                .filter(|n| fits && !(negative && *n == 0))?;
            return Some(Cell::Integer(if negative { -number } else { number }));
        }
        if fits && !has_exponent && mantissa <= EXACT {
            let value = mantissa as f64 / POWERS.get(fraction)?;
            return Some(Cell::Number(if negative { -value } else { value }));
        }
        let value: f64 = self.text.get(start..self.at)?.parse().ok()?;
        value.is_finite().then_some(Cell::Number(value))
    }
}
