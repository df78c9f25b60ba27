// What accounts for a change: the columns, then their bins, most telling first.

import type { Measurement } from "../api/schema";
import { formatValue } from "../format/number";
import { Failures, Notes } from "./Notes";

/** Bins that are listed. */
const BINS = 12;
/** Share of the largest concentration from which on the bins of a column are listed. */
const TELLING = 0.25;

const EXPLAINED: Record<string, string> = {
  mae: "the mean absolute error", mse: "the mean squared error", me: "the mean error", accuracy: "accuracy", prediction: "the mean prediction", target: "the mean target",
};

function number(value: number | null | undefined): string {
  return formatValue(value ?? null, "number");
}

function One({ measurement }: { measurement: Measurement }) {
  const points = measurement.points;
  const columns = new Map<string, Record<string, number | null>>();
  for (const p of points) {
    const column = p.labels["column"];
    if (column === undefined || p.labels["bin"] !== undefined) continue;
    columns.set(column, { ...columns.get(column), [p.field]: p.value ?? null });
  }
  const told = [...columns].sort(([, a], [, b]) => (b["concentration"] ?? 0) - (a["concentration"] ?? 0));
  const most = Math.max(...told.map(([, c]) => c["concentration"] ?? 0), Number.MIN_VALUE);
  // Bins of a column that all change alike tell nothing.
  const telling = (column: string | undefined): boolean => (columns.get(column ?? "")?.["concentration"] ?? 0) > TELLING * most;
  const bins = points.filter((p) => p.field === "contribution" && telling(p.labels["column"])).sort((a, b) => Math.abs(b.value ?? 0) - Math.abs(a.value ?? 0)).slice(0, BINS);
  const what = EXPLAINED[String(measurement.params["of"])] ?? String(measurement.params["of"]);
  return (
    <>
      <Notes measurements={[measurement]} />
      <div className="card table-card">
        <table className="compact" aria-label={`Columns that account for the change of ${what}`}>
          <thead><tr><th scope="col">Column</th><th scope="col">Where to look</th><th scope="col" className="num" title="What follows from other rows coming">Other rows</th><th scope="col" className="num" title="What follows from the same rows faring otherwise">Same rows</th></tr></thead>
          <tbody>
            {told.map(([column, c]) => (
              <tr key={column}>
                <th scope="row">{column}</th>
                <td><span className="meter" role="img" aria-label={`Concentration ${number(c["concentration"])}`} title={`Concentration ${number(c["concentration"])}`}><i style={{ width: `${(100 * (c["concentration"] ?? 0)) / most}%` }} /></span></td>
                <td className="num">{number(c["mix"])}</td><td className="num">{number(c["within"])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="card table-card">
        <table className="compact" aria-label={`Bins that contribute most to the change of ${what}`}>
          <thead><tr><th scope="col">Column</th><th scope="col">Values</th><th scope="col" className="num">Adds to {what}</th></tr></thead>
          <tbody>
            {bins.map((p) => <tr key={`${p.labels["column"]} ${p.labels["bin"]}`}><th scope="row">{p.labels["column"]}</th><td>{p.labels["bin"]}</td><td className="num">{number(p.value)}</td></tr>)}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function ExplainSection({ measurements }: { measurements: readonly Measurement[] }) {
  return (
    <>
      <Failures measurements={measurements} />
      {measurements.filter((m) => m.points.length > 0).map((m, i) => <One key={i} measurement={m} />)}
    </>
  );
}
