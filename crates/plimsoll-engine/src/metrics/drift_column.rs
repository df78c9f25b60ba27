//! `drift.column`.

use plimsoll_model::{Bound, DataDefinition, Labels, Threshold};
use plimsoll_stats::{Direction, InputKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::equal,
    drift::{Binning, Compared},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Drift of a column: how far its distribution has moved from the reference.
///
/// # Definition
/// The score of a two-sample test between the reference's and the current values. Without `test` it is chosen by kind,
/// rows of the reference and different values n of both slices: up to 1,000 rows `ks` for numbers (n > 5), `z` (n ≤ 2) or
/// `chisquare` else; beyond 1,000 rows `wasserstein` for numbers (n > 5) and `jensenshannon` else. Texts are told apart by
/// `perc_text_content_drift` up to 1,000 rows and by `abs_text_content_drift` beyond. Without `threshold` the
/// test's own holds: 0.05 for the p-values of `chisquare`, `es`, `ks`, `mannw`, `t_test` and `z`, 0.1 for the others and
/// for distances, 0.95 and 0.55 for texts.
///
/// # Input
/// A numeric, categorical, boolean or text column. A reference.
///
/// # Output
/// `score`: a p-value (smaller is worse), a distance or an area (larger is worse), by test. `threshold`: what the score is held
/// against; of `perc_text_content_drift` the area that chance alone stays below with the probability `threshold`. `drifted`: 1 if
/// the score is beyond it, else 0. The parameters that come back name the test that ran.
///
/// # Missing values
/// Null, NaN and infinite values are left out on either side. A side without values is the error `not_enough_data`.
///
/// # Accuracy
/// Exact up to 262,144 values a window, then from sketches whose rank error a note states. Of texts at most 1,000 rows a side are
/// compared: those with the smallest hashes, so that a text is drawn on both sides or on neither. A note says how many.
///
/// # Default bound
/// Not drifted: the score is on the good side of the threshold.
///
/// # Source
/// Each test's page; choice and thresholds as in Evidently 0.4.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftColumn {
    /// Name of the column.
    column: String,
    /// Id of the test. For numbers: `anderson`, `cramer_von_mises`, `ed`, `empirical_mmd`, `es`, `ks`, `mannw`, `t_test`,
    /// `wasserstein`. For numbers and categories: `hellinger`, `jensenshannon`, `kl_div`, `psi`. For categories, numbers
    /// being taken value by value: `chisquare`, `fisher_exact`, `g_test`, `tvd`, `z`. For texts: `abs_text_content_drift`,
    /// `perc_text_content_drift`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test: Option<String>,
    /// Score beyond which the column has drifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    /// How numeric values are binned by `psi` and `kl_div`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bins: Option<Binning>,
    /// Seed of the randomised tests `empirical_mmd`, `tvd` and those of texts; 0 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip)]
    compared: Option<Compared>,
}

impl Metric for DriftColumn {
    const ID: &'static str = "drift.column";
    const FIELDS: &'static [&'static str] = &["score", "threshold", "drifted"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        let bins = self.bins.unwrap_or_default();
        let compared = Compared::new(
            Self::ID,
            definition,
            &self.column,
            self.test.as_deref(),
            self.threshold,
            bins,
        )?
        .with_seed(self.seed.unwrap_or_default());
        Ok(Self {
            compared: Some(compared),
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.compared.iter().map(Compared::requires).collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let compared = self
            .compared
            .as_ref()
            .ok_or_else(|| EvaluateError::Absent(Self::ID.to_owned()))?;
        let drift = compared.run(Self::ID, profiles)?;
        let column = &compared.column;
        let mut evaluation = Evaluation::of(vec![
            column.point("score", drift.score),
            column.point("threshold", drift.threshold),
            column.point("drifted", f64::from(drift.drifted)),
        ]);
        evaluation.exact = drift.exact;
        evaluation.notes = drift.notes;
        evaluation.detail = compared.picture(profiles);
        evaluation.resolved.insert("test".to_owned(), drift.test.id.into());
        evaluation.resolved.insert("threshold".to_owned(), drift.level.into());
        if matches!(drift.test.id, "psi" | "kl_div") {
            let bins = serde_json::to_value(compared.bins).unwrap_or_default();
            evaluation.resolved.insert("bins".to_owned(), bins);
        }
        if matches!(drift.test.id, "empirical_mmd" | "tvd") || drift.test.input == InputKind::Text {
            evaluation.resolved.insert("seed".to_owned(), compared.seed.into());
        }
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, _: Option<f64>, profiles: &Profiles<'_>) -> Option<Bound> {
        match field {
            "drifted" => Some(equal(0.0)),
            "score" => {
                let drift = self.compared.as_ref()?.run(Self::ID, profiles).ok()?;
                let threshold = Some(Threshold::Number(drift.threshold));
                Some(match drift.test.direction {
                    Direction::Below => Bound {
                        gte: threshold,
                        ..Bound::default()
                    },
                    Direction::AtOrBelow => Bound {
                        gt: threshold,
                        ..Bound::default()
                    },
                    Direction::Above => Bound {
                        lte: threshold,
                        ..Bound::default()
                    },
                    Direction::AtOrAbove => Bound {
                        lt: threshold,
                        ..Bound::default()
                    },
                })
            }
            _ => None,
        }
    }
}
