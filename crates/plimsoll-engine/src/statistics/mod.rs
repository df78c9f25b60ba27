//! The statistics: one file each, and one line in [`zero`].

mod categories;
mod co_moments;
mod conflicts;
mod confusion;
mod count;
mod distinct;
mod distribution;
mod error_products;
mod errors;
mod exact;
mod group_outcomes;
mod incomplete;
mod log_loss;
mod moments;
mod ranked_lists;
mod row_sample;
mod rows;
mod scores;
mod sketch;
mod sql;
mod types;

pub use categories::Categories;
pub use co_moments::CoMoments;
pub use conflicts::Conflicts;
pub use confusion::Confusion;
pub use count::Count;
pub use distinct::Distinct;
pub use distribution::Distribution;
pub use error_products::ErrorProducts;
pub use errors::Errors;
pub use group_outcomes::{GroupOutcomes, Outcomes};
pub use incomplete::Incomplete;
pub use log_loss::LogLoss;
pub use moments::Moments;
pub use ranked_lists::{Ranked, RankedLists};
pub use row_sample::{Cell, RowSample};
pub use rows::Rows;
pub use scores::Scores;
pub use sql::Sql;
pub use types::Types;

use ranked_lists::ListColumns;

use crate::{ProfileOptions, Statistic, StatisticSpec};

/// The state of a request over no rows.
pub(crate) fn zero(spec: &StatisticSpec, options: &ProfileOptions) -> Box<dyn Statistic> {
    match spec {
        StatisticSpec::Count { column } => Box::new(Count::new(column)),
        StatisticSpec::Moments { column } => Box::new(Moments::of(column)),
        StatisticSpec::Distribution { column } => Box::new(Distribution::of(column, options)),
        StatisticSpec::Categories { column } => Box::new(Categories::new(column, options)),
        StatisticSpec::Distinct { column } => Box::new(Distinct::new(column)),
        StatisticSpec::CoMoments { columns } => Box::new(CoMoments::new(columns)),
        StatisticSpec::Errors { target, prediction } => Box::new(Errors::new(target, prediction, options)),
        StatisticSpec::Scores { target, class, score } => Box::new(Scores::new(target, class, score, options)),
        StatisticSpec::ErrorProducts { target, prediction } => Box::new(ErrorProducts::new(target, prediction)),
        StatisticSpec::LogLoss { target, scores } => Box::new(LogLoss::new(target, scores)),
        StatisticSpec::Conflicts { features, label } => Box::new(Conflicts::new(features, label)),
        StatisticSpec::Confusion { target, predicted } => Box::new(Confusion::new(target, predicted)),
        StatisticSpec::RowSample { columns, size, seed } => Box::new(RowSample::new(columns, *size, *seed)),
        StatisticSpec::GroupOutcomes {
            group,
            target,
            predicted,
            positive,
        } => Box::new(GroupOutcomes::new(group, target.as_deref(), predicted, positive)),
        StatisticSpec::RankedLists {
            user,
            item,
            order,
            descending,
            target,
            features,
        } => Box::new(RankedLists::new(ListColumns {
            user,
            item: item.as_deref(),
            order,
            descending: *descending,
            target: target.as_deref(),
            features,
        })),
        StatisticSpec::Sql { expression, columns } => Box::new(Sql::new(expression, columns)),
        StatisticSpec::Rows { columns } => Box::new(Rows::new(columns)),
        StatisticSpec::Incomplete { columns } => Box::new(Incomplete::new(columns)),
        StatisticSpec::Types { column } => Box::new(Types::new(column)),
    }
}
