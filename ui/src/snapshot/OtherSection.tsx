// Metrics of any other family, as a table.

import type { Measurement } from "../api/schema";
import { labelText, metricName, paramText, unitOf } from "../format/metric";
import { formatValue } from "../format/number";
import { Failures, Notes } from "./Notes";

export function OtherSection({ name, measurements }: { name: string; measurements: readonly Measurement[] }) {
  return (
    <>
      <Failures measurements={measurements} />
      <div className="card table-card">
        <table className="compact" aria-label={name}>
          <thead><tr><th scope="col">Metric</th><th scope="col">Parameters</th><th scope="col">Of</th><th scope="col">Field</th><th scope="col" className="num">Value</th></tr></thead>
          <tbody>
            {measurements.flatMap((m, i) => m.points.map((p, j) => (
              <tr key={`${i} ${j}`}>
                <th scope="row">{metricName(m.id)}</th><td className="muted">{paramText(m.params)}</td><td>{labelText(p.labels)}</td><td className="muted">{p.field}</td>
                <td className="num">{formatValue(p.value, unitOf(m.id, p.field, m.params))}</td>
              </tr>
            )))}
          </tbody>
        </table>
      </div>
      <Notes measurements={measurements} />
    </>
  );
}
