import { formatBytes, formatChange, formatCount, formatNumber, formatPValue, formatSeconds, formatShare, formatValue, statePValue } from "./number";
import { metricName, paramText, seriesNames, unitOf, type Labels } from "./metric";
import { formatMoment, formatTick, formatWindow, formatWindowLong, fromWallClock, wallClock } from "./time";

test("numbers have about four digits and a real minus", () => {
  expect([0, 0.0312, 12.3, -35.341, 1234.5, 2_500_000, 1.2e-7, -1e12].map((v) => formatNumber(v))).toEqual([
    "0", "0.0312", "12.3", "−35.34", "1,235", "2.5 M", "1.2e-7", "−1e12",
  ]);
});

test("what is missing is a dash in every unit", () => {
  for (const unit of ["share", "percent", "count", "p_value", "number", "seconds", "flag"] as const) {
    expect([null, undefined, NaN, Infinity].map((v) => formatValue(v, unit))).toEqual(["–", "–", "–", "–"]);
  }
});

test("shares are percent", () => {
  expect([0, 0.273, 1, 0.00456, 0.00001, -0.008].map(formatShare)).toEqual(["0 %", "27.3 %", "100 %", "0.46 %", "< 0.01 %", "−0.8 %"]);
  expect(formatValue(68.55, "percent")).toBe("68.5 %");
});

test("counts, p-values, durations and changes", () => {
  expect([731, 9999, 12_345, 4_100_000].map(formatCount)).toEqual(["731", "9,999", "12.3 k", "4.1 M"]);
  expect([0.031, 0.0001, 1].map(formatPValue)).toEqual(["0.031", "< 0.001", "1.000"]);
  expect([statePValue(0.031), statePValue(0.0001)]).toEqual(["p = 0.031", "p < 0.001"]);
  expect([0.042, 2.5, 125, 3600, 9000, 200_000, 86_399].map(formatSeconds)).toEqual(["42 ms", "2.5 s", "2 min 5 s", "1 h", "2 h 30 min", "2 d 8 h", "24 h"]);
  expect([0, 712, 12_345_678].map(formatBytes)).toEqual(["0 B", "712 B", "12.3 MB"]);
  expect([formatChange(0.02, "share"), formatChange(-3, "count"), formatChange(0, "number")]).toEqual(["+2 pp", "−3", "±0"]);
});

test("a window is named by its inclusive days in its zone", () => {
  const of = (start: string, end: string, zone = "UTC") => formatWindow({ start, end }, zone);
  expect(of("2011-02-01T00:00:00Z", "2011-02-02T00:00:00Z")).toBe("2011-02-01");
  expect(of("2011-01-31T00:00:00Z", "2011-02-07T00:00:00Z")).toBe("2011-01-31 – 2011-02-06");
  expect(of("2011-02-01T00:00:00Z", "2011-03-01T00:00:00Z")).toBe("2011-02");
  expect(of("2011-02-01T13:00:00Z", "2011-02-01T14:00:00Z")).toBe("2011-02-01 13:00–14:00");
  expect(of("2011-02-01T05:00:00Z", "2011-02-02T05:00:00Z", "America/New_York")).toBe("2011-02-01");
  expect(of("2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z", "Europe/Berlin")).toBe("2024-03-31");
  expect(of("nonsense", "nonsense")).toBe("–");
  expect(formatWindowLong({ start: "2011-02-01T00:00:00Z", end: "2011-02-02T00:00:00Z" }, "UTC")).toBe("Tue 2011-02-01");
});

test("moments are shown in the zone, and the wall clock can be turned back", () => {
  expect(formatMoment("2011-03-14T03:30:00Z", "America/New_York")).toBe("2011-03-13 23:30");
  expect(formatMoment(null, "UTC")).toBe("–");
  for (const t of ["2011-03-13T04:00:00Z", "2011-03-14T04:00:00Z", "2011-11-07T05:00:00Z"]) {
    expect(fromWallClock(wallClock(t, "America/New_York"), "America/New_York")).toBe(Date.parse(t));
  }
  expect(formatTick(Date.UTC(2011, 1, 1), 30 * 86_400_000)).toBe("1 Feb");
});

test("metrics have names and units", () => {
  expect([metricName("regression.mae"), metricName("column.most_common"), metricName("ranking.ndcg"), metricName("ranking.score_entropy")]).toEqual(["MAE", "Most common", "NDCG", "Score entropy"]);
  expect(unitOf("drift.column", "score", { test: "ks" })).toBe("p_value");
  expect(unitOf("drift.column", "score", { test: "psi" })).toBe("number");
  expect([unitOf("dataset.rows", "count"), unitOf("drift.dataset", "share"), unitOf("regression.mape", "value")]).toEqual(["count", "share", "percent"]);
});

test("series are named by what tells them apart", () => {
  const s = (metric: string, column?: string, monitor = "daily") => {
    const labels: Labels = column ? { column } : {};
    return { metric, field: "value", labels, params: {}, monitor };
  };
  expect(seriesNames([s("regression.mae"), s("regression.rmse")])).toEqual(["MAE", "RMSE"]);
  expect(seriesNames([s("column.mean", "hum"), s("column.mean", "temp")])).toEqual(["hum", "temp"]);
  expect(seriesNames([s("regression.mae"), s("regression.mae", undefined, "weekly")])).toEqual(["daily", "weekly"]);
  expect(seriesNames([s("column.mean", "hum")])).toEqual(["Mean · hum"]);
});

test("parameters read like the YAML they came from", () => {
  expect(paramText({ column: "x", columns: ["price", "age"], bound: { min: 0, in: [1, 2] }, seed: null, k: 5 })).toBe("columns [price, age], bound {min: 0, in: [1, 2]}, k 5");
});
