// The load line: which values a bound forbids.

import type { Bound, Series, SeriesBound, Severity, Threshold } from "../api/schema";
import { isPValueTest } from "../format/metric";
import { formatValue, type Unit } from "../format/number";

/** Values that break a bound, from `low` to `high`; `null` is unbounded. */
export interface BadSide {
  low: number | null;
  high: number | null;
}

export interface LoadLine {
  /** Values at which a line is drawn. */
  lines: number[];
  bad: BadSide[];
}

function centre(threshold: Threshold | null | undefined): { value: number; tolerance: number } | null {
  if (threshold === undefined || threshold === null) return null;
  if (typeof threshold === "number") return { value: threshold, tolerance: 0 };
  if ("approx" in threshold) {
    const { value, relative, absolute } = threshold.approx;
    return { value, tolerance: Math.max(relative * Math.abs(value), absolute) };
  }
  return null;
}

/** The lines and forbidden sides of a bound. A threshold that is not resolved to a number has none. */
export function loadLine(bound: Bound): LoadLine {
  const line: LoadLine = { lines: [], bad: [] };
  const above = (value: number): void => {
    line.lines.push(value);
    line.bad.push({ low: value, high: null });
  };
  const below = (value: number): void => {
    line.lines.push(value);
    line.bad.push({ low: null, high: value });
  };
  const lt = centre(bound.lt);
  if (lt) above(lt.value - lt.tolerance);
  const lte = centre(bound.lte);
  if (lte) above(lte.value + lte.tolerance);
  const gt = centre(bound.gt);
  if (gt) below(gt.value + gt.tolerance);
  const gte = centre(bound.gte);
  if (gte) below(gte.value - gte.tolerance);
  const eq = centre(bound.eq);
  if (eq) {
    above(eq.value + eq.tolerance);
    if (eq.tolerance > Math.abs(eq.value) * 1e-5 + 1e-9) below(eq.value - eq.tolerance);
    else line.bad.push({ low: null, high: eq.value - eq.tolerance });
  }
  const notEq = centre(bound.not_eq);
  if (notEq) line.lines.push(notEq.value);
  for (const value of bound.in ?? []) if (typeof value === "number") line.lines.push(value);
  return line;
}

/** Says whether a value keeps the bound, with the engine's meaning of each comparison. */
export function holds(bound: Bound, value: number): boolean {
  const lt = centre(bound.lt);
  const lte = centre(bound.lte);
  const gt = centre(bound.gt);
  const gte = centre(bound.gte);
  const eq = centre(bound.eq);
  const notEq = centre(bound.not_eq);
  return (
    (!lt || value < lt.value - lt.tolerance) &&
    (!lte || value <= lte.value + lte.tolerance) &&
    (!gt || value > gt.value + gt.tolerance) &&
    (!gte || value >= gte.value - gte.tolerance) &&
    (!eq || Math.abs(value - eq.value) <= eq.tolerance) &&
    (!notEq || Math.abs(value - notEq.value) > notEq.tolerance) &&
    (!bound.in || bound.in.includes(value)) &&
    (!bound.not_in || !bound.not_in.includes(value))
  );
}

/** How bad the value of a series is: whether it breaks a critical bound, only warnings, or none. */
export function breach(bounds: readonly SeriesBound[], value: number | null): Severity | null {
  if (value === null) return null;
  const broken = bounds.filter((b) => !holds(b.bound, value));
  if (broken.some((b) => b.severity === "critical")) return "critical";
  return broken.length > 0 ? "warning" : null;
}

const SIGNS = [["lt", "<"], ["lte", "≤"], ["gt", ">"], ["gte", "≥"], ["eq", "="], ["not_eq", "≠"]] as const;

/** Where a comparison with a tolerance draws its line: above the value, below it, or on both sides. */
const SIDE: Record<(typeof SIGNS)[number][0], 1 | -1 | null> = { lt: -1, lte: 1, gt: 1, gte: -1, eq: null, not_eq: null };

/** A bound in words: `< 30 %`, `≥ 12.1 and ≤ 14.8`. */
export function boundText(bound: Bound, unit: Unit): string {
  const parts: string[] = [];
  const shown = unit === "p_value" ? "number" : unit;
  for (const [key, sign] of SIGNS) {
    const threshold = bound[key];
    const c = centre(threshold);
    if (c) {
      const wide = c.tolerance > Math.abs(c.value) * 1e-5 + 1e-9;
      const side = SIDE[key];
      if (wide && side === null) parts.push(`${sign} ${formatValue(c.value, shown)} ± ${formatValue(c.tolerance, shown)}`);
      else parts.push(`${sign} ${formatValue(c.value + (wide ? (side ?? 0) * c.tolerance : 0), shown)}`);
    } else if (threshold) parts.push(`${sign} ${typeof threshold === "object" && "learned" in threshold ? "learned" : "reference"}`);
  }
  if (bound.in) parts.push(`one of ${bound.in.map(String).join(", ")}`);
  if (bound.not_in) parts.push(`none of ${bound.not_in.map(String).join(", ")}`);
  return parts.join(" and ");
}

/** A series with its load line: the threshold of a drift score is a bound too where no test gives one. */
export function withThreshold(series: Series): Series {
  const { threshold, test } = series.params;
  if (series.bounds.length > 0 || series.metric !== "drift.column" || series.field !== "score" || typeof threshold !== "number") return series;
  const bound: Bound = isPValueTest(test) ? { gte: threshold } : { lt: threshold };
  return { ...series, bounds: [{ bound, severity: "critical", monitor: series.monitor }] };
}
