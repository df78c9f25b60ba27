//! JSON bodies: straight from the bytes into the columns, without a tree of values in between.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::{
    Decoded, Expected, Format, IngestError, Limits, RejectCode,
    plain::{self, trim_start},
    table::{Cell, Nested, Stopped, Table, write_text},
};

/// Deepest nesting of lists and objects in a value.
const DEPTH: usize = 64;

/// Reads one JSON value that holds rows.
pub(crate) fn decode(body: &[u8], expected: &Expected, limits: &Limits) -> Result<Decoded, IngestError> {
    let malformed = |problem: String| IngestError::malformed(Format::Json, &problem);
    let text = str::from_utf8(without_bom(body)).map_err(|e| malformed(e.to_string()))?;
    if text.trim_ascii().is_empty() {
        return Err(malformed("it is empty; expected such as `[{…}, {…}]`".to_owned()));
    }
    let mut table = Table::new(expected, limits);
    match read_plain(text, &mut table) {
        Ok(true) => return table.finish(),
        // From the beginning, with a reader that tells what is wrong and where.
        Ok(false) => table = Table::new(expected, limits),
        Err(Stopped) => {}
    }
    if let Some(stop) = table.stopped() {
        return Err(stop);
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Body(&mut table).deserialize(&mut deserializer).and_then(|()| {
        let end = deserializer.end();
        end.map_err(|e| serde_json::Error::custom(format!("{e}; one object a line is `application/x-ndjson`")))
    });
    match (read, table.stopped()) {
        (_, Some(stop)) => Err(stop),
        (Err(e), None) => Err(malformed(e.to_string())),
        (Ok(()), None) => table.finish(),
    }
}

/// Reads a list of rows, or one row, of which most are plain. False if it is anything else.
fn read_plain(text: &str, table: &mut Table<'_>) -> Result<bool, Stopped> {
    let text = trim_start(text);
    let Some(list) = text.strip_prefix('[') else {
        table.begin()?;
        return match plain::read_row(text, table) {
            Some(rest) if trim_start(rest).is_empty() => table.end().map(|()| true),
            _ => Ok(false),
        };
    };
    let mut rest = trim_start(list);
    if let Some(end) = rest.strip_prefix(']') {
        return Ok(trim_start(end).is_empty());
    }
    loop {
        table.begin()?;
        rest = if let Some(after) = plain::read_row(rest, table) {
            table.end()?;
            after
        } else {
            table.abandon();
            let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
            let Some(Ok(row)) = values.next() else { return Ok(false) };
            let after = &rest[values.byte_offset()..];
            let read = OneRow(table).deserialize(&mut serde_json::Deserializer::from_str(row.get()));
            if read.is_err() {
                return Ok(false);
            }
            after
        };
        rest = trim_start(rest);
        if let Some(next) = rest.strip_prefix(',') {
            rest = trim_start(next);
        } else {
            return Ok(rest.strip_prefix(']').is_some_and(|end| trim_start(end).is_empty()));
        }
    }
}

/// Reads one JSON object a line; a line that is none is a rejected row.
pub(crate) fn decode_lines(body: &[u8], expected: &Expected, limits: &Limits) -> Result<Decoded, IngestError> {
    let mut table = Table::new(expected, limits);
    for (line, number) in without_bom(body).split(|b| *b == b'\n').zip(1_u64..) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let table = &mut table;
        let read = table.begin().map_err(|e| e.to_string()).and_then(|()| {
            let text = str::from_utf8(line).map_err(|e| e.to_string())?;
            if plain::read_row(trim_start(text), table).is_some_and(|rest| trim_start(rest).is_empty()) {
                return Ok(Row::Fields);
            }
            table.abandon();
            table.begin().map_err(|e| e.to_string())?;
            let mut deserializer = serde_json::Deserializer::from_str(text);
            let row = Fields(table).deserialize(&mut deserializer);
            let row = row.and_then(|row| deserializer.end().map(|()| row));
            row.map_err(|e| e.to_string())
        });
        let kept = match read {
            Ok(Row::Fields) => table.end(),
            Ok(Row::Not(found)) => {
                table.reject(
                    RejectCode::Malformed,
                    None,
                    format!("line {number} is {found}; {NO_ROW}"),
                );
                Ok(())
            }
            Err(problem) => {
                table.reject(RejectCode::Malformed, None, format!("line {number}: {problem}"));
                Ok(())
            }
        };
        if kept.is_err() {
            break;
        }
    }
    match table.stopped() {
        Some(stop) => Err(stop),
        None => table.finish(),
    }
}

const NO_ROW: &str = "expected an object such as `{\"id\": 1}`";

/// Without the mark that some programs put before UTF-8 text.
pub(crate) fn without_bom(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// What stands where a row is expected.
enum Row {
    /// An object, whose fields were read.
    Fields,
    /// Something else.
    Not(&'static str),
}

/// A value that holds rows: a list of rows, one row, `{"rows": […]}` or `{"columns": {…}}`.
struct Body<'t, 'e>(&'t mut Table<'e>);

impl<'de> DeserializeSeed<'de> for Body<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Body<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects, an object, `{\"rows\": […]}` or `{\"columns\": {…}}`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        read_rows(self.0, list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let table = self.0;
        table.begin().map_err(Error::custom)?;
        let mut wrapped = None;
        while let Some(TopKey { key, wrapper }) = map.next_key_seed(Top(table))? {
            if let Some(name) = wrapped {
                return Err(Error::custom(format!(
                    "`{name}` stands beside other keys; expected it alone"
                )));
            }
            if map.next_value_seed(Value { table, key, wrapper })? {
                wrapped = wrapper;
            }
        }
        match wrapped {
            Some(_) => Ok(()),
            None => table.end().map_err(Error::custom),
        }
    }
}

fn read_rows<'de, A: SeqAccess<'de>>(table: &mut Table<'_>, mut list: A) -> Result<(), A::Error> {
    while list.next_element_seed(OneRow(table))?.is_some() {}
    Ok(())
}

/// A key at the top of a body, and whether it may wrap rows.
struct TopKey {
    key: u32,
    wrapper: Option<&'static str>,
}

struct Top<'t, 'e>(&'t mut Table<'e>);

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = TopKey;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<TopKey, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Top<'_, '_> {
    type Value = TopKey;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E: Error>(self, name: &str) -> Result<TopKey, E> {
        let wrapper = ["rows", "columns"].into_iter().find(|w| *w == name);
        Ok(TopKey {
            key: self.0.key(name),
            wrapper: wrapper.filter(|w| self.0.expected().place(w).is_none()),
        })
    }
}

/// A row of a list.
struct OneRow<'t, 'e>(&'t mut Table<'e>);

impl<'de> DeserializeSeed<'de> for OneRow<'_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let table = self.0;
        table.begin().map_err(Error::custom)?;
        match Fields(table).deserialize(deserializer)? {
            Row::Fields => table.end().map_err(Error::custom)?,
            Row::Not(found) => table.reject(RejectCode::Malformed, None, format!("it is {found}; {NO_ROW}")),
        }
        Ok(())
    }
}

/// The fields of a row.
struct Fields<'t, 'e>(&'t mut Table<'e>);

impl<'de> DeserializeSeed<'de> for Fields<'_, '_> {
    type Value = Row;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_, '_> {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let table = self.0;
        while let Some(key) = map.next_key_seed(Key(table))? {
            map.next_value_seed(Value {
                table,
                key,
                wrapper: None,
            })?;
        }
        Ok(Row::Fields)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Row, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Row::Not("a list"))
    }

    fn visit_unit<E>(self) -> Result<Row, E> {
        Ok(Row::Not("null"))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Row, E> {
        Ok(Row::Not("a truth value"))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Row, E> {
        Ok(Row::Not("a number"))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Row, E> {
        Ok(Row::Not("a number"))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Row, E> {
        Ok(Row::Not("a number"))
    }

    fn visit_str<E>(self, _: &str) -> Result<Row, E> {
        Ok(Row::Not("text"))
    }
}

/// The name of a field.
struct Key<'t, 'e>(&'t mut Table<'e>);

impl<'de> DeserializeSeed<'de> for Key<'_, '_> {
    type Value = u32;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_, '_> {
    type Value = u32;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_str<E>(self, name: &str) -> Result<u32, E> {
        Ok(self.0.key(name))
    }
}

/// A value of a field. True if it was no value but held rows.
struct Value<'t, 'e> {
    table: &'t mut Table<'e>,
    key: u32,
    /// Name of the field, if it may hold rows.
    wrapper: Option<&'static str>,
}

impl Value<'_, '_> {
    #[allow(clippy::unnecessary_wraps, reason = "an answer of the visitor")]
    fn put<E>(self, cell: Cell<'_>) -> Result<bool, E> {
        self.table.put(self.key, cell);
        Ok(false)
    }

    /// Takes back the row that was begun, for the field holds rows.
    fn unwrap_rows<E: Error>(&mut self, name: &str) -> Result<(), E> {
        if self.table.withdraw() {
            Ok(())
        } else {
            Err(E::custom(format!(
                "`{name}` stands beside other keys; expected it alone"
            )))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_f64<E>(self, value: f64) -> Result<bool, E> {
        self.put(Cell::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<bool, E> {
        self.put(Cell::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<bool, E> {
        self.put(i64::try_from(value).map_or(Cell::Unsigned(value), Cell::Integer))
    }

    fn visit_str<E>(self, value: &str) -> Result<bool, E> {
        self.put(Cell::Text(value))
    }

    fn visit_bool<E>(self, value: bool) -> Result<bool, E> {
        self.put(Cell::Boolean(value))
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        self.put(Cell::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, list: A) -> Result<bool, A::Error> {
        if let Some("rows") = self.wrapper {
            self.unwrap_rows("rows")?;
            read_rows(self.table, list)?;
            return Ok(true);
        }
        let mut out = Vec::new();
        Json {
            out: &mut out,
            depth: DEPTH,
        }
        .visit_seq(list)?;
        put_nested(self.table, self.key, Nested::List, &out)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<bool, A::Error> {
        if let Some("columns") = self.wrapper {
            self.unwrap_rows("columns")?;
            read_columns(self.table, map)?;
            return Ok(true);
        }
        let mut out = Vec::new();
        Json {
            out: &mut out,
            depth: DEPTH,
        }
        .visit_map(map)?;
        put_nested(self.table, self.key, Nested::Object, &out)
    }
}

fn put_nested<E: Error>(table: &mut Table<'_>, key: u32, nested: Nested, json: &[u8]) -> Result<bool, E> {
    table.put_nested(key, nested, str::from_utf8(json).map_err(E::custom)?);
    Ok(false)
}

/// Reads a list of values a column, row by row.
fn read_columns<'de, A: MapAccess<'de>>(table: &mut Table<'_>, mut map: A) -> Result<(), A::Error> {
    let mut columns: Vec<(String, Vec<&RawValue>)> = Vec::new();
    while let Some((name, values)) = map.next_entry::<String, Vec<&'de RawValue>>()? {
        match columns.iter_mut().find(|(known, _)| *known == name) {
            Some((_, before)) => *before = values,
            None => columns.push((name, values)),
        }
    }
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    if let Some((name, values)) = columns.iter().find(|(_, values)| values.len() != rows) {
        table.stop(IngestError::UnequalColumns {
            first: columns[0].0.clone(),
            first_length: rows,
            second: name.clone(),
            second_length: values.len(),
        });
        return Ok(());
    }
    for row in 0..rows {
        table.begin().map_err(Error::custom)?;
        for (name, values) in &columns {
            let key = table.key(name);
            let value = Value {
                table,
                key,
                wrapper: None,
            };
            let mut deserializer = serde_json::Deserializer::from_str(values[row].get());
            value.deserialize(&mut deserializer).map_err(Error::custom)?;
        }
        table.end().map_err(Error::custom)?;
    }
    Ok(())
}

/// Writes a value as compact JSON.
struct Json<'o> {
    out: &'o mut Vec<u8>,
    /// Levels of nesting that are left.
    depth: usize,
}

impl Json<'_> {
    fn inner<E: Error>(&mut self) -> Result<Json<'_>, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| {
            E::custom(format!(
                "a value is nested deeper than {DEPTH} levels; expected numbers, text or short lists"
            ))
        })?;
        Ok(Json { out: self.out, depth })
    }

    #[allow(clippy::unnecessary_wraps, reason = "an answer of the visitor")]
    fn write<E>(self, text: &str) -> Result<(), E> {
        self.out.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Json<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Json<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.write(&serde_json::Value::from(value).to_string())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.write(&value.to_string())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.write(&value.to_string())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        write_text(self.out, value);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.write(if value { "true" } else { "false" })
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.write("null")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        self.out.push(b'[');
        let start = self.out.len();
        loop {
            let before = self.out.len();
            if before > start {
                self.out.push(b',');
            }
            if list.next_element_seed(self.inner()?)?.is_none() {
                self.out.truncate(before);
                break;
            }
        }
        self.out.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.out.push(b'{');
        let mut first = true;
        while let Some(name) = map.next_key::<String>()? {
            if !first {
                self.out.push(b',');
            }
            first = false;
            write_text(self.out, &name);
            self.out.push(b':');
            map.next_value_seed(self.inner()?)?;
        }
        self.out.push(b'}');
        Ok(())
    }
}
