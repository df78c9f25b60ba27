//! The golden cases: their rows, their data definition, and every model metric evaluated on them.

use std::{collections::BTreeMap, sync::Arc};

use plimsoll_engine::{
    Batch, DynMetric, EvaluateError, Evaluation, METRICS, Profile, ProfileOptions, ProfilePlan, Profiles,
};
use plimsoll_model::{Bound, ColumnKind, ColumnSpec, DataDefinition, Detail, Labels, Params, Role, Task};
use serde_json::Value;

use crate::support;

/// Which of the two slices is judged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Current,
    Reference,
}

/// The entries of a golden file; `None` where the golden values are not at hand.
pub fn book(name: &str) -> Option<Vec<Value>> {
    let path = support::shared("golden")?.join(name);
    let text = std::fs::read_to_string(path).expect("a golden file");
    let mut book: Value = serde_json::from_str(&text).expect("JSON");
    Some(book["entries"].as_array_mut().expect("entries").drain(..).collect())
}

/// One golden case with its profiles.
pub struct Judge {
    definition: DataDefinition,
    metrics: BTreeMap<&'static str, Arc<dyn DynMetric>>,
    current: Profile,
    reference: Option<Profile>,
    textbook: Option<Value>,
}

impl Judge {
    /// Reads the rows of an entry and profiles them for every model metric that applies.
    pub fn new(entry: &Value, entries: &[Value]) -> Self {
        let definition = definition(entry);
        let threshold = ["args", "args_preset"]
            .iter()
            .find_map(|a| entry.get(a)?.get("probas_threshold"))
            .filter(|t| !t.is_null());
        let mut metrics = BTreeMap::new();
        for kind in METRICS
            .iter()
            .filter(|k| k.id.starts_with("regression.") || k.id.starts_with("classification."))
        {
            let mut params = Params::new();
            if let Some(threshold) = threshold {
                params.insert("threshold".to_owned(), threshold.clone());
            }
            let metric = (kind.parse)(&params, &definition).or_else(|_| (kind.parse)(&Params::new(), &definition));
            if let Ok(metric) = metric {
                metrics.insert(kind.id, metric);
            }
        }
        let plan = ProfilePlan::new(metrics.values().flat_map(|m| m.required()), ProfileOptions::default());
        let plan = Arc::new(plan);
        let dataset = &entry["dataset"];
        let file = dataset["file"].as_str().expect("file");
        let profile = |selection: &Value| {
            let rows = support::select(file, selection);
            let names: Vec<String> = rows.schema().fields().iter().map(|f| f.name().clone()).collect();
            let mut profile = Profile::empty(&plan);
            profile.update(&Batch::new(&names, rows.columns()));
            profile.finish();
            profile
        };
        let current = profile(&dataset["current"]);
        let reference = Some(&dataset["reference"]).filter(|r| !r.is_null()).map(profile);
        let textbook = entries
            .iter()
            .find(|e| e["metric"] == "textbook" && e["dataset"] == *dataset);
        Self {
            definition,
            metrics,
            current,
            reference,
            textbook: textbook.cloned(),
        }
    }

    /// The textbook's value where the entry itself has none.
    pub fn textbook(&self, side: Side, key: &str) -> Option<&Value> {
        let side = if side == Side::Current { "current" } else { "reference" };
        self.textbook.as_ref()?["values"].get(format!("{side}.{key}"))
    }

    fn profiles(&self, side: Side) -> Profiles<'_> {
        let current = match side {
            Side::Current => &self.current,
            Side::Reference => self.reference.as_ref().expect("a reference"),
        };
        Profiles {
            current,
            reference: None,
            reference_windows: 1.0,
            definition: &self.definition,
        }
    }

    /// A metric on one slice.
    pub fn evaluate(&self, side: Side, metric: &str) -> Result<Evaluation, EvaluateError> {
        let metric = self
            .metrics
            .get(metric)
            .ok_or_else(|| EvaluateError::Absent(metric.to_owned()))?;
        metric.run(&self.profiles(side))
    }

    /// One value of a metric on one slice.
    pub fn value(&self, side: Side, metric: &str, field: &str, class: Option<&str>) -> Option<f64> {
        let evaluation = self.evaluate(side, metric).ok()?;
        let found = evaluation
            .points
            .iter()
            .find(|p| p.field == field && p.labels.get("class").map(String::as_str) == class)?;
        found.value
    }

    /// The bound of a test that gives none.
    pub fn default_bound(&self, metric: &str, labels: &Labels, reference: Option<f64>) -> Option<Bound> {
        self.metrics
            .get(metric)?
            .bound("value", labels, reference, &self.profiles(Side::Current))
    }

    /// Rows of a class on one slice.
    pub fn support(&self, side: Side, class: &str) -> Option<f64> {
        self.supports(side)?
            .into_iter()
            .find(|(label, _)| label == class)
            .map(|(_, n)| n)
    }

    /// Rows of the rarest class of the current slice.
    pub fn smallest_class(&self) -> f64 {
        let rows = self.supports(Side::Current).expect("a confusion matrix");
        rows.into_iter().map(|(_, n)| n).fold(f64::INFINITY, f64::min)
    }

    fn supports(&self, side: Side) -> Option<Vec<(String, f64)>> {
        let Some(Detail::Confusion { current, .. }) = self.evaluate(side, "classification.confusion").ok()?.detail
        else {
            return None;
        };
        Some(
            current
                .labels
                .into_iter()
                .zip(current.counts.iter().map(|row| row.iter().sum::<u64>() as f64))
                .collect(),
        )
    }

    /// The classes in the order of Evidently's list of areas: both labels, or the order of the score columns.
    pub fn score_classes(&self) -> Vec<String> {
        match &self.definition.task {
            Some(Task::Binary { positive, .. }) => vec![positive.clone(), positive.clone()],
            _ => self
                .definition
                .scores()
                .keys()
                .filter_map(|c| c.map(str::to_owned))
                .collect(),
        }
    }
}

/// The data definition that an entry of any golden file describes.
fn definition(entry: &Value) -> DataDefinition {
    let column = |name: &Value, kind, role| ColumnSpec {
        name: name.as_str().expect("a column").to_owned(),
        kind,
        role,
    };
    let mode = entry["mode"].as_str().unwrap_or("regression");
    let (kind, task) = match mode {
        "regression" => (ColumnKind::Numeric, Task::Regression),
        "labels" | "proba" => {
            let positive = entry["pos_label"]
                .as_str()
                .map_or_else(|| entry["pos_label"].to_string(), str::to_owned);
            (
                ColumnKind::Categorical,
                Task::Binary {
                    positive,
                    threshold: 0.5,
                },
            )
        }
        _ => (ColumnKind::Categorical, Task::Multiclass),
    };
    let mut columns = vec![column(&entry["target"], kind, Role::Target)];
    match (mode, &entry["prediction"]) {
        ("proba", score) => columns.push(column(score, ColumnKind::Numeric, Role::Score(None))),
        ("multi_proba", scores) => {
            for score in scores.as_array().expect("scores") {
                let class = score.as_str().expect("a class").to_owned();
                columns.push(column(score, ColumnKind::Numeric, Role::Score(Some(class))));
            }
        }
        (_, prediction) => columns.push(column(prediction, kind, Role::Prediction)),
    }
    DataDefinition {
        columns,
        task: Some(task),
        ..DataDefinition::default()
    }
}
