// Classification quality: numbers, confusion matrix, classes, curves, and what another threshold would do.

import { useMemo, useState } from "react";
import type { ClassCurves, ConfusionMatrix, CurvePoint, Measurement } from "../api/schema";
import { UNIT_SCALE, XYChart, type XYLine } from "../charts/XYChart";
import { metricName, unitOf } from "../format/metric";
import { formatCount, formatNumber, formatShare, formatValue } from "../format/number";
import { detailOf, intervalText } from "./collect";
import { ByFeature } from "./ByFeature";
import { Counters, type Count } from "./Counters";
import { EstimatedCard } from "./EstimatedCard";
import { Failures, Notes } from "./Notes";

type Norm = "count" | "row" | "column";
const NORMS = [["count", "Count"], ["row", "Row %"], ["column", "Column %"]] as const;

export function Confusion({ matrix }: { matrix: ConfusionMatrix }) {
  const [norm, setNorm] = useState<Norm>("count");
  const { labels, counts } = matrix;
  const rowSum = counts.map((row) => row.reduce((a, b) => a + b, 0));
  const columnSum = labels.map((_, j) => counts.reduce((a, row) => a + (row[j] ?? 0), 0));
  const shareOf = (i: number, j: number): number => {
    const total = norm === "column" ? columnSum[j] : rowSum[i];
    return total ? (counts[i]?.[j] ?? 0) / total : 0;
  };
  return (
    <figure className="card">
      <figcaption>
        <h4>Confusion matrix</h4>
        <div className="segmented small" role="group" aria-label="Show as">
          {NORMS.map(([id, label]) => <button key={id} type="button" aria-pressed={norm === id} onClick={() => setNorm(id)}>{label}</button>)}
        </div>
      </figcaption>
      <div className="table-scroll">
        <table className="confusion" aria-label="Confusion matrix, rows are true classes">
          <thead>
            <tr><td /><th scope="colgroup" colSpan={labels.length} className="axis-name">predicted</th></tr>
            <tr><th className="axis-name">true</th>{labels.map((l) => <th scope="col" key={l}>{l}</th>)}</tr>
          </thead>
          <tbody>
            {labels.map((l, i) => (
              <tr key={l}>
                <th scope="row">{l}</th>
                {labels.map((p, j) => {
                  const n = counts[i]?.[j] ?? 0;
                  const share = shareOf(i, j);
                  const strength = Math.round(share * 65);
                  return (
                    <td key={p} style={{ background: `color-mix(in srgb, ${i === j ? "var(--current)" : "var(--fail)"} ${strength}%, var(--surface))` }} data-tip={`true ${l}, predicted ${p}\n${n} rows, ${formatShare(rowSum[i] ? n / (rowSum[i] ?? 1) : null)} of true ${l}`}>
                      {norm === "count" ? formatCount(n) : formatShare(share)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

/** The point of a curve whose threshold is nearest. */
export function nearestPoint(curve: readonly CurvePoint[], threshold: number): CurvePoint | undefined {
  let best: CurvePoint | undefined;
  for (const p of curve) if (!best || Math.abs(p.threshold - threshold) < Math.abs(best.threshold - threshold)) best = p;
  return best;
}

const DIAGONAL: XYLine = { name: "chance", color: "ink-3", style: "dashed", points: [[0, 0], [1, 1]] };
const axis = (name: string) => ({ name, unit: "number" as const, scale: UNIT_SCALE });
const [FPR, TPR, RECALL, PRECISION, SCORE, OBSERVED] = [axis("false-positive rate"), axis("true-positive rate"), axis("recall"), axis("precision"), axis("mean score"), axis("share of positives")];

function Curves({ curves, initial }: { curves: ClassCurves; initial: number }) {
  const [threshold, setThreshold] = useState(initial);
  const at = nearestPoint(curves.current, threshold);
  const { reference } = curves;
  const roc = useMemo<XYLine[]>(() => [
    DIAGONAL,
    ...(reference ? [{ name: "reference", color: "reference", style: "line", points: reference.map((p) => [p.fpr, p.tpr]) } satisfies XYLine] : []),
    { name: "current", color: "current", style: "line", area: true, points: curves.current.map((p) => [p.fpr, p.tpr]) },
  ], [curves, reference]);
  const pr = useMemo<XYLine[]>(() => {
    const points = (list: readonly CurvePoint[]): [number, number][] => list.flatMap((p) => (p.precision === null ? [] : [[p.tpr, p.precision]]));
    return [
      ...(reference ? [{ name: "reference", color: "reference", style: "line", points: points(reference) } satisfies XYLine] : []),
      { name: "current", color: "current", style: "line", points: points(curves.current) },
    ];
  }, [curves, reference]);
  const reliability = useMemo<XYLine[]>(() => [DIAGONAL, { name: "current", color: "current", style: "marks", points: curves.reliability.filter((b) => b.count > 0).map((b) => [b.score, b.observed]) }], [curves]);
  const scores = useMemo<XYLine[]>(() => {
    const line = (name: string, color: "current" | "ink-3", h: ClassCurves["positive"]): XYLine[] =>
      h ? [{ name, color, style: "step", area: true, points: [...h.shares.map((s, i): [number, number] => [h.edges[i] ?? 0, s]), [h.edges.at(-1) ?? 1, h.shares.at(-1) ?? 0]] }] : [];
    return [...line("others", "ink-3", curves.negative), ...line(curves.class, "current", curves.positive)];
  }, [curves]);
  const rocMark = useMemo<[number, number][]>(() => (at ? [[at.fpr, at.tpr]] : []), [at]);
  const prMark = useMemo<[number, number][]>(() => (at && at.precision !== null ? [[at.tpr, at.precision]] : []), [at]);
  const cut = useMemo(() => [threshold], [threshold]);
  const scoreX = useMemo(() => ({ name: "score", unit: "number" as const, scale: UNIT_SCALE }), []);
  const scoreY = useMemo(() => ({ name: "share of rows", unit: "share" as const }), []);
  const tip = useMemo(() => (x: number): string => {
    const share = (h: ClassCurves["positive"]): string => formatShare(h?.shares[Math.max(0, Math.min(h.shares.length - 1, h.edges.findLastIndex((e) => e <= x)))]);
    return `score <b>${formatNumber(x, 2)}</b><br>${curves.class.replace(/[<&]/g, "")} <b>${share(curves.positive)}</b><br>others <b>${share(curves.negative)}</b>`;
  }, [curves]);
  const f1 = at && at.precision !== null && at.precision + at.tpr > 0 ? (2 * at.precision * at.tpr) / (at.precision + at.tpr) : null;
  return (
    <>
      <div className="card slider">
        <label>
          <span>Threshold <output>{threshold.toFixed(2)}</output>{at && Math.abs(at.threshold - threshold) >= 0.005 && <small className="muted"> nearest point of the curve: {formatNumber(at.threshold, 2)}</small>}</span>
          <input type="range" min={0} max={1} step={0.01} value={threshold} onChange={(e) => setThreshold(Number(e.target.value))} aria-label={`Threshold on the score of ${curves.class}`} />
        </label>
        <dl>
          <div><dt>Precision</dt><dd>{formatValue(at?.precision, "share")}</dd></div>
          <div><dt>Recall</dt><dd>{formatValue(at?.tpr, "share")}</dd></div>
          <div><dt>False-positive rate</dt><dd>{formatValue(at?.fpr, "share")}</dd></div>
          <div><dt>F1</dt><dd>{formatNumber(f1, 3)}</dd></div>
        </dl>
      </div>
      <div className="two">
        <figure className="card"><figcaption><h4>ROC</h4></figcaption><XYChart label="ROC curve" lines={roc} x={FPR} y={TPR} height={270} marks={rocMark} /></figure>
        <figure className="card"><figcaption><h4>Precision and recall</h4></figcaption><XYChart label="Precision–recall curve" lines={pr} x={RECALL} y={PRECISION} height={270} marks={prMark} /></figure>
        {curves.reliability.length > 0 && <figure className="card"><figcaption><h4>Reliability</h4><span className="muted">on the dashed line scores are probabilities</span></figcaption><XYChart label="Reliability" lines={reliability} x={SCORE} y={OBSERVED} height={270} /></figure>}
        {scores.length > 0 && (
          <figure className="card">
            <figcaption><h4>Scores by class</h4><span className="key"><i style={{ background: "var(--current)" }} />{curves.class}<i style={{ background: "var(--ink-3)" }} />others</span></figcaption>
            <XYChart label="Distribution of the score by class" lines={scores} x={scoreX} y={scoreY} height={270} verticals={cut} tip={tip} />
          </figure>
        )}
      </div>
    </>
  );
}

function overall(measurements: readonly Measurement[]): Count[] {
  return measurements.flatMap((m) => {
    if (m.error || m.id === "classification.confusion") return [];
    const values = m.points.filter((p) => p.field === "value");
    const total = values.find((p) => p.labels.class === undefined) ?? (values.length === 1 ? values[0] : undefined);
    if (!total) return [];
    const unit = unitOf(m.id, "value", m.params);
    const average = typeof m.params.average === "string" && m.params.average !== "binary" ? m.params.average : null;
    const notes = [intervalText(m, (v) => formatValue(v, unit)), total.labels.class === undefined ? average : `class ${total.labels.class}`].filter(Boolean);
    return [{ name: metricName(m.id), value: total.value, unit, ...(notes.length === 0 ? {} : { note: notes.join(", ") }) }];
  });
}

function PerClass({ measurements }: { measurements: readonly Measurement[] }) {
  const own = measurements.filter((m) => m.id !== "classification.confusion" && m.points.filter((p) => p.labels.class !== undefined).length > 1);
  const classes = [...new Set(own.flatMap((m) => m.points.flatMap((p) => p.labels.class ?? [])))];
  if (classes.length === 0) return null;
  return (
    <figure className="card">
      <figcaption><h4>By class</h4></figcaption>
      <div className="table-scroll">
        <table className="compact" aria-label="Quality by class">
          <thead><tr><th scope="col">Class</th>{own.map((m, i) => <th scope="col" className="num" key={i}>{metricName(m.id)}</th>)}</tr></thead>
          <tbody>
            {classes.map((c) => (
              <tr key={c}>
                <th scope="row">{c}</th>
                {own.map((m, i) => <td className="num" key={i}>{formatNumber(m.points.find((p) => p.labels.class === c && p.field === "value")?.value, 3)}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

export function ClassificationSection({ measurements, threshold }: { measurements: readonly Measurement[]; threshold: number }) {
  const confusion = detailOf(measurements, "confusion");
  const curves = detailOf(measurements, "curves");
  const [chosen, setChosen] = useState(0);
  const shown = curves?.classes[chosen] ?? curves?.classes[0];
  return (
    <>
      <Counters items={overall(measurements)} />
      <Failures measurements={measurements} />
      <div className="two">
        {confusion && <Confusion matrix={confusion.current} />}
        <PerClass measurements={measurements} />
      </div>
      {curves && curves.classes.length > 1 && (
        <label className="class-choice">Class <select className="field" value={chosen} onChange={(e) => setChosen(Number(e.target.value))}>{curves.classes.map((c, i) => <option key={c.class} value={i}>{c.class}</option>)}</select></label>
      )}
      {shown && <Curves key={shown.class} curves={shown} initial={threshold} />}
      <ByFeature measurements={measurements} />
      <EstimatedCard measurements={measurements} />
      <Notes measurements={measurements} />
    </>
  );
}
