//! What the column metrics share: which column, its values by count, points and pictures.

use std::sync::Arc;

use plimsoll_model::{CategoryShare, ColumnKind, ColumnSpec, DataDefinition, Detail, Point, Quantile};
use plimsoll_stats::{Sample, linear_edges};

use super::{dataset, drawn, drawn_share};
use crate::{
    EvaluateError, Evaluation, Profile, SpecError, StatisticSpec,
    statistics::{Categories, Distribution, Moments},
};

/// Quantiles that a picture shows.
const QUANTILES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
/// Bins of a picture's histogram.
const BINS: usize = 16;
/// Categories that a picture names.
const CATEGORIES: usize = 10;

/// A column settled from the data definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    pub kind: ColumnKind,
}

impl Default for Column {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: ColumnKind::Numeric,
        }
    }
}

impl From<&ColumnSpec> for Column {
    fn from(spec: &ColumnSpec) -> Self {
        Self {
            name: spec.name.clone(),
            kind: spec.kind,
        }
    }
}

impl Column {
    /// The column of that name.
    ///
    /// # Errors
    /// [`SpecError::Column`] with similar names.
    pub fn of(metric: &str, definition: &DataDefinition, name: &str) -> Result<Self, SpecError> {
        let column = definition.column(name);
        column.map(Self::from).map_err(|source| SpecError::Column {
            metric: metric.to_owned(),
            source,
        })
    }

    /// The column of that name, if its kind is among those that the metric takes.
    ///
    /// # Errors
    /// [`SpecError`] if there is no such column or it is of another kind.
    pub fn of_kind(
        metric: &str,
        definition: &DataDefinition,
        name: &str,
        expected: &str,
        fits: fn(ColumnKind) -> bool,
    ) -> Result<Self, SpecError> {
        let column = Self::of(metric, definition, name)?;
        if fits(column.kind) {
            return Ok(column);
        }
        let problem = format!("column `{name}` is {}, expected {expected}", column.kind.as_str());
        Err(SpecError::Params {
            metric: metric.to_owned(),
            problem,
        })
    }

    /// The column of that name, if it holds numbers.
    ///
    /// # Errors
    /// [`SpecError`] if there is no such column or it is of another kind.
    pub fn numeric(metric: &str, definition: &DataDefinition, name: &str) -> Result<Self, SpecError> {
        Self::of_kind(metric, definition, name, "a numeric column", |kind| {
            matches!(kind, ColumnKind::Numeric | ColumnKind::Boolean)
        })
    }

    /// Says whether values are compared by size.
    pub fn is_ordered(&self) -> bool {
        matches!(self.kind, ColumnKind::Numeric | ColumnKind::Datetime)
    }

    /// The request for the values with their counts.
    pub fn values(&self) -> StatisticSpec {
        let column = self.name.clone();
        if self.is_ordered() {
            StatisticSpec::Distribution { column }
        } else {
            StatisticSpec::Categories { column }
        }
    }

    /// The request for the moments.
    pub fn moments_spec(&self) -> StatisticSpec {
        StatisticSpec::Moments {
            column: self.name.clone(),
        }
    }

    /// Moments over at least one finite value.
    ///
    /// # Errors
    /// [`EvaluateError::NotEnough`] if there is none.
    pub fn moments<'p>(&self, profile: &'p Profile) -> Result<&'p Moments, EvaluateError> {
        let moments: &Moments = profile.get(&self.moments_spec())?;
        if moments.n() == 0 {
            Err(self.no_values(profile))
        } else {
            Ok(moments)
        }
    }

    /// The error of a column without values.
    pub fn no_values(&self, profile: &Profile) -> EvaluateError {
        let what = if self.is_ordered() { "a finite value" } else { "a value" };
        EvaluateError::NotEnough(format!("none of {} rows has {what} of `{}`", profile.rows(), self.name))
    }

    /// A point about this column.
    pub fn point(&self, field: &str, value: f64) -> Point {
        Point::new(field, value).with("column", &self.name)
    }

    /// The points `count` and `share` about this column.
    pub fn count_and_share(&self, count: u64, whole: u64) -> Vec<Point> {
        dataset::count_and_share(count, whole)
            .into_iter()
            .map(|p| p.with("column", &self.name))
            .collect()
    }

    /// The distribution of an ordered column.
    ///
    /// # Errors
    /// [`EvaluateError`] if the column could not be read.
    pub fn distribution<'p>(&self, profile: &'p Profile) -> Result<&'p Distribution, EvaluateError> {
        profile.get(&StatisticSpec::Distribution {
            column: self.name.clone(),
        })
    }

    /// The categories of a column that is not ordered.
    ///
    /// # Errors
    /// [`EvaluateError`] if the column could not be read.
    pub fn categories<'p>(&self, profile: &'p Profile) -> Result<&'p Categories, EvaluateError> {
        profile.get(&StatisticSpec::Categories {
            column: self.name.clone(),
        })
    }

    /// What a page draws of the column on one or both slices; `None` if it has no values.
    pub fn picture(&self, current: &Profile, reference: Option<&Profile>) -> Option<Detail> {
        if self.is_ordered() {
            let current = self.distribution(current).ok()?.sample();
            let reference = reference
                .and_then(|r| self.distribution(r).ok())
                .map(Distribution::sample);
            return distribution_pair(current, reference);
        }
        let current = self.categories(current).ok()?;
        Some(category_pair(current, reference.and_then(|r| self.categories(r).ok())))
    }

    /// The value that most rows have, the first of equals, and how many they are; none is 0 rows. Found once a profile.
    ///
    /// # Errors
    /// [`EvaluateError`] if the column could not be read.
    pub fn most_common(&self, profile: &Profile) -> Result<Arc<(String, u64)>, EvaluateError> {
        let key = |kind: &str| format!("most common {kind} {}", self.name);
        if self.is_ordered() {
            let sample = self.distribution(profile)?.sample();
            return Ok(profile.derived().get(key("value"), || {
                let most = sample
                    .runs()
                    .reduce(|best, run| if run.1 > best.1 { run } else { best });
                most.map_or((String::new(), 0), |(value, n)| (value.to_string(), n))
            }));
        }
        let categories = self.categories(profile)?;
        Ok(profile.derived().get(key("label"), || {
            let most = categories.most_common(1);
            most.first()
                .map_or((String::new(), 0), |(label, n)| ((*label).to_owned(), *n))
        }))
    }
}

/// The request for a column's values with their counts.
pub(super) fn values_spec(column: &ColumnSpec) -> StatisticSpec {
    Column::from(column).values()
}

/// Marks an evaluation as inexact where a distribution is a sketch.
pub(super) fn note_sketch(evaluation: &mut Evaluation, distribution: &Distribution) {
    if !distribution.is_exact() {
        evaluation.exact = false;
        evaluation.notes.push(format!(
            "from a sketch: ranks are within {:.2} %",
            100.0 * distribution.rank_error()
        ));
    }
}

/// Two numeric samples over common edges, with quantiles; `None` if both are empty.
pub(super) fn distribution_pair(current: Sample<'_>, reference: Option<Sample<'_>>) -> Option<Detail> {
    let sides = || std::iter::once(current).chain(reference);
    let least = sides().filter_map(|s| s.min()).reduce(f64::min)?;
    let most = sides().filter_map(|s| s.max()).reduce(f64::max)?;
    let edges = linear_edges(least, most, BINS);
    let shares = |sample: &Sample<'_>| -> Vec<f64> {
        let total = (sample.n() as f64).max(1.0);
        sample
            .histogram(&edges)
            .into_iter()
            .map(|n| drawn_share(n as f64 / total))
            .collect()
    };
    let width = (edges[BINS] - edges[0]) / BINS as f64;
    let at = |sample: Option<&Sample<'_>>, q: f64| Some(drawn(sample?.quantile(q)?, width));
    let quantiles = QUANTILES
        .map(|q| Quantile {
            q,
            current: at(Some(&current), q),
            reference: at(reference.as_ref(), q),
        })
        .to_vec();
    Some(Detail::DistributionPair {
        current: shares(&current),
        reference: reference.as_ref().map(shares),
        quantiles,
        edges: edges.into_iter().map(|edge| drawn(edge, width)).collect(),
    })
}

/// Shares of the categories that are most common on either side, the rest together.
pub(super) fn category_pair(current: &Categories, reference: Option<&Categories>) -> Detail {
    let share = |n: u64, of: &Categories| drawn_share(n as f64 / (of.total() as f64).max(1.0));
    let mut names: Vec<(&str, f64)> = Vec::new();
    for side in std::iter::once(current).chain(reference) {
        for (name, n) in side.most_common(CATEGORIES) {
            let weight = share(n, side);
            match names.iter_mut().find(|(known, _)| *known == name) {
                Some((_, most)) => *most = most.max(weight),
                None => names.push((name, weight)),
            }
        }
    }
    names.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    names.truncate(CATEGORIES);
    let mut categories: Vec<CategoryShare> = names
        .iter()
        .map(|(name, _)| CategoryShare {
            category: Some((*name).to_owned()),
            current: share(current.get(name), current),
            reference: reference.map(|r| share(r.get(name), r)),
        })
        .collect();
    let rest = |side: &Categories| side.total() - names.iter().map(|(name, _)| side.get(name)).sum::<u64>();
    if rest(current) > 0 || reference.is_some_and(|r| rest(r) > 0) {
        categories.push(CategoryShare {
            category: None,
            current: share(rest(current), current),
            reference: reference.map(|r| share(rest(r), r)),
        });
    }
    Detail::CategoryPair { categories }
}
