//! What the windows of a reference teach the tests of a monitor.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use plimsoll_engine::{Lessons, Profile, Reference};
use plimsoll_model::{Granularity, Window, config::ReferenceKind};
use plimsoll_query::{Source, Windows};

use crate::{
    MonitorError,
    plan::{Planned, profile_plan},
    reference::{Data, Slice, seconds_between},
};

/// What is missing of the first or last window of a file for it to count as a whole one, at most.
const MISSING_SHARE: f64 = 0.1;

/// Reads the windows of a fixed reference for the plans that learn from them; one answer a plan.
///
/// Windows are as long as those of the monitor, lie in the reference as a whole and have rows.
pub(crate) async fn lessons(
    kind: Option<&ReferenceKind>,
    data: &Data<'_>,
    base: &Path,
    every: Granularity,
    slice: &Slice,
    planned: &[Planned],
) -> Result<Vec<Arc<Lessons>>, MonitorError> {
    let none = || planned.iter().map(|_| Arc::default()).collect();
    if !planned.iter().any(|p| p.plan.learns()) {
        return Ok(none());
    }
    match kind {
        Some(ReferenceKind::Range { from, to }) => {
            let mut windows = every.windows(*from, *to, data.timezone)?;
            windows.retain(|w| w.start >= *from && w.end <= *to);
            read(|cuts| data.windows(cuts), &windows, slice, planned).await
        }
        Some(ReferenceKind::Source(spec)) => {
            let source = Source::open(spec, base).await?;
            let times = match source.time_range(data.timestamp, data.timezone).await {
                Ok(times) => times,
                Err(error) => {
                    let problem = format!("{error}; windows need the time of each row of the reference");
                    let lessons = Arc::new(Lessons::without(problem));
                    return Ok(planned.iter().map(|_| Arc::clone(&lessons)).collect());
                }
            };
            let Some((first, last)) = times.range else {
                return Ok(none());
            };
            let windows = covered(every, data, first, last)?;
            let of = |cuts| Windows::new(&source, data.timestamp, data.timezone, cuts);
            read(of, &windows, slice, planned).await
        }
        _ => Ok(none()),
    }
}

/// The windows that rows from `first` to `last`, in microseconds since the Unix epoch, cover. Nobody knows when a file begins,
/// so that its outermost windows count where little of them is missing.
fn covered(every: Granularity, data: &Data<'_>, first: i64, last: i64) -> Result<Vec<Window>, MonitorError> {
    let moment = |at: i64| {
        Timestamp::from_microsecond(at).map_err(|e| MonitorError::Nothing(format!("a time is out of range: {e}")))
    };
    let (first, last) = (moment(first)?, moment(last)?);
    let end = moment(last.as_microsecond() + 1)?;
    let mut windows = every.windows(first, end, data.timezone)?;
    windows.retain(|w| {
        let missing = seconds_between(w.start, first).max(0.0) + seconds_between(last, w.end).max(0.0);
        missing <= MISSING_SHARE * seconds_between(w.start, w.end)
    });
    Ok(windows)
}

async fn read<'a>(
    of: impl Fn(Vec<(i64, i64)>) -> Windows<'a>,
    windows: &[Window],
    slice: &Slice,
    planned: &[Planned],
) -> Result<Vec<Arc<Lessons>>, MonitorError> {
    let plan = profile_plan(planned.iter().filter(|p| p.plan.learns()), []);
    let references: Vec<Option<Reference<'_>>> = planned
        .iter()
        .map(|p| p.plan.learns().then(|| p.plan.reference(&slice.profile)))
        .collect();
    let mut lessons = vec![Lessons::default(); planned.len()];
    let cuts: Vec<(i64, i64)> = windows
        .iter()
        .map(|w| (w.start.as_microsecond(), w.end.as_microsecond()))
        .collect();
    if !cuts.is_empty() {
        of(cuts)
            .profile(
                &plan,
                |_| (),
                |profiles| {
                    for found in profiles {
                        let seconds = seconds_between(windows[found.window].start, windows[found.window].end);
                        learn(planned, &references, &mut lessons, slice, (&found.profile, seconds));
                    }
                    Ok::<(), plimsoll_query::QueryError>(())
                },
            )
            .await?;
    }
    Ok(lessons.into_iter().map(Arc::new).collect())
}

fn learn(
    planned: &[Planned],
    references: &[Option<Reference<'_>>],
    lessons: &mut [Lessons],
    slice: &Slice,
    (window, seconds): (&Profile, f64),
) {
    for ((planned, reference), lessons) in planned.iter().zip(references).zip(lessons) {
        if let Some(reference) = reference {
            let spanned = slice.seconds.map_or(1.0, |whole| whole / seconds);
            planned.plan.learn(lessons, window, &reference.spanning(spanned));
        }
    }
}

/// What the parts of a moving reference teach a plan.
pub(crate) fn lessons_of_parts(planned: &Planned, reference: &Reference<'_>, slice: &Slice) -> Lessons {
    let mut lessons = Lessons::default();
    for (window, profile) in &slice.parts {
        let seconds = seconds_between(window.start, window.end);
        let spanned = slice.seconds.map_or(1.0, |whole| whole / seconds);
        planned.plan.learn(&mut lessons, profile, &reference.spanning(spanned));
    }
    lessons
}
