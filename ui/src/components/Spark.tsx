// Small marks drawn as SVG: sparkline, overlaid distributions, position against a bound.

import type { Detail } from "../api/schema";

/** A line of values; gaps stay gaps. The bad side of a bound is shaded if `bad` is given. */
export function Sparkline({
  values, width = 120, height = 28, bad = [], color = "var(--current)",
}: { values: readonly (number | null)[]; width?: number; height?: number; bad?: readonly { low: number | null; high: number | null }[]; color?: string }) {
  const known = values.filter((v) => v !== null);
  if (known.length === 0) return <svg width={width} height={height} aria-hidden="true" />;
  const edges = bad.flatMap((b) => [b.low, b.high]).filter((v) => v !== null);
  const low = Math.min(...known, ...edges);
  const high = Math.max(...known, ...edges);
  const span = high - low || Math.abs(high) || 1;
  const y = (v: number): number => (high === low ? height / 2 : 3 + (1 - (v - low) / span) * (height - 6));
  const x = (i: number): number => (values.length === 1 ? width / 2 : 2 + (i / (values.length - 1)) * (width - 5));
  let path = "";
  let pen = false;
  values.forEach((v, i) => {
    if (v === null) pen = false;
    else {
      path += `${pen ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`;
      pen = true;
    }
  });
  const last = values.findLastIndex((v) => v !== null);
  const end = values[last] ?? null;
  return (
    <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" style={{ display: "block" }}>
      {bad.map((b, i) => {
        const top = b.high === null ? 0 : y(b.high);
        const bottom = b.low === null ? height : y(b.low);
        const edge = b.high === null ? bottom : top;
        return (
          <g key={i}>
            <rect x={0} y={top} width={width} height={Math.max(0, bottom - top)} fill="var(--fail)" opacity={0.09} />
            <path d={`M0 ${edge}H${width}`} stroke="var(--fail)" strokeDasharray="3 3" opacity={0.7} vectorEffect="non-scaling-stroke" />
          </g>
        );
      })}
      <path d={path} fill="none" stroke={color} strokeWidth={1.5} strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
      {end !== null && <path d={`M${x(last)} ${y(end)}h0.01`} stroke={color} strokeWidth={5} strokeLinecap="round" vectorEffect="non-scaling-stroke" />}
    </svg>
  );
}

/** A distribution, current over reference, as small bars. */
export function MiniDistribution({ detail, width = 132, height = 34 }: { detail: Detail | null | undefined; width?: number; height?: number }) {
  if (detail?.kind === "distribution_pair") {
    const { edges, current, reference } = detail;
    const first = edges[0] ?? 0;
    const span = (edges[edges.length - 1] ?? 1) - first || 1;
    const density = (shares: readonly number[]): number[] => shares.map((s, i) => s / Math.max(((edges[i + 1] ?? 0) - (edges[i] ?? 0)) / span, 1e-9));
    const now = density(current);
    const before = reference ? density(reference) : [];
    const top = Math.max(...now, ...before, 1e-12);
    const bars = (values: readonly number[]) =>
      values.map((v, i) => {
        const x = (((edges[i] ?? 0) - first) / span) * width;
        const w = (((edges[i + 1] ?? 0) - (edges[i] ?? 0)) / span) * width;
        const h = (v / top) * (height - 2);
        return { x, w, h };
      });
    const outline = bars(now).map((b, i) => `${i === 0 ? "M" : "L"}${b.x.toFixed(1)} ${(height - b.h).toFixed(1)}H${(b.x + b.w).toFixed(1)}`).join("");
    return (
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" style={{ display: "block" }}>
        {bars(before).map((b, i) => <rect key={i} x={b.x} y={height - b.h} width={Math.max(b.w - 0.4, 0.4)} height={b.h} fill="var(--reference)" opacity={0.5} />)}
        {bars(now).map((b, i) => <rect key={i} x={b.x} y={height - b.h} width={Math.max(b.w, 0.4)} height={b.h} fill="var(--current)" opacity={0.18} />)}
        <path d={outline} fill="none" stroke="var(--current)" strokeWidth={1.3} />
      </svg>
    );
  }
  if (detail?.kind === "category_pair") {
    const shown = detail.categories.slice(0, 8);
    const top = Math.max(...shown.flatMap((c) => [c.current, c.reference ?? 0]), 1e-12);
    const slot = width / Math.max(shown.length, 1);
    const bar = Math.min(slot * 0.4, 9);
    return (
      <svg width={width} height={height} viewBox={`0 0 ${width} ${height}`} aria-hidden="true" style={{ display: "block" }}>
        {shown.map((c, i) => {
          const x = i * slot + slot / 2;
          const was = ((c.reference ?? 0) / top) * (height - 2);
          const is = (c.current / top) * (height - 2);
          return (
            <g key={i}>
              <rect x={x - bar} y={height - was} width={bar} height={was} fill="var(--reference)" opacity={0.75} />
              <rect x={x} y={height - is} width={bar} height={is} fill="var(--current)" />
            </g>
          );
        })}
      </svg>
    );
  }
  return <span className="muted">–</span>;
}
