// The drift map: rows are columns of the data, columns are windows, colour is how far the score lies beyond its threshold.

import { useMemo, useRef, useState, type KeyboardEvent } from "react";
import { Link } from "react-router";
import { useWidth } from "../components/width";
import { isPValueTest, testName } from "../format/metric";
import { formatCount, formatNumber, formatShare, statePValue } from "../format/number";
import { formatTick, formatWindow, wallClock } from "../format/time";
import { driftStep } from "../model/drift";
import { driftGrid, driftRows, type DriftCell, type DriftRow } from "../model/driftRows";
import type { PanelProps } from "./types";

/** Room for names of columns: about 7 px a letter, within these limits. */
const nameWidth = (longest: number, width: number): number => Math.max(112, Math.min(longest * 7 + 18, width * 0.24));
const LEAST_CELL = 9;

function describe(row: DriftRow, cell: DriftCell, zone: string): { name: string; tip: string } {
  const window = formatWindow(cell, zone);
  const verdict = cell.drifted === 1 ? "drifted" : cell.drifted === 0 ? "not drifted" : "unknown";
  const score = `${testName(row.test)} ${isPValueTest(row.test) ? statePValue(cell.score) : formatNumber(cell.score)}, threshold ${formatNumber(cell.threshold)}`;
  return { name: `${row.column}, ${window}: ${verdict}, ${score}`, tip: `${row.column}: ${verdict}\n${window}\n${score}` };
}

/** In how many windows a column drifted; of many the share, for which there is room. */
const driftedWindows = ({ drifted, windows }: DriftRow): string => (windows < 100 ? `${drifted}/${windows}` : formatShare(drifted / windows));

export function DriftMap({ panel, data, context, height }: PanelProps<"series">) {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box, 900);
  const [at, setAt] = useState<readonly [number, number]>([0, -1]);

  const rows = useMemo(() => driftRows(data.series.flat()), [data]);
  const several = new Set(rows.map((r) => r.monitor)).size > 1;
  const names = nameWidth(Math.max(...rows.map((r) => r.column.length + (several ? r.monitor.length + 1 : 0)), 0), width);
  const plot = Math.max(width - names - 52, 120);
  const grid = useMemo(() => driftGrid(rows, Math.floor(plot / LEAST_CELL)), [rows, plot]);
  const cellWidth = Math.min(plot / Math.max(grid.slots.length, 1), 34);
  const rowHeight = Math.max(18, Math.min(38, (height - 62) / Math.max(rows.length, 1)));
  const focusRow = Math.min(at[0], grid.rows.length - 1);
  const focusSlot = at[1] < 0 ? grid.slots.length - 1 : Math.min(at[1], grid.slots.length - 1);
  const first = wallClock(grid.slots[0]?.start ?? 0, context.zone);
  const last = wallClock(grid.slots.at(-1)?.start ?? 0, context.zone);
  const every = Math.max(1, Math.ceil(64 / cellWidth));

  const onKey = (event: KeyboardEvent<HTMLDivElement>): void => {
    const moves: Record<string, readonly [number, number]> = {
      ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -9999], End: [0, 9999], PageUp: [-9999, 0], PageDown: [9999, 0],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const r = Math.max(0, Math.min(grid.rows.length - 1, focusRow + move[0]));
    const s = Math.max(0, Math.min(grid.slots.length - 1, focusSlot + move[1]));
    setAt([r, s]);
    box.current?.querySelector<HTMLElement>(`[data-cell="${r}-${s}"]`)?.focus();
  };

  return (
    <div className="driftmap" ref={box}>
      <div className="driftmap-grid" role="grid" tabIndex={-1} aria-label={`${panel.title}: columns by windows, arrow keys move, Enter opens`} onKeyDown={onKey}>
        {grid.rows.map(({ row, cells }, r) => (
          <div role="row" className="driftmap-row" key={`${row.monitor} ${row.column}`} style={{ height: rowHeight }}>
            <span role="rowheader" className="driftmap-name" style={{ width: names }} title={`${row.column} (${testName(row.test)})`}>
              {row.column}{several && <small> {row.monitor}</small>}
            </span>
            <span className="driftmap-cells" role="presentation">
              {cells.map((cell, s) => {
                const key = grid.slots[s]?.start ?? s;
                const focusable = r === focusRow && s === focusSlot ? 0 : -1;
                if (!cell || cell.ratio === null) {
                  return <span role="gridcell" key={key} className="drift-cell missing" data-cell={`${r}-${s}`} tabIndex={focusable} aria-label={`${row.column}: no score`} style={{ width: cellWidth }} />;
                }
                const { name, tip } = describe(row, cell, context.zone);
                return (
                  <span role="gridcell" key={key} className="drift-slot" style={{ width: cellWidth }}><Link
                    to={context.href(cell.snapshot, { column: row.column })}
                    className={`drift-cell step-${driftStep(cell.ratio)}`}
                    data-cell={`${r}-${s}`}
                    data-drifted={cell.drifted === 1 ? "" : undefined}
                    aria-label={name}
                    data-tip={grid.merged > 1 ? `${tip}\nworst of up to ${grid.merged} windows` : tip}
                    tabIndex={focusable}
                    onFocus={() => setAt([r, s])}
                  /></span>
                );
              })}
            </span>
            <span className="driftmap-count" data-tip={`${row.column}\ndrifted in ${formatCount(row.drifted)} of ${formatCount(row.windows)} windows`}>{driftedWindows(row)}</span>
          </div>
        ))}
      </div>
      <div className="driftmap-axis" style={{ marginLeft: names }} aria-hidden="true">
        {grid.slots.map((slot, s) =>
          s % every === 0 ? <span key={slot.start} style={{ left: s * cellWidth }}>{formatTick(wallClock(slot.start, context.zone), Math.max(last - first, 4 * 86_400_000))}</span> : null,
        )}
      </div>
      <div className="driftmap-legend">
        <span>calm</span>
        {[0, 1, 2, 3].map((step) => <i key={step} className={`drift-cell step-${step}`} />)}
        <span className="tick">threshold</span>
        {[4, 5, 6].map((step) => <i key={step} className={`drift-cell step-${step}`} data-drifted="" />)}
        <span>3 × and more</span>
        <span className="muted zone">{grid.merged > 1 ? `up to ${grid.merged} windows a cell, the worst shown · ` : ""}{context.zone}</span>
      </div>
    </div>
  );
}
