// The time range of a dashboard, kept in the address.

import { DAY, fromWallClock, isoDate, wallClock } from "../format/time";

export const PRESETS = [
  { id: "7d", label: "7 d", days: 7 },
  { id: "30d", label: "30 d", days: 30 },
  { id: "90d", label: "90 d", days: 90 },
  { id: "all", label: "All", days: null },
] as const;

export interface TimeRange {
  /** Preset that is chosen, or `custom`. */
  id: string;
  /** Bounds for the API; absent is unbounded. */
  from?: string;
  to?: string;
  /** Inclusive days for the date fields. */
  firstDay: string;
  lastDay: string;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const atZone = (day: string, zone: string): number => fromWallClock(Date.parse(`${day}T00:00:00Z`), zone);

/** Reads `range`, or the inclusive days `from` and `to`; presets count back from the last data. */
export function readRange(params: URLSearchParams, data: { first: string | null; last: string | null }, zone: string): TimeRange {
  const lastMs = data.last ? Date.parse(data.last) : null;
  const day = (moment: string | null): string => (moment ? isoDate(wallClock(moment, zone)) : "");
  const whole = { firstDay: day(data.first), lastDay: lastMs === null ? "" : isoDate(wallClock(lastMs - 1, zone)) };
  let from = params.get("from") ?? "";
  let to = params.get("to") ?? "";
  if (DATE.test(from) && DATE.test(to) && from > to) [from, to] = [to, from];
  if (DATE.test(from) || DATE.test(to)) {
    const range: TimeRange = { id: "custom", ...whole };
    if (DATE.test(from)) [range.from, range.firstDay] = [new Date(atZone(from, zone)).toISOString(), from];
    if (DATE.test(to)) [range.to, range.lastDay] = [new Date(fromWallClock(Date.parse(`${to}T00:00:00Z`) + DAY, zone)).toISOString(), to];
    return range;
  }
  const preset = PRESETS.find((p) => p.id === params.get("range")) ?? PRESETS[3];
  if (preset.days === null || lastMs === null) return { id: "all", ...whole };
  const start = lastMs - preset.days * DAY;
  return { ...whole, id: preset.id, from: new Date(start).toISOString(), firstDay: isoDate(wallClock(start, zone)) };
}
