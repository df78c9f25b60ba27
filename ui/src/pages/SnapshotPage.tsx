// One window: the report or the test suite, with the way back to the curve it came from.

import type { ReactNode } from "react";
import { Link, useParams } from "react-router";
import { useContextOf, useProject, useRevisions, useSnapshot } from "../api/queries";
import type { Measurement, Snapshot, SnapshotContext, SnapshotMeta } from "../api/schema";
import { Failure, Loading } from "../components/Message";
import { Icon } from "../components/Icon";
import { ProjectNav } from "../components/ProjectNav";
import { Shell } from "../components/Shell";
import { StatusMark } from "../components/StatusMark";
import { formatCountExactly, formatSeconds } from "../format/number";
import { formatGranularity, formatMoment, formatWindow, formatWindowLong } from "../format/time";
import { projectPath, snapshotPath, type SnapshotLink } from "../model/links";
import { driftVerdict, verdictOf, type Verdict } from "../model/verdict";
import { ClassificationSection } from "../snapshot/ClassificationSection";
import { byFamily, isSegment, ofWhole } from "../snapshot/collect";
import { DriftSection } from "../snapshot/DriftSection";
import { MaturityCard, MaturityMark, RevisionPicker } from "../snapshot/MaturityCard";
import { OtherSection } from "../snapshot/OtherSection";
import { QualitySection } from "../snapshot/QualitySection";
import { RegressionSection } from "../snapshot/RegressionSection";
import { SegmentsSection } from "../snapshot/SegmentsSection";
import { TestsSection } from "../snapshot/TestsSection";
import { useParameters } from "./params";
import { useScrollRestored } from "./scroll";

const KIND_NAME = { report: "Report", test_suite: "Test suite" } as const;
const TONE_WORD: Record<Verdict["tone"], string> = { pass: "Pass", warn: "Warning", fail: "Fail", error: "Error", skipped: "Skipped", none: "Report" };

function Neighbours({ context, snapshot, link, zone }: { context: SnapshotContext | undefined; snapshot: Snapshot; link: SnapshotLink; zone: string }) {
  const step = (meta: SnapshotMeta | null | undefined, label: string, icon: "left" | "right") => {
    const text = meta?.window ? formatWindow(meta.window, zone) : "";
    if (!meta) return <span className="button" aria-disabled="true">{icon === "left" && <Icon name="left" />}{label}{icon === "right" && <Icon name="right" />}</span>;
    return (
      <Link className="button" to={snapshotPath(snapshot.project, meta.id, link)} aria-label={`${label} window${text === "" ? "" : `, ${text}`}`} data-tip={text}>
        {icon === "left" && <Icon name="left" />}{label}{icon === "right" && <Icon name="right" />}
      </Link>
    );
  };
  return (
    <div className="page-tools">
      {context && context.siblings.length > 0 && (
        <nav className="segmented links" aria-label="Other results of this window">
          <span aria-current="page">{KIND_NAME[snapshot.kind]}{context.siblings.some((s) => s.monitor !== snapshot.monitor) ? `, ${snapshot.monitor}` : ""}</span>
          {context.siblings.map((s) => (
            <Link key={s.id} to={snapshotPath(snapshot.project, s.id, link)}>
              {s.outcome && <span className={`status status-${s.outcome}`}><Icon name={s.outcome} size={13} /></span>}
              {KIND_NAME[s.kind]}{s.monitor === snapshot.monitor ? "" : `, ${s.monitor}`}
            </Link>
          ))}
        </nav>
      )}
      <nav className="neighbours" aria-label="Windows">
        {step(context?.previous, "Previous", "left")}
        {step(context?.next, "Next", "right")}
      </nav>
    </div>
  );
}

function Facts({ snapshot, zone }: { snapshot: Snapshot; zone: string }) {
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
  if (regression.length > 0) sections.push({ id: "regression", title: "Regression quality", body: <RegressionSection measurements={regression} /> });
  if (classification.length > 0) {
    const task = snapshot.definition.task;
    sections.push({ id: "classification", title: "Classification quality", body: <ClassificationSection measurements={classification} threshold={task?.kind === "binary" ? task.threshold : 0.5} /> });
  }
  if (drift.length > 0) sections.push({ id: "drift", title: "Drift", body: <DriftSection snapshot={snapshot} measurements={drift} definition={snapshot.definition} column={column} zone={zone} back={back} /> });
  if (quality.length > 0) sections.push({ id: "quality", title: "Data quality", body: <QualitySection measurements={quality} drift={drift} definition={snapshot.definition} column={column} /> });
  if (snapshot.measurements.some((m) => m.points.some(isSegment))) sections.push({ id: "segments", title: "Segments", body: <SegmentsSection measurements={snapshot.measurements} /> });
  for (const [name, own] of families) {
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    sections.push({ id: name, title, body: <OtherSection name={title} measurements={own} /> });
  }
  return sections;
}

interface ContentProps {
  snapshot: Snapshot;
  back: string;
  column: string | null;
  test: string | null;
  /** Moment of an older revision; `null` shows the newest. */
  asOf: string | null;
  setAsOf: (at: string | null) => void;
}

function Content({ snapshot, back, column, test, asOf, setAsOf }: ContentProps) {
  const revisions = useRevisions(snapshot.project, snapshot.id, snapshot.revision > 1 || asOf !== null);
  const newest = revisions.data?.at(-1);
  const context = useContextOf(snapshot.project, snapshot.id);
  const zone = snapshot.window?.timezone ?? "UTC";
  const verdict = verdictOf(snapshot);
  const also = snapshot.kind === "test_suite" ? driftVerdict(snapshot.measurements) : null;
  const sections = sectionsOf(snapshot, zone, back, column, test);
  const link: SnapshotLink = { back, ...(column ? { column } : {}), ...(test ? { test } : {}) };
  return (
    <>
      <div className="page-head snapshot-head">
        <div>
          <p className="lead kind">{KIND_NAME[snapshot.kind]}{snapshot.window && <span className="muted"> · {snapshot.window.timezone}</span>}{snapshot.status !== "final" && !snapshot.maturity && <> · <MaturityMark status={snapshot.status} /></>}</p>
          <h1>{snapshot.window ? formatWindowLong(snapshot.window, zone) : "Whole data set"}</h1>
        </div>
        <Neighbours context={context.data} snapshot={snapshot} link={link} zone={zone} />
      </div>
      <div className={`verdict verdict-${verdict.tone}`} role="status">
        <StatusMark status={verdict.tone} word={TONE_WORD[verdict.tone]} />
        <p>{verdict.text}.</p>
        {also && <p className="muted">{also.text}.</p>}
      </div>
      {snapshot.maturity && <MaturityCard status={snapshot.status} maturity={snapshot.maturity} />}
      {asOf !== null && newest && newest.revision !== snapshot.revision && (
        <p className="card older" role="status">
          This is revision {snapshot.revision} of {newest.revision}, as it was known on {formatMoment(snapshot.run.started_at, zone)}. <button type="button" className="button small" onClick={() => setAsOf(null)}>Show the newest</button>
        </p>
      )}
      <Facts snapshot={snapshot} zone={zone} />
      <RevisionPicker snapshot={snapshot} revisions={revisions.data ?? []} zone={zone} choose={setAsOf} />
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

export function SnapshotPage() {
  const { id = "", sid = "" } = useParams();
  const [params, change] = useParameters();
  const back = params.get("back") ?? "";
  const column = params.get("column");
  const test = params.get("test");
  const asOf = params.get("as_of");
  const setAsOf = (at: string | null): void => change({ as_of: at }, { preventScrollReset: true });
  const snapshot = useSnapshot(id, sid, asOf);
  const project = useProject(id);
  useScrollRestored(sid, snapshot.data !== undefined && column === null && test === null, false);
  const title = project.data?.summary.title ?? id;
  const s = snapshot.data;
  const name = s ? `${KIND_NAME[s.kind]} ${s.window ? formatWindow(s.window, s.window.timezone) : ""}`.trim() : sid;
  const home = projectPath(id, back);
  return (
    <Shell title={`${name} · ${title}`} crumbs={[{ label: "Projects", to: "/" }, { label: title, to: home }, { label: name }]} nav={<ProjectNav project={id} current={null} />}>
      <Link className="back-link" to={home} state={{ restore: true }}><Icon name="back" size={14} />Back to the dashboard</Link>
      {snapshot.isPending && <Loading height={500} label="Loading the snapshot" />}
      {snapshot.isError && !s && <div style={{ height: 320 }}><Failure error={snapshot.error} retry={() => void snapshot.refetch()} /></div>}
      {s && <Content key={s.id} snapshot={s} back={back} column={column} test={test} asOf={asOf} setAsOf={setAsOf} />}
    </Shell>
  );
}
