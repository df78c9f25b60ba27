//! `drift.dataset`.

use std::collections::BTreeMap;

use plimsoll_model::{Bound, DataDefinition, Labels, Point};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{below, equal},
    drift::{Binning, Compared, is_comparable},
};
use crate::{EvaluateError, Evaluation, Metric, Profiles, SpecError, StatisticSpec};

/// Drift of the data set: how many of its columns have drifted.
///
/// # Definition
/// Each column is tested as `drift.column` tests it; the data set has drifted if the share of drifted columns is at least
/// `share`.
///
/// # Input
/// The numeric, categorical and boolean columns among `columns`; by default features, target, prediction and scores. A
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
/// Evidently `DatasetDriftMetric`, `TestShareOfDriftedColumns`.
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
    #[serde(skip)]
    compared: Vec<Compared>,
}

fn half() -> f64 {
    0.5
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
        if let Some(stranger) = self.tests.keys().find(|c| !names.contains(c)) {
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
        let compared = names
            .iter()
            .map(|name| {
                let test = self.tests.get(name).or(self.test.as_ref()).map(String::as_str);
                Compared::new(
                    Self::ID,
                    definition,
                    name,
                    test,
                    self.threshold,
                    self.bins.unwrap_or_default(),
                )
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { compared, ..self })
    }

    fn requires(&self) -> Vec<StatisticSpec> {
        self.compared.iter().map(Compared::requires).collect()
    }

    fn evaluate(&self, profiles: &Profiles<'_>) -> Result<Evaluation, EvaluateError> {
        profiles.reference(Self::ID)?;
        let (mut drifted, mut tested, mut exact, mut notes) = (Vec::new(), 0_u32, true, Vec::new());
        for compared in &self.compared {
            match compared.run(Self::ID, profiles) {
                Ok(drift) => {
                    tested += 1;
                    exact &= drift.exact;
                    if drift.drifted {
                        drifted.push(format!("`{}`", compared.column.name));
                    }
                }
                Err(error) => notes.push(format!("left out: {error}")),
            }
        }
        if tested == 0 {
            return Err(EvaluateError::NotEnough(match notes.first() {
                Some(note) => format!("no column could be tested; {note}"),
                None => "there is no numeric, categorical or boolean column to test".to_owned(),
            }));
        }
        let share = drifted.len() as f64 / f64::from(tested);
        let mut evaluation = Evaluation::of(vec![
            Point::new("columns", f64::from(tested)),
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
