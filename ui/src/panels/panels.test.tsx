import { act, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import type { Panel, PanelKind, Series, TestHistory } from "../api/schema";
import { ApiError } from "../api/client";
import { PanelView, type PanelState } from "./PanelView";
import { PANELS } from "./registry";
import type { PanelContext, PanelData } from "./types";

// jsdom has no canvas: charts are tested by their keyboard path, in a real browser by e2e.
vi.mock("../charts/EChart", () => ({ EChart: ({ label }: { label: string }) => <div role="img" aria-label={label} /> }));

const opened = vi.fn();
const context: PanelContext = { project: "bike", zone: "UTC", href: (s, link) => `/snapshots/${s}${link?.column ? `?column=${link.column}` : ""}`, open: opened };
const days = ["2011-02-01", "2011-02-02", "2011-02-03"];
const points = (values: readonly (number | null)[]): Series["points"] =>
  values.map((value, i) => ({ start: `${days[i] ?? ""}T00:00:00Z`, end: `2011-02-0${i + 2}T00:00:00Z`, value, snapshot: `s${i + 1}`, status: "final" }));
const mae: Series = { metric: "regression.mae", field: "value", labels: {}, params: {}, monitor: "daily", points: points([12.3, null, 45]), bounds: [{ bound: { lt: 40 }, severity: "critical", monitor: "daily" }], thinned: false, windows: 2, mean: 28.65 };
const drift = (column: string, scores: readonly number[]): Series[] =>
  (["score", "drifted"] as const).map((field) => ({
    metric: "drift.column", field, labels: { column }, params: { column, test: "psi", threshold: 0.1 }, monitor: "daily", bounds: [], thinned: false, windows: scores.length, mean: scores.reduce((sum, s) => sum + (field === "score" ? s : Number(s >= 0.1)), 0) / scores.length, points: points(scores.map((s) => (field === "score" ? s : Number(s >= 0.1)))),
  }));
const history: TestHistory = {
  rows: [{
    metric: "regression.mae", field: "value", labels: {}, params: {}, monitor: "daily", severity: "critical", bound: { lt: 40 },
    cells: points([12, 13, 45]).map((p) => ({ start: p.start, end: p.end, snapshot: p.snapshot, observed: p.value, status: (p.value ?? 0) < 40 ? "pass" : "fail" })),
  }],
};
const seriesData = (...series: Series[]): PanelData => ({ kind: "series", series: [series] });
const mean: Series = { ...mae, metric: "column.mean", labels: { column: "hum" }, bounds: [] };

const FULL: Record<PanelKind, PanelData> = {
  counter: seriesData(mae), line: seriesData(mae), bar: seriesData(mae), area: seriesData(mae), drift_map: seriesData(...drift("hum", [0.01, 0.05, 0.3]), ...drift("hour", [0.01, 0.02, 0.01])),
  top_movers: seriesData(...drift("hum", [0.01, 0.05, 0.3])), quality_table: seriesData(mean), test_strip: { kind: "tests", history },
  health_strip: { kind: "health", cells: points([1, 1, 1]).map((p, i) => ({ start: p.start, end: p.end, status: i === 2 ? "fail" : "pass", failed: i === 2 ? 2 : 0, total: 7, rows: 24, snapshot: p.snapshot })) },
  text: { kind: "none" },
};
const EMPTY: Record<PanelData["kind"], PanelData> = { series: seriesData(), tests: { kind: "tests", history: { rows: [] } }, health: { kind: "health", cells: [] }, none: { kind: "none" } };
const KINDS = ["counter", "line", "bar", "area", "drift_map", "test_strip", "health_strip", "top_movers", "quality_table", "text"] as const;

function show(kind: PanelKind, state: PanelState, text?: string) {
  const panel: Panel = { title: "My panel", kind, layout: { w: 6, h: 4 }, ...(text ? { text } : {}) };
  render(<MemoryRouter><PanelView panel={panel} state={state} context={context} /></MemoryRouter>);
  return within(screen.getByRole("region", { name: "My panel" }));
}

describe.each(KINDS)("panel %s", (kind) => {
  test("loading is a skeleton with a name", () => {
    expect(show(kind, { state: "loading" }).getByRole("status", { name: "Loading My panel" })).toBeVisible();
  });

  test("empty says what would fill it", () => {
    const panel = show(kind, { state: "full", data: EMPTY[PANELS[kind].needs] });
    expect(panel.getByRole("note")).toHaveTextContent(PANELS[kind].empty);
    const { command } = PANELS[kind];
    if (command) expect(panel.getByText(command)).toBeVisible();
  });

  test("an error says what to do and can be tried again", async () => {
    const retry = vi.fn();
    const panel = show(kind, { state: "error", error: new ApiError(0, "unreachable", "the server cannot be reached"), retry });
    expect(panel.getByRole("alert")).toHaveTextContent("The server cannot be reached. Check that plimsoll serve is running");
    await userEvent.click(panel.getByRole("button", { name: "Try again" }));
    expect(retry).toHaveBeenCalledOnce();
  });

  test("stale says how old", () => {
    expect(show(kind, { state: "full", data: FULL[kind], staleSince: "2011-02-03 10:00" }, "Text").getByText(/as of 2011-02-03 10:00/)).toBeVisible();
  });

  test("full shows neither message nor a missing number by another name than a dash", () => {
    const panel = show(kind, { state: "full", data: FULL[kind] }, "Some **bold** text");
    expect(panel.queryByRole("note")).toBeNull();
    expect(panel.queryByRole("alert")).toBeNull();
    expect(screen.getByRole("region").textContent).not.toMatch(/NaN|undefined|null/);
  });
});

test("a point of a line is a button that opens its snapshot", async () => {
  const panel = show("line", { state: "full", data: FULL.line });
  expect(panel.getByRole("button", { name: "2011-02-02: –" })).toBeInTheDocument();
  await userEvent.click(panel.getByRole("button", { name: "2011-02-01: 12.3" }));
  expect(opened).toHaveBeenLastCalledWith("s1", { column: undefined });
});

test("the points of a chart are one stop of the Tab key, arrows move", async () => {
  const panel = show("line", { state: "full", data: FULL.line });
  const last = panel.getByRole("button", { name: "2011-02-03: 45" });
  act(() => last.focus());
  await userEvent.keyboard("{ArrowLeft}");
  expect(panel.getByRole("button", { name: "2011-02-02: –" })).toHaveFocus();
});

test("a cell of the drift map names column, window and verdict and leads to the column", async () => {
  const panel = show("drift_map", { state: "full", data: FULL.drift_map });
  const cell = panel.getByRole("link", { name: "hum, 2011-02-03: drifted, PSI 0.3, threshold 0.1" });
  expect(cell).toHaveAttribute("href", "/snapshots/s3?column=hum");
  expect(panel.getAllByRole("rowheader").map((h) => h.textContent)).toEqual(["hum", "hour"]);
  act(() => cell.focus());
  await userEvent.keyboard("{ArrowDown}");
  expect(panel.getByRole("link", { name: /^hour, 2011-02-03/ })).toHaveFocus();
});

test("a counter shows the latest value, its change and the limit that it breaks", () => {
  const panel = show("counter", { state: "full", data: FULL.counter });
  expect(panel.getByRole("link", { name: "My panel: 45 in 2011-02-03" })).toHaveAttribute("href", "/snapshots/s3");
  expect(panel.getByText(/limit < 40/)).toHaveClass("status-fail");
});

test("bars of the health strip say window and status", () => {
  const panel = show("health_strip", { state: "full", data: FULL.health_strip });
  expect(panel.getByRole("link", { name: "2011-02-03: Fail" })).toHaveAttribute("data-tip", "2011-02-03\nFail: 2 of 7 tests missed\n24 rows");
});

test("the test strip has one row a test", () => {
  const table = within(show("test_strip", { state: "full", data: FULL.test_strip }).getByRole("table"));
  expect(table.getByRole("rowheader")).toHaveTextContent("MAE < 40");
  expect(table.getByRole("link", { name: "2011-02-03: Fail" })).toBeInTheDocument();
});

test("Markdown keeps to its few marks and lets no script in", () => {
  const panel = show("text", { state: "full", data: { kind: "none" } }, "A **b** `c` [good](https://example.org) [bad](javascript:alert(1))\n\n- one\n- two\n\n<b>raw</b>");
  expect(panel.getByText("b").tagName).toBe("STRONG");
  expect(panel.getAllByRole("link")).toHaveLength(1);
  expect(panel.getAllByRole("listitem")).toHaveLength(2);
  expect(panel.getByText("<b>raw</b>")).toBeVisible();
});
