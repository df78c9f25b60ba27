// Drift of each column, most severe first; a row opens the large distribution and the score's past.

import { useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { useSeries } from "../api/queries";
import type { DataDefinition, Measurement, Snapshot } from "../api/schema";
import { TimeChart } from "../charts/TimeChart";
import { Icon } from "../components/Icon";
import { MiniDistribution } from "../components/Spark";
import { commonUnit, isPValueTest, testName, unitLabel, unitOf } from "../format/metric";
import { formatNumber, statePValue } from "../format/number";
import { snapshotPath } from "../model/links";
import { driftSeverity, driftStep, RATIO_CAP } from "../model/drift";
import { columnOf, valueOf } from "./collect";
import { Counters } from "./Counters";
import { Distribution } from "./Distribution";
import { Notes } from "./Notes";

const WORDS = { columns: "Columns", drifted_columns: "Drifted columns", share: "Share drifted" } as const;

interface Row {
  column: string;
  measurement: Measurement;
  score: number | null;
  threshold: number | null;
  drifted: number | null;
  ratio: number | null;
}

function rowsOf(measurements: readonly Measurement[]): Row[] {
  return measurements
    .filter((m) => m.id === "drift.column")
    .map((measurement) => {
      const score = valueOf(measurement, "score");
      const given = measurement.params.threshold;
      const threshold = valueOf(measurement, "threshold") ?? (typeof given === "number" ? given : null);
      const drifted = valueOf(measurement, "drifted");
      return { column: columnOf(measurement) ?? "", measurement, score, threshold, drifted, ratio: driftSeverity({ score, threshold, drifted, test: measurement.params.test }) };
    })
    .toSorted((a, b) => (b.drifted ?? -1) - (a.drifted ?? -1) || (b.ratio ?? -1) - (a.ratio ?? -1) || a.column.localeCompare(b.column));
}

export function DriftedMark({ drifted }: { drifted: number | null }) {
  if (drifted === null) return <span className="status status-none"><Icon name="none" size={14} />Unknown</span>;
  return drifted === 1
    ? <span className="status status-fail"><Icon name="fail" size={14} />Drifted</span>
    : <span className="status status-pass"><Icon name="pass" size={14} />Calm</span>;
}

function ScoreHistory({ snapshot, row, zone, back }: { snapshot: Snapshot; row: Row; zone: string; back: string }) {
  const navigate = useNavigate();
  const queries = useMemo(
    () => [{ metric: "drift.column", field: "score", labels: { column: row.column }, monitor: snapshot.monitor }],
    [row.column, snapshot.monitor],
  );
  const answer = useSeries(snapshot.project, queries, snapshot.window !== null);
  const series = answer.data?.[0] ?? [];
  if (series.every((s) => s.points.length < 2)) return null;
  return (
    <div className="panel score-history">
      <h4>Score over the windows <span className="muted">{[unitLabel(commonUnit(series)), zone].filter(Boolean).join(" · ")}</span></h4>
      <TimeChart
        title={`Drift of ${row.column}`}
        series={series}
        style="line"
        zone={zone}
        height={190}
        onOpen={(id) => void navigate(snapshotPath(snapshot.project, id, { column: row.column, back }))}
      />
    </div>
  );
}

function DriftRow({ row, kind, open, pictures, toggle, children }: { row: Row; kind: string; open: boolean; pictures: boolean; toggle: () => void; children: React.ReactNode }) {
  const { measurement } = row;
  const test = measurement.params.test;
  const id = `column-${row.column}`;
  return (
    <>
      <tr id={id} className={`drift-row${open ? " open" : ""}`} onClick={toggle}>
        <th scope="row">
          <button type="button" className="expander" aria-expanded={open} aria-controls={`${id}-more`} onClick={(e) => { e.stopPropagation(); toggle(); }}>
            <Icon name="chevron" size={13} />
            {row.column}
          </button>
        </th>
        <td className="muted">{kind}</td>
        {measurement.error ? (
          <td colSpan={5} className="status-error"><Icon name="error" size={13} /> {measurement.error.message}</td>
        ) : (
          <>
            <td className="muted">{testName(test)}</td>
            <td className="num">{isPValueTest(test) ? statePValue(row.score) : formatNumber(row.score)}</td>
            <td className="num muted">{formatNumber(row.threshold)}</td>
            <td><span className="severity" aria-hidden="true"><i className={`step-${driftStep(row.ratio ?? 0)}`} style={{ width: `${(Math.min(row.ratio ?? 0, RATIO_CAP) / RATIO_CAP) * 100}%` }} /></span><DriftedMark drifted={row.drifted} /></td>
            {pictures && <td><MiniDistribution detail={measurement.detail} /></td>}
          </>
        )}
      </tr>
      {open && <tr className="drift-more" id={`${id}-more`}><td colSpan={7}>{children}</td></tr>}
    </>
  );
}

export function DriftSection({ snapshot, measurements, definition, column, zone, back }: {
  snapshot: Snapshot; measurements: readonly Measurement[]; definition: DataDefinition; column: string | null; zone: string; back: string;
}) {
  const rows = useMemo(() => rowsOf(measurements), [measurements]);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set(column ? [column] : []));
  useEffect(() => {
    if (!column) return;
    setOpen((old) => new Set([...old, column]));
    document.getElementById(`column-${column}`)?.scrollIntoView({ block: "center" });
  }, [column, snapshot.id]);
  const pictures = rows.some((r) => r.measurement.detail !== undefined);
  const dataset = measurements.find((m) => m.id === "drift.dataset");
  const toggle = (name: string): void => {
    const next = new Set(open);
    if (next.has(name)) next.delete(name);
    else next.add(name);
    setOpen(next);
  };
  return (
    <>
      {dataset?.error && <p className="status-error">{dataset.error.message}</p>}
      {rows.length === 0 && dataset && !dataset.error && <Counters items={(["columns", "drifted_columns", "share"] as const).map((f) => ({ name: WORDS[f], value: valueOf(dataset, f), unit: unitOf(dataset.id, f) }))} />}
      {rows.length > 0 && (
        <div className="card table-card">
          <table className="drift-table" aria-label="Drift by column">
            <thead>
              <tr>
                <th scope="col">Column</th><th scope="col">Kind</th><th scope="col">Test</th><th scope="col" className="num">Score</th>
                <th scope="col" className="num">Threshold</th><th scope="col">Severity</th>{pictures && <th scope="col">Current over reference</th>}
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <DriftRow key={row.column} row={row} kind={definition.columns.find((c) => c.name === row.column)?.kind ?? "–"} open={open.has(row.column)} pictures={pictures} toggle={() => toggle(row.column)}>
                  {row.measurement.detail ? <Distribution detail={row.measurement.detail} name={row.column} /> : <p className="muted">{snapshot.kind === "test_suite" ? "The report of this window holds the distribution." : "No distribution was stored for this column."}</p>}
                  <ScoreHistory snapshot={snapshot} row={row} zone={zone} back={back} />
                  <Notes measurements={[row.measurement]} />
                </DriftRow>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {dataset && <Notes measurements={[dataset]} />}
    </>
  );
}
