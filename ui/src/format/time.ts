// Moments and windows in the zone of the project, never of the browser.

import { MISSING } from "./number";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known) return known;
  const options = {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
  } as const;
  let made: Intl.DateTimeFormat;
  try {
    made = new Intl.DateTimeFormat("en-CA", { ...options, timeZone: zone });
  } catch {
    made = new Intl.DateTimeFormat("en-CA", { ...options, timeZone: "UTC" });
  }
  formatters.set(zone, made);
  return made;
}

/** The wall clock of the zone at that moment, written as milliseconds as if it were UTC; charts draw this. */
export function wallClock(moment: string | number, zone: string): number {
  const ms = typeof moment === "number" ? moment : Date.parse(moment);
  if (zone === "UTC" || Number.isNaN(ms)) return ms;
  const part: Record<string, number> = {};
  for (const { type, value } of formatter(zone).formatToParts(ms)) part[type] = Number(value);
  return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute, part.second);
}

/** The moment at which the zone's wall clock shows that time; the inverse of {@link wallClock}. */
export function fromWallClock(wall: number, zone: string): number {
  const guess = wall - (wallClock(wall, zone) - wall);
  return wall - (wallClock(guess, zone) - guess);
}

const pad = (n: number): string => String(n).padStart(2, "0");
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** `2011-02-01` of a wall clock. */
export function isoDate(wall: number): string {
  const d = new Date(wall);
  return Number.isNaN(d.getTime()) ? MISSING : `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
}

function clock(wall: number): string {
  const d = new Date(wall);
  return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}`;
}

/** `1 Feb 2011` of a wall clock. */
export function longDate(wall: number): string {
  const d = new Date(wall);
  return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()] ?? ""} ${d.getUTCFullYear()}`;
}

/** A moment: `2011-02-01 13:05`. */
export function formatMoment(moment: string | null | undefined, zone: string): string {
  if (!moment) return MISSING;
  const wall = wallClock(moment, zone);
  return Number.isNaN(wall) ? MISSING : `${isoDate(wall)} ${clock(wall)}`;
}

/**
 * A half-open window by its inclusive days or its clock times: `2011-02-01` (a day), `2011-01-31 – 2011-02-06` (a week),
 * `2011-02` (a calendar month), `2011-02-01 13:00–14:00` (an hour).
 */
export function formatWindow(window: { start: string; end: string }, zone: string): string {
  const start = wallClock(window.start, zone);
  const end = wallClock(window.end, zone);
  if (Number.isNaN(start) || Number.isNaN(end)) return MISSING;
  const wholeDays = start % DAY === 0 && end % DAY === 0;
  if (!wholeDays) {
    const sameDay = isoDate(start) === isoDate(end - 1);
    return sameDay ? `${isoDate(start)} ${clock(start)}–${clock(end)}` : `${isoDate(start)} ${clock(start)} – ${isoDate(end)} ${clock(end)}`;
  }
  const [a, b] = [new Date(start), new Date(end)];
  const months = (b.getUTCFullYear() - a.getUTCFullYear()) * 12 + b.getUTCMonth() - a.getUTCMonth();
  if (a.getUTCDate() === 1 && b.getUTCDate() === 1 && months === 1) return isoDate(start).slice(0, 7);
  return end - start <= DAY ? isoDate(start) : `${isoDate(start)} – ${isoDate(end - DAY)}`;
}

/** A window with its weekday if it is one day: `Tue 2011-02-01`. */
export function formatWindowLong(window: { start: string; end: string }, zone: string): string {
  const start = wallClock(window.start, zone);
  const text = formatWindow(window, zone);
  return text.length === 10 ? `${WEEKDAYS[new Date(start).getUTCDay()] ?? ""} ${text}` : text;
}

/** A tick of a time axis that spans `span` milliseconds. */
export function formatTick(wall: number, span: number): string {
  const d = new Date(wall);
  const day = `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()] ?? ""}`;
  if (span > 400 * DAY) return `${MONTHS[d.getUTCMonth()] ?? ""} ${d.getUTCFullYear()}`;
  if (span > 3 * DAY || wall % DAY === 0) return d.getUTCMonth() === 0 && d.getUTCDate() === 1 ? String(d.getUTCFullYear()) : day;
  return clock(wall);
}

/** How long a window is, in words: `1d` → `day`. */
export function formatGranularity(granularity: string): string {
  const words: Record<string, string> = { "1h": "hourly", "1d": "daily", "1w": "weekly", "1mo": "monthly" };
  return words[granularity] ?? `every ${granularity}`;
}

export { DAY, HOUR };
