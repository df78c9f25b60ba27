// Quality that is expected of rows whose labels have not come, beside what the labels say so far.

import type { Measurement } from "../api/schema";
import { metricName, unitOf } from "../format/metric";
import { formatValue } from "../format/number";
import { intervalOf, valueOf } from "./collect";

const CELLS = /_(positives|negatives)$/;

/** `roc_auc` of `classification` → `ROC AUC`. */
function nameOf(family: string, field: string): string {
  return metricName(`${family}.${field}`);
}

export function EstimatedCard({ measurements }: { measurements: readonly Measurement[] }) {
  const estimated = measurements.find((m) => m.id.endsWith(".estimated") && m.points.length > 0);
  if (!estimated) return null;
  const family = estimated.id.split(".")[0] ?? "";
  const fields = estimated.points.map((p) => p.field).filter((f) => !/_(lower|upper)$/.test(f) && !CELLS.test(f));
  const rows = [...new Set(fields)].map((field) => {
    const unit = unitOf(`${family}.${field}`, "value");
    const band = intervalOf(estimated, field);
    const measured = valueOf(measurements.find((m) => m.id === `${family}.${field}`));
    const outside = measured !== null && band !== null && (measured < band[0] || measured > band[1]);
    return { field, unit, value: valueOf(estimated, field), band, measured, outside };
  });
  return (
    <figure className="card">
      <figcaption><h4>Expected without labels</h4><span className="muted">from scores or predictions alone, as they held in the reference</span></figcaption>
      <div className="table-scroll">
        <table className="compact" aria-label="Expected without labels">
          <thead><tr><th scope="col">Metric</th><th scope="col" className="num">Expected</th><th scope="col" className="num">Between</th><th scope="col" className="num">Measured</th></tr></thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.field}>
                <th scope="row">{nameOf(family, r.field)}</th>
                <td className="num">{formatValue(r.value, r.unit)}</td>
                <td className="num muted">{r.band ? `${formatValue(r.band[0], r.unit)} – ${formatValue(r.band[1], r.unit)}` : "–"}</td>
                <td className={r.outside ? "num status-warn" : "num"} {...(r.outside ? { title: "Outside of what was expected: the relation between inputs and truth has changed, or the scores are no longer calibrated" } : {})}>{r.measured === null ? "no labels yet" : formatValue(r.measured, r.unit)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
