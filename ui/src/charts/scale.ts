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

/** A range that holds all values, with about `steps` round steps; from zero if that costs little or `zero` asks for it. */
export function niceScale(values: readonly number[], { zero = false, steps = 4, ceiling }: { zero?: boolean; steps?: number; ceiling?: number } = {}): Scale {
  let low = values.length > 0 ? Math.min(...values) : 0;
  let high = values.length > 0 ? Math.max(...values) : 1;
  if (zero || (low > 0 && low < 0.5 * high)) low = Math.min(low, 0);
  if (zero || (high < 0 && high > 0.5 * low)) high = Math.max(high, 0);
  if (low === high) {
    const pad = Math.abs(low) * 0.1 || 1;
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
