//! The Profile: all the states over one slice of data.

use std::{any::Any, sync::Arc};

use xxhash_rust::xxh3::xxh3_64;

use plimsoll_model::Preparation;

use crate::{
    Batch, EvaluateError, Preparer, ProfileError, Reader, Statistic, StatisticError, StatisticSpec, Writer,
    derived::Derived, segments::Segments,
};

/// Version of the profile's byte form that this program writes.
const FORMAT_VERSION: u32 = 4;
const MAGIC: &[u8; 4] = b"PLPF";
/// First bytes of a stored profile.
const STORED_MAGIC: &[u8] = b"PLPS";
/// First bytes of a stored profile whose plan prepares the rows.
const PREPARED_MAGIC: &[u8] = b"PLPQ";
/// Largest stored profile that is unpacked, in bytes.
const STORED_LIMIT: usize = 1 << 30;

/// Sizes at which statistics change from exact to sketched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProfileOptions {
    /// Values a column a slice that are kept exactly. Default 262,144.
    pub exact_limit: usize,
    /// Points of a sketched distribution. Default 8,192.
    pub sketch_points: usize,
    /// Different categories a column a slice that are counted by name. Default 100,000.
    pub category_limit: usize,
}

impl Default for ProfileOptions {
    fn default() -> Self {
        Self {
            exact_limit: 262_144,
            sketch_points: 8_192,
            category_limit: 100_000,
        }
    }
}

/// Which statistics a profile holds and which columns feed them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProfilePlan {
    specs: Vec<StatisticSpec>,
    /// Every column that a statistic or a grouping asks for, sorted.
    names: Vec<String>,
    /// The columns of the data that are read for it, sorted.
    columns: Vec<String>,
    options: ProfileOptions,
    preparer: Preparer,
    /// Groupings of the rows by columns; each has a Profile a segment.
    segments: Vec<Vec<String>>,
    /// What the Profile of a segment holds; `None` without segments.
    parts: Option<Arc<ProfilePlan>>,
}

impl ProfilePlan {
    /// Plans the distinct requests, sorted.
    #[must_use]
    pub fn new(specs: impl IntoIterator<Item = StatisticSpec>, options: ProfileOptions) -> Self {
        let mut specs: Vec<_> = specs.into_iter().collect();
        specs.sort();
        specs.dedup();
        let mut names: Vec<String> = specs
            .iter()
            .flat_map(|s| s.columns().into_iter().map(str::to_owned))
            .collect();
        names.sort();
        names.dedup();
        Self {
            specs,
            columns: names.clone(),
            names,
            options,
            preparer: Preparer::default(),
            segments: Vec::new(),
            parts: None,
        }
    }

    /// The same statistics, also by the values of one or more columns: each grouping is a list of columns.
    #[must_use]
    pub fn with_segments(self, groupings: &[Vec<String>]) -> Self {
        if groupings.is_empty() {
            return self;
        }
        let mut names = self.names.clone();
        names.extend(groupings.iter().flatten().cloned());
        names.sort();
        names.dedup();
        Self {
            specs: self.specs.clone(),
            columns: self.preparer.reads(&names),
            names,
            options: self.options.clone(),
            preparer: self.preparer.clone(),
            segments: groupings.to_vec(),
            // Rows are split when they are prepared.
            parts: Some(Arc::new(Self {
                columns: self.names.clone(),
                preparer: Preparer::default(),
                ..self
            })),
        }
    }

    /// The same statistics of rows that are prepared before anything reads them.
    #[must_use]
    pub fn prepared(self, preparer: &Preparer) -> Self {
        Self {
            columns: preparer.reads(&self.names),
            preparer: preparer.clone(),
            ..self
        }
    }

    /// What is done to rows before anything reads them.
    #[must_use]
    pub fn preparer(&self) -> &Preparer {
        &self.preparer
    }

    /// Groupings of the rows: lists of columns.
    #[must_use]
    pub fn segments(&self) -> &[Vec<String>] {
        &self.segments
    }

    /// The requests, sorted.
    #[must_use]
    pub fn specs(&self) -> &[StatisticSpec] {
        &self.specs
    }

    /// Every column of the data that is read, sorted.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Sizes at which statistics change from exact to sketched.
    #[must_use]
    pub fn options(&self) -> &ProfileOptions {
        &self.options
    }
}

/// All the states over one slice of data. Merging is associative and commutative.
#[derive(Debug)]
pub struct Profile {
    plan: Arc<ProfilePlan>,
    rows: u64,
    states: Vec<Result<Box<dyn Statistic>, StatisticError>>,
    /// By grouping of the plan.
    segments: Vec<Result<Segments, StatisticError>>,
    /// What metrics have worked out from these states.
    derived: Derived,
}

impl Profile {
    /// The profile of no rows.
    #[must_use]
    pub fn empty(plan: &Arc<ProfilePlan>) -> Self {
        let states = plan.specs.iter().map(|s| Ok(s.zero(&plan.options))).collect();
        let grouping = |columns: &Vec<String>| plan.parts.as_ref().map(|parts| Ok(Segments::empty(columns, parts)));
        Self {
            plan: Arc::clone(plan),
            rows: 0,
            states,
            segments: plan.segments.iter().filter_map(grouping).collect(),
            derived: Derived::default(),
        }
    }

    /// Takes in the rows of a batch. A statistic that cannot read its column fails alone.
    pub fn update(&mut self, batch: &Batch<'_>) {
        let plan = Arc::clone(&self.plan);
        match plan.preparer.prepare(batch, &plan.names) {
            None => self.take(batch),
            Some(prepared) => self.take(&prepared.batch()),
        }
    }

    /// Takes in prepared rows.
    fn take(&mut self, batch: &Batch<'_>) {
        self.derived = Derived::default();
        self.rows += batch.rows() as u64;
        for state in &mut self.states {
            if let Ok(statistic) = state
                && let Err(error) = statistic.update(batch)
            {
                *state = Err(error);
            }
        }
        for segments in &mut self.segments {
            if let Ok(own) = segments
                && let Err(error) = own.update(batch)
            {
                *segments = Err(error);
            }
        }
    }

    /// Takes in the rows that another profile of the same plan has seen.
    ///
    /// # Errors
    /// [`ProfileError::Plan`] if the plans differ.
    pub fn merge(&mut self, other: Self) -> Result<(), ProfileError> {
        if self.plan != other.plan {
            let differs = self.plan.specs.iter().find(|s| !other.plan.specs.contains(s));
            return Err(ProfileError::Plan(
                differs.map_or_else(|| "options".to_owned(), |s| format!("{s:?}")),
            ));
        }
        self.derived = Derived::default();
        self.rows += other.rows;
        for (state, theirs) in self.states.iter_mut().zip(other.states) {
            let merged = match (state.as_mut(), theirs) {
                (Ok(mine), Ok(theirs)) => mine.merge(theirs),
                (Ok(_), Err(error)) => Err(error),
                (Err(_), _) => Ok(()),
            };
            if let Err(error) = merged {
                *state = Err(error);
            }
        }
        for (own, theirs) in self.segments.iter_mut().zip(other.segments) {
            match (own.as_mut(), theirs) {
                (Ok(own), Ok(theirs)) => own.merge(theirs)?,
                (Ok(_), Err(error)) => *own = Err(error),
                (Err(_), _) => {}
            }
        }
        Ok(())
    }

    /// Brings every state into canonical form; needed before reading or writing.
    pub fn finish(&mut self) {
        self.derived = Derived::default();
        for state in self.states.iter_mut().flatten() {
            state.finish();
        }
        self.segments.iter_mut().flatten().for_each(Segments::finish);
    }

    /// Shrinks every finished state for storage beside a snapshot.
    pub fn compact(&mut self) {
        self.derived = Derived::default();
        for state in self.states.iter_mut().flatten() {
            state.compact();
        }
        self.segments.iter_mut().flatten().for_each(Segments::compact);
    }

    /// Values that metrics have worked out from the finished states.
    pub(crate) fn derived(&self) -> &Derived {
        &self.derived
    }

    /// The segments of a grouping of the plan.
    ///
    /// # Errors
    /// [`EvaluateError::Statistic`] if a column of the grouping could not be read, [`EvaluateError::Absent`] if the plan has
    /// no such grouping.
    pub(crate) fn segments(&self, at: usize) -> Result<&Segments, EvaluateError> {
        let grouping = self.segments.get(at);
        let grouping = grouping.ok_or_else(|| EvaluateError::Absent(format!("grouping {at}")))?;
        grouping.as_ref().map_err(|e| EvaluateError::Statistic(e.clone()))
    }

    /// Rows seen.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The statistics that this profile holds.
    #[must_use]
    pub fn plan(&self) -> &Arc<ProfilePlan> {
        &self.plan
    }

    /// The finished state for a request.
    ///
    /// # Errors
    /// [`EvaluateError::Absent`] if the plan lacks the request, [`EvaluateError::Statistic`] if reading rows failed.
    pub fn get<S: Statistic>(&self, spec: &StatisticSpec) -> Result<&S, EvaluateError> {
        let absent = || EvaluateError::Absent(format!("{spec:?}"));
        let at = self.plan.specs.binary_search(spec).map_err(|_| absent())?;
        let state: &dyn Any = &**self.states[at]
            .as_ref()
            .map_err(|e| EvaluateError::Statistic(e.clone()))?;
        state.downcast_ref::<S>().ok_or_else(absent)
    }

    /// The profile's bytes: magic, version, rows, then each state, then a hash of all before. States must be finished.
    ///
    /// The plan is not part of the bytes of an intermediate state; [`Profile::to_stored`] adds it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let fail = |w: &mut Writer, error: &StatisticError| {
            w.u8(0);
            w.string(error.code());
            w.string(&error.to_string());
        };
        let mut w = Writer::default();
        w.bytes(MAGIC);
        w.u32(FORMAT_VERSION);
        w.u64(self.rows);
        for state in &self.states {
            match state {
                Ok(statistic) => {
                    w.u8(1);
                    statistic.write(&mut w);
                }
                Err(error) => fail(&mut w, error),
            }
        }
        for segments in &self.segments {
            match segments {
                Ok(segments) => {
                    w.u8(1);
                    segments.write(&mut w);
                }
                Err(error) => fail(&mut w, error),
            }
        }
        let mut bytes = w.into_bytes();
        let hash = xxh3_64(&bytes);
        bytes.extend_from_slice(&hash.to_le_bytes());
        bytes
    }

    /// Reads what [`Profile::to_bytes`] wrote for the same plan.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] or [`ProfileError::Version`].
    pub fn from_bytes(plan: &Arc<ProfilePlan>, bytes: &[u8]) -> Result<Self, ProfileError> {
        let mut r = Reader::new(bytes);
        if r.take(4)? != MAGIC {
            return Err(ProfileError::Damaged {
                at: 0,
                problem: "not a profile".into(),
            });
        }
        let found = r.u32()?;
        if found != FORMAT_VERSION {
            return Err(ProfileError::Version {
                found,
                supported: FORMAT_VERSION,
            });
        }
        // Flipped bits would give numbers that are wrong without a sign.
        let damaged = |problem: &str| ProfileError::Damaged {
            at: bytes.len(),
            problem: problem.to_owned(),
        };
        let (content, hash) = bytes
            .split_last_chunk::<8>()
            .ok_or_else(|| damaged("no hash at the end"))?;
        if xxh3_64(content) != u64::from_le_bytes(*hash) {
            return Err(damaged("the hash of the content differs"));
        }
        let mut r = Reader::new(content);
        r.take(8)?;
        let rows = r.u64()?;
        let failure = |r: &mut Reader<'_>| {
            let (code, message) = (r.string()?, r.string()?);
            Ok::<_, ProfileError>(StatisticError::Stored { code, message })
        };
        let mut states = Vec::with_capacity(plan.specs.len());
        for spec in &plan.specs {
            states.push(match r.u8()? {
                1 => Ok(spec.read(&plan.options, &mut r)?),
                _ => Err(failure(&mut r)?),
            });
        }
        let mut segments = Vec::with_capacity(plan.segments.len());
        if let Some(parts) = &plan.parts {
            for columns in &plan.segments {
                segments.push(match r.u8()? {
                    1 => Ok(Segments::read(columns, parts, &mut r)?),
                    _ => Err(failure(&mut r)?),
                });
            }
        }
        if r.take(1).is_ok() {
            return Err(r.damaged("bytes are left after the last state"));
        }
        Ok(Self {
            plan: Arc::clone(plan),
            rows,
            states,
            segments,
            derived: Derived::default(),
        })
    }

    /// The profile with its plan, compressed: a file that can be read without knowing what it was made for.
    #[must_use]
    pub fn to_stored(&self) -> Vec<u8> {
        let mut w = Writer::default();
        let specs = serde_json::to_string(&self.plan.specs).unwrap_or_default();
        let options = &self.plan.options;
        for size in [options.exact_limit, options.sketch_points, options.category_limit] {
            w.u64(size as u64);
        }
        w.string(&specs);
        w.string(&serde_json::to_string(&self.plan.segments).unwrap_or_default());
        let preparation = self.plan.preparer.preparation();
        let mut stored = if preparation.is_empty() {
            STORED_MAGIC.to_vec()
        } else {
            w.string(&serde_json::to_string(preparation).unwrap_or_default());
            PREPARED_MAGIC.to_vec()
        };
        w.bytes(&self.to_bytes());
        // Level 1 is enough: the numbers are dense already.
        let packed = zstd::bulk::Compressor::new(1).and_then(|mut packer| {
            packer.include_checksum(true)?;
            packer.compress(&w.into_bytes())
        });
        stored.extend(packed.unwrap_or_default());
        stored
    }

    /// Reads what [`Profile::to_stored`] wrote.
    ///
    /// # Errors
    /// [`ProfileError::Damaged`] or [`ProfileError::Version`].
    pub fn from_stored(bytes: &[u8]) -> Result<Self, ProfileError> {
        let damaged = |problem: &str| ProfileError::Damaged {
            at: 0,
            problem: problem.to_owned(),
        };
        let prepared = bytes.strip_prefix(PREPARED_MAGIC);
        let packed = prepared.or_else(|| bytes.strip_prefix(STORED_MAGIC));
        let packed = packed.ok_or_else(|| damaged("not a stored profile"))?;
        let unpacked = zstd::bulk::decompress(packed, STORED_LIMIT).map_err(|e| damaged(&e.to_string()))?;
        let mut r = Reader::new(&unpacked);
        let mut size = || Ok::<_, ProfileError>(usize::try_from(r.u64()?).unwrap_or(usize::MAX));
        let options = ProfileOptions {
            exact_limit: size()?,
            sketch_points: size()?,
            category_limit: size()?,
        };
        let specs: Vec<StatisticSpec> =
            serde_json::from_str(&r.string()?).map_err(|e| damaged(&format!("unknown statistics: {e}")))?;
        let segments: Vec<Vec<String>> =
            serde_json::from_str(&r.string()?).map_err(|e| damaged(&format!("no list of segments: {e}")))?;
        let mut plan = ProfilePlan::new(specs, options).with_segments(&segments);
        if prepared.is_some() {
            let preparation: Preparation =
                serde_json::from_str(&r.string()?).map_err(|e| damaged(&format!("unknown preparation: {e}")))?;
            let preparer = Preparer::new(&preparation).map_err(|e| damaged(&format!("unknown preparation: {e}")))?;
            plan = plan.prepared(&preparer);
        }
        Self::from_bytes(&Arc::new(plan), r.rest())
    }
}
