//! Labels from another table, joined to the rows by id.

use std::{collections::HashMap, sync::Arc};

use arrow::{
    array::{AsArray, RecordBatch, UInt32Array},
    compute::{concat_batches, take_record_batch},
    datatypes::{DataType, TimeUnit, TimestampMicrosecondType},
};
use datafusion::{
    common::ScalarValue,
    functions::core::expr_fn::coalesce,
    logical_expr::{JoinType, cast, lit, when},
    prelude::{DataFrame, Expr},
};
use plimsoll_engine::{Batch, LABEL_DELAY, labelled};

use crate::{QueryError, Source, source::column};

/// Name of the labels' id in the plan.
const LABEL_ID: &str = "\u{1}id";
/// Name of the labels' value in the plan.
const LABEL: &str = "\u{1}label";
/// Name of the labels' time in the plan.
const LABEL_AT: &str = "\u{1}label_at";

/// Column of a label table: when the label was known, in microseconds UTC; of equal ids the latest holds.
pub const LABEL_TIME: &str = "_label_time";
/// Column of a label table: event time of the label's prediction, null where it was not known when the label came.
pub const PREDICTED_AT: &str = "_predicted_at";
/// Column of a label table: order of arrival; decides between labels of the same time.
pub const LABEL_ORDER: &str = "_seq";
/// A label for rows that have none when they are old enough.
#[derive(Debug, Clone, PartialEq)]
pub struct Implicit {
    /// The label, as text.
    pub value: String,
    /// Rows whose event time lies before this have it. Unit: microseconds since the Unix epoch.
    pub before: i64,
}

/// Labels of a prediction store: a table with the columns id, target, [`LABEL_TIME`], [`PREDICTED_AT`], [`LABEL_ORDER`].
#[derive(Debug, Clone)]
pub struct LateLabels<'a> {
    /// The label table; `None` while no label came.
    pub source: Option<&'a Source>,
    /// Id column of both tables.
    pub id: &'a str,
    /// Target column of both tables; a label replaces a value that came with the prediction.
    pub target: &'a str,
    /// A label for rows that have none.
    pub implicit: Option<Implicit>,
    /// Column whose values in labelled rows are told apart, as [`labelled`].
    pub judged: Option<&'a str>,
}

/// Rows with the columns of their labels, and the names of the columns that were added or replaced.
pub(crate) type Joined = (DataFrame, Vec<String>);

/// Of equal ids the last row holds.
fn last_of_each(all: &RecordBatch, labels: &Source) -> Result<RecordBatch, QueryError> {
    let ids = [LABEL_ID.to_owned()];
    let keys = [all.column(0).clone()];
    let batch = Batch::new(&ids, &keys);
    let hashed = batch.labels(LABEL_ID).map_err(|e| labels.engine(&e))?;
    let mut last: HashMap<usize, u32> = HashMap::new();
    for row in 0..hashed.len() {
        if let Some(key) = hashed.key(row) {
            last.insert(key, row as u32);
        }
    }
    let mut rows: Vec<u32> = last.into_values().collect();
    rows.sort_unstable();
    take_record_batch(all, &UInt32Array::from(rows)).map_err(|e| labels.engine(&e))
}

/// All rows of a frame whose first column is the id, without older rows of the same id; `None` without rows.
async fn unique(frame: DataFrame, labels: &Source) -> Result<Option<RecordBatch>, QueryError> {
    let batches = frame.collect().await.map_err(|e| labels.engine(&e))?;
    let Some(first) = batches.first() else {
        return Ok(None);
    };
    let all = concat_batches(&first.schema(), &batches).map_err(|e| labels.engine(&e))?;
    last_of_each(&all, labels).map(Some)
}

/// Says when ids are the same: numbers on one side and text on the other if they read the same.
fn same_id(source: &Source, labels: &Source, id: &str) -> Expr {
    let is_number = |source: &Source| {
        source
            .schema()
            .column_with_name(id)
            .is_some_and(|(_, field)| field.data_type().is_numeric())
    };
    if is_number(source) == is_number(labels) {
        column(id).eq(column(LABEL_ID))
    } else {
        cast(column(id), DataType::Utf8).eq(cast(column(LABEL_ID), DataType::Utf8))
    }
}

/// Joins every column of a label file.
pub(crate) async fn join_file(
    source: &Source,
    frame: DataFrame,
    labels: &Source,
    id: &str,
    timestamp: &str,
) -> Result<Joined, QueryError> {
    source.require(id)?;
    labels.require(id)?;
    let engine = |e: datafusion::error::DataFusionError| labels.engine(&e);
    let names: Vec<String> = labels
        .columns()
        .filter(|c| *c != id && *c != timestamp)
        .map(str::to_owned)
        .collect();
    let selected: Vec<Expr> = std::iter::once(column(id).alias(LABEL_ID))
        .chain(names.iter().map(|c| column(c)))
        .collect();
    let selected = labels.frame().select(selected).map_err(engine)?;
    let Some(unique) = unique(selected, labels).await? else {
        return Ok((frame, Vec::new()));
    };
    let right = source.context().read_batch(unique).map_err(engine)?;
    // A column that both sides have comes from the labels.
    let own: Vec<Expr> = source
        .columns()
        .filter(|c| !names.iter().any(|n| n == c))
        .map(column)
        .collect();
    let left = frame.select(own).map_err(engine)?;
    let joined = left
        .join_on(right, JoinType::Left, [same_id(source, labels, id)])
        .map_err(engine)?;
    Ok((joined, names))
}

impl LateLabels<'_> {
    /// Joins the labels of the rows of a period, `[from, to)` in microseconds since the Unix epoch.
    pub(crate) async fn join(
        &self,
        source: &Source,
        frame: DataFrame,
        timestamp: &str,
        (from, to): (i64, i64),
    ) -> Result<Joined, QueryError> {
        let engine = |e: datafusion::error::DataFusionError| source.engine(&e);
        source.require(self.id)?;
        let known = match self.source {
            None => None,
            Some(labels) => self.known(labels, from, to).await?,
        };
        let own_target = source
            .schema()
            .column_with_name(self.target)
            .map(|(_, f)| f.data_type().clone());
        let mut values = Vec::new();
        let mut kind = own_target.clone();
        let frame = match (&known, self.source) {
            (Some(known), Some(labels)) => {
                kind = kind.or_else(|| Some(known.column(1).data_type().clone()));
                let right = source.context().read_batch(known.clone()).map_err(engine)?;
                values.push(column(LABEL));
                frame
                    .join_on(right, JoinType::Left, [same_id(source, labels, self.id)])
                    .map_err(engine)?
            }
            _ => frame,
        };
        let kind = kind.unwrap_or(DataType::Utf8);
        if own_target.is_some() {
            values.push(column(self.target));
        }
        let micros = || {
            cast(
                column(timestamp),
                DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            )
        };
        let mut values: Vec<Expr> = values.into_iter().map(|v| cast(v, kind.clone())).collect();
        if let Some(implicit) = &self.implicit {
            let before = ScalarValue::TimestampMicrosecond(Some(implicit.before), Some("UTC".into()));
            let value = cast(lit(implicit.value.clone()), kind.clone());
            let aged = when(micros().lt(lit(before)), value).end().map_err(engine)?;
            values.push(aged);
        }
        let target = match values.len() {
            0 => cast(lit(ScalarValue::Null), kind),
            1 => values.remove(0),
            _ => coalesce(values),
        };
        let delay = if known.is_some() {
            let whole = |e: Expr| cast(e, DataType::Int64);
            let seconds = cast(whole(column(LABEL_AT)) - whole(micros()), DataType::Float64) / lit(1e6);
            when(column(LABEL).is_not_null(), seconds).end().map_err(engine)?
        } else {
            lit(ScalarValue::Float64(None))
        };
        let mut selected: Vec<Expr> = source.columns().filter(|c| *c != self.target).map(column).collect();
        selected.push(target.alias(self.target));
        selected.push(delay.alias(LABEL_DELAY));
        let mut names = vec![self.target.to_owned(), LABEL_DELAY.to_owned()];
        let mut joined = frame.select(selected).map_err(engine)?;
        if let Some(judged) = self.judged.filter(|j| source.columns().any(|c| c == *j)) {
            let value = when(column(self.target).is_not_null(), column(judged))
                .end()
                .map_err(engine)?;
            joined = joined.with_column(&labelled(judged), value).map_err(engine)?;
            names.push(labelled(judged));
        }
        Ok((joined, names))
    }

    /// The label that holds of each id that may be of the period; columns id, label and label time.
    async fn known(&self, labels: &Source, from: i64, to: i64) -> Result<Option<RecordBatch>, QueryError> {
        for name in [self.id, self.target, LABEL_TIME, PREDICTED_AT, LABEL_ORDER] {
            labels.require(name)?;
        }
        let moment = |at: i64| lit(ScalarValue::TimestampMicrosecond(Some(at), Some("UTC".into())));
        let within = column(PREDICTED_AT)
            .gt_eq(moment(from))
            .and(column(PREDICTED_AT).lt(moment(to)))
            .or(column(PREDICTED_AT).is_null());
        let frame = labels
            .frame()
            .filter(within)
            .and_then(|f| {
                f.sort(vec![
                    column(LABEL_TIME).sort(true, true),
                    column(LABEL_ORDER).sort(true, true),
                ])
            })
            .and_then(|f| {
                f.select(vec![
                    column(self.id).alias(LABEL_ID),
                    column(self.target).alias(LABEL),
                    column(LABEL_TIME).alias(LABEL_AT),
                ])
            })
            .map_err(|e| labels.engine(&e))?;
        Ok(unique(frame, labels).await?.filter(|b| b.num_rows() > 0))
    }
}

/// Where the labels of the rows come from.
#[derive(Debug, Clone)]
pub(crate) enum Labels<'a> {
    /// A file that holds id and labels.
    File(&'a Source, &'a str),
    /// The label table of a prediction store.
    Late(Arc<LateLabels<'a>>),
}

impl Source {
    /// Ids and label times of a label table whose prediction was not known when they came.
    ///
    /// # Errors
    /// [`QueryError`] if a column is absent or reading fails.
    pub async fn unplaced_labels(&self, id: &str) -> Result<Vec<(String, i64)>, QueryError> {
        for name in [id, LABEL_TIME, PREDICTED_AT] {
            self.require(name)?;
        }
        let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
        let batches = self
            .frame()
            .filter(column(PREDICTED_AT).is_null())
            .and_then(|f| f.select(vec![cast(column(id), DataType::Utf8), cast(column(LABEL_TIME), time)]))
            .map_err(|e| self.engine(&e))?
            .collect()
            .await
            .map_err(|e| self.engine(&e))?;
        let mut found = Vec::new();
        for batch in &batches {
            let ids = batch.column(0).as_string::<i32>();
            let times = batch.column(1).as_primitive::<TimestampMicrosecondType>();
            found.extend(ids.iter().zip(times).filter_map(|(id, at)| Some((id?.to_owned(), at?))));
        }
        Ok(found)
    }
}
