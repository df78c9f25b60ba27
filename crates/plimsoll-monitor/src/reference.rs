//! What a window is compared with.

use std::{collections::VecDeque, path::Path, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use plimsoll_engine::{Profile, ProfilePlan};
use plimsoll_model::{ReferenceInfo, Window, config::ReferenceKind};
use plimsoll_query::{LateLabels, QueryError, Source, Windows};

use crate::MonitorError;

/// Where the labels of the rows are.
#[derive(Debug)]
pub(crate) enum LabelTable<'a> {
    /// With the rows.
    None,
    /// In a file, joined by the id column.
    File(&'a Source, &'a str),
    /// In the prediction store.
    Late(LateLabels<'a>),
}

/// Where the rows are and how their time is read.
#[derive(Debug)]
pub(crate) struct Data<'a> {
    pub source: &'a Source,
    pub labels: LabelTable<'a>,
    pub timestamp: &'a str,
    pub timezone: &'a TimeZone,
}

impl<'a> Data<'a> {
    /// The rows of windows.
    pub fn windows(&self, windows: Vec<(i64, i64)>) -> Windows<'a> {
        let windows = Windows::new(self.source, self.timestamp, self.timezone, windows);
        match &self.labels {
            LabelTable::None => windows,
            LabelTable::File(labels, id) => windows.with_labels(labels, id),
            LabelTable::Late(late) => windows.with_late_labels(late.clone()),
        }
    }
}

/// A profile that windows are compared with.
#[derive(Debug)]
pub(crate) struct Slice {
    pub profile: Profile,
    pub info: ReferenceInfo,
    /// Length in seconds, if known.
    pub seconds: Option<f64>,
    /// The windows that a moving reference is made of and that have rows, where tests learn from them.
    pub parts: Vec<(Window, Arc<Profile>)>,
}

/// The same profile for every window, or profiles of earlier windows.
#[derive(Debug)]
pub(crate) enum References {
    None,
    Fixed(Arc<Slice>),
    Earlier(Earlier),
}

/// Profiles of the windows before, oldest first.
#[derive(Debug)]
pub(crate) struct Earlier {
    plan: Arc<ProfilePlan>,
    /// How far back; `None`: the window before alone.
    trailing: Option<i64>,
    /// Keeps the windows' profiles by themselves, too.
    learns: bool,
    kept: VecDeque<Kept>,
}

/// A window before.
#[derive(Debug)]
struct Kept {
    window: Window,
    bytes: Vec<u8>,
    /// The finished profile, where tests learn from it.
    profile: Option<Arc<Profile>>,
}

impl References {
    /// Reads a fixed reference, or prepares for earlier windows, of which each is kept where tests learn from them.
    pub async fn open(
        kind: Option<&ReferenceKind>,
        data: &Data<'_>,
        base: &Path,
        plan: &Arc<ProfilePlan>,
        learns: bool,
    ) -> Result<Self, MonitorError> {
        let earlier = |trailing| {
            Self::Earlier(Earlier {
                plan: Arc::clone(plan),
                trailing,
                learns,
                kept: VecDeque::new(),
            })
        };
        Ok(match kind {
            None => Self::None,
            Some(ReferenceKind::Previous) => earlier(None),
            Some(ReferenceKind::Trailing { seconds }) => earlier(Some(*seconds)),
            Some(ReferenceKind::Range { from, to }) => {
                let mut found = None;
                data.windows(vec![(from.as_microsecond(), to.as_microsecond())])
                    .profile(
                        plan,
                        |_| (),
                        |profiles| {
                            found = profiles.into_iter().next().map(|p| p.profile);
                            Ok::<(), QueryError>(())
                        },
                    )
                    .await?;
                let shown = |t: &Timestamp| {
                    let local = t.to_zoned_datetime(data.timezone.clone());
                    let midnight = local.datetime().time() == jiff::civil::Time::midnight();
                    if midnight {
                        local.date().to_string()
                    } else {
                        local.datetime().to_string()
                    }
                };
                let description = format!("{} to {}", shown(from), shown(to));
                let profile = found.ok_or_else(|| {
                    MonitorError::Nothing(format!("the reference {description} holds no row of the data"))
                })?;
                let info = ReferenceInfo {
                    description,
                    rows: profile.rows(),
                };
                Self::Fixed(Arc::new(Slice {
                    profile,
                    info,
                    seconds: Some(seconds_between(*from, *to)),
                    parts: Vec::new(),
                }))
            }
            Some(ReferenceKind::Source(spec)) => {
                let source = Source::open(spec, base).await?;
                let profile = source.profile_all(plan).await?;
                let seconds = match source.time_range(data.timestamp, data.timezone).await {
                    Ok(times) => times.range.map(|(first, last)| (last - first) as f64 / 1e6),
                    Err(_) => None,
                };
                let info = ReferenceInfo {
                    description: spec.clone(),
                    rows: profile.rows(),
                };
                Self::Fixed(Arc::new(Slice {
                    profile,
                    info,
                    seconds: seconds.filter(|s| *s > 0.0),
                    parts: Vec::new(),
                }))
            }
        })
    }

    /// How much earlier than the first window reading must begin.
    pub fn lead_seconds(kind: Option<&ReferenceKind>, window_seconds: f64) -> f64 {
        match kind {
            Some(ReferenceKind::Previous) => window_seconds,
            Some(ReferenceKind::Trailing { seconds }) => *seconds as f64,
            _ => 0.0,
        }
    }
}

pub(crate) fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    (to.as_microsecond() - from.as_microsecond()) as f64 / 1e6
}

impl Earlier {
    /// What a window is compared with; `None` if the period before holds no row.
    pub fn before(&self, window: &Window) -> Result<Option<Slice>, QueryError> {
        let since = self.trailing.map(|s| window.start.as_second() - s);
        let fits = |kept: &&Kept| match since {
            None => kept.window.end == window.start,
            Some(since) => kept.window.start.as_second() >= since && kept.window.end <= window.start,
        };
        let mut whole: Option<(Profile, Timestamp)> = None;
        let mut parts = Vec::new();
        for kept in self.kept.iter().filter(fits) {
            let part = Profile::from_bytes(&self.plan, &kept.bytes)?;
            parts.extend(kept.profile.iter().map(|p| (kept.window.clone(), Arc::clone(p))));
            whole = Some(match whole {
                None => (part, kept.window.start),
                Some((mut profile, start)) => {
                    profile.merge(part)?;
                    (profile, start)
                }
            });
        }
        Ok(whole
            .filter(|(profile, _)| profile.rows() > 0)
            .map(|(mut profile, start)| {
                profile.finish();
                let description = match self.trailing {
                    None => "previous window".to_owned(),
                    Some(seconds) => format!("the {} days before", seconds as f64 / 86_400.0),
                };
                let info = ReferenceInfo {
                    description,
                    rows: profile.rows(),
                };
                Slice {
                    profile,
                    info,
                    seconds: Some(seconds_between(start, window.start)),
                    parts,
                }
            }))
    }

    /// Keeps a window's profile for the windows after it and forgets what lies too far back.
    pub fn keep(&mut self, window: &Window, profile: &Profile) -> Result<(), QueryError> {
        let longest = self.trailing.unwrap_or(0);
        while self.kept.front().is_some_and(|old| {
            if self.trailing.is_none() {
                old.window.end < window.start
            } else {
                old.window.start.as_second() < window.start.as_second() - longest
            }
        }) {
            self.kept.pop_front();
        }
        let bytes = profile.to_bytes();
        let mut own = None;
        if self.learns && profile.rows() > 0 {
            let mut whole = Profile::from_bytes(&self.plan, &bytes)?;
            whole.finish();
            own = Some(Arc::new(whole));
        }
        self.kept.push_back(Kept {
            window: window.clone(),
            bytes,
            profile: own,
        });
        Ok(())
    }
}
