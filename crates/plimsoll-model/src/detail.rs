//! Typed details: compact data from which a page draws a measurement. Numbers are rounded to six significant digits,
//! shares to five decimals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts of values between edges.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Histogram {
    /// Ascending edges; one more than `shares`. Bins are `[a, b)`, the last `[a, b]`.
    pub edges: Vec<f64>,
    /// Share of the values in each bin, 0–1.
    pub shares: Vec<f64>,
}

/// A quantile of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quantile {
    /// Share of the values at or below `value`, 0–1.
    pub q: f64,
    /// The quantile on the current data.
    pub current: Option<f64>,
    /// The quantile on the reference.
    pub reference: Option<f64>,
}

/// Share of one category on either side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryShare {
    /// The category; `None` gathers all the others.
    pub category: Option<String>,
    /// Share among the current rows, 0–1.
    pub current: f64,
    /// Share among the reference rows, 0–1; `None` without a reference.
    pub reference: Option<f64>,
}

/// A point of a curve over decision thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CurvePoint {
    /// Score at or above which a row counts as positive.
    pub threshold: f64,
    /// True-positive rate (recall), 0–1.
    pub tpr: f64,
    /// False-positive rate, 0–1.
    pub fpr: f64,
    /// Precision, 0–1; `None` where nothing is positive.
    pub precision: Option<f64>,
}

/// A bin of a reliability (calibration) curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReliabilityBin {
    /// Mean score of the rows in the bin.
    pub score: f64,
    /// Share of positive rows in the bin, 0–1.
    pub observed: f64,
    /// Rows in the bin.
    pub count: u64,
}

/// ROC and precision–recall curves of one class against the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClassCurves {
    /// Class that counts as positive.
    pub class: String,
    /// On the current data, by falling threshold.
    pub current: Vec<CurvePoint>,
    /// On the reference.
    pub reference: Option<Vec<CurvePoint>>,
    /// Reliability on the current data.
    pub reliability: Vec<ReliabilityBin>,
    /// Distribution of the score among rows of the class, current data.
    pub positive: Option<Histogram>,
    /// Distribution of the score among the other rows, current data.
    pub negative: Option<Histogram>,
}

/// One point of a scatter of two numbers, with its weight.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bin2d {
    /// Horizontal value.
    pub x: f64,
    /// Vertical value.
    pub y: f64,
    /// Rows that the point stands for.
    pub count: u64,
}

/// Counts by true and predicted class.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConfusionMatrix {
    /// Classes in order.
    pub labels: Vec<String>,
    /// `counts[true][predicted]`.
    pub counts: Vec<Vec<u64>>,
}

/// Rows of a feature's bin and how well they fare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureBin {
    /// Range of values, or category.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// One a field; `None` where it is not defined.
    pub values: Vec<Option<f64>>,
}

/// The bins of a feature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureBins {
    /// Name of the feature.
    pub column: String,
    /// Ascending, or the most common category first.
    pub bins: Vec<FeatureBin>,
}

/// What a page needs to draw one measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Detail {
    /// Two numeric distributions over the same edges.
    DistributionPair {
        /// Ascending edges; one more than the shares.
        edges: Vec<f64>,
        /// Share of current values per bin, 0–1.
        current: Vec<f64>,
        /// Share of reference values per bin, 0–1; `None` without a reference.
        reference: Option<Vec<f64>>,
        /// Quantiles side by side.
        quantiles: Vec<Quantile>,
    },
    /// Shares of categories, most common first.
    CategoryPair {
        /// The most common categories and the rest.
        categories: Vec<CategoryShare>,
    },
    /// Quality by the values of features.
    ByFeature {
        /// What the values of a bin are, such as `accuracy`.
        fields: Vec<String>,
        /// The features whose bins differ most first.
        features: Vec<FeatureBins>,
    },
    /// Counts by true and predicted class.
    Confusion {
        /// On the current data.
        current: ConfusionMatrix,
        /// On the reference.
        reference: Option<ConfusionMatrix>,
    },
    /// ROC and precision–recall curves, each class against the rest.
    Curves {
        /// Binary: the positive class alone. Multi-class: the classes with most rows, in class order.
        classes: Vec<ClassCurves>,
    },
    /// Errors of a regression: their histogram and a sample of rows.
    Errors {
        /// Ascending edges of the histogram of `prediction − target`.
        edges: Vec<f64>,
        /// Share of current errors per bin, 0–1.
        current: Vec<f64>,
        /// Share of reference errors per bin, 0–1.
        reference: Option<Vec<f64>>,
        /// Target (x) and prediction (y) of sampled rows or cells.
        predicted_actual: Vec<Bin2d>,
    },
    /// A symmetric matrix over columns, by rows.
    Matrix {
        /// Names of rows and columns.
        columns: Vec<String>,
        /// On the current data; `None` where undefined.
        current: Vec<Vec<Option<f64>>>,
        /// On the reference.
        reference: Option<Vec<Vec<Option<f64>>>>,
    },
}
