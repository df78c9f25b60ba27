// A chart over time: legend, tooltip, load lines, zoom by drag, downloads, click and keyboard to the snapshot of a window.

import type { EChartsType } from "echarts/core";
import { useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import type { Series, SeriesPoint } from "../api/schema";
import { Icon } from "../components/Icon";
import { commonUnit } from "../format/metric";
import { formatValue } from "../format/number";
import { formatWindow, wallClock } from "../format/time";
import { withThreshold } from "../model/bounds";
import { maturityText, maySettle } from "../model/maturity";
import { useWidth } from "../components/width";
import { usePalette } from "../theme/theme";
import { place } from "./axis";
import { download, seriesCsv } from "./download";
import { EChart } from "./EChart";
import { drawnSeries, timeOption, type Drawn, type TimeStyle } from "./timeOption";

interface Props {
  title: string;
  series: readonly Series[];
  style: TimeStyle;
  zone: string;
  height: number;
  /** Called with the snapshot of the window that was chosen, and the series' column if it has one; without it, points lead nowhere. */
  onOpen?: (snapshot: string, column: string | undefined) => void;
}

interface WindowPoint {
  start: string;
  name: string;
  snapshot: string;
  column: string | undefined;
}

/** One entry a window, in order of time, with the values of all visible series. */
function windowsOf(drawn: readonly Drawn[], zone: string): WindowPoint[] {
  const visible = drawn.filter((d) => !d.hidden);
  const found = new Map<string, { point: SeriesPoint; texts: string[]; columns: Set<string> }>();
  for (const d of visible) {
    for (const point of d.series.points) {
      const key = `${point.start} ${point.end}`;
      const entry = found.get(key) ?? { point, texts: [], columns: new Set() };
      const maturity = maturityText(d.series.metric, point);
      entry.texts.push(`${visible.length === 1 ? "" : `${d.name} `}${formatValue(point.value, d.unit)}${maturity === "" ? "" : ` (${maturity})`}`);
      entry.columns.add(d.series.labels.column ?? "");
      found.set(key, entry);
    }
  }
  return [...found.values()]
    .toSorted((a, b) => Date.parse(a.point.start) - Date.parse(b.point.start))
    .map(({ point, texts, columns }) => ({
      start: point.start,
      name: `${formatWindow(point, zone)}: ${texts.slice(0, 6).join(", ")}`,
      snapshot: point.snapshot,
      column: columns.size === 1 ? [...columns][0] || undefined : undefined,
    }));
}

export function TimeChart({ title, series, style, zone, height, onOpen }: Props) {
  const palette = usePalette();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [zoom, setZoom] = useState<readonly [number, number] | null>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const [active, setActive] = useState<number | null>(null);
  const chart = useRef<EChartsType | null>(null);
  const list = useRef<HTMLUListElement>(null);

  const plot = useRef<HTMLDivElement>(null);
  const width = useWidth(plot, 640);

  const drawn = useMemo(() => drawnSeries(series.map(withThreshold), palette, hidden), [series, palette, hidden]);
  const unit = useMemo(() => commonUnit(series), [series]);
  const option = useMemo(() => timeOption({ drawn, style, unit, zone, palette, zoom, height, width }), [drawn, style, unit, zone, palette, zoom, height, width]);
  const open = drawn.some((d) => !d.hidden && d.series.points.some((p) => p.value !== null && maySettle(d.series.metric, p)));
  const windows = useMemo(() => windowsOf(drawn, zone), [drawn, zone]);
  const focusable = active ?? windows.length - 1;

  const toggle = (name: string, only: boolean): void => {
    const others = drawn.map((d) => d.name).filter((n) => n !== name);
    const alone = others.length > 0 && others.every((n) => hidden.has(n)) && !hidden.has(name);
    if (only) return setHidden(new Set(alone ? [] : others));
    const next = new Set(hidden);
    if (next.has(name)) next.delete(name);
    else next.add(name);
    setHidden(next.size === drawn.length ? new Set() : next);
  };

  const position = (event: PointerEvent<HTMLDivElement>): number => event.clientX - event.currentTarget.getBoundingClientRect().left;

  /** Opens the window that is nearest in time, and among its series the one nearest to the pointer. */
  const openNearest = (x: number, y: number): void => {
    const c = chart.current;
    if (!c || !c.containPixel("grid", [x, y])) return;
    let best: { distance: number; snapshot: string; column: string | undefined } | null = null;
    for (const d of drawn) {
      if (d.hidden) continue;
      for (const p of d.series.points) {
        const [px, py] = c.convertToPixel("grid", [wallClock(p.start, zone), place(p.value ?? 0, unit)]) ?? [];
        if (px === undefined || py === undefined) continue;
        const distance = Math.abs(px - x) * 1000 + (p.value === null ? 900 : Math.min(Math.abs(py - y), 900));
        if (best === null || distance < best.distance) best = { distance, snapshot: p.snapshot, column: d.series.labels.column };
      }
    }
    if (best && best.distance < 40_000) onOpen?.(best.snapshot, best.column);
  };

  const onUp = (event: PointerEvent<HTMLDivElement>): void => {
    if (!drag) return;
    setDrag(null);
    const c = chart.current;
    const to = position(event);
    if (Math.abs(to - drag.from) < 5) return onOpen && openNearest(to, event.clientY - event.currentTarget.getBoundingClientRect().top);
    if (!c) return;
    const [a, b] = [drag.from, to].map((x) => Number(c.convertFromPixel({ xAxisIndex: 0 }, x)));
    if (a !== undefined && b !== undefined && Number.isFinite(a) && Number.isFinite(b)) setZoom(a < b ? [a, b] : [b, a]);
  };

  const onKey = (event: KeyboardEvent<HTMLUListElement>): void => {
    const moves: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity, PageUp: -10, PageDown: 10 };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const next = Math.max(0, Math.min(windows.length - 1, focusable + move));
    setActive(next);
    list.current?.querySelectorAll<HTMLElement>(":scope > li > *")[next]?.focus();
  };

  const pointAt = (index: number): void => {
    setActive(index);
    const w = windows[index];
    const at = drawn.filter((d) => !d.hidden).map((d) => d.series.points.findIndex((p) => p.start === w?.start));
    const seriesIndex = at.findIndex((i) => i >= 0);
    if (seriesIndex >= 0) chart.current?.dispatchAction({ type: "showTip", seriesIndex, dataIndex: at[seriesIndex] });
  };

  const hideTip = (): void => {
    chart.current?.dispatchAction({ type: "hideTip" });
  };

  const savePng = (): void => {
    const url = chart.current?.getDataURL({ pixelRatio: 2, backgroundColor: palette.surface });
    if (url) download(`${title}.png`, url);
  };

  return (
    <div className="timechart">
      <div className="chart-bar">
        {drawn.length > 1 ? (
          <ul className="legend" aria-label="Series">
            {drawn.map((d) => (
              <li key={d.name}>
                <button
                  type="button"
                  aria-pressed={!d.hidden}
                  data-tip={`${d.name}\nClick hides or shows, double click shows it alone`}
                  onClick={() => toggle(d.name, false)}
                  onDoubleClick={() => toggle(d.name, true)}
                >
                  <i style={{ background: d.hidden ? "transparent" : d.color, borderColor: d.color }} />
                  {d.name}
                </button>
              </li>
            ))}
          </ul>
        ) : null}
        {open && <span className="open-note"><i />may still change</span>}
        <span className="chart-actions">
          {zoom && <button type="button" className="button small" onClick={() => setZoom(null)}><Icon name="reset" size={13} />Reset zoom</button>}
          <button type="button" className="icon-button" aria-label={`Download ${title} as CSV`} data-tip="Download as CSV" onClick={() => download(`${title}.csv`, seriesCsv(drawn))}>
            <Icon name="download" size={15} />
          </button>
          <button type="button" className="icon-button" aria-label={`Download ${title} as PNG`} data-tip="Download as PNG" onClick={savePng}>
            <Icon name="image" size={15} />
          </button>
        </span>
      </div>
      <div
        className={onOpen ? "plot" : "plot idle"}
        ref={plot}
        onPointerDown={(e) => e.button === 0 && setDrag({ from: position(e), to: position(e) })}
        onPointerMove={(e) => {
          if (!drag) return;
          if (Math.abs(position(e) - drag.from) >= 5 && !e.currentTarget.hasPointerCapture(e.pointerId)) e.currentTarget.setPointerCapture(e.pointerId);
          setDrag({ ...drag, to: position(e) });
        }}
        onPointerUp={onUp}
        onPointerLeave={() => setDrag(null)}
      >
        <EChart option={option} label={`${title}, chart over time`} onReady={(c) => { chart.current = c; }} />
        {drag && Math.abs(drag.to - drag.from) >= 5 && (
          <div className="drag" style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }} />
        )}
      </div>
      <ul ref={list} className="points" aria-label={`${title}: points, arrow keys move${onOpen ? ", Enter opens the snapshot" : ""}`} onKeyDown={onKey}>
        {windows.map((w, i) => (
          <li key={`${w.start} ${w.snapshot}`}>
            {onOpen ? (
              <button type="button" tabIndex={i === focusable ? 0 : -1} onFocus={() => pointAt(i)} onBlur={hideTip} onClick={() => onOpen(w.snapshot, w.column)}>{w.name}</button>
            ) : (
              <span tabIndex={i === focusable ? 0 : -1} onFocus={() => pointAt(i)} onBlur={hideTip}>{w.name}</span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
