// What a snapshot says, in one sentence.

import type { Measurement, Snapshot, TestResult } from "../api/schema";
import { metricName, unitOf } from "../format/metric";
import { driftSeverity } from "./drift";
import { formatShare } from "../format/number";

export interface Verdict {
  tone: "pass" | "warn" | "fail" | "error" | "skipped" | "none";
  text: string;
}

const pointOf = (measurement: Measurement, field: string): number | null =>
  measurement.points.find((p) => p.field === field)?.value ?? null;

const columnOf = (measurement: Measurement): string => {
  const named = measurement.points[0]?.labels.column ?? measurement.params.column;
  return typeof named === "string" ? named : "";
};

const severityOf = (m: Measurement): number =>
  driftSeverity({ score: pointOf(m, "score"), threshold: pointOf(m, "threshold"), drifted: pointOf(m, "drifted"), test: m.params.test }) ?? 0;

function listed(names: readonly string[], most = 6): string {
  const shown = names.slice(0, most).join(", ");
  return names.length > most ? `${shown} and ${names.length - most} more` : shown;
}

/** `mean of temp`, `MAE`: what a test is about. */
export function testSubject(test: Pick<TestResult, "metric" | "field" | "labels">): string {
  const name = metricName(test.metric);
  const field = ["value", "count", "score"].includes(test.field) || unitOf(test.metric, test.field) === "share" ? "" : ` ${test.field}`;
  const column = test.labels.column ? ` of ${test.labels.column}` : "";
  const others = Object.entries(test.labels).filter(([key]) => key !== "column").map(([key, value]) => ` (${key} ${value})`).join("");
  return `${name}${field}${column}${others}`;
}

/** Drift of the data set: `3 of 11 columns drifted, over the limit of 30 %: hum, temp, atemp`. */
export function driftVerdict(measurements: readonly Measurement[]): Verdict | null {
  const columns = measurements.filter((m) => m.id === "drift.column" && !m.error);
  const dataset = measurements.find((m) => m.id === "drift.dataset" && !m.error);
  if (!dataset && columns.length === 0) return null;
  const names = columns
    .filter((m) => pointOf(m, "drifted") === 1)
    .toSorted((a, b) => severityOf(b) - severityOf(a))
    .map(columnOf);
  const drifted = (dataset ? pointOf(dataset, "drifted_columns") : null) ?? names.length;
  const total = (dataset ? pointOf(dataset, "columns") : null) ?? columns.length;
  if (total === 0) return null;
  const limit = dataset && typeof dataset.params.share === "number" ? dataset.params.share : null;
  const over = dataset ? pointOf(dataset, "drifted") === 1 : false;
  const noun = total === 1 ? "column" : "columns";
  if (drifted === 0) return { tone: "pass", text: `None of ${total} ${noun} drifted` };
  const against = limit === null ? "" : over ? `, over the limit of ${formatShare(limit)}` : `, within the limit of ${formatShare(limit)}`;
  const which = names.length > 0 ? `: ${listed(names)}` : "";
  return { tone: over ? "fail" : "pass", text: `${drifted} of ${total} ${noun} drifted${against}${which}` };
}

/** Outcome of the tests: `2 of 17 tests failed: MAE, mean of temp`. */
export function testVerdict(tests: readonly TestResult[]): Verdict | null {
  if (tests.length === 0) return null;
  const noun = (n: number): string => (n === 1 ? "test" : "tests");
  const parts: string[] = [];
  const say = (status: TestResult["status"], verb: string): number => {
    const found = tests.filter((t) => t.status === status);
    if (found.length > 0) {
      const lead = parts.length === 0 ? `${found.length} of ${tests.length} ${noun(tests.length)}` : `${found.length}`;
      parts.push(`${lead} ${verb}: ${listed(found.map(testSubject))}`);
    }
    return found.length;
  };
  const fail = say("fail", "failed");
  const error = say("error", "could not be computed");
  const warn = say("warn", "warned");
  if (parts.length > 0) return { tone: fail > 0 ? "fail" : error > 0 ? "error" : warn > 0 ? "warn" : "pass", text: parts.join("; ") };
  const skipped = tests.filter((t) => t.status === "skipped").length;
  if (skipped === tests.length) return { tone: "skipped", text: `All ${tests.length} ${noun(tests.length)} were skipped` };
  const rest = skipped > 0 ? `; ${skipped} skipped` : "";
  return { tone: "pass", text: `${tests.length - skipped} of ${tests.length} ${noun(tests.length)} passed${rest}` };
}

export function verdictOf(snapshot: Snapshot): Verdict {
  if (snapshot.run.rows === 0) return { tone: "none", text: "No rows arrived in this window" };
  const verdict = snapshot.kind === "test_suite" ? testVerdict(snapshot.tests) : driftVerdict(snapshot.measurements);
  if (verdict) return verdict;
  const errors = snapshot.measurements.filter((m) => m.error).length;
  const done = snapshot.measurements.length - errors;
  const text = `${done} ${done === 1 ? "metric" : "metrics"} computed${errors > 0 ? `, ${errors} could not be computed` : ""}`;
  return { tone: errors > 0 ? "error" : "none", text };
}
