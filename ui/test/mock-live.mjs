// What arrives at the projects: the collector of `car-loan`, the scheduled job of `bike-demand`, labels that come late.

const DAY = 86_400_000;
const HOUR = 3_600_000;
const iso = (ms) => new Date(ms).toISOString().replace(".000Z", "Z");
const round = (v) => Number(v.toPrecision(4));

/** Labels of a project that waits for them: the younger a window, the fewer. `null` where labels come with the rows. */
export function maturityOf(project, window, rows) {
  if (project.id !== "car-loan") return null;
  const age = (project.first + project.days * DAY - window.end) / DAY;
  const coverage = Math.max(0, Math.min(1, (age - 2) / 14));
  const labelled = Math.round(rows * coverage);
  const delay = labelled > 0 ? { delay_seconds_p50: round(2.1 * DAY / 1000 + age * 2000), delay_seconds_p95: round(Math.min(age, 9) * DAY / 1000) } : { delay_seconds_p50: null, delay_seconds_p95: null };
  const drifted = coverage < 0.3;
  const representative = labelled > 0 ? { column: "score", test: "psi", score: drifted ? 0.31 : 0.02, threshold: 0.1, drifted } : null;
  return { rows, labelled, coverage: rows > 0 ? round(labelled / rows) : 0, ...delay, representative };
}

export const statusOf = (maturity) => (maturity === null || maturity.coverage === 1 ? "final" : maturity.coverage === 0 ? "estimated" : "provisional");

/** The revisions of a snapshot: labels came in two steps. */
export function revisionsOf(s) {
  const at = Date.parse(s.run.started_at);
  const share = (n) => (s.maturity ? round((s.maturity.coverage * n) / s.revision) : null);
  return Array.from({ length: s.revision }, (_, i) => {
    const coverage = i + 1 === s.revision ? (s.maturity?.coverage ?? null) : share(i);
    return { revision: i + 1, status: i + 1 === s.revision ? s.status : coverage === 0 ? "estimated" : "provisional", at: iso(at - (s.revision - 1 - i) * DAY), coverage };
  });
}

/** The snapshot as it was at a moment; `undefined` before its first revision. */
export function asOf(s, moment) {
  const then = revisionsOf(s).findLast((r) => Date.parse(r.at) <= Date.parse(moment));
  if (!then || then.revision === s.revision) return then && s;
  const labelled = Math.round(s.maturity.rows * then.coverage);
  return { ...s, revision: then.revision, status: then.status, run: { ...s.run, started_at: then.at }, maturity: { ...s.maturity, labelled, coverage: then.coverage, ...(labelled === 0 ? { delay_seconds_p50: null, delay_seconds_p95: null, representative: null } : {}) } };
}

export function dataOf(project, definition) {
  const base = { columns: definition.columns, timezone: project.timezone, task: definition.task, source: "data/bike_demand.parquet", live: null, arrivals: [], rejects: [], schema_changes: [], labels: null };
  if (project.id !== "car-loan") return base;
  const end = project.first + project.days * DAY;
  const arrivals = Array.from({ length: 72 }, (_, i) => i).filter((i) => i < 30 || i > 34).map((i) => ({ hour: iso(end - (72 - i) * HOUR), rows: 300 + ((i * 37) % 120), labels: 180 + ((i * 53) % 90), rejected: i === 40 ? 25 : 0 }));
  return {
    ...base,
    source: "collector",
    live: {
      state: "running", last_error: null, buffered_rows: 1_204, buffered_bytes: 412_000, log_bytes: 18_700_000, lag_seconds: 0.42, last_event_time: iso(end - 4000), last_arrival: iso(end - 3000), open_windows: 2, restating: 1, dead_letters: 2,
      totals: { accepted: 24_600, rejected: 25, duplicates: 12, late: 340, labels: 15_120, labels_waiting: 8, labels_expired: 3 },
    },
    arrivals,
    rejects: [
      { reason: "time_unreadable", column: "timestamp", count: 21, example: "`timestamp` is `yesterday`, expected a date, a date with time, or a number", last_at: iso(end - 32 * HOUR) },
      { reason: "id_missing", column: "id", count: 4, example: "row 17 has no `id`", last_at: iso(end - 32 * HOUR) },
    ],
    schema_changes: [
      { column: "channel", change: "new", expected: "", found: "categorical", rows: 812, first_at: iso(end - 20 * HOUR), last_at: iso(end - 3000) },
      { column: "age", change: "type", expected: "numeric", found: "text", rows: 3, first_at: iso(end - 30 * HOUR), last_at: iso(end - 29 * HOUR) },
    ],
    labels: { coverage: 0.614, delay_seconds_p50: 2.3 * 86_400, delay_seconds_p95: 8.4 * 86_400, waiting: 8 },
  };
}

export function sampleOf(project, limit) {
  if (project.id !== "car-loan") return { columns: project.columns.map((c) => c.name), rows: [] };
  const columns = ["timestamp", ...project.columns.map((c) => c.name)];
  const value = (c, i) => (c.role === "target" && i < 6 ? null : c.range ? round(c.range[2] + ((i % 5) - 2) * c.range[3] * 0.3) : c.categories[i % c.categories.length]);
  return { columns, rows: Array.from({ length: limit }, (_, i) => [iso(project.first + project.days * DAY - i * 9000), ...project.columns.map((c) => value(c, i))]) };
}

const done = new Map();

export function jobsOf(project) {
  if (project.id === "car-loan") return { schedule: null, running: false, history: [] };
  const history = [
    ...(done.get(project.id) ?? []),
    { id: "r3", started_at: "2026-01-12T09:30:00Z", seconds: 1.84, written: 4, skipped: 174, failed: 0, error: null },
    { id: "r2", started_at: "2026-01-11T09:30:00Z", seconds: 0.03, written: 0, skipped: 174, failed: 0, error: "no file matches `data/bike_demand.parquet`" },
    { id: "r1", started_at: "2026-01-10T09:30:00Z", seconds: 65.2, written: 172, skipped: 0, failed: 2, error: null },
  ];
  return { schedule: { every: "1d", next_run: "2026-01-13T09:30:00Z" }, running: false, history };
}

/** Runs at once, in no time. */
export function runNow(project) {
  const before = done.get(project.id) ?? [];
  const id = `r${4 + before.length}`;
  done.set(project.id, [{ id, started_at: "2026-01-12T10:00:00Z", seconds: 0.2, written: 0, skipped: 178, failed: 0, error: null }, ...before]);
  return { id };
}
