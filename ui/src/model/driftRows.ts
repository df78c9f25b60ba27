// Drift of every column in every window, from the series of `drift.column`.

import type { Series } from "../api/schema";
import { driftRatio } from "./drift";

export interface DriftCell {
  start: string;
  end: string;
  snapshot: string;
  score: number | null;
  threshold: number | null;
  drifted: number | null;
  ratio: number | null;
}

export interface DriftRow {
  column: string;
  test: unknown;
  monitor: string;
  /** By window start; of long series a part, in which each stretch of time has its worst window. */
  cells: DriftCell[];
  /** Windows with a verdict, and those in which the column drifted: also of windows that are not among the cells. */
  windows: number;
  drifted: number;
}

/** Longest series of drift that are asked for. */
export const DRIFT_POINTS = 300;
/** Slots so long that each holds a whole stretch of a series that was thinned, which has two points. */
const THINNED_SLOTS = DRIFT_POINTS / 4;

/** One row a column and monitor, most drifted first. */
export function driftRows(series: readonly Series[]): DriftRow[] {
  const rows = new Map<string, DriftRow & { byWindow: Map<string, DriftCell> }>();
  for (const s of series) {
    const column = s.labels.column;
    if (s.metric !== "drift.column" || column === undefined) continue;
    const key = `${s.monitor}\n${column}`;
    const row = rows.get(key) ?? { column, test: s.params.test, monitor: s.monitor, cells: [], windows: 0, drifted: 0, byWindow: new Map<string, DriftCell>() };
    rows.set(key, row);
    if (s.field !== "score" && s.field !== "threshold" && s.field !== "drifted") continue;
    if (s.field === "drifted") {
      row.windows += s.windows;
      row.drifted += Math.round((s.mean ?? 0) * s.windows);
    }
    for (const p of s.points) {
      const cell = row.byWindow.get(p.start) ?? { start: p.start, end: p.end, snapshot: p.snapshot, score: null, threshold: null, drifted: null, ratio: null };
      row.byWindow.set(p.start, cell);
      if (p.value === null) continue;
      cell[s.field] = p.value;
      if (s.field === "score" && cell.threshold === null && typeof s.params.threshold === "number") cell.threshold = s.params.threshold;
    }
  }
  const done = [...rows.values()].map(({ byWindow, ...row }) => {
    const cells = [...byWindow.values()].toSorted((a, b) => Date.parse(a.start) - Date.parse(b.start));
    for (const cell of cells) cell.ratio = driftRatio({ ...cell, test: row.test });
    return { ...row, cells };
  });
  const weight = (row: DriftRow): number => row.drifted / Math.max(row.windows, 1);
  const mean = (row: DriftRow): number => row.cells.reduce((sum, c) => sum + (c.ratio ?? 0), 0) / Math.max(row.cells.length, 1);
  return done.toSorted((a, b) => weight(b) - weight(a) || mean(b) - mean(a) || a.column.localeCompare(b.column));
}

export interface DriftSlot {
  start: string;
  end: string;
  windows: number;
}

export interface DriftGrid {
  slots: DriftSlot[];
  /** Most windows that share a slot, those that are not among the cells too. */
  merged: number;
  rows: { row: DriftRow; cells: (DriftCell | null)[] }[];
}

/** Windows as slots, at most `most`; where several share a slot the worst stands for them. */
export function driftGrid(rows: readonly DriftRow[], most: number): DriftGrid {
  const windows = new Map<string, DriftSlot>();
  for (const row of rows) for (const c of row.cells) windows.set(c.start, { start: c.start, end: c.end, windows: 1 });
  const all = [...windows.values()].toSorted((a, b) => Date.parse(a.start) - Date.parse(b.start));
  const windowsOfAll = Math.max(...rows.map((row) => row.windows), all.length);
  const room = windowsOfAll > all.length ? Math.min(most, THINNED_SLOTS) : most;
  const per = Math.max(1, Math.ceil(all.length / Math.max(1, room)));
  const slots: DriftSlot[] = [];
  const slotOf = new Map<string, number>();
  all.forEach((w, i) => {
    const at = Math.floor(i / per);
    slotOf.set(w.start, at);
    const slot = slots[at];
    if (slot) {
      slot.end = w.end;
      slot.windows += 1;
    } else slots.push({ ...w });
  });
  return {
    slots,
    merged: Math.max(...slots.map((s) => s.windows), Math.ceil(windowsOfAll / Math.max(slots.length, 1)), 1),
    rows: rows.map((row) => {
      const cells: (DriftCell | null)[] = slots.map(() => null);
      for (const cell of row.cells) {
        const at = slotOf.get(cell.start) ?? 0;
        const known = cells[at];
        if (!known || (cell.ratio ?? -1) > (known.ratio ?? -1)) cells[at] = cell;
      }
      return { row, cells };
    }),
  };
}
