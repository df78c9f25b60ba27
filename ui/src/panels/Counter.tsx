// The latest value, large, with its past and its change against the previous window.

import { Link } from "react-router";
import { place } from "../charts/axis";
import { Icon } from "../components/Icon";
import { Sparkline } from "../components/Spark";
import { labelText, metricName, unitOf } from "../format/metric";
import { formatChange, formatValue } from "../format/number";
import { formatWindow } from "../format/time";
import { boundText, holds, loadLine } from "../model/bounds";
import { maturityText } from "../model/maturity";
import type { PanelProps } from "./types";

export function Counter({ panel, data, context, height }: PanelProps<"series">) {
  const series = data.series.flat()[0];
  const last = series?.points.findLast((p) => p.value !== null) ?? series?.points.at(-1);
  if (!series || !last) return null;
  const unit = unitOf(series.metric, series.field, series.params);
  const before = series.points[series.points.indexOf(last) - 1]?.value ?? null;
  const change = last.value !== null && before !== null ? last.value - before : null;
  const bound = series.bounds[0]?.bound;
  const kept = bound && last.value !== null ? holds(bound, last.value) : true;
  const text = formatValue(last.value, unit);
  const at = (edge: number | null): number | null => (edge === null ? null : place(edge, unit));
  const split = /^(.*?)(?: (%|k|M|G|s|ms))?$/.exec(text);
  const maturity = maturityText(series.metric, last);
  const name = [metricName(series.metric), labelText(series.labels)].filter(Boolean).join(" of ");
  return (
    <Link className="counter" to={context.href(last.snapshot, { column: series.labels.column })} aria-label={`${panel.title}: ${text} in ${formatWindow(last, context.zone)}`}>
      <span className={`counter-value${kept ? "" : " bad"}`}>
        {split?.[1] ?? text}
        {split?.[2] && <small>{split[2]}</small>}
      </span>
      <span className="counter-note">
        {change !== null && (
          <span data-tip={`${name}\nPrevious window: ${formatValue(before, unit)}`}>
            <Icon name={change > 0 ? "up" : change < 0 ? "down" : "flat"} size={11} />
            {formatChange(change, unit)}
          </span>
        )}
        {maturity !== "" && <span>{maturity}</span>}
        {bound && boundText(bound, unit) !== "" && (
          <span className={kept ? "" : "status status-fail"}>
            {!kept && <Icon name="fail" size={12} />}
            limit {boundText(bound, unit)}
          </span>
        )}
      </span>
      <span className="counter-spark">
        <Sparkline values={series.points.slice(-60).map((p) => (p.value === null ? null : place(p.value, unit)))} width={200} height={Math.max(24, Math.min(height - 50, 64))} bad={bound ? loadLine(bound).bad.map((b) => ({ low: at(b.low), high: at(b.high) })) : []} />
      </span>
    </Link>
  );
}
