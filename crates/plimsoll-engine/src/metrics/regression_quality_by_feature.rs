//! `regression.quality_by_feature`.

use plimsoll_model::DataDefinition;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    by_feature::{ByFeature, Measured},
    regression::Columns,
    sampled_rows::{finite, five_thousand},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec};

/// Quality by feature: where a regression errs more, and in which direction, by the values of each feature.
///
/// # Definition
/// A numeric feature is cut at the tenths of the reference, or of the window without one; a categorical one into its ten most
/// common categories and the others. Of the rows of each bin: the mean absolute error, and the mean error `prediction − target`.
/// `spread`: the largest less the smallest mean absolute error of a feature's bins with at least 30 rows; `most`: the largest.
///
/// # Input
/// A regression with target and prediction, and the numeric, categorical and boolean features among `columns`; by default all of
/// them.
///
/// # Output
/// By label `column`: `spread` and `most`, in the unit of the target. The detail holds the bins of the 30 features that differ most.
///
/// # Missing values
/// Missing cells of a feature are a bin of their own. Rows where target or prediction is null, NaN or infinite are left out; no row
/// left is the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to `rows` rows; beyond it from a sample of so many, with a note. Of a stored profile 500 rows remain. For a few columns
/// and all rows use segments.
///
/// # Source
/// The numbers behind the pictures of Evidently's `RegressionErrorBiasTable`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QualityByFeature {
    /// Names of the features.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    /// Rows that are compared.
    #[serde(default = "five_thousand")]
    rows: u32,
    #[serde(skip)]
    model: Columns,
    #[serde(skip)]
    features: ByFeature,
}

impl Metric for QualityByFeature {
    const ID: &'static str = "regression.quality_by_feature";
    const FIELDS: &'static [&'static str] = &["spread", "most"];
    const RANGE: Range = Range::SIZE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let model = Columns::of(Self::ID, definition)?;
        let own = vec![model.target().to_owned(), model.prediction().to_owned()];
        let columns = self.columns.as_deref();
        Ok(Self {
            features: ByFeature::of(Self::ID, definition, columns, (own, self.rows))?,
            model,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.features.requires()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let sample = self.features.sample(Self::ID, profiles)?;
        let (target, prediction) = (self.model.target(), self.model.prediction());
        let errors: Vec<Option<f64>> = finite(sample, target)
            .into_iter()
            .zip(finite(sample, prediction))
            .map(|(target, prediction)| Some(prediction? - target?))
            .collect();
        let known: Vec<bool> = errors.iter().map(Option::is_some).collect();
        if !known.contains(&true) {
            return Err(EvaluateError::NotEnough(format!(
                "no row of {} has a finite `{target}` and a finite `{prediction}`; are the labels in?",
                profiles.current.rows()
            )));
        }
        let numbers = |rows: &[usize]| -> Vec<Option<f64>> {
            let own = || rows.iter().filter_map(|row| errors[*row]);
            let n = rows.len() as f64;
            vec![Some(own().map(f64::abs).sum::<f64>() / n), Some(own().sum::<f64>() / n)]
        };
        let measured = Measured {
            fields: &["mae", "me"],
            of: &numbers,
        };
        let summary = |least: f64, most: f64| vec![("spread", most - least), ("most", most)];
        Ok(self.features.evaluate((sample, profiles), &known, &measured, summary))
    }
}
