//! `regression.error_bias`.

use std::collections::BTreeMap;

use plimsoll_model::{ColumnSpec, DataDefinition, Point, Role};
use plimsoll_stats::Sample;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    column::Column,
    mean,
    regression::Columns,
    regression_error_groups::{cuts, outer_share, twentieth},
    sampled_rows::{finite, five_thousand, note_sample, settled},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec, statistics::RowSample};

/// Error bias: by which features the rows that are underestimated differ from those that are overestimated.
///
/// # Definition
/// Groups as in `regression.error_groups`. Of a numeric feature |mean over − mean under| / (max − min) over the two groups'
/// means and the range of all rows, 0 if the range is 0; of a categorical one 1 if the groups' most common categories
/// differ, else 0.
///
/// # Input
/// A regression, and the numeric, categorical and boolean features among `columns`; by default all of them.
///
/// # Output
/// By label `column`: `value`, 0–1; of numeric features also the means `under`, `majority` and `over`. Larger is worse: the
/// model errs in one direction for a part of the feature's range.
///
/// # Missing values
/// Rows where target or prediction is null, NaN or infinite are left out; missing cells of a feature, too. A feature without
/// a value in a group has no point. No row or no point left is the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to `rows` rows; beyond it from a sample of so many, with a note. Of a stored profile 500 rows remain.
///
/// # Source
/// Evidently `RegressionErrorBiasTable`, whose `range` is this in percent. DIFFERENCE: Evidently's majority is the mean of all
/// rows.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorBias {
    /// Names of the features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    /// Share of the rows in either outer group, above 0 and below 0.5.
    #[serde(default = "twentieth")]
    share: f64,
    /// Rows that are compared.
    #[serde(default = "five_thousand")]
    rows: u32,
    #[serde(skip)]
    model: Columns,
    #[serde(skip)]
    features: Vec<Column>,
}

/// Whether a row is underestimated, overestimated or neither.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    under: bool,
    over: bool,
}

/// The most common label, the first of equals in sort order.
fn most_common<'a>(labels: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for label in labels {
        *counts.entry(label).or_default() += 1;
    }
    let most = counts.values().max().copied()?;
    counts.into_iter().find(|(_, n)| *n == most).map(|(label, _)| label)
}

impl ErrorBias {
    fn spec(&self) -> StatisticSpec {
        let own = [self.model.target(), self.model.prediction()].map(str::to_owned);
        let features = self.features.iter().map(|c| c.name.clone());
        StatisticSpec::row_sample(own.into_iter().chain(features), self.rows)
    }

    fn numeric(column: &Column, sample: &RowSample, places: &[Option<Place>]) -> Vec<Point> {
        let rows: Vec<(f64, Place)> = sample
            .numbers(&column.name)
            .into_iter()
            .zip(places)
            .filter_map(|(value, place)| Some((value.filter(|v| v.is_finite())?, (*place)?)))
            .collect();
        let of = |holds: fn(&Place) -> bool| mean(rows.iter().filter(|(_, p)| holds(p)).map(|(v, _)| *v));
        let (under, over) = (of(|p| p.under), of(|p| p.over));
        let least = rows.iter().map(|(v, _)| *v).fold(f64::INFINITY, f64::min);
        let most = rows.iter().map(|(v, _)| *v).fold(f64::NEG_INFINITY, f64::max);
        let (Some(under), Some(over)) = (under, over) else {
            return Vec::new();
        };
        let range = most - least;
        let value = if range > 0.0 { (over - under).abs() / range } else { 0.0 };
        let majority = of(|p| !p.under && !p.over).map(|mean| column.point("majority", mean));
        let outer = [column.point("under", under), column.point("over", over)];
        let first = std::iter::once(column.point("value", value));
        first.chain(outer).chain(majority).collect()
    }

    fn categorical(column: &Column, sample: &RowSample, places: &[Option<Place>]) -> Vec<Point> {
        let labels = sample.labels(&column.name);
        let of = |holds: fn(&Place) -> bool| {
            let rows = labels.iter().zip(places);
            most_common(
                rows.filter(|(_, p)| p.as_ref().is_some_and(holds))
                    .filter_map(|(l, _)| l.as_deref()),
            )
        };
        let (under, over) = (of(|p| p.under), of(|p| p.over));
        let both = under.zip(over);
        let differ = both.map(|(under, over)| column.point("value", f64::from(u8::from(under != over))));
        differ.into_iter().collect()
    }
}

impl Metric for ErrorBias {
    const ID: &'static str = "regression.error_bias";
    const FIELDS: &'static [&'static str] = &["value", "under", "majority", "over"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        outer_share(Self::ID, self.share)?;
        let model = Columns::of(Self::ID, definition)?;
        let is_own = |c: &&ColumnSpec| c.role == Role::Feature;
        Ok(Self {
            model,
            features: settled(Self::ID, definition, self.columns.as_deref(), is_own)?,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let sample: &RowSample = profiles.current.get(&self.spec())?;
        let errors: Vec<Option<f64>> = finite(sample, self.model.target())
            .into_iter()
            .zip(finite(sample, self.model.prediction()))
            .map(|(target, prediction)| Some(prediction? - target?))
            .collect();
        let mut sorted: Vec<f64> = errors.iter().flatten().copied().collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let Some((low, high)) = cuts(Sample::from_sorted(&sorted), self.share) else {
            return Err(EvaluateError::NotEnough(format!(
                "no row of {} has a finite `{}` and a finite `{}`; are the labels in?",
                profiles.current.rows(),
                self.model.target(),
                self.model.prediction()
            )));
        };
        let place = |error: f64| Place {
            under: error <= low,
            over: error >= high,
        };
        let places: Vec<Option<Place>> = errors.into_iter().map(|error| error.map(place)).collect();
        let points = self.features.iter().flat_map(|column| {
            if column.is_ordered() {
                Self::numeric(column, sample, &places)
            } else {
                Self::categorical(column, sample, &places)
            }
        });
        let mut evaluation = Evaluation::of(points.collect());
        if evaluation.points.is_empty() {
            return Err(EvaluateError::NotEnough(
                "no feature has a value in both outer groups".to_owned(),
            ));
        }
        note_sample(&mut evaluation, sample, "window");
        Ok(evaluation)
    }
}
