// A distribution at full size: current over reference, with quantiles or categories side by side.

import { useMemo } from "react";
import type { Detail } from "../api/schema";
import { XYChart, type XYLine } from "../charts/XYChart";
import { formatChange, formatNumber, formatShare, MISSING } from "../format/number";
import type { DetailOf } from "./collect";

export function Key({ reference }: { reference: boolean }) {
  return (
    <span className="key">
      <i style={{ background: "var(--current)" }} />current
      {reference && <><i style={{ background: "var(--reference)" }} />reference</>}
    </span>
  );
}

/** Says whether all bins are equally wide, but for edges that are told to a hundredth of a bin; otherwise heights are densities. */
export function evenBins(edges: readonly number[]): boolean {
  const widths = edges.slice(1).map((e, i) => e - (edges[i] ?? 0));
  return Math.max(...widths) - Math.min(...widths) <= 0.03 * Math.max(...widths);
}

function outline(edges: readonly number[], heights: readonly number[]): [number, number][] {
  const points = heights.map((h, i): [number, number] => [edges[i] ?? 0, h]);
  points.push([edges[edges.length - 1] ?? 0, heights[heights.length - 1] ?? 0]);
  return points;
}

export function Histogram({ edges, current, reference, xName = "", height = 220, label, verticals }: {
  edges: readonly number[]; current: readonly number[]; reference: readonly number[] | null; xName?: string; height?: number; label: string; verticals?: readonly number[];
}) {
  const even = evenBins(edges);
  const lines = useMemo<XYLine[]>(() => {
    const scaled = (shares: readonly number[]): number[] =>
      even ? [...shares] : shares.map((s, i) => s / Math.max((edges[i + 1] ?? 0) - (edges[i] ?? 0), 1e-300));
    const both: XYLine[] = reference ? [{ name: "reference", color: "reference", points: outline(edges, scaled(reference)), style: "step", area: true }] : [];
    both.push({ name: "current", color: "current", points: outline(edges, scaled(current)), style: "step", area: true });
    return both;
  }, [edges, current, reference, even]);
  const tip = useMemo(() => (at: number): string => {
    const i = Math.max(0, Math.min(current.length - 1, edges.findLastIndex((e) => e <= at)));
    const was = reference ? `<br>reference <b>${formatShare(reference[i])}</b>` : "";
    return `<b>${formatNumber(edges[i])} – ${formatNumber(edges[i + 1])}</b><br>current <b>${formatShare(current[i])}</b>${was}`;
  }, [edges, current, reference]);
  const x = useMemo(() => ({ name: xName, unit: "number" as const }), [xName]);
  const y = useMemo(() => ({ name: even ? "share of rows" : "density", unit: even ? ("share" as const) : ("number" as const) }), [even]);
  return <XYChart label={label} lines={lines} x={x} y={y} height={height} tip={tip} {...(verticals ? { verticals } : {})} />;
}

export function Quantiles({ detail }: { detail: DetailOf<"distribution_pair"> }) {
  if (detail.quantiles.length === 0) return null;
  const withReference = detail.reference !== null;
  return (
    <table className="compact quantiles">
      <caption className="visually-hidden">Quantiles</caption>
      <thead>
        <tr><th scope="col">Quantile</th>{withReference && <th scope="col" className="num">Reference</th>}<th scope="col" className="num">Current</th>{withReference && <th scope="col" className="num">Change</th>}</tr>
      </thead>
      <tbody>
        {detail.quantiles.map((q) => (
          <tr key={q.q}>
            <th scope="row">{q.q === 0 ? "min" : q.q === 1 ? "max" : q.q === 0.5 ? "median" : formatShare(q.q)}</th>
            {withReference && <td className="num muted">{formatNumber(q.reference)}</td>}
            <td className="num">{formatNumber(q.current)}</td>
            {withReference && <td className="num muted">{q.current === null || q.reference === null ? MISSING : formatChange(q.current - q.reference, "number")}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Categories as pairs of bars, most common first, with the change in percentage points. */
export function Categories({ detail, most = 14, small = false }: { detail: DetailOf<"category_pair">; most?: number; small?: boolean }) {
  const shown = detail.categories.slice(0, most);
  const top = Math.max(...shown.flatMap((c) => [c.current, c.reference ?? 0]), 1e-12);
  const withReference = detail.categories.some((c) => c.reference !== null);
  return (
    <table className="compact categories">
      <thead>
        <tr><th scope="col">Category</th><th scope="col">Share</th>{withReference && !small && <th scope="col" className="num">Reference</th>}<th scope="col" className="num">Current</th>{withReference && <th scope="col" className="num">Change</th>}</tr>
      </thead>
      <tbody>
        {shown.map((c, i) => (
          <tr key={c.category ?? `other ${i}`}>
            <th scope="row" title={c.category ?? undefined}>{c.category ?? <em>all others</em>}</th>
            <td className="category-bars">
              {withReference && <i style={{ width: `${((c.reference ?? 0) / top) * 100}%`, background: "var(--reference)" }} />}
              <i style={{ width: `${(c.current / top) * 100}%`, background: "var(--current)" }} />
            </td>
            {withReference && !small && <td className="num muted">{formatShare(c.reference)}</td>}
            <td className="num">{formatShare(c.current)}</td>
            {withReference && <td className="num muted">{c.reference === null ? MISSING : formatChange(c.current - c.reference, "share")}</td>}
          </tr>
        ))}
        {detail.categories.length > most && <tr><td colSpan={5} className="muted">and {detail.categories.length - most} more categories</td></tr>}
      </tbody>
    </table>
  );
}

export function Distribution({ detail, name }: { detail: Detail; name: string }) {
  if (detail.kind === "distribution_pair") {
    return (
      <div className="split">
        <div><Key reference={detail.reference !== null} /><Histogram edges={detail.edges} current={detail.current} reference={detail.reference} label={`Distribution of ${name}`} xName={name} height={236} /></div>
        <Quantiles detail={detail} />
      </div>
    );
  }
  if (detail.kind === "category_pair") return <div><Key reference={detail.categories.some((c) => c.reference !== null)} /><Categories detail={detail} /></div>;
  return null;
}
