//! `ranking.user_bias`.

use plimsoll_model::{Bound, DataDefinition, Labels};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ranking_bias::{ListColumn, bound};
use crate::{
    EvaluateError, Evaluation, Metric, Profiles, Range, SpecError, StatisticSpec,
    statistics::{Ranked, RankedLists},
};

/// User bias: whether the users who get recommendations are others than those of the past.
///
/// # Definition
/// The Jensen–Shannon distance, natural log, between the distribution of a column among the users of the window and among those of
/// the reference. Each user counts once, with the value of the best item of the list that has one.
///
/// # Input
/// A `user` column and a `score` (larger first) or a `prediction` with the rank (1 first); a numeric or categorical `column` that
/// describes the user. A reference.
///
/// # Output
/// `value`, 0 (alike) to √ln 2 ≈ 0.83. The detail holds both distributions.
///
/// # Missing values
/// Rows without user or finite score are left out, with a note; users without a value of the column are left out.
///
/// # Accuracy
/// Exact up to 262,144 rows, then from a sample of the users, with a note; 512 rows of a stored profile.
///
/// # Default bound
/// Below 0.1, the threshold of the drift test `jensenshannon`.
///
/// # Source
/// Evidently `UserBiasMetric`, whose training data are the reference here. DIFFERENCE: Evidently draws the distributions and has
/// no value.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UserBias {
    /// Name of the column.
    column: String,
    #[serde(skip)]
    settled: ListColumn,
}

impl Metric for UserBias {
    const ID: &'static str = "ranking.user_bias";
    const FIELDS: &'static [&'static str] = &["value"];
    const RANGE: Range = Range::SHARE;

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        Ok(Self {
            settled: ListColumn::of(Self::ID, definition, &self.column)?,
            ..self
        })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.settled.spec()]
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        let lists = self.settled.lists(profiles.current)?;
        let past = self.settled.lists(profiles.reference(Self::ID)?)?;
        self.settled
            .compare((lists, self.users(lists)), (past, self.users(past)))
    }

    fn default_bound(&self, _: &str, _: &Labels, _: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        bound()
    }
}

impl UserBias {
    /// One row of each user.
    fn users<'p>(&self, lists: &'p RankedLists) -> impl Iterator<Item = &'p Ranked> {
        lists
            .lists()
            .filter_map(|list| list.iter().find(|row| self.settled.has(row)))
    }
}
