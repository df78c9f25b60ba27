//! Metrics: from profiles to labelled points.

use std::{fmt::Debug, sync::Arc};

use plimsoll_model::{Bound, DataDefinition, Detail, Labels, Params, Point};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::{EvaluateError, Profile, SpecError, StatisticSpec};

/// What a metric is evaluated on.
#[derive(Debug, Clone, Copy)]
pub struct Profiles<'a> {
    /// The window.
    pub current: &'a Profile,
    /// What it is compared with.
    pub reference: Option<&'a Profile>,
    /// How many slices as long as the current one the reference spans; 1 where lengths are not known. Counts of rows are
    /// divided by it before they are compared.
    pub reference_windows: f64,
    /// Kinds and roles of the columns.
    pub definition: &'a DataDefinition,
}

impl Profiles<'_> {
    /// The reference profile.
    ///
    /// # Errors
    /// [`EvaluateError::NoReference`] naming the metric.
    pub fn reference(&self, metric: &str) -> Result<&Profile, EvaluateError> {
        self.reference
            .ok_or_else(|| EvaluateError::NoReference(metric.to_owned()))
    }
}

/// What a metric found.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// The numbers.
    pub points: Vec<Point>,
    /// What a page needs to draw them.
    pub detail: Option<Detail>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// Says whether the numbers are exact.
    pub exact: bool,
    /// Parameters that were only settled by the data (the test that ran, its threshold).
    pub resolved: Params,
}

impl Evaluation {
    /// Exact numbers without detail.
    #[must_use]
    pub fn of(points: Vec<Point>) -> Self {
        Self {
            points,
            detail: None,
            notes: Vec::new(),
            exact: true,
            resolved: Params::new(),
        }
    }
}

/// The least and the largest value that a field can have by its definition; bounds that are learned stay within.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The least value.
    pub least: f64,
    /// The largest value.
    pub most: f64,
}

impl Range {
    /// Any number.
    pub const ANY: Self = Self {
        least: f64::NEG_INFINITY,
        most: f64::INFINITY,
    };
    /// 0 to 1.
    pub const SHARE: Self = Self { least: 0.0, most: 1.0 };
    /// 0 or more.
    pub const SIZE: Self = Self {
        least: 0.0,
        most: f64::INFINITY,
    };

    /// That of a field whose name says the same in every metric.
    #[must_use]
    pub fn named(field: &str) -> Option<Self> {
        match field {
            "share" | "drifted" | "tpr" | "fpr" | "rate" | "ratio" | "coverage" | "gini" => Some(Self::SHARE),
            "count" | "columns" | "drifted_columns" | "rows" | "users" | "std" | "lift" | "arp" | "components"
            | "changed" | "cells" | "unused" | "true_positives" | "false_positives" | "true_negatives"
            | "false_negatives" => Some(Self::SIZE),
            "threshold" | "bias" | "change" => Some(Self::ANY),
            // Ends of intervals, some of which are symmetric about the value.
            end if end.ends_with("lower") || end.ends_with("upper") => Some(Self::ANY),
            _ => None,
        }
    }
}

/// A metric's definition; its fields are its parameters, its doc comment is its page in the catalogue.
///
/// A new metric is one file in `metrics/` with one type that implements this, and one line in [`crate::METRICS`].
pub trait Metric: Debug + Send + Sync + Serialize + DeserializeOwned + JsonSchema + 'static {
    /// Dotted id.
    const ID: &'static str;
    /// Fields of the points; the first is the one a test takes where none is named.
    const FIELDS: &'static [&'static str];
    /// What the fields can be by definition that [`Range::named`] does not know.
    const RANGE: Range = Range::ANY;

    /// Checks the parameters against the data and fills in defaults that depend on it.
    ///
    /// # Errors
    /// [`SpecError`] if a column is absent or the definition lacks a role.
    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let _ = definition;
        Ok(self)
    }

    /// The statistics that both slices must supply.
    fn requires(&self) -> Vec<StatisticSpec>;

    /// Turns profiles into points.
    ///
    /// # Errors
    /// [`EvaluateError`] if the metric has no value on these profiles.
    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError>;

    /// The bound of a test that gives none: from the reference's value of the same point, or without one.
    ///
    /// `None`: the metric has no default and the test is an error that says so.
    fn default_bound(
        &self,
        field: &str,
        labels: &Labels,
        reference: Option<f64>,
        profiles: &Profiles<'_>,
    ) -> Option<Bound> {
        let _ = (field, labels, reference, profiles);
        None
    }

    /// Standard deviation, in the reference, of what the metric averages: the unit of a tolerance in `sigmas`.
    fn spread(&self, reference: &Profile) -> Option<f64> {
        let _ = reference;
        None
    }
}

/// The object-safe side of [`Metric`], implemented for every metric.
pub trait DynMetric: Debug + Send + Sync {
    /// Dotted id.
    fn id(&self) -> &'static str;
    /// Fields of the points, main field first.
    fn fields(&self) -> &'static [&'static str];
    /// What a field can be by definition.
    fn range(&self, field: &str) -> Range;
    /// Parameters with defaults resolved as far as the definition allows.
    fn params(&self) -> Params;
    /// See [`Metric::requires`].
    fn required(&self) -> Vec<StatisticSpec>;
    /// See [`Metric::evaluate`].
    ///
    /// # Errors
    /// [`EvaluateError`] if the metric has no value on these profiles.
    fn run(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError>;
    /// See [`Metric::default_bound`].
    fn bound(&self, field: &str, labels: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound>;
    /// See [`Metric::spread`].
    fn reference_spread(&self, reference: &Profile) -> Option<f64>;
}

impl<M: Metric> DynMetric for M {
    fn id(&self) -> &'static str {
        M::ID
    }
    fn fields(&self) -> &'static [&'static str] {
        M::FIELDS
    }
    fn range(&self, field: &str) -> Range {
        Range::named(field).unwrap_or(M::RANGE)
    }
    fn params(&self) -> Params {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::Object(map)) => map.into_iter().filter(|(_, v)| !v.is_null()).collect(),
            _ => Params::new(),
        }
    }
    fn required(&self) -> Vec<StatisticSpec> {
        self.requires()
    }
    fn run(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        self.evaluate(profiles)
    }
    fn bound(&self, field: &str, labels: &Labels, reference: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        self.default_bound(field, labels, reference, profiles)
    }
    fn reference_spread(&self, reference: &Profile) -> Option<f64> {
        self.spread(reference)
    }
}

/// Builds a metric from its parameters.
pub type ParseMetric = fn(&Params, &DataDefinition) -> Result<Arc<dyn DynMetric>, SpecError>;

/// One line of the registry.
#[derive(Debug, Clone, Copy)]
pub struct MetricKind {
    /// Dotted id.
    pub id: &'static str,
    /// Fields of the points, main field first.
    pub fields: &'static [&'static str],
    /// Builds the metric from its parameters.
    pub parse: ParseMetric,
    /// JSON Schema of the parameters; its `description` is the catalogue page.
    pub schema: fn() -> schemars::Schema,
}

impl MetricKind {
    /// The registry line of a metric.
    #[must_use]
    pub const fn of<M: Metric>() -> Self {
        Self {
            id: M::ID,
            fields: M::FIELDS,
            parse: |params, definition| {
                let value = serde_json::Value::Object(params.clone().into_iter().collect());
                let metric: M = serde_json::from_value(value).map_err(|e| SpecError::Params {
                    metric: M::ID.to_owned(),
                    problem: e.to_string(),
                })?;
                Ok(Arc::new(metric.resolve(definition)?))
            },
            schema: || schemars::schema_for!(M),
        }
    }
}
