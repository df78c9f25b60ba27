import type { Measurement, Series, TestResult } from "../api/schema";
import { boundText, breach, holds, loadLine, withThreshold } from "./bounds";
import { driftRatio, driftSeverity, driftStep } from "./drift";
import { driftGrid, driftRows } from "./driftRows";
import { projectPath, snapshotPath } from "./links";
import { maturityText, maySettle, representativeText } from "./maturity";
import { driftVerdict, testVerdict } from "./verdict";

describe("load line", () => {
  test("an upper bound forbids what lies above it", () => {
    expect(loadLine({ lt: 0.3 })).toEqual({ lines: [0.3], bad: [{ low: 0.3, high: null }] });
    expect(loadLine({ lte: 0.3 }).bad).toEqual([{ low: 0.3, high: null }]);
  });

  test("a lower bound forbids what lies below it", () => {
    expect(loadLine({ gte: 12 })).toEqual({ lines: [12], bad: [{ low: null, high: 12 }] });
    expect(loadLine({ gt: 12 }).bad).toEqual([{ low: null, high: 12 }]);
  });

  test("a range forbids both sides, an approximate value what lies outside its tolerance", () => {
    expect(loadLine({ gte: 1, lte: 5 }).bad).toEqual([{ low: 5, high: null }, { low: null, high: 1 }]);
    expect(loadLine({ eq: { approx: { value: 10, relative: 0.1, absolute: 0 } } })).toEqual({ lines: [11, 9], bad: [{ low: 11, high: null }, { low: null, high: 9 }] });
  });

  test("a threshold that was not resolved draws nothing", () => {
    expect(loadLine({ lt: { reference: { relative: 0.1, absolute: 0, sigmas: 0 } } })).toEqual({ lines: [], bad: [] });
  });

  test("tolerances widen closed bounds and narrow open ones, as in the engine", () => {
    const threshold = { approx: { value: 100, relative: 0.1, absolute: 1e-12 } };
    const of = (key: "eq" | "lte" | "gte" | "lt" | "gt") => [89, 90.5, 100, 109.5, 111].map((v) => holds({ [key]: threshold }, v));
    expect(of("eq")).toEqual([false, true, true, true, false]);
    expect(of("lte")).toEqual([true, true, true, true, false]);
    expect(of("gte")).toEqual([false, true, true, true, true]);
    expect(of("lt")).toEqual([true, false, false, false, false]);
    expect(of("gt")).toEqual([false, false, false, false, true]);
  });

  test("bounds in words", () => {
    expect(boundText({ lt: 0.3 }, "share")).toBe("< 30 %");
    expect(boundText({ gte: 1, lte: 5 }, "number")).toBe("≤ 5 and ≥ 1");
    expect(boundText({ gte: { learned: { std: 3 } } }, "number")).toBe("≥ learned");
    expect(boundText({ eq: { approx: { value: 10, relative: 0.1, absolute: 0 } } }, "number")).toBe("= 10 ± 1");
    expect(boundText({ gte: { approx: { value: 0.9, relative: 0.2, absolute: 0 } } }, "number")).toBe("≥ 0.72");
  });

  test("a broken critical bound is worse than a broken warning", () => {
    const bounds = [{ bound: { lt: 40 }, severity: "critical" as const, monitor: "daily" }, { bound: { lt: 30 }, severity: "warning" as const, monitor: "daily" }];
    expect([20, 35, 45, null].map((v) => breach(bounds, v))).toEqual([null, "warning", "critical", null]);
  });

  test("a drift score without a test has its threshold as bound, on the bad side of its kind", () => {
    const s = (test: string): Series => ({ metric: "drift.column", field: "score", labels: {}, params: { test, threshold: 0.1 }, monitor: "daily", points: [], bounds: [], thinned: false, windows: 0, mean: null });
    expect(withThreshold(s("psi")).bounds[0]?.bound).toEqual({ lt: 0.1 });
    expect(withThreshold(s("ks")).bounds[0]?.bound).toEqual({ gte: 0.1 });
  });
});

describe("drift ratio", () => {
  test("a distance is score over threshold, capped at three", () => {
    const of = (score: number) => driftRatio({ score, threshold: 0.1, drifted: score >= 0.1 ? 1 : 0, test: "wasserstein" });
    expect([0, 0.05, 0.1, 0.2, 9].map(of)).toEqual([0, 0.5, 1, 2, 3]);
    expect(driftSeverity({ score: 9, threshold: 0.1, drifted: 1, test: "psi" })).toBeCloseTo(90);
  });

  test("a small p-value is worse, on a log scale", () => {
    const of = (score: number) => driftRatio({ score, threshold: 0.05, drifted: score < 0.05 ? 1 : 0, test: "ks" });
    expect(of(1)).toBe(0);
    expect(of(0.05)).toBeCloseTo(0.999);
    expect(of(0.005)).toBeCloseTo(2);
    expect(of(0)).toBe(3);
    expect(of(0.5)).toBeLessThan(of(0.1) ?? 0);
  });

  test("the engine's verdict wins, and a missing score has no ratio", () => {
    expect(driftRatio({ score: 0.05, threshold: 0.1, drifted: 1, test: "psi" })).toBe(1);
    expect(driftStep(driftRatio({ score: 0.2, threshold: 0.1, drifted: 0, test: "psi" }) ?? 0)).toBe(3);
    expect(driftRatio({ score: null, threshold: 0.1, drifted: null, test: "psi" })).toBeNull();
  });
});

const driftSeries = (column: string, scores: readonly number[]): Series[] =>
  (["score", "drifted"] as const).map((field) => ({
    metric: "drift.column", field, labels: { column }, params: { column, test: "psi", threshold: 0.1 }, monitor: "daily", bounds: [], thinned: false, windows: scores.length, mean: scores.reduce((sum, s) => sum + (field === "score" ? s : Number(s >= 0.1)), 0) / scores.length,
    points: scores.map((s, i) => ({
      start: `2011-02-0${i + 1}T00:00:00Z`, end: `2011-02-0${i + 2}T00:00:00Z`, snapshot: `s${i}`, status: "final" as const, value: field === "score" ? s : Number(s >= 0.1),
    })),
  }));

test("the drift map puts the most drifted column first and shows the worst of merged windows", () => {
  const rows = driftRows([...driftSeries("calm", [0.01, 0.02, 0.01, 0.02]), ...driftSeries("hum", [0.05, 0.2, 0.05, 0.3])]);
  expect(rows.map((r) => r.column)).toEqual(["hum", "calm"]);
  const grid = driftGrid(rows, 2);
  expect(grid.slots.map((s) => s.windows)).toEqual([2, 2]);
  expect(grid.rows[0]?.cells.map((c) => c?.snapshot)).toEqual(["s1", "s3"]);
});

test("of a long series the drift map counts all windows, and its slots are long enough to have a cell each", () => {
  const hour = (n: number) => new Date(Date.UTC(2024, 0, 1, n)).toISOString();
  const thinned = driftSeries("hum", []).map((s) => ({
    ...s, thinned: true, windows: 3000, mean: s.field === "drifted" ? 0.25 : 0.1,
    points: Array.from({ length: 300 }, (_, i) => ({ start: hour(i * 10), end: hour(i * 10 + 1), snapshot: `s${i}`, status: "final" as const, value: s.field === "score" ? 0.05 : 0 })),
  }));
  const rows = driftRows(thinned);
  expect(rows.map((r) => [r.drifted, r.windows, r.cells.length])).toEqual([[750, 3000, 300]]);
  const grid = driftGrid(rows, 100);
  expect([grid.slots.length, grid.merged]).toEqual([75, 40]);
  expect(grid.rows[0]?.cells.every((c) => c !== null)).toBe(true);
});

describe("verdict", () => {
  const point = (field: string, value: number) => ({ field, labels: {}, value });
  const column = (name: string, score: number): Measurement => ({
    id: "drift.column", params: { column: name, test: "psi", threshold: 0.1 }, exact: true, notes: [],
    points: [point("score", score), point("threshold", 0.1), point("drifted", Number(score >= 0.1))].map((p) => ({ ...p, labels: { column: name } })),
  });
  const dataset = (drifted: number, total: number, over: boolean): Measurement => ({
    id: "drift.dataset", params: { share: 0.3 }, exact: true, notes: [], points: [point("columns", total), point("drifted_columns", drifted), point("drifted", Number(over))],
  });
  const outcome = (status: TestResult["status"], metric: string, name?: string): TestResult => ({
    metric, params: {}, field: "value", labels: name ? { column: name } : {}, bound: { lt: 1 }, observed: 0, status, severity: "critical", message: "",
  });

  test("drift names the columns, worst first, and the limit", () => {
    expect(driftVerdict([dataset(2, 3, true), column("temp", 0.2), column("hum", 0.5), column("hour", 0.01)])?.text).toBe("2 of 3 columns drifted, over the limit of 30 %: hum, temp");
    expect(driftVerdict([dataset(1, 11, false), column("hum", 0.2)])?.text).toBe("1 of 11 columns drifted, within the limit of 30 %: hum");
    expect(driftVerdict([dataset(0, 11, false)])).toEqual({ tone: "pass", text: "None of 11 columns drifted" });
    expect(driftVerdict([])).toBeNull();
  });

  test("tests name what failed", () => {
    expect(testVerdict([outcome("fail", "regression.mae"), outcome("fail", "column.mean", "temp"), outcome("pass", "dataset.rows")])).toEqual({ tone: "fail", text: "2 of 3 tests failed: MAE, Mean of temp" });
    expect(testVerdict([outcome("warn", "regression.r2"), outcome("pass", "dataset.rows")])?.text).toBe("1 of 2 tests warned: R²");
    expect(testVerdict([outcome("pass", "regression.r2"), outcome("skipped", "dataset.rows")])?.text).toBe("1 of 2 tests passed; 1 skipped");
  });
});

test("the snapshot's address carries the way back", () => {
  const path = snapshotPath("bike demand", "20110201T000000Z-report-daily", { column: "hum", back: "?tab=Drift&range=30d" });
  expect(path).toBe("/projects/bike%20demand/snapshots/20110201T000000Z-report-daily?column=hum&back=tab%3DDrift%26range%3D30d");
  const back = new URL(path, "http://x").searchParams.get("back") ?? "";
  expect(projectPath("bike demand", back)).toBe("/projects/bike%20demand?tab=Drift&range=30d");
});

describe("label maturity", () => {
  test("only what is computed from labels waits for them; without late labels an open window still takes rows", () => {
    expect(maySettle("classification.f1", { status: "provisional", coverage: 0.5 })).toBe(true);
    expect(maySettle("drift.column", { status: "provisional", coverage: 0.5 })).toBe(false);
    expect(maySettle("drift.column", { status: "provisional" })).toBe(true);
    expect(maySettle("classification.f1", { status: "final", coverage: 0.9 })).toBe(false);
  });

  test("a point says how it stands", () => {
    expect(maturityText("classification.f1", { status: "provisional", coverage: 0.357 })).toBe("provisional, 35.7 % labelled");
    expect(maturityText("classification.f1", { status: "final", coverage: 0.98 })).toBe("98 % labelled");
    expect(maturityText("dataset.rows", { status: "provisional" })).toBe("still takes rows");
    expect(maturityText("dataset.rows", { status: "final" })).toBe("");
  });

  test("a check that fails says what does not hold", () => {
    const of = (drifted: boolean) => representativeText({ rows: 8, labelled: 2, coverage: 0.25, delay_seconds_p50: 1, delay_seconds_p95: 2, representative: { column: "score", test: "psi", score: 0.3, threshold: 0.1, drifted } });
    expect(of(true)).toContain("not like all rows");
    expect(of(false)).toContain("are like all rows");
    expect(representativeText({ rows: 8, labelled: 0, coverage: 0, delay_seconds_p50: null, delay_seconds_p95: null, representative: null })).toBeNull();
  });
});
