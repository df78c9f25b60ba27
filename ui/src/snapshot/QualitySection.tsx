// Data quality: the data set as a whole, then one card a column, then correlations.

import { useEffect } from "react";
import type { DataDefinition, Detail, Measurement } from "../api/schema";
import { metricName, unitOf } from "../format/metric";
import { formatCount, formatNumber, formatShare, formatValue } from "../format/number";
import { columnOf, detailOf, valueOf } from "./collect";
import { Counters, type Count } from "./Counters";
import { Categories, Histogram, Key } from "./Distribution";
import { Failures, Notes } from "./Notes";

function datasetCounts(measurements: readonly Measurement[]): Count[] {
  return measurements
    .filter((m) => m.id.startsWith("dataset.") && !m.error)
    .map((m) => {
      const share = valueOf(m, "share");
      const field = m.points.some((p) => p.field === "count") ? "count" : (m.points[0]?.field ?? "value");
      const cells = valueOf(m, "cells");
      const notes = [share !== null && formatShare(share), cells !== null && cells > 0 && `${formatCount(cells)} values`].filter(Boolean);
      return { name: metricName(m.id), value: valueOf(m, field), unit: unitOf(m.id, field, m.params), ...(notes.length === 0 ? {} : { note: notes.join(", ") }) };
    });
}

interface Fact {
  name: string;
  text: string;
}

const SHORT: Record<string, string> = { "column.std": "Std", "column.min": "Min", "column.max": "Max", "column.infinite": "Infinite" };

/** The numbers of one column, in the order of the report. */
function factsOf(measurements: readonly Measurement[], column: string): Fact[] {
  return measurements.flatMap((m) => {
    if (m.error) return [{ name: metricName(m.id), text: m.error.message }];
    const points = m.points.filter((p) => (p.labels.column ?? column) === column);
    const share = points.find((p) => p.field === "share");
    const main = points.filter((p) => p.field !== "share");
    if (main.length === 0 && share) return [{ name: metricName(m.id), text: formatShare(share.value) }];
    const common = m.id === "column.most_common" ? /`([^`]*)`/.exec(m.notes.join(" "))?.[1] : undefined;
    return main.map((p) => {
      const q = p.labels.quantile ?? m.params.q ?? m.params.quantile;
      const named = Object.entries(p.labels).filter(([k]) => k !== "column" && k !== "quantile").map(([, v]) => v);
      const extra = (named.length === 0 && common !== undefined ? [common] : named).join(", ");
      const plain = SHORT[m.id] ?? metricName(m.id);
      const field = p.field === "value" || p.field === "count" ? "" : `, ${p.field}`;
      const name = q === undefined ? `${plain}${field}` : Number(q) === 0.5 ? "Median" : `Quantile ${formatShare(Number(q))}`;
      const value = formatValue(p.value, unitOf(m.id, p.field, m.params));
      return { name, text: `${extra === "" ? "" : `${extra}: `}${value}${share && field === "" ? ` (${formatShare(share.value)})` : ""}` };
    });
  });
}

/** Says whether a fact needs the whole width of its card. */
const isWide = (fact: Fact): boolean => fact.name.length + fact.text.length > 23;

function ColumnCard({ column, kind, role, facts, detail, marked }: { column: string; kind: string; role: string; facts: Fact[]; detail: Detail | undefined; marked: boolean }) {
  return (
    <article className={`card column-card${marked ? " marked" : ""}`} id={`quality-${column}`} aria-label={column}>
      <header><h4>{column}</h4><span className="muted">{kind}{role === "feature" ? "" : `, ${role}`}</span></header>
      {detail?.kind === "distribution_pair" && <><Histogram edges={detail.edges} current={detail.current} reference={detail.reference} label={`Distribution of ${column}`} height={150} /><Key reference={detail.reference !== null} /></>}
      {detail?.kind === "category_pair" && <Categories detail={detail} most={5} small />}
      <dl>{facts.map((f, i) => <div key={`${f.name} ${i}`} className={isWide(f) ? "wide" : undefined} title={isWide(f) ? f.text : undefined}><dt>{f.name}</dt><dd>{f.text}</dd></div>)}</dl>
    </article>
  );
}

function Correlations({ detail, method }: { detail: Extract<Detail, { kind: "matrix" }>; method: string }) {
  const shade = (v: number | null): string =>
    v === null ? "transparent" : `color-mix(in srgb, ${v >= 0 ? "var(--current)" : "#b5651d"} ${Math.round(Math.min(1, Math.abs(v)) * 65)}%, var(--surface))`;
  return (
    <div className="card matrix-card">
      <h4>Correlation{method === "" ? "" : ` (${method})`}</h4>
      <div className="table-scroll">
        <table className="matrix" aria-label={`Correlation ${method}`}>
          <thead><tr><td />{detail.columns.map((c) => <th scope="col" key={c}><span>{c}</span></th>)}</tr></thead>
          <tbody>
            {detail.columns.map((a, i) => (
              <tr key={a}>
                <th scope="row">{a}</th>
                {detail.columns.map((b, j) => {
                  const v = detail.current[i]?.[j] ?? null;
                  const was = detail.reference?.[i]?.[j] ?? null;
                  return (
                    <td key={b} style={{ background: shade(v) }} data-tip={`${a} and ${b}\n${formatNumber(v, 3)}${was === null ? "" : `, reference ${formatNumber(was, 3)}`}`}>
                      {v === null ? "–" : v.toFixed(2)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

export function QualitySection({ measurements, drift, definition, column }: { measurements: readonly Measurement[]; drift: readonly Measurement[]; definition: DataDefinition; column: string | null }) {
  const own = measurements.filter((m) => m.id.startsWith("column."));
  const columns = [...new Set(own.flatMap((m) => columnOf(m) ?? []))];
  const matrices = measurements.filter((m) => m.id === "correlation" && m.detail?.kind === "matrix");
  const hasDrift = drift.some((m) => m.id === "drift.column");
  useEffect(() => {
    if (column && !hasDrift) document.getElementById(`quality-${column}`)?.scrollIntoView({ block: "center" });
  }, [column, hasDrift]);
  return (
    <>
      <Counters items={datasetCounts(measurements)} />
      <Failures measurements={measurements.filter((m) => !m.id.startsWith("column."))} />
      {columns.length > 0 && (
        <div className="column-cards">
          {columns.map((c) => {
            const mine = own.filter((m) => columnOf(m) === c);
            const spec = definition.columns.find((s) => s.name === c);
            const others = drift.filter((m) => columnOf(m) === c);
            const role = spec ? (typeof spec.role === "string" ? spec.role : "score") : "feature";
            return (
              <ColumnCard key={c} column={c} kind={spec?.kind ?? ""} role={role} facts={factsOf(mine, c)} marked={c === column} detail={detailOf([...mine, ...others], "distribution_pair") ?? detailOf([...mine, ...others], "category_pair")} />
            );
          })}
        </div>
      )}
      {matrices.map((m, i) => m.detail?.kind === "matrix" && <Correlations key={i} detail={m.detail} method={typeof m.params.method === "string" ? m.params.method : ""} />)}
      <Notes measurements={measurements.filter((m) => m.id !== "column.most_common")} />
    </>
  );
}
