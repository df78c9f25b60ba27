// Regression quality: the errors as numbers, predicted against actual, and the distribution of the errors.

import { useMemo } from "react";
import type { Measurement } from "../api/schema";
import { XYChart, type XYLine } from "../charts/XYChart";
import { metricName, unitOf } from "../format/metric";
import { formatValue } from "../format/number";
import { niceScale } from "../charts/scale";
import { detailOf, intervalText, valueOf, type DetailOf } from "./collect";
import { ByFeature } from "./ByFeature";
import { Counters } from "./Counters";
import { Histogram, Key } from "./Distribution";
import { EstimatedCard } from "./EstimatedCard";
import { Failures, Notes } from "./Notes";

function PredictedActual({ detail }: { detail: DetailOf<"errors"> }) {
  const { lines, axis } = useMemo(() => {
    const points = detail.predicted_actual;
    const scale = niceScale(points.flatMap((p) => [p.x, p.y]));
    const drawn: XYLine[] = [
      { name: "rows", color: "current", style: "scatter", points: points.map((p) => [p.x, p.y]), ...(points.some((p) => p.count > 1) ? { weights: points.map((p) => p.count) } : {}) },
      { name: "perfect", color: "ink-3", style: "dashed", points: [[scale.min, scale.min], [scale.max, scale.max]] },
    ];
    return { lines: drawn, axis: { unit: "number" as const, scale } };
  }, [detail]);
  const x = useMemo(() => ({ ...axis, name: "target" }), [axis]);
  const y = useMemo(() => ({ ...axis, name: "prediction" }), [axis]);
  return <XYChart label="Predicted against actual" lines={lines} x={x} y={y} height={320} />;
}

export function RegressionSection({ measurements }: { measurements: readonly Measurement[] }) {
  const errors = detailOf(measurements, "errors");
  const items = measurements.filter((m) => !m.error).flatMap((m) => {
    const std = valueOf(m, "std");
    const unit = unitOf(m.id, "value", m.params);
    const notes = [intervalText(m, (v) => formatValue(v, unit)), std !== null && `std ${formatValue(std, unit)}`].filter(Boolean);
    return m.points.some((p) => p.field === "value") ? [{ name: metricName(m.id), value: valueOf(m), unit, ...(notes.length === 0 ? {} : { note: notes.join(", ") }) }] : [];
  });
  const underShare = useMemo(() => {
    if (!errors) return null;
    return errors.current.reduce((sum, s, i) => {
      const [a, b] = [errors.edges[i] ?? 0, errors.edges[i + 1] ?? 0];
      return sum + (b <= 0 ? s : a >= 0 ? 0 : s * (-a / (b - a)));
    }, 0);
  }, [errors]);
  const zero = useMemo(() => [0], []);
  return (
    <>
      <Counters items={items} />
      <Failures measurements={measurements} />
      {errors && (
        <div className="two">
          {errors.predicted_actual.length > 0 && (
            <figure className="card"><figcaption><h4>Predicted against actual</h4><span className="muted">points below the dashed line are predicted too low</span></figcaption><PredictedActual detail={errors} /></figure>
          )}
          <figure className="card">
            <figcaption><h4>Errors</h4><Key reference={errors.reference !== null} />{underShare !== null && <span className="muted">{formatValue(underShare, "share")} predicted too low</span>}</figcaption>
            <Histogram edges={errors.edges} current={errors.current} reference={errors.reference} label="Distribution of the errors" xName="prediction − target" height={320} verticals={zero} />
          </figure>
        </div>
      )}
      <ByFeature measurements={measurements} />
      <EstimatedCard measurements={measurements} />
      <Notes measurements={measurements} />
    </>
  );
}
