// Metrics of any other family, as a table, with the distributions that they hold.

import type { Measurement, Point } from "../api/schema";
import { labelText, metricName, paramText, unitOf } from "../format/metric";
import { formatValue } from "../format/number";
import { columnOf } from "./collect";
import { Distribution } from "./Distribution";
import { Failures, Notes } from "./Notes";

/** More fields than this do not stand side by side. */
const MAX_FIELDS = 6;

interface Row {
  measurement: Measurement;
  of: string;
  points: Point[];
}

/** Points of a measurement that share their labels, in order. */
function rowsOf(measurement: Measurement): Row[] {
  const rows = new Map<string, Row>();
  for (const point of measurement.points) {
    const of = labelText(point.labels);
    const row = rows.get(of) ?? { measurement, of, points: [] };
    row.points.push(point);
    rows.set(of, row);
  }
  return [...rows.values()];
}

/** What a reader would not guess: a switch that is off is left out, and so is what the labels already say. */
function told({ params }: Measurement, rows: readonly Row[]): string {
  const labels = new Set(rows.flatMap((r) => r.points.flatMap((p) => Object.values(p.labels))));
  return paramText(Object.fromEntries(Object.entries(params).filter(([, v]) => v !== false && !(typeof v === "string" && labels.has(v)))));
}

export function OtherSection({ name, measurements }: { name: string; measurements: readonly Measurement[] }) {
  const rows = measurements.flatMap(rowsOf);
  // The ends of an interval stand behind their value.
  const isEnd = (p: Point): boolean => p.field === "lower" || p.field === "upper";
  const fields = [...new Set(rows.flatMap((r) => r.points.filter((p) => !isEnd(p)).map((p) => p.field)))];
  const wide = fields.length <= MAX_FIELDS;
  const value = (m: Measurement, p: Point | undefined) => (p === undefined ? "" : formatValue(p.value, unitOf(m.id, p.field, m.params)));
  const cell = (row: Row, field: string) => {
    const of = (name: string) => row.points.find((p) => p.field === name);
    const [lower, upper] = field === row.points[0]?.field ? [of("lower"), of("upper")] : [];
    return <td className="num" key={field}>{value(row.measurement, of(field))}{lower && upper && <small className="muted"> {value(row.measurement, lower)} – {value(row.measurement, upper)}</small>}</td>;
  };
  const pictures = measurements.filter((m) => m.detail?.kind === "distribution_pair" || m.detail?.kind === "category_pair");
  const labelled = rows.some((r) => r.of !== "");
  const head = (row: Row) => <><th scope="row">{metricName(row.measurement.id)}</th><td className="muted">{told(row.measurement, rows)}</td>{labelled && <td>{row.of}</td>}</>;
  return (
    <>
      <Failures measurements={measurements} />
      <div className="card table-card">
        <table className="compact" aria-label={name}>
          <thead>
            <tr>
              <th scope="col">Metric</th><th scope="col">Parameters</th>{labelled && <th scope="col">Of</th>}
              {wide ? fields.map((f) => <th scope="col" className="num" key={f}>{f}</th>) : <><th scope="col">Field</th><th scope="col" className="num">Value</th></>}
            </tr>
          </thead>
          <tbody>
            {wide && rows.map((row, i) => (
              <tr key={i}>{head(row)}{fields.map((f) => cell(row, f))}</tr>
            ))}
            {!wide && rows.flatMap((row, i) => row.points.map((p, j) => (
              <tr key={`${i} ${j}`}>{head(row)}<td className="muted">{p.field}</td><td className="num">{value(row.measurement, p)}</td></tr>
            )))}
          </tbody>
        </table>
      </div>
      {pictures.map((m, i) => m.detail && <figure className="card" key={i}><figcaption><h4>{metricName(m.id)}{columnOf(m) === undefined ? "" : `: ${columnOf(m)}`}</h4></figcaption><Distribution detail={m.detail} name={columnOf(m) ?? metricName(m.id)} /></figure>)}
      <Notes measurements={measurements} />
    </>
  );
}
