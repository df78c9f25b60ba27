// A chart of numbers against numbers: distributions, curves, scatters.

import type { EChartsCoreOption } from "echarts/core";
import { useMemo } from "react";
import { formatValue, type Unit } from "../format/number";
import { usePalette } from "../theme/theme";
import { EChart } from "./EChart";
import { niceScale, type Scale } from "./scale";
import { axisStyle, tooltipStyle } from "./timeOption";

export interface XYLine {
  name: string;
  color: "current" | "reference" | "ink-3" | "fail" | "line-strong";
  points: readonly (readonly [number, number])[];
  style: "line" | "step" | "dashed" | "scatter" | "marks";
  area?: boolean;
  /** Weights of scattered points. */
  weights?: readonly number[];
}

export interface XYProps {
  label: string;
  lines: readonly XYLine[];
  x: { name: string; unit: Unit; scale?: Scale };
  y: { name: string; unit: Unit; scale?: Scale };
  height: number;
  /** Emphasised points, such as the chosen threshold. */
  marks?: readonly (readonly [number, number])[];
  /** Text of the tooltip at a horizontal value; without it the points' values are shown. */
  tip?: (x: number) => string;
  /** Vertical lines, such as zero error. */
  verticals?: readonly number[];
}

export const UNIT_SCALE: Scale = { min: 0, max: 1, interval: 0.25 };

function extent(lines: readonly XYLine[], axis: 0 | 1, options: { zero?: boolean; exact?: boolean }): Scale {
  const values = lines.flatMap((l) => l.points.map((p) => p[axis])).filter((v) => Number.isFinite(v));
  const nice = niceScale(values, { zero: options.zero ?? false });
  return options.exact && values.length > 0 ? { ...nice, min: Math.min(...values), max: Math.max(...values) } : nice;
}

export function XYChart({ label, lines, x, y, height, marks = [], tip, verticals = [] }: XYProps) {
  const palette = usePalette();
  const option = useMemo<EChartsCoreOption>(() => {
    const axis = axisStyle(palette);
    const steps = lines.some((l) => l.style === "step");
    const xs = x.scale ?? extent(lines, 0, { exact: steps });
    const ys = y.scale ?? extent(lines, 1, { zero: steps });
    const most = Math.max(...lines.flatMap((l) => l.weights ?? []), 1);
    const name = { nameLocation: "middle", nameTextStyle: { color: palette["ink-3"], fontSize: 11, fontFamily: axis.axisLabel.fontFamily } };
    return {
      animation: false,
      grid: { left: y.name === "" ? 6 : 24, right: 14, top: 10, bottom: x.name === "" ? 4 : 24, containLabel: true },
      xAxis: {
        type: "value", ...axis, ...name, name: x.name, nameGap: 26, min: xs.min, max: xs.max, splitLine: { show: false },
        ...(x.scale ? { interval: x.scale.interval } : {}),
        axisLabel: { ...axis.axisLabel, hideOverlap: true, formatter: (v: number) => formatValue(Number(v.toPrecision(4)), x.unit), ...(steps ? { showMinLabel: false, showMaxLabel: false } : {}) },
      },
      yAxis: {
        type: "value", ...axis, ...name, name: y.name, nameGap: 42, min: ys.min, max: ys.max, interval: ys.interval, axisLine: { show: false },
        axisLabel: { ...axis.axisLabel, formatter: (v: number) => formatValue(v, y.unit) },
      },
      tooltip: {
        trigger: tip ? "axis" : "item", ...tooltipStyle(palette), axisPointer: { type: "line", lineStyle: { color: palette["line-strong"] } },
        formatter: (params: unknown): string => {
          const item: unknown = Array.isArray(params) ? params[0] : params;
          if (typeof item !== "object" || item === null || !("value" in item) || !Array.isArray(item.value)) return "";
          const [px, py] = item.value.map(Number);
          if (tip) return "axisValue" in item && typeof item.axisValue === "number" ? tip(item.axisValue) : tip(px ?? 0);
          return `${x.name} <b>${formatValue(px, x.unit)}</b><br>${y.name} <b>${formatValue(py, y.unit)}</b>`;
        },
      },
      series: [
        ...lines.map((l, i) => {
          const color = palette[l.color];
          if (l.style === "scatter") {
            return {
              type: "scatter", name: l.name, itemStyle: { color, opacity: l.weights ? 0.35 : 0.5 },
              data: l.points.map((p, j) => ({ value: [...p], symbolSize: l.weights ? 3 + 9 * Math.sqrt((l.weights[j] ?? 1) / most) : 5 })),
            };
          }
          return {
            type: "line", name: l.name, data: l.points.map((p) => [...p]), symbol: l.style === "marks" ? "circle" : "none", symbolSize: 6, itemStyle: { color },
            lineStyle: { color, width: l.style === "dashed" ? 1.2 : 1.8, ...(l.style === "dashed" ? { type: [4, 4] } : {}) },
            ...(l.style === "step" ? { step: "end" } : {}), ...(l.area ? { areaStyle: { color, opacity: l.color === "reference" ? 0.32 : 0.16 } } : {}),
            ...(l.style === "dashed" ? { silent: true, tooltip: { show: false } } : {}),
            ...(i === 0 && verticals.length > 0
              ? { markLine: { silent: true, symbol: "none", animation: false, label: { show: false }, lineStyle: { color: palette["ink-3"], type: [4, 4], width: 1 }, data: verticals.map((v) => ({ xAxis: v })) } }
              : {}),
          };
        }),
        ...(marks.length > 0
          ? [{ type: "scatter", name: "chosen", data: marks.map((p) => [...p]), symbolSize: 11, itemStyle: { color: palette.surface, borderColor: palette.ink, borderWidth: 2.5 }, z: 10, silent: true }]
          : []),
      ],
    };
  }, [lines, marks, palette, tip, verticals, x, y]);
  return <div style={{ height }}><EChart option={option} label={label} /></div>;
}
