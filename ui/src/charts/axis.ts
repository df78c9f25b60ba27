// Where a value stands on an axis: p-values by their logarithm, everything else as it is.

import { formatValue, type Unit } from "../format/number";
import { niceScale, type Scale } from "./scale";

/** Smaller p-values are drawn at this depth: what lies below differs in no way that matters. */
const LEAST_P = 1e-12;

/** The place of a value; p-values by powers of ten, so that what lies below 0.05 can be told apart. */
export function place(value: number, unit: Unit): number {
  return unit === "p_value" ? Math.log10(Math.max(value, LEAST_P)) : value;
}

const SUPERSCRIPT: Record<string, string> = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** A power of ten: `0.01`, `10⁻⁶`. */
function powerOfTen(exponent: number): string {
  if (exponent >= -3) return String(Number((10 ** exponent).toPrecision(1)));
  return `10${[...String(exponent)].map((c) => SUPERSCRIPT[c] ?? c).join("")}`;
}

export interface Axis extends Scale {
  label: (placed: number) => string;
}

/** The axis of values and load lines, all given as they are, not as placed. */
export function axisOf(values: readonly number[], edges: readonly number[], unit: Unit, options: { zero: boolean; steps: number }): Axis {
  if (unit !== "p_value") {
    const scale = niceScale([...values, ...edges], { ...options, ...(unit === "share" ? { ceiling: 1, least: 0.01 } : {}) });
    return { ...scale, label: (placed) => formatValue(placed, unit) };
  }
  // A decade of room below the threshold, and whole decades.
  const deepest = Math.min(-2, ...values.map((v) => Math.floor(place(v, unit))), ...edges.map((v) => Math.floor(place(v, unit)) - 1));
  const interval = Math.max(1, Math.ceil(-deepest / options.steps));
  const min = -interval * Math.ceil(-deepest / interval);
  const cut = values.some((v) => v < LEAST_P) ? Math.log10(LEAST_P) : -Infinity;
  return { min, max: 0, interval, label: (placed) => `${placed <= cut ? "≤ " : ""}${powerOfTen(Math.round(placed))}` };
}
