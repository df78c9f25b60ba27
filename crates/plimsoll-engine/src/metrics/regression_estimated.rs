//! `regression.estimated`.

use std::sync::Arc;

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use plimsoll_stats::{BoostOptions, Boosted, Feature, Loss};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    column::Column,
    regression::{Columns, TOLERANCE, not_above},
    sampled::feature,
    sampled_rows::{at_least_two, finite, five_thousand, is_cut, note_sample},
};
use crate::{
    EvaluateError, Evaluation, Metric, Profile, Profiles, Range, SpecError, StatisticSpec,
    statistics::{Distribution, RowSample},
};

/// Sampling errors from the estimate to either end of its band.
const RANGE: f64 = 3.0;

/// Estimated errors of a regression: how far its predictions are expected to lie from targets that have not come yet.
///
/// # Definition
/// Direct loss estimation. On the reference two models learn |ŷ − y| and (ŷ − y)² from the prediction ŷ, and from the features
/// among `columns` if any are given: boosted trees (100 of depth 3, rate 0.1, at least 20 rows a leaf, squared loss). MAE is
/// the mean of the first model's answers over the window's rows, with labels or without; RMSE is the root of the mean of the
/// second one's. Bands are the estimate ± 3 standard errors, s·√(1/n + 1/N) with s the standard deviation of |ŷ − y| over the N
/// labelled rows of the reference and n rows of the window; for RMSE that of (ŷ − y)², divided by 2·RMSE.
///
/// # Input
/// A regression. A reference with labels.
///
/// # Output
/// `mae`, `rmse` in the unit of the target, each with `…_lower` and `…_upper`, the ends of its band; larger is worse. They follow the
/// realised errors where predictions (and features) of one value err as much as they did in the reference: errors that grow
/// because larger values are predicted are seen, a model that has become wrong (concept drift) is not. A prediction outside of
/// the reference's range errs like the nearest within it.
///
/// # Missing values
/// Rows of the window without a finite prediction, and rows of the reference without finite target or prediction, are left
/// out; a missing feature is a value of its own. No row left on either side is the error `not_enough_data`; errors whose
/// squares are too large for a number have no RMSE (`null` with a note).
///
/// # Accuracy
/// Learned from at most `rows` rows of the reference, with a note if there are more; of a stored profile 500 remain. Without
/// `columns` all rows of the window count; with them, a sample of `rows`.
///
/// # Default bound
/// At most 10 % above the reference's realised value.
///
/// # Source
/// NannyML `DLE`. DIFFERENCE: NannyML learns with LightGBM and always from all features; here from the prediction alone unless
/// `columns` names features, so that a window keeps a sample of two columns, not of whole rows. The bands
/// count what was learned from few rows as uncertain, too.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EstimatedErrors {
    /// Names of features that errors depend on beside the prediction; none without it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    columns: Vec<String>,
    /// Rows that are learned from.
    #[serde(default = "five_thousand")]
    rows: u32,
    #[serde(skip)]
    model: Columns,
    #[serde(skip)]
    features: Vec<Column>,
}

/// What is learned from the reference once for all windows.
#[derive(Debug)]
struct Learned {
    /// Learned on errors in units of `scale`, so that squares stay small.
    absolute: Boosted,
    squared: Boosted,
    scale: f64,
    absolute_std: f64,
    squared_std: f64,
    /// Labelled rows of the reference.
    rows: f64,
    /// A note if not all of them were learned from.
    note: Evaluation,
}

/// Rows of a window: features and how often each occurs.
struct Rows {
    features: Vec<Feature>,
    weights: Vec<f64>,
}

impl EstimatedErrors {
    /// The request for rows of the features, the prediction and, to learn, the target.
    fn sample(&self, target: Option<&str>) -> StatisticSpec {
        let own = self.features.iter().map(|c| c.name.as_str());
        let columns = own.chain(target).chain([self.model.prediction()]);
        StatisticSpec::row_sample(columns.map(str::to_owned), self.rows)
    }

    fn predictions(&self) -> StatisticSpec {
        StatisticSpec::Distribution {
            column: self.model.prediction().to_owned(),
        }
    }

    /// What the reference teaches; worked out once.
    fn learned(&self, reference: &Profile) -> Result<Arc<Learned>, EvaluateError> {
        let key = format!(
            "estimated {:?} {:?}",
            self.model,
            self.sample(Some(self.model.target()))
        );
        let learned = reference.derived().get(key, || self.learn(reference));
        match learned.as_ref() {
            Ok(learned) => Ok(Arc::clone(learned)),
            Err(error) => Err(error.clone()),
        }
    }

    fn learn(&self, reference: &Profile) -> Result<Arc<Learned>, EvaluateError> {
        let errors = self.model.errors(reference)?;
        let sample: &RowSample = reference.get(&self.sample(Some(self.model.target())))?;
        let targets = finite(sample, self.model.target());
        let predictions = finite(sample, self.model.prediction());
        let (labelled, known): (Vec<usize>, Vec<f64>) = targets
            .iter()
            .zip(&predictions)
            .enumerate()
            .filter_map(|(row, (target, prediction))| {
                let error = ((*prediction)? - (*target)?).abs();
                error.is_finite().then_some((row, error))
            })
            .unzip();
        let most = known.iter().copied().fold(0.0, f64::max);
        let scale = if most > 0.0 { most } else { 1.0 };
        let absolute: Vec<f64> = known.iter().map(|e| e / scale).collect();
        let squared: Vec<f64> = absolute.iter().map(|e| e * e).collect();
        let features: Vec<Feature> = self.columns_of(sample).iter().map(|f| f.take(&labelled)).collect();
        let options = BoostOptions::default();
        let fit = |errors: &[f64]| {
            Boosted::fit(&features, errors, Loss::Squared, &options).ok_or_else(|| {
                EvaluateError::NotEnough(
                    "no row of the reference's sample has both a target and a prediction".to_owned(),
                )
            })
        };
        let mut note = Evaluation::of(Vec::new());
        note_sample(&mut note, sample, "reference");
        Ok(Arc::new(Learned {
            absolute: fit(&absolute)?,
            squared: fit(&squared)?,
            scale,
            absolute_std: errors.absolute().std(0).unwrap_or(f64::NAN),
            squared_std: errors.squared().std(0).unwrap_or(f64::NAN),
            rows: errors.n() as f64,
            note,
        }))
    }

    /// The prediction, then the features.
    fn columns_of(&self, sample: &RowSample) -> Vec<Feature> {
        let prediction = Feature::Numbers(finite(sample, self.model.prediction()));
        let features = self.features.iter().map(|column| feature(column, sample));
        std::iter::once(prediction).chain(features).collect()
    }

    /// The window's rows with a finite prediction.
    fn window(&self, current: &Profile, evaluation: &mut Evaluation) -> Result<Rows, EvaluateError> {
        if self.features.is_empty() {
            let predictions: &Distribution = current.get(&self.predictions())?;
            if !predictions.is_exact() {
                evaluation.exact = false;
                evaluation.notes.push("from a sketch of the predictions".to_owned());
            }
            let (values, weights) = predictions.sample().runs().map(|(v, n)| (Some(v), n as f64)).unzip();
            return Ok(Rows {
                features: vec![Feature::Numbers(values)],
                weights,
            });
        }
        let sample: &RowSample = current.get(&self.sample(None))?;
        note_sample(evaluation, sample, "window");
        let predictions = finite(sample, self.model.prediction());
        let rows: Vec<usize> = (0..predictions.len()).filter(|r| predictions[*r].is_some()).collect();
        Ok(Rows {
            features: self.columns_of(sample).iter().map(|f| f.take(&rows)).collect(),
            weights: vec![1.0; rows.len()],
        })
    }
}

/// An estimate and the ends of its band, which do not go below 0.
fn banded(name: &str, value: f64, error: f64) -> [Point; 3] {
    // `max` would make a number of what is none.
    let lower = |at: f64| if at < 0.0 { 0.0 } else { at };
    [
        Point::new(name, value),
        Point::new(&format!("{name}_lower"), lower(value - RANGE * error)),
        Point::new(&format!("{name}_upper"), value + RANGE * error),
    ]
}

impl Metric for EstimatedErrors {
    const ID: &'static str = "regression.estimated";
    const FIELDS: &'static [&'static str] = &["mae", "mae_lower", "mae_upper", "rmse", "rmse_lower", "rmse_upper"];
    const RANGE: Range = Range::SIZE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        at_least_two(Self::ID, self.rows)?;
        let expected = "a numeric, categorical or boolean column";
        let of = |name: &String| Column::of_kind(Self::ID, definition, name, expected, is_cut);
        let features = self.columns.iter().map(of).collect::<Result<_, _>>()?;
        Ok(Self {
            model: Columns::of(Self::ID, definition)?,
            features,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        let window = if self.features.is_empty() {
            self.predictions()
        } else {
            self.sample(None)
        };
        vec![self.model.spec(), self.sample(Some(self.model.target())), window]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let learned = self.learned(profiles.reference(Self::ID)?)?;
        let mut evaluation = learned.note.clone();
        let Rows { features, weights } = self.window(profiles.current, &mut evaluation)?;
        let n: f64 = weights.iter().sum();
        if n == 0.0 {
            return Err(EvaluateError::NotEnough(format!(
                "no row of {} has a finite `{}`",
                profiles.current.rows(),
                self.model.prediction()
            )));
        }
        let mean = |model: &Boosted| -> f64 {
            let answers = model.predict(&features).into_iter().zip(&weights);
            answers.map(|(answer, weight)| answer.max(0.0) * weight / n).sum()
        };
        let mae = mean(&learned.absolute) * learned.scale;
        let rmse = mean(&learned.squared).sqrt() * learned.scale;
        let spread = (1.0 / n + 1.0 / learned.rows).sqrt();
        let squared_error = if learned.squared_std > 0.0 {
            learned.squared_std * spread / (2.0 * rmse)
        } else {
            learned.squared_std
        };
        evaluation
            .points
            .extend(banded("mae", mae, learned.absolute_std * spread));
        evaluation.points.extend(banded("rmse", rmse, squared_error));
        if evaluation.points.iter().any(|p| p.value.is_none()) {
            let note = "null is what is too large for a number: errors of the reference, or their squares";
            evaluation.notes.push(note.to_owned());
        }
        let left_out = profiles.current.rows().saturating_sub(n as u64);
        if left_out > 0 && self.features.is_empty() {
            evaluation.notes.push(format!(
                "{left_out} rows left out: `{}` is missing or not finite",
                self.model.prediction()
            ));
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, _: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        let errors = self.model.errors(profiles.reference?).ok()?;
        let realised = match field {
            "mae" => errors.absolute().mean()?,
            "rmse" => errors.squared().mean()?.sqrt(),
            _ => return None,
        };
        not_above(Some(realised).filter(|v| v.is_finite()), TOLERANCE, None)
    }
}
