// Quality by the values of each feature: all features as strips of bins, one of them as a table.

import { useState } from "react";
import type { FeatureBins, Measurement } from "../api/schema";
import { metricName, unitOf } from "../format/metric";
import { formatCount, formatValue } from "../format/number";
import { detailOf } from "./collect";

/** Numbers of which less is worse. */
const LESS_IS_WORSE = new Set(["accuracy"]);

export function ByFeature({ measurements }: { measurements: readonly Measurement[] }) {
  const detail = detailOf(measurements, "by_feature");
  const [chosen, setChosen] = useState<string | null>(null);
  if (!detail || detail.features.length === 0) return null;
  const family = measurements[0]?.id.split(".")[0] ?? "";
  const [first = ""] = detail.fields;
  const name = (field: string): string => metricName(`${family}.${field}`);
  const shown = (field: string, value: number | null | undefined): string => formatValue(value ?? null, unitOf(`${family}.${field}`, "value"));
  const all = detail.features.flatMap((f) => f.bins.flatMap((b) => b.values[0] ?? []));
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const shade = (value: number | null | undefined): string => {
    if (value === null || value === undefined) return "transparent";
    const part = most > least ? (value - least) / (most - least) : 0;
    return `color-mix(in srgb, var(--current) ${Math.round(10 + 75 * (LESS_IS_WORSE.has(first) ? 1 - part : part))}%, var(--surface))`;
  };
  const open: FeatureBins | undefined = detail.features.find((f) => f.column === chosen) ?? detail.features[0];
  return (
    <div className="two">
      <figure className="card">
        <figcaption><h4>{name(first)} by feature</h4><span className="muted">a stronger colour is worse; features that differ most first</span></figcaption>
        <div className="table-scroll">
          <table className="compact by-feature" aria-label={`${name(first)} by feature`}>
            <tbody>
              {detail.features.map((f) => (
                <tr key={f.column}>
                  <th scope="row"><button type="button" aria-pressed={f === open} onClick={() => setChosen(f.column)}>{f.column}</button></th>
                  <td><span className="strip">{f.bins.map((b) => <i key={b.name} style={{ background: shade(b.values[0]) }} data-tip={`${f.column} ${b.name}\n${name(first)} ${shown(first, b.values[0])}, ${formatCount(b.rows)} rows`} />)}</span></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </figure>
      {open && (
        <figure className="card">
          <figcaption><h4>{open.column}</h4></figcaption>
          <div className="table-scroll">
            <table className="compact" aria-label={`Quality by ${open.column}`}>
              <thead><tr><th scope="col">Values</th><th scope="col" className="num">Rows</th>{detail.fields.map((f) => <th scope="col" className="num" key={f}>{name(f)}</th>)}</tr></thead>
              <tbody>
                {open.bins.map((b) => (
                  <tr key={b.name}>
                    <th scope="row">{b.name}</th><td className="num">{formatCount(b.rows)}</td>
                    {detail.fields.map((f, i) => <td className="num" key={f}>{shown(f, b.values[i])}</td>)}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </figure>
      )}
    </div>
  );
}
