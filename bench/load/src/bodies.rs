//! Bodies of requests: written once, and only ids and the moment are changed in them, so that the tool costs little.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, Float64Array, RecordBatch, StringArray},
    ipc::writer::StreamWriter,
};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Features of a row: every ninth is text.
pub const FEATURES: usize = 27;

/// Digits of an id behind its mark.
const DIGITS: usize = 14;

/// A moment as bodies have it, and as it stands in the template.
const MOMENT: &str = "2026-03-01T00:00:00Z";

/// How bodies are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Json,
    Arrow,
}

impl Form {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }
}

/// A body whose ids and moments can be replaced.
#[derive(Debug, Clone)]
pub struct Template {
    bytes: Vec<u8>,
    ids: Vec<usize>,
    moments: Vec<usize>,
}

fn id(n: u64) -> String {
    format!("#{n:0DIGITS$}")
}

/// Some number of a row, the same in each run.
fn number(row: usize, column: usize) -> f64 {
    ((row * 7_919 + column * 104_729) % 10_007) as f64 / 100.0
}

fn word(row: usize, column: usize) -> &'static str {
    ["north", "east", "south", "west"][(row * 31 + column) % 4]
}

fn is_text(column: usize) -> bool {
    column % 9 == 8
}

impl Template {
    /// Predictions: id, moment, prediction and features.
    pub fn predictions(form: Form, rows: usize) -> Self {
        Self::new(match form {
            Form::Json => json(rows),
            Form::Arrow => arrow(rows),
        })
    }

    /// Labels of as many predictions.
    pub fn labels(rows: usize) -> Self {
        let row = |n: usize| serde_json::json!({"id": id(n as u64), "at": MOMENT, "y": number(n, 1)});
        Self::new((0..rows).map(row).collect::<Value>().to_string().into_bytes())
    }

    fn new(bytes: Vec<u8>) -> Self {
        let find = |text: &[u8]| -> Vec<usize> {
            let mut found = Vec::new();
            let mut at = 0;
            while let Some(next) = bytes[at..].windows(text.len()).position(|part| part == text) {
                found.push(at + next);
                at += next + text.len();
            }
            found
        };
        let (ids, moments) = (find(b"#00000"), find(MOMENT.as_bytes()));
        Self { bytes, ids, moments }
    }

    /// The body with ids from `first` on, at a moment.
    pub fn body(&self, first: u64, at: Timestamp) -> Bytes {
        let mut bytes = self.bytes.clone();
        for (at, n) in self.ids.iter().zip(first..) {
            bytes[*at..=at + DIGITS].copy_from_slice(id(n).as_bytes());
        }
        let moment = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        for at in &self.moments {
            bytes[*at..at + MOMENT.len()].copy_from_slice(moment.as_bytes());
        }
        Bytes::from(bytes)
    }
}

fn json(rows: usize) -> Vec<u8> {
    let row = |n: usize| {
        let mut row = Map::new();
        row.insert("id".to_owned(), id(n as u64).into());
        row.insert("at".to_owned(), MOMENT.into());
        row.insert("p".to_owned(), number(n, 0).into());
        for column in 0..FEATURES {
            let value = if is_text(column) {
                Value::from(word(n, column))
            } else {
                Value::from(number(n, column))
            };
            row.insert(format!("f{column}"), value);
        }
        Value::Object(row)
    };
    (0..rows).map(row).collect::<Value>().to_string().into_bytes()
}

fn arrow(rows: usize) -> Vec<u8> {
    let text =
        |value: &dyn Fn(usize) -> String| Arc::new(StringArray::from_iter_values((0..rows).map(value))) as ArrayRef;
    let mut columns = vec![
        ("id".to_owned(), text(&|n| id(n as u64))),
        ("at".to_owned(), text(&|_| MOMENT.to_owned())),
    ];
    let numbers =
        |column: usize| Arc::new(Float64Array::from_iter_values((0..rows).map(|n| number(n, column)))) as ArrayRef;
    columns.push(("p".to_owned(), numbers(0)));
    for column in 0..FEATURES {
        let values = if is_text(column) {
            text(&|n| word(n, column).to_owned())
        } else {
            numbers(column)
        };
        columns.push((format!("f{column}"), values));
    }
    let rows = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let mut body = Vec::new();
    let mut writer = StreamWriter::try_new(&mut body, &rows.schema()).expect("memory takes bytes");
    writer
        .write(&rows)
        .and_then(|()| writer.finish())
        .expect("memory takes bytes");
    body
}

/// The project file of the runs, and its reference.
pub fn project() -> (String, String) {
    let mut columns = Vec::new();
    let mut head = "id,at,p,y".to_owned();
    for column in 0..FEATURES {
        let kind = if is_text(column) { "categorical" } else { "numeric" };
        columns.push(format!("f{column}: {kind}"));
        head.push_str(&format!(",f{column}"));
    }
    let mut csv = head + "\n";
    for n in 0..2_000 {
        csv.push_str(&format!("r{n},2026-02-01T00:00:00Z,{},{}", number(n, 0), number(n, 1)));
        for column in 0..FEATURES {
            if is_text(column) {
                csv.push_str(&format!(",{}", word(n, column)));
            } else {
                csv.push_str(&format!(",{}", number(n, column)));
            }
        }
        csv.push('\n');
    }
    let yaml = format!(
        "project: load
data: {{source: collector, timestamp: at, id: id, task: regression, target: y, prediction: p, columns: {{{}}}}}
reference: {{source: reference.csv}}
collector: {{lateness: 1m, flush_every: 10s}}
monitors: [{{name: hourly, every: 1h, trigger: {{every: 5s}}, report: [data_drift, data_quality, regression]}}]
",
        columns.join(", ")
    );
    (yaml, csv)
}
