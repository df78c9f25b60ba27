//! The live project of the demo: applications of half a year in some minutes, their labels late.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use arrow::{
    array::{Array, ArrayRef, Int64Array, RecordBatch, TimestampMicrosecondArray, UInt32Array},
    compute::{cast, take_record_batch},
    datatypes::{DataType, TimeUnit},
    error::ArrowError,
};
use jiff::Timestamp;
use plimsoll_model::config::ProjectConfig;
use plimsoll_query::Source;

use crate::{
    output::CommandError,
    replay::{Client, Table},
};

/// How long the replay takes.
const LENGTH: Duration = Duration::from_mins(5);

/// Time between two requests.
const TICK: Duration = Duration::from_millis(500);

const DAY: i64 = 86_400_000_000;

/// Rows in the order in which they are sent, and when each is.
struct Stream {
    table: Table,
    rows: RecordBatch,
    times: Vec<i64>,
    sent: usize,
}

/// Sends the bundled applications as if they came in the months until today, and their labels days later.
pub async fn replay(
    address: SocketAddr,
    config: &ProjectConfig,
    data: &Path,
    token: String,
) -> Result<(), CommandError> {
    let timezone = config
        .data
        .timezone()
        .map_err(|e| CommandError::Message(e.to_string()))?;
    let timestamp = config.data.timestamp.as_deref();
    let applications = Source::open("car_loan_analysis.parquet", data).await?;
    let (rows, times) = applications.in_time_order(timestamp, &timezone).await?;
    let labels = Source::open("car_loan_analysis_target.parquet", data).await?;
    let (labels, _) = labels.in_time_order(None, &timezone).await?;
    let times: Vec<i64> = times.into_iter().flatten().collect();
    let (Some(first), Some(last)) = (times.first(), times.last()) else {
        return Ok(());
    };
    // Whole weeks, so that a start on the same day sends the same rows again, which are then known.
    let weeks = (Timestamp::now().as_microsecond() - last).div_euclid(7 * DAY);
    let shift = weeks * 7 * DAY;
    let length = (last - first) as f64;
    let first = first + shift;
    let times: Vec<i64> = times.iter().map(|time| time + shift).collect();
    let unfit = |e: ArrowError| CommandError::Message(e.to_string());
    let labels = late(&rows, &times, &labels).map_err(unfit)?;
    let predictions = Stream {
        table: Table::Predictions,
        rows: with_time(&rows, "timestamp", &times).map_err(unfit)?,
        times,
        sent: 0,
    };
    let mut client = Client::new(&format!("http://{address}"), &config.project, Some(token))?;
    let begin = Instant::now();
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut streams = [predictions, labels];
    loop {
        ticks.tick().await;
        let passed = (begin.elapsed().as_secs_f64() / LENGTH.as_secs_f64()).min(1.0);
        let now = first + (length * passed) as i64;
        for stream in &mut streams {
            let due = stream.times.partition_point(|time| *time <= now);
            if due > stream.sent {
                let rows = stream.rows.slice(stream.sent, due - stream.sent);
                client.send(stream.table, &rows).await?;
                stream.sent = due;
            }
        }
        if passed >= 1.0 {
            return Ok(());
        }
    }
}

/// The rows with other times.
fn with_time(rows: &RecordBatch, name: &str, times: &[i64]) -> Result<RecordBatch, ArrowError> {
    let moments: ArrayRef = Arc::new(TimestampMicrosecondArray::from(times.to_vec()).with_timezone("UTC"));
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, column)| {
        let column = if field.name() == name { &moments } else { column };
        (field.name().clone(), Arc::clone(column))
    });
    RecordBatch::try_from_iter(columns.collect::<Vec<_>>())
}

/// The labels in the order in which they become known: 3 to 24 days after the application.
fn late(rows: &RecordBatch, times: &[i64], labels: &RecordBatch) -> Result<Stream, ArrowError> {
    let ids = |rows: &RecordBatch| -> Result<Int64Array, ArrowError> {
        let missing = || ArrowError::SchemaError("the bundled data has no column `id`".to_owned());
        let column = cast(rows.column_by_name("id").ok_or_else(missing)?, &DataType::Int64)?;
        column.as_any().downcast_ref().cloned().ok_or_else(missing)
    };
    let applied: HashMap<i64, i64> = ids(rows)?.iter().flatten().zip(times.iter().copied()).collect();
    let mut known: Vec<(i64, u32)> = ids(labels)?
        .iter()
        .zip(0_u32..)
        .filter_map(|(id, row)| {
            let id = id?;
            // Spread over the days without a pattern that a person would see.
            let days = 3 + id.wrapping_mul(2_654_435_761).rem_euclid(22);
            Some((applied.get(&id)? + days * DAY, row))
        })
        .collect();
    known.sort_unstable();
    let (times, order): (Vec<i64>, Vec<u32>) = known.into_iter().unzip();
    let rows = take_record_batch(labels, &UInt32Array::from(order))?;
    let mut columns: Vec<(String, ArrayRef)> = rows
        .schema()
        .fields()
        .iter()
        .zip(rows.columns())
        .map(|(field, column)| (field.name().clone(), Arc::clone(column)))
        .collect();
    let moments = TimestampMicrosecondArray::from(times.clone());
    let moments = cast(
        &moments,
        &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
    )?;
    columns.push(("timestamp".to_owned(), moments));
    Ok(Stream {
        table: Table::Labels,
        rows: RecordBatch::try_from_iter(columns)?,
        times,
        sent: 0,
    })
}
