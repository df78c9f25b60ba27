import type { Panel } from "../api/schema";
import { panelQueries } from "./PanelHost";
import { readRange } from "./range";

const data = { first: "2011-02-01T05:00:00Z", last: "2011-05-01T04:00:00Z" };

test("presets count back from the last data, in the zone of the project", () => {
  const range = readRange(new URLSearchParams("range=7d"), data, "America/New_York");
  expect(range).toEqual({ id: "7d", from: "2011-04-24T04:00:00.000Z", firstDay: "2011-04-24", lastDay: "2011-04-30" });
  expect(readRange(new URLSearchParams(), data, "America/New_York")).toEqual({ id: "all", firstDay: "2011-02-01", lastDay: "2011-04-30" });
});

test("absolute days are inclusive", () => {
  expect(readRange(new URLSearchParams("from=2011-03-01&to=2011-03-31"), data, "America/New_York")).toEqual({
    id: "custom", from: "2011-03-01T05:00:00.000Z", to: "2011-04-01T04:00:00.000Z", firstDay: "2011-03-01", lastDay: "2011-03-31",
  });
});

test("days in the wrong order are turned round", () => {
  const days = (query: string) => readRange(new URLSearchParams(query), data, "UTC");
  expect(days("from=2011-03-31&to=2011-03-01")).toEqual(days("from=2011-03-01&to=2011-03-31"));
});

test("a panel asks within range and monitor; the drift map asks for every field once", () => {
  const panel = (kind: Panel["kind"], queries?: Panel["queries"]): Panel => ({ title: "", kind, layout: { w: 6, h: 4 }, ...(queries ? { queries } : {}) });
  expect(panelQueries(panel("line", [{ metric: "regression.mae", field: "value", exact_labels: true }]), { from: "a" }, "daily")).toEqual([{ monitor: "daily", from: "a", metric: "regression.mae", exact_labels: true, field: "value" }]);
  expect(panelQueries(panel("drift_map", [{ metric: "drift.column", field: "score" }, { metric: "drift.column", field: "drifted" }]), {}, "all")).toEqual([{ metric: "drift.column", max_points: 300 }]);
  expect(panelQueries(panel("drift_map"), {}, "all")).toEqual([{ metric: "drift.column", max_points: 300 }]);
  expect(panelQueries(panel("text"), {}, "all")).toEqual([]);
});
