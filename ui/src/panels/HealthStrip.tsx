// One bar a window, coloured by its worst test.

import { useMemo, useRef } from "react";
import { StatusStrip } from "../components/StatusStrip";
import { StatusMark } from "../components/StatusMark";
import { formatCountExactly } from "../format/number";
import { formatWindow } from "../format/time";
import { useWidth } from "../components/width";
import { severityRank, STATUS_WORD } from "../model/status";
import type { StripCell } from "../api/schema";
import type { PanelProps } from "./types";

/** What a window's bar says on hover. */
export function cellText(cell: StripCell): string {
  if (cell.status === "empty") return "No rows arrived";
  const rows = `${formatCountExactly(cell.rows)} rows`;
  if (cell.status === "none") return `No tests, ${rows}`;
  const tests = cell.failed > 0 ? `${cell.failed} of ${cell.total} tests missed` : `${cell.total} tests, none missed`;
  return `${STATUS_WORD[cell.status]}: ${tests}\n${rows}`;
}

/** Cells side by side, at most `most`; where windows share a cell the worst stands for them. */
export function mergedCells(cells: readonly StripCell[], most: number): { cell: StripCell; windows: number }[] {
  const per = Math.max(1, Math.ceil(cells.length / Math.max(1, most)));
  const merged: { cell: StripCell; windows: number }[] = [];
  for (let i = 0; i < cells.length; i += per) {
    const group = cells.slice(i, i + per);
    const [cell] = group.toSorted((a, b) => severityRank(a.status) - severityRank(b.status));
    if (cell) merged.push({ cell, windows: group.length });
  }
  return merged;
}

export function HealthStrip({ panel, data, context, height }: PanelProps<"health">) {
  const cells = data.cells;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box, 900);
  const bars = useMemo(() => mergedCells(cells, Math.floor(width / 4)), [cells, width]);
  const counts = (["pass", "warn", "fail", "error", "skipped", "none", "empty"] as const)
    .map((status) => ({ status, n: cells.filter((c) => c.status === status).length }))
    .filter((c) => c.n > 0);
  const first = cells[0];
  const last = cells.at(-1);
  return (
    <div className={height < 60 ? "health compact" : "health"} ref={box}>
      <StatusStrip
        label={panel.title}
        height={height < 60 ? 26 : Math.min(height - 40, 76)}
        bars={bars.map(({ cell, windows }) => ({
          key: `${cell.start} ${cell.snapshot}`, status: cell.status, label: formatWindow(cell, context.zone), more: `${cellText(cell)}${windows > 1 ? `\nworst of ${windows} windows` : ""}`,
          ...(cell.snapshot === "" ? {} : { to: context.href(cell.snapshot) }),
        }))}
      />
      {height >= 60 && <div className="health-foot">
        <span className="muted">{first && formatWindow(first, context.zone)}</span>
        <span className="health-counts">{counts.map((c) => <span key={c.status}><StatusMark status={c.status} /> {c.n}</span>)}</span>
        <span className="muted">{last && formatWindow(last, context.zone)}</span>
      </div>}
    </div>
  );
}
