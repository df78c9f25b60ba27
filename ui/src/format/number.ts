// Every number that a person reads goes through this module.

export const MISSING = "–";

/** How a number is to be read. */
export type Unit = "share" | "percent" | "count" | "p_value" | "number" | "seconds" | "flag";

type Maybe = number | null | undefined;

const isNumber = (value: Maybe): value is number => typeof value === "number" && Number.isFinite(value);

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** Removes the zeros that end a decimal fraction. */
function trimmed(text: string): string {
  return text.includes(".") && !text.includes("e") ? text.replace(/\.?0+$/, "") : text;
}

function minus(text: string): string {
  return text.startsWith("-") ? `−${text.slice(1)}` : text;
}

/** A real number with about four significant digits: `0.0312`, `12.3`, `1,234`, `1.2e-7`. */
export function formatNumber(value: Maybe, digits = 4): string {
  if (!isNumber(value)) return MISSING;
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e9 || size < 1e-4) return minus(value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e"));
  if (size >= 1000) return minus(size >= 1e6 ? `${trimmed((value / 1e6).toFixed(2))} M` : grouped.format(value));
  return minus(trimmed(value.toPrecision(digits)));
}

/** A count: `731`, `12.3 k`, `4.1 M`. */
export function formatCount(value: Maybe): string {
  if (!isNumber(value)) return MISSING;
  const size = Math.abs(value);
  if (size < 10_000) return minus(grouped.format(value));
  for (const [limit, unit] of [[1e9, "G"], [1e6, "M"], [1e3, "k"]] as const) {
    if (size >= limit) return minus(`${trimmed((value / limit).toPrecision(3))} ${unit}`);
  }
  return MISSING;
}

/** A count with every digit: `17,379`. */
export function formatCountExactly(value: Maybe): string {
  return isNumber(value) ? minus(grouped.format(value)) : MISSING;
}

/** A share 0–1 as percent: `27.3 %`. */
export function formatShare(value: Maybe): string {
  if (!isNumber(value)) return MISSING;
  const percent = value * 100;
  const size = Math.abs(percent);
  if (size === 0) return "0 %";
  if (size < 0.01) return `${value < 0 ? "> −" : "< "}0.01 %`;
  return `${minus(trimmed(percent.toFixed(size < 1 ? 2 : 1)))} %`;
}

/** A p-value: `0.031`, `< 0.001`. */
export function formatPValue(value: Maybe): string {
  if (!isNumber(value)) return MISSING;
  return value < 0.001 ? "< 0.001" : value.toFixed(3);
}

/** A p-value as a statement: `p = 0.031`, `p < 0.001`. */
export function statePValue(value: Maybe): string {
  const text = formatPValue(value);
  return text.startsWith("<") ? `p ${text}` : `p = ${text}`;
}

/** A length of time: `0.8 s`, `2 min 5 s`. */
export function formatSeconds(value: Maybe): string {
  if (!isNumber(value)) return MISSING;
  if (value < 1) return `${Math.max(1, Math.round(value * 1000))} ms`;
  if (value < 60) return `${trimmed(value.toFixed(1))} s`;
  for (const [limit, large, size, small, part] of [[3600, "min", 60, "s", 1], [86_400, "h", 3600, "min", 60], [Infinity, "d", 86_400, "h", 3600]] as const) {
    if (value >= limit) continue;
    const parts = Math.round(value / part);
    const whole = Math.floor((parts * part) / size);
    const rest = parts - (whole * size) / part;
    return rest === 0 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`;
  }
  return MISSING;
}

/** A size of memory or disk: `712 B`, `12.3 MB`. */
export function formatBytes(value: Maybe): string {
  if (!isNumber(value)) return MISSING;
  for (const [limit, unit] of [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]] as const) {
    if (value >= limit) return `${trimmed((value / limit).toPrecision(3))} ${unit}`;
  }
  return `${value} B`;
}

const FORMATS: Record<Unit, (value: Maybe) => string> = {
  share: formatShare,
  percent: (value) => formatShare(isNumber(value) ? value / 100 : null),
  count: formatCount,
  p_value: formatPValue,
  number: formatNumber,
  seconds: formatSeconds,
  flag: (value) => (isNumber(value) ? (value >= 0.5 ? "yes" : "no") : MISSING),
};

export function formatValue(value: Maybe, unit: Unit): string {
  return FORMATS[unit](value);
}

/** A change with its sign: `+2.4`, `−0.8 %`; `±0` if nothing changed. */
export function formatChange(change: Maybe, unit: Unit): string {
  if (!isNumber(change)) return MISSING;
  if (change === 0) return "±0";
  const text = formatValue(Math.abs(change), unit === "p_value" ? "number" : unit).replace(" %", " pp");
  return `${change > 0 ? "+" : "−"}${text}`;
}
