// What the data page draws over time, in the shape of series.

import type { Arrivals, ProjectData, Series, SnapshotMeta } from "../api/schema";
import { HOUR } from "../format/time";

const series = (metric: string, field: string, points: Series["points"]): Series => ({ metric, field, labels: {}, params: {}, monitor: "", points, bounds: [], thinned: false, windows: points.length, mean: null });

/** Rows, labels and refused rows by hour; a kind that never came is left out. */
export function arrivalSeries(arrivals: ProjectData["arrivals"]): Series[] {
  const of = (field: "rows" | "labels" | "rejected"): Series =>
    series(`arrivals.${field}`, "count", arrivals.map((a: Arrivals) => ({ start: a.hour, end: new Date(Date.parse(a.hour) + HOUR).toISOString(), value: a[field], snapshot: "", status: "final" })));
  return (["rows", "labels", "rejected"] as const).map(of).filter((s) => s.metric === "arrivals.rows" || s.points.some((p) => (p.value ?? 0) > 0));
}

type Windowed = SnapshotMeta & { window: NonNullable<SnapshotMeta["window"]> };

const pointOf = (meta: Windowed, value: number | null): Series["points"][number] => ({
  start: meta.window.start, end: meta.window.end, value, snapshot: meta.id, status: meta.status,
  ...(meta.maturity ? { coverage: meta.maturity.coverage } : {}),
});

/** The windows of the monitor that has most of them, oldest first. */
export function windowsOf(metas: readonly SnapshotMeta[]): Windowed[] {
  const byMonitor = new Map<string, Windowed[]>();
  for (const m of metas) {
    const { window } = m;
    if (window) byMonitor.set(m.monitor, [...(byMonitor.get(m.monitor) ?? []), { ...m, window }]);
  }
  const [most = []] = [...byMonitor.values()].toSorted((a, b) => b.length - a.length);
  return most.toSorted((a, b) => a.window.start.localeCompare(b.window.start));
}

/** Rows by window. */
export const rowSeries = (windows: readonly Windowed[]): Series[] => [series("dataset.rows", "count", windows.map((m) => pointOf(m, m.rows)))];

/** Share of labelled rows by window; empty if no window waits for labels. */
export function coverageSeries(windows: readonly Windowed[]): Series[] {
  const late = windows.filter((m) => m.maturity);
  return late.length === 0 ? [] : [series("labels.coverage", "share", late.map((m) => pointOf(m, m.maturity?.coverage ?? null)))];
}

const UNITS = [["days", 86_400], ["hours", 3_600], ["minutes", 60], ["seconds", 1]] as const;

/** Delay of the labels by window, in a unit that fits; empty without delays. */
export function delaySeries(windows: readonly Windowed[]): { unit: string; series: Series[] } {
  const late = windows.filter((m) => m.maturity && m.maturity.delay_seconds_p50 !== null);
  const top = Math.max(...late.map((m) => m.maturity?.delay_seconds_p95 ?? m.maturity?.delay_seconds_p50 ?? 0), 0);
  const [unit, seconds] = UNITS.find(([, size]) => top >= 2 * size) ?? UNITS[3];
  const of = (metric: string, field: "delay_seconds_p50" | "delay_seconds_p95"): Series =>
    series(metric, "value", late.map((m) => {
      const delay = m.maturity?.[field] ?? null;
      return pointOf(m, delay === null ? null : delay / seconds);
    }));
  return { unit, series: late.length === 0 ? [] : [of("labels.delay_p50", "delay_seconds_p50"), of("labels.delay_p95", "delay_seconds_p95")] };
}
