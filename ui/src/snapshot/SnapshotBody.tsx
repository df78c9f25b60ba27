// What a snapshot says, whoever shows it: the page of the service or a report in one file.

import type { ReactNode } from "react";
import type { Measurement, Snapshot } from "../api/schema";
import { StatusMark } from "../components/StatusMark";
import { metricName } from "../format/metric";
import { formatCountExactly, formatSeconds } from "../format/number";
import { formatGranularity, formatMoment, formatWindowLong } from "../format/time";
import { driftVerdict, verdictOf, type Verdict } from "../model/verdict";
import { ClassificationSection } from "./ClassificationSection";
import { byFamily, isSegment, ofWhole } from "./collect";
import { DriftSection } from "./DriftSection";
import { ExplainSection } from "./ExplainSection";
import { MaturityMark } from "./MaturityCard";
import { OtherSection } from "./OtherSection";
import { QualitySection } from "./QualitySection";
import { RegressionSection } from "./RegressionSection";
import { SegmentsSection } from "./SegmentsSection";
import { TestsSection } from "./TestsSection";

export const KIND_NAME = { report: "Report", test_suite: "Test suite" } as const;
const TONE_WORD: Record<Verdict["tone"], string> = { pass: "Pass", warn: "Warning", fail: "Fail", error: "Error", skipped: "Skipped", none: "Report" };

export function SnapshotTitle({ snapshot, zone }: { snapshot: Snapshot; zone: string }) {
  return (
    <>
      <p className="lead kind">{KIND_NAME[snapshot.kind]}{snapshot.window && <span className="muted"> · {snapshot.window.timezone}</span>}{snapshot.status !== "final" && !snapshot.maturity && <> · <MaturityMark status={snapshot.status} /></>}</p>
      <h1>{snapshot.window ? formatWindowLong(snapshot.window, zone) : "Whole data set"}</h1>
    </>
  );
}

export function SnapshotVerdict({ snapshot }: { snapshot: Snapshot }) {
  const verdict = verdictOf(snapshot);
  const also = snapshot.kind === "test_suite" ? driftVerdict(snapshot.measurements) : null;
  return (
    <div className={`verdict verdict-${verdict.tone}`} role="status">
      <StatusMark status={verdict.tone} word={TONE_WORD[verdict.tone]} />
      <p>{verdict.text}.</p>
      {also && <p className="muted">{also.text}.</p>}
    </div>
  );
}

export function SnapshotFacts({ snapshot, zone }: { snapshot: Snapshot; zone: string }) {
  const facts: [string, ReactNode][] = [
    ["Monitor", `${snapshot.monitor}${snapshot.window && formatGranularity(snapshot.window.granularity) !== snapshot.monitor ? ` (${formatGranularity(snapshot.window.granularity)})` : ""}`],
    ["Rows", formatCountExactly(snapshot.run.rows)],
    ["Reference", snapshot.reference ? `${snapshot.reference.description} (${formatCountExactly(snapshot.reference.rows)} rows)` : "none"],
    ...(snapshot.maturity ? [] : [["Labels", snapshot.status] satisfies [string, ReactNode]]),
    ["Revision", String(snapshot.revision)],
    ["Computed", `${formatMoment(snapshot.run.started_at, zone)}, in ${formatSeconds(snapshot.run.seconds)}`],
    ["Engine", snapshot.run.engine_version],
  ];
  if (snapshot.tags.length > 0) facts.push(["Tags", snapshot.tags.map((t) => <span className="tag" key={t}>{t}</span>)]);
  for (const [name, value] of Object.entries(snapshot.metadata)) facts.push([name, typeof value === "object" ? JSON.stringify(value) : String(value)]);
  return (
    <dl className="facts">
      {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

interface Section {
  id: string;
  title: string;
  body: ReactNode;
}

function sectionsOf(snapshot: Snapshot, zone: string, back: string, column: string | null, test: string | null): Section[] {
  const families = byFamily(ofWhole(snapshot.measurements));
  const take = (...names: string[]): Measurement[] => names.flatMap((n) => {
    const found = families.get(n) ?? [];
    families.delete(n);
    return found;
  });
  const sections: Section[] = [];
  if (snapshot.tests.length > 0) sections.push({ id: "tests", title: "Tests", body: <TestsSection snapshot={snapshot} zone={zone} back={back} chosen={test} column={column} /> });
  const drift = take("drift");
  const quality = take("dataset", "column", "correlation");
  const regression = take("regression");
  const classification = take("classification");
  const explained = take("explain");
  if (regression.length > 0) sections.push({ id: "regression", title: "Regression quality", body: <RegressionSection measurements={regression} /> });
  if (classification.length > 0) {
    const task = snapshot.definition.task;
    sections.push({ id: "classification", title: "Classification quality", body: <ClassificationSection measurements={classification} threshold={task?.kind === "binary" ? task.threshold : 0.5} /> });
  }
  if (explained.length > 0) sections.push({ id: "explain", title: "What changed", body: <ExplainSection measurements={explained} /> });
  if (drift.length > 0) sections.push({ id: "drift", title: "Drift", body: <DriftSection snapshot={snapshot} measurements={drift} definition={snapshot.definition} column={column} zone={zone} back={back} /> });
  if (quality.length > 0) sections.push({ id: "quality", title: "Data quality", body: <QualitySection measurements={quality} drift={drift} definition={snapshot.definition} column={column} /> });
  if (snapshot.measurements.some((m) => m.points.some(isSegment))) sections.push({ id: "segments", title: "Segments", body: <SegmentsSection measurements={snapshot.measurements} /> });
  for (const [name, own] of families) {
    const title = metricName(name);
    sections.push({ id: name, title, body: <OtherSection name={title} measurements={own} /> });
  }
  return sections;
}

/** The sections of a snapshot with a way to jump to each; `column` and `test` are opened. */
export function SnapshotSections({ snapshot, zone, back, column, test }: { snapshot: Snapshot; zone: string; back: string; column: string | null; test: string | null }) {
  const sections = sectionsOf(snapshot, zone, back, column, test);
  return (
    <>
      {snapshot.notes.length > 0 && <ul className="notes">{snapshot.notes.map((n) => <li key={n}>{n}</li>)}</ul>}
      {sections.length > 1 && (
        <nav className="jump" aria-label="Sections">{sections.map((s) => <a key={s.id} href={`#${s.id}`} onClick={(e) => { e.preventDefault(); document.getElementById(s.id)?.scrollIntoView(); }}>{s.title}</a>)}</nav>
      )}
      {sections.map((s) => (
        <section key={s.id} id={s.id} className="section" aria-labelledby={`${s.id}-title`}>
          <h2 id={`${s.id}-title`}>{s.title}</h2>
          {s.body}
        </section>
      ))}
    </>
  );
}
