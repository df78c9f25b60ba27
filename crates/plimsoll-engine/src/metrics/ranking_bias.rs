//! What the biases of recommendations share: the values of a column on two sides, how far they are apart, and their picture.

use plimsoll_model::{Bound, ColumnKind, DataDefinition, Point};
use plimsoll_stats::{CategoryCounts, Sample, StatsError, TestOptions, TwoSamples, find_test};

use super::{
    bounds::below,
    column::{Column, category_pair, distribution_pair},
    drift::aligned,
    ranking::ListsOf,
};
use crate::{
    EvaluateError, Evaluation, Profile, SpecError, StatisticSpec,
    batch::MISSING,
    statistics::{Categories, Ranked, RankedLists},
};

/// The test whose distance is told.
const TEST: &str = "jensenshannon";

/// A column of ranked lists, numeric or categorical.
#[derive(Debug, Clone, Default)]
pub(super) struct ListColumn {
    column: String,
    lists: ListsOf,
    /// Place among the features of the lists; `None` of categories, which stand in place of the items.
    feature: Option<usize>,
}

/// Values of the column on one side.
enum Values {
    /// Ascending.
    Numbers(Vec<f64>),
    Labels(Categories),
}

impl ListColumn {
    /// The column of a definition.
    pub fn of(id: &str, definition: &DataDefinition, name: &str) -> Result<Self, SpecError> {
        let fits = |kind: ColumnKind| kind == ColumnKind::Numeric || kind.is_categorical();
        let column = Column::of_kind(id, definition, name, "a numeric or a categorical column", fits)?;
        let lists = ListsOf::of(id, definition)?;
        if column.kind != ColumnKind::Numeric {
            return Ok(Self {
                lists: lists.of_items(name),
                column: column.name,
                feature: None,
            });
        }
        // The lists that other metrics ask for have every numeric feature.
        let all = lists.clone().with_features(id, definition, None);
        let lists = match all {
            Ok(all) if all.place(name).is_some() => all,
            _ => lists.with_features(id, definition, Some(std::slice::from_ref(&column.name)))?,
        };
        Ok(Self {
            feature: lists.place(name),
            column: column.name,
            lists,
        })
    }

    pub fn spec(&self) -> StatisticSpec {
        self.lists.spec()
    }

    pub fn lists<'p>(&self, profile: &'p Profile) -> Result<&'p RankedLists, EvaluateError> {
        self.lists.lists(profile)
    }

    /// Says whether a row has a value.
    pub fn has(&self, row: &Ranked) -> bool {
        match self.feature {
            Some(at) => row.features.get(at).is_some_and(|v| v.is_finite()),
            None => row.item != MISSING,
        }
    }

    /// The values of rows of the lists.
    fn values<'p>(&self, lists: &'p RankedLists, rows: impl Iterator<Item = &'p Ranked>) -> Values {
        let rows = rows.filter(|row| self.has(row));
        match self.feature {
            Some(at) => {
                let mut numbers: Vec<f64> = rows.filter_map(|row| row.features.get(at).copied()).collect();
                numbers.sort_unstable_by(f64::total_cmp);
                Values::Numbers(numbers)
            }
            None => Values::Labels(Categories::of_labels(
                &self.column,
                rows.filter_map(|row| lists.name(row.item)),
            )),
        }
    }

    /// How far the values of two sides are apart, with their picture.
    pub fn compare<'p>(
        &self,
        (current, current_rows): (&'p RankedLists, impl Iterator<Item = &'p Ranked>),
        (past, past_rows): (&'p RankedLists, impl Iterator<Item = &'p Ranked>),
    ) -> Result<Evaluation, EvaluateError> {
        let (c, r) = (self.values(current, current_rows), self.values(past, past_rows));
        let (distance, detail) = match (&c, &r) {
            (Values::Numbers(c), Values::Numbers(r)) => {
                let (current, reference) = (Sample::from_sorted(c), Sample::from_sorted(r));
                let picture = distribution_pair(current, Some(reference));
                (self.distance(&TwoSamples::Numeric { reference, current })?, picture)
            }
            (Values::Labels(c), Values::Labels(r)) => {
                let (reference, current) = aligned(r, c);
                let counts = CategoryCounts {
                    reference: &reference,
                    current: &current,
                };
                let picture = category_pair(c, Some(r));
                (self.distance(&TwoSamples::Categorical(counts))?, Some(picture))
            }
            _ => return Err(EvaluateError::Absent(self.column.clone())),
        };
        let mut evaluation = Evaluation::of(vec![Point::new("value", distance)]);
        evaluation.detail = detail;
        Ok(self.lists.noted(evaluation, current))
    }

    fn distance(&self, samples: &TwoSamples<'_>) -> Result<f64, EvaluateError> {
        let run = |samples| (find_test(TEST)?.run)(samples, &TestOptions::default());
        run(samples).map(|outcome| outcome.score).map_err(|e| match e {
            StatsError::Empty { side } => {
                EvaluateError::NotEnough(format!("`{}` has no value in the {side} rows", self.column))
            }
            other => EvaluateError::Math(format!("`{}`: {other}", self.column)),
        })
    }
}

/// Below the threshold of the drift test of the same name.
pub(super) fn bound() -> Option<Bound> {
    find_test(TEST).ok().map(|test| below(test.threshold))
}
