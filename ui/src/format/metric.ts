// Names and units of metrics as people read them.

import type { Measurement, Point } from "../api/schema";
import type { Unit } from "./number";

export type Labels = Point["labels"];
export type Params = Measurement["params"];

/** Tests of `drift.column` whose score is a p-value: small is bad. */
const P_VALUE_TESTS = new Set([
  "ks", "chisquare", "z", "anderson", "cramer_von_mises", "mannw", "es", "t_test", "fisher_exact", "g_test", "empirical_mmd",
  "tvd",
]);

export function isPValueTest(test: unknown): boolean {
  return typeof test === "string" && P_VALUE_TESTS.has(test);
}

const TEST_NAMES: Record<string, string> = {
  ks: "Kolmogorov–Smirnov", chisquare: "χ²", z: "Z test", wasserstein: "Wasserstein distance", jensenshannon: "Jensen–Shannon distance",
  kl_div: "Kullback–Leibler divergence", psi: "PSI", hellinger: "Hellinger distance", tvd: "permutation test of total variation",
  ed: "energy distance", anderson: "Anderson–Darling", cramer_von_mises: "Cramér–von Mises", mannw: "Mann–Whitney U",
  es: "Epps–Singleton", t_test: "t test", empirical_mmd: "MMD", fisher_exact: "Fisher's exact", g_test: "G test",
  perc_text_content_drift: "text classifier", abs_text_content_drift: "text classifier",
};

export function testName(test: unknown): string {
  return typeof test === "string" ? (TEST_NAMES[test] ?? test) : "–";
}

const METRIC_NAMES: Record<string, string> = {
  "regression.mae": "MAE", "regression.rmse": "RMSE", "regression.me": "Mean error", "regression.mape": "MAPE", "regression.r2": "R²",
  "regression.max_error": "Max error", "regression.dummy": "Constant predictions", "regression.error_bias": "Error bias",
  "regression.error_groups": "Error groups", "classification.calibration": "Calibration error", "classification.dummy": "Random labels",
  "classification.top_k": "Highest scores", correlation: "Correlation", "dataset.target_conflicts": "Target conflicts",
  "dataset.prediction_conflicts": "Prediction conflicts", "classification.accuracy": "Accuracy", "classification.precision": "Precision",
  "classification.recall": "Recall", "classification.f1": "F1", "classification.roc_auc": "ROC AUC",
  "classification.log_loss": "Log loss", "classification.tpr": "True-positive rate", "classification.tnr": "True-negative rate",
  "classification.fpr": "False-positive rate", "classification.fnr": "False-negative rate", "classification.brier": "Brier score",
  "classification.confusion": "Confusion", "drift.dataset": "Drifted columns", "drift.column": "Drift", "dataset.rows": "Rows",
  "dataset.columns": "Columns", "dataset.missing_cells": "Missing cells", "dataset.duplicated_rows": "Duplicated rows",
  "dataset.duplicated_columns": "Duplicated columns", "dataset.almost_duplicated_columns": "Almost duplicated columns",
  "dataset.constant_columns": "Constant columns", "dataset.almost_constant_columns": "Almost constant columns",
  "dataset.type_mismatches": "Columns of other types", "dataset.empty_rows": "Empty rows", "dataset.empty_columns": "Empty columns", "column.std": "Std deviation",
  "column.in_range": "Values in range", "column.in_list": "Values in list", "column.new_categories": "New categories",
  "column.most_common": "Most common", "column.min": "Minimum", "column.max": "Maximum", "column.infinite": "Infinite values",
  "ranking.precision": "Precision at k", "ranking.recall": "Recall at k", "ranking.f_beta": "F-beta at k", "ranking.map": "MAP",
  "ranking.mar": "MAR", "ranking.ndcg": "NDCG", "ranking.mrr": "MRR", "ranking.hit_rate": "Hit rate",
  "ranking.personalization": "Personalisation", "ranking.popularity_bias": "Popularity bias", "ranking.item_bias": "Item bias", "classification.quality_by_feature": "Quality by feature", "regression.quality_by_feature": "Quality by feature", "ranking.user_bias": "User bias", "classification.estimated": "Expected", "regression.estimated": "Expected", "drift.pca": "Drift of columns together",
  "drift.domain_classifier": "Domain classifier", "drift.embedding": "Drift of embeddings", "fairness.demographic_parity": "Demographic parity",
  "fairness.equal_opportunity": "Equal opportunity", "fairness.equalized_odds": "Equalised odds", explain: "What changed", sql: "SQL",
  "labels.delay_p50": "Median", "labels.delay_p95": "95 % within",
};

/** A metric's name: `regression.mae` → `MAE`, `column.missing` → `Missing`. */
export function metricName(metric: string): string {
  const known = METRIC_NAMES[metric];
  if (known) return known;
  const last = metric.slice(metric.indexOf(".") + 1).replaceAll("_", " ");
  return last.charAt(0).toUpperCase() + last.slice(1);
}

/** How the numbers of a metric's field are to be read. */
export function unitOf(metric: string, field: string, params?: Params): Unit {
  if (field === "share") return "share";
  if (metric === "regression.mape") return "percent";
  if (field === "drifted") return "flag";
  if (metric === "drift.column") return field === "score" && isPValueTest(params?.test) ? "p_value" : "number";
  if (field === "count" || field === "columns" || field === "drifted_columns") return "count";
  if (metric.startsWith("dataset.") || metric === "column.count" || metric === "column.distinct") return "count";
  return "number";
}

/** The unit of series drawn on one axis; plain numbers if they differ. */
export function commonUnit(series: readonly Pick<Named, "metric" | "field" | "params">[]): Unit {
  const units = new Set(series.map((s) => unitOf(s.metric, s.field, s.params)));
  const [first] = units;
  return units.size === 1 && first !== undefined ? first : "number";
}

/** Names the unit on an axis; empty if the numbers are in the unit of the data. */
export function unitLabel(unit: Unit): string {
  const labels: Record<Unit, string> = { share: "%", percent: "%", count: "count", p_value: "p-value, log scale", number: "", seconds: "s", flag: "" };
  return labels[unit];
}

/** A parameter as one would write it in YAML on a line: `[price, age]`, `{min: 0}`. */
function paramValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(paramValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return String(value);
  return `{${Object.entries(value).map(([name, own]) => `${name}: ${paramValue(own)}`).join(", ")}}`;
}

/** Parameters that a reader needs to tell two series of one metric apart. */
export function paramText(params: Params, only?: ReadonlySet<string>): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(params)) {
    if (value === null || name === "column" || (only && !only.has(name))) continue;
    parts.push(`${name} ${paramValue(value)}`);
  }
  return parts.join(", ");
}

/** Labels in words: `hum`, `class yes`, `country=DE`. */
export function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => (name === "column" || name === "segment" ? value : `${name} ${value}`))
    .join(", ");
}

interface Named {
  metric: string;
  field: string;
  labels: Labels;
  params: Params;
  monitor: string;
}

/** Names for series drawn together: only what tells them apart. */
export function seriesNames(series: readonly Named[]): string[] {
  const differ = (part: (s: Named) => string): boolean => new Set(series.map(part)).size > 1;
  const metrics = differ((s) => s.metric);
  const fields = differ((s) => s.field);
  const labels = differ((s) => labelText(s.labels));
  const monitors = differ((s) => s.monitor);
  const names = new Set(series.flatMap((s) => Object.keys(s.params)));
  const varying = new Set([...names].filter((name) => differ((s) => JSON.stringify(s.params[name] ?? null))));
  varying.delete("column");
  const drifts = series.every((s) => s.metric === "drift.column");
  const seen = new Map<string, number>();
  return series.map((s) => {
    const parts: string[] = [];
    if (metrics || series.length === 1) parts.push(metricName(s.metric));
    if (fields) parts.push(s.field);
    if (labels || series.length === 1) parts.push(labelText(s.labels));
    if (varying.size > 0 && !(labels && drifts)) parts.push(paramText(s.params, varying));
    if (monitors) parts.push(s.monitor);
    const name = parts.filter((p) => p !== "").join(" · ") || metricName(s.metric);
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    return n === 1 ? name : `${name} (${n})`;
  });
}
