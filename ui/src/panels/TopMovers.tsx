// The columns whose drift changed most between the last two windows.

import { Link } from "react-router";
import { Icon } from "../components/Icon";
import { Empty } from "../components/Message";
import { Sparkline } from "../components/Spark";
import { isPValueTest, testName } from "../format/metric";
import { formatNumber, formatPValue } from "../format/number";
import { formatWindow } from "../format/time";
import { driftRows, type DriftRow } from "../model/driftRows";
import type { PanelProps } from "./types";

interface Mover {
  row: DriftRow;
  change: number;
}

/** Columns by the size of the last change of their drift ratio, largest first. */
export function movers(rows: readonly DriftRow[]): Mover[] {
  return rows
    .flatMap((row) => {
      const known = row.cells.filter((c) => c.ratio !== null);
      const [before, now] = [known.at(-2)?.ratio, known.at(-1)?.ratio];
      return before === undefined || now === undefined || before === null || now === null ? [] : [{ row, change: now - before }];
    })
    .toSorted((a, b) => Math.abs(b.change) - Math.abs(a.change));
}

export function TopMovers({ panel, data, context, height }: PanelProps<"series">) {
  const all = movers(driftRows(data.series.flat()));
  const moved = all.filter((m) => m.change !== 0);
  if (all.length === 0) return <Empty>Two windows with drift scores are needed to say what moved. Widen the time range.</Empty>;
  const shown = (moved.length > 0 ? moved : all).slice(0, Math.max(3, Math.floor((height - 8) / 37)));
  return (
    <ul className="movers" aria-label={panel.title}>
      {shown.map(({ row, change }) => {
        const known = row.cells.filter((c) => c.ratio !== null);
        const [before, now] = [known.at(-2), known.at(-1)];
        if (!before || !now) return null;
        const show = isPValueTest(row.test) ? formatPValue : formatNumber;
        return (
          <li key={`${row.monitor} ${row.column}`}>
            <Link to={context.href(now.snapshot, { column: row.column })} data-tip={`${row.column}, ${testName(row.test)}\n${formatWindow(before, context.zone)}: ${show(before.score)}\n${formatWindow(now, context.zone)}: ${show(now.score)}, threshold ${formatNumber(now.threshold)}`}>
              <span className="mover-name">{row.column}</span>
              <Sparkline values={row.cells.slice(-30).map((c) => c.ratio)} width={70} height={22} bad={[{ low: 1, high: null }]} />
              <span className="mover-change">
                <Icon name={change > 0 ? "up" : change < 0 ? "down" : "flat"} size={11} />
                {show(before.score)} → {show(now.score)}
              </span>
              <span className={`status ${now.drifted === 1 ? "status-fail" : "status-pass"}`}>
                <Icon name={now.drifted === 1 ? "fail" : "pass"} size={13} />
                {now.drifted === 1 ? "drifted" : "calm"}
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
