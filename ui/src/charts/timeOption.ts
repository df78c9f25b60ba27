// The ECharts option of a chart over time, with its load lines.

import type { EChartsCoreOption } from "echarts/core";
import type { Series, SeriesPoint } from "../api/schema";
import { seriesNames, unitOf } from "../format/metric";
import { formatValue, type Unit } from "../format/number";
import { formatTick, formatWindow, wallClock } from "../format/time";
import { boundText, breach, loadLine, type BadSide } from "../model/bounds";
import { maturityText, maySettle, showsCoverage } from "../model/maturity";
import type { Palette } from "../theme/theme";
import { axisOf, place } from "./axis";
import { timeTicks } from "./scale";

export type TimeStyle = "line" | "bar" | "area";

export interface Drawn {
  name: string;
  color: string;
  series: Series;
  unit: Unit;
  hidden: boolean;
}

/** Series with their names and colours; hidden ones keep both. */
export function drawnSeries(series: readonly Series[], palette: Palette, hidden: ReadonlySet<string>): Drawn[] {
  const names = seriesNames(series);
  return series.map((s, i) => {
    const name = names[i] ?? s.metric;
    return { name, color: palette.series[i % palette.series.length] ?? palette.current, series: s, unit: unitOf(s.metric, s.field, s.params), hidden: hidden.has(name) };
  });
}

export interface DrawnBound {
  key: string;
  label: string;
  lines: number[];
  bad: BadSide[];
  warning: boolean;
}

/** The distinct bounds of the visible series. */
export function drawnBounds(drawn: readonly Drawn[], unit: Unit): DrawnBound[] {
  const found = new Map<string, DrawnBound & { owners: Set<string> }>();
  for (const { series, name, hidden } of drawn) {
    if (hidden) continue;
    for (const { bound, severity } of series.bounds) {
      const { lines, bad } = loadLine(bound);
      if (lines.length === 0) continue;
      const text = boundText(bound, unit);
      const key = `${text} ${severity}`;
      const known = found.get(key);
      if (known) known.owners.add(name);
      else found.set(key, { key, label: text, lines, bad, warning: severity === "warning", owners: new Set([name]) });
    }
  }
  const all = [...found.values()];
  return all.map(({ owners, ...b }) => ({ ...b, label: all.length > 1 && owners.size === 1 ? `${[...owners][0] ?? ""} ${b.label}` : b.label }));
}

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

export interface TimeOptionInput {
  drawn: readonly Drawn[];
  style: TimeStyle;
  unit: Unit;
  zone: string;
  palette: Palette;
  zoom: readonly [number, number] | null;
  height: number;
  width: number;
}

const within = (t: number, [a, b]: readonly [number, number]): boolean => t >= a && t <= b;

const FONT = "Inter Variable, system-ui, sans-serif";

export function tooltipStyle(palette: Palette) {
  return {
    backgroundColor: palette.surface, borderColor: palette["line-strong"], borderWidth: 1, padding: [8, 11],
    textStyle: { color: palette.ink, fontSize: 12, fontFamily: FONT }, confine: true, transitionDuration: 0,
    extraCssText: "box-shadow: var(--shadow-pop); border-radius: 6px; font-variant-numeric: tabular-nums;",
  };
}

export function axisStyle(palette: Palette) {
  return {
    axisLine: { lineStyle: { color: palette["line-strong"] } }, axisTick: { show: false },
    axisLabel: { color: palette["ink-3"], fontSize: 11, fontFamily: FONT },
    splitLine: { lineStyle: { color: palette.line, width: 1 } },
  };
}

/** The least distance between two different moments. */
function closest(times: readonly number[]): number {
  const sorted = [...new Set(times)].toSorted((a, b) => a - b);
  return Math.min(...sorted.slice(1).map((t, i) => t - (sorted[i] ?? t)));
}

/** Coverage of labels by window, from the series that need labels. */
function coverages(visible: readonly Drawn[]): Map<string, SeriesPoint> {
  const found = new Map<string, SeriesPoint>();
  for (const { series } of visible) if (showsCoverage(series.metric, series.points)) for (const p of series.points) if (typeof p.coverage === "number") found.set(p.start, p);
  return found;
}

/** The parts of a line: `settled` between final points, `open` wherever a point may still change; elsewhere a gap. */
export function lineParts(series: Series): { settled: boolean[]; open: boolean[] } {
  const waits = series.points.map((p) => maySettle(series.metric, p));
  return { settled: waits.map((w) => !w), open: waits.map((w, i) => w || (waits[i - 1] ?? false) || (waits[i + 1] ?? false)) };
}

/** Height of the strip of label coverage below a chart, with its gap. */
const STRIP = 18;

export function timeOption({ drawn, style, unit, zone, palette, zoom, height, width }: TimeOptionInput): EChartsCoreOption {
  const visible = drawn.filter((d) => !d.hidden);
  const bounds = drawnBounds(drawn, unit);
  const stacked = style === "area" || (style === "bar" && visible.length > 3);
  const values = visible.flatMap((d) => d.series.points.map((p) => p.value)).filter((v) => v !== null);
  if (stacked) {
    const sums = new Map<string, number>();
    for (const d of visible) for (const p of d.series.points) sums.set(p.start, (sums.get(p.start) ?? 0) + (p.value ?? 0));
    values.push(...sums.values());
  }
  const scale = axisOf(values, bounds.flatMap((b) => b.lines), unit, { zero: style !== "line", steps: height < 190 ? 3 : 4 });
  const at = (value: number): number => place(value, unit);
  const times = drawn.flatMap((d) => d.series.points.map((p) => wallClock(p.start, zone)));
  const first = zoom?.[0] ?? Math.min(...times);
  const last = zoom?.[1] ?? Math.max(...times);
  // Bars need half their distance at either end.
  const pad = first === last ? 43_200_000 : style === "bar" ? Math.min(closest(times), last - first) * 0.6 : 0;
  const shown = Math.max(...visible.map((d) => d.series.points.filter((p) => zoom === null || within(wallClock(p.start, zone), zoom)).length), 1);
  const perPoint = width / shown;
  const dense = perPoint < 6;
  const crowded = bounds.length > 3;
  const lineWidth = visible.length > 4 || dense ? 1.3 : 1.9;
  const isOpen = (d: Drawn): boolean => d.series.points.some((p) => maySettle(d.series.metric, p));
  const shade = (b: DrawnBound): string => (b.warning ? palette.warn : palette.fail);
  const axis = axisStyle(palette);
  const covered = coverages(visible);
  const ticks = timeTicks(first - pad, last + pad, width / 78);
  // Two grids stand in line only if the room for the labels of the axis is given: about 6.4 px a letter.
  const steps = Math.round((scale.max - scale.min) / scale.interval);
  const labelRoom = 12 + 6.4 * Math.max(...Array.from({ length: steps + 1 }, (_, i) => scale.label(Number((scale.min + i * scale.interval).toPrecision(12))).length), 4);
  const grid = covered.size === 0
    ? [{ left: 4, right: 10, top: 10, bottom: 4, containLabel: true }]
    : [{ left: labelRoom, right: 22, top: 10, bottom: 24 + STRIP, outerBoundsMode: "none" }, { left: labelRoom, right: 22, height: STRIP - 6, bottom: 4, outerBoundsMode: "none" }];
  const whole = { gridIndex: 1, type: "value", min: 0, max: 1, axisLine: { show: false }, axisTick: { show: false }, splitLine: { show: false } } as const;

  const loadLines = bounds.length === 0 ? [] : [{
    name: "load line", type: "line", data: [], silent: true, animation: false, tooltip: { show: false },
    markLine: {
      silent: true, symbol: "none", animation: false, precision: 12,
      data: bounds.flatMap((b) =>
        b.lines.map((value, i) => ({
          yAxis: at(value),
          lineStyle: { color: shade(b), type: [5, 4], width: 1.4, opacity: crowded ? 0.6 : 1 },
          label: {
            show: i === 0 && !crowded, formatter: b.label, position: "insideEndTop", color: b.warning ? palette["warn-ink"] : palette["fail-ink"],
            fontSize: 11, fontWeight: 600, fontFamily: FONT, distance: 3, backgroundColor: palette.surface, padding: [1, 4], borderRadius: 3,
          },
        })),
      ),
    },
    markArea: {
      silent: true, animation: false,
      data: bounds.flatMap((b) =>
        b.bad.map((side) => [
          { yAxis: side.low === null ? scale.min : at(side.low), itemStyle: { color: shade(b), opacity: crowded ? 0.02 : 0.075 } },
          { yAxis: side.high === null ? scale.max : at(side.high) },
        ]),
      ),
    },
  }];

  return {
    animation: false,
    grid,
    xAxis: [{
      type: "time", ...axis, axisLine: { ...axis.axisLine, onZero: unit !== "p_value" }, min: first - pad, max: last + pad, splitLine: { show: false },
      axisLabel: { ...axis.axisLabel, hideOverlap: true, customValues: ticks, formatter: (value: number) => formatTick(value, last - first) },
      axisTick: { show: true, length: 3, lineStyle: { color: palette["line-strong"] }, customValues: ticks },
    }, ...(covered.size === 0 ? [] : [{ gridIndex: 1, type: "time", min: first - pad, max: last + pad, show: false, axisPointer: { show: false } }])],
    yAxis: [{
      type: "value", ...axis, min: scale.min, max: scale.max, interval: scale.interval, axisLine: { show: false },
      axisLabel: { ...axis.axisLabel, formatter: scale.label },
    }, ...(covered.size === 0 ? [] : [{ ...whole, name: "labels", nameLocation: "middle", nameRotate: 0, nameGap: 6, nameTextStyle: { ...axis.axisLabel, fontSize: 10, align: "right" }, axisLabel: { show: false } }])],
    dataZoom: [{ type: "inside", zoomOnMouseWheel: false, moveOnMouseMove: false, moveOnMouseWheel: false, filterMode: "none" }],
    useUTC: true,
    tooltip: {
      trigger: "axis", ...tooltipStyle(palette), axisPointer: { type: style === "bar" ? "shadow" : "line", lineStyle: { color: palette["line-strong"] }, shadowStyle: { opacity: 0.15 } },
      formatter: (params: unknown): string => {
        const list: unknown[] = Array.isArray(params) ? params : [params];
        const lines: string[] = [];
        let head = "";
        for (const item of list) {
          if (typeof item !== "object" || item === null || !("seriesIndex" in item) || !("dataIndex" in item)) continue;
          const d = typeof item.seriesIndex === "number" ? visible[item.seriesIndex] : undefined;
          const p = typeof item.dataIndex === "number" ? d?.series.points[item.dataIndex] : undefined;
          if (!d || !p) continue;
          head ||= `${formatWindow(p, zone)} <span style="color:${palette["ink-3"]};font-weight:400">${escapeHtml(zone)}</span>`;
          const broken = breach(d.series.bounds, p.value);
          const mark = broken === "warning" ? palette["warn-ink"] : palette["fail-ink"];
          const maturity = maturityText(d.series.metric, p);
          const late = maturity === "" ? "" : ` <span style="color:${palette["ink-3"]}">${maturity}</span>`;
          lines.push(
            `<div style="display:flex;gap:12px;align-items:center"><span style="display:inline-block;width:9px;height:9px;border-radius:2px;background:${d.color}"></span>` +
              `<span style="flex:1">${escapeHtml(d.name)}${late}</span><b style="${broken ? `color:${mark}` : ""}">${formatValue(p.value, d.unit)}${broken ? " ✕" : ""}</b></div>`,
          );
        }
        if (lines.length === 0) return "";
        const more = lines.length > 14 ? `<div style="color:${palette["ink-3"]}">and ${lines.length - 14} more</div>` : "";
        return `<div style="font-weight:650;margin-bottom:4px">${head}</div>${lines.slice(0, 14).join("")}${more}`;
      },
    },
    series: [
      ...visible.map((d) => {
        const data = d.series.points.map((p) => {
          const point: [number, number | null] = [wallClock(p.start, zone), p.value === null ? null : at(p.value)];
          const broken = breach(d.series.bounds, p.value);
          const color = broken === "warning" ? palette.warn : palette.fail;
          if (maySettle(d.series.metric, p)) {
            // Hollow: the number may still change.
            const edge = broken && visible.length <= 2 ? color : d.color;
            if (style === "bar") return { value: point, itemStyle: { color: d.color, opacity: 0.35, borderColor: edge, borderWidth: 1, borderType: "dashed" } };
            return { value: point, symbol: broken ? "diamond" : "circle", symbolSize: dense ? 4 : broken ? 8 : 6, itemStyle: { color: palette.surface, borderColor: edge, borderWidth: 1.6 } };
          }
          if (broken && style === "line" && visible.length > 2) return { value: point, symbol: "diamond", symbolSize: dense ? 0 : 7 };
          if (broken && style === "line") return { value: point, symbol: "diamond", symbolSize: dense ? (perPoint < 3.5 ? 0 : 4) : 8, itemStyle: { color } };
          if (broken && style === "bar" && visible.length === 1) return { value: point, itemStyle: { color } };
          return { value: point, symbolSize: dense || style !== "line" ? 0 : visible.length > 3 ? 3 : 4.5 };
        });
        const common = { name: d.name, data, itemStyle: { color: d.color }, emphasis: { focus: "none" } };
        if (style === "bar") return { ...common, type: "bar", barMaxWidth: 16, barMinWidth: 1, ...(stacked ? { stack: "all" } : {}) };
        return {
          ...common, type: "line", showSymbol: true, symbol: "circle", connectNulls: false,
          // Drawn in parts below if a part of it is open.
          lineStyle: { width: lineWidth, color: d.color, opacity: style === "line" && isOpen(d) ? 0 : 1 },
          ...(style === "area" ? { areaStyle: { opacity: 0.22, color: d.color }, stack: "all" } : {}),
        };
      }),
      ...loadLines,
      ...visible.filter((d) => style === "line" && isOpen(d)).flatMap((d) => {
        const { settled, open } = lineParts(d.series);
        const part = (shown: readonly boolean[], type: "solid" | number[]) => ({
          name: d.name, type: "line", silent: true, symbol: "none", animation: false, tooltip: { show: false }, lineStyle: { width: lineWidth, color: d.color, type }, connectNulls: false,
          data: d.series.points.map((p, i): [number, number | null] => [wallClock(p.start, zone), p.value === null || !shown[i] ? null : at(p.value)]),
        });
        return [part(settled, "solid"), part(open, [4, 4])];
      }),
      ...(covered.size === 0 ? [] : [{
        name: "labels", type: "bar", xAxisIndex: 1, yAxisIndex: 1, silent: true, animation: false, tooltip: { show: false }, barWidth: Math.max(1, Math.min(14, perPoint * 0.8)),
        showBackground: true, backgroundStyle: { color: palette.line },
        data: [...covered.values()].map((p) => ({ value: [wallClock(p.start, zone), p.coverage], itemStyle: { color: p.status === "final" ? palette.reference : palette.current, opacity: p.status === "final" ? 1 : 0.75 } })),
      }]),
    ],
  };
}
