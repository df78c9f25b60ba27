//! Golden values of the regression and classification metrics: Evidently 0.4 and 0.7, scikit-learn and NumPy.
//!
//! Every value of the golden files is compared, or named below with the reason why not.

mod judge;

use plimsoll_engine::Evaluation;
use plimsoll_model::{Bound, Detail, Labels, Threshold};
use serde_json::Value;

pub use judge::book;
use judge::{Judge, Side};

use crate::golden_share;

/// Relative tolerance: the peers sum in another order.
const RELATIVE: f64 = 1e-9;
const ABSOLUTE: f64 = 1e-12;

/// Golden key, metric, field.
const KEYS: &[(&str, &str, &str)] = &[
    ("abs_error_max", "regression.max_error", "value"),
    ("abs_error_std", "regression.mae", "std"),
    ("abs_perc_error_std", "regression.mape", "std"),
    ("accuracy", "classification.accuracy", "value"),
    ("error_std", "regression.me", "std"),
    ("f1", "classification.f1", "value"),
    ("fnr", "classification.fnr", "value"),
    ("fpr", "classification.fpr", "value"),
    ("log_loss", "classification.log_loss", "value"),
    ("me_default_sigma", "regression.me", "std"),
    ("mean_abs_error", "regression.mae", "value"),
    ("mean_abs_perc_error", "regression.mape", "value"),
    ("mean_error", "regression.me", "value"),
    ("precision", "classification.precision", "value"),
    ("r2_score", "regression.r2", "value"),
    ("recall", "classification.recall", "value"),
    ("rmse", "regression.rmse", "value"),
    ("roc_auc", "classification.roc_auc", "value"),
    ("tnr", "classification.tnr", "value"),
    ("tpr", "classification.tpr", "value"),
];

/// Metric whose default bound without a reference is the golden value of a constant or random prediction.
const BASELINES: &[(&str, &str)] = &[
    ("abs_error_max_default", "regression.max_error"),
    ("mean_abs_error_default", "regression.mae"),
    ("mean_abs_perc_error_default", "regression.mape"),
    ("rmse_default", "regression.rmse"),
];

/// Part of a key, and why its value is not compared: Plimsoll has no such number.
const NOT_OFFERED: &[(&str, &str)] = &[
    (
        "by_ref",
        "a baseline fitted on the reference: compared in `golden_bias`",
    ),
    (
        "by_reference_dummy",
        "one random draw: `random_baselines_lie_near_their_expectation` holds one of them against the expectation",
    ),
    ("cat_feature_names", "a setting"),
    ("columns", "a setting"),
    (
        "dummy.",
        "one random draw: `random_baselines_lie_near_their_expectation` holds it against the expectation",
    ),
    ("error_bias", "compared in `golden_bias`"),
    ("error_normality", "drawn from the histogram of errors, not stored"),
    ("num_feature_names", "a setting"),
    ("prediction_name", "a setting"),
    ("target_name", "a setting"),
    ("top_error", "a setting"),
    ("underperformance", "compared in `golden_bias`"),
];

/// Evidently's metrics without a counterpart.
const METRICS_NOT_OFFERED: &[(&str, &str)] = &[
    (
        "ClassificationClassBalance",
        "no value but a picture; the confusion matrix holds the counts",
    ),
    (
        "ClassificationLiftTable",
        "Evidently fails on text labels and rounds; `classification.top_k` is compared in `golden_bias`",
    ),
    (
        "ClassificationPRTable",
        "rounded to two digits; `classification.top_k` is compared in `golden_bias`",
    ),
    (
        "RegressionErrorBiasTable",
        "no value; the bias of `RegressionQualityMetric` is compared in `golden_bias`",
    ),
    ("RegressionErrorNormality", "no value but a picture"),
    ("RegressionTopErrorMetric", "no value but a picture"),
];

/// Keys where Evidently departs from the textbook; ours is held against the textbook value instead.
const TEXTBOOK: &[(&str, &str)] = &[(
    "abs_perc_error_std",
    "Evidently gives a share beside a mean in percent; ours is in percent",
)];

/// What became of the golden values.
#[derive(Default)]
struct Ledger {
    compared: usize,
    textbook: usize,
    absent: usize,
    exempt: usize,
    failures: Vec<String>,
}

impl Ledger {
    fn compare(&mut self, what: &str, ours: Option<f64>, golden: &Value) {
        let Some(golden) = golden.as_f64() else {
            self.absent += 1;
            return;
        };
        self.compared += 1;
        let near = |v: f64| (v - golden).abs() <= ABSOLUTE + RELATIVE * golden.abs();
        if !ours.is_some_and(near) {
            self.failures.push(format!("{what}: golden {golden}, ours {ours:?}"));
        }
    }

    fn close(self, name: &str, least: usize) {
        println!(
            "{name}: {} values agree, {} of them with the textbook against Evidently; {} absent there, {} exempt",
            self.compared - self.failures.len(),
            self.textbook,
            self.absent,
            self.exempt
        );
        assert!(
            self.failures.is_empty(),
            "{} differ:\n{}",
            self.failures.len(),
            self.failures.join("\n")
        );
        assert!(
            self.compared >= least,
            "only {} values compared, expected {least}",
            self.compared
        );
    }
}

fn mapped(name: &str) -> Option<(&'static str, &'static str)> {
    KEYS.iter()
        .find(|(key, ..)| *key == name)
        .map(|(_, metric, field)| (*metric, *field))
}

/// Compares one key of one entry; an unknown key is a failure.
fn check_key(ledger: &mut Ledger, entry: &Value, judge: &Judge, key: &str, golden: &Value) {
    let id = entry["id"].as_str().unwrap_or_default();
    let what = format!("{id} {key}");
    if key == "reference" {
        assert!(golden.is_null(), "{what}: expected null without a reference");
        return;
    }
    if NOT_OFFERED.iter().any(|(part, _)| key.contains(part)) {
        ledger.exempt += 1;
        return;
    }
    let (side, rest) = match key.split_once('.') {
        Some(("current" | "model_quality", rest)) => (Side::Current, rest),
        Some(("reference", rest)) => (Side::Reference, rest),
        _ => (Side::Current, key),
    };
    if key.starts_with("model_quality.") && !entry["args"]["probas_threshold"].is_null() {
        // `ClassificationDummyMetric` gives the model's quality at 0.5 whatever threshold it is asked for.
        ledger.exempt += 1;
        return;
    }
    if let Some((_, metric)) = BASELINES.iter().find(|(name, _)| *name == rest) {
        ledger.compare(
            &what,
            judge
                .default_bound(metric, &Labels::new(), None)
                .and_then(|b| number(&b)),
            golden,
        );
    } else if let Some((_, reason)) = TEXTBOOK.iter().find(|(name, _)| *name == rest)
        && entry["source"] == "evidently"
    {
        let sides = entry["textbook"].get(key).or_else(|| judge.textbook(side, rest));
        let Some(textbook) = sides else {
            ledger
                .failures
                .push(format!("{what}: exempt ({reason}) but without a textbook value"));
            return;
        };
        let (metric, field) = mapped(rest).expect("a textbook key is a mapped key");
        ledger.compare(&what, judge.value(side, metric, field, None), textbook);
        ledger.textbook += 1;
    } else if let Some((class, name)) = rest.strip_prefix("metrics.").and_then(|r| r.rsplit_once('.')) {
        let ours = match name {
            "support" => judge.support(side, class),
            _ => mapped(name).and_then(|(metric, field)| judge.value(side, metric, field, Some(class))),
        };
        ledger.compare(&what, ours, golden);
    } else if rest == "roc_aucs" {
        for (class, golden) in judge
            .score_classes()
            .iter()
            .zip(golden.as_array().into_iter().flatten())
        {
            ledger.compare(
                &what,
                judge.value(side, "classification.roc_auc", "value", Some(class)),
                golden,
            );
        }
    } else if let Some((metric, field)) = mapped(rest) {
        ledger.compare(&what, judge.value(side, metric, field, None), golden);
    } else {
        ledger.failures.push(format!("{what}: neither compared nor exempt"));
    }
}

fn check_confusion(ledger: &mut Ledger, entry: &Value, judge: &Judge) {
    let values = entry["values"].as_object().expect("values");
    for (side, name) in [(Side::Current, "current_matrix"), (Side::Reference, "reference_matrix")] {
        let Some(labels) = values.get(&format!("{name}.labels")) else {
            continue;
        };
        let labels: Vec<String> = labels.as_array().into_iter().flatten().map(text).collect();
        let Ok(Evaluation {
            detail: Some(Detail::Confusion { current, .. }),
            ..
        }) = judge.evaluate(side, "classification.confusion")
        else {
            ledger
                .failures
                .push(format!("{} {name}: no confusion matrix", entry["id"]));
            continue;
        };
        assert_eq!(current.labels, labels, "{} {name}", entry["id"]);
        for (row, ours) in current.counts.iter().enumerate() {
            let golden = values[&format!("{name}.values[{row}]")]
                .as_array()
                .expect("a row of counts");
            for (ours, golden) in ours.iter().zip(golden) {
                ledger.compare(&format!("{} {name}[{row}]", entry["id"]), Some(*ours as f64), golden);
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(bound: &Bound) -> Option<f64> {
    let threshold = [&bound.lt, &bound.lte, &bound.gt, &bound.gte, &bound.eq]
        .into_iter()
        .flatten()
        .next()?;
    match threshold {
        Threshold::Number(value) => Some(*value),
        Threshold::Approx { approx } => Some(approx.value),
        Threshold::Reference { .. } | Threshold::Learned { .. } => None,
    }
}

#[test]
fn regression_agrees_with_evidently_and_the_textbook() {
    golden_share::run("regression_agrees_with_evidently_and_the_textbook");
}

pub fn check_regression_agrees_with_evidently_and_the_textbook() {
    let Some(entries) = book("regression.json") else { return };
    let mut ledger = Ledger::default();
    for entry in &entries {
        if let Some((_, reason)) = METRICS_NOT_OFFERED.iter().find(|(name, _)| entry["metric"] == *name) {
            ledger.exempt += 1;
            golden_share::exempt("regression.json", entry, reason);
            continue;
        }
        golden_share::agrees("regression.json", entry);
        let judge = Judge::new(entry, &entries);
        for (key, golden) in entry["values"].as_object().expect("values") {
            check_key(&mut ledger, entry, &judge, key, golden);
        }
    }
    ledger.close("regression.json", 400);
}

#[test]
fn classification_agrees_with_evidently_and_the_textbook() {
    golden_share::run("classification_agrees_with_evidently_and_the_textbook");
}

pub fn check_classification_agrees_with_evidently_and_the_textbook() {
    let Some(entries) = book("classification.json") else {
        return;
    };
    let mut ledger = Ledger::default();
    for entry in &entries {
        let metric = entry["metric"].as_str().expect("metric");
        let not_offered = METRICS_NOT_OFFERED.iter().find(|(name, _)| metric == *name);
        if not_offered.is_some() || entry["args"].get("k").is_some() {
            ledger.exempt += 1;
            let reason = not_offered.map_or(
                "the rows with the highest scores: compared in `golden_bias`",
                |(_, r)| r,
            );
            golden_share::exempt("classification.json", entry, reason);
            continue;
        }
        golden_share::agrees("classification.json", entry);
        let judge = Judge::new(entry, &entries);
        if metric == "ClassificationConfusionMatrix" {
            check_confusion(&mut ledger, entry, &judge);
            continue;
        }
        for (key, golden) in entry["values"].as_object().expect("values") {
            check_key(&mut ledger, entry, &judge, key, golden);
        }
    }
    ledger.close("classification.json", 700);
}

/// A draw of n labels with frequencies p has an accuracy within 5 standard errors of Σ p², and likewise for a rate over
/// the rows of one class.
#[test]
fn random_baselines_lie_near_their_expectation() {
    let Some(entries) = book("classification.json") else {
        return;
    };
    let mut seen = 0;
    for entry in entries.iter().filter(|e| e["metric"] == "ClassificationDummyMetric") {
        let judge = Judge::new(entry, &entries);
        let thresholded = entry["args"]
            .get("probas_threshold")
            .is_some_and(|t| t.as_f64() != Some(0.5));
        for name in ["accuracy", "precision", "recall", "f1", "tpr", "tnr", "fpr", "fnr"] {
            let Some(drawn) = entry["values"][format!("dummy.{name}")].as_f64() else {
                continue;
            };
            if thresholded && name != "accuracy" {
                continue; // Evidently scales these by the threshold; a random label knows no threshold
            }
            let (metric, _) = mapped(name).expect("a known key");
            let expected = judge
                .default_bound(metric, &Labels::new(), None)
                .and_then(|b| number(&b))
                .expect("a bound");
            let rows = judge.smallest_class();
            let limit = 5.0 * (0.25 / rows).sqrt();
            assert!(
                (drawn - expected).abs() < limit,
                "{} {name}: drawn {drawn}, expected {expected}",
                entry["id"]
            );
            seen += 1;
        }
    }
    assert!(seen >= 50, "only {seen} draws");
}

#[test]
fn models_agree_with_evidently_07() {
    golden_share::run("models_agree_with_evidently_07");
}

pub fn check_models_agree_with_evidently_07() {
    const NAMES: &[(&str, &str, &str, &str)] = &[
        ("AbsMaxError", "regression.max_error", "value", ""),
        ("Accuracy", "classification.accuracy", "value", ""),
        ("F1ByLabel", "classification.f1", "value", "by label"),
        ("F1Score", "classification.f1", "value", ""),
        ("FNR", "classification.fnr", "value", ""),
        ("FPR", "classification.fpr", "value", ""),
        ("LogLoss", "classification.log_loss", "value", ""),
        ("MAE", "regression.mae", "value", "std"),
        ("MAPE", "regression.mape", "value", "std"),
        ("MeanError", "regression.me", "value", "std"),
        ("Precision", "classification.precision", "value", ""),
        ("PrecisionByLabel", "classification.precision", "value", "by label"),
        ("R2Score", "regression.r2", "value", ""),
        ("RMSE", "regression.rmse", "value", ""),
        ("Recall", "classification.recall", "value", ""),
        ("RecallByLabel", "classification.recall", "value", "by label"),
        ("RocAuc", "classification.roc_auc", "value", ""),
        ("RocAucByLabel", "classification.roc_auc", "value", "by label"),
        ("TNR", "classification.tnr", "value", ""),
        ("TPR", "classification.tpr", "value", ""),
    ];
    let Some(entries) = book("evidently07.json") else {
        return;
    };
    let mut ledger = Ledger::default();
    for entry in entries
        .iter()
        .filter(|e| e["kind"] == "regression" || e["kind"] == "classification")
    {
        let metric = entry["metric"].as_str().expect("metric");
        let name = metric.split('(').next().unwrap_or_default();
        let Some((_, id, field, shape)) = NAMES.iter().find(|(n, ..)| *n == name) else {
            ledger.failures.push(format!("{} {metric}: unknown", entry["id"]));
            continue;
        };
        golden_share::agrees("evidently07.json", entry);
        let judge = Judge::new(entry, &entries);
        let what = format!("{} {metric}", entry["id"]);
        let golden = &entry["value"];
        match *shape {
            "std" => {
                // 0.7 leaves the standard deviation of the percentage error as a share, too.
                let percent = if *id == "regression.mape" { 100.0 } else { 1.0 };
                let std = judge.value(Side::Current, id, "std", None).map(|v| v / percent);
                ledger.compare(&what, judge.value(Side::Current, id, field, None), &golden["mean"]);
                ledger.compare(&what, std, &golden["std"]);
            }
            "by label" => {
                for (class, golden) in golden.as_object().expect("a value by label") {
                    // A binary area is the same from either side; ours is given once, for the positive class.
                    let whole = || {
                        if *id == "classification.roc_auc" {
                            judge.value(Side::Current, id, field, None)
                        } else {
                            None
                        }
                    };
                    ledger.compare(
                        &what,
                        judge.value(Side::Current, id, field, Some(class)).or_else(whole),
                        golden,
                    );
                }
            }
            _ => ledger.compare(&what, judge.value(Side::Current, id, field, None), golden),
        }
    }
    for entry in entries
        .iter()
        .filter(|e| e["kind"] == "regression_tests" || e["kind"] == "classification_tests")
    {
        golden_share::agrees("evidently07.json", entry);
        verdicts(entry, &Judge::new(entry, &entries), &mut ledger);
    }
    ledger.close("evidently07.json", 350);
}

/// The tests of a preset: the observed value, the reference's and the verdict, which hold three decimals.
fn verdicts(entry: &Value, judge: &Judge, ledger: &mut Ledger) {
    const NAMES: &[(&str, &str)] = &[
        ("Absolute Max Error", "regression.max_error"),
        ("Accuracy metric", "classification.accuracy"),
        ("F1 score metric", "classification.f1"),
        ("FNR metric", "classification.fnr"),
        ("FPR metric", "classification.fpr"),
        ("LogLoss metric", "classification.log_loss"),
        ("Mean Absolute Error", "regression.mae"),
        ("Mean Absolute Percentage Error", "regression.mape"),
        ("Mean Error", "regression.me"),
        ("Precision metric", "classification.precision"),
        ("R2 Score", "regression.r2"),
        ("RMSE", "regression.rmse"),
        ("Recall metric", "classification.recall"),
        ("RocAuc metric", "classification.roc_auc"),
        ("TNR metric", "classification.tnr"),
        ("TPR metric", "classification.tpr"),
    ];
    const ROUNDED: f64 = 0.000_501;
    for test in entry["tests"].as_array().expect("tests") {
        let (name, text) = (
            test["name"].as_str().expect("a name"),
            test["description"].as_str().expect("a text"),
        );
        let what = format!("{} {name}", entry["id"]);
        let name = name.split(':').next().unwrap_or_default();
        let Some((_, id)) = NAMES.iter().find(|(known, _)| *known == name) else {
            ledger.failures.push(format!("{what}: unknown"));
            continue;
        };
        let after = |word: &str| -> Option<f64> {
            let rest = text.split_once(word)?.1.trim_start();
            rest.split(' ').next()?.parse().ok()
        };
        let mut near = |side: Side, golden: f64| {
            let ours = judge.value(side, id, "value", None);
            if ours.is_some_and(|ours| (ours - golden).abs() <= ROUNDED) {
                ledger.compared += 1;
            } else {
                ledger.failures.push(format!("{what}: {ours:?}, there {golden}"));
            }
            ours.unwrap_or(f64::NAN)
        };
        let observed = near(Side::Current, after("Actual value").expect("a value"));
        let (Some(middle), Some(width)) = (after("expected"), after("±")) else {
            continue;
        };
        let reference = near(Side::Reference, middle);
        let relative = if id.starts_with("regression.") { 0.1 } else { 0.2 };
        let holds = (observed - reference).abs() <= relative * reference.abs();
        if (width - relative * middle.abs()).abs() > 2.0 * ROUNDED || holds != (test["status"] == "SUCCESS") {
            ledger.failures.push(format!("{what}: {observed} of {reference}"));
        }
    }
}

/// Evidently's default bound on a quality metric is two-sided: 10 % or 20 % round the reference's value. Ours has the
/// same width on the worse side and none on the better one.
#[test]
fn default_bounds_are_the_worse_half_of_evidentlys() {
    golden_share::run("default_bounds_are_the_worse_half_of_evidentlys");
}

pub fn check_default_bounds_are_the_worse_half_of_evidentlys() {
    const NAMES: &[(&str, &str)] = &[
        ("Accuracy Score", "classification.accuracy"),
        ("F1 Score", "classification.f1"),
        ("Logarithmic Loss", "classification.log_loss"),
        ("Mean Absolute Error (MAE)", "regression.mae"),
        ("Mean Absolute Percentage Error (MAPE)", "regression.mape"),
        ("Mean Error (ME)", "regression.me"),
        ("Precision Score", "classification.precision"),
        ("Precision Score by Class", "classification.precision"),
        ("ROC AUC Score", "classification.roc_auc"),
        ("Recall Score", "classification.recall"),
        ("Recall Score by Class", "classification.recall"),
        ("Root Mean Square Error (RMSE)", "regression.rmse"),
    ];
    let Some(entries) = book("test_suites.json") else {
        return;
    };
    let mut ledger = Ledger::default();
    for entry in &entries {
        let preset = entry["preset"].as_str().unwrap_or_default();
        if !(preset.contains("Regression") || preset.contains("Classification")) || preset.contains("TopK") {
            if preset.contains("TopK") {
                let reason = "verdicts on the first k rows, whose values are compared in `golden_bias`";
                golden_share::exempt("test_suites.json", entry, reason);
            }
            continue;
        }
        golden_share::agrees("test_suites.json", entry);
        let judge = Judge::new(entry, &entries);
        for test in entry["tests"].as_array().expect("tests") {
            let Some((_, metric)) = NAMES.iter().find(|(name, _)| test["name"] == *name) else {
                let group = test["group"].as_str().unwrap_or_default();
                assert!(
                    group != "regression" && group != "classification",
                    "{} is unknown",
                    test["name"]
                );
                continue;
            };
            let parameters = &test["parameters"];
            let what = format!("{} {}", entry["id"], test["name"]);
            let class = parameters["label"].as_str();
            let labels = class
                .map(|c| Labels::from([("class".to_owned(), c.to_owned())]))
                .unwrap_or_default();
            let observed = judge.value(Side::Current, metric, "value", class);
            let reference = judge.value(Side::Reference, metric, "value", class);
            ledger.compare(&what, observed, &parameters["value"]);
            let bound = judge
                .default_bound(metric, &labels, reference)
                .expect("a default bound");
            let Some(Threshold::Approx { approx }) = [&bound.eq, &bound.lte, &bound.gte].into_iter().flatten().next()
            else {
                ledger.failures.push(format!("{what}: bound {bound:?}"));
                continue;
            };
            ledger.compare(&what, Some(approx.value), &parameters["condition.eq.value"]);
            let (observed, middle) = (observed.expect("a value"), approx.value);
            let width = (approx.relative * middle.abs()).max(approx.absolute);
            let golden = parameters["condition.eq.value"].as_f64().expect("a number").abs()
                * parameters["condition.eq.relative"].as_f64().expect("a number");
            let golden = golden.max(parameters["condition.eq.absolute"].as_f64().expect("a number"));
            ledger.compare(&what, Some(width), &Value::from(golden));
            let better = if bound.lte.is_some() {
                observed < middle
            } else {
                bound.gte.is_some() && observed > middle
            };
            let holds = better || (observed - middle).abs() <= width;
            if !better {
                assert_eq!(holds, test["status"] == "SUCCESS", "{what}");
            }
        }
    }
    ledger.close("test_suites.json", 60);
}
