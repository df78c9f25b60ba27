//! How far the labels of a window have come in, and whether the rows that have them look like all rows.

use plimsoll_model::{ColumnKind, Maturity, Representative};
use plimsoll_stats::{CategoryCounts, TestOptions, TwoSamples, find_test};

use crate::{
    Profile, StatisticSpec,
    metrics::aligned,
    statistics::{Categories, Count, Distribution},
};

/// Column of the joined rows: seconds from the prediction to its label, null without label.
pub const LABEL_DELAY: &str = "_label_delay_seconds";

/// Fewest labelled rows on which a comparison with all rows means something.
const FEWEST: u64 = 30;

/// What stands before the name of a column that is kept where the row has a label.
const LABELLED: &str = "_labelled:";

/// Column of the joined rows: the value of a column where the row has a label, null elsewhere.
#[must_use]
pub fn labelled(column: &str) -> String {
    format!("{LABELLED}{column}")
}

/// The column of which [`labelled`] made one, or the column itself.
pub(crate) fn unlabelled(column: &str) -> &str {
    column.strip_prefix(LABELLED).unwrap_or(column)
}

/// Which columns tell of labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelColumns {
    /// The target.
    pub target: String,
    /// Column by which labelled rows are compared with all rows, and whether it holds numbers: the score, else the
    /// prediction.
    pub judged: Option<(String, ColumnKind)>,
}

fn values(column: String, kind: ColumnKind) -> StatisticSpec {
    if kind == ColumnKind::Numeric {
        StatisticSpec::Distribution { column }
    } else {
        StatisticSpec::Categories { column }
    }
}

impl LabelColumns {
    /// The statistics that [`LabelColumns::maturity`] reads.
    #[must_use]
    pub fn requires(&self) -> Vec<StatisticSpec> {
        let mut specs = vec![
            StatisticSpec::Count {
                column: self.target.clone(),
            },
            StatisticSpec::Distribution {
                column: LABEL_DELAY.to_owned(),
            },
        ];
        if let Some((judged, kind)) = &self.judged {
            specs.push(values(judged.clone(), *kind));
            specs.push(values(labelled(judged), *kind));
        }
        specs
    }

    /// Coverage and delay of the labels of a finished profile.
    ///
    /// # Output
    /// Coverage is a share of all rows. The comparison is by the Wasserstein distance in units of the standard deviation of
    /// all rows for numbers, by the Jensen–Shannon distance (base 2) for categories; distances, not p-values, because
    /// labelled rows are among all rows.
    ///
    /// # Missing values
    /// Columns that the profile lacks leave the figures that need them out.
    #[must_use]
    pub fn maturity(&self, profile: &Profile) -> Maturity {
        let count = StatisticSpec::Count {
            column: self.target.clone(),
        };
        let labelled = profile.get::<Count>(&count).map_or(0, Count::present);
        let delay = StatisticSpec::Distribution {
            column: LABEL_DELAY.to_owned(),
        };
        let delays = profile.get::<Distribution>(&delay).ok();
        let quantile = |q: f64| delays?.sample().quantile(q);
        let rows = profile.rows();
        Maturity {
            rows,
            labelled,
            coverage: if rows == 0 { 0.0 } else { labelled as f64 / rows as f64 },
            delay_seconds_p50: quantile(0.5),
            delay_seconds_p95: quantile(0.95),
            representative: self.representative(profile, labelled),
        }
    }

    fn representative(&self, profile: &Profile, count: u64) -> Option<Representative> {
        let (column, kind) = self.judged.as_ref()?;
        if count < FEWEST || count == profile.rows() {
            return None;
        }
        let (all, some) = (values(column.clone(), *kind), values(labelled(column), *kind));
        let numeric = *kind == ColumnKind::Numeric;
        let test = find_test(if numeric { "wasserstein" } else { "jensenshannon" }).ok()?;
        let options = TestOptions::default();
        let outcome = if numeric {
            let samples = TwoSamples::Numeric {
                reference: profile.get::<Distribution>(&all).ok()?.sample(),
                current: profile.get::<Distribution>(&some).ok()?.sample(),
            };
            (test.run)(&samples, &options)
        } else {
            let (left, right) = aligned(
                profile.get::<Categories>(&all).ok()?,
                profile.get::<Categories>(&some).ok()?,
            );
            let counts = CategoryCounts {
                reference: &left,
                current: &right,
            };
            (test.run)(&TwoSamples::Categorical(counts), &options)
        };
        let score = outcome.ok()?.score;
        score.is_finite().then(|| Representative {
            column: column.clone(),
            test: test.id.to_owned(),
            score,
            threshold: test.threshold,
            drifted: test.is_drifted(score, test.threshold),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, StringArray};

    use super::*;
    use crate::{Batch, ProfileOptions, ProfilePlan};

    fn maturity(label: impl Fn(usize) -> bool) -> Maturity {
        let columns = LabelColumns {
            target: "y".to_owned(),
            judged: Some(("score".to_owned(), ColumnKind::Numeric)),
        };
        let plan = Arc::new(ProfilePlan::new(columns.requires(), ProfileOptions::default()));
        let rows = || 0..200;
        let pick = |value: &dyn Fn(usize) -> f64| -> ArrayRef {
            Arc::new(rows().map(|r| label(r).then(|| value(r))).collect::<Float64Array>())
        };
        let names = [
            "score".to_owned(),
            labelled("score"),
            "y".to_owned(),
            LABEL_DELAY.to_owned(),
        ];
        let arrays: Vec<ArrayRef> = vec![
            Arc::new(rows().map(|r| Some(r as f64)).collect::<Float64Array>()),
            pick(&|r| r as f64),
            Arc::new(rows().map(|r| label(r).then_some("yes")).collect::<StringArray>()),
            pick(&|r| 60.0 + r as f64),
        ];
        let mut profile = Profile::empty(&plan);
        profile.update(&Batch::new(&names, &arrays));
        profile.finish();
        columns.maturity(&profile)
    }

    #[test]
    fn coverage_and_delay_are_those_of_the_labelled_rows() {
        let found = maturity(|row| row % 4 == 0);
        assert_eq!((found.rows, found.labelled, found.coverage), (200, 50, 0.25));
        assert_eq!(found.delay_seconds_p50, Some(158.0));
        let none = maturity(|_| false);
        assert_eq!((none.coverage, none.delay_seconds_p95), (0.0, None));
        assert_eq!(none.representative, None);
    }

    #[test]
    fn labels_of_one_side_alone_are_not_representative() {
        assert!(!maturity(|row| row % 4 == 0).representative.unwrap().drifted);
        let high = maturity(|row| row >= 150).representative.unwrap();
        assert!(high.drifted && high.score > 1.0, "{high:?}");
        assert_eq!(maturity(|_| true).representative, None);
    }
}
