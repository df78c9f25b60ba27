//! Segments: the rows of a slice by the values of one or more columns, each with a Profile of its own.
//!
//! A slice keeps the Profiles of at most [`KEPT`] segments of a grouping; the rows of all others go into one Profile together.
//! Which ones are kept follows from their names alone (those with the smallest hashes), so that merging stays associative and
//! commutative.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use xxhash_rust::xxh3::xxh3_64;

use crate::{Batch, Profile, ProfileError, ProfilePlan, Profiles, Reader, StatisticError, Writer, by_group};

/// Segments of a grouping that a slice keeps apart.
pub(crate) const KEPT: usize = 100;
/// Segments of a grouping that have points of their own; the others are one.
pub(crate) const SHOWN: usize = 20;
/// Value that stands for all segments without points of their own.
const OTHER: &str = "other";
/// Value that stands for missing cells.
const MISSING: &str = "missing";

/// A segment by the hash of its name, then its name: the order in which segments are kept.
type Key = (u64, String);

/// The segments of one grouping.
#[derive(Debug)]
pub(crate) struct Segments {
    columns: Vec<String>,
    plan: Arc<ProfilePlan>,
    kept: BTreeMap<Key, Profile>,
    rest: Option<Profile>,
}

fn failed(problem: &impl ToString) -> StatisticError {
    StatisticError::Stored {
        code: "statistic".to_owned(),
        message: format!("rows cannot be split into segments: {}", problem.to_string()),
    }
}

fn key(name: String) -> Key {
    (xxh3_64(name.as_bytes()), name)
}

impl Segments {
    pub fn empty(columns: &[String], plan: &Arc<ProfilePlan>) -> Self {
        Self {
            columns: columns.to_vec(),
            plan: Arc::clone(plan),
            kept: BTreeMap::new(),
            rest: None,
        }
    }

    /// Takes in the rows of a batch.
    ///
    /// # Errors
    /// [`StatisticError`] if a column of the grouping is absent or cannot be read as text.
    pub fn update(&mut self, batch: &Batch<'_>) -> Result<(), StatisticError> {
        let (names, rows) = self.names(batch)?;
        let keys: Vec<Key> = names.into_iter().map(key).collect();
        // The number of the segment of each row among the keys; those not kept are one.
        let chosen: BTreeSet<&Key> = self.kept.keys().chain(&keys).collect();
        let chosen: BTreeSet<Key> = chosen.into_iter().take(KEPT).cloned().collect();
        let number = |at: &usize| if chosen.contains(&keys[*at]) { *at } else { keys.len() };
        let groups: Vec<usize> = rows.iter().map(number).collect();
        self.keep(&chosen).map_err(|e| failed(&e))?;
        let plan = &self.plan;
        let (kept, rest) = (&mut self.kept, &mut self.rest);
        let split = by_group(batch.arrays(), &groups, |group, arrays| {
            let profile = match keys.get(group) {
                Some(key) => kept.entry(key.clone()).or_insert_with(|| Profile::empty(plan)),
                None => rest.get_or_insert_with(|| Profile::empty(plan)),
            };
            profile.update(&Batch::new(batch.names(), arrays));
        });
        split.map_err(|e| failed(&e))
    }

    /// Names of the segments of a batch, and which of them each row is in.
    fn names(&self, batch: &Batch<'_>) -> Result<(Vec<String>, Vec<usize>), StatisticError> {
        let mut names = vec![String::new()];
        let mut rows = vec![0; batch.rows()];
        for column in &self.columns {
            let labels = batch.labels(column)?;
            let mut known: HashMap<(usize, Option<usize>), usize> = HashMap::new();
            let mut longer = Vec::new();
            for (row, at) in rows.iter_mut().enumerate() {
                let value = labels.key(row);
                *at = *known.entry((*at, value)).or_insert_with(|| {
                    let before: &String = &names[*at];
                    let comma = if before.is_empty() { "" } else { ", " };
                    longer.push(format!(
                        "{before}{comma}{column}={}",
                        labels.get(row).unwrap_or(MISSING)
                    ));
                    longer.len() - 1
                });
            }
            names = longer;
        }
        Ok((names, rows))
    }

    /// Takes in the segments that another slice has seen.
    ///
    /// # Errors
    /// [`ProfileError::Plan`] if the plans differ.
    pub fn merge(&mut self, other: Self) -> Result<(), ProfileError> {
        for (key, profile) in other.kept {
            match self.kept.get_mut(&key) {
                Some(own) => own.merge(profile)?,
                None => drop(self.kept.insert(key, profile)),
            }
        }
        if let Some(rest) = other.rest {
            self.leave(rest)?;
        }
        let chosen: BTreeSet<Key> = self.kept.keys().take(KEPT).cloned().collect();
        self.keep(&chosen)
    }

    /// Moves segments that are not chosen to the others.
    fn keep(&mut self, chosen: &BTreeSet<Key>) -> Result<(), ProfileError> {
        while let Some(last) = self.kept.last_entry()
            && !chosen.contains(last.key())
        {
            let profile = last.remove();
            self.leave(profile)?;
        }
        Ok(())
    }

    fn leave(&mut self, profile: Profile) -> Result<(), ProfileError> {
        if let Some(rest) = &mut self.rest {
            return rest.merge(profile);
        }
        self.rest = Some(profile);
        Ok(())
    }

    fn profiles_mut(&mut self) -> impl Iterator<Item = &mut Profile> {
        self.kept.values_mut().chain(&mut self.rest)
    }

    pub fn finish(&mut self) {
        self.profiles_mut().for_each(Profile::finish);
    }

    pub fn compact(&mut self) {
        self.profiles_mut().for_each(Profile::compact);
    }

    /// Appends the segments by name; the others have no name.
    pub fn write(&self, w: &mut Writer) {
        w.u64((self.kept.len() + usize::from(self.rest.is_some())) as u64);
        let kept = self.kept.iter().map(|((_, name), profile)| (name.as_str(), profile));
        for (name, profile) in kept.chain(self.rest.as_ref().map(|rest| ("", rest))) {
            let bytes = profile.to_bytes();
            w.string(name);
            w.u64(bytes.len() as u64);
            w.bytes(&bytes);
        }
    }

    /// Reads what [`Segments::write`] wrote.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] or [`ProfileError::Version`].
    pub fn read(columns: &[String], plan: &Arc<ProfilePlan>, r: &mut Reader<'_>) -> Result<Self, ProfileError> {
        let mut segments = Self::empty(columns, plan);
        for _ in 0..r.len(1)? {
            let name = r.string()?;
            let length = r.len(1)?;
            let profile = Profile::from_bytes(plan, r.take(length)?)?;
            if name.is_empty() {
                segments.rest = Some(profile);
            } else {
                segments.kept.insert(key(name), profile);
            }
        }
        Ok(segments)
    }

    /// Names of the [`SHOWN`] largest segments, largest first; those of `first` stand before all others.
    fn largest(&self, first: &[String]) -> Vec<String> {
        let mut own: Vec<(u64, &String)> = self.kept.iter().map(|((_, name), p)| (p.rows(), name)).collect();
        own.retain(|(_, name)| !first.contains(name));
        own.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let names = first.iter().chain(own.into_iter().map(|(_, name)| name));
        names.take(SHOWN).cloned().collect()
    }

    /// The Profile of each of the named segments, and at the end that of all others together.
    fn parts<'p>(&'p self, whole: &'p Profile, names: &[String]) -> Result<Vec<Part<'p>>, ProfileError> {
        let made = |name: &str, make: &dyn Fn() -> Result<Profile, ProfileError>| {
            // Kept with the whole, so that what metrics work out from it is kept too.
            let key = format!("segment {:?} {name} {names:?}", self.columns);
            let made = whole.derived().get(key, make);
            match made.as_ref() {
                Ok(_) => Ok(Part::Made(made)),
                Err(error) => Err(error.clone()),
            }
        };
        let nothing = || Ok(Profile::empty(&self.plan));
        let others = || {
            let left = self.kept.iter().filter(|((_, name), _)| !names.contains(name));
            let mut others = Profile::empty(&self.plan);
            for profile in left.map(|(_, profile)| profile).chain(&self.rest) {
                others.merge(Profile::from_bytes(&self.plan, &profile.to_bytes())?)?;
            }
            others.finish();
            Ok(others)
        };
        let mut parts = Vec::with_capacity(names.len() + 1);
        for name in names {
            parts.push(match self.kept.get(&key(name.clone())) {
                Some(profile) => Part::Own(profile),
                None => made(name, &nothing)?,
            });
        }
        parts.push(made("", &others)?);
        Ok(parts)
    }
}

/// The Profile of a segment: kept, or made for an evaluation.
pub(crate) enum Part<'p> {
    Own(&'p Profile),
    Made(Arc<Result<Profile, ProfileError>>),
}

impl Part<'_> {
    /// The Profile; an error does not become a part.
    pub fn profile(&self) -> Option<&Profile> {
        match self {
            Self::Own(profile) => Some(profile),
            Self::Made(made) => made.as_ref().as_ref().ok(),
        }
    }
}

/// A segment of two slices.
pub(crate) struct Segment<'p> {
    /// Such as `country=DE`, `country=DE, device=mobile` or `country=other`.
    pub name: String,
    pub current: Part<'p>,
    pub reference: Option<Part<'p>>,
}

impl Segment<'_> {
    /// What a metric is evaluated on for this segment.
    pub fn profiles<'s>(&'s self, whole: &Profiles<'s>) -> Option<Profiles<'s>> {
        let reference = match &self.reference {
            Some(part) => Some(part.profile()?),
            None => None,
        };
        Some(Profiles {
            current: self.current.profile()?,
            reference,
            ..*whole
        })
    }
}

/// The segments of all groupings that have points of their own, and what is wrong with others. Names are those of the largest
/// segments of the reference, then of the current slice.
pub(crate) fn segments<'p>(current: &'p Profile, reference: Option<&'p Profile>) -> (Vec<Segment<'p>>, Vec<String>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for (at, columns) in current.plan().segments().iter().enumerate() {
        match of_grouping(columns, at, current, reference) {
            Ok(segments) => found.extend(segments),
            Err(problem) => problems.push(format!("no segments by {}: {problem}", columns.join(", "))),
        }
    }
    (found, problems)
}

fn of_grouping<'p>(
    columns: &[String],
    at: usize,
    current: &'p Profile,
    reference: Option<&'p Profile>,
) -> Result<Vec<Segment<'p>>, String> {
    let own = current.segments(at).map_err(|e| e.to_string())?;
    let theirs = reference.map(|r| r.segments(at)).transpose();
    let theirs = theirs.map_err(|e| format!("in the reference, {e}"))?;
    let first = theirs.map_or_else(Vec::new, |s| s.largest(&[]));
    let names = own.largest(&first);
    let text = |e: ProfileError| e.to_string();
    let current_parts = own.parts(current, &names).map_err(text)?;
    let mut reference_parts = match (theirs, reference) {
        (Some(theirs), Some(reference)) => theirs.parts(reference, &names).map_err(text)?.into_iter(),
        _ => Vec::new().into_iter(),
    };
    let other: Vec<String> = columns.iter().map(|column| format!("{column}={OTHER}")).collect();
    let names = names.into_iter().chain([other.join(", ")]);
    let segment = |(name, current)| Segment {
        name,
        current,
        reference: reference_parts.next(),
    };
    let is_there = |s: &Segment<'_>| {
        let rows = |part: &Part<'_>| part.profile().map_or(0, Profile::rows);
        rows(&s.current) + s.reference.as_ref().map_or(0, rows) > 0
    };
    Ok(names.zip(current_parts).map(segment).filter(is_there).collect())
}
