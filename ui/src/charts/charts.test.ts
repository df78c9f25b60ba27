import type { Series } from "../api/schema";
import { axisOf, place } from "./axis";
import { seriesCsv } from "./download";
import { niceScale, timeTicks } from "./scale";
import { drawnBounds, drawnSeries, lineParts } from "./timeOption";

const palette = { series: ["#111", "#222"], current: "#111" };
const series = (column: string, lt: number): Series => ({
  metric: "column.mean", field: "value", labels: { column }, params: {}, monitor: "daily", thinned: false, windows: 0, mean: null, bounds: [{ bound: { lt }, severity: "critical", monitor: "daily" }],
  points: [{ start: "2011-02-01T00:00:00Z", end: "2011-02-02T00:00:00Z", value: 1.5, snapshot: "a", status: "final" }, { start: "2011-02-02T00:00:00Z", end: "2011-02-03T00:00:00Z", value: null, snapshot: "b", status: "final" }],
});
const none: Parameters<typeof drawnSeries>[1] = {
  ...palette, surface: "", line: "", "line-strong": "", ink: "", "ink-2": "", "ink-3": "", reference: "", pass: "", warn: "", fail: "", error: "", "fail-ink": "", "warn-ink": "", accent: "",
};

test("axes hold all values with round steps", () => {
  expect(niceScale([0.02, 0.36, 0.3])).toEqual({ min: 0, max: 0.4, interval: 0.1 });
  expect(niceScale([5, 5])).toMatchObject({ min: expect.any(Number), max: expect.any(Number) });
  expect(niceScale([])).toMatchObject({ min: 0 });
  expect(niceScale([0.9, 1], { ceiling: 1 }).max).toBe(1);
});

test("weekly ticks fall on Mondays, long spans on firsts of months", () => {
  const days = timeTicks(Date.UTC(2011, 1, 1), Date.UTC(2011, 3, 30), 12).map((t) => new Date(t).getUTCDay());
  expect(new Set(days)).toEqual(new Set([1]));
  expect(timeTicks(Date.UTC(2011, 0, 15), Date.UTC(2012, 0, 15), 12).every((t) => new Date(t).getUTCDate() === 1)).toBe(true);
});

test("each distinct bound of the visible series is drawn once and named if several differ", () => {
  const both = drawnSeries([series("hum", 2), series("temp", 3)], none, new Set());
  expect(drawnBounds(both, "number").map((b) => b.label)).toEqual(["hum < 2", "temp < 3"]);
  const same = drawnSeries([series("hum", 2), series("temp", 2)], none, new Set());
  expect(drawnBounds(same, "number").map((b) => b.label)).toEqual(["< 2"]);
  expect(drawnBounds(drawnSeries([series("hum", 2), series("temp", 3)], none, new Set(["temp"])), "number")).toHaveLength(1);
});

test("p-values stand on a log axis of whole decades, with a decade of room below the threshold", () => {
  const calm = axisOf([0.2, 0.9], [0.05], "p_value", { zero: false, steps: 4 });
  expect([calm.min, calm.max, calm.interval]).toEqual([-3, 0, 1]);
  expect([0, -1, -2, -3].map(calm.label)).toEqual(["1", "0.1", "0.01", "0.001"]);
  expect(place(0.01, "p_value")).toBeCloseTo(-2);
  expect(place(0.01, "number")).toBe(0.01);
  const deep = axisOf([0.2, 1e-300], [0.05], "p_value", { zero: false, steps: 4 });
  expect([deep.min, deep.interval, place(1e-300, "p_value"), place(0, "p_value")]).toEqual([-12, 3, -12, -12]);
  expect([-3, -6, -12].map(deep.label)).toEqual(["0.001", "10⁻⁶", "≤ 10⁻¹²"]);
});

test("a line is dashed wherever one of its ends may still change", () => {
  const points = (["final", "final", "provisional", "final", "final", "estimated"] as const).map((status, i) => ({ start: `2011-02-0${i + 1}T00:00:00Z`, end: `2011-02-0${i + 2}T00:00:00Z`, value: 1, snapshot: `s${i}`, status, coverage: status === "final" ? 1 : 0.5 }));
  const quality = { ...series("x", 2), metric: "regression.mae", points };
  expect(lineParts(quality)).toEqual({ settled: [true, true, false, true, true, false], open: [false, true, true, true, true, true] });
  expect(lineParts({ ...quality, metric: "drift.column" }).settled).not.toContain(false);
});

test("the CSV has one row a window and leaves missing values empty", () => {
  expect(seriesCsv(drawnSeries([series("hum", 2), series("temp", 2)], none, new Set()))).toBe(
    "start,end,hum,temp\n2011-02-01T00:00:00Z,2011-02-02T00:00:00Z,1.5,1.5\n2011-02-02T00:00:00Z,2011-02-03T00:00:00Z,,\n",
  );
});
