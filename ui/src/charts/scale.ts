// Axis ranges with round steps.

export interface Scale {
  min: number;
  max: number;
  interval: number;
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const part = rough / power;
  return (part <= 1 ? 1 : part <= 2 ? 2 : part <= 2.5 ? 2.5 : part <= 5 ? 5 : 10) * power;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const STEPS = [1, 2, 3, 6, 12].map((h) => h * HOUR).concat([1, 2, 4, 7, 14].map((d) => d * DAY));
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120];

/** Round moments of a wall clock between two moments, at most about `most`: hours, days, Mondays, or firsts of months. */
export function timeTicks(first: number, last: number, most: number): number[] {
  const rough = (last - first) / Math.max(1, most);
  const ticks: number[] = [];
  const step = STEPS.find((s) => s >= rough);
  if (step !== undefined) {
    // Whole weeks begin on Monday; the epoch was a Thursday.
    const offset = step % (7 * DAY) === 0 ? 4 * DAY : 0;
    for (let t = Math.ceil((first - offset) / step) * step + offset; t <= last; t += step) ticks.push(t);
    return ticks;
  }
  const months = MONTHS.find((m) => m * 30.4 * DAY >= rough) ?? 240;
  const start = new Date(first);
  let month = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months;
  for (let t = first; t <= last; month += months) {
    t = Date.UTC(Math.floor(month / 12), month % 12);
    if (t >= first && t <= last) ticks.push(t);
  }
  return ticks;
}

/** A range that holds all values, with about `steps` round steps; from zero if that costs little or `zero` asks for it. */
export function niceScale(values: readonly number[], { zero = false, steps = 4, ceiling, least = 1 }: { zero?: boolean; steps?: number; ceiling?: number; least?: number } = {}): Scale {
  let low = values.length > 0 ? Math.min(...values) : 0;
  let high = values.length > 0 ? Math.max(...values) : 1;
  if (zero || (low > 0 && low < 0.5 * high)) low = Math.min(low, 0);
  if (zero || (high < 0 && high > 0.5 * low)) high = Math.max(high, 0);
  if (low === high) {
    const pad = Math.abs(low) * 0.1 || least;
    if (low === 0) high = pad;
    else [low, high] = [low - pad, high + pad];
  }
  const room = (high - low) * 0.06;
  const interval = niceStep((high - low + room) / steps);
  const min = low === 0 ? 0 : Math.floor((low - room * 0.5) / interval) * interval;
  let max = high === 0 ? 0 : Math.ceil((high + room) / interval) * interval;
  if (ceiling !== undefined && high <= ceiling) max = Math.min(max, ceiling);
  const tidy = (v: number): number => Number(v.toPrecision(12));
  return { min: tidy(min), max: tidy(max), interval: tidy(interval) };
}
