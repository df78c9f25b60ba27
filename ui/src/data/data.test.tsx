import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactElement } from "react";
import type { DataSample, Jobs, LiveState, ProjectData, SnapshotMeta } from "../api/schema";
import { ApiError } from "../api/client";
import type { Loaded } from "../components/loaded";
import { CollectorCard, sendCommand, STATE_MARK } from "./CollectorCard";
import { ArrivalsCard, LabelsCard, WindowRowsCard, type LabelData } from "./FlowCards";
import { RunsCard } from "./RunsCard";
import { arrivalSeries, delaySeries, windowsOf } from "./series";
import { ColumnsCard, RejectsCard, roleText, SampleCard, SchemaChangesCard } from "./TableCards";

// jsdom has no canvas: charts are tested by their keyboard path, in a real browser by e2e.
vi.mock("../charts/EChart", () => ({ EChart: ({ label }: { label: string }) => <div role="img" aria-label={label} /> }));

const batch: ProjectData = { columns: [{ name: "hum", kind: "numeric", role: "feature" }, { name: "yes", kind: "numeric", role: { score: "yes" } }], timezone: "UTC", task: { kind: "regression" }, source: "bikes.parquet", live: null, arrivals: [], rejects: [], schema_changes: [], labels: null };
const live: ProjectData = {
  ...batch,
  source: "collector",
  live: {
    state: "running", last_error: null, buffered_rows: 1204, buffered_bytes: 412_000, log_bytes: 18_700_000, lag_seconds: 0.42, last_event_time: "2024-04-29T23:59:00Z", last_arrival: "2024-04-29T23:59:30Z", open_windows: 2, restating: 1, dead_letters: 0,
    totals: { accepted: 24_600, rejected: 25, duplicates: 12, late: 340, labels: 15_120, labels_waiting: 8, labels_expired: 0 },
  },
  arrivals: [{ hour: "2024-04-29T22:00:00Z", rows: 300, labels: 180, rejected: 0 }, { hour: "2024-04-29T23:00:00Z", rows: 310, labels: 175, rejected: 0 }],
  rejects: [{ reason: "time_unreadable", column: "timestamp", count: 21, example: "`timestamp` is `yesterday`", last_at: "2024-04-28T16:00:00Z" }],
  schema_changes: [{ column: "channel", change: "new", expected: "", found: "categorical", rows: 812, first_at: "2024-04-29T04:00:00Z", last_at: "2024-04-29T23:00:00Z" }],
  labels: { coverage: 0.614, delay_seconds_p50: 200_000, delay_seconds_p95: 700_000, waiting: 8 },
};
const meta = (day: number, coverage: number | null, monitor = "daily"): SnapshotMeta => ({
  id: `s${day}`, monitor, kind: "report", window: { start: `2024-04-0${day}T00:00:00Z`, end: `2024-04-0${day + 1}T00:00:00Z`, granularity: "1d", timezone: "UTC" }, revision: 1,
  status: coverage === null || coverage === 1 ? "final" : "provisional", rows: 100 * day, outcome: null, summary: { total: 0, pass: 0, warn: 0, fail: 0, error: 0, skipped: 0 }, reference: null, tags: [], started_at: "2024-05-01T00:00:00Z", seconds: 0.1,
  maturity: coverage === null ? null : { rows: 100 * day, labelled: 100 * day * coverage, coverage, delay_seconds_p50: 86_400 * 2, delay_seconds_p95: 86_400 * 5, representative: null },
});
const jobs: Jobs = {
  schedule: { every: "1d", next_run: "2026-01-13T09:30:00Z" }, running: false,
  history: [
    { id: "r3", started_at: "2026-01-12T09:30:00Z", seconds: 1.84, written: 4, skipped: 174, failed: 0, error: null },
    { id: "r2", started_at: "2026-01-11T09:30:00Z", seconds: 0.03, written: 0, skipped: 174, failed: 0, error: "no file matches `x.parquet`" },
  ],
};
const sample: DataSample = { columns: ["hum", "when"], rows: [[0.5, "2024-04-29"], [null, "2024-04-28"]] };
const idle = { run: vi.fn(), asking: false, error: null };
const opened = vi.fn();

interface Case {
  name: string;
  draw: (state: Loaded<never>) => ReactElement;
  full: () => ReactElement;
  stale: () => ReactElement;
  empty: () => ReactElement;
  says: RegExp;
}

const STALE = { staleSince: "2024-04-29 10:00" };
const of = <T,>(name: string, says: RegExp, full: T, empty: T, draw: (state: Loaded<T>) => ReactElement): Case => ({
  name, says, draw, full: () => draw({ state: "full", data: full }), stale: () => draw({ state: "full", data: full, ...STALE }), empty: () => draw({ state: "full", data: empty }),
});

const CASES: Case[] = [
  of<ProjectData>("Collector", /read from bikes.parquet/, live, batch, (state) => <CollectorCard state={state} project="car" zone="UTC" origin="http://host" />),
  of<ProjectData>("Arrivals by hour", /No row has arrived/, live, batch, (state) => <ArrivalsCard state={state} zone="UTC" />),
  of<readonly SnapshotMeta[]>("Rows by window", /No window has been evaluated/, [meta(1, 1), meta(2, 0.5)], [], (state) => <WindowRowsCard state={state} zone="UTC" open={opened} />),
  of<LabelData>("Labels", /come with the rows/, { flow: live.labels ?? null, metas: [meta(1, 1), meta(2, 0.5)] }, { flow: null, metas: [meta(1, null)] }, (state) => <LabelsCard state={state} zone="UTC" open={opened} />),
  of<Jobs>("Runs", /No job of this project is scheduled/, jobs, { schedule: null, running: false, history: [] }, (state) => <RunsCard state={state} zone="UTC" now={idle} span={6} />),
  of<ProjectData>("Refused rows", /No row was refused/, live, batch, (state) => <RejectsCard state={state} zone="UTC" />),
  of<ProjectData>("Changes of the schema", /as described/, live, batch, (state) => <SchemaChangesCard state={state} zone="UTC" />),
  of<ProjectData>("Columns", /known from the first rows/, live, { ...batch, columns: [] }, (state) => <ColumnsCard state={state} span={6} />),
  of<DataSample>("Latest rows", /No row is stored/, sample, { columns: ["hum"], rows: [] }, (state) => <SampleCard state={state} />),
];

describe.each(CASES)("card $name", ({ name, draw, full, stale, empty, says }) => {
  const card = (element: ReactElement) => {
    render(element);
    return within(screen.getByRole("region", { name }));
  };

  test("loading is a skeleton with a name", () => {
    expect(card(draw({ state: "loading" })).getByRole("status", { name: `Loading ${name}` })).toBeVisible();
  });

  test("an error says what to do and can be tried again", async () => {
    const retry = vi.fn();
    const found = card(draw({ state: "error", error: new ApiError(500, "internal", "something failed"), retry }));
    expect(found.getByRole("alert")).toHaveTextContent("Something failed. The server's log says more.");
    await userEvent.click(found.getByRole("button", { name: "Try again" }));
    expect(retry).toHaveBeenCalledOnce();
  });

  test("empty says what would fill it", () => {
    expect(card(empty()).getByRole("note")).toHaveTextContent(says);
  });

  test("stale says how old, and keeps what was there", () => {
    const found = card(stale());
    expect(found.getByRole("status")).toHaveTextContent("as of 2024-04-29 10:00");
    expect(found.queryByRole("note")).toBeNull();
  });

  test("full shows no missing number by another name than a dash", () => {
    const found = card(full());
    expect(found.queryByRole("note")).toBeNull();
    expect(screen.getByRole("region").textContent).not.toMatch(/NaN|undefined|null/);
  });
});

test("the collector says its state, its lag and what it refused", () => {
  render(<CollectorCard state={{ state: "full", data: live }} project="car" zone="UTC" origin="http://host" />);
  expect(screen.getByText("Running")).toHaveClass("status-pass");
  const fact = (name: string) => screen.getByText(name).parentElement;
  expect(fact("Lag")).toHaveTextContent("420 ms");
  expect(fact("Buffered rows")).toHaveTextContent("1,204 (412 kB)");
  expect(fact("Rejected")).toHaveTextContent("25");
  expect(screen.queryByRole("alert")).toBeNull();
});

test.each(Object.keys(STATE_MARK))("a collector that is %s says so by icon and word, and its last error is an alert", (state) => {
  const known = (name: string): name is LiveState => name in STATE_MARK;
  if (!known(state) || !live.live) throw new Error(state);
  render(<CollectorCard state={{ state: "full", data: { ...live, live: { ...live.live, state, last_error: "the disk is full" } } }} project="car" zone="UTC" origin="http://host" />);
  expect(screen.getByText(STATE_MARK[state].word).querySelector("svg")).not.toBeNull();
  expect(screen.getByRole("alert")).toHaveTextContent("the disk is full");
});

test("a collector without rows shows how a first row is sent", () => {
  if (!live.live) throw new Error("no collector");
  render(<CollectorCard state={{ state: "full", data: { ...live, live: { ...live.live, totals: { ...live.live.totals, accepted: 0 } } } }} project="car loan" zone="UTC" origin="http://host" />);
  expect(screen.getByText(/curl http:\/\/host\/api\/v1\/projects\/car%20loan\/predictions/)).toBeVisible();
  expect(sendCommand("http://host", "p", [])).toContain('[{"id": …, "timestamp": …}]');
});

test("kinds of arrivals that never came are left out; hours are windows of an hour", () => {
  const [rows, labels, ...more] = arrivalSeries(live.arrivals);
  expect([rows?.points.map((p) => p.value), labels?.points.length, more.length]).toEqual([[300, 310], 2, 0]);
  expect(rows?.points[0]).toMatchObject({ start: "2024-04-29T22:00:00Z", end: "2024-04-29T23:00:00.000Z" });
});

test("an hour of arrivals can be read by keyboard and leads nowhere", () => {
  render(<ArrivalsCard state={{ state: "full", data: live }} zone="UTC" />);
  expect(screen.getByText("2024-04-29 23:00–00:00: Rows 310, Labels 175")).toBeInTheDocument();
  expect(screen.queryByRole("button", { name: /Rows 310/ })).toBeNull();
});

test("a window's rows lead to its snapshot", async () => {
  render(<WindowRowsCard state={{ state: "full", data: [meta(2, 0.5), meta(1, 1)] }} zone="UTC" open={opened} />);
  await userEvent.click(screen.getByRole("button", { name: "2024-04-02: 200" }));
  expect(opened).toHaveBeenLastCalledWith("s2", undefined);
});

test("windows are those of the monitor that has most, and delays have a unit that fits", () => {
  expect(windowsOf([meta(3, 1), meta(1, 1), meta(2, 1, "hourly")]).map((m) => m.id)).toEqual(["s1", "s3"]);
  const { unit, series } = delaySeries(windowsOf([meta(1, 1)]));
  expect([unit, series.map((s) => s.points[0]?.value)]).toEqual(["days", [2, 5]]);
  expect(delaySeries([]).series).toEqual([]);
});

test("the job can be run at once, unless it runs", async () => {
  const run = vi.fn();
  const { rerender } = render(<RunsCard state={{ state: "full", data: jobs }} zone="UTC" now={{ ...idle, run }} span={6} />);
  await userEvent.click(screen.getByRole("button", { name: "Run now" }));
  expect(run).toHaveBeenCalledOnce();
  expect(screen.getByText("every 1d, next 2026-01-13 09:30")).toBeVisible();
  const rows = within(screen.getByRole("table", { name: "Runs, newest first" })).getAllByRole("row");
  expect(rows[2]).toHaveTextContent("Errorno file matches x.parquet");
  rerender(<RunsCard state={{ state: "full", data: { ...jobs, running: true } }} zone="UTC" now={{ ...idle, error: "the job runs already" }} span={6} />);
  expect(screen.getByRole("button", { name: "Running" })).toBeDisabled();
  expect(screen.getByRole("alert")).toHaveTextContent("the job runs already");
});

test("refused rows and changes of the schema name reason, column and case", () => {
  render(<><RejectsCard state={{ state: "full", data: live }} zone="UTC" /><SchemaChangesCard state={{ state: "full", data: live }} zone="UTC" /></>);
  expect(within(screen.getByRole("table", { name: "Refused rows by reason" })).getAllByRole("row")[1]).toHaveTextContent("time_unreadabletimestamp is yesterdaytimestamp212024-04-28 16:00");
  expect(within(screen.getByRole("table", { name: "Changes of the schema" })).getAllByRole("row")[1]).toHaveTextContent("channelnot described–categorical8122024-04-29 23:00");
});

test("roles in words; missing values of a sample are dashes", () => {
  expect([roleText("target"), roleText({ score: "yes" }), roleText({ score: null })]).toEqual(["target", "score of yes", "score"]);
  render(<SampleCard state={{ state: "full", data: sample }} />);
  expect(screen.getAllByRole("cell").map((c) => c.textContent)).toEqual(["0.5", "2024-04-29", "–", "2024-04-28"]);
});

test("a project whose rows are sent needs no job, and says how its past is computed again", () => {
  render(<RunsCard state={{ state: "full", data: { schedule: null, running: false, history: [] } }} zone="UTC" span={12} now={idle} sentTo="car" />);
  expect(screen.getByRole("note")).toHaveTextContent(/as their rows and labels come.*plimsoll backfill --project car /);
});
