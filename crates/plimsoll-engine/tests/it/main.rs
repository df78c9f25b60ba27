//! Laws of every statistic and metric, and golden values.

mod degenerate;
mod drift_together;
mod estimated_classes;
mod frames;
mod golden_bias;
mod golden_conflicts;
mod golden_correlations;
mod golden_drift;
mod golden_estimated;
mod golden_models;
mod golden_quality;
mod golden_ranking;
mod golden_share;
mod golden_suites;
mod intervals;
mod laws;
mod missing_values;
mod model_metrics;
mod quality_by_group;
mod ranking_bias;
mod segments;
mod support;
mod toy_sql;
