//! Windows read by the query engine: joined with labels, or from files that do not tell where their rows lie.

use std::{ops::Range, sync::Arc};

use arrow::{
    array::AsArray,
    datatypes::{DataType, TimeUnit, UInt32Type},
};
use datafusion::{
    common::ScalarValue,
    logical_expr::lit,
    prelude::{DataFrame, Expr},
};
use futures::StreamExt;
use plimsoll_engine::{Profile, ProfilePlan};

use crate::{
    QueryError,
    aggregate::{RowCounter, counted},
    labels::{Labels, join_file},
    profile::{MOST_READS, Progress, TICK, WindowProfile, Windows},
    source::column,
    window::window_index,
};

/// Cells (rows × columns) that are aggregated at once; the Profiles of their windows are in memory together.
const WAVE_CELLS: u64 = 3_000_000;
/// Name of the window's index in the plan; no column of data is called so.
const WINDOW: &str = "\u{1}window";

impl Windows<'_> {
    /// Groups by window in the engine, a run of windows at a time.
    ///
    /// # Errors
    /// [`QueryError`] if reading fails or `done` does.
    pub(crate) async fn in_waves<E: From<QueryError>>(
        &self,
        plan: &Arc<ProfilePlan>,
        mut progress: impl FnMut(Progress),
        mut done: impl FnMut(Vec<WindowProfile>) -> Result<(), E>,
    ) -> Result<(), E> {
        let counter = RowCounter::default();
        let mut finished = 0;
        for wave in self.waves(plan)? {
            let frame = self.frame(plan, &wave, &counter).await?;
            let mut stream = frame.execute_stream().await.map_err(|e| self.source.engine(&e))?;
            let mut tick = tokio::time::interval(TICK);
            let mut profiles = Vec::with_capacity(wave.len());
            loop {
                let batch = tokio::select! {
                    batch = stream.next() => batch,
                    _ = tick.tick() => {
                        progress(Progress { rows: counter.rows(), windows: finished });
                        continue;
                    }
                };
                let Some(batch) = batch else { break };
                let batch = batch.map_err(|e| self.source.engine(&e))?;
                let index = batch.column(0).as_primitive::<UInt32Type>();
                let bytes = batch.column(1).as_binary::<i64>();
                for row in 0..batch.num_rows() {
                    let mut profile = Profile::from_bytes(plan, bytes.value(row)).map_err(QueryError::from)?;
                    profile.finish();
                    profiles.push(WindowProfile {
                        window: wave.start + index.value(row) as usize,
                        profile,
                    });
                }
            }
            profiles.sort_by_key(|p: &WindowProfile| p.window);
            finished += profiles.len();
            done(profiles)?;
            progress(Progress {
                rows: counter.rows(),
                windows: finished,
            });
        }
        Ok(())
    }

    /// Cuts the windows into runs whose rows fit into memory together. Only files that tell where their rows lie in time
    /// can be read in several runs.
    fn waves(&self, plan: &ProfilePlan) -> Result<Vec<Range<usize>>, QueryError> {
        let whole = 0..self.cuts.len();
        if matches!(self.labels, Some(Labels::File(..))) || self.cuts.is_empty() {
            return Ok(vec![whole]);
        }
        let Some(groups) = self.source.row_groups(self.timestamp)? else {
            return Ok(vec![whole]);
        };
        let columns = plan.columns().len().max(1) as f64;
        let cells = |cut: &(i64, i64)| groups.iter().map(|g| g.rows_within(*cut)).sum::<f64>() * columns;
        let own: Vec<f64> = self.cuts.iter().map(cells).collect();
        let cut = |most: f64| {
            let (mut waves, mut start, mut open) = (Vec::new(), 0, 0.0);
            for (at, own) in own.iter().enumerate() {
                if at > start && open + own > most {
                    waves.push(start..at);
                    (start, open) = (at, 0.0);
                }
                open += own;
            }
            waves.push(start..own.len());
            waves
        };
        // Groups that several runs need are read by each of them; where rows are not in the order of time that is all.
        let reads = |wave: &Range<usize>| -> u64 {
            let period = (self.cuts[wave.start].0, self.cuts[wave.end - 1].1);
            groups.iter().filter(|g| g.touches(period)).map(|g| g.rows).sum()
        };
        let rows: u64 = groups.iter().map(|g| g.rows).sum();
        let mut most = WAVE_CELLS as f64;
        loop {
            let waves = cut(most);
            if waves.len() <= 1 || waves.iter().map(reads).sum::<u64>() <= rows.saturating_mul(MOST_READS) {
                return Ok(waves);
            }
            most *= 2.0;
        }
    }

    async fn frame(
        &self,
        plan: &Arc<ProfilePlan>,
        wave: &Range<usize>,
        counter: &RowCounter,
    ) -> Result<DataFrame, QueryError> {
        let engine = |e: datafusion::error::DataFusionError| self.source.engine(&e);
        let windows: Arc<[(i64, i64)]> = self.cuts[wave.clone()].into();
        let mut frame = self.source.frame();
        if let (Some(first), Some(last)) = (windows.first(), windows.last())
            && let Some(within) = self.prune(first.0, last.1)
        {
            frame = frame.filter(within).map_err(engine)?;
        }
        let mut present: Vec<String> = self.source.columns().map(str::to_owned).collect();
        let joined = match &self.labels {
            None => None,
            Some(Labels::File(labels, id)) => {
                Some(join_file(self.source, frame.clone(), labels, id, self.timestamp).await?)
            }
            Some(Labels::Late(late)) => {
                let period = (
                    windows.first().map_or(i64::MAX, |w| w.0),
                    windows.last().map_or(i64::MIN, |w| w.1),
                );
                Some(late.join(self.source, frame.clone(), self.timestamp, period).await?)
            }
        };
        if let Some((joined, names)) = joined {
            frame = joined;
            present.extend(names);
        }
        let columns: Vec<String> = plan.columns().iter().filter(|c| present.contains(c)).cloned().collect();
        let index = window_index(windows, &self.timezone)
            .call(vec![column(self.timestamp)])
            .alias(WINDOW);
        let selected: Vec<Expr> = std::iter::once(index)
            .chain(columns.iter().map(|c| column(c)))
            .collect();
        let frame = frame
            .select(selected)
            .and_then(|f| f.filter(column(WINDOW).is_not_null()))
            .map_err(engine)?;
        let mut arguments: Vec<Expr> = columns.iter().map(|c| column(c)).collect();
        if arguments.is_empty() {
            arguments.push(column(WINDOW));
        }
        let names = if columns.is_empty() {
            vec![WINDOW.to_owned()]
        } else {
            columns
        };
        let profile = counted(plan, &names, counter.clone())
            .call(arguments)
            .alias("\u{1}profile");
        frame.aggregate(vec![column(WINDOW)], vec![profile]).map_err(engine)
    }

    /// A condition on the raw timestamp that lets files be skipped; a day wider where the zone matters.
    fn prune(&self, from: i64, to: i64) -> Option<Expr> {
        let (_, field) = self.source.schema().column_with_name(self.timestamp)?;
        let DataType::Timestamp(unit, zone) = field.data_type() else {
            return None;
        };
        let wider = self.slack();
        let (from, to) = (from.saturating_sub(wider), to.saturating_add(wider));
        let literal = |micros: i64, up: bool| {
            let divide = |by: i64| micros.div_euclid(by) + i64::from(up && micros.rem_euclid(by) != 0);
            match unit {
                TimeUnit::Second => ScalarValue::TimestampSecond(Some(divide(1_000_000)), zone.clone()),
                TimeUnit::Millisecond => ScalarValue::TimestampMillisecond(Some(divide(1_000)), zone.clone()),
                TimeUnit::Microsecond => ScalarValue::TimestampMicrosecond(Some(micros), zone.clone()),
                TimeUnit::Nanosecond => {
                    ScalarValue::TimestampNanosecond(Some(micros.saturating_mul(1_000)), zone.clone())
                }
            }
        };
        let raw = || column(self.timestamp);
        Some(
            raw()
                .gt_eq(lit(literal(from, false)))
                .and(raw().lt(lit(literal(to, true)))),
        )
    }
}
