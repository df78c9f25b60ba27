import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { makeQueryClient } from "../api/queries";
import type { Maturity, Measurement, Revision, Snapshot, TestResult } from "../api/schema";
import { ByFeature } from "./ByFeature";
import { intervalText } from "./collect";
import { EstimatedCard } from "./EstimatedCard";
import { ExplainSection } from "./ExplainSection";
import { MaturityCard, RevisionPicker } from "./MaturityCard";
import { OtherSection } from "./OtherSection";
import { Report } from "./Report";
import { SegmentsSection } from "./SegmentsSection";
import { Sentence } from "./TestsSection";

const outcome = (metric: string, message: string): TestResult => ({ metric, params: {}, field: "value", labels: {}, bound: { lt: 40 }, observed: 45, status: "fail", severity: "critical", message });

test("the id of a metric stays as it is written everywhere", () => {
  render(<Sentence test={outcome("correlation", "correlation is 0.99, expected less than 0.9")} />);
  expect(screen.getByText("correlation").tagName).toBe("CODE");
  expect(screen.getByText(/is 0.99/)).toHaveTextContent("correlation is 0.99, expected less than 0.9");
});

test("other messages are sentences, and without a message bound and value are said", () => {
  render(<><Sentence test={outcome("regression.mae", "not tested: no reference")} /><Sentence test={outcome("regression.mae", "")} /></>);
  expect(screen.getByText("Not tested: no reference")).toBeVisible();
  expect(screen.getByText("Expected < 40, found 45.")).toBeVisible();
});

const maturity: Maturity = { rows: 400, labelled: 100, coverage: 0.25, delay_seconds_p50: 180_000, delay_seconds_p95: 604_800, representative: { column: "score", test: "psi", score: 0.31, threshold: 0.1, drifted: true } };

test("the labels of a window: status, coverage, delay, and whether they stand for all rows", () => {
  render(<MaturityCard status="provisional" maturity={maturity} />);
  expect(screen.getByText("Provisional").querySelector("svg")).not.toBeNull();
  expect(screen.getByRole("meter", { name: "Label coverage" })).toHaveAttribute("aria-valuetext", "25 %");
  expect(screen.getByRole("region", { name: "Labels" })).toHaveTextContent("25 % labelled (100 of 400 rows)Labels took 2 d 2 h at the median, 95 % came within 7 d. The labelled rows are not like all rows: score differs.");
});

test("without labels there is neither delay nor check", () => {
  render(<MaturityCard status="estimated" maturity={{ rows: 400, labelled: 0, coverage: 0, delay_seconds_p50: null, delay_seconds_p95: null, representative: null }} />);
  expect(screen.getByRole("region", { name: "Labels" })).toHaveTextContent(/^EstimatedNo labels yet: quality is not known.0 % labelled \(0 of 400 rows\)$/);
});

const snapshot: Snapshot = {
  version: 1, id: "s1", project: "car", monitor: "daily", kind: "report", window: null, revision: 2, status: "final", reference: null, tags: [], metadata: {}, notes: [], measurements: [], tests: [],
  run: { started_at: "2024-05-02T00:00:00Z", seconds: 0.1, rows: 400, engine_version: "0.1.0", source: "collector", fingerprint: "" }, definition: { columns: [], task: null, segments: [] },
};
const revisions: Revision[] = [{ revision: 1, status: "estimated", at: "2024-05-01T00:00:00Z", coverage: 0 }, { revision: 2, status: "final", at: "2024-05-02T00:00:00Z", coverage: 1 }];

test("a revision is chosen by its moment, the newest by none", async () => {
  const choose = vi.fn();
  const { rerender } = render(<RevisionPicker snapshot={snapshot} revisions={revisions} zone="UTC" choose={choose} />);
  const picker = screen.getByRole("combobox", { name: "Revision" });
  expect(picker).toHaveDisplayValue("Revision 2 · final · 100 % labelled · 2024-05-02 00:00");
  await userEvent.selectOptions(picker, "1");
  expect(choose).toHaveBeenLastCalledWith("2024-05-01T00:00:00Z");
  rerender(<RevisionPicker snapshot={{ ...snapshot, revision: 1 }} revisions={revisions} zone="UTC" choose={choose} />);
  await userEvent.selectOptions(picker, "2");
  expect(choose).toHaveBeenLastCalledWith(null);
});

test("a single revision leaves nothing to choose", () => {
  render(<RevisionPicker snapshot={snapshot} revisions={revisions.slice(1)} zone="UTC" choose={vi.fn()} />);
  expect(screen.queryByRole("combobox")).toBeNull();
});

test("segments stand beside the whole, by one grouping at a time", async () => {
  const point = (value: number, segment?: string): Measurement["points"][number] => ({ field: "value", labels: segment === undefined ? {} : { segment }, value });
  const mae: Measurement = { id: "regression.mae", params: {}, exact: true, notes: [], points: [point(2), point(1, "country=DE"), point(3.5, "country=other"), point(7, "country=DE, device=mobile")] };
  const rows: Measurement = { ...mae, id: "dataset.rows", points: mae.points.map((p) => ({ ...p, field: "count", value: (p.value ?? 0) * 1000 })) };
  const column: Measurement = { ...mae, id: "column.mean", params: { column: "x" } };
  render(<SegmentsSection measurements={[mae, rows, column]} />);
  const cells = () => screen.getAllByRole("row").map((row) => row.textContent);
  expect(cells()).toEqual(["SegmentRowsMAE", "All rows2,0002", "country=DE1,0001", "country=other3,5003.5"]);
  await userEvent.click(screen.getByRole("button", { name: "country, device" }));
  expect(cells().slice(2)).toEqual(["country=DE, device=mobile7,0007"]);
});

test("a report in one file shows its snapshot and fetches nothing", async () => {
  const fetching = vi.spyOn(globalThis, "fetch");
  const mae: Measurement = { id: "regression.mae", params: {}, exact: true, notes: [], points: [{ field: "value", labels: {}, value: 2 }] };
  const drift: Measurement = { ...mae, id: "drift.column", params: { column: "temp", test: "ks", threshold: 0.05 }, points: [{ field: "score", labels: { column: "temp" }, value: 0.01 }, { field: "drifted", labels: { column: "temp" }, value: 1 }] };
  render(
    <QueryClientProvider client={makeQueryClient()}>
      <MemoryRouter><Report snapshot={{ ...snapshot, measurements: [mae, drift], tests: [outcome("regression.mae", "regression.mae is 45, expected less than 40")] }} /></MemoryRouter>
    </QueryClientProvider>,
  );
  expect(screen.getByRole("heading", { level: 1, name: "Whole data set" })).toBeVisible();
  expect(screen.getByRole("heading", { name: "Regression quality" })).toBeVisible();
  await userEvent.click(screen.getByRole("button", { name: "temp" }));
  expect(document.title).toBe("Report · collector · Plimsoll");
  expect(fetching).not.toHaveBeenCalled();
});

test("what changed names the column to look at first, and its bins", () => {
  const p = (field: string, value: number, labels: Record<string, string> = {}) => ({ field, labels, value });
  const explain: Measurement = {
    id: "explain", params: { of: "mae", rows: 5000 }, exact: true, notes: ["mean absolute error went from 1 to 2 (+1); most of it in `temp` below 3: +0.8"],
    points: [
      p("change", 1), p("mix", 0, { column: "hr" }), p("within", 1, { column: "hr" }), p("concentration", 0.2, { column: "hr" }),
      p("mix", 0.7, { column: "temp" }), p("within", 0.3, { column: "temp" }), p("concentration", 0.6, { column: "temp" }),
      p("contribution", 0.8, { column: "temp", bin: "below 3" }), p("contribution", -0.1, { column: "hr", bin: "8 to 9" }),
    ],
  };
  render(<ExplainSection measurements={[explain]} />);
  const columns = screen.getByRole("table", { name: "Columns that account for the change of the mean absolute error" });
  expect(within(columns).getAllByRole("rowheader").map((c) => c.textContent)).toEqual(["temp", "hr"]);
  const bins = screen.getByRole("table", { name: "Bins that contribute most to the change of the mean absolute error" });
  expect(within(bins).getAllByRole("row")[1]?.textContent).toBe("tempbelow 30.8");
  expect(screen.getByText(/most of it in/)).toBeDefined();
});

test("a feature's bins are shown as a strip and as a table", async () => {
  const bin = (name: string, rows: number, ...values: number[]) => ({ name, rows, values });
  const features = [
    { column: "salary", bins: [bin("below 10", 60, 0.5, 0.4), bin("10 and above", 40, 0.9, 0.8)] },
    { column: "size", bins: [bin("small", 100, 0.66, 0.5)] },
  ];
  const quality: Measurement = { id: "classification.quality_by_feature", params: {}, exact: true, notes: [], points: [], detail: { kind: "by_feature", fields: ["accuracy", "precision"], features } };
  render(<ByFeature measurements={[quality]} />);
  const strips = screen.getByRole("table", { name: "Accuracy by feature" });
  expect(within(strips).getAllByRole("rowheader").map((c) => c.textContent)).toEqual(["salary", "size"]);
  expect(within(screen.getByRole("table", { name: "Quality by salary" })).getAllByRole("row").map((r) => r.textContent)).toEqual(["ValuesRowsAccuracyPrecision", "below 10600.50.4", "10 and above400.90.8"]);
  await userEvent.click(screen.getByRole("button", { name: "size" }));
  expect(screen.getByRole("table", { name: "Quality by size" })).toBeDefined();
});

test("fields of other metrics stand side by side", () => {
  const of = (id: string, params: Measurement["params"], fields: Record<string, number>): Measurement => ({
    id, params, exact: true, notes: [], points: Object.entries(fields).map(([field, value]) => ({ field, labels: {}, value })),
  });
  render(<OtherSection name="Ranking" measurements={[of("ranking.ndcg", { k: 5, no_feedback_users: false }, { value: 0.5, users: 74, lower: 0.4, upper: 0.6 }), of("ranking.popularity_bias", { k: 5 }, { arp: 5.3 })]} />);
  const rows = within(screen.getByRole("table", { name: "Ranking" })).getAllByRole("row").map((r) => r.textContent);
  expect(rows).toEqual(["MetricParametersvalueusersarp", "NDCGk 50.5 0.4 – 0.674", "Popularity biask 55.3"]);
});

test("what is expected without labels stands beside what they say", () => {
  const p = (field: string, value: number) => ({ field, labels: {}, value });
  const estimated: Measurement = { id: "classification.estimated", params: {}, exact: true, notes: [], points: [p("roc_auc", 0.96), p("roc_auc_lower", 0.94), p("roc_auc_upper", 0.98), p("accuracy", 0.9), p("accuracy_lower", 0.88), p("accuracy_upper", 0.92), p("true_positives", 557)] };
  const auc: Measurement = { id: "classification.roc_auc", params: {}, exact: true, notes: [], points: [p("value", 0.9)] };
  render(<EstimatedCard measurements={[auc, estimated]} />);
  const rows = within(screen.getByRole("table", { name: "Expected without labels" })).getAllByRole("row").map((r) => r.textContent);
  expect(rows).toEqual(["MetricExpectedBetweenMeasured", "ROC AUC0.960.94 – 0.980.9", "Accuracy0.90.88 – 0.92no labels yet"]);
  expect(screen.getByTitle(/Outside of what was expected/)).toHaveTextContent("0.9");
});

test("an interval has two ends, or a lower one alone", () => {
  const of = (fields: Record<string, number>): Measurement => ({ id: "regression.max_error", params: {}, exact: true, notes: [], points: Object.entries(fields).map(([field, value]) => ({ field, labels: {}, value })) });
  expect(intervalText(of({ value: 9, lower: 4, upper: 10 }), String)).toBe("4 – 10");
  expect(intervalText(of({ value: 9, lower: 4 }), String)).toBe("at least 4");
  expect(intervalText(of({ value: 9 }), String)).toBeNull();
});
