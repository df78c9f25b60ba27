//! Quality by the values of each feature: what the metrics of a classification and of a regression share.

use plimsoll_model::{ColumnSpec, DataDefinition, Detail, FeatureBin, FeatureBins, Role};

use super::{
    column::Column,
    sampled_rows::{Cut, at_least_two, note_sample, settled},
    significant,
};
use crate::{EvaluateError, Evaluation, Profiles, SpecError, StatisticSpec, statistics::RowSample};

/// Rows of a bin from which on it is compared with others.
pub(super) const ENOUGH: usize = 30;
/// Features whose bins are kept, those that differ most.
const KEPT: usize = 30;

/// The features that rows are cut by.
#[derive(Debug, Clone, Default)]
pub(super) struct ByFeature {
    features: Vec<Column>,
    spec: Option<StatisticSpec>,
}

/// What a metric measures in each bin.
pub(super) struct Measured<'a> {
    /// Names of the numbers; bins are compared by the first.
    pub fields: &'a [&'a str],
    /// Numbers of chosen rows.
    pub of: &'a dyn Fn(&[usize]) -> Vec<Option<f64>>,
}

impl ByFeature {
    /// The features that are named, or all of them; `own` are the columns that the quality is made of.
    pub fn of(
        metric: &str,
        definition: &DataDefinition,
        names: Option<&[String]>,
        (own, rows): (Vec<String>, u32),
    ) -> Result<Self, SpecError> {
        at_least_two(metric, rows)?;
        let features = settled(metric, definition, names, |c: &&ColumnSpec| c.role == Role::Feature)?;
        let named = features.iter().map(|c| c.name.clone());
        let spec = StatisticSpec::row_sample(own.into_iter().chain(named), rows);
        Ok(Self {
            features,
            spec: Some(spec),
        })
    }

    pub fn requires(&self) -> Vec<StatisticSpec> {
        self.spec.iter().cloned().collect()
    }

    /// The rows of the window.
    pub fn sample<'p>(&self, metric: &str, profiles: &Profiles<'p>) -> Result<&'p RowSample, EvaluateError> {
        let absent = || EvaluateError::Absent(metric.to_owned());
        profiles.current.get(self.spec.as_ref().ok_or_else(absent)?)
    }

    /// Measures every bin of every feature. `known` says which rows have all that the quality is made of; `summary` makes
    /// points of the smallest and the largest first number of the bins of a feature with enough rows.
    pub fn evaluate(
        &self,
        (sample, profiles): (&RowSample, &Profiles<'_>),
        known: &[bool],
        measured: &Measured<'_>,
        summary: impl Fn(f64, f64) -> Vec<(&'static str, f64)>,
    ) -> Evaluation {
        // Without a reference the window is cut at tenths of its own.
        let spec = self.spec.as_ref();
        let reference: Option<&RowSample> = profiles.reference.and_then(|r| r.get(spec?).ok());
        let sides = [reference.unwrap_or(sample), sample];
        let mut points = Vec::new();
        let mut found: Vec<(f64, FeatureBins)> = Vec::new();
        for column in &self.features {
            let cut = Cut::of(column, sides);
            let mut rows: Vec<Vec<usize>> = vec![Vec::new(); cut.names.len()];
            for (row, bin) in cut.rows[1].iter().enumerate().filter(|(row, _)| known[*row]) {
                rows[*bin].push(row);
            }
            let bins = cut.names.into_iter().zip(rows).filter(|(_, rows)| !rows.is_empty());
            let bins: Vec<FeatureBin> = bins
                .map(|(name, rows)| FeatureBin {
                    name,
                    rows: rows.len() as u64,
                    values: (measured.of)(&rows).into_iter().map(|v| v.map(significant)).collect(),
                })
                .collect();
            let compared = bins.iter().filter(|bin| bin.rows >= ENOUGH as u64);
            let compared: Vec<f64> = compared.filter_map(|bin| *bin.values.first()?).collect();
            let least = compared.iter().copied().fold(f64::INFINITY, f64::min);
            let most = compared.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            if least <= most {
                let own = summary(least, most).into_iter();
                points.extend(own.map(|(field, value)| column.point(field, value)));
            }
            let column = column.name.clone();
            found.push((most - least, FeatureBins { column, bins }));
        }
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.column.cmp(&b.1.column)));
        found.truncate(KEPT);
        let mut evaluation = Evaluation::of(points);
        evaluation.detail = Some(Detail::ByFeature {
            fields: measured.fields.iter().map(|f| (*f).to_owned()).collect(),
            features: found.into_iter().map(|(_, feature)| feature).collect(),
        });
        note_sample(&mut evaluation, sample, "window");
        evaluation
    }
}
