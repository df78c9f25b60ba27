// Plausible snapshots of two projects, made by formula: the same numbers at every start.

import { maturityOf, statusOf } from "./mock-live.mjs";

const DAY = 86_400_000;
const round = (v) => Number(v.toPrecision(6));

/** A repeatable number in [0, 1) for a name. */
function noise(name) {
  let h = 2166136261;
  for (const c of name) h = Math.imul(h ^ c.charCodeAt(0), 16777619);
  h = Math.imul(h ^ (h >>> 15), 2246822507);
  return ((h ^ (h >>> 13)) >>> 0) / 4294967296;
}

const bell = (x, m, s) => Math.exp(-((x - m) ** 2) / (2 * s * s));

function histogram(low, high, bins, mean, std) {
  const edges = Array.from({ length: bins + 1 }, (_, i) => round(low + ((high - low) * i) / bins));
  const raw = edges.slice(0, -1).map((e, i) => bell((e + edges[i + 1]) / 2, mean, std));
  const sum = raw.reduce((a, b) => a + b, 0) || 1;
  return { edges, shares: raw.map((v) => round(v / sum)) };
}

const Z = [[0.01, -2.33], [0.05, -1.64], [0.25, -0.67], [0.5, 0], [0.75, 0.67], [0.95, 1.64], [0.99, 2.33]];

function numericDetail(spec, shift) {
  const [low, high, mean, std] = spec.range;
  const now = mean + shift * std;
  const current = histogram(low, high, 24, now, std * (1 + 0.1 * shift));
  return {
    kind: "distribution_pair", edges: current.edges, current: current.shares, reference: histogram(low, high, 24, mean, std).shares,
    quantiles: Z.map(([q, z]) => ({ q, current: round(now + z * std), reference: round(mean + z * std) })),
  };
}

function categoryDetail(spec, shift) {
  const base = spec.categories.map((_, i) => 1 / (i + 1.3));
  const sum = base.reduce((a, b) => a + b, 0);
  const moved = base.map((b, i) => b * (1 + shift * (i % 2 ? 0.8 : -0.3)));
  const total = moved.reduce((a, b) => a + Math.max(b, 0.01), 0);
  return { kind: "category_pair", categories: spec.categories.map((category, i) => ({ category, current: round(Math.max(moved[i], 0.01) / total), reference: round(base[i] / sum) })) };
}

const n = (name, low, high, mean, std, drift, extra = {}) => ({ name, kind: "numeric", role: "feature", range: [low, high, mean, std], drift, ...extra });
const c = (name, categories, drift, extra = {}) => ({ name, kind: "categorical", role: "feature", categories, drift, ...extra });

export const PROJECTS = [
  {
    id: "bike-demand", title: "bike-demand", task: { kind: "regression" }, timezone: "America/New_York", first: Date.UTC(2011, 1, 1, 5), days: 89, rowsADay: 24,
    reference: { description: "2011-01-19 to 2011-02-01", rows: 306 },
    columns: [
      c("season", ["winter", "spring", "summer"], 1.3), c("holiday", ["0", "1"], 0.1), c("workingday", ["1", "0"], 0.35), c("weather", ["clear", "mist", "light rain", "heavy rain"], 0.5),
      n("temp", 0, 1, 0.28, 0.12, 1.6), n("atemp", 0, 1, 0.3, 0.12, 1.5), n("hum", 0, 1, 0.55, 0.17, 0.9), n("windspeed", 0, 0.8, 0.2, 0.11, 0.45), n("hour", 0, 23, 11.5, 6.9, 0.05),
      n("bikers", 0, 600, 90, 80, 1.2, { role: "target" }), n("prediction", 0, 500, 90, 70, 0.7, { role: "prediction" }),
    ],
  },
  {
    id: "car-loan", title: "car-loan", task: { kind: "binary", positive: "default", threshold: 0.5 }, timezone: "UTC", first: Date.UTC(2024, 2, 1), days: 60, rowsADay: 410,
    reference: { description: "reference.parquet", rows: 12000 },
    columns: [
      n("income", 0, 200000, 62000, 24000, 0.4), n("loan_amount", 0, 60000, 18000, 8000, 0.7), n("age", 18, 90, 41, 12, 0.2), n("employment_years", 0, 40, 8, 6, 0.15), n("credit_score", 300, 850, 680, 70, 1.1),
      c("region", ["north", "south", "east", "west", "centre"], 0.3), c("car_type", ["compact", "suv", "sedan", "van", "pickup", "coupe"], 0.9), c("has_guarantor", ["false", "true"], 0.1, { kind: "boolean" }),
      n("score", 0, 1, 0.3, 0.18, 0.6, { role: { score: null } }), c("defaulted", ["repaid", "default"], 0.3, { role: "target" }),
    ],
  },
];

function measure(id, params, points, extra = {}) {
  return { id, params, exact: true, notes: [], points: points.map(([field, value, labels = {}]) => ({ field, labels, value: value === null ? null : round(value) })), ...extra };
}

/** The state of the world: 0 at the beginning, 1 at the end, with weather. */
const season = (project, start) => Math.max(0, (start - project.first) / (project.days * DAY));

function driftOf(project, column, start) {
  const t = season(project, start);
  return column.drift * t * (0.75 + 0.5 * noise(`${column.name}${start}`)) + 0.12 * noise(`b${column.name}${start}`);
}

function measurementsOf(project, window, rows) {
  const list = [];
  const t = season(project, window.start);
  const shifts = project.columns.map((col) => driftOf(project, col, window.start));
  let drifted = 0;
  const drift = project.columns.map((col, i) => {
    const shift = shifts[i];
    const detail = col.range ? numericDetail(col, shift) : categoryDetail(col, shift);
    const labels = { column: col.name };
    let params;
    let score;
    if (col.name === "windspeed" || col.name === "age") {
      score = Math.min(1, Math.exp(-9 * shift * shift) * (0.6 + 0.4 * noise(`p${col.name}${window.start}`)));
      params = { column: col.name, test: "ks", threshold: 0.05 };
    } else if (col.range) {
      score = shift * 0.24;
      params = { column: col.name, test: "wasserstein", threshold: 0.1 };
    } else {
      score = shift * 0.26;
      params = { column: col.name, test: "jensenshannon", threshold: 0.1 };
    }
    const isDrifted = params.test === "ks" ? score < 0.05 : score >= 0.1;
    if (isDrifted) drifted += 1;
    return measure("drift.column", params, [["score", score, labels], ["threshold", params.threshold, labels], ["drifted", isDrifted ? 1 : 0, labels]], { detail });
  });
  const share = drifted / project.columns.length;
  list.push(measure("drift.dataset", { share: 0.3 }, [["columns", project.columns.length], ["drifted_columns", drifted], ["share", share], ["drifted", share >= 0.3 ? 1 : 0]]), ...drift);
  list.push(measure("dataset.rows", {}, [["count", rows]]), measure("dataset.columns", {}, [["count", project.columns.length + 2]]));
  const missing = Math.round(rows * 0.02 * noise(`m${window.start}`));
  list.push(measure("dataset.missing_cells", {}, [["count", missing], ["share", missing / rows / project.columns.length]]));
  list.push(measure("dataset.duplicated_rows", {}, [["count", noise(`d${window.start}`) > 0.8 ? 2 : 0], ["share", noise(`d${window.start}`) > 0.8 ? 2 / rows : 0]]));
  list.push(measure("dataset.constant_columns", {}, [["count", 0]]));
  project.columns.forEach((col, i) => {
    const labels = { column: col.name };
    const p = { column: col.name };
    const gone = Math.round(rows * 0.03 * noise(`${col.name}m${window.start}`) * (i % 3 === 0 ? 1 : 0));
    list.push(measure("column.count", p, [["value", rows - gone, labels]]), measure("column.missing", p, [["count", gone, labels], ["share", gone / rows, labels]]));
    if (col.range) {
      const [low, high, mean, std] = col.range;
      const m = mean + shifts[i] * std;
      list.push(
        measure("column.distinct", p, [["count", Math.round(rows * 0.6), labels], ["share", 0.6, labels]]), measure("column.mean", p, [["value", m, labels]]), measure("column.std", p, [["value", std * (1 + 0.1 * shifts[i]), labels]]),
        measure("column.min", p, [["value", low, labels]]), measure("column.max", p, [["value", Math.min(high, m + 2.5 * std), labels]]), measure("column.quantile", { ...p, q: 0.5 }, [["value", m - 0.05 * std, labels]]),
      );
    } else list.push(measure("column.distinct", p, [["count", col.categories.length, labels], ["share", col.categories.length / rows, labels]]), measure("column.most_common", p, [["count", Math.round(rows * 0.5), { ...labels, category: col.categories[0] }], ["share", 0.5, { ...labels, category: col.categories[0] }]]));
  });
  const numeric = project.columns.filter((col) => col.range).map((col) => col.name);
  const matrix = numeric.map((a, i) => numeric.map((b, j) => (i === j ? 1 : round(Math.cos((i + 1) * (j + 1)) * (0.4 + 0.5 * noise([a, b].sort().join()))))));
  list.push(measure("correlation", { method: "pearson" }, [], { detail: { kind: "matrix", columns: numeric, current: matrix, reference: matrix } }));

  if (project.task.kind === "regression") {
    const wobble = 0.8 + 0.4 * noise(`r${window.start}`);
    const mae = (14 + 46 * t * t) * wobble;
    const mean = 6 - 40 * t * t * wobble;
    const errors = histogram(-200, 160, 36, mean, mae * 1.25);
    const cloud = Array.from({ length: 160 }, (_, i) => {
      const x = 5 + 420 * noise(`x${i}${window.start}`) ** 2;
      return { x: round(x), y: round(Math.max(0, x + mean * (x / 150) + (noise(`y${i}${window.start}`) - 0.5) * mae * 2.6)), count: 1 };
    });
    list.push(
      measure("regression.mae", {}, [["value", mae], ["std", mae * 0.9]], { detail: { kind: "errors", edges: errors.edges, current: errors.shares, reference: histogram(-200, 160, 36, 1, 20).shares, predicted_actual: cloud } }),
      measure("regression.rmse", {}, [["value", mae * 1.38]]), measure("regression.me", {}, [["value", mean], ["std", mae * 1.2]]),
      measure("regression.mape", {}, [["value", 22 + 50 * t], ["std", 30]], { notes: ["3 rows with a target of zero left out"] }), measure("regression.r2", {}, [["value", 0.93 - 0.5 * t * wobble]]), measure("regression.max_error", {}, [["value", mae * 5.2]]),
    );
  } else {
    const acc = 0.91 - 0.07 * t - 0.03 * noise(`a${window.start}`);
    const auc = 0.93 - 0.09 * t - 0.03 * noise(`u${window.start}`);
    const positives = Math.round(rows * 0.18);
    const tp = Math.round(positives * (acc - 0.15));
    const fp = Math.round((rows - positives) * (1 - acc) * 0.6);
    const curve = (bend) => Array.from({ length: 60 }, (_, i) => {
      const threshold = 1 - i / 59;
      const fpr = (1 - threshold) ** 2.2;
      const tpr = fpr ** (bend < 0.98 ? 1 - bend + 0.12 : 0.1);
      const found = tpr * positives + fpr * (rows - positives);
      return { threshold: round(threshold), tpr: round(tpr), fpr: round(fpr), precision: found > 0 ? round((tpr * positives) / found) : null };
    });
    const matrixOf = { labels: ["repaid", "default"], counts: [[rows - positives - fp, fp], [positives - tp, tp]] };
    const positive = {};
    list.push(
      measure("classification.accuracy", {}, [["value", acc]]), measure("classification.precision", {}, [["value", tp / (tp + fp), positive]]), measure("classification.recall", {}, [["value", tp / positives, positive]]),
      measure("classification.f1", {}, [["value", (2 * tp) / (2 * tp + fp + positives - tp), positive]]),
      measure("classification.roc_auc", {}, [["value", auc, positive]], { detail: { kind: "curves", classes: [{ class: "default", current: curve(auc), reference: curve(0.95), reliability: Array.from({ length: 10 }, (_, i) => ({ score: i / 10 + 0.05, observed: round(Math.min(1, (i / 10 + 0.05) ** (1 + 0.4 * t))), count: Math.round(rows / (i + 2)) })), positive: histogram(0, 1, 20, 0.68 - 0.1 * t, 0.18), negative: histogram(0, 1, 20, 0.2, 0.15) }] } }),
      measure("classification.log_loss", {}, [["value", 0.24 + 0.12 * t]]), measure("classification.brier", {}, [["value", 0.08 + 0.03 * t]]),
      measure("classification.confusion", {}, [["value", tp, { class: "default", predicted: "default" }], ["share", tp / rows, { class: "default", predicted: "default" }]], { detail: { kind: "confusion", current: matrixOf, reference: null } }),
      measure("classification.fpr", {}, [], { error: { code: "not_enough_data", message: "no row of the class `repaid` has a prediction" } }),
    );
  }
  return list;
}

const value = (measurements, id, field, column) => measurements.find((m) => m.id === id && (!column || m.params.column === column))?.points.find((p) => p.field === field)?.value ?? null;

function testsOf(project, measurements) {
  const tests = [];
  const add = (metric, field, bound, ok, words, column, severity = "critical") => {
    const m = measurements.find((x) => x.id === metric && (!column || x.params.column === column));
    const observed = value(measurements, metric, field, column);
    const status = observed === null ? "skipped" : ok(observed) ? "pass" : severity === "warning" ? "warn" : "fail";
    tests.push({ metric, params: m?.params ?? {}, field, labels: column ? { column } : {}, bound, observed, status, severity, message: `expected ${words}, found ${observed === null ? "nothing" : Number(observed.toPrecision(4))}` });
  };
  add("drift.dataset", "share", { lt: 0.3 }, (v) => v < 0.3, "a share of drifted columns below 0.3");
  if (project.task.kind === "regression") {
    add("regression.mae", "value", { lt: 40 }, (v) => v < 40, "a mean absolute error below 40");
    add("regression.r2", "value", { gte: 0.6 }, (v) => v >= 0.6, "an R² of at least 0.6", undefined, "warning");
  } else {
    add("classification.accuracy", "value", { gte: 0.82 }, (v) => v >= 0.82, "an accuracy of at least 0.82");
    add("classification.roc_auc", "value", { gt: 0.85 }, (v) => v > 0.85, "an area under the ROC curve above 0.85");
  }
  add("dataset.rows", "count", { gte: Math.round(project.rowsADay * 0.9) }, (v) => v >= project.rowsADay * 0.9, "enough rows");
  add("dataset.missing_cells", "share", { lte: 0.002 }, (v) => v <= 0.002, "at most 0.2 % missing cells", undefined, "warning");
  for (const col of project.columns.filter((x) => x.range).slice(0, 6)) {
    const [, , mean, std] = col.range;
    const bound = { eq: { approx: { value: mean, relative: 0.1, absolute: round(std * 0.8) } } };
    add("column.mean", "value", bound, (v) => Math.abs(v - mean) <= Math.max(std * 0.8, 0.1 * Math.abs(mean)), `a mean of ${col.name} near ${mean}`, col.name);
  }
  add("dataset.constant_columns", "count", { lte: 0 }, (v) => v <= 0, "no constant column");
  return tests;
}

const ORDER = ["error", "fail", "warn", "pass", "skipped"];
const summaryOf = (tests) => Object.fromEntries([["total", tests.length], ...ORDER.map((s) => [s, tests.filter((t) => t.status === s).length])]);
const worst = (tests) => ORDER.find((s) => tests.some((t) => t.status === s)) ?? null;

/** New York's clock changes on 2011-03-13. */
const startOf = (project, day) => project.first + day * DAY - (project.timezone === "America/New_York" && day >= 41 ? DAY / 24 : 0);

function windowsOf(project, every) {
  const step = every === "1d" ? 1 : 7;
  const offset = every === "1d" ? 0 : project.id === "bike-demand" ? 6 : 3;
  const windows = [];
  for (let day = offset; day + step <= project.days; day += step) windows.push({ start: startOf(project, day), end: startOf(project, day + step) });
  return windows;
}

const iso = (ms) => new Date(ms).toISOString().replace(".000Z", "Z");
const stamp = (ms) => iso(ms).replace(/[-:]/g, "");

/** All snapshots of a project, oldest first. */
export function makeSnapshots(project) {
  const monitors = project.id === "bike-demand" ? [["daily", "1d"], ["weekly", "1w"]] : [["daily", "1d"]];
  const definition = { columns: project.columns.map(({ name, kind, role }) => ({ name, kind, role })), task: project.task, segments: [] };
  const all = [];
  for (const [monitor, every] of monitors) {
    for (const window of windowsOf(project, every)) {
      const days = Math.round((window.end - window.start) / DAY);
      const rows = Math.round(project.rowsADay * days * (0.93 + 0.09 * noise(`n${window.start}`)));
      const measurements = measurementsOf(project, window, rows);
      const maturity = maturityOf(project, window, rows);
      const status = statusOf(maturity);
      // Without labels nothing is known of the quality.
      if (status === "estimated") for (const m of measurements) if (m.id.startsWith("classification.")) for (const p of m.points) p.value = null;
      const tests = testsOf(project, measurements);
      for (const kind of ["report", "test_suite"]) {
        all.push({
          version: 1, id: `${stamp(window.start)}-${kind}-${monitor}`, project: project.id, monitor, kind, window: { start: iso(window.start), end: iso(window.end), granularity: every, timezone: project.timezone },
          revision: { final: maturity === null ? 1 : 3, provisional: 2, estimated: 1 }[status], status, ...(maturity === null ? {} : { maturity }), reference: project.reference,
          run: { started_at: "2026-01-12T09:30:00Z", seconds: 0.042, rows, engine_version: "0.1.0", source: "data.parquet", fingerprint: "0".repeat(16) },
          tags: monitor === "weekly" ? ["weekly review"] : [], metadata: {}, definition, notes: [],
          measurements: kind === "report" ? measurements : measurements.filter((m) => tests.some((t) => t.metric === m.id && (!t.labels.column || m.params.column === t.labels.column))),
          tests: kind === "report" ? [] : tests,
        });
      }
    }
  }
  return all;
}

export const metaOf = (s) => ({
  id: s.id, monitor: s.monitor, kind: s.kind, window: s.window, revision: s.revision, status: s.status, maturity: s.maturity ?? null, rows: s.run.rows, outcome: s.kind === "report" ? null : worst(s.tests), summary: summaryOf(s.tests),
  reference: s.reference, tags: s.tags, started_at: s.run.started_at, seconds: s.run.seconds,
});
