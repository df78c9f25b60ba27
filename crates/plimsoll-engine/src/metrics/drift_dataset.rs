//! `drift.dataset`.

use std::collections::BTreeMap;

use plimsoll_model::{Bound, ColumnKind, DataDefinition, Labels, Point};
use plimsoll_stats::{InputKind, ScoreKind, benjamini_hochberg, find_test};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{below, equal},
    drift::{Binning, Compared, Drift, is_comparable},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Drift of the data set: how many of its columns have drifted.
///
/// # Definition
/// Each column is tested as `drift.column` tests it; the data set has drifted if the share of drifted columns is at least
/// `share`. With `correction: benjamini_hochberg` the p-values of the columns are adjusted for their number m before they are held
/// against the threshold: the i-th smallest becomes the least m / j · p of those with j ≥ i. Of the columns that are then called
/// drifted, a share of at most the threshold is expected to be so by chance, where without it each of many columns has that chance.
/// Columns that are tested by a distance keep their thresholds. With `weights` the share is that of the weight of the drifted
/// columns in the weight of all that were tested, so that a drift counts as much as its column matters to the model. Of text
/// columns `test` and `threshold` hold only if `test` takes texts.
///
/// # Input
/// The numeric, categorical, boolean and text columns among `columns`; by default features, target, prediction and scores. A
/// reference.
///
/// # Output
/// `columns` tested; `drifted_columns`; `share` of them, 0–1; `drifted`: 1 or 0. Larger is worse. A note names the drifted
/// columns.
///
/// # Missing values
/// As in `drift.column`; a column that cannot be tested is left out with a note. No column left is the error
/// `not_enough_data`.
///
/// # Accuracy
/// As in `drift.column`.
///
/// # Default bound
/// `share` below 0.3; `drifted_columns` below a third of the columns, but at least 1; `drifted` is 0.
/// DIFFERENCE: with fewer than three columns Evidently's bound on the number is "below 0", which always fails.
///
/// # Source
/// Evidently `DatasetDriftMetric`, `TestShareOfDriftedColumns`. Benjamini and Hochberg 1995,
/// doi:10.1111/j.2517-6161.1995.tb02031.x; Evidently has no such correction.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DriftDataset {
    /// Share of drifted columns at which the data set has drifted, 0–1.
    #[serde(default = "half")]
    share: f64,
    /// Names of the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    columns: Option<Vec<String>>,
    /// Id of the test for every column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    test: Option<String>,
    /// Ids of tests by column, before `test`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tests: BTreeMap<String, String>,
    /// Score beyond which a column has drifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    threshold: Option<f64>,
    /// How numeric values are binned by `psi` and `kl_div`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bins: Option<Binning>,
    /// How p-values are corrected for the number of columns; not without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correction: Option<Correction>,
    /// How much columns weigh in `share`, such as the importance of features; those that are not named weigh nothing. Without it all
    /// weigh the same.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    weights: BTreeMap<String, f64>,
    /// Seed of the randomised tests; 0 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    #[serde(skip)]
    compared: Vec<Compared>,
}

/// How p-values of many columns are corrected for their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// Holds the expected share of false alarms among the alarms.
    BenjaminiHochberg,
}

fn half() -> f64 {
    0.5
}

/// Decides anew on the columns that are tested by p-values; says how many there are.
fn correct(found: Vec<&mut Drift>) -> String {
    let all = found.len();
    let mut tested: Vec<&mut Drift> = found
        .into_iter()
        .filter(|d| d.test.score == ScoreKind::PValue)
        .collect();
    let p_values: Vec<f64> = tested.iter().map(|d| d.score).collect();
    let before = tested.iter().filter(|d| d.drifted).count();
    for (drift, adjusted) in tested.iter_mut().zip(benjamini_hochberg(&p_values)) {
        drift.drifted = drift.test.is_drifted(adjusted, drift.threshold);
    }
    let after = tested.iter().filter(|d| d.drifted).count();
    format!(
        "the p-values of {} of {all} columns are corrected for their number: {after} drifted, {before} without it",
        tested.len()
    )
}

impl Metric for DriftDataset {
    const ID: &'static str = "drift.dataset";
    const FIELDS: &'static [&'static str] = &["share", "columns", "drifted_columns", "drifted"];

    fn resolve(self, definition: &DataDefinition) -> Result<Self, SpecError> {
        if !(0.0..=1.0).contains(&self.share) {
            let problem = format!("`share` is {}, expected a share between 0 and 1", self.share);
            return Err(SpecError::Params {
                metric: Self::ID.to_owned(),
                problem,
            });
        }
        let names: Vec<String> = self.columns.clone().unwrap_or_else(|| {
            definition
                .monitored()
                .filter(|c| is_comparable(c.kind))
                .map(|c| c.name.clone())
                .collect()
        });
        if let Some(stranger) = self
            .tests
            .keys()
            .chain(self.weights.keys())
            .find(|c| !names.contains(c))
        {
            let near = plimsoll_model::near(stranger, names.iter().map(String::as_str));
            let source = plimsoll_model::DataError::UnknownColumn {
                column: stranger.clone(),
                near,
            };
            return Err(SpecError::Column {
                metric: Self::ID.to_owned(),
                source,
            });
        }
        if let Some((column, weight)) = self.weights.iter().find(|(_, w)| !(w.is_finite() && **w >= 0.0)) {
            let problem = format!("the weight of `{column}` is {weight}, expected a number of at least 0");
            return Err(SpecError::Params {
                metric: Self::ID.to_owned(),
                problem,
            });
        }
        let takes_texts = |id: &String| find_test(id).is_ok_and(|test| test.input == InputKind::Text);
        let compared = names
            .iter()
            .map(|name| {
                let own = self.tests.get(name);
                // What is asked of numbers and categories says nothing of texts.
                let is_text = definition.column(name).is_ok_and(|c| c.kind == ColumnKind::Text);
                let common = !is_text || self.test.as_ref().is_some_and(takes_texts);
                let test = own.or(self.test.as_ref().filter(|_| common)).map(String::as_str);
                let threshold = self.threshold.filter(|_| common || own.is_some());
                let bins = self.bins.unwrap_or_default();
                let compared = Compared::new(Self::ID, definition, name, test, threshold, bins)?;
                Ok(compared.with_seed(self.seed.unwrap_or_default()))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { compared, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.compared.iter().map(Compared::requires).collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        profiles.reference(Self::ID)?;
        let (mut found, mut notes) = (Vec::new(), Vec::new());
        for compared in &self.compared {
            match compared.run(Self::ID, profiles) {
                Ok(drift) => found.push((&compared.column.name, drift)),
                Err(error) => notes.push(format!("left out: {error}")),
            }
        }
        if found.is_empty() {
            return Err(EvaluateError::NotEnough(match notes.first() {
                Some(note) => format!("no column could be tested; {note}"),
                None => "there is no numeric, categorical, boolean or text column to test".to_owned(),
            }));
        }
        if self.correction == Some(Correction::BenjaminiHochberg) {
            notes.push(correct(found.iter_mut().map(|(_, drift)| drift).collect()));
        }
        let exact = found.iter().all(|(_, drift)| drift.exact);
        let mut drifted: Vec<String> = found
            .iter()
            .filter(|(_, drift)| drift.drifted)
            .map(|(column, _)| format!("`{column}`"))
            .collect();
        let weight = |column: &str| {
            if self.weights.is_empty() {
                1.0
            } else {
                self.weights.get(column).copied().unwrap_or(0.0)
            }
        };
        let total: f64 = found.iter().map(|(column, _)| weight(column)).sum();
        if total <= 0.0 {
            let problem = "no column that could be tested has a weight";
            return Err(EvaluateError::NotEnough(problem.to_owned()));
        }
        let moved = found.iter().filter(|(_, drift)| drift.drifted);
        let share = moved.map(|(column, _)| weight(column)).sum::<f64>() / total;
        let mut evaluation = Evaluation::of(vec![
            Point::new("columns", found.len() as f64),
            Point::new("drifted_columns", drifted.len() as f64),
            Point::new("share", share),
            Point::new("drifted", f64::from(share >= self.share)),
        ]);
        evaluation.exact = exact;
        if !drifted.is_empty() {
            let more = if drifted.len() > 20 {
                format!(" and {} more", drifted.len() - 20)
            } else {
                String::new()
            };
            drifted.truncate(20);
            evaluation.notes.push(format!("drifted: {}{more}", drifted.join(", ")));
        }
        evaluation.notes.extend(notes);
        Ok(evaluation)
    }

    fn default_bound(&self, field: &str, _: &Labels, _: Option<f64>, _: &Profiles<'_>) -> Option<Bound> {
        match field {
            "share" => Some(below(0.3)),
            "drifted_columns" => Some(below((self.compared.len() / 3).max(1) as f64)),
            "drifted" => Some(equal(0.0)),
            _ => None,
        }
    }
}
