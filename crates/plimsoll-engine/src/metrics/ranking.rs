//! What the ranking metrics share: the columns of a ranked list, and means over users.

use std::collections::{BTreeSet, HashMap};

use plimsoll_model::{Bound, ColumnKind, DataDefinition, Point, Role, Task};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    bounds::{above, near},
    interval::{points, wilson},
};
use crate::{
    EvaluateError, Evaluation, Profile, Profiles, SpecError, StatisticSpec,
    batch::MISSING,
    statistics::{Ranked, RankedLists},
};

/// Length of a list where neither the metric nor the task gives one.
const LENGTH: usize = 10;

/// The columns that make up ranked lists.
#[derive(Debug, Clone, Default)]
pub(super) struct ListsOf {
    user: String,
    item: Option<String>,
    order: String,
    descending: bool,
    target: Option<String>,
    features: Vec<String>,
}

impl ListsOf {
    /// The columns that the definition names.
    pub fn of(id: &str, definition: &DataDefinition) -> Result<Self, SpecError> {
        let needs = |needs: &str| SpecError::Definition {
            metric: id.to_owned(),
            needs: needs.to_owned(),
        };
        let name = |role: &Role| definition.with_role(role).map(|c| c.name.clone());
        let user = name(&Role::User).ok_or_else(|| needs("a `user` column"))?;
        let score = name(&Role::Score(None));
        let descending = score.is_some();
        let order = score.or_else(|| name(&Role::Prediction)).ok_or_else(|| {
            needs("a `score` column, or a `prediction` column with the rank of the item (1 is first)")
        })?;
        Ok(Self {
            user,
            item: name(&Role::Item),
            order,
            descending,
            target: name(&Role::Target),
            features: Vec::new(),
        })
    }

    /// The same with features of the items; by default the numeric features of the definition.
    pub fn with_features(
        mut self,
        id: &str,
        definition: &DataDefinition,
        features: Option<&[String]>,
    ) -> Result<Self, SpecError> {
        self.features = if let Some(names) = features {
            let numeric = |kind| kind == ColumnKind::Numeric;
            let of = |name: &String| {
                super::column::Column::of_kind(id, definition, name, "a numeric column", numeric).map(|c| c.name)
            };
            names.iter().map(of).collect::<Result<_, _>>()?
        } else {
            let numeric = definition.features().filter(|c| c.kind == ColumnKind::Numeric);
            numeric.map(|c| c.name.clone()).collect()
        };
        self.features.sort();
        self.features.dedup();
        if self.features.is_empty() {
            return Err(SpecError::Definition {
                metric: id.to_owned(),
                needs: "numeric columns that describe the items".to_owned(),
            });
        }
        Ok(self)
    }

    /// The same with the values of a column in place of the items.
    pub fn of_items(self, column: &str) -> Self {
        Self {
            item: Some(column.to_owned()),
            ..self
        }
    }

    /// Place of a column among the features.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.features.iter().position(|feature| feature == column)
    }

    /// The same, refused without a target.
    pub fn judged(self, id: &str) -> Result<Self, SpecError> {
        self.needs(
            id,
            |lists| lists.target.is_some(),
            "a `target` column with the relevance of the item",
        )
    }

    /// The same, refused without items.
    pub fn named(self, id: &str) -> Result<Self, SpecError> {
        self.needs(id, |lists| lists.item.is_some(), "an `item` column")
    }

    fn needs(self, id: &str, holds: fn(&Self) -> bool, needs: &str) -> Result<Self, SpecError> {
        if holds(&self) {
            return Ok(self);
        }
        Err(SpecError::Definition {
            metric: id.to_owned(),
            needs: needs.to_owned(),
        })
    }

    pub fn spec(&self) -> StatisticSpec {
        StatisticSpec::RankedLists {
            user: self.user.clone(),
            item: self.item.clone(),
            order: self.order.clone(),
            descending: self.descending,
            target: self.target.clone(),
            features: self.features.clone(),
        }
    }

    pub fn lists<'p>(&self, profile: &'p Profile) -> Result<&'p RankedLists, EvaluateError> {
        let lists: &RankedLists = profile.get(&self.spec())?;
        if lists.lists().len() == 0 {
            return Err(EvaluateError::NotEnough(format!(
                "no row of {} has a `{}` and a finite `{}`",
                profile.rows(),
                self.user,
                self.order
            )));
        }
        Ok(lists)
    }

    /// Notes on what the numbers leave out.
    pub fn noted(&self, mut evaluation: Evaluation, lists: &RankedLists) -> Evaluation {
        if lists.left_out() > 0 {
            evaluation.notes.push(format!(
                "{} rows without `{}` or finite `{}` left out",
                lists.left_out(),
                self.user,
                self.order
            ));
        }
        if lists.share() < 1.0 {
            evaluation.exact = false;
            let users = lists.lists().len();
            let note = format!("from a sample of {users} users, {:.3} % of all", 100.0 * lists.share());
            evaluation.notes.push(note);
        }
        evaluation
    }
}

/// The length of the lists: that of the metric, of the task, or 10.
pub(super) fn length(id: &str, own: Option<usize>, definition: &DataDefinition) -> Result<usize, SpecError> {
    let of_task = match &definition.task {
        Some(Task::Ranking { k }) => Some(*k),
        _ => None,
    };
    let k = own.or(of_task).unwrap_or(LENGTH);
    if k > 0 {
        return Ok(k);
    }
    Err(SpecError::Params {
        metric: id.to_owned(),
        problem: "`k` is 0, expected the length of the lists, at least 1".to_owned(),
    })
}

/// The first items of a list.
pub(super) fn top(list: &[Ranked], k: usize) -> &[Ranked] {
    &list[..k.min(list.len())]
}

/// Parameters of the metrics that judge the first `k` items of each user's list by their relevance.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AtK {
    /// Length of the list that is judged. Default: `data.k`, else 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<usize>,
    /// Target at or above which an item is relevant. Default: any target above 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relevance_threshold: Option<f64>,
    /// Says whether users without a relevant item count, as 0.
    #[serde(default)]
    pub no_feedback_users: bool,
    #[serde(skip)]
    columns: ListsOf,
}

/// A user's list as a metric judges it.
pub(super) struct Judged {
    /// Relevance of the first `k` items: above 0 is relevant.
    pub gains: Vec<f64>,
    /// Relevance of all items, largest first.
    pub ideal: Vec<f64>,
}

impl Judged {
    /// Relevant items among the first `k`.
    pub fn hits(&self) -> f64 {
        self.gains.iter().filter(|g| **g > 0.0).count() as f64
    }

    /// Relevant items of the whole list.
    pub fn relevant(&self) -> f64 {
        self.ideal.iter().filter(|g| **g > 0.0).count() as f64
    }

    /// Share of the first `k` that is relevant.
    pub fn precision(&self) -> f64 {
        self.hits() / self.gains.len() as f64
    }

    /// Share of the relevant items that are among the first `k`.
    pub fn recall(&self) -> f64 {
        ratio(self.hits(), self.relevant())
    }

    /// Sum over the relevant items among the first `k` of what the list up to there is worth.
    pub fn at_hits(&self, worth: impl Fn(f64, f64) -> f64) -> f64 {
        let mut hits = 0.0;
        let mut sum = 0.0;
        for (at, gain) in self.gains.iter().enumerate() {
            if *gain > 0.0 {
                hits += 1.0;
                sum += worth(hits, (at + 1) as f64);
            }
        }
        sum
    }
}

/// A ratio that is 0 where there is nothing to divide by.
pub(super) fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator > 0.0 {
        numerator / denominator
    } else {
        0.0
    }
}

impl AtK {
    pub fn new(k: Option<usize>, relevance_threshold: Option<f64>, no_feedback_users: bool) -> Self {
        Self {
            k,
            relevance_threshold,
            no_feedback_users,
            columns: ListsOf::default(),
        }
    }

    pub fn resolve(self, id: &str, definition: &DataDefinition) -> Result<Self, SpecError> {
        if self.relevance_threshold.is_some_and(|t| !(t.is_finite() && t > 0.0)) {
            return Err(SpecError::Params {
                metric: id.to_owned(),
                problem: "`relevance_threshold` must be a number above 0".to_owned(),
            });
        }
        Ok(Self {
            k: Some(length(id, self.k, definition)?),
            columns: ListsOf::of(id, definition)?.judged(id)?,
            ..self
        })
    }

    pub fn requires(&self) -> Vec<StatisticSpec> {
        vec![self.columns.spec()]
    }

    /// The lists of the users that count.
    fn judged(&self, lists: &RankedLists) -> Vec<Judged> {
        let k = self.k.unwrap_or(LENGTH);
        let gain = |ranked: &Ranked| {
            let relevance = ranked.relevance.unwrap_or(0.0);
            match self.relevance_threshold {
                Some(least) => f64::from(u8::from(relevance >= least)),
                None => relevance.max(0.0),
            }
        };
        let judge = |list: &[Ranked]| {
            // A user of whom no target is known is unlabelled, not without feedback.
            list.iter().any(|r| r.relevance.is_some()).then(|| {
                let mut ideal: Vec<f64> = list.iter().map(gain).collect();
                ideal.sort_unstable_by(|a, b| b.total_cmp(a));
                Judged {
                    gains: top(list, k).iter().map(gain).collect(),
                    ideal,
                }
            })
        };
        let counts = |judged: &Judged| self.no_feedback_users || judged.relevant() > 0.0;
        lists.lists().filter_map(judge).filter(counts).collect()
    }

    /// The mean over the users.
    pub fn mean(&self, profiles: &Profiles<'_>, of: impl Fn(&Judged) -> f64) -> Result<Evaluation, EvaluateError> {
        self.combined(profiles, |users| {
            let worth: Vec<f64> = users.iter().map(of).collect();
            let value = worth.iter().sum::<f64>() / worth.len() as f64;
            (value, mean_error(&worth, value))
        })
    }

    /// A value over the users, with its standard error if other users had come.
    pub fn combined(
        &self,
        profiles: &Profiles<'_>,
        of: impl FnOnce(&[Judged]) -> (f64, Option<f64>),
    ) -> Result<Evaluation, EvaluateError> {
        let lists = self.columns.lists(profiles.current)?;
        let users = self.judged(lists);
        if users.is_empty() {
            return Err(EvaluateError::NotEnough(format!(
                "none of {} users has a relevant item; are the labels in?",
                lists.lists().len()
            )));
        }
        let (value, error) = of(&users);
        let mut found = vec![Point::new("value", value), Point::new("users", users.len() as f64)];
        found.extend(points(error.and_then(|e| share_interval(value, e, users.len() as f64))));
        Ok(self.columns.noted(Evaluation::of(found), lists))
    }
}

/// Standard error of the mean of values; `None` of fewer than two.
pub(super) fn mean_error(values: &[f64], mean: f64) -> Option<f64> {
    let n = values.len() as f64;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (n > 1.0).then(|| (squares / (n - 1.0) / n).sqrt())
}

/// Wilson's interval of a mean between 0 and 1, of as many users with 0 or 1 as would spread as much.
fn share_interval(value: f64, error: f64, users: f64) -> Option<(f64, f64)> {
    let spread = value * (1.0 - value);
    if spread <= 0.0 {
        return wilson(value * users, users);
    }
    if error <= 0.0 {
        return Some((value, value));
    }
    let users = spread / (error * error);
    wilson(value * users, users)
}

/// Items of the past by the number of users who took to them: the reference's rows with a target above 0, or all rows where
/// no target is known.
pub(super) struct Popularity {
    /// Users by item.
    pub users: HashMap<u64, f64>,
    /// Users of the past.
    pub total: f64,
}

impl Popularity {
    pub fn of(past: &RankedLists) -> Result<Self, EvaluateError> {
        let mut popularity = Self {
            users: HashMap::new(),
            total: 0.0,
        };
        for list in taken(past) {
            let items: BTreeSet<u64> = list.iter().map(|r| r.item).filter(|item| *item != MISSING).collect();
            popularity.total += f64::from(u8::from(!items.is_empty()));
            for item in items {
                *popularity.users.entry(item).or_insert(0.0) += 1.0;
            }
        }
        if popularity.users.is_empty() {
            return Err(EvaluateError::NotEnough(
                "no item of the reference was taken by a user".to_owned(),
            ));
        }
        Ok(popularity)
    }
}

/// By user, the rows of the past that the user took to.
pub(super) fn taken(past: &RankedLists) -> impl Iterator<Item = Vec<&Ranked>> {
    taken_by_user(past).map(|(_, list)| list)
}

/// The same with the hash of the user.
pub(super) fn taken_by_user(past: &RankedLists) -> impl Iterator<Item = (u64, Vec<&Ranked>)> {
    let is_labelled = past.lists().flatten().any(|r| r.relevance.is_some());
    let is_taken = move |r: &&Ranked| !is_labelled || r.relevance.is_some_and(|relevance| relevance > 0.0);
    past.by_user()
        .map(move |(user, list)| (user, list.iter().filter(is_taken).collect()))
}

/// Cosine of the angle between two vectors of features; `None` where one is 0 or has a gap.
pub(super) fn cosine(a: &[f64], b: &[f64]) -> Option<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = dot(a, b) / (dot(a, a).sqrt() * dot(b, b).sqrt());
    cosine.is_finite().then_some(cosine)
}

/// Within 10 % of the reference; without a reference above 0.
pub(super) fn bound(field: &str, reference: Option<f64>) -> Option<Bound> {
    match (field, reference) {
        ("value", None) => Some(above(0.0)),
        (_, reference) => reference.map(near),
    }
}
