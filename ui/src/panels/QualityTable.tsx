// One row a column of the data, one field a metric, each with its past.

import { Link } from "react-router";
import type { Series } from "../api/schema";
import { Icon } from "../components/Icon";
import { Sparkline } from "../components/Spark";
import { metricName, paramText, unitOf } from "../format/metric";
import { formatValue } from "../format/number";
import { formatWindow } from "../format/time";
import { holds, loadLine } from "../model/bounds";
import type { PanelProps } from "./types";

const fieldKey = (s: Series): string => {
  const params = paramText(Object.fromEntries(Object.entries(s.params).filter(([k]) => k === "q" || k === "quantile")));
  return `${s.metric}\n${s.field}\n${params}`;
};

/** A heading for a field: `Missing`, `Quantile q 0.5`. */
function heading(key: string, keys: readonly string[]): string {
  const [metric = "", field = "", params = ""] = key.split("\n");
  const twins = keys.filter((k) => k.startsWith(`${metric}\n`)).length > 1;
  const unit = unitOf(metric, field) === "share" && twins ? " %" : "";
  return `${metricName(metric)}${unit}${params === "" ? "" : ` ${params}`}${twins && unit === "" && !["value"].includes(field) ? ` ${field}` : ""}`;
}

export function QualityTable({ panel, data, context }: PanelProps<"series">) {
  const series = data.series.flat().filter((s) => s.labels.column !== undefined);
  const keys = [...new Set(series.map(fieldKey))];
  const columns = [...new Set(series.map((s) => `${s.labels.column ?? ""}\n${s.monitor}`))];
  const several = new Set(series.map((s) => s.monitor)).size > 1;
  return (
    <div className="scroll">
      <table className="quality" aria-label={panel.title}>
        <thead>
          <tr>
            <th scope="col">Column</th>
            {keys.map((key) => <th scope="col" key={key}>{heading(key, keys)}</th>)}
          </tr>
        </thead>
        <tbody>
          {columns.map((entry) => {
            const [column = "", monitor = ""] = entry.split("\n");
            const own = series.filter((s) => s.labels.column === column && s.monitor === monitor);
            const latest = own.flatMap((s) => s.points.slice(-1)).toSorted((a, b) => a.start.localeCompare(b.start)).at(-1);
            return (
              <tr key={entry}>
                <th scope="row">
                  {latest ? <Link to={context.href(latest.snapshot, { column })}>{column}</Link> : column}
                  {several && <small className="muted"> {monitor}</small>}
                </th>
                {keys.map((key) => {
                  const s = own.find((x) => fieldKey(x) === key);
                  const last = s?.points.at(-1);
                  if (!s || !last) return <td key={key} className="muted">–</td>;
                  const unit = unitOf(s.metric, s.field, s.params);
                  const bound = s.bounds[0]?.bound;
                  const bad = bound && last.value !== null && !holds(bound, last.value);
                  return (
                    <td key={key}>
                      <Link className="quality-cell" to={context.href(last.snapshot, { column })} data-tip={`${column}, ${metricName(s.metric)}\n${formatWindow(last, context.zone)}: ${formatValue(last.value, unit)}`}>
                        <span className={bad ? "status status-fail" : ""}>{bad && <Icon name="fail" size={12} />}{formatValue(last.value, unit)}</span>
                        <Sparkline values={s.points.slice(-40).map((p) => p.value)} width={64} height={20} bad={bound ? loadLine(bound).bad : []} />
                      </Link>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
