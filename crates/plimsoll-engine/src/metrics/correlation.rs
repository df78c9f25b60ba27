//! `correlation`.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use plimsoll_model::{Bound, ColumnKind, DataDefinition, Detail, Labels, Point, Threshold};
use plimsoll_stats::{Centered, Ordered, cramer_v};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{below, equal, near},
    column::Column,
    sampled_rows::{at_least_two, five_thousand},
    significant,
};
use crate::{
    EvaluateError, Evaluation, Metric, Profile, Profiles, Range, SpecError, StatisticSpec, statistics::RowSample,
};

/// How a correlation is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Pearson's, of numbers: how near the rows are to a line.
    #[default]
    Pearson,
    /// Spearman's, of numbers: Pearson's of their ranks.
    Spearman,
    /// Kendall's τ-b, of numbers: ordered less unordered pairs of rows.
    Kendall,
    /// Cramér's V, of categories: 0–1, without correction of its bias.
    CramerV,
}

/// Pairs of columns whose points are kept.
const PAIRS: usize = 500;
/// Columns that are drawn as a matrix.
const DRAWN: usize = 30;

/// Correlations of the columns, and how they have changed.
///
/// # Definition
/// For each pair of columns, over the rows where both have a value. `pearson`: Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² Σ (y − ȳ)²).
/// `spearman`: the same of the ranks, equal values by their mean rank. `kendall`: τ-b. `cramer_v`:
/// √(χ² / n / (min(r, c) − 1)) of the table of counts, r by c. `change` is the current less the reference's value.
///
/// # Input
/// Numeric columns, or for `cramer_v` categorical and boolean ones, among `columns`; by default features, target, prediction
/// and scores. With `with`, that column against the others.
///
/// # Output
/// By pair, with labels `column` and `other`: `value`, −1 to 1 (`cramer_v` 0 to 1), and with a reference `change`. Without
/// labels: `largest`, the largest of the absolute values, and with a reference `changed`, the number of pairs whose change
/// is beyond `limit` either way. Of more than 500 pairs, those with the largest absolute values are kept. Up to 30 columns
/// the detail holds the matrices.
///
/// # Missing values
/// A row is left out of a pair if either cell is missing or infinite. A column without two different values has no
/// correlation: the point is null. No pair with one is the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to `rows` rows; beyond it from a sample of so many, with a note: the standard error of a correlation ρ is about
/// (1 − ρ²) / √rows. Of a stored profile 500 rows remain. Cost: O(rows · log rows) a pair.
///
/// # Default bound
/// `value`: within 0.25 of the reference. `change`: within 0.25 of 0. `changed`: 0. `largest`: with a reference within 10 %
/// of its value, without below 0.9.
///
/// # Source
/// Agrees with scipy.stats.pearsonr, spearmanr, kendalltau and contingency.association; Evidently
/// `DatasetCorrelationsMetric`, `TestCorrelationChanges`, `TestHighlyCorrelatedColumns`. DIFFERENCE: Evidently also counts
/// pairs of features where it names the target's largest correlation.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Correlation {
    /// How it is measured: `pearson`, `spearman`, `kendall` or `cramer_v`.
    #[serde(default)]
    method: Method,
    /// Names of the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    /// One side of every pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    with: Option<String>,
    /// Change of a correlation beyond which it counts as changed.
    #[serde(default = "quarter")]
    limit: f64,
    /// Rows that are compared.
    #[serde(default = "five_thousand")]
    rows: u32,
    #[serde(skip)]
    sampled: Vec<String>,
    #[serde(skip)]
    settled: Vec<Column>,
}

fn quarter() -> f64 {
    0.25
}

/// Correlation by pair of columns, in the order of the columns.
type Pairs = BTreeMap<(usize, usize), Option<f64>>;

impl Method {
    fn takes(self, kind: ColumnKind) -> bool {
        match self {
            Self::CramerV => kind.is_categorical(),
            _ => kind == ColumnKind::Numeric,
        }
    }
}

impl Correlation {
    fn spec(&self) -> StatisticSpec {
        StatisticSpec::row_sample(self.sampled.clone(), self.rows)
    }

    fn sample<'p>(&self, profile: &'p Profile) -> Result<&'p RowSample, EvaluateError> {
        profile.get(&self.spec())
    }

    /// Both halves of the matrix, each column with itself being 1.
    fn matrix(&self, pairs: &Pairs) -> Vec<Vec<Option<f64>>> {
        let columns = 0..self.settled.len();
        let cell = |i: usize, j: usize| {
            if i == j {
                return Some(1.0);
            }
            pairs.get(&(i.min(j), i.max(j))).copied().flatten().map(significant)
        };
        let row = |i| columns.clone().map(|j| cell(i, j)).collect();
        columns.clone().map(row).collect()
    }

    /// The pairs of a profile; worked out once for all windows that are held against it.
    fn pairs(&self, profile: &Profile) -> Result<Arc<Pairs>, EvaluateError> {
        let sample = self.sample(profile)?;
        let key = format!(
            "correlation {:?} {:?} {:?} {:?}",
            self.method, self.with, self.settled, self.rows
        );
        Ok(profile.derived().get(key, || self.correlate(sample)))
    }

    fn correlate(&self, sample: &RowSample) -> Pairs {
        let with = self.with.as_deref();
        let chosen = |i: usize, j: usize| {
            let named = |at: usize| Some(self.settled[at].name.as_str()) == with;
            with.is_none() || named(i) || named(j)
        };
        let places = (0..self.settled.len()).flat_map(|i| (i + 1..self.settled.len()).map(move |j| (i, j)));
        let places = places.filter(|(i, j)| chosen(*i, *j));
        let names: Vec<&str> = self.settled.iter().map(|c| c.name.as_str()).collect();
        if self.method == Method::CramerV {
            let codes: Vec<Vec<Option<usize>>> = sample.label_columns(&names).iter().map(|c| coded(c)).collect();
            return places.map(|(i, j)| ((i, j), cramer_v(&codes[i], &codes[j]))).collect();
        }
        let finite = |v: Option<f64>| v.filter(|v| v.is_finite());
        let columns: Vec<Vec<Option<f64>>> = sample
            .number_columns(&names)
            .into_iter()
            .map(|column| column.into_iter().map(finite).collect())
            .collect();
        let of = match self.method {
            Method::Spearman => Ordered::spearman,
            Method::Kendall => Ordered::kendall,
            _ => {
                let centered: Vec<Centered> = columns.into_iter().map(Centered::new).collect();
                return places
                    .map(|(i, j)| ((i, j), centered[i].pearson(&centered[j])))
                    .collect();
            }
        };
        let ordered: Vec<Ordered> = columns.iter().map(|column| Ordered::new(column)).collect();
        places.map(|(i, j)| ((i, j), of(&ordered[i], &ordered[j]))).collect()
    }
}

/// Labels by number, in the order of their first row.
fn coded(labels: &[Option<Cow<'_, str>>]) -> Vec<Option<usize>> {
    let mut codes: HashMap<&str, usize> = HashMap::new();
    labels
        .iter()
        .map(|label| {
            let next = codes.len();
            label.as_deref().map(|label| *codes.entry(label).or_insert(next))
        })
        .collect()
}

/// The largest absolute value.
fn largest(pairs: &Pairs) -> Option<f64> {
    pairs.values().flatten().map(|v| v.abs()).reduce(f64::max)
}

impl Metric for Correlation {
    const ID: &'static str = "correlation";
    const FIELDS: &'static [&'static str] = &["value", "change", "largest", "changed"];
    const RANGE: Range = Range { least: -1.0, most: 1.0 };

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let params = |problem: String| SpecError::Params {
            metric: Self::ID.to_owned(),
            problem,
        };
        if !(self.limit.is_finite() && self.limit >= 0.0) {
            return Err(params(format!(
                "`limit` is {}, expected a number of at least 0",
                self.limit
            )));
        }
        at_least_two(Self::ID, self.rows)?;
        let mut settled: Vec<Column> = Vec::new();
        let own = definition.monitored().filter(|c| self.method.takes(c.kind));
        let names: Vec<String> = match &self.columns {
            Some(names) => names.clone(),
            None => own.map(|c| c.name.clone()).collect(),
        };
        for name in names.iter().chain(&self.with) {
            let column = Column::of(Self::ID, definition, name)?;
            if !self.method.takes(column.kind) {
                let (expected, found) = (
                    if self.method == Method::CramerV {
                        "categorical"
                    } else {
                        "numeric"
                    },
                    column.kind.as_str(),
                );
                return Err(params(format!(
                    "column `{name}` is {found}, expected a {expected} column"
                )));
            }
            if !settled.contains(&column) {
                settled.push(column);
            }
        }
        // One sample of all columns serves every method.
        let mut sampled: Vec<String> = if self.columns.is_some() {
            settled.iter().map(|c| c.name.clone()).collect()
        } else {
            let is_used = |kind| Method::Pearson.takes(kind) || Method::CramerV.takes(kind);
            definition
                .monitored()
                .filter(|c| is_used(c.kind))
                .map(|c| c.name.clone())
                .collect()
        };
        if let Some(with) = &self.with
            && !sampled.contains(with)
        {
            sampled.push(with.clone());
        }
        sampled.sort();
        Ok(Self {
            sampled,
            settled,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let sample = self.sample(profiles.current)?;
        let current = self.pairs(profiles.current)?;
        let Some(most) = largest(&current) else {
            return Err(EvaluateError::NotEnough(format!(
                "none of {} pairs of columns has two rows that differ in both",
                current.len()
            )));
        };
        let before = profiles.reference.map(|r| self.sample(r)).transpose()?;
        let reference = profiles.reference.map(|r| self.pairs(r)).transpose()?;
        let change = |pair: &(usize, usize), value: Option<f64>| Some(value? - (*reference.as_ref()?.get(pair)?)?);
        let mut kept: Vec<(&(usize, usize), Option<f64>)> =
            current.iter().map(|(pair, value)| (pair, *value)).collect();
        let size = |value: Option<f64>| value.map_or(-1.0, f64::abs);
        kept.sort_by(|a, b| size(b.1).total_cmp(&size(a.1)).then_with(|| a.0.cmp(b.0)));
        kept.truncate(PAIRS);
        kept.sort_by_key(|(pair, _)| **pair);
        let mut points = vec![Point::new("largest", most)];
        if reference.is_some() {
            let beyond = |(pair, value): (&(usize, usize), &Option<f64>)| {
                change(pair, *value).is_some_and(|change| change.abs() > self.limit)
            };
            let changed = current.iter().filter(|entry| beyond(*entry)).count();
            points.push(Point::new("changed", changed as f64));
        }
        for (pair, value) in kept {
            let point = |field: &str, value: f64| {
                Point::new(field, value)
                    .with("column", &self.settled[pair.0].name)
                    .with("other", &self.settled[pair.1].name)
            };
            points.push(point("value", value.unwrap_or(f64::NAN)));
            points.extend(change(pair, value).map(|change| point("change", change)));
        }
        let mut evaluation = Evaluation::of(points);
        if self.settled.len() <= DRAWN {
            evaluation.detail = Some(Detail::Matrix {
                columns: self.settled.iter().map(|c| c.name.clone()).collect(),
                current: self.matrix(&current),
                reference: reference.as_deref().map(|pairs| self.matrix(pairs)),
            });
        }
        if current.len() > PAIRS {
            let note = format!(
                "the {PAIRS} largest of {} pairs; choose with `columns` or `with`",
                current.len()
            );
            evaluation.notes.push(note);
        }
        for (side, sample) in [("current", Some(sample)), ("reference", before)] {
            if let Some(sample) = sample
                && sample.rows_seen() > sample.len() as u64
            {
                evaluation.exact = false;
                evaluation.notes.push(format!(
                    "from a sample of {} of {} {side} rows",
                    sample.len(),
                    sample.rows_seen()
                ));
            }
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, reference: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        let within = |middle: f64| Bound {
            gte: Some(Threshold::Number(middle - quarter())),
            lte: Some(Threshold::Number(middle + quarter())),
            ..Bound::default()
        };
        match field {
            "value" => reference.map(within),
            "change" => Some(within(0.0)),
            "changed" => Some(equal(0.0)),
            _ => Some(reference.map_or_else(|| below(0.9), near)),
        }
    }
}
