// Files that a chart gives away.

import type { Drawn } from "./timeOption";

/** Saves text or a data URL as a file. */
export function download(name: string, content: string): void {
  const link = document.createElement("a");
  const isUrl = content.startsWith("data:");
  link.href = isUrl ? content : URL.createObjectURL(new Blob([content], { type: "text/csv" }));
  link.download = name.replace(/[^\w.-]+/g, "-").toLowerCase();
  link.click();
  if (!isUrl) URL.revokeObjectURL(link.href);
}

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** One row a window, one column a visible series; times in UTC, missing values empty. */
export function seriesCsv(drawn: readonly Drawn[]): string {
  const visible = drawn.filter((d) => !d.hidden);
  const rows = new Map<string, { start: string; end: string; values: string[] }>();
  visible.forEach((d, i) => {
    for (const p of d.series.points) {
      const key = `${p.start} ${p.end}`;
      const row = rows.get(key) ?? { start: p.start, end: p.end, values: visible.map(() => "") };
      row.values[i] = p.value === null ? "" : String(p.value);
      rows.set(key, row);
    }
  });
  const head = ["start", "end", ...visible.map((d) => quoted(d.name))].join(",");
  const body = [...rows.values()].toSorted((a, b) => a.start.localeCompare(b.start)).map((r) => [r.start, r.end, ...r.values].join(","));
  return `${[head, ...body].join("\n")}\n`;
}
