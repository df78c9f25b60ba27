// One bar a window, coloured by its worst test.

import { StatusStrip } from "../components/StatusStrip";
import { StatusMark } from "../components/StatusMark";
import { formatCountExactly } from "../format/number";
import { formatWindow } from "../format/time";
import { STATUS_WORD } from "../model/status";
import type { StripCell } from "../api/types";
import type { PanelProps } from "./types";

/** What a window's bar says on hover. */
export function cellText(cell: StripCell): string {
  if (cell.status === "empty") return "No rows arrived";
  const rows = `${formatCountExactly(cell.rows)} rows`;
  if (cell.status === "none") return `No tests, ${rows}`;
  const tests = cell.failed > 0 ? `${cell.failed} of ${cell.total} tests missed` : `${cell.total} tests, none missed`;
  return `${STATUS_WORD[cell.status]}: ${tests}\n${rows}`;
}

export function HealthStrip({ panel, data, context, height }: PanelProps<"health">) {
  const cells = data.cells;
  const counts = (["pass", "warn", "fail", "error", "skipped", "none", "empty"] as const)
    .map((status) => ({ status, n: cells.filter((c) => c.status === status).length }))
    .filter((c) => c.n > 0);
  const first = cells[0];
  const last = cells.at(-1);
  return (
    <div className={height < 60 ? "health compact" : "health"}>
      <StatusStrip
        label={panel.title}
        height={height < 60 ? 26 : Math.min(height - 48, 60)}
        bars={cells.map((c) => ({ key: `${c.start} ${c.snapshot}`, status: c.status, label: formatWindow(c, context.zone), more: cellText(c), to: context.href(c.snapshot) }))}
      />
      {height >= 60 && <div className="health-foot">
        <span className="muted">{first && formatWindow(first, context.zone)}</span>
        <span className="health-counts">{counts.map((c) => <span key={c.status}><StatusMark status={c.status} /> {c.n}</span>)}</span>
        <span className="muted">{last && formatWindow(last, context.zone)}</span>
      </div>}
    </div>
  );
}
