//! Golden values of data quality: `data_quality.json` of Evidently 0.4 and the data summaries of `evidently07.json`.
//!
//! Every value is compared, or named below with the reason why not.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use arrow::{
    array::{ArrayRef, AsArray, RecordBatch, StringArray},
    compute::cast,
    datatypes::{DataType, Int64Type, TimeUnit},
};
use plimsoll_engine::{Evaluation, Profile, ProfileOptions, ProfilePlan, Profiles, find_metric};
use plimsoll_model::{ColumnKind, DataDefinition, Params, Role};
use serde_json::{Value, json};

use crate::{frames::column, golden_drift, golden_models::book, golden_share, support};

const RELATIVE: f64 = 1e-9;

/// Evidently's metrics that are not compared here.
const METRICS_NOT_OFFERED: &[(&str, &str)] = &[
    ("ConflictPredictionMetric", "compared in `golden_conflicts`"),
    ("ConflictTargetMetric", "compared in `golden_conflicts`"),
    ("DataQualityStabilityMetric", "compared in `golden_conflicts`"),
];

/// Metric, part of a key, and why its value is not compared. An empty metric stands for all.
const NOT_COMPARED: &[(&str, &str, &str)] = &[
    (
        "",
        "number_of_different_missing_values",
        "kinds of missing values are not counted; each kind is compared",
    ),
    ("ColumnRegExpMetric", "table_of_", "the matches one by one are not kept"),
    ("ColumnSummaryMetric", "column_type", "a setting"),
    (
        "ColumnSummaryMetric",
        "most_common",
        "rounded or a name; the share is compared from the percentage",
    ),
    (
        "ColumnValueListMetric",
        "values_not_in_list_dist",
        "the values one by one are not kept",
    ),
    (
        "DatasetMissingValuesMetric",
        ".columns_with_missing_values",
        "a list of names; the columns are compared one by one",
    ),
    ("DatasetSummaryMetric", "categorical_columns", "a setting"),
    ("DatasetSummaryMetric", "columns_type", "a setting"),
    ("DatasetSummaryMetric", "date_column", "a setting"),
    ("DatasetSummaryMetric", "datetime_columns", "a setting"),
    ("DatasetSummaryMetric", "id_column", "a setting"),
    ("DatasetSummaryMetric", "numeric_columns", "a setting"),
    ("DatasetSummaryMetric", "prediction", "a setting"),
    ("DatasetSummaryMetric", "target", "a setting"),
    ("DatasetSummaryMetric", "text_columns", "a setting"),
    ("DatasetSummaryMetric", "threshold", "a setting"),
];

/// Why nothing of an entry is compared.
const BY_DEFINITION: &str = "another number by definition, or a setting; the check names each";

fn share(file: &str, entry: &Value, is_compared: bool) {
    if is_compared {
        golden_share::agrees(file, entry);
    } else {
        golden_share::exempt(file, entry, BY_DEFINITION);
    }
}

/// What became of the golden values.
#[derive(Default)]
struct Ledger {
    compared: usize,
    differing: BTreeMap<&'static str, usize>,
    not_compared: BTreeMap<String, usize>,
    failures: Vec<String>,
}

impl Ledger {
    fn compare(&mut self, what: &str, ours: Option<f64>, golden: Option<f64>, absolute: f64) {
        self.compared += 1;
        let near = match (ours, golden) {
            (Some(ours), Some(golden)) => (ours - golden).abs() <= absolute + RELATIVE * golden.abs(),
            (ours, golden) => ours.is_none() && golden.is_none(),
        };
        if !near {
            self.failures.push(format!("{what}: golden {golden:?}, ours {ours:?}"));
        }
    }

    /// Counts a value where ours is another number by definition.
    fn differs(&mut self, reason: &'static str) {
        *self.differing.entry(reason).or_default() += 1;
    }

    fn skip(&mut self, reason: impl Into<String>) {
        *self.not_compared.entry(reason.into()).or_default() += 1;
    }

    fn close(self, name: &str, least: usize) {
        println!("{name}: {} compared, {} differ", self.compared, self.failures.len());
        for (reason, n) in &self.differing {
            println!("  {n} by another definition: {reason}");
        }
        for (reason, n) in &self.not_compared {
            println!("  {n} not compared: {reason}");
        }
        assert!(self.failures.is_empty(), "{}", self.failures.join("\n"));
        assert!(self.compared >= least, "only {} compared", self.compared);
    }
}

/// Both slices of an entry's data, with every column that Evidently was given.
struct Case {
    definition: DataDefinition,
    slices: BTreeMap<&'static str, RecordBatch>,
    known: RefCell<BTreeMap<String, Option<Evaluation>>>,
}

impl Case {
    fn new(entry: &Value) -> Self {
        let mut definition = golden_drift::listed(entry);
        // A target that is also listed is one column; the date and the prediction are columns of the data, too.
        for (key, kind) in [
            ("datetime", ColumnKind::Datetime),
            ("target", ColumnKind::Categorical),
            ("prediction", ColumnKind::Numeric),
        ] {
            if let Some(name) = entry[key].as_str()
                && definition.column(name).is_err()
            {
                definition.columns.push(column(name, kind, Role::Feature));
            }
        }
        let dataset = &entry["dataset"];
        let file = dataset["file"].as_str().expect("a file");
        let slices = ["current", "reference"].map(|side| (side, support::select(file, &dataset[side])));
        Self {
            definition,
            slices: BTreeMap::from(slices),
            known: RefCell::default(),
        }
    }

    fn add(&mut self, name: &str, kind: ColumnKind) {
        if self.definition.column(name).is_err() {
            self.definition.columns.push(column(name, kind, Role::Feature));
        }
    }

    /// A metric on one slice, with the other as reference where the metric needs one.
    fn evaluate(&self, side: &str, id: &str, params: &Value) -> Option<Evaluation> {
        let key = format!("{side} {id} {params}");
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let found = self.compute(side, id, params);
        self.known.borrow_mut().insert(key, found.clone());
        found
    }

    fn compute(&self, side: &str, id: &str, params: &Value) -> Option<Evaluation> {
        let params: Params = serde_json::from_value(params.clone()).expect("parameters");
        let metric =
            (find_metric(id).expect("a metric").parse)(&params, &self.definition).expect("parameters that fit");
        let plan = Arc::new(ProfilePlan::new(metric.required(), ProfileOptions::default()));
        let profile = |side: &str| -> Profile { golden_drift::profile(&self.slices[side], &plan) };
        let (current, reference) = (profile(side), profile("reference"));
        let profiles = Profiles {
            current: &current,
            reference: Some(&reference),
            reference_windows: 1.0,
            definition: &self.definition,
        };
        metric.run(&profiles).ok()
    }

    fn value(&self, side: &str, id: &str, params: &Value, field: &str) -> Option<f64> {
        let points = self.evaluate(side, id, params)?.points;
        points.iter().find(|p| p.field == field)?.value
    }

    /// Missing and infinite cells of the data set or a column: what Evidently counts as missing.
    fn gaps(&self, side: &str, column: Option<&str>) -> f64 {
        let of = |name: &str| {
            let count = |id| {
                self.value(side, id, &json!({"column": name}), "count")
                    .expect("a count")
            };
            count("column.missing") + count("column.infinite")
        };
        match column {
            Some(name) => of(name),
            None => self.definition.columns.iter().map(|c| of(&c.name)).sum(),
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64()
}

/// Values by column of the data set summary.
fn summary_key(case: &Case, side: &str, key: &str) -> Option<f64> {
    let none = json!({});
    let value = |id: &str, field: &str| case.value(side, id, &none, field);
    if let Some(name) = key.strip_prefix("nans_by_columns.") {
        return case.value(side, "column.missing", &json!({"column": name}), "count");
    }
    if let Some(name) = key.strip_prefix("number_uniques_by_columns.") {
        return case.value(side, "column.distinct", &json!({"column": name}), "count");
    }
    match key {
        "number_of_rows" => value("dataset.rows", "count"),
        "number_of_columns" => value("dataset.columns", "count"),
        "number_of_missing_values" => value("dataset.missing_cells", "count"),
        "number_of_constant_columns" => value("dataset.constant_columns", "count"),
        "number_of_almost_constant_columns" => value("dataset.almost_constant_columns", "count"),
        "number_of_duplicated_columns" => value("dataset.duplicated_columns", "count"),
        "number_of_almost_duplicated_columns" => value("dataset.almost_duplicated_columns", "count"),
        "number_of_empty_rows" => value("dataset.empty_rows", "count"),
        "number_of_empty_columns" => value("dataset.empty_columns", "count"),
        "number_of_duplicated_rows" => value("dataset.duplicated_rows", "count"),
        _ => Some(f64::NAN),
    }
}

/// Number, share and rest of a `*_in_list` or `*_in_range` metric by Evidently's key.
fn part_key(case: &Case, side: &str, id: &str, params: &Value, key: &str) -> Option<f64> {
    let part = |field: &str| case.value(side, id, params, field);
    let whole = || Some(part("count")? / part("share")?);
    match key {
        k if k.starts_with("number_in_") || k == "number_of_matched" || k == "category_num" => part("count"),
        k if k.starts_with("share_in_") || k == "category_ratio" => part("share"),
        k if k.starts_with("share_not_in_") => Some(1.0 - part("share")?),
        // A count of zero has no whole to derive.
        _ if part("count")? == 0.0 => Some(f64::INFINITY),
        k if k.starts_with("number_not_in_") || k == "number_of_not_matched" => Some(whole()? - part("count")?),
        "all_num" | "number_of_rows" | "number_of_values" | "rows_count" => whole(),
        _ => Some(f64::NAN),
    }
}

/// A value of the column summary. `exact` where the golden value is not rounded.
fn column_key(case: &Case, side: &str, name: &str, key: &str) -> Option<f64> {
    let params = json!({"column": name});
    let value = |id: &str, field: &str| case.value(side, id, &params, field);
    let quantile = |q: f64| {
        case.value(
            side,
            "column.quantile",
            &json!({"column": name, "quantiles": [q]}),
            "value",
        )
    };
    match key {
        "number_of_rows" => case.value(side, "dataset.rows", &json!({}), "count"),
        "count" => value("column.count", "count"),
        "missing" => value("column.missing", "count"),
        "missing_percentage" => Some(100.0 * value("column.missing", "share")?),
        "mean" => value("column.mean", "value"),
        "std" => value("column.std", "value"),
        "min" => value("column.min", "value"),
        "max" => value("column.max", "value"),
        "p25" => quantile(0.25),
        "p50" => quantile(0.5),
        "p75" => quantile(0.75),
        "unique" => value("column.distinct", "count"),
        "unique_percentage" => Some(100.0 * value("column.distinct", "share")?),
        "infinite_count" => value("column.infinite", "count"),
        "infinite_percentage" => Some(100.0 * value("column.infinite", "share")?),
        "most_common_percentage" => Some(100.0 * value("column.most_common", "share")?),
        "new_in_current_values_count" => value("column.new_categories", "count"),
        "unused_in_current_values_count" => value("column.unused_categories", "count"),
        _ => Some(f64::NAN),
    }
}

/// Compares a number of rows or columns that miss a value; `false` if the key is none.
fn check_incomplete(
    ledger: &mut Ledger,
    case: &Case,
    entry: &Value,
    (side, rest): (&str, &str),
    what: &str,
    golden: &Value,
) -> bool {
    let parts = rest.split_once("_of_");
    let Some((field, of)) = parts.filter(|(_, of)| of.ends_with("_with_missing_values")) else {
        return false;
    };
    let kinds = ["", "inf", "-inf"].map(|kind| &entry["values"][format!("{side}.different_missing_values.{kind}")]);
    if kinds.iter().any(|n| number(n).is_some_and(|n| n > 0.0)) {
        ledger.differs("infinities and empty texts are values, in rows and columns that miss one, too");
        return true;
    }
    let id = format!("dataset.{}", of.trim_end_matches("_values"));
    let field = if field == "number" { "count" } else { "share" };
    ledger.compare(what, case.value(side, &id, &json!({}), field), number(golden), 0.0);
    true
}

fn check(ledger: &mut Ledger, case: &Case, entry: &Value, metric: &str, key: &str, golden: &Value) {
    let what = format!("{} {metric} {} {key}", entry["id"], entry["args"]);
    let skipped = NOT_COMPARED.iter().find(|(m, part, _)| {
        (m.is_empty() || *m == metric) && key.contains(part) && !key.ends_with("most_common_percentage")
    });
    if let Some((_, part, reason)) = skipped {
        ledger.skip(format!("{part}: {reason}"));
        return;
    }
    let (side, rest) = match key.split_once('.') {
        Some(("current" | "current_characteristics", rest)) => ("current", rest),
        Some(("reference" | "reference_characteristics", rest)) => ("reference", rest),
        _ => {
            // The arguments, once more.
            ledger.skip("a setting");
            return;
        }
    };
    if check_incomplete(ledger, case, entry, (side, rest), &what, golden) {
        return;
    }
    let args = &entry["args"];
    let name = args["column_name"].as_str().unwrap_or_default();
    if rest.starts_with("different_missing_values") {
        check_kind(ledger, case, entry, (side, rest, key), golden);
        return;
    }
    let ours = match metric {
        "DatasetSummaryMetric" => summary_key(case, side, rest),
        "DatasetMissingValuesMetric" => {
            let cells = || {
                case.value(side, "dataset.rows", &json!({}), "count")
                    .map(|r| r * case.definition.columns.len() as f64)
            };
            match rest.split_once('.') {
                Some(("number_of_missing_values_by_column", name)) => Some(case.gaps(side, Some(name))),
                Some(("share_of_missing_values_by_column", name)) => {
                    let rows = case.value(side, "dataset.rows", &json!({}), "count");
                    rows.map(|rows| case.gaps(side, Some(name)) / rows)
                }
                _ if rest == "number_of_missing_values" => Some(case.gaps(side, None)),
                _ if rest == "share_of_missing_values" => cells().map(|cells| case.gaps(side, None) / cells),
                _ => summary_key(case, side, rest),
            }
        }
        "ColumnMissingValuesMetric" => {
            let rows = case.value(side, "dataset.rows", &json!({}), "count");
            match rest {
                "number_of_missing_values" => Some(case.gaps(side, Some(name))),
                "share_of_missing_values" => rows.map(|rows| case.gaps(side, Some(name)) / rows),
                _ => rows,
            }
        }
        "ColumnSummaryMetric" => {
            check_column(ledger, case, entry, (side, rest, key), golden);
            return;
        }
        "ColumnQuantileMetric" => {
            let params = json!({"column": name, "quantiles": [args["quantile"]]});
            case.value(side, "column.quantile", &params, "value")
        }
        "ColumnValueRangeMetric" => {
            let mut params = json!({"column": name});
            for end in ["left", "right"] {
                if !args[end].is_null() {
                    params[end] = args[end].clone();
                }
            }
            part_key(case, side, "column.in_range", &params, rest)
        }
        "ColumnValueListMetric" => {
            let mut params = json!({"column": name});
            if !args["values"].is_null() {
                params["values"] = args["values"].clone();
            }
            part_key(case, side, "column.in_list", &params, rest)
        }
        "ColumnRegExpMetric" => {
            let params = json!({"column": name, "pattern": args["reg_exp"]});
            part_key(case, side, "column.regex", &params, rest)
        }
        "ColumnCategoryMetric" => {
            let category = args["category"]
                .as_str()
                .map_or_else(|| args["category"].to_string(), str::to_owned);
            part_key(
                case,
                side,
                "column.category",
                &json!({"column": name, "category": category}),
                rest,
            )
        }
        _ => Some(f64::NAN),
    };
    if ours == Some(f64::INFINITY) {
        ledger.skip("the whole of a count of 0 is no point of the metric");
        return;
    }
    ledger.compare(&what, ours, number(golden), 1e-12);
}

/// How many cells are missing in one way: `None`, `inf`, `-inf` or the empty string, of one column or of all.
fn check_kind(ledger: &mut Ledger, case: &Case, entry: &Value, at: (&str, &str, &str), golden: &Value) {
    let (side, rest, key) = at;
    let (place, kind) = rest.rsplit_once('.').expect("a kind");
    let column = place
        .strip_prefix("different_missing_values_by_column.")
        .or_else(|| entry["args"]["column_name"].as_str());
    let sum = |id: &str| -> f64 {
        let count = |name: &str| {
            case.value(side, id, &json!({"column": name}), "count")
                .expect("a count")
        };
        match column {
            Some(name) => count(name),
            None => case.definition.columns.iter().map(|c| count(&c.name)).sum(),
        }
    };
    let what = format!("{} {key}", entry["id"]);
    match kind {
        "None" => ledger.compare(&what, Some(sum("column.missing")), golden.as_f64(), 0.0),
        "inf" => {
            let negative = &entry["values"][format!("{}-inf", key.strip_suffix("inf").expect("a suffix"))];
            let both = golden.as_f64().zip(negative.as_f64()).map(|(a, b)| a + b);
            ledger.compare(&what, Some(sum("column.infinite")), both, 0.0);
        }
        "-inf" => ledger.skip("-inf: compared together with inf"),
        _ => {
            // The files have no empty strings; they would be a category.
            ledger.compare(&what, Some(0.0), golden.as_f64(), 0.0);
        }
    }
}

/// A date as `column.min` and `column.max` tell it: microseconds since the Unix epoch.
fn microseconds(text: &str) -> f64 {
    let text: ArrayRef = Arc::new(StringArray::from(vec![text]));
    let moment = cast(&text, &DataType::Timestamp(TimeUnit::Microsecond, None)).expect("a date");
    let number = cast(&moment, &DataType::Int64).expect("a number");
    number.as_primitive::<Int64Type>().value(0) as f64
}

/// A value of `ColumnSummaryMetric`: exact where known, else within its rounding to two decimals.
fn check_column(ledger: &mut Ledger, case: &Case, entry: &Value, at: (&str, &str, &str), golden: &Value) {
    let (side, rest, key) = at;
    let name = entry["args"]["column_name"].as_str().expect("a column");
    let what = format!("{} summary of `{name}` {key}", entry["id"]);
    if let (Some(date), "first" | "last") = (golden.as_str(), rest) {
        let id = if rest == "first" { "column.min" } else { "column.max" };
        let ours = case.value(side, id, &json!({"column": name}), "value");
        ledger.compare(&what, ours, Some(microseconds(date)), 0.0);
        return;
    }
    if side == "reference" && rest.ends_with("_in_current_values_count") {
        assert!(golden.is_null(), "{what}");
        return;
    }
    let ours = column_key(case, side, name, rest);
    let gaps = ["missing_percentage", "infinite_percentage"].map(|k| column_key(case, side, name, k));
    let is_gap = |golden: f64| {
        gaps.iter()
            .flatten()
            .any(|share| *share > 0.0 && (share - golden).abs() < 0.005_01)
    };
    if rest == "most_common_percentage" && golden.as_f64().is_some_and(is_gap) {
        ledger.differs("Evidently lets null and infinity be the most common value");
        return;
    }
    let textbook = &entry["textbook"][key];
    let exact = &entry["values_exact"][format!("{side}.{rest}")];
    if entry["differs"].as_array().is_some_and(|d| d.iter().any(|k| k == key)) && rest != "unique" {
        ledger.compare(&what, ours, number(textbook), 1e-12);
        ledger.differs("Evidently keeps infinities in moments and quantiles; held against the textbook");
    } else if !exact.is_null() {
        ledger.compare(&what, ours, number(exact), 1e-12);
    } else if !textbook.is_null() && rest != "unique" {
        ledger.compare(&what, ours, number(textbook), 1e-12);
    } else {
        let rounded =
            rest.ends_with("percentage") || matches!(rest, "mean" | "std" | "min" | "max" | "p25" | "p50" | "p75");
        ledger.compare(&what, ours, number(golden), if rounded { 0.005_01 } else { 1e-12 });
    }
}

#[test]
fn data_quality_agrees_with_evidently_and_the_textbook() {
    golden_share::run("data_quality_agrees_with_evidently_and_the_textbook");
}

pub fn check_data_quality_agrees_with_evidently_and_the_textbook() {
    let Some(entries) = book("data_quality.json") else {
        return;
    };
    let mut ledger = Ledger::default();
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    for entry in &entries {
        let metric = entry["metric"].as_str().expect("a metric");
        if let Some((name, reason)) = METRICS_NOT_OFFERED.iter().find(|(name, _)| metric == *name) {
            ledger.skip(format!("{name}: {reason}"));
            continue;
        }
        let before = ledger.compared;
        let case = cases
            .entry(entry["dataset"].to_string())
            .or_insert_with(|| Case::new(entry));
        if let Some(name) = entry["args"]["column_name"].as_str() {
            case.add(name, ColumnKind::Categorical);
        }
        for (key, golden) in entry["values"].as_object().expect("values") {
            check(&mut ledger, case, entry, metric, key, golden);
        }
        share("data_quality.json", entry, ledger.compared > before);
    }
    ledger.close("data_quality.json", 3_000);
}

/// Metrics of 0.7 on the current slice: name, metric, field.
const SUMMARY_07: &[(&str, &str, &str)] = &[
    ("AlmostConstantColumnsCount", "dataset.almost_constant_columns", "count"),
    (
        "AlmostDuplicatedColumnsCount",
        "dataset.almost_duplicated_columns",
        "count",
    ),
    ("ColumnCount", "dataset.columns", "count"),
    ("ConstantColumnsCount", "dataset.constant_columns", "count"),
    ("DatasetMissingValueCount", "dataset.missing_cells", ""),
    ("DuplicatedColumnsCount", "dataset.duplicated_columns", "count"),
    ("DuplicatedRowCount", "dataset.duplicated_rows", "count"),
    ("EmptyColumnsCount", "dataset.empty_columns", "count"),
    ("EmptyRowsCount", "dataset.empty_rows", "count"),
    ("MaxValue", "column.max", "value"),
    ("MeanValue", "column.mean", "value"),
    ("MinValue", "column.min", "value"),
    ("MissingValueCount", "column.missing", ""),
    ("QuantileValue", "column.quantile", "value"),
    ("RowCount", "dataset.rows", "count"),
    ("StdValue", "column.std", "value"),
];

#[test]
fn data_summaries_agree_with_evidently_07() {
    golden_share::run("data_summaries_agree_with_evidently_07");
}

pub fn check_data_summaries_agree_with_evidently_07() {
    let Some(entries) = book("evidently07.json") else {
        return;
    };
    let mut ledger = Ledger::default();
    let mut cases: BTreeMap<String, Case> = BTreeMap::new();
    for entry in entries.iter().filter(|e| e["kind"] == "data_summary") {
        let metric = entry["metric"].as_str().expect("a metric");
        golden_share::exempt("evidently07.json", entry, BY_DEFINITION);
        let case = cases.entry(entry["dataset"].to_string()).or_insert_with(|| {
            let mut case = Case::new(entry);
            for (file, date) in [
                ("bank_marketing.parquet", "date"),
                ("bike_sharing.parquet", "timestamp"),
            ] {
                if entry["dataset"]["file"] == file {
                    case.add(date, ColumnKind::Datetime);
                }
            }
            case
        });
        let (name, args) = (metric.split('(').next().unwrap_or_default(), &entry["args"]);
        if name == "ColumnCount" && !args["column_type"].is_null() {
            ledger.skip("columns by kind are the data definition's");
            continue;
        }
        let mut params = json!({});
        if !args["column"].is_null() {
            params["column"] = args["column"].clone();
        }
        if name == "UniqueValueCount" {
            for (key, golden) in entry["value"].as_object().expect("values") {
                let (field, category) = key.split_once('.').expect("a category");
                params["category"] = category.into();
                let field = if field == "counts" { "count" } else { "share" };
                let ours = case.value("current", "column.category", &params, field);
                ledger.compare(&format!("{} {metric} {key}", entry["id"]), ours, golden.as_f64(), 1e-12);
            }
            golden_share::agrees("evidently07.json", entry);
            continue;
        }
        let Some((_, id, field)) = SUMMARY_07.iter().find(|(known, ..)| *known == name) else {
            ledger.failures.push(format!("{metric}: neither compared nor exempt"));
            continue;
        };
        if name == "QuantileValue" {
            params["quantiles"] = json!([args["quantile"]]);
        }
        let fields = if field.is_empty() {
            vec!["count", "share"]
        } else {
            vec![*field]
        };
        for field in fields {
            let golden = if entry["value"].is_object() {
                &entry["value"][field]
            } else {
                &entry["value"]
            };
            let ours = case.value("current", id, &params, field);
            if params["column"] == "num_infs" && !matches!(name, "MissingValueCount" | "MinValue") {
                ledger.differs("0.7 keeps infinities in moments, extremes and quantiles");
                continue;
            }
            golden_share::agrees("evidently07.json", entry);
            if name == "DatasetMissingValueCount" && field == "share" {
                let cells = ours.map(|share| share * case.definition.columns.len() as f64);
                ledger.compare(&format!("{} {metric}", entry["id"]), cells, golden.as_f64(), 1e-12);
                ledger.differs("0.7 divides missing cells by rows; compared after multiplying by the columns");
                continue;
            }
            ledger.compare(
                &format!("{} {metric} {field}", entry["id"]),
                ours,
                golden.as_f64(),
                1e-12,
            );
        }
    }
    ledger.close("evidently07.json, data summaries", 500);
}
