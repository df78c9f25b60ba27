//! Laws of every statistic and metric, and golden values.

mod golden_models;
mod model_metrics;
mod support;
