// The segments of the rows beside the whole: one row a segment, one column a metric.

import { useState } from "react";
import type { Measurement } from "../api/schema";
import { metricName, unitOf } from "../format/metric";
import { formatCountExactly, formatValue } from "../format/number";
import { SEGMENT, isSegment } from "./collect";

/** What tells a number of a segment: the metric and the field. */
interface Shown { measurement: Measurement; field: string }

/** Families in the order in which a reader compares segments; of the data set what rows tell, not what columns do. */
const FAMILIES = ["regression", "classification", "ranking", "drift", "dataset"];
const OF_ROWS = new Set(["dataset.missing_cells", "dataset.duplicated_rows", "dataset.empty_rows"]);
const placeOf = (id: string): number => (FAMILIES.indexOf(id.split(".")[0] ?? id) + FAMILIES.length + 1) % (FAMILIES.length + 1);

/** Numbers that a segment has one of: not by column, class or quantile. */
function shownOf(measurements: readonly Measurement[]): Shown[] {
  const compared = measurements.filter((m) => !m.id.startsWith("dataset.") || OF_ROWS.has(m.id));
  return compared.toSorted((a, b) => placeOf(a.id) - placeOf(b.id)).flatMap((measurement) => {
    const single = measurement.points.find((p) => isSegment(p) && Object.keys(p.labels).length === 1);
    const field = measurement.id === "drift.dataset" ? "share" : single?.field;
    return field !== undefined && measurement.params.column === undefined ? [{ measurement, field }] : [];
  });
}

const valueIn = ({ measurement, field }: Shown, segment: string | undefined): number | null =>
  measurement.points.find((p) => p.field === field && p.labels[SEGMENT] === segment && Object.keys(p.labels).length === (segment === undefined ? 0 : 1))?.value ?? null;

/** The columns of a grouping: `country=DE, device=mobile` is of `country, device`. */
const groupingOf = (segment: string): string => segment.split(", ").map((part) => part.split("=")[0] ?? part).join(", ");

export function SegmentsSection({ measurements }: { measurements: readonly Measurement[] }) {
  const segments = [...new Set(measurements.flatMap((m) => m.points.flatMap((p) => p.labels[SEGMENT] ?? [])))];
  const groupings = [...new Set(segments.map(groupingOf))];
  const [chosen, choose] = useState(groupings[0]);
  const shown = shownOf(measurements);
  const rows = measurements.find((m) => m.id === "dataset.rows");
  const rowsOf = (segment: string | undefined) => (rows ? valueIn({ measurement: rows, field: "count" }, segment) : null);
  const cells = (segment: string | undefined) => (
    <>
      {rows && <td className="num">{formatCountExactly(rowsOf(segment))}</td>}
      {shown.map((s, i) => <td className="num" key={i}>{formatValue(valueIn(s, segment), unitOf(s.measurement.id, s.field, s.measurement.params))}</td>)}
    </>
  );
  return (
    <>
      {groupings.length > 1 && (
        <div className="segmented small groupings" role="group" aria-label="Segments by">
          {groupings.map((g) => <button type="button" key={g} aria-pressed={g === chosen} onClick={() => choose(g)}>{g}</button>)}
        </div>
      )}
      <div className="card table-card table-scroll">
        <table className="compact" aria-label={`Segments by ${chosen ?? ""}`}>
          <thead>
            <tr>
              <th scope="col">Segment</th>
              {rows && <th scope="col" className="num">Rows</th>}
              {shown.map((s, i) => <th scope="col" className="num" key={i}>{s.measurement.id === "drift.dataset" ? "Drifted columns" : metricName(s.measurement.id)}</th>)}
            </tr>
          </thead>
          <tbody>
            <tr className="whole"><th scope="row">All rows</th>{cells(undefined)}</tr>
            {segments.filter((s) => groupingOf(s) === chosen).map((s) => <tr key={s}><th scope="row">{s}</th>{cells(s)}</tr>)}
          </tbody>
        </table>
      </div>
    </>
  );
}
