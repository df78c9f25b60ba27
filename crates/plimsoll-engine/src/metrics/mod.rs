//! The metrics: one file each, and one line in [`METRICS`].

pub(crate) use drift::aligned;

use plimsoll_stats::Sample;

use crate::{MetricKind, SpecError};

mod bounds;
mod by_feature;
mod classification;
mod classification_accuracy;
mod classification_brier;
mod classification_calibration;
mod classification_confusion;
mod classification_curves;
mod classification_dummy;
mod classification_estimated;
mod classification_estimated_classes;
mod classification_f1;
mod classification_fnr;
mod classification_fpr;
mod classification_log_loss;
mod classification_precision;
mod classification_quality_by_feature;
mod classification_rate;
mod classification_recall;
mod classification_roc_auc;
mod classification_tnr;
mod classification_top_k;
mod classification_tpr;
mod column;
mod column_category;
mod column_count;
mod column_distinct;
mod column_in_list;
mod column_in_range;
mod column_infinite;
mod column_max;
mod column_mean;
mod column_min;
mod column_missing;
mod column_most_common;
mod column_new_categories;
mod column_quantile;
mod column_regex;
mod column_std;
mod column_sum;
mod column_unused_categories;
mod correlation;
mod dataset;
mod dataset_almost_constant_columns;
mod dataset_almost_duplicated_columns;
mod dataset_columns;
mod dataset_columns_with_missing;
mod dataset_constant_columns;
mod dataset_duplicated_columns;
mod dataset_duplicated_rows;
mod dataset_empty_columns;
mod dataset_empty_rows;
mod dataset_missing_cells;
mod dataset_prediction_conflicts;
mod dataset_rows;
mod dataset_rows_with_missing;
mod dataset_target_conflicts;
mod dataset_type_mismatches;
mod drift;
mod drift_column;
mod drift_dataset;
mod drift_domain_classifier;
mod drift_embedding;
mod drift_pca;
mod explain;
mod fairness;
mod fairness_demographic_parity;
mod fairness_equal_opportunity;
mod fairness_equalized_odds;
mod interval;
mod ranking;
mod ranking_bias;
mod ranking_diversity;
mod ranking_f_beta;
mod ranking_hit_rate;
mod ranking_item_bias;
mod ranking_map;
mod ranking_mar;
mod ranking_mrr;
mod ranking_ndcg;
mod ranking_novelty;
mod ranking_personalization;
mod ranking_popularity_bias;
mod ranking_precision;
mod ranking_recall;
mod ranking_score_entropy;
mod ranking_serendipity;
mod ranking_user_bias;
mod regression;
mod regression_baseline;
mod regression_detail;
mod regression_dummy;
mod regression_error_bias;
mod regression_error_groups;
mod regression_estimated;
mod regression_mae;
mod regression_mape;
mod regression_max_error;
mod regression_me;
mod regression_quality_by_feature;
mod regression_r2;
mod regression_rmse;
mod sampled;
mod sampled_rows;
mod sql;

/// Every metric, sorted by id.
pub static METRICS: &[MetricKind] = &[
    MetricKind::of::<classification_accuracy::Accuracy>(),
    MetricKind::of::<classification_brier::BrierScore>(),
    MetricKind::of::<classification_calibration::Calibration>(),
    MetricKind::of::<classification_confusion::ConfusionCounts>(),
    MetricKind::of::<classification_dummy::ClassificationDummy>(),
    MetricKind::of::<classification_estimated::EstimatedQuality>(),
    MetricKind::of::<classification_f1::F1>(),
    MetricKind::of::<classification_fnr::FalseNegativeRate>(),
    MetricKind::of::<classification_fpr::FalsePositiveRate>(),
    MetricKind::of::<classification_log_loss::LogLoss>(),
    MetricKind::of::<classification_precision::Precision>(),
    MetricKind::of::<classification_quality_by_feature::QualityByFeature>(),
    MetricKind::of::<classification_recall::Recall>(),
    MetricKind::of::<classification_roc_auc::RocAuc>(),
    MetricKind::of::<classification_tnr::TrueNegativeRate>(),
    MetricKind::of::<classification_top_k::TopK>(),
    MetricKind::of::<classification_tpr::TruePositiveRate>(),
    MetricKind::of::<column_category::ColumnCategory>(),
    MetricKind::of::<column_count::ColumnCount>(),
    MetricKind::of::<column_distinct::ColumnDistinct>(),
    MetricKind::of::<column_in_list::ColumnInList>(),
    MetricKind::of::<column_in_range::ColumnInRange>(),
    MetricKind::of::<column_infinite::ColumnInfinite>(),
    MetricKind::of::<column_max::ColumnMax>(),
    MetricKind::of::<column_mean::ColumnMean>(),
    MetricKind::of::<column_min::ColumnMin>(),
    MetricKind::of::<column_missing::ColumnMissing>(),
    MetricKind::of::<column_most_common::ColumnMostCommon>(),
    MetricKind::of::<column_new_categories::ColumnNewCategories>(),
    MetricKind::of::<column_quantile::ColumnQuantile>(),
    MetricKind::of::<column_regex::ColumnRegex>(),
    MetricKind::of::<column_std::ColumnStd>(),
    MetricKind::of::<column_sum::ColumnSum>(),
    MetricKind::of::<column_unused_categories::ColumnUnusedCategories>(),
    MetricKind::of::<correlation::Correlation>(),
    MetricKind::of::<dataset_almost_constant_columns::AlmostConstantColumns>(),
    MetricKind::of::<dataset_almost_duplicated_columns::AlmostDuplicatedColumns>(),
    MetricKind::of::<dataset_columns::DatasetColumns>(),
    MetricKind::of::<dataset_columns_with_missing::ColumnsWithMissing>(),
    MetricKind::of::<dataset_constant_columns::ConstantColumns>(),
    MetricKind::of::<dataset_duplicated_columns::DuplicatedColumns>(),
    MetricKind::of::<dataset_duplicated_rows::DuplicatedRows>(),
    MetricKind::of::<dataset_empty_columns::EmptyColumns>(),
    MetricKind::of::<dataset_empty_rows::EmptyRows>(),
    MetricKind::of::<dataset_missing_cells::MissingCells>(),
    MetricKind::of::<dataset_prediction_conflicts::PredictionConflicts>(),
    MetricKind::of::<dataset_rows::DatasetRows>(),
    MetricKind::of::<dataset_rows_with_missing::RowsWithMissing>(),
    MetricKind::of::<dataset_target_conflicts::TargetConflicts>(),
    MetricKind::of::<dataset_type_mismatches::TypeMismatches>(),
    MetricKind::of::<drift_column::DriftColumn>(),
    MetricKind::of::<drift_dataset::DriftDataset>(),
    MetricKind::of::<drift_domain_classifier::DomainClassifier>(),
    MetricKind::of::<drift_embedding::EmbeddingDrift>(),
    MetricKind::of::<drift_pca::ReconstructionError>(),
    MetricKind::of::<explain::Explain>(),
    MetricKind::of::<fairness_demographic_parity::DemographicParity>(),
    MetricKind::of::<fairness_equal_opportunity::EqualOpportunity>(),
    MetricKind::of::<fairness_equalized_odds::EqualizedOdds>(),
    MetricKind::of::<ranking_diversity::Diversity>(),
    MetricKind::of::<ranking_f_beta::FBeta>(),
    MetricKind::of::<ranking_hit_rate::HitRate>(),
    MetricKind::of::<ranking_item_bias::ItemBias>(),
    MetricKind::of::<ranking_map::MeanAveragePrecision>(),
    MetricKind::of::<ranking_mar::MeanAverageRecall>(),
    MetricKind::of::<ranking_mrr::MeanReciprocalRank>(),
    MetricKind::of::<ranking_ndcg::Ndcg>(),
    MetricKind::of::<ranking_novelty::Novelty>(),
    MetricKind::of::<ranking_personalization::Personalization>(),
    MetricKind::of::<ranking_popularity_bias::PopularityBias>(),
    MetricKind::of::<ranking_precision::RankingPrecision>(),
    MetricKind::of::<ranking_recall::RankingRecall>(),
    MetricKind::of::<ranking_score_entropy::ScoreEntropy>(),
    MetricKind::of::<ranking_serendipity::Serendipity>(),
    MetricKind::of::<ranking_user_bias::UserBias>(),
    MetricKind::of::<regression_dummy::RegressionDummy>(),
    MetricKind::of::<regression_error_bias::ErrorBias>(),
    MetricKind::of::<regression_error_groups::ErrorGroups>(),
    MetricKind::of::<regression_estimated::EstimatedErrors>(),
    MetricKind::of::<regression_mae::MeanAbsoluteError>(),
    MetricKind::of::<regression_mape::MeanAbsolutePercentageError>(),
    MetricKind::of::<regression_max_error::MaxError>(),
    MetricKind::of::<regression_me::MeanError>(),
    MetricKind::of::<regression_quality_by_feature::QualityByFeature>(),
    MetricKind::of::<regression_r2::RSquared>(),
    MetricKind::of::<regression_rmse::RootMeanSquaredError>(),
    MetricKind::of::<sql::SqlMetric>(),
];

/// The metric of that id.
///
/// # Errors
/// [`SpecError::Unknown`] with similar ids.
pub fn find_metric(id: &str) -> Result<&'static MetricKind, SpecError> {
    METRICS.iter().find(|m| m.id == id).ok_or_else(|| SpecError::Unknown {
        what: "metric".to_owned(),
        name: id.to_owned(),
        near: plimsoll_model::near(id, METRICS.iter().map(|m| m.id)),
    })
}

/// The mean of what has a value.
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    (n > 0.0).then_some(sum / n)
}

/// A number with six significant digits: what a picture needs of a number that stands alone.
fn significant(value: f64) -> f64 {
    plimsoll_model::significant(value, 6)
}

/// A place on an axis with bins of a width, to a hundredth of it or better: what a picture needs.
fn drawn(place: f64, width: f64) -> f64 {
    if !(width.is_finite() && width > 0.0) {
        return place;
    }
    plimsoll_model::rounded(place, 2 - width.log10().floor() as i32)
}

/// A share, 0–1, to four decimals: what a picture needs.
fn drawn_share(share: f64) -> f64 {
    plimsoll_model::rounded(share, 4)
}

/// Values with their weights, ascending.
fn weighted(sample: &Sample<'_>) -> Vec<(f64, f64)> {
    sample.iter().map(|(value, count)| (value, count as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_sorted_and_documented() {
        assert!(METRICS.windows(2).all(|w| w[0].id < w[1].id));
        for metric in METRICS {
            let schema = (metric.schema)();
            let page = schema.get("description").and_then(|d| d.as_str()).unwrap_or_default();
            for section in ["# Definition", "# Output", "# Missing values"] {
                assert!(page.contains(section), "{} lacks `{section}`", metric.id);
            }
            assert!(!metric.fields.is_empty());
        }
    }

    #[test]
    fn unknown_ids_name_the_near_ones() {
        assert!(
            find_metric("regresion.mae")
                .unwrap_err()
                .to_string()
                .contains("`regression.mae`")
        );
    }

    #[test]
    fn significant_keeps_six_digits() {
        assert_eq!(
            [0.0, 1_234.567_89, -0.000_123_456_789].map(significant),
            [0.0, 1_234.57, -0.000_123_457]
        );
    }

    #[test]
    fn places_on_an_axis_are_told_apart_however_far_it_lies_from_zero() {
        // Hours of a day, in microseconds since 1970.
        let (day, hour) = (1.7e15, 3.6e9);
        let edges: Vec<f64> = (0..=24).map(|i| drawn(day + hour * f64::from(i), hour)).collect();
        assert!(edges.windows(2).all(|w| (w[1] - w[0] - hour).abs() <= hour / 50.0));
        assert_eq!([drawn(-4.610_624, 0.58), drawn(1_234.5, 20.0)], [-4.611, 1_234.5]);
    }
}
